"""What the kernels of a nest compute: the body as C expressions, and its operands with their strides.

Where operands are packed, strides and trip counts are parameters of the kernel, so that nests of different sizes share
it; else they are literals, by which small kernels gain. Several reduction loops are one loop of the kernel then: panels
are walked through from front to back, and the offsets of each turn in the other operands are in tables.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from transpile.emit.expressions import is_rewritten
from transpile.emit.literals import C_TYPES, constant
from transpile.emit.microkernel import SCALARS, Kernel, Operand, Shape
from transpile.ir.nodes import Op, Value
from transpile.limits import TILE_TERMS
from transpile.nests.nest import WIDENED, Dim, Nest, element_kind, element_of, walk_as_one
from transpile.nests.tiling import Tile, trips_of

_FORMS = {
    "add": "{0} + {1}",
    "sub": "{0} - {1}",
    "mul": "{0} * {1}",
    "div": "{0} / {1}",
    "fma": "{0} * {1} + {2}",
}


def _form(op: Op) -> str | None:
    name, _, suffix = op.mnemonic.partition(".")
    if suffix not in SCALARS or (name == "div" and suffix.startswith("i")):
        return None
    return _FORMS.get(name)


def is_vectorisable(nest: Nest) -> bool:
    """Whether the body is arithmetic of the stored type that C's vector operators express."""
    return without_vector_form(nest) is None


def without_vector_form(nest: Nest) -> str | None:
    """The first instruction on the way to the stored value that has no vector form."""
    kind = element_kind(nest.store.op)
    if kind not in SCALARS or nest.store.op.operands[2].op not in nest.body:
        return nest.store.op.mnemonic
    terms: dict[Op | None, int] = {}
    for op in nest.body:
        if op.mnemonic.startswith("buffer.load."):
            if element_kind(op) != kind and not (kind == "i32" and element_kind(op) in WIDENED):
                return op.mnemonic
        elif _form(op) is None or not op.mnemonic.endswith(kind):
            return op.mnemonic
        # A tile is one expression, which writes what is used twice twice.
        terms[op] = 1 + sum(terms.get(v.op, 0) for v in op.operands if v.type != "span")
        if terms[op] > TILE_TERMS:
            return f"{op.mnemonic}, the last of more than {TILE_TERMS} operations,"
    return None


def element_type(op: Op) -> str:
    """C type of the elements that a load or store touches."""
    return f"vm_elem_{element_of(op)}"


