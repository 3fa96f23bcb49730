"""What the optimiser makes of a module's loops, and why: the report behind `transpile explain`.

For every loop of every function, those of nested modules included, either the nest it was raised to (domain, accesses,
schedule, guard) or the reason why it stays the literal loop.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from transpile.c.names import Names, prefix_for
from transpile.emit.function import KERNEL_NAMES
from transpile.emit.nest_functions import NestFunctions
from transpile.ir import Function
from transpile.ir.derived import KERNEL_BINDING, KERNEL_CONSTANTS, RODATA_SPAN
from transpile.ir.graph import analyse
from transpile.ir.nodes import Value
from transpile.ir.text import format_function
from transpile.isa.kinds import IMPORT_BIT
from transpile.nests.find.affine import Affine, constant_of
from transpile.nests.find.place import Place, place_of
from transpile.nests.forms import VECTOR_TYPES, without_vector_form
from transpile.nests.nest import Access, Counter, Dim, Nest, element_kind
from transpile.nests.plan.plans import Plan
from transpile.nests.plan.schedule import Schedule
from transpile.nests.plan.target import Target
from transpile.nests.plan.tiling import Tile
from transpile.pipeline import Lowered, lower
from transpile.symbols import named

if TYPE_CHECKING:
    from transpile.container import Module

_COUNTERS = "ijklmnopq"
_WHY, _NOT_DONE = "why", "not done"


@dataclass(frozen=True)
class Loop:
    """One loop, or a nest of them: `kind` is map, tile, strip or literal; `lines` are (title, text) pairs.

    `symbols` are the C functions that a raised one became.
    """

    offset: int
    location: str
    kind: str
    depth: int
    lines: tuple[tuple[str, str], ...]
    symbols: tuple[str, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is not in registers, or not raised at all."""
        return tuple(text for title, text in self.lines if title in (_WHY, _NOT_DONE))


@dataclass(frozen=True)
class Explained:
    """The loops of one function in the order of its code; `ir` is its text before the first pass and behind each.

    `symbol` is the C function that it becomes.
    """

    module: str
    function: str
    symbol: str
    index: int
    loops: tuple[Loop, ...]
    ir: tuple[tuple[str, str], ...] = ()


def explain(module: Module, target: Target, function: str | None = None, *, ir: bool = False) -> Iterator[Explained]:
    """Reports on a verified module's functions, or on those with one name; modules nested in it come behind it.

    With `ir` there is the IR behind each pass, and the steps of each plan.
    """
    dumps = Dumps()

    def wanted(where: Module, index: int) -> bool:
        return function is None or named(function, _names(where, index)) is not None

    lowered = lower(module, (target,), observer=dumps.note if ir else None, wanted=wanted)
    prefix = prefix_for(module.name)
    yield from _module(lowered, prefix, target, dumps if ir else None)
    for number, inner in lowered.executables.items():
        yield from _module(inner, f"{prefix}_k{number}", target, dumps if ir else None)


def _module(lowered: Lowered, prefix: str, target: Target, dumps: Dumps | None) -> Iterator[Explained]:
    module = lowered.module
    names = Names(prefix)
    nests = NestFunctions(names, (target,), lowered.loops)
    for fn in lowered.functions:
        nests.of(fn)
        told = tuple(loops(fn, lowered, by_place(nests.places), target, steps=dumps is not None))
        symbol = names.function(fn.index, module.function_name(fn.index))
        yield Explained(module.name, fn.name, symbol, fn.index, told, tuple(dumps.of(module, fn)) if dumps else ())


def _names(module: Module, index: int) -> set[str]:
    return {module.function_name(index), *(export.name for export in module.exports if export.ordinal == index)}


def callee(module: Module, number: int) -> str:
    """What a call calls, by name."""
    return module.imports[number & ~IMPORT_BIT].full_name if number & IMPORT_BIT else module.function_name(number)


class Dumps:
    """The IR of functions behind each pass, but not again where nothing has changed."""

    def __init__(self) -> None:
        self._found: dict[tuple[int, int], list[tuple[str, str]]] = defaultdict(list)

    def note(self, module: Module, name: str, functions: Sequence[Function]) -> None:
        for fn in functions:
            text = format_function(fn, lambda number: callee(module, number))
            earlier = self._found[id(module), fn.index]
            unchanged = any(text == before for _, before in earlier[-1:])
            earlier.append((name, "" if unchanged else text))
            if unchanged:
                earlier[-2:] = [(f"{earlier[-2][0]}, {name}", text)]

    def of(self, module: Module, fn: Function) -> list[tuple[str, str]]:
        return self._found[id(module), fn.index]


# ---- loops -----------------------------------------------------------------------------------------------------------


