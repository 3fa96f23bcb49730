"""One IR function as C."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from transpile.c.literals import C_TYPES, comment
from transpile.c.render import render
from transpile.container import Module
from transpile.emit.calls import Calls
from transpile.emit.directives import Place, repeated
from transpile.emit.expressions import LONGEST_LIST, Expressions
from transpile.emit.frames import Frame, frame, held_frame, is_too_large
from transpile.emit.held import NAME, Held
from transpile.emit.loops import shape
from transpile.emit.nest_functions import NestFunctions
from transpile.emit.scopes import declare
from transpile.emit.statements import Statements, indent
from transpile.emit.structure import structure
from transpile.emit.values import Values
from transpile.ir.graph import Graph, analyse
from transpile.ir.nodes import Block, Function, Op
from transpile.ir.registers import PRIMITIVE_TYPES

LONGEST_HELD = 8
"""Operands that are put in an array on the C stack where there is to be as little as possible on it."""
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
    optimised: bool
    """Whether the C compiler will be told to optimise."""
    frames: dict[int, Frame] = field(default_factory=dict, init=False)
    """Of the functions that have been emitted."""
    held: set[int] = field(default_factory=set, init=False)
    """Those whose values are not on the C stack."""

    def emit(self, fn: Function, linkage: str) -> str:
        """C text of the function."""
        graph = analyse(fn.entry)
        values = self._values(fn, graph)
        made = frame(fn, values, partial(self._passed, LONGEST_LIST))
        if is_too_large(made[self.optimised], fn.index in self.recursive):
            return self._held(fn, graph, linkage)
        self.frames[fn.index] = made
        statements, body = self._body(fn, graph, values, is_held=False)
        if self.nests.covers(fn):
            linkage += "VM_COLD "  # nothing in it is hot: its loops run elsewhere
        return self._render(fn, linkage, values, statements, body)

    def _held(self, fn: Function, graph: Graph[Block], linkage: str) -> str:
        """A function whose values are elsewhere, and the one that makes room for them."""
        passed = partial(self._passed, LONGEST_HELD)
        self.frames[fn.index] = held_frame(fn, passed)
        self.held.add(fn.index)
        symbol = self.calls.function(fn.index)
        values = self._values(fn, graph, NAME)
        statements, body = self._body(fn, graph, values, is_held=True)
        declared = parameters(self.calls, fn.index)
        assert statements.held is not None
        return render(
            "c/held.c.j2",
            function=self._render(fn, "static VM_APART ", values, statements, body),
            members=statements.held.declarations(),
            linkage=linkage,
            symbol=symbol,
            parameters=declared,
            names=["vm", "values", *_names(declared)[1:]],
            room=self.frames[fn.index].text(),
            index=fn.index,
        )

    def _passed(self, longest: int, op: Op) -> int:
        """Operands of an op that it gets in the frame."""
        return len(op.operands) - sum(length for length in self.calls.lists(op) if length > longest)

    def _values(self, fn: Function, graph: Graph[Block], taken: str = "") -> Values:
        return Values(fn, {b: graph.innermost.get(b) for b in fn.blocks}, self.argument_names(fn.index), taken)

    def _body(
        self, fn: Function, graph: Graph[Block], values: Values, *, is_held: bool
    ) -> tuple[Statements, list[str]]:
        structured = structure(graph)
        shape(structured, values, graph)
        held = Held(values) if is_held else None
        statements = Statements(
            structured,
            declare(structured, values),
            Expressions(values, self.type_name, self.rodata, LONGEST_HELD if held else LONGEST_LIST),
            self.calls,
            partial(self.location, fn.index),
            partial(self.place, fn.index) if self.place else None,
            fn.index in self.recursive,
            self.nests.of(fn),
            held,
        )
        return statements, statements.lines()

    def _render(
        self, fn: Function, linkage: str, values: Values, statements: Statements, body: list[str]
    ) -> str:
        names = [values.names[v] for v in fn.args]
        held, symbol = statements.held, self.calls.function(fn.index)
        declared = parameters(self.calls, fn.index, names)
        given = ["bindings", "constants", *names] if fn.index in self.calls.kernels else names
        words = set(re.findall(r"[A-Za-z_]\w*", "\n".join(body)))
        return render(
            "c/function.c.j2",
            comment=comment(f"@{fn.name}"),
            linkage=linkage,
            symbol=f"{symbol}_in" if held else symbol,
            parameters=declared[:1] + [f"{symbol}_values* volatile {NAME}"] * bool(held) + declared[1:],
            held=bool(held),
            refs=[(values.names[v], statements.address(v)) for v in values.variables() if v.type == "ref"],
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
    head = f"vm_status {symbol}("
    linkage = next(line for line in text.split("\n") if head in line).partition(head)[0]
    return render(
        "c/asking.c.j2",
        linkage=linkage,
        symbol=symbol,
        parameters=declared,
        names=_names(declared),
        room=made.text(),
        index=index,
        function=text.replace(f"{linkage}{head}", f"static VM_APART vm_status {symbol}_in(", 1),
    )


def _names(declared: list[str]) -> list[str]:
    """What parameters are called."""
    return [re.split(r"[ *]", parameter)[-1] for parameter in declared]


def parameters(calls: Calls, index: int, names: list[str] | None = None) -> list[str]:
    """C parameters of internal function `index`: the instance, arguments, results."""
    if index in calls.kernels:
        return KERNEL_PARAMETERS
    convention = calls.registers.functions[index]
    types = [C_TYPES[PRIMITIVE_TYPES[str(item)]] for item in convention.arguments]
    names = names or [f"arg{i}" for i in range(len(types))]
    results = [f"{C_TYPES[PRIMITIVE_TYPES[kind]]}* result{i}" for i, kind in enumerate(convention.results)]
    return ["vm_instance* vm", *(f"{t} {n}" for t, n in zip(types, names, strict=True)), *results]
