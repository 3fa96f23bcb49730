"""The guard of a nest: C that proves, before the fast loops run, that they do what the literal ones do.

Every access is in bounds, what is written is apart from what is read, no element is written twice, and no counter
wraps.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from transpile.c.literals import C_TYPES, integer
from transpile.emit.indexes import index_text
from transpile.emit.lines import Line, marked
from transpile.ir.derived import RODATA_SPAN
from transpile.ir.nodes import Value
from transpile.nests.find.affine import Affine, constant_of
from transpile.nests.loops.build import Built
from transpile.nests.nest import Access, Dim, Nest

_LONGEST = 1 << 48
"""Elements between neighbours, at most, where that is known only at run time."""

Argument = tuple[Value, str]
"""A value and, for a span, which member of it."""


@dataclass
class Parameters:
    """Spans and numbers that a nest function is called with."""

    spans: dict[Value, str] = field(default_factory=dict)
    members: dict[Argument, str] = field(default_factory=dict)
    numbers: dict[Value, str] = field(default_factory=dict)

    def span(self, value: Value, member: str) -> str:
        """A member of a span: only those that are used are passed, which keeps calls small."""
        name = self.spans.setdefault(value, f"s{len(self.spans)}")
        return self.members.setdefault((value, member), name if member == "data" else f"{name}_{member}")

    def number(self, value: Value) -> str:
        """An integer of the program's."""
        known = constant_of(value)
        return integer(known, 64) if known is not None else self.element(value)

    def element(self, value: Value) -> str:
        """A value as a parameter, even if it is known."""
        return self.numbers.setdefault(value, f"v{len(self.numbers)}")

    def declarations(self) -> list[str]:
        members = [f"{'uint8_t*' if m == 'data' else 'uint64_t'} {name}" for (_, m), name in self.members.items()]
        return ["vm_instance* vm", *members, *(f"{C_TYPES[v.type]} {name}" for v, name in self.numbers.items())]

    def names(self) -> tuple[str, ...]:
        return (*self.members.values(), *self.numbers.values())

    def values(self) -> tuple[Argument, ...]:
        return (*self.members, *((value, "") for value in self.numbers))