def loops(
    fn: Function, lowered: Lowered, symbols: Mapping[Place, Sequence[str]], target: Target, *, steps: bool = False
) -> Iterator[Loop]:
    """What there is to say of each loop of a function; `symbols` are the C functions that were made of each."""
    found, raised = lowered.loops[fn.index].found, lowered.loops[fn.index].raised
    natural = analyse(fn.entry).loops
    is_kernel = fn.index in lowered.kernels
    arguments = {v: KERNEL_NAMES[n] if is_kernel else f"argument {n}" for n, v in enumerate(fn.args)}
    for header, loop in natural.items():
        place = place_of(fn, header, found.nests.get(header), lowered.locations.at)
        where = header.offset, place.location or ""
        if header in found.nests:
            names = _Names(found.nests[header], arguments)
            plan = raised[header].plans[0] if header in raised else None
            kind, lines = _told(found.nests[header], names, plan, target, steps=steps)
            made = tuple(symbols.get(place, ()))
            yield Loop(*where, kind, loop.depth, (*lines, *([("C", ", ".join(made))] if made else [])), made)
        elif header in found.refused:
            yield Loop(*where, "literal", loop.depth, ((_WHY, found.refused[header]),))


def by_place(places: Mapping[str, tuple[Place, ...]]) -> dict[Place, list[str]]:
    """The C functions of each raised loop, under the names that a profile shows."""
    found: dict[Place, list[str]] = defaultdict(list)
    for symbol, loops_of in places.items():
        for place in loops_of:
            found[place].append(symbol)
    return found


def _told(
    nest: Nest, names: _Names, plan: Plan | None, target: Target, *, steps: bool
) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The kind of a nest's plan, and what there is to say of it."""
    lines = [("domain", ", ".join(names.domain(c) for c in nest.loops))]
    lines += [("store" if a in nest.stores else "load", names.access(a)) for a in (*nest.stores, *nest.loads)]
    if plan is None:
        return "literal", (*lines, (_WHY, "an operation without a C expression"))
    lines += [("done", text) for text in _done(plan.schedule, names)]
    lines += [(_NOT_DONE, text) for text in _not_done(nest, plan.schedule, target)]
    lines += [("step", str(step)) for step in plan.steps if steps]
    lines.append(("guard", _guard(nest)))
    return plan.schedule.kind, tuple(lines)


class _Names:
    """Names for people: i, j, k for the counters, where a buffer comes from, the offset of what computed a number."""

    def __init__(self, nest: Nest, arguments: dict[Value, str]) -> None:
        self.nest = nest
        self.arguments = arguments
        self.counters = {c.value: _COUNTERS[n] if n < len(_COUNTERS) else f"i{n}" for n, c in enumerate(nest.loops)}

    def value(self, value: Value) -> str:
        known = constant_of(value)
        if known is not None:
            return str(known)
        if value in self.counters:
            return self.counters[value]
        return f"%{value.op.offset:x}" if value.op is not None else self.arguments.get(value, "a counter outside")

    def domain(self, counter: Counter) -> str:
        name = self.counters[counter.value]
        kind = "" if counter in self.nest.parallel else " (reduction)"
        if counter.factors is not None:
            const, factors = counter.factors
            product = [str(const)] if const != 1 or not factors else []
            return f"{name} < {' * '.join([*product, *map(self.value, factors)])} (a digit of a coalesced loop){kind}"
        first = "" if constant_of(counter.first) == 0 else f"{self.value(counter.first)} <= "
        step = "" if counter.step == 1 else f" step {counter.step}"
        return f"{first}{name} < {self.value(counter.bound)}{step}{kind}"

    def access(self, access: Access) -> str:
        kind = element_kind(access.op)
        strides = [(self.counters[c.value], access.stride(c)) for c in self.nest.loops]
        text = ", ".join(f"{name} {self._stride(stride)}" for name, stride in strides if stride) or "none"
        own = ", the element that is stored" if access in self.nest.own else ""
        return f"{kind} {self.buffer(access.span)} [{self.form(access.offset)}], strides: {text}{own}"

    def buffer(self, span: Value) -> str:
        """Where the bytes of a span come from."""
        op = span.op
        if op is None:
            return "a buffer"
        if op.row is KERNEL_BINDING:
            return f"binding {op.attrs['index']}"
        if op.row is RODATA_SPAN:
            return f"constant {op.attrs['rodata']}"
        if op.row is KERNEL_CONSTANTS:
            return "push constants"
        return f"buffer {self.value(op.operands[0])}"

    def _stride(self, stride: Affine) -> str:
        return self.form(stride) if len(stride.terms) + bool(stride.const) < 2 else f"({self.form(stride)})"

    def form(self, form: Affine) -> str:
        terms = [" ".join([*([] if c == 1 else [str(c)]), *map(self.value, term)]) for term, c in form.terms.items()]
        return " + ".join([*terms, *([str(form.const)] if form.const or not terms else [])])

    def dim(self, dim: Dim) -> str:
        return " and ".join(self.counters[c.value] for c in dim.counters)