class TileBody:
    """The kernels of one nest. `functions` has those that were called, by name."""

    def __init__(
        self, nest: Nest, tile: Tile, reduction: list[Dim], trips: dict[Dim, str], number: Callable[[Value], str]
    ) -> None:
        self.nest, self.tile, self.reduction, self.trips, self.number = nest, tile, reduction, trips, number
        self.kind = element_kind(nest.store.op)
        self.loads = [a for a in nest.loads if a not in nest.own]
        self.invariants = self._invariants()
        self.groups = self._reduction_groups()
        free = [a for a in self.loads if a not in self.tile.packed]
        self.tables = {a: f"at{n}" for n, a in enumerate(free)} if tile.packed and len(self.groups) > 1 else {}
        self.arguments: dict[str, str] = {}
        self.kernel = self._kernel()
        self.functions: dict[str, str] = {}
        self._names: dict[Shape, str] = {}

    def _invariants(self) -> dict[Value, str]:
        """Values from outside the nest that the body uses: constants as they are, others as parameters."""
        found: dict[Value, str] = {}
        inside = set(self.nest.body)
        for op in self.nest.body:
            if op.mnemonic.startswith("buffer.load."):
                continue
            for value in op.operands:
                if value.op is None or value.op not in inside:
                    found[value] = f"({SCALARS[self.kind]}){self._outside(op, value)}"
        return found

    def _outside(self, user: Op, value: Value) -> str:
        """A value from outside as an operand. What a C compiler would make something of comes as a parameter."""
        op = value.op
        if op is not None and op.mnemonic.startswith("const.") and not is_rewritten(user, value):
            return constant(value.type, op.attrs["value"])
        return self.number(value)

    def _passed(self) -> tuple[tuple[str, str], ...]:
        """Type and name of the invariants that kernels take as parameters."""
        names = {text.partition(")")[2]: value for value, text in self.invariants.items()}
        return tuple((C_TYPES[value.type], name) for name, value in names.items() if name.isidentifier())

    def _reduction_groups(self) -> list[list[Dim]]:
        """The kernel's reduction loops: neighbours that all its unpacked operands walk through as one are merged."""
        groups: list[list[Dim]] = []
        free = [a for a in self.loads if a not in self.tile.packed]
        for dim in self.reduction:
            if groups and walk_as_one(groups[-1][-1], dim, free):
                groups[-1].append(dim)
            else:
                groups.append([dim])
        return groups

    def _kernel(self) -> Kernel:
        shared = bool(self.tile.packed)  # strides as parameters: nests of different sizes have the same kernel
        row = self.tile.unrolled
        operands = []

        def stride(name: str, value: int) -> str:
            if not shared or value in (0, 1):
                return str(value)
            self.arguments[name] = str(value)
            return name

        for index, access in enumerate(self.loads):
            name = f"in{index}"
            element = f"vm_elem_{self.kind}" if access in self.tile.packed else element_type(access.op)
            along = any(d.strides[access] for d in self.tile.vector)
            per_row = stride(f"{name}_row", row.strides[access]) if row and row.strides[access] else None
            if access in self.tables:
                operands.append(Operand(name, element, along, per_row, (), f"{name}_at"))
                continue
            steps = tuple(stride(f"{name}_{n}", group[-1].strides[access]) for n, group in enumerate(self.groups))
            operands.append(Operand(name, element, along, per_row, None if access in self.tile.packed else steps))
        trips = ("n0",) if shared else self._literal_trips()
        out_row = stride("row", row.strides[self.nest.store]) if row else None
        passed = tuple((kind, f"x_{name}") for kind, name in self._passed())
        return Kernel(self.kind, out_row, tuple(operands), trips, passed, self._expression(operands))

    def _literal_trips(self) -> tuple[str, ...]:
        found = []
        for number, group in enumerate(self.groups):
            total = trips_of(group)
            found.append(f"n{number}" if total is None else str(total))
        return tuple(found)

    def _expression(self, operands: list[Operand]) -> Callable[[Callable[[Operand], str], str], str]:
        places = {a.op: o for a, o in zip(self.loads, operands, strict=True)}
        own = {a.op for a in self.nest.own}

        def write(load: Callable[[Operand], str], running: str) -> str:
            def text(value: Value) -> str:
                if value in self.invariants:
                    kind, _, name = self.invariants[value].partition(")")
                    return f"{kind})x_{name}" if name.isidentifier() else self.invariants[value]
                op = value.op
                assert op is not None
                if op in own:
                    return running
                if op in places:
                    return load(places[op])
                form = _form(op)
                assert form is not None
                return f"({form.format(*(text(v) for v in op.operands))})"

            return text(self.nest.store.op.operands[2])

        return write

    def call(self, shape: Shape, out: str, pointers: list[str], valid: str = "", place: str = "") -> str:
        """A call of the kernel of a shape."""
        if shape not in self._names:
            digest = hashlib.sha256(self.kernel.text("tile", shape).encode()).hexdigest()[:12]
            name = self._names[shape] = f"@own@tile_{digest}"
            self.functions[name] = f"#if VM_VECTORS\n{self.kernel.text(name, shape)}\n#endif"
        given = {**self.arguments, "out": out, "valid": valid, "place": place}
        given |= {f"in{i}": pointer for i, pointer in enumerate(pointers)}
        given |= {f"in{self.loads.index(access)}_at": table for access, table in self.tables.items()}
        if self.tile.packed:
            given["n0"] = "turns"
        else:
            given |= {f"n{i}": self._group_trips(group) for i, group in enumerate(self.groups)}
        given |= {f"x_{text}": text for _, text in self._passed()}
        names = [text.split()[-1] for text in self.kernel.parameters(shape)]
        return f"{self._names[shape]}({', '.join(given[n] for n in names)});"

    def _group_trips(self, group: list[Dim]) -> str:
        return " * ".join(self.trips[d] for d in group)
