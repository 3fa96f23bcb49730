"""A raised nest as a C function: guard, then the scheduled loops.  It returns 0, having done nothing, when the guard
does not hold; the caller then runs the literal loop.

    static int nest3(vm_instance* vm, uint8_t* s0, uint64_t s0_writable, int64_t p0) {
      … bounds of every access, and that the written bytes are apart from the read ones …
      for (int64_t t0 = 0; t0 < 64; t0++) { … }
      return 1;
    }
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from transpile.emit.expressions import Expressions
from transpile.emit.literals import C_TYPES, integer
from transpile.emit.panels import PanelWriter
from transpile.emit.parallel import Parts
from transpile.emit.tile_body import element_type, is_vectorisable
from transpile.emit.tiles import TileWriter
from transpile.ir.nodes import Op, Value
from transpile.isa.table import Trait
from transpile.nests.affine import Affine, constant_of
from transpile.nests.nest import Access, Dim, Nest
from transpile.nests.schedule import STRIP, Schedule, schedule

Argument = tuple[Value, str]  # a value and, for a span, which member of it

_MOST_TERMS = 48  # operations in one expression: its parentheses nest, 256 deep at most for clang


@dataclass(frozen=True)
class NestText:
    """A nest function without its name (`@name@` stands for it), and what it is called with: values, or the named
    members of spans. `parameters` are its names for these; `tiles` are the functions it calls, by name; `@own@` stands
    for the module's prefix.  `outlined` are the names of the functions that its text has besides."""

    text: str
    arguments: tuple[Argument, ...]
    parameters: tuple[str, ...]
    kind: str
    tiles: dict[str, str]
    outlined: tuple[str, ...]


class _Names:
    """Stands in for `Values` inside a nest function: every op of the body is inlined or has a local."""

    def __init__(self) -> None:
        self.names: dict[Value, str] = {}
        self.inlined: set[Value] = set()


@dataclass
class _Parameters:
    """Spans and numbers that a nest function is called with."""

    spans: dict[Value, str] = field(default_factory=dict)
    members: dict[Argument, str] = field(default_factory=dict)
    numbers: dict[Value, str] = field(default_factory=dict)

    def span(self, value: Value, member: str) -> str:
        """A member of a span: only those that are used are passed, which keeps calls small."""
        name = self.spans.setdefault(value, f"s{len(self.spans)}")
        return self.members.setdefault((value, member), name if member == "data" else f"{name}_{member}")

    def number(self, value: Value) -> str:
        known = constant_of(value)
        if known is not None:
            return integer(known, 64)
        return self.numbers.setdefault(value, f"p{len(self.numbers)}")

    def declarations(self) -> list[str]:
        members = [f"{'uint8_t*' if m == 'data' else 'uint64_t'} {name}" for (_, m), name in self.members.items()]
        return ["vm_instance* vm", *members, *(f"{C_TYPES[v.type]} {name}" for v, name in self.numbers.items())]

    def values(self) -> tuple[Argument, ...]:
        return (*self.members, *((value, "") for value in self.numbers))