# ---- what was done and what not --------------------------------------------------------------------------------------


def _done(plan: Schedule, names: _Names) -> Iterator[str]:
    for dim in plan.dims:
        if len(dim.counters) > 1:
            yield f"{names.dim(dim)} merged into one loop of {dim.trips}"
    outside = ", ".join(names.dim(d) for d in plan.order)
    around = f"; outside of it {outside}" if outside else ""
    if plan.kind == "map":
        inner = f"{names.dim(plan.inner)} innermost, for the C compiler to vectorise" if plan.inner else "one element"
        yield f"map: {inner}{around}"
    elif plan.kind == "strip":
        along = f"along {names.dim(plan.inner)}" if plan.inner else "of one element"
        yield f"strip: running values {along} go through the whole reduction{around}"
        yield from (f"packed: {text}" for text in _packed_for_strip(plan, names))
    elif plan.tile is not None:
        yield f"tile: {_tile(plan.tile, names)} in registers through the reduction{around}"
        yield from (f"packed: {text}" for text in _packed(plan.tile, names))
        if plan.tile.transposed:
            yield f"transposed in registers: {', '.join(names.buffer(a.span) for a in plan.tile.transposed)}"


def _tile(tile: Tile, names: _Names) -> str:
    rows = f"{tile.rows} of {names.dim(tile.unrolled)}" if tile.unrolled is not None else ""
    columns = f"{tile.columns} vectors of " if tile.columns > 1 else ""
    lanes = f"{columns}{tile.lanes} of {' and '.join(map(names.dim, tile.vector))}" if tile.vector else ""
    return " x ".join(filter(None, [rows, lanes]))


def _packed_for_strip(plan: Schedule, names: _Names) -> Iterator[str]:
    inner = plan.inner
    for access in plan.packed:
        assert inner is not None
        why = f"its stride along {names.dim(inner)} is {names.form(inner.strides[access])}"
        yield f"{names.buffer(access.span)}, because {why}{_chunk(plan.chunk)}"


def _chunk(turns: int | None) -> str:
    return f", {turns} turns of the outermost reduction loop at a time" if turns is not None else ""


def _packed(tile: Tile, names: _Names) -> Iterator[str]:
    for access in tile.packed:
        inner = tile.vector[-1]
        if access.size != names.nest.store.size:
            why = "its elements are widened"
        elif inner.strides[access].known != 1:
            why = f"its stride along {names.dim(inner)} is {names.form(inner.strides[access])}"
        elif len(tile.vector) > 1:
            why = "two loops are one for the vectors"
        else:
            why = "every row reads it again"
        yield f"{names.buffer(access.span)}, because {why}{_chunk(tile.chunk)}"


def _not_done(nest: Nest, plan: Schedule, target: Target) -> Iterator[str]:
    if plan.tile is not None and not plan.tile.vector and target.vector_bytes:
        yield f"no vectors: {_why_scalars(nest, plan.tile.unrolled)}"
    if plan.kind != "strip":
        return
    element = element_kind(nest.store.op)
    if element not in VECTOR_TYPES:
        yield f"no register tile: {element} has no vector form here"
    elif (culprit := without_vector_form(nest)) is not None:
        yield f"no register tile: {culprit} on the way to the stored value has no vector form for {element}"
    elif target.vector_bytes and target.vector_bytes // nest.store.size < 2:
        yield "no register tile: a vector holds one element"
    else:
        yield "no register tile: no parallel loop along which an operand varies, or counters are used as values"


def _why_scalars(nest: Nest, along: Dim | None) -> str:
    strides = [along.strides[a].known for a in nest.loads if a not in nest.own] if along is not None else []
    apart = any(stride not in (0, 1) for stride in strides)
    return "elements of an operand are apart along the parallel loop" if apart else "scalars cost less here"


def _guard(nest: Nest) -> str:
    others = [a for a in nest.loads if a not in nest.own]
    constant = [a for a in others if a.span.op is not None and a.span.op.row is RODATA_SPAN]
    apart = len(others) - len(constant)
    accesses = len(nest.stores) + len(others)
    parts = [f"{accesses} access{'es' if accesses > 1 else ''} in bounds"]
    if nest.others:
        parts.append(f"{len(nest.stores)} stores apart from each other")
    if apart:
        parts.append(f"the store{'s' if nest.others else ''} apart from {apart} load{'s' if apart > 1 else ''}")
    if any(c.trips is None for c in nest.loops):
        parts.append("counters do not wrap")
    return ", ".join(parts)
