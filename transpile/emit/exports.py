"""Entry points: typed C functions for people, thunks over `vm_value` for everyone else."""

from __future__ import annotations

from typing import Any

from transpile.container import Export, Module
from transpile.container.reflection import parse_declaration
from transpile.effects import Effects
from transpile.emit.calls import Calls
from transpile.emit.function import parameters
from transpile.emit.literals import comment, string
from transpile.ir.registers import PRIMITIVE_TYPES
from transpile.program.uses import parse_uses

HOOKS = ("__init", "__deinit", "__notify")


def argument_names(module: Module, index: int, count: int) -> list[str]:
    """Names of a function's arguments: from its declaration where there is one, else arg0, arg1, …"""
    signature = module.signatures[index]
    text = signature.attrs.get("iree.abi.declaration") if signature else None
    declaration = parse_declaration(text) if text else None
    names = [p.name for p in declaration.arguments] if declaration else []
    return names if len(names) == count else [f"arg{i}" for i in range(count)]


def describe(module: Module, calls: Calls, effects: Effects) -> list[dict[str, Any]]:
    """Template context of every export."""
    seen: set[str] = set()
    found = []
    for number, export in enumerate(module.exports):
        described = _describe(module, calls, number, export, export.name not in seen)
        uses = effects.uses[export.ordinal]
        names = described["forwarded"][1 : 1 + len(uses.partition("_")[0])]
        said = parse_uses(uses, len(names), len(uses) - 1 - len(names)).said(names)
        found.append({**described, "uses": uses, "memory": said})
        seen.add(export.name)
    return found


def _describe(module: Module, calls: Calls, number: int, export: Export, first: bool) -> dict[str, Any]:
    convention = calls.registers.functions[export.ordinal]
    types = [PRIMITIVE_TYPES[str(item)] for item in convention.arguments]
    results = [PRIMITIVE_TYPES[kind] for kind in convention.results]
    names = safe_names(argument_names(module, export.ordinal, len(types)))
    signature = module.signatures[export.ordinal]
    attributes = sorted(signature.attrs.items()) if signature else []
    return {
        "name": string(export.name),
        "title": comment(export.name)[3:-3],
        "declaration": comment(dict(attributes).get("iree.abi.declaration", ""))[3:-3].strip(),
        "public": first and export.name not in HOOKS and not calls.nested,
        "kernel": export.ordinal in calls.kernels,
        "symbol": calls.names.export(export.name),
        "function": calls.function(export.ordinal),
        "parameters": parameters(calls, export.ordinal, names),
        "forwarded": ["vm", *names, *(f"result{i}" for i in range(len(results)))],
        "unpacked": [
            "vm",
            *(f"arguments[{i}].{t}" for i, t in enumerate(types)),
            *(f"&results[{i}].{t}" for i, t in enumerate(results)),
        ],
        "thunk": calls.names.own(f"invoke{number}"),
        "convention": string(signature.calling_convention if signature else ""),
        "attributes": [(string(key), string(value)) for key, value in attributes],
        "attributes_symbol": calls.names.own(f"attributes{number}") if attributes else "",
    }


def safe_names(names: list[str]) -> list[str]:
    """Names that are C identifiers and different from each other and from the other parameters."""
    from transpile.emit.names import Locals

    taken = Locals()
    return [name if taken.take(name) else taken.fresh("arg") for name in names]


def hook(module: Module, calls: Calls, name: str) -> str:
    """The C function of `__init` or `__deinit`, or NULL."""
    export = module.export_named(name)
    return calls.function(export.ordinal) if export else "NULL"
