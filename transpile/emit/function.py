"""One IR function as C."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from transpile.container import Module
from transpile.emit.calls import Calls
from transpile.emit.directives import Place, repeated
from transpile.emit.expressions import Expressions
from transpile.emit.frames import Frame, frame
from transpile.emit.literals import C_TYPES, comment
from transpile.emit.loops import shape
from transpile.emit.nest_functions import NestFunctions
from transpile.emit.render import render
from transpile.emit.scopes import declare
from transpile.emit.statements import Statements, indent
from transpile.emit.structure import structure
from transpile.emit.values import Values
from transpile.ir.graph import analyse
from transpile.ir.nodes import Function
from transpile.ir.registers import PRIMITIVE_TYPES

KERNEL_NAMES = ["id_x", "id_y", "id_z", "count_x", "count_y", "count_z"]
KERNEL_PARAMETERS = [
    *("vm_instance* vm", "const vm_span* bindings", "const vm_span* constants"),
    *(f"int32_t {name}" for name in KERNEL_NAMES),
]


@dataclass
class FunctionEmitter:
    """Renders functions of one module."""

    module: Module
    calls: Calls
    type_name: Callable[[int], str]
    rodata: Callable[[int], tuple[str, int]]
    recursive: frozenset[int]
    argument_names: Callable[[int], list[str]]
    location: Callable[[int, int], str | None]
    place: Callable[[int, int], Place | None] | None
    nests: NestFunctions
    frames: dict[int, Frame] = field(default_factory=dict, init=False)
    """Of the functions that have been emitted."""

    def emit(self, fn: Function, linkage: str) -> str:
        """C text of the function."""
        graph = analyse(fn.entry)
        values = Values(fn, {b: graph.innermost.get(b) for b in fn.blocks}, self.argument_names(fn.index))
        self.frames[fn.index] = frame(fn, values)
        structured = structure(graph)
        shape(structured, values, graph)
        statements = Statements(
            structured,
            declare(structured, values),
            Expressions(values, self.type_name, self.rodata),
            self.calls,
            partial(self.location, fn.index),
            partial(self.place, fn.index) if self.place else None,
            fn.index in self.recursive,
            self.nests.of(fn),
        )
        body = statements.lines()
        if fn.index in self.nests.covered:
            linkage += "VM_COLD "  # nothing in it is hot: its loops run elsewhere
        return self._render(fn, linkage, values, statements, body)

    def _render(
        self, fn: Function, linkage: str, values: Values, statements: Statements, body: list[str]
    ) -> str:
        names = [values.names[v] for v in fn.args]
        given = ["bindings", "constants", *names] if fn.index in self.calls.kernels else names
        words = set(re.findall(r"[A-Za-z_]\w*", "\n".join(body)))
        return render(
            "c/function.c.j2",
            comment=comment(f"@{fn.name}"),
            linkage=linkage,
            symbol=self.calls.function(fn.index),
            parameters=parameters(self.calls, fn.index, names),
            refs=[values.names[v] for v in values.variables() if v.type == "ref"],
            can_fail=statements.can_fail,
            unused=[n for n in given if n not in words] + ([] if statements.uses_vm else ["vm"]),
            opaque=statements.expressions.uses_zero,
            recursive=statements.recursive,
            turns=statements.turns,
            frame_bytes=fn.frame_bytes,
            body=list(repeated(indent(body))),
            index=fn.index,
        )


def asking(text: str, calls: Calls, index: int, made: Frame) -> str:
    """The function behind one that looks for room on the stack first: its frame is only made when that is there."""
    symbol = calls.function(index)
    declared = parameters(calls, index)
    names = [re.split(r"[ *]", parameter)[-1] for parameter in declared]
    head = f"vm_status {symbol}("
    linkage = next(line for line in text.split("\n") if head in line).partition(head)[0]
    return render(
        "c/asking.c.j2",
        linkage=linkage,
        symbol=symbol,
        parameters=declared,
        names=names,
        room=made.text(),
        index=index,
        function=text.replace(f"{linkage}{head}", f"static VM_APART vm_status {symbol}_in(", 1),
    )


def parameters(calls: Calls, index: int, names: list[str] | None = None) -> list[str]:
    """C parameters of internal function `index`: the instance, arguments, results."""
    if index in calls.kernels:
        return KERNEL_PARAMETERS
    convention = calls.registers.functions[index]
    types = [C_TYPES[PRIMITIVE_TYPES[str(item)]] for item in convention.arguments]
    names = names or [f"arg{i}" for i in range(len(types))]
    results = [f"{C_TYPES[PRIMITIVE_TYPES[kind]]}* result{i}" for i, kind in enumerate(convention.results)]
    return ["vm_instance* vm", *(f"{t} {n}" for t, n in zip(types, names, strict=True)), *results]
