"""The edges between references that the functions of a module make, and the operations that write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from transpile.container import Module
from transpile.effects.points import Argument, Constant, Contents, Foreign, Made, Points
from transpile.imports import NATIVE, Native, Use
from transpile.ir.derived import KERNEL_BINDING, REF_RETAIN
from transpile.ir.nodes import Function, Op, Value
from transpile.isa.kinds import IMPORT_BIT
from transpile.isa.operations import GLOBALS, Operation
from transpile.isa.shapes import Field
from transpile.isa.table import Trait

_REFERENCES = ("ref", "span")
BINDINGS = 2
"""The argument of a kernel that is the list of its bindings."""


class Global(NamedTuple):
    """A global reference."""

    number: int


class AnyGlobal(NamedTuple):
    """The globals at computed places: what is stored there may be in each, what is loaded there from each."""

    stored: bool


class Result(NamedTuple):
    """What a function returns at a position."""

    function: int
    position: int


class Passed(NamedTuple):
    """An argument of an import with what the import does with it, and where it stands in its span."""

    use: Use
    value: Value
    tuple_number: int = 0
    span: int = -1


@dataclass
class ImportCall:
    """A call of a function of the runtime."""

    native: Native
    arguments: list[Passed]
    op: Op

    def values(self, *uses: Use) -> list[Value]:
        return [item.value for item in self.arguments if item.use in uses]


@dataclass
class Constraints:
    """What the functions of a module say about references."""

    module: Module
    points: Points = field(default_factory=Points)
    writes: list[Value] = field(default_factory=list)
    """References through which bytes are written."""
    escapes: list[Value] = field(default_factory=list)
    """References that an embedder's function gets."""
    calls: list[ImportCall] = field(default_factory=list)
    globals: set[Global | AnyGlobal] = field(default_factory=set)
    _made: int = 0

    def add(self, functions: Sequence[Function]) -> None:
        """Take in the functions of the module, each at its index."""
        exported = {export.ordinal for export in self.module.exports}
        for fn in functions:
            for position, value in enumerate(fn.args):
                if value.type == "ref" and fn.index in exported:
                    self.points.add(value, Argument(fn.index, position))
            for block in fn.blocks:
                for op in block.ops:
                    self._op(functions, fn, op)
                if block.end.kind == "return":
                    for position, value in enumerate(block.end.operands):
                        self.points.flow(value, Result(fn.index, position))
            for edge in fn.edges():
                self._flows(edge.args, edge.target.params)
        for place in tuple(self.globals):
            self.points.flow(AnyGlobal(stored=True), place)
            self.points.flow(place, AnyGlobal(stored=False))
        self.points.solve()

    def _flows(self, sources: Iterable[Value], targets: Iterable[Value]) -> None:
        for source, target in zip(sources, targets, strict=True):
            if target.type in _REFERENCES:
                self.points.flow(source, target)

    def _make(self, result: Value) -> None:
        self._made += 1
        self.points.add(result, Made(self._made))

    # ---- operations ------------------------------------------------------------------------------------------------

    def _op(self, functions: Sequence[Function], fn: Function, op: Op) -> None:
        if "callee" in op.attrs:
            self._call(functions, op)
            return
        given = list(zip(_registers(op), op.operands, strict=False))
        fields = {field.name: value for field, value in given}
        self.writes += [value for field, value in given if field.kind.written]
        results = [value for value in op.results if value.type in _REFERENCES]
        if op.row is KERNEL_BINDING:
            self.points.add(results[0], Argument(fn.index, BINDINGS, op.attrs["index"]))
        elif "rodata" in op.attrs:
            self.points.add(results[0], Constant(op.attrs["rodata"]))
        elif op.row.does in GLOBALS:
            self._global(op, fields, results)
        elif "list" in fields:
            self._list(fields, results)
        elif Trait.ALLOCATES in op.row.traits and op.row is not REF_RETAIN:
            for result in results:
                self._make(result)
        else:
            for result in results:
                for value in op.operands:
                    self.points.flow(value, result)

    def _global(self, op: Op, fields: dict[str, Value], results: list[Value]) -> None:
        known = op.attrs.get("global")
        place = AnyGlobal(stored=not results) if known is None else Global(known)
        self.globals.add(place)
        if results:
            self.points.flow(place, results[0])
        elif "value" in fields and fields["value"].type == "ref":
            self.points.flow(fields["value"], place)

    def _list(self, fields: dict[str, Value], results: list[Value]) -> None:
        if results:
            self.points.load(fields["list"], results[0], constant(fields["index"]))
        elif "value" in fields and fields["value"].type == "ref":
            self.points.store(fields["list"], fields["value"])

    # ---- calls -----------------------------------------------------------------------------------------------------

    def _call(self, functions: Sequence[Function], op: Op) -> None:
        callee = op.attrs["callee"]
        number = callee & ~IMPORT_BIT
        if callee & IMPORT_BIT:
            self._import(number, op)
            return
        self._flows(op.operands, functions[number].args)
        for position, result in enumerate(op.results):
            if result.type == "ref":
                self.points.flow(Result(number, position), result)

    def _import(self, number: int, op: Op) -> None:
        item = self.module.imports[number]
        convention = item.signature.calling_convention if item.signature else ""
        native = NATIVE.get((item.full_name, convention))
        results = [value for value in op.results if value.type == "ref"]
        if native is None:
            self._embedders(op, results)
            return
        call = ImportCall(native, list(_passed(native, op)), op)
        self.calls.append(call)
        shared = call.values(Use.SHARES)
        self.writes += [value for value in call.values(Use.WRITES) if value.type in _REFERENCES]
        for result in results:
            self._make(result)
            if call.values(Use.ARCHIVES):
                self.points.add(Contents(Made(self._made)), Foreign())
            for value in shared:
                self.points.flow(value, result)
        for recorder in call.values(Use.RECORDS):
            for value in call.values(Use.WRITES, Use.READS, Use.BINDS):
                self.points.store(recorder, value)

    def _embedders(self, op: Op, results: list[Value]) -> None:
        references = [value for value in op.operands if value.type in _REFERENCES]
        self.escapes += references
        self.writes += references
        for result in results:
            self.points.add(result, Foreign())
            for value in references:
                self.points.flow(value, result)


def constant(value: Value | None) -> int | None:
    """The number a value is, if it is known."""
    op = value.op if value is not None else None
    if op is None or op.row.does is not Operation.CONST or op.row.type not in ("i32", "i64"):
        return None
    return int(op.attrs.get("value", 0))


def _registers(op: Op) -> Iterator[Field]:
    """The operands in the table."""
    return (f for f in op.row.operands if f.kind.group == "register")


def _passed(native: Native, op: Op) -> Iterator[Passed]:
    values = iter(op.operands)
    segments = op.attrs.get("segments")
    for position, use in enumerate(native.uses):
        if isinstance(use, Use):
            yield Passed(use, next(values))
            continue
        for row in range(segments[position] if segments is not None else 0):
            for inner in use:
                yield Passed(inner, next(values), row, position)
