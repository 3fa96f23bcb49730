"""A module of kernels with everything that is needed to run and compare them from outside.

    setup(offset)            fresh buffers, their bytes taken from constants at `offset`
    <kernel>(picks, params)  calls a kernel with the buffers picked
    digest()                 one number for the bytes of all buffers
    hash(buffer)             one number for those of one
    canonicalize()           every NaN in buffers of floats becomes the same one

Arguments and results are numbers, so that any engine can run it; what a failing kernel had stored before is seen by
`digest`.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.nests.kernel import FEATURES, Kernel, assemble
from tests.support.modules import Function, build_module, function, ref

TYPES = ("!vm.buffer", "!vm.list")
BUFFER, LIST = 0, 1
ROOM = 2048  # what `setup` may be offset by, in bytes
LENGTHS = (16384, 2048, 268, 12, 0)
KINDS = ("f32", "f64", "int")
CANONICAL = {"f32": 0x7FC00000, "f64": 0x7FF8000000000000}
HELPERS = 4  # functions in front of the kernels and their wrappers


@dataclass(frozen=True)
class Slot:
    """A buffer that a call can pick."""

    kind: str
    length: int
    mutable: bool = True
    null: bool = False

    @property
    def readable(self) -> int:
        return self.length

    @property
    def writable(self) -> int:
        return self.length if self.mutable else 0


SLOTS: tuple[Slot, ...] = (
    *(Slot(kind, length) for kind in KINDS for length in LENGTHS),
    *(Slot(kind, LENGTHS[0] + ROOM, mutable=False) for kind in KINDS),
    Slot("int", 0, mutable=False, null=True),
)
NULL = len(SLOTS) - 1


@dataclass(frozen=True)
class Call:
    """`exact`: nothing in it is among the documented differences from IREE's interpreter."""

    picks: tuple[int, ...]
    params: tuple[int, ...]
    offset: int = 0
    exact: bool = True

    @property
    def arguments(self) -> tuple[int, ...]:
        return (*self.picks, *self.params)


@dataclass(frozen=True)
class Case:
    kernel: Kernel
    calls: tuple[Call, ...]
    family: str = ""


@dataclass
class Suite:
    """The cases of one module."""

    name: str
    cases: list[Case] = field(default_factory=list)

    @property
    def conventions(self) -> dict[str, str]:
        found = {"setup": "0I_v", "digest": "0v_I", "hash": "0I_I", "canonicalize": "0v_v"}
        for case in self.cases:
            found[case.kernel.name] = f"0{'I' * (case.kernel.buffers + len(case.kernel.params)) or 'v'}_v"
        return found

    def image(self) -> bytes:
        """The module's bytes."""
        functions = [_setup(), _digest(), _hash(), _canonicalize()]
        assert len(functions) == HELPERS
        for case in self.cases:
            functions.append(assemble(case.kernel))
            functions.append(_wrapper(case.kernel, len(functions) - 1))
        return build_module(functions, name=self.name, types=TYPES, rodata=_pools(), global_refs=1)


