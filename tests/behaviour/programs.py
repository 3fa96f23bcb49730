"""Random valid programs that always end: any graph of blocks, over registers of all types, buffers, lists and globals.

    words  0..7 i32   8..23 i64   24..29 f32   30..41 f64   42.. for the program's own use
    refs   0, 1, 5 buffers of 64 bytes   2 a constant   3 a list of numbers   4 a list of buffers   6.. scratch

Edges that lead back burn fuel.  A NaN that an instruction computes is replaced by one fixed NaN: which NaN it is would
depend on the C compiler (see the table of differences).  What is undefined in IREE is not generated.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.behaviour.edges import BITS, edges, signed
from tests.behaviour.pure import LETTER, PRIMITIVES, is_pure
from tests.behaviour.suite import BUFFER, OPAQUE, Suite
from tests.support.modules import ref
from transpile.isa.table import Op, instructions

Line = str | tuple[Any, ...]
Remap = tuple[tuple[int, int], ...]

BANKS = {"i32": range(8), "i64": range(8, 24, 2), "f32": range(24, 30), "f64": range(30, 42, 2)}
FUEL, ONE, MASK, NAN32, NAN64, SCRATCH = 42, 43, 44, 45, 46, 48
BUFFERS, CONSTANT, NUMBERS, HOLDER = (0, 1, 5), 2, 3, 4
SIZE = 64  # bytes of every buffer
RODATA = bytes((k * 73 + 19) & 0xFF for k in range(SIZE))
GLOBALS = 48
WORDS, REFS = 80, 10

UNGUARDED = ("select", "switch", "min", "max", "abs", "neg", "bitcast")
PURE = [op for op in instructions() if is_pure(op) and not op.mnemonic.startswith("switch.")]
ARITHMETIC = [
    op for op in PURE if op.mnemonic.split(".")[0] in ("add", "sub", "mul", "cmp", "shl", "shr", "fma", "select")
]
WIDTHS = {"i8": 1, "i16": 2, "i32": 4, "i64": 8, "f32": 4, "f64": 8}


def new_suite(name: str) -> Suite:
    """An empty module that programs fit into."""
    return Suite(name, rodata=(RODATA,), global_bytes=GLOBALS, global_refs=2)


@dataclass
class Program:
    """One exported function, and a callee of its own; both depend on the seed alone."""

    suite: Suite
    seed: str
    random: random.Random = field(init=False)
    callee: tuple[int, str] | None = None

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def add(self, name: str) -> None:
        """Generates the program into the suite."""
        if self.chance(0.5):
            kinds = "".join(self.random.choice("iIfF") for _ in range(self.random.randint(1, 5)))
            code = self.body(kinds, 4, inner=True)
            self.callee = self.suite.define(*code, convention=f"0{kinds}_iIfF", words=WORDS, refs=REFS), kinds
        kinds = "".join(self.random.choice("iI") for _ in range(self.random.randint(1, 5)))
        code = self.body(kinds, self.random.randint(2, 12), inner=False)
        calls = [tuple(self.number(kind) for kind in kinds) for _ in range(5)]
        convention = f"0{kinds}_iiiIIIiIIII"
        self.suite.probe(name, *code, convention=convention, calls=calls, words=WORDS, refs=REFS)

    # ---- choices -------------------------------------------------------------------------------------------------

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def number(self, kind: str) -> int:
        """Mostly small, sometimes an edge, sometimes anything."""
        width = 32 if kind == "i" else 64
        draw = self.random.random()
        if draw < 0.5:
            return self.random.randint(-4, 12)
        if draw < 0.8:
            return self.pick(edges("i32" if kind == "i" else "i64"))
        return signed(self.random.getrandbits(64), width)

    def pick(self, values: Sequence[int]) -> int:
        return self.random.choice(values)

    def register(self, kind: str) -> int:
        """A register of a type; now and then a half of a wide value as a narrow one."""
        if kind in ("i32", "f32") and self.chance(0.06):
            return self.pick([*range(8, 24), *range(30, 42)])
        if kind in ("i64", "f64") and self.chance(0.04):
            return self.pick([*BANKS["i64"], *BANKS["f64"], 0, 2, 24])
        return self.pick(BANKS[kind])

    # ---- instructions --------------------------------------------------------------------------------------------

    def body(self, kinds: str, blocks: int, inner: bool) -> list[Line]:
        """The whole function."""
        code = ["entry", *self.setup(kinds), ("br", "b0", ())]
        backward: list[Line] = []
        for number in range(blocks):
            code.append(f"b{number}")
            for _ in range(self.random.randint(0, 7)):
                code += self.step()
            code.append(self.end(number, blocks, backward))
        code += backward
        if self.chance(0.1):
            code += ["failing", ("fail", self.register("i32"), b"on purpose"), "after", ("br", "out", ())]
        return [*code, *self.results(inner)]

    def setup(self, kinds: str) -> list[Line]:
        """Constants, objects, and the arguments spread over the registers of their size."""
        code: list[Line] = [("const.i32", self.random.choice((6, 20, 60)), FUEL), ("const.i32", 1, ONE)]
        code += [("const.i32", 7, MASK), ("const.f32", 0x7FC00000, NAN32), ("const.f64", 0x7FF8000000000000, NAN64)]
        places, at = [], 0
        for kind in kinds:
            at += at & 1 if kind in "IF" else 0
            places.append((at, kind))
            at += 2 if kind in "IF" else 1
        code += self.spread([place for place, kind in places if kind in "IF"], places)
        code += [("const.i64", SIZE, SCRATCH), ("const.i64.zero", SCRATCH + 2), ("const.ref.rodata", 0, ref(CONSTANT))]
        clone = ("buffer.clone", ref(CONSTANT), SCRATCH + 2, SCRATCH, SCRATCH + 2)
        code += [(*clone, ref(b)) for b in BUFFERS[:2]]
        code += [("buffer.alloc", SCRATCH, SCRATCH + 2, ref(BUFFERS[2])), ("const.i32", 8, SCRATCH + 4)]
        code += [("list.alloc", OPAQUE, SCRATCH + 4, ref(NUMBERS)), ("list.resize", ref(NUMBERS), SCRATCH + 4)]
        code += [("list.alloc", BUFFER, ONE, ref(HOLDER)), ("list.resize", ref(HOLDER), SCRATCH + 4)]
        code += [("list.set.i32", ref(NUMBERS), k, k) for k in (MASK, ONE)]
        code += [
            line for k in range(8) for line in (("const.i32", k, SCRATCH + 4), self.element("set", "i64", 8 + 2 * k))
        ]
        return code

    def element(self, way: str, kind: str, value: int) -> Line:
        return (f"list.{way}.{kind}", ref(NUMBERS), SCRATCH + 4, value)

    def spread(self, wide: list[int], places: list[tuple[int, str]]) -> list[Line]:
        """Copies arguments away from where they arrive, then into every bank."""
        code: list[Line] = []
        saved = []
        for k, (place, kind) in enumerate(places):
            target = SCRATCH + 8 + 2 * k
            zero = ("ext.i32.i64.s", place, target)
            code.append(("assign64", place, target) if kind in "IF" else zero)
            saved.append(target)
        # there is no copy instruction: an `or` with itself is one
        code = [("or.i64", line[1], line[1], line[2]) if line[0] == "assign64" else line for line in code]
        for kind in PRIMITIVES:
            for register in BANKS[kind]:
                source = self.random.choice(saved)
                if kind == "i64":
                    code.append(("or.i64", source, source, register))
                elif kind == "i32":
                    code.append(("trunc.i64.i32", source, register))
                elif self.chance(0.5):
                    code += [(f"cast.si64.{kind}", source, register)]
                else:
                    code.append((f"const.{kind}", self.random.choice(edges(kind)) & ((1 << BITS[kind]) - 1), register))
        return code

    def step(self) -> list[Line]:
        """A few instructions that do one thing."""
        makers: tuple[tuple[int, Callable[[], list[Line]]], ...] = (
            (30, lambda: self.pure(self.random.choice(ARITHMETIC))),
            (25, lambda: self.pure(self.random.choice(PURE))),
            (8, self.constant),
            (12, self.load),
            (10, self.store),
            (3, self.ranges),
            (5, self.listing),
            (5, self.globals),
            (4, self.references),
            (3, self.switch),
            (3, self.call),
            (1, self.event),
        )
        return self.random.choices([make for _, make in makers], [weight for weight, _ in makers])[0]()

    def pure(self, op: Op) -> list[Line]:
        fields = [self.register(part.kind.type) for part in op.operands]
        code: list[Line] = []
        name = op.mnemonic
        if name.startswith(("div.i", "rem.i")):  # by zero and MIN / -1 are undefined in IREE
            kind = op.operands[1].kind.type
            most = (1 << (BITS[kind] - 1)) - 1
            code += [(f"const.{kind}", most, SCRATCH), (f"and.{kind}", fields[1], SCRATCH, SCRATCH)]
            code += [(f"const.{kind}", 1, SCRATCH + 2), (f"or.{kind}", SCRATCH, SCRATCH + 2, SCRATCH)]
            fields[1] = SCRATCH
        assert op.result is not None
        kind, target = op.result.kind.type, self.register(op.result.kind.type)
        code.append((name, *fields, target))
        if kind in ("f32", "f64") and not name.startswith(UNGUARDED):
            code += self.fixed_nan(kind, target)
        return code

    def fixed_nan(self, kind: str, target: int) -> list[Line]:
        nan = NAN32 if kind == "f32" else NAN64
        return [(f"cmp.nan.{kind}", target, SCRATCH), (f"select.{kind}", SCRATCH, nan, target, target)]

    def constant(self) -> list[Line]:
        kind = self.random.choice(PRIMITIVES)
        value = self.random.choice(edges(kind)) if self.chance(0.6) else self.number(LETTER[kind])
        raw = value & ((1 << BITS[kind]) - 1) if kind[0] == "f" else value
        return [(f"const.{kind}", raw, self.register(kind))]

    def place(self, size: int) -> list[Line]:
        """An element offset in SCRATCH, in range but for a few."""
        source = self.register("i32")
        if self.chance(0.01):
            return [("ext.i32.i64.u", source, SCRATCH)]
        most = SIZE // size - 1
        return [
            ("const.i32", most, SCRATCH + 2),
            ("and.i32", source, SCRATCH + 2, SCRATCH + 2),
            ("ext.i32.i64.u", SCRATCH + 2, SCRATCH),
        ]

    def load(self) -> list[Line]:
        width = self.random.choice(list(WIDTHS))
        source = ref(self.random.choice((*BUFFERS, CONSTANT)))
        name = f"buffer.load.{width}" + (f".{self.random.choice('su')}" if width in ("i8", "i16") else "")
        kind = "i32" if width in ("i8", "i16") else width
        return [*self.place(WIDTHS[width]), (name, source, SCRATCH, self.register(kind))]

    def store(self) -> list[Line]:
        width = self.random.choice(list(WIDTHS))
        kind = "i32" if width in ("i8", "i16") else width
        target = ref(self.random.choice(BUFFERS))
        return [*self.place(WIDTHS[width]), (f"buffer.store.{width}", target, SCRATCH, self.register(kind))]

    def ranges(self) -> list[Line]:
        """Fill, copy through a clone, compare, hash, length."""
        first, second = (ref(self.random.choice(BUFFERS)) for _ in range(2))
        length = ("const.i64", self.random.randint(0, 4), SCRATCH + 4)
        width = self.random.choice(list(WIDTHS))
        kind = "i32" if width in ("i8", "i16") else width
        whole = [("const.i64.zero", SCRATCH + 6), ("const.i64", SIZE, SCRATCH + 2)]
        copied = [("buffer.clone", first, SCRATCH + 6, SCRATCH + 2, SCRATCH + 6, ref(6))]
        at = self.place(16)
        choices: list[list[Line]] = [
            [*at, length, (f"buffer.fill.{width}", first, SCRATCH, SCRATCH + 4, self.register(kind))],
            [*at, *whole, *copied, length, ("buffer.copy", ref(6), SCRATCH, second, SCRATCH + 4, SCRATCH + 4)],
            [*at, length, ("buffer.compare", first, SCRATCH, second, SCRATCH + 4, SCRATCH + 4, self.register("i32"))],
            [*at, length, ("buffer.hash", first, SCRATCH, SCRATCH + 4, self.register("i64"))],
            [("buffer.length", first, self.register("i64"))],
        ]
        return self.random.choice(choices)

    def listing(self) -> list[Line]:
        kind = self.random.choice(PRIMITIVES)
        index: list[Line] = [("and.i32", self.register("i32"), MASK, SCRATCH + 4)]
        if self.chance(0.4):
            buffer = ref(self.random.choice(BUFFERS))
            got: list[Line] = [("list.get.ref", ref(HOLDER), SCRATCH + 4, BUFFER, ref(7, self.chance(0.5)))]
            got += [
                ("cmp.nz.ref", ref(7), SCRATCH),
                ("select.ref", SCRATCH, BUFFER, ref(7), buffer, ref(self.random.choice(BUFFERS))),
            ]
            return [*index, *(got if self.chance(0.5) else [("list.set.ref", ref(HOLDER), SCRATCH + 4, buffer)])]
        return [*index, self.element(self.random.choice(("get", "set")), kind, self.register(kind))]

    def globals(self) -> list[Line]:
        kind = self.random.choice(PRIMITIVES)
        offset = self.random.randint(0, GLOBALS - BITS[kind] // 8)
        way = self.random.choice(("load", "store"))
        if self.chance(0.3):
            return [("const.i32", offset, SCRATCH), (f"global.{way}.indirect.{kind}", SCRATCH, self.register(kind))]
        return [(f"global.{way}.{kind}", offset, self.register(kind))]

    def references(self) -> list[Line]:
        first, second = self.random.choice(BUFFERS), self.random.choice(BUFFERS)
        choices: list[list[Line]] = [
            [("global.store.ref", 1, BUFFER, ref(first))],
            [("global.load.ref", 1, BUFFER, ref(6, self.chance(0.3))), ("cmp.nz.ref", ref(6), SCRATCH),
             ("select.ref", SCRATCH, BUFFER, ref(6, True), ref(first), ref(second))],
            [("assign.ref", ref(first), ref(second))],
            [("assign.ref", ref(first, True), ref(6)), ("cast.any.ref", ref(6, True), BUFFER, ref(first))],
            [("switch.ref", self.register("i32"), BUFFER, ref(first), tuple(map(ref, BUFFERS)), ref(second))],
            [("cmp.eq.ref", ref(first), ref(second), self.register("i32"))],
            [("discard.refs", (ref(6), ref(7, True)))],
        ]  # fmt: skip
        return self.random.choice(choices)

    def switch(self) -> list[Line]:
        kind = self.random.choice(("i32", "f32", "f64"))
        values = tuple(self.register(kind) for _ in range(self.random.randint(0, 5)))
        return [(f"switch.{kind}", self.register("i32"), self.register(kind), values, self.register(kind))]

    def call(self) -> list[Line]:
        if self.callee is None:
            return self.constant()
        number, kinds = self.callee
        types = {"i": "i32", "I": "i64", "f": "f32", "F": "f64"}
        operands = tuple(self.register(types[kind]) for kind in kinds)
        targets = tuple(self.random.choice(BANKS[t]) for t in ("i32", "i64", "f32", "f64"))
        return [("call", number, operands, targets)]

    def event(self) -> list[Line]:
        buffer = ref(self.random.choice(BUFFERS))
        return [(self.random.choice(("trace", "print")), b"here", (self.register("i32"), buffer))]

    # ---- control -------------------------------------------------------------------------------------------------

    def remap(self) -> Remap:
        pairs: list[tuple[int, int]] = []
        for _ in range(self.random.choice((0, 0, 1, 2, 4))):
            kind = self.random.choice(PRIMITIVES)
            source, target = self.random.choice(BANKS[kind]), self.random.choice(BANKS[kind])
            pairs.append((source, target))
            if kind in ("i64", "f64") and not self.chance(0.1):
                pairs.append((source + 1, target + 1))
        if self.chance(0.15):
            first, second = self.random.sample(BUFFERS, 2)
            swap = ((ref(first, True), ref(8)), (ref(second, True), ref(first)), (ref(8, True), ref(second)))
            pairs += swap if self.chance(0.6) else ((ref(first), ref(second)),)
        return tuple(pairs)

    def edge(self, source: int, blocks: int, backward: list[Line]) -> tuple[str, Remap]:
        """Where to, with copies; a way back goes through a block that burns fuel."""
        if self.chance(0.12):
            return "out", self.remap()
        target = self.random.randint(max(0, source - 3), min(blocks, source + 3))
        if target >= blocks:
            return "out", ()
        if target > source:
            return f"b{target}", self.remap()
        name = f"f{len(backward)}"
        backward += [
            name,
            ("sub.i32", FUEL, ONE, FUEL),
            ("cond_br", FUEL, f"b{target}", self.remap(), "out", self.remap()),
        ]
        return name, self.remap()

    def end(self, number: int, blocks: int, backward: list[Line]) -> Line:
        draw = self.random.random()
        if draw < 0.3:
            return (self.random.choice(("br", "br", "break")), *self.edge(number, blocks, backward))
        if draw < 0.88:
            first, second = (self.edge(number, blocks, backward) for _ in range(2))
            return ("cond_br", self.register("i32"), *first, *second)
        cases = tuple(self.edge(number, blocks, backward) for _ in range(self.random.randint(0, 4)))
        return ("br_table", self.register("i32"), *self.edge(number, blocks, backward), cases)

    def results(self, inner: bool) -> list[Line]:
        """Hands out what registers and buffers hold."""
        if inner:
            return ["out", ("return", tuple(self.random.choice(BANKS[t]) for t in ("i32", "i64", "f32", "f64")))]
        code: list[Line] = ["out", ("const.i64.zero", SCRATCH), ("const.i64", SIZE, SCRATCH + 2)]
        code += [("buffer.hash", ref(b), SCRATCH, SCRATCH + 2, 60 + 2 * k) for k, b in enumerate(BUFFERS)]
        words = [self.random.choice(BANKS["i32"]), self.random.choice(BANKS["f32"]), self.random.choice(range(8, 42))]
        wides = [self.random.choice((*BANKS["i64"], *BANKS["f64"])) for _ in range(3)]
        code += [("cmp.eq.ref", ref(0), ref(1), 66), ("global.load.i64", 8, 68)]
        return [*code, ("return", (*words, *wides, 66, 60, 62, 64, 68))]


def batch(seed: str, first: int, count: int) -> Suite:
    """A module of programs, each determined by the seed and its number."""
    made = new_suite("programs")
    for number in range(first, first + count):
        Program(made, f"{seed}/{number}").add(f"p{number}")
    return made
