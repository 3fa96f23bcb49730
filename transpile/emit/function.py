"""One IR function as C."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from transpile.c.literals import C_TYPES, comment
from transpile.c.render import placed, render
from transpile.container import Module
from transpile.emit import frames
from transpile.emit.calls import Calls
from transpile.emit.directives import Place, repeated
from transpile.emit.expressions import LONGEST_LIST, Expressions
from transpile.emit.frames import Frame
from transpile.emit.held import NAME, Held
from transpile.emit.lines import Offsets, sources
from transpile.emit.loops import shape
from transpile.emit.nest_functions import NestFunctions
from transpile.emit.scopes import declare
from transpile.emit.statements import Statements, indent
from transpile.emit.structure import structure
from transpile.emit.values import Values
from transpile.ir.derived import KERNEL_BINDING, KERNEL_CONSTANTS, KERNEL_WORD
from transpile.ir.graph import Graph, analyse
from transpile.ir.nodes import Block, Function, Op
from transpile.ir.registers import PRIMITIVE_TYPES

LONGEST_HELD = 8
"""Operands that are put in an array on the C stack where there is to be as little as possible on it."""
KERNEL_NAMES = ["id_x", "id_y", "id_z", "count_x", "count_y", "count_z"]


class Parameter(NamedTuple):
    """Of a C function."""

    type: str
    name: str

    def __str__(self) -> str:
        return f"{self.type} {self.name}"


_INSTANCE = Parameter("vm_instance*", "vm")
KERNEL_PARAMETERS = [
    *(_INSTANCE, Parameter("const vm_span*", "bindings"), Parameter("const vm_span*", "constants")),
    *(Parameter("int32_t", name) for name in KERNEL_NAMES),
]
_OF_THE_KERNEL = {KERNEL_BINDING: "bindings", KERNEL_CONSTANTS: "constants", KERNEL_WORD: "constants"}


@dataclass(frozen=True)
class Draft:
    """A function of which it is known what it takes on the C stack."""

    fn: Function
    graph: Graph[Block]
    values: Values
    is_held: bool


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
    made_from: dict[int, dict[int, Offsets]] = field(default_factory=dict, init=False)
    """What the lines of each were made from."""

    def texts(self, functions: Sequence[Function], linkage: str) -> dict[int, str]:
        """C text of each function."""
        drafts = [self._draft(fn) for fn in functions]
        asking = frames.asking(functions, self.frames, self.recursive | self.held)
        return {draft.fn.index: self.emit(draft, linkage, draft.fn.index in asking) for draft in drafts}

    def _draft(self, fn: Function) -> Draft:
        """Names for the values, and whether they are on the C stack."""
        graph = analyse(fn.entry)
        values = self._values(fn, graph)
        made = frames.frame(fn, values, partial(self._passed, LONGEST_LIST))
        is_held = frames.is_too_large(made[self.optimised], fn.index in self.recursive)
        if is_held:
            self.held.add(fn.index)
            made = frames.held_frame(fn, partial(self._passed, LONGEST_HELD))
            values = self._values(fn, graph, NAME)
        self.frames[fn.index] = made
        return Draft(fn, graph, values, is_held)

    def emit(self, draft: Draft, linkage: str, asks: bool) -> str:
        """C text of a function; `asks`: it looks for room on the stack first."""
        if draft.is_held:
            return self._held(draft, linkage)
        if self.nests.covers(draft.fn):
            linkage += "VM_COLD "  # nothing in it is hot: its loops run elsewhere
        symbol = self.calls.function(draft.fn.index)
        if asks:
            return self._asking(draft, linkage, symbol)
        text, self.made_from[draft.fn.index] = self._render(draft, linkage, symbol, *self._body(draft))
        return text

    def _asking(self, draft: Draft, linkage: str, symbol: str) -> str:
        """A function behind one that looks for room: its frame is only made when that is there."""
        index = draft.fn.index
        declared = parameters(self.calls, index)
        function, self.made_from[index] = self._render(draft, "static VM_APART ", f"{symbol}_in", *self._body(draft))
        return render(
            "c/asking.c.j2",
            function=function,
            linkage=linkage,
            symbol=symbol,
            parameters=declared,
            names=_names(declared),
            room=self.frames[index].text(),
            index=index,
        )

    def _held(self, draft: Draft, linkage: str) -> str:
        """A function whose values are elsewhere, and the one that makes room for them."""
        fn = draft.fn
        symbol = self.calls.function(fn.index)
        statements, body = self._body(draft)
        declared = parameters(self.calls, fn.index)
        assert statements.held is not None
        function, made_from = self._render(draft, "static VM_APART ", f"{symbol}_in", statements, body)
        text, first = placed(
            "c/held.c.j2",
            "function",
            function.split("\n"),
            members=statements.held.declarations(),
            linkage=linkage,
            symbol=symbol,
            parameters=declared,
            names=["vm", "values", *_names(declared)[1:]],
            room=self.frames[fn.index].text(),
            index=fn.index,
        )
        self.made_from[fn.index] = {first + number: offsets for number, offsets in made_from.items()}
        return text

    def _passed(self, longest: int, op: Op) -> int:
        """Operands of an op that it gets in the frame."""
        return len(op.operands) - sum(length for length in self.calls.lists(op) if length > longest)

    def _values(self, fn: Function, graph: Graph[Block], taken: str = "") -> Values:
        return Values(fn, {b: graph.innermost.get(b) for b in fn.blocks}, self.argument_names(fn.index), taken)

    def _body(self, draft: Draft) -> tuple[Statements, list[str]]:
        fn, values = draft.fn, draft.values
        structured = structure(draft.graph)
        shape(structured, values, draft.graph)
        held = Held(values) if draft.is_held else None
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
        self, draft: Draft, linkage: str, symbol: str, statements: Statements, body: list[str]
    ) -> tuple[str, dict[int, Offsets]]:
        """The text, and what its lines were made from."""
        fn, values, held = draft.fn, draft.values, statements.held
        names = [values.names[v] for v in fn.args]
        declared = parameters(self.calls, fn.index, names)
        if held:
            place = Parameter(f"{self.calls.function(fn.index)}_values* volatile", NAME)
            declared = [declared[0], place, *declared[1:]]
        given = ["bindings", "constants", *names] if fn.index in self.calls.kernels else names
        used = set(_used(fn, values))
        lines = list(repeated(indent(body)))
        text, first = placed(
            "c/function.c.j2",
            "body",
            lines,
            comment=comment(f"@{fn.name}"),
            linkage=linkage,
            symbol=symbol,
            parameters=declared,
            held=bool(held),
            refs=[(values.names[v], statements.address(v)) for v in values.variables() if v.type == "ref"],
            can_fail=statements.can_fail,
            unused=[n for n in given if n not in used] + ([] if statements.uses_vm else ["vm"]),
            opaque=statements.expressions.uses_zero,
            recursive=statements.recursive,
            turns=statements.turns,
            frame_bytes=fn.frame_bytes,
            index=fn.index,
        )
        return text, sources(lines, first)


def _used(fn: Function, values: Values) -> Iterator[str]:
    """Names of the parameters that a function's text mentions."""
    for op in fn.ops():
        if op.row in _OF_THE_KERNEL:
            yield _OF_THE_KERNEL[op.row]
    args = set(fn.args)
    read = (values.names[value] for value, users in values.uses.items() if value in args and users)
    yield from read


def _names(declared: Sequence[Parameter]) -> list[str]:
    """What parameters are called."""
    return [parameter.name for parameter in declared]


def parameters(calls: Calls, index: int, names: list[str] | None = None) -> list[Parameter]:
    """C parameters of internal function `index`: the instance, arguments, results."""
    if index in calls.kernels:
        return KERNEL_PARAMETERS
    convention = calls.registers.functions[index]
    types = [C_TYPES[PRIMITIVE_TYPES[str(item)]] for item in convention.arguments]
    names = names or [f"arg{i}" for i in range(len(types))]
    results = [
        Parameter(f"{C_TYPES[PRIMITIVE_TYPES[kind]]}*", f"result{i}") for i, kind in enumerate(convention.results)
    ]
    return [_INSTANCE, *map(Parameter, types, names), *results]