def _pools() -> list[bytes]:
    """Data of each kind: floats that sums and products stay finite with, all bytes for integers."""
    rng = random.Random("pools")
    size = LENGTHS[0] + ROOM
    f32 = struct.pack(f"<{size // 4}f", *(_float(rng, 1e-42) for _ in range(size // 4)))
    f64 = struct.pack(f"<{size // 8}d", *(_float(rng, 1e-310) for _ in range(size // 8)))
    return [f32, f64, rng.randbytes(size)]


def _float(rng: random.Random, tiny: float) -> float:
    if rng.random() < 0.04:
        return rng.choice([0.0, -0.0, 1.0, -1.0, tiny, -tiny])
    return rng.uniform(-1.5, 1.5)


def _define(*code: str | tuple[Any, ...], **options: Any) -> Function:
    return function(*code, requirements=FEATURES, **options)


def _setup() -> Function:
    """words: 0 offset, 2 length, 4 slot's number, 6 zero."""
    code: list[str | tuple[Any, ...]] = ["entry", ("const.i32", len(SLOTS), 4), ("const.i32.zero", 6)]
    code += [("list.alloc", BUFFER, 4, ref(0)), ("list.resize", ref(0), 4)]
    for number, slot in enumerate(SLOTS):
        if slot.null:
            continue
        code.append(("const.ref.rodata", KINDS.index(slot.kind), ref(1)))
        if slot.mutable:
            code += [("const.i64", slot.length, 2), ("buffer.clone", ref(1), 0, 2, 6, ref(1, True))]
        code += [("const.i32", number, 4), ("list.set.ref", ref(0), 4, ref(1))]
    code += [("global.store.ref", 0, LIST, ref(0)), ("return", ())]
    return _define(*code, convention="0I_v", export="setup", words=10, refs=4)


def _digest() -> Function:
    """words: 0 sum, 2 factor, 4 hash, 6 zero, 8 length, 10 slot's number."""
    code: list[str | tuple[Any, ...]] = ["entry", ("const.i64.zero", 0), ("const.i64", 1000003, 2)]
    code += [("const.i64.zero", 6), ("global.load.ref", 0, LIST, ref(0))]
    for number, slot in enumerate(SLOTS):
        if slot.mutable and slot.length:
            code += [("const.i32", number, 10), ("list.get.ref", ref(0), 10, BUFFER, ref(1))]
            code += [("buffer.length", ref(1), 8), ("buffer.hash", ref(1), 6, 8, 4), ("fma.i64", 0, 2, 4, 0)]
    return _define(*code, ("return", (0,)), convention="0v_I", export="digest", words=14, refs=4)


def _hash() -> Function:
    code: list[str | tuple[Any, ...]] = ["entry", ("trunc.i64.i32", 0, 10), ("const.i64.zero", 6)]
    code.append(("global.load.ref", 0, LIST, ref(0)))
    code += [("list.get.ref", ref(0), 10, BUFFER, ref(1)), ("buffer.length", ref(1), 8)]
    code += [("buffer.hash", ref(1), 6, 8, 4), ("return", (4,))]
    return _define(*code, convention="0I_I", export="hash", words=14, refs=4)


def _canonicalize() -> Function:
    """words: 0 element, 2 elements, 4 one, 6 value, 8 condition, 10 slot's number, 12 and 14 NaNs."""
    code: list[str | tuple[Any, ...]] = ["entry", ("const.i64", 1, 4), ("global.load.ref", 0, LIST, ref(0))]
    code += [("const.f32", CANONICAL["f32"], 12), ("const.f64", CANONICAL["f64"], 14)]
    for number, slot in enumerate(SLOTS):
        if not slot.mutable or slot.kind not in CANONICAL:
            continue
        kind, nan, size = slot.kind, {"f32": 12, "f64": 14}[slot.kind], {"f32": 4, "f64": 8}[slot.kind]
        code += [("const.i32", number, 10), ("list.get.ref", ref(0), 10, BUFFER, ref(1)), ("const.i64.zero", 0)]
        code += [("const.i64", slot.length // size, 2), ("br", f"head{number}", ()), f"head{number}"]
        code += [("cmp.lt.i64.s", 0, 2, 8), ("cond_br", 8, f"load{number}", (), f"end{number}", ()), f"load{number}"]
        code += [(f"buffer.load.{kind}", ref(1), 0, 6), (f"cmp.nan.{kind}", 6, 8)]
        code += [("cond_br", 8, f"store{number}", (), f"next{number}", ()), f"store{number}"]
        code += [(f"buffer.store.{kind}", ref(1), 0, nan), ("br", f"next{number}", ()), f"next{number}"]
        code += [("add.i64", 0, 4, 0), ("br", f"head{number}", ()), f"end{number}"]
    return _define(*code, ("return", ()), convention="0v_v", export="canonicalize", words=18, refs=4)


def _wrapper(kernel: Kernel, number: int) -> Function:
    count, numbers = kernel.buffers, len(kernel.params)
    scratch = 2 * (count + numbers)
    code: list[str | tuple[Any, ...]] = ["entry", ("global.load.ref", 0, LIST, ref(count))]
    for place in range(count):
        code += [("trunc.i64.i32", 2 * place, scratch)]
        code += [("list.get.ref", ref(count), scratch, BUFFER, ref(place))]
    operands = (*(ref(k) for k in range(count)), *(2 * (count + k) for k in range(numbers)))
    code += [("call", number, operands, ()), ("return", ())]
    convention = f"0{'I' * (count + numbers) or 'v'}_v"
    return _define(*code, convention=convention, export=kernel.name, words=scratch + 4, refs=count + 2)


def slots(kind: str, least: int, *, mutable: bool = False) -> Sequence[int]:
    """Slots of a kind with at least so many bytes."""
    return [
        n
        for n, s in enumerate(SLOTS)
        if s.kind == kind and s.length >= least and not s.null and (s.mutable or not mutable)
    ]
