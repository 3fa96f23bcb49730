"""Every float instruction over all pairs of edge values, in loops, for runs with denormals flushed and without.

A probe is a loop over pairs of numbers in constants; what it computes for each goes into one buffer, which `get` reads.
At `speed` the loops are raised, so vectors of each width compute them. Beside the instructions themselves there is what
C compilers know by heart and may rewrite only where nobody flushes: a constant operand, a comparison whose operands are
chosen from (by `select` and by a branch), f64 between f32, and operations on constants alone.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from tests.behaviour.edges import is_nan, to_bits
from tests.behaviour.pure import PRIMITIVES, is_pure
from tests.behaviour.suite import ALL_FEATURES, BUFFER, TYPES, Code
from tests.behaviour.witnesses import Witness
from tests.support.modules import build_module, function, ref
from transpile.isa.table import Op, Trait, instructions

FLOATS = ("f32", "f64")
_BYTES = {"i32": 4, "f32": 4, "i64": 8, "f64": 8}
_LEAST = {"f32": 2.0**-126, "f64": 2.0**-1022}
_MOST = {"f32": 2.0**128 - 2.0**104, "f64": 1.7976931348623157e308}
_TINY = {"f32": 2.0**-149, "f64": 5e-324}
_NANS = {
    "f32": (0x7FC00000, -0x400000, 0x7FC12345, 0x7F800001),
    "f64": (0x7FF8000000000000, -0x8000000000000, 0x7FF8123456789ABC, 0x7FF0000000000001),
}
INTEGERS = (0, 1, -1, 7, 1 << 24, (1 << 24) + 1, (1 << 31) - 1, -(1 << 31), 255, -40, 100, 3)
_A, _B, _C, _RESULT, _TEMPORARY = 8, 10, 12, 14, 16  # registers of the operands, the result and what is between


def numbers(kind: str) -> list[int]:
    """Edge values of a float type, as bits."""
    least, tiny = _LEAST[kind], _TINY[kind]
    plain = [0.0, 1.0, 0.5, 1.5, 3.0, tiny, least - tiny, least / 4, least, least * 1.5, 1 / least, _MOST[kind]]
    return [to_bits(s * v, kind) for v in [*plain, float("inf")] for s in (1.0, -1.0)] + list(_NANS[kind])


def constants(kind: str) -> list[int]:
    """Operands that C compilers know something of."""
    least = _LEAST[kind]
    plain = [0.0, 1.0, 2.0, 0.5, least / 4, 1 / least, 2 / least, float("inf"), float("nan")]
    return [to_bits(s * v, kind) for v in plain for s in (1.0, -1.0)]


@dataclass(frozen=True)
class Probe:
    """A loop by its export, what its results are, and whether they may be one NaN for another: arithmetic, where
    `docs/differences.md` leaves that to the C compiler."""

    name: str
    kind: str
    arithmetic: bool


class Suite:
    """The module: `setup`, a function for each probe, and `get.i32`, `get.i64`."""

    def __init__(self, every: int = 1) -> None:
        """`every`: only one of so many loops."""
        self.every = every
        self.probes: list[Probe] = []
        self._loops = 0
        self.functions = [
            function(
                *("entry", ("const.i64", 8 * COUNT, 0), ("const.i32", 64, 2), ("buffer.alloc", 0, 2, ref(0))),
                *(("global.store.ref", 0, BUFFER, ref(0)), ("return", ())),
                **_options("setup", "0v_v"),
            ),
            *(
                function(
                    *("entry", ("global.load.ref", 0, BUFFER, ref(0)), (f"buffer.load.{kind}", ref(0), 0, 2)),
                    ("return", (2,)),
                    **_options(f"get.{kind}", f"0I_{letter}"),
                )
                for kind, letter in (("i32", "i"), ("i64", "I"))
            ),
        ]
        for op in instructions():
            if is_pure(op) and any(f.kind.type in FLOATS for f in (*op.operands, op.result)):
                self._instruction(op)
        for kind in FLOATS:
            self._chosen(kind)
        self._between()

    @property
    def conventions(self) -> dict[str, str]:
        return {f.export: f.convention for f in self.functions if f.export is not None}

    def image(self) -> bytes:
        """The module's bytes. Its constants are the operands, in three orders for each type."""
        return build_module(
            self.functions, name="flushing", types=TYPES, rodata=tuple(_rodata()), global_bytes=0, global_refs=1
        )

    def results(self, witness: Witness, probe: Probe) -> list[int]:
        """What a witness computes in a loop, as bits."""
        ended = witness.call(probe.name, ())
        assert ended == (), (probe, ended)
        getter = f"get.i{8 * _BYTES[probe.kind]}"
        return [values[0] for k in range(COUNT) if isinstance(values := witness.call(getter, (k,)), tuple)]

    # ---- probes ------------------------------------------------------------------------------------------------------

    def _instruction(self, op: Op) -> None:
        assert op.result is not None
        types = [f.kind.type for f in op.operands]
        if any(f.kind.group == "list" for f in op.operands):
            return
        arithmetic = op.mnemonic.split(".")[0] not in ("select", "bitcast", "neg", "abs", "min", "max")
        places = (_A, _B, _C)[: len(types)]
        self._probe(op.mnemonic, types, op.result.kind.type, [(op.mnemonic, *places, _RESULT)], arithmetic)
        for place, kind in zip(places, types, strict=True):
            for bits in constants(kind) if kind in FLOATS else ():
                code = [_constant(kind, bits, place), (op.mnemonic, *places, _RESULT)]
                name = f"{op.mnemonic}.{place}.{code[0][1]:x}"
                self._probe(name, types, op.result.kind.type, code, arithmetic)
        if set(types) <= {*FLOATS} and Trait.PURE in op.traits:
            for number, pair in enumerate(_pairs(types[0])):
                known = zip(types, places, itertools.cycle(pair))
                code = [*(_constant(kind, bits, place) for kind, place, bits in known), (op.mnemonic, *places, _RESULT)]
                self._probe(f"{op.mnemonic}.known.{number}", types, op.result.kind.type, code, arithmetic)

    def _chosen(self, kind: str) -> None:
        """One of the operands of a comparison, or a constant that is."""
        for op in instructions():
            if not op.mnemonic.startswith("cmp.") or f".{kind}" not in op.mnemonic or len(op.operands) != 2:
                continue
            for first, second in ((_A, _B), (_B, _A)):
                name = f"{op.mnemonic}.{first}"
                code = [(op.mnemonic, _A, _B, _TEMPORARY), (f"select.{kind}", _TEMPORARY, first, second, _RESULT)]
                self._probe(f"{name}.select", [kind, kind], kind, code, False)
                self._branch(f"{name}.branch", kind, op.mnemonic, first, second)
                for bits in constants(kind):
                    known = [_constant(kind, bits, _B), *code]
                    self._probe(f"{name}.select.{known[0][1]:x}", [kind, kind], kind, known, False)

    def _between(self) -> None:
        """Operations of f64 between f32, which C compilers do in f32."""
        wide: dict[str, list[tuple[object, ...]]] = {
            "as.it.is": [],
            **{name: [(f"{name}.f64", 20, 20)] for name in ("neg", "abs", "ceil", "floor", "round", "sqrt")},
            **{name: [(f"{name}.f64", 20, 22, 20)] for name in ("add", "sub", "mul", "div", "min", "max")},
        }
        for name, ops in wide.items():
            code = [("ext.f32.f64", _A, 20), ("ext.f32.f64", _B, 22), *ops, ("trunc.f64.f32", 20, _RESULT)]
            self._probe(f"between.{name}", ["f32", "f32"], "f32", code, True)

    def _probe(
        self, name: str, types: list[str], result: str, code: list[tuple[object, ...]], arithmetic: bool
    ) -> None:
        self._add(name, result, arithmetic, [*_loads(types), *code, *_store(result), ("br", "loop", ())])

    def _branch(self, name: str, kind: str, compare: str, first: int, second: int) -> None:
        words = range(_BYTES[kind] // 4)
        yes, no = (tuple((at + w, _RESULT + w) for w in words) for at in (first, second))
        code: list[str | tuple[object, ...]] = [*_loads([kind, kind]), (compare, _A, _B, _TEMPORARY)]
        code += [("cond_br", _TEMPORARY, "join", yes, "join", no), "join", *_store(kind), ("br", "loop", ())]
        self._add(name, kind, False, code)

    def _add(self, name: str, kind: str, arithmetic: bool, body: Code) -> None:
        self._loops += 1
        if self._loops % self.every:
            return
        code: list[str | tuple[object, ...]] = ["entry", ("global.load.ref", 0, BUFFER, ref(3))]
        code += [("const.i64.zero", 0), ("const.i64", 1, 2), ("const.i64", COUNT, 4), ("br", "loop", ()), "loop"]
        code += [("cmp.lt.i64.s", 0, 4, 6), ("cond_br", 6, "body", (), "out", ()), "body", *body]
        self.functions.append(function(*code, "out", ("return", ()), **_options(name, "0v_v")))
        self.probes.append(Probe(name, kind, arithmetic))


COUNT = len(numbers("f32")) ** 2
"""Turns of a loop: pairs of edge values."""


def _options(export: str, convention: str) -> dict[str, object]:
    return {"export": export, "convention": convention, "words": 32, "refs": 4, "requirements": ALL_FEATURES}


def _pairs(kind: str) -> list[tuple[int, int]]:
    """Operands whose sums and products are denormal, or are themselves."""
    least = _LEAST[kind]
    pairs = [(least, 0.5), (least * 1.5, -least), (least / 4, 1.0), (least / 4, least / 2), (0.0, least / 4)]
    return [(to_bits(a, kind), to_bits(b, kind)) for a, b in pairs]


def _constant(kind: str, bits: int, place: int) -> tuple[str, int, int]:
    return f"const.{kind}", bits & ((1 << 8 * _BYTES[kind]) - 1), place


def _loads(types: list[str]) -> Iterator[tuple[object, ...]]:
    for order, (kind, place) in enumerate(zip(types, (_A, _B, _C), strict=False)):
        yield ("const.ref.rodata", 3 * PRIMITIVES.index(kind) + order, ref(0))
        yield (f"buffer.load.{kind}", ref(0), 0, place)


def _store(kind: str) -> Iterator[tuple[object, ...]]:
    yield (f"buffer.store.{kind}", ref(3), 0, _RESULT)
    yield ("add.i64", 0, 2, 0)


def _rodata() -> Iterator[bytes]:
    """Operands by type and position: all pairs, and a third in an order of its own."""
    size = len(numbers("f32"))
    orders = [[n // size for n in range(COUNT)], [n % size for n in range(COUNT)], [n * 7 // 3 for n in range(COUNT)]]
    for kind in PRIMITIVES:
        values = numbers(kind) if kind in FLOATS else list(INTEGERS)
        form = "<i" if _BYTES[kind] == 4 else "<q"
        yield from (b"".join(struct.pack(form, values[n % len(values)]) for n in order) for order in orders)


@dataclass
class Counts:
    """Results of one run beside the interpreter's: `nans` are one NaN for another where that is left open."""

    equal: int = 0
    nans: int = 0
    differing: int = 0
    first: str = ""

    def add(self, probe: Probe, mine: list[int], other: list[int]) -> None:
        for number, (a, b) in enumerate(zip(mine, other, strict=True)):
            if a == b:
                self.equal += 1
            elif probe.arithmetic and is_nan(a, probe.kind) and is_nan(b, probe.kind):
                self.nans += 1
            else:
                self.differing += 1
                self.first = self.first or f"{probe.name}[{number}]: {a:#x}, the interpreter gives {b:#x}"