class NestWriter:
    """Writes the function of one nest."""

    def __init__(self, nest: Nest, vector_bytes: int) -> None:
        self.nest = nest
        self.parameters = _Parameters()
        self.parts = Parts([])
        self.accesses = [nest.store, *(a for a in nest.loads if a not in nest.own)]
        self.counters = {c.value: c for c in nest.loops}
        self.pointers = {a: "out" if a is nest.store else f"in{i}" for i, a in enumerate(self.accesses)}
        self.pointers.update(dict.fromkeys(nest.own, "out"))
        self.used = self._used_counters()
        self.uses_zero = False
        self.inside = set(nest.body)
        vectorisable = is_vectorisable(nest)
        element = nest.store.op.mnemonic.split(".", 2)[2]
        self.plan: Schedule = schedule(nest, vector_bytes, element, vectorisable, bool(self.used))
        self.trips = {d: f"n{i}" if d.trips is None else str(d.trips) for i, d in enumerate(self.plan.dims)}
        self.turns = {d: f"t{i}" for i, d in enumerate(self.plan.dims)}

    def write(self) -> NestText:
        guard, work = list(self._guard()), self._work()
        opaque = ["const uint32_t zero = vm_opaque_zero();"] if self.uses_zero else []
        body = [*guard, *opaque, *work, "return 1;"]
        head = f"static int @name@({', '.join(self.parameters.declarations())}) {{"
        lines, tiles = [*self.parts.functions.values(), head, *body, "}"], {}
        if self.plan.kind == "tile":
            tiles = self.kernels
            unused = ", ".join(f"(void){text.split()[-1].lstrip('*')}" for text in self.parameters.declarations())
            lines = ["#if VM_VECTORS", *lines, "#else", head, f"{unused};", "return 0;", "}", "#endif"]
        names = tuple(text.split()[-1] for text in self.parameters.declarations()[1:])
        outlined = tuple(self.parts.functions)
        return NestText("\n".join(lines), self.parameters.values(), names, self.plan.kind, tiles, outlined)

    # ---- guard ---------------------------------------------------------------------------------------------------

    def _guard(self) -> Iterator[str]:
        yield from self._trip_counts()
        lists = [self.trips[d] for d in self.plan.dims]
        fixed = "static " if all(d.trips is not None for d in self.plan.dims) else ""
        yield f"{fixed}const int64_t trips[] = {{{', '.join(lists)}}};"
        for access in self.accesses:
            yield from self._bounds(access)
        for access in self.accesses[1:]:
            if not self._is_constant(access):
                yield f"if (!vm_nest_apart(e0, e{self.accesses.index(access)})) return 0;"
        yield from self._injective()
        work = " * ".join(f"(double){count}" for count in lists)
        yield f"const int threads = vm_nest_threads(vm, {work});"
        yield "const uint64_t mode = vm_float_mode();"
        yield "(void)threads, (void)mode;"

    def _trip_counts(self) -> Iterator[str]:
        nothing = "0" if self.nest.hoisted else "{} == 0"  # what an outer loop loads may fail all the same
        for dim in self.plan.dims:
            if dim.trips is None and dim.counters[0].factors is not None:
                yield from self._product(dim)
            elif dim.trips is None:
                counter = dim.counters[0]
                number = self.parameters.number
                arguments = f"{number(counter.first)}, {number(counter.bound)}, {counter.step}"
                yield f"const int64_t {self.trips[dim]} = vm_nest_trips({arguments});"
                yield f"if ({self.trips[dim]} <= 0) return {nothing.format(self.trips[dim])};"
            elif dim.trips == 0:
                yield f"return {'0' if self.nest.hoisted else '1'};"

    def _product(self, dim: Dim) -> Iterator[str]:
        """Trips of a digit of a coalesced loop; factors small enough that no product of them wraps."""
        assert dim.counters[0].factors is not None
        const, factors = dim.counters[0].factors
        names = [self.parameters.number(v) for v in factors]
        for name in dict.fromkeys(names):
            yield f"if ({name} <= 0 || {name} > 1 << 20) return 0;"
        text = " * ".join([str(const), *names])
        yield f"if ({' * '.join(f'(double){part}' for part in [str(const), *names])} > 1e15) return 0;"
        yield f"const int64_t {self.trips[dim]} = {text};"

    def _bounds(self, access: Access) -> Iterator[str]:
        index = self.accesses.index(access)
        data = self.parameters.span(access.span, "data")
        length = self.parameters.span(access.span, "writable" if access is self.nest.store else "readable")
        strides = ", ".join(str(d.strides[access]) for d in self.plan.dims)
        yield f"const int64_t b{index} = {self._base(access)};"
        yield f"vm_extent e{index};"
        yield f"static const int64_t w{index}[] = {{{strides}}};"
        arguments = f"{data}, {length}, {access.size}, b{index}, {len(self.plan.dims)}, w{index}, trips, &e{index}"
        yield f"if (!vm_nest_bounds({arguments})) return 0;"

    def _base(self, access: Access) -> str:
        """Element offset of the first iteration, wrapping as the program's own arithmetic does."""
        form = access.offset
        for counter in self.nest.loops:
            factor = form.coefficient(counter.value)
            known = constant_of(counter.first)
            start = Affine({}, known) if known is not None else Affine({counter.first: 1})
            form = form.without({counter.value}).plus(start.times(factor))
        terms = [f"(uint64_t){self.parameters.number(v)} * UINT64_C({c % 2**64})" for v, c in form.terms.items()]
        terms.append(f"UINT64_C({form.const % 2**64})")
        return f"(int64_t)({' + '.join(terms)})"

    def _injective(self) -> Iterator[str]:
        """The store meets every element once: each stride is longer than all that the shorter ones can span."""
        dims = sorted((d for d in self.plan.dims if d.parallel), key=lambda d: abs(d.strides[self.nest.store]))
        reach, text = 0, "0"
        known = True
        for dim in dims:
            stride = abs(dim.strides[self.nest.store])
            if known and stride <= reach and (dim.trips is None or dim.trips > 1):
                yield "return 0;"
            if not known:
                yield f"if ({stride} <= {text} && {self.trips[dim]} > 1) return 0;"
            if dim.trips is None:
                known = False
            reach += stride * ((dim.trips or 1) - 1)
            text += f" + {stride} * ({self.trips[dim]} - 1)"

    def _is_constant(self, access: Access) -> bool:
        return access.span.op is not None and access.span.op.mnemonic == "span.rodata"

    # ---- loops ---------------------------------------------------------------------------------------------------

    def _work(self) -> list[str]:
        lines = list(self._pointers())
        if self.plan.kind == "tile":
            assert self.plan.tile is not None
            writer = PanelWriter if self.plan.tile.packed else TileWriter
            tiles = writer(self.nest, self.plan, self.trips, self.pointers, self.parameters.number)
            self.kernels = tiles.body.functions
            work = tiles.lines(self._parts())
        elif self.plan.kind == "map":
            loops = [*self.plan.order, *([self.plan.inner] if self.plan.inner else [])]
            nested = self._loops(loops, list(self._map_body()))
            work = self._parts().spread(nested)
        else:
            work = self._strip()
        return lines + work

    def _parts(self) -> Parts:
        """What outlined loops may need: pointers, trip counts and numbers."""
        pointers = [line.partition(" = ")[0] for line in self._pointers()]
        trips = [f"const int64_t {name}" for d, name in self.trips.items() if d.trips is None]
        numbers = [f"const {C_TYPES[v.type]} {name}" for v, name in self.parameters.numbers.items()]
        self.parts.parameters = [*pointers, *trips, *numbers, "const uint32_t zero"]
        return self.parts

    def _pointers(self) -> Iterator[str]:
        for index, access in enumerate(self.accesses):
            data, element = self.parameters.span(access.span, "data"), element_type(access.op)
            if access is self.nest.store:
                yield f"{element}* VM_RESTRICT const out = ({element}*){data} + b{index};"
            else:
                yield f"const {element}* VM_RESTRICT const in{index} = (const {element}*){data} + b{index};"

    def _loops(self, dims: list[Dim], body: list[str]) -> list[str]:
        names = [(self.turns[d], self.trips[d]) for d in dims]
        heads = [f"for (int64_t {turn} = 0; {turn} < {count}; {turn}++) {{" for turn, count in names]
        return [*heads, *body, *("}" for _ in dims)]

    def _index(self, access: Access, turns: dict[Dim, str] | None = None) -> str:
        turns = turns or self.turns
        terms = []
        for dim in self.plan.dims:
            stride = dim.strides[access]
            if stride:
                terms.append(turns[dim] if stride == 1 else f"{turns[dim]} * {stride}")
        return " + ".join(terms) or "0"

    def _map_body(self) -> Iterator[str]:
        lines, value = self._body(self.turns, {})
        yield from lines
        yield f"out[{self._index(self.nest.store)}] = {self._stored(value)};"

    def _strip(self) -> list[str]:
        """Running values of one strip of the innermost parallel loop go through the whole reduction."""
        nest, plan, dim = self.nest, self.plan, self.plan.inner
        reduction = [d for d in plan.dims if not d.parallel]
        wide = C_TYPES[nest.own[0].op.result.type]
        if dim is None:
            lines, value = self._body(self.turns, dict.fromkeys(nest.own, "acc"))
            inner = [*lines, f"acc = {self._stored(value)};"]
            return [
                f"{wide} acc = out[0];", *self._loops(reduction, inner), f"out[0] = {self._stored('acc')};",
            ]  # fmt: skip
        turn, count = self.turns[dim], self.trips[dim]
        lines, value = self._body(self.turns, dict.fromkeys(nest.own, f"acc[{turn} - start]"))
        each = f"for (int64_t {turn} = start; {turn} < end; {turn}++)"
        place = self._index(nest.store)
        body = [
            f"for (int64_t start = 0; start < {count}; start += {STRIP}) {{",
            f"const int64_t end = {count} - start < {STRIP} ? {count} : start + {STRIP};",
            f"{wide} acc[{STRIP}];",
            f"{each} acc[{turn} - start] = out[{place}];",
            *self._loops(reduction, [f"{each} {{", *lines, f"acc[{turn} - start] = {self._stored(value)};", "}"]),
            f"{each} out[{place}] = {self._stored(f'acc[{turn} - start]')};",
            "}",
        ]
        return self._parts().spread(self._loops(plan.order, body))

    def _stored(self, value: str) -> str:
        """The value as the element type: narrow stores keep the low bits."""
        element = element_type(self.nest.store.op)
        return f"({element}){value}" if element.endswith(("_i8", "_i16")) and value.isidentifier() else (
            f"({element})({value})" if element.endswith(("_i8", "_i16")) else value
        )

    # ---- body ----------------------------------------------------------------------------------------------------

    def _used_counters(self) -> set[Value]:
        return {v for op in self.nest.body for v in op.operands if v in self.counters and not _is_load(op)} | (
            {self.nest.store.op.operands[2]} & set(self.counters)
        )

    def _body(self, turns: dict[Dim, str], own: dict[Access, str]) -> tuple[list[str], str]:
        """Statements that compute the stored value, and the value as an expression."""
        names = _Names()
        expressions = Expressions(names, lambda n: "", lambda n: ("", 0))  # type: ignore[arg-type]
        uses: dict[Value, int] = {}
        terms: dict[Value, int] = {}
        stored = self.nest.store.op.operands[2]
        for value in (*(v for op in self.nest.body for v in op.operands), stored):
            uses[value] = uses.get(value, 0) + 1
        lines = [*self._counter_lines(names, turns)]
        places = {a.op: a for a in self.nest.loads}
        for op in self.nest.body:
            for value in () if op in places else op.operands:
                self._name_outside(names, value)
            if op in places:
                access = places[op]
                text = own.get(access) or f"{self.pointers[access]}[{self._index(access, turns)}]"
                names.names[op.result] = f"x{len(names.names)}"
                lines.append(f"const {C_TYPES[op.result.type]} {names.names[op.result]} = {text};")
            elif op.mnemonic.startswith("const.") or self._is_inlined(op, uses, terms):
                names.inlined.add(op.result)
                terms[op.result] = 1 + sum(terms.get(v, 0) for v in op.operands)
            else:
                names.names[op.result] = f"x{len(names.names)}"
                lines.append(f"const {C_TYPES[op.result.type]} {names.names[op.result]} = {expressions.pure(op)[0]};")
        self._name_outside(names, stored)
        text = expressions.text(stored)
        self.uses_zero |= expressions.uses_zero
        return lines, text

    def _is_inlined(self, op: Op, uses: dict[Value, int], terms: dict[Value, int]) -> bool:
        """Used once, in an expression that a C compiler's limits of nesting let pass."""
        return uses.get(op.result, 0) == 1 and sum(terms.get(v, 0) for v in op.operands) < _MOST_TERMS

    def _name_outside(self, names: _Names, value: Value) -> None:
        if value in names.names or value in names.inlined or value.type == "span":
            return
        if value.op is not None and value.op.mnemonic.startswith("const."):
            names.inlined.add(value)
        elif value.op is None or value.op not in self.inside:
            names.names[value] = self.parameters.number(value)

    def _counter_lines(self, names: _Names, turns: dict[Dim, str]) -> Iterator[str]:
        for dim in self.plan.dims:
            for counter in dim.counters:
                if counter.value in self.used:
                    names.names[counter.value] = f"c{len(names.names)}"
                    first = self.parameters.number(counter.first)
                    yield f"const int64_t {names.names[counter.value]} = {first} + {turns[dim]} * {counter.step};"


def _is_load(op: Op) -> bool:
    return op.mnemonic.startswith("buffer.load.")


def can_write(nest: Nest) -> bool:
    """Whether every op of the body is pure arithmetic that prints as an expression."""
    return all(
        _is_load(op) or (Trait.PURE in op.row.traits and not any(f.kind.group == "list" for f in op.row.operands))
        for op in nest.body
    )