class GuardWriter:
    """Prints the guard of one nest, and what its work goes on with: pointers, trip counts, numbers, threads."""

    def __init__(self, nest: Nest, built: Built, dims: Sequence[Dim]) -> None:
        self.nest, self.built, self.dims = nest, built, dims
        self.parameters = Parameters()
        self.arrays = built.arrays
        counts = {counter: name for name, counter in built.turns.items()}
        self.trips = {d: counts[d.counters[0]] if d.trips is None else str(d.trips) for d in dims}

    def lines(self) -> Iterator[str]:
        if any(d.trips == 0 for d in self.dims):
            yield "(void)vm;"
            yield f"return {'0' if self.nest.hoisted else '1'};"
            return
        for dim in self.dims:
            yield from self._trip_count(dim)
        fixed = "static " if not self.built.turns else ""
        yield f"{fixed}const int64_t trips[] = {{{', '.join(self.trips.values())}}};"
        for name, form in self.built.strides.items():
            yield from self._stride(name, form)
        for name, access in self.arrays.items():
            yield from marked(self._bounds(name, access), (name,))
        yield from self._apart()
        for store in self.nest.stores:
            yield from self._injective(store)
        yield from self._numbers()

    def _apart(self) -> Iterator[str]:
        """What is stored is apart from what is loaded, and from what else is stored."""
        stores = [name for name, access in self.arrays.items() if access in self.nest.stores]
        for number, store in enumerate(stores):
            for name, access in self.arrays.items():
                if name not in stores[: number + 1] and not _is_constant(access):
                    yield Line(f"if (!vm_nest_apart(e_{store}, e_{name})) return 0;", (store, name))

    def _numbers(self) -> Iterator[str]:
        work = " * ".join(f"(double){count}" for count in self.trips.values())
        yield f"const int threads = vm_nest_threads(vm, {work});"
        yield "const uint64_t mode = vm_float_mode();"
        yield "(void)threads, (void)mode;"
        for name, access in self.arrays.items():
            element = f"vm_elem_{self.built.element(name)}"
            qualifier = "" if access in self.nest.stores else "const "
            data = self.parameters.span(access.span, "data")
            text = f"{qualifier}{element}* VM_RESTRICT const {name} = ({qualifier}{element}*){data} + b_{name};"
            yield Line(text, (name,))
        for name, counter in self.built.firsts.items():
            yield f"const int64_t {name} = {self.parameters.number(counter.first)};"
        for name, value in self.built.values.items():
            yield f"const {C_TYPES[value.type]} {name} = {self.parameters.element(value)};"

    def _trip_count(self, dim: Dim) -> Iterator[str]:
        nothing = "0" if self.nest.hoisted else "{} == 0"  # what an outer loop loads may fail all the same
        counter = dim.counters[0]
        if dim.trips is None and counter.factors is not None:
            yield from self._product(counter.factors, self.trips[dim])
        elif dim.trips is None:
            number, count = self.parameters.number, self.trips[dim]
            first, bound = number(counter.first), number(counter.bound)
            yield f"const int64_t {count} = vm_nest_trips({first}, {bound}, {counter.step});"
            yield f"if ({count} <= 0) return {nothing.format(count)};"

    def _product(self, product: tuple[int, tuple[Value, ...]], count: str) -> Iterator[str]:
        """Trips of a digit of a coalesced loop; factors small enough that no product of them wraps."""
        const, factors = product
        names = [self.parameters.number(v) for v in factors]
        for name in dict.fromkeys(names):
            yield f"if ({name} <= 0 || {name} > 1 << 20) return 0;"
        text = [str(const), *names]
        yield f"if ({' * '.join(f'(double){part}' for part in text)} > 1e15) return 0;"
        yield f"const int64_t {count} = {' * '.join(text)};"

    def _bounds(self, name: str, access: Access) -> Iterator[str]:
        data = self.parameters.span(access.span, "data")
        length = self.parameters.span(access.span, "writable" if access in self.nest.stores else "readable")
        strides = [self.built.stride(d.strides[access]) for d in self.dims]
        fixed = "static " if all(stride.known is not None for stride in strides) else ""
        yield f"const int64_t b_{name} = {self._wrapping(access.base)};"
        yield f"vm_extent e_{name};"
        yield f"{fixed}const int64_t w_{name}[] = {{{', '.join(map(index_text, strides))}}};"
        arguments = f"{data}, {length}, {access.size}, b_{name}, {len(self.dims)}, w_{name}, trips, &e_{name}"
        yield f"if (!vm_nest_bounds({arguments})) return 0;"

    def _stride(self, name: str, form: Affine) -> Iterator[str]:
        """A stride that is known only here.  One that is longer than any memory is none, so that nothing overflows that
        is computed with it."""
        strides = (self.built.stride(d.strides[a]).stride(name).known for d in self.dims for a in self.arrays.values())
        longest = _LONGEST // max(abs(factor) for factor in strides if factor is not None)
        yield f"const int64_t {name} = {self._wrapping(form)};"
        yield f"if ({name} < -{integer(longest, 64)} || {name} > {integer(longest, 64)}) return 0;"

    def _wrapping(self, form: Affine) -> str:
        """A sum of products, wrapping as the program's own arithmetic does."""
        number = self.parameters.number
        terms = [
            " * ".join([*(f"(uint64_t){number(v)}" for v in term), f"UINT64_C({c % 2**64})"])
            for term, c in form.terms.items()
        ]
        terms.append(f"UINT64_C({form.const % 2**64})")
        return f"(int64_t)({' + '.join(terms)})"

    def _injective(self, store: Access) -> Iterator[str]:
        """A store meets every element once: each stride is longer than all that the shorter ones can span."""
        parallel = [d for d in self.dims if d.parallel]
        if any(d.strides[store].known is None for d in parallel):
            strides = ", ".join(index_text(self.built.stride(d.strides[store])) for d in parallel)
            counts = ", ".join(self.trips[d] for d in parallel)
            lists = (f"(const int64_t[]){{{items}}}" for items in (strides, counts))
            yield f"if (!vm_nest_once({len(parallel)}, {', '.join(lists)})) return 0;"
            return
        dims = sorted(parallel, key=lambda d: d.distance(store))
        reach, text, known = 0, "0", True
        for dim in dims:
            stride, count = dim.distance(store), self.trips[dim]
            if known and stride <= reach and (dim.trips is None or dim.trips > 1):
                yield "return 0;"
            if not known:
                yield f"if ({stride} <= {text} && {count} > 1) return 0;"
            if dim.trips is None:
                known = False
            reach += stride * ((dim.trips or 1) - 1)
            text += f" + {stride} * ({count} - 1)"


def _is_constant(access: Access) -> bool:
    return access.span.op is not None and access.span.op.row is RODATA_SPAN
