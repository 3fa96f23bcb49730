"""What the functions of a module take and return: names, element types, shapes.

From what the compiler wrote about them where it did, else from the code: an argument's type is in the assertion that it
is checked by, a result's in the call that makes its view.  Names of an ONNX model travel in an attribute of their own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from transpile.container import Module, Signature, parse_declaration
from transpile.effects.constraints import constant
from transpile.ir import Function, Op, Registers, Value, lift_function
from transpile.isa.kinds import IMPORT_BIT
from transpile.program.dtypes import element_type_name
from transpile.program.signature import Declared, is_real

NAMES = "transpile.signature"
"""The attribute that `transpile.front` gives a function: names and sizes of its inputs and outputs, as JSON."""
_DECLARATION = "iree.abi.declaration"
_ASSERT = frozenset({"hal.buffer_view.assert", "hal_inline.buffer_view.assert"})
_CREATE = frozenset({"hal.buffer_view.create", "hal_inline.buffer_view.create"})
_DEPTH = 8
"""Calls from an export to the code that knows: two, in what compilers write."""

Types = tuple[str, ...]
"""MLIR types, "" where nothing is known."""


def declarations(module: Module) -> dict[str, Declared]:
    """What is known about each export, by name."""
    found: dict[str, Declared] = {}
    code, names = _Code(module), {export.name for export in module.exports}
    for export in module.exports:
        if export.name in found or not 0 <= export.ordinal < len(module.signatures):
            continue
        signature = module.signatures[export.ordinal]
        declared = _written(signature) if signature else None
        if declared is None and is_real(export.name, names):
            declared = code.declared(export.name, export.ordinal)
        if declared is not None:
            found[export.name] = _named(declared, export.name, signature.attrs.get(NAMES, "") if signature else "")
    return found


def _written(signature: Signature) -> Declared | None:
    """From the text that compilers write about functions."""
    text = signature.attrs.get(_DECLARATION, "")
    parsed = parse_declaration(text)
    if parsed is None:
        return None
    arguments = tuple((parameter.name, parameter.type) for parameter in parsed.arguments)
    return Declared(parsed.is_async, arguments, tuple((item.name, item.type) for item in parsed.results), text)


def _named(declared: Declared, function: str, text: str) -> Declared:
    """With the names that a model gives; what does not fit is left out."""
    try:
        said = json.loads(text) if text else {}
        arguments, inputs = _renamed(declared.arguments, said.get("inputs", []))
        results, outputs = _renamed(declared.results, said.get("outputs", []))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return declared
    if not inputs and not outputs:
        return declared
    return Declared(
        declared.is_async, arguments, results, declaration_text(function, arguments, results), inputs + outputs
    )


def _renamed(parameters: tuple[tuple[str, str], ...], said: list[Any]) -> tuple[Any, tuple[tuple[str, ...], ...]]:
    """Parameters under other names, and the names of their dimensions, "" for those that have none."""
    if len(said) != len(parameters) or not said:
        return parameters, ()
    named = tuple((str(name), mlir) for (name, _), (_, mlir) in zip(said, parameters, strict=True))
    return named, tuple(tuple(size if isinstance(size, str) else "" for size in sizes) for _, sizes in said)


def declaration_text(name: str, arguments: Any, results: Any) -> str:
    """A declaration as compilers write it."""
    lists = [", ".join(f"%{n}: {mlir or '?'}" for n, mlir in items) for items in (arguments, results)]
    return f"sync func @{name}({lists[0]}) -> ({lists[1]})"


class _Code:
    """Types that follow from the code of a verified module."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._functions: dict[int, Function] = {}
        self._taken: dict[int, Types] = {}
        self._given: dict[int, Types] = {}

    @cached_property
    def _registers(self) -> Registers:
        return Registers(self._module)

    def declared(self, name: str, index: int) -> Declared | None:
        """A declaration with what is known; None where that is nothing."""
        if not any(item.full_name in _ASSERT | _CREATE for item in self._module.imports):
            return None
        arguments, results = self._arguments(index, 0), self._results(index, 0)
        if not any(arguments + results):
            return None
        inputs = tuple((f"input{k}", mlir) for k, mlir in enumerate(arguments))
        outputs = tuple((f"output{k}", mlir) for k, mlir in enumerate(results))
        return Declared(False, inputs, outputs, declaration_text(name, inputs, outputs))

    def _lifted(self, index: int) -> Function:
        if index not in self._functions:
            self._functions[index] = lift_function(self._module, index, self._registers)
        return self._functions[index]

    def _arguments(self, index: int, depth: int) -> Types:
        """Each function is looked at once; one that calls itself learns nothing from that."""
        if index not in self._taken:
            self._taken[index] = ()
            self._taken[index] = self._checked(self._lifted(index), depth)
        return self._taken[index]

    def _checked(self, fn: Function, depth: int) -> Types:
        found = dict.fromkeys(fn.args, "")
        for op in fn.ops():
            for value, mlir in self._learned(op, depth):
                if value in found and not found[value]:
                    found[value] = mlir
        return tuple(_primitive(value) or found[value] for value in fn.args)

    def _learned(self, op: Op, depth: int) -> Iterator[tuple[Value, str]]:
        """What one call says about the values that it is given."""
        callee = op.attrs.get("callee")
        if callee is None:
            return
        if self._import(callee) in _ASSERT:
            yield op.operands[0], _tensor(op.operands[2], op.operands[4:])
        elif not callee & IMPORT_BIT and depth < _DEPTH:
            yield from zip(op.operands, self._arguments(callee, depth + 1), strict=False)

    def _results(self, index: int, depth: int) -> Types:
        if index not in self._given:
            self._given[index] = ()
            self._given[index] = self._returned(self._lifted(index), depth)
        return self._given[index]

    def _returned(self, fn: Function, depth: int) -> Types:
        """Of all returns, as far as they agree."""
        rows = [block.end.operands for block in fn.blocks if block.end.kind == "return"]
        each = [tuple(_primitive(value) or self._made(value, fn, depth) for value in row) for row in rows]
        return tuple(types[0] if len(set(types)) == 1 else "" for types in zip(*each, strict=False))

    def _made(self, value: Value, fn: Function, depth: int) -> str:
        """The type of a view, from the call that it comes from."""
        op = value.op
        callee = op.attrs.get("callee") if op is not None else None
        if op is None or callee is None:
            return ""
        if self._import(callee) in _CREATE:
            return _tensor(op.operands[3], op.operands[5:])
        if callee & IMPORT_BIT or depth >= _DEPTH:
            return ""
        inner = self._results(callee, depth + 1)
        return inner[op.results.index(value)] if len(inner) == len(op.results) else ""

    def _import(self, callee: int) -> str:
        return self._module.imports[callee & ~IMPORT_BIT].full_name if callee & IMPORT_BIT else ""


def _primitive(value: Value) -> str:
    return "" if value.type == "ref" else value.type


def _tensor(element_type: Value, sizes: list[Value]) -> str:
    """A tensor type; sizes that the code computes are open."""
    number = constant(element_type)
    element = element_type_name(number) if number is not None else ""
    known = [constant(size) for size in sizes]
    return f"tensor<{''.join('?x' if size is None else f'{size}x' for size in known)}{element}>" if element else ""
