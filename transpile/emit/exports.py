"""Entry points: typed C functions for people, thunks over `vm_value` for everyone else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from transpile.c.literals import comment, string
from transpile.container import Export, Module
from transpile.effects import Effects
from transpile.emit.arrays import parameters as parameters_of_arrays
from transpile.emit.calls import Calls
from transpile.emit.function import parameters
from transpile.ir.registers import PRIMITIVE_TYPES
from transpile.program.signature import Declared, shape_of
from transpile.program.uses import parse_uses

HOOKS = ("__init", "__deinit", "__notify")


def argument_names(declared: Declared | None, count: int) -> list[str]:
    """Names of a function's arguments: from its declaration where there is one, else arg0, arg1, …"""
    names = [name for name, _ in declared.arguments] if declared else []
    return names if len(names) == count else [f"arg{i}" for i in range(count)]


def describe(
    module: Module, calls: Calls, effects: Effects, declared: Mapping[str, Declared]
) -> list[dict[str, Any]]:
    """Template context of every export; `declared` is what is known about them by name."""
    seen: set[str] = set()
    found = []
    symbols = {calls.names.export(export.name) for export in module.exports}
    for number, export in enumerate(module.exports):
        known = declared.get(export.name)
        described = _describe(module, calls, number, export, known, export.name not in seen)
        uses = effects.uses[export.ordinal]
        names = described["forwarded"][1 : 1 + len(uses.partition("_")[0])]
        said = parse_uses(uses, len(names), len(uses) - 1 - len(names)).said(names)
        described |= {"uses": uses, "memory": said, "arrays": None}
        if described["public"] and f"{described['symbol']}_arrays" not in symbols:
            described["arrays"] = _arrays(module, export, known, uses)
        found.append(described)
        seen.add(export.name)
    return found


def _arrays(module: Module, export: Export, declared: Declared | None, uses: str) -> dict[str, Any] | None:
    """The function on arrays, where there can be one."""
    signature = module.signatures[export.ordinal]
    found = parameters_of_arrays(shape_of(signature.calling_convention if signature else "0v_v", declared), uses)
    return {"inputs": found[0], "outputs": found[1]} if found else None


def _describe(
    module: Module, calls: Calls, number: int, export: Export, declared: Declared | None, first: bool
) -> dict[str, Any]:
    convention = calls.registers.functions[export.ordinal]
    types = [PRIMITIVE_TYPES[str(item)] for item in convention.arguments]
    results = [PRIMITIVE_TYPES[kind] for kind in convention.results]
    names = safe_names(argument_names(declared, len(types)))
    signature = module.signatures[export.ordinal]
    attributes = sorted(signature.attrs.items()) if signature else []
    return {
        "name": string(export.name),
        "title": comment(export.name)[3:-3],
        "declaration": comment(declared.text if declared else "")[3:-3].strip(),
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
    from transpile.c.names import Locals

    taken = Locals()
    return [name if taken.take(name) else taken.fresh("arg") for name in names]


def hook(module: Module, calls: Calls, name: str) -> str:
    """The C function of `__init` or `__deinit`, or NULL."""
    export = module.export_named(name)
    return calls.function(export.ordinal) if export else "NULL"
