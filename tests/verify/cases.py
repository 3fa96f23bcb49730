"""For each rule modules that break it, and for each of those the nearest module that does not.

`at` is the offset of the expected finding: a number in a function's code, FUNCTION for a function as a whole, MODULE
for the tables.  `iree` is what the released runtime (3.13.0) does with the bad module: REFUSES it; LOADS it, for the
rules that it lost or never had; or is not asked (SKIP), because the module is of another version or takes it down.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.container.writer import Table, u32
from tests.support.modules import build_module, function, imported, ref

MODULE, FUNCTION = "module", "function"
REFUSES, LOADS, SKIP = "refuses", "loads", "skip"

RETURN = ("return", ())
EMPTY = function("entry", RETURN)
F32, F64 = 1, 2


@dataclass(frozen=True)
class Case:
    """A bad module, its good neighbour, and what is expected."""

    rule: str
    name: str
    bad: bytes
    good: bytes
    at: int | str
    status: str
    iree: str = REFUSES
    major: int = 17

    @property
    def label(self) -> str:
        return f"{self.rule}-{self.name}"


def code(*body: Any, module: dict[str, Any] | None = None, **options: Any) -> bytes:
    """A module with one function of one block that ends in `return`."""
    return build_module([function("entry", *body, RETURN, **options)], **(module or {}))


def whole(*body: Any, module: dict[str, Any] | None = None, **options: Any) -> bytes:
    """A module with one function of exactly this code."""
    return build_module([function(*body, **options)], **(module or {}))


def cases() -> Iterator[Case]:
    yield from _tables()
    yield from _descriptors()
    yield from _conventions()
    yield from _blocks()
    yield from _registers()
    yield from _lists()
    yield from _indices()
    yield from _calls()
    yield from _returns()


def _tables() -> Iterator[Case]:
    ia = "INVALID_ARGUMENT"
    good = build_module([EMPTY])
    named = build_module([EMPTY], types=["i32"])
    yield Case("V2", "unknown bit", build_module([EMPTY], requirements=16), good, MODULE, ia)
    v16 = build_module([EMPTY], version=16)
    yield Case("V2", "yield in 16", build_module([EMPTY], version=16, requirements=4), v16, MODULE, ia, SKIP, 16)
    yield Case("V3", "empty", build_module([EMPTY], name=""), good, MODULE, ia)
    yield Case("V4", "no name", build_module([EMPTY], slots={4: [Table({})]}), named, MODULE, ia)
    yield Case("V4", "empty name", build_module([EMPTY], types=[""]), named, MODULE, ia)
    inside = build_module([EMPTY], rodata=[(0, 0)])
    yield Case("V5", "beyond", build_module([EMPTY], rodata=[(0, 1)]), inside, MODULE, ia)
    yield Case("V5", "wraps", build_module([EMPTY], rodata=[(2**64 - 1, 2)]), inside, MODULE, ia)
    depends = build_module([EMPTY], slots={5: [Table({0: "x"})]})
    yield Case("V6", "no name", build_module([EMPTY], slots={5: [Table({})]}), depends, MODULE, ia)
    yield Case("V7", "null", build_module([EMPTY], slots={8: [None]}), good, MODULE, ia)
    imports = build_module([EMPTY], imports=[("a.b", "0v_v")])
    yield Case("V8", "no name", build_module([EMPTY], imports=[("", "0v_v")]), imports, MODULE, ia)
    yield Case("V9", "too few", build_module([EMPTY], slots={8: []}), good, MODULE, ia)
    yield Case("V9", "too many", build_module([EMPTY], slots={8: [Table({0: "0v_v"})] * 2}), good, MODULE, ia)
    exports = build_module([EMPTY], exports=[("f", 0)])
    yield Case("V10", "empty", build_module([EMPTY], exports=[("", 0)]), exports, MODULE, ia)
    yield Case("V11", "beyond", build_module([EMPTY], exports=[("f", 1)]), exports, MODULE, ia)
    yield Case("V11", "negative", build_module([EMPTY], exports=[("f", -1)]), exports, MODULE, ia)
    for major in (14, 18, 0):
        yield Case("V12", f"major {major}", build_module([EMPTY], version=major), good, MODULE, ia)
    yield Case("V12", "minor 1", build_module([EMPTY], slots={13: u32(17 << 16 | 1)}), good, MODULE, ia)
    for name in ("!x.y", "i31", "!", "!hal.nothing", "buffer", "!x."):
        yield Case("V17", name, build_module([EMPTY], types=[name]), named, MODULE, "NOT_FOUND")
    yield Case(
        "V17", "imported", build_module([EMPTY], types=["!x.y"]),
        build_module([EMPTY], types=["!x.y"], imports=[("x.f", "0v_v")]), MODULE, "NOT_FOUND", SKIP,
    )  # fmt: skip
    for text, status in (("0z_v", ia), ("0CiC_v", ia), ("1v_v", "UNIMPLEMENTED")):
        yield Case("V44", text, build_module([EMPTY], imports=[("a.b", text)]), imports, MODULE, status, LOADS)
    unsigned = build_module([EMPTY], slots={6: [Table({0: "a.b"})]})
    yield Case("V44", "no signature", unsigned, imports, MODULE, ia, LOADS)
    state = build_module([EMPTY], global_bytes=4, global_refs=1)
    yield Case("V45", "bytes", build_module([EMPTY], global_bytes=-1), state, MODULE, ia, LOADS)
    yield Case("V45", "refs", build_module([EMPTY], global_refs=-1), state, MODULE, ia, LOADS)
    quiet = build_module([function("entry", RETURN, convention="0v_v", export="__init")])
    for hook, text in (("__init", "0i_v"), ("__deinit", "0i_v")):
        taking = function("entry", RETURN, convention=text, export=hook, words=2)
        yield Case("V48", hook, build_module([taking]), quiet, MODULE, ia, SKIP)  # crashes
    giving = function("entry", ("const.i32.zero", 0), ("return", (0,)), convention="0v_i", export="__init", words=2)
    yield Case("V48", "result", build_module([giving]), quiet, MODULE, ia, SKIP)  # crashes
    shared = function("entry", RETURN, offset=0)
    yield Case("V46", "same bytes", build_module([EMPTY, shared]), build_module([EMPTY, EMPTY]), MODULE, ia, LOADS)


def _descriptors() -> Iterator[Case]:
    ia, good = "INVALID_ARGUMENT", build_module([EMPTY])
    yield Case("V13", "zero", whole("entry", RETURN, blocks=0), good, FUNCTION, ia)
    yield Case("V13", "negative", whole("entry", RETURN, blocks=-1), good, FUNCTION, ia, SKIP)  # hangs
    yield Case("V14", "empty", whole("entry", RETURN, length=0), good, FUNCTION, ia)
    size = len(EMPTY.code)
    yield Case("V15", "too long", whole("entry", RETURN, length=size + 1), good, FUNCTION, ia)
    yield Case("V15", "negative offset", whole("entry", RETURN, offset=-1), good, FUNCTION, ia)
    yield Case("V15", "negative length", whole("entry", RETURN, length=-1), good, FUNCTION, ia)
    yield Case("V15", "wraps", whole("entry", RETURN, offset=2**31 - 1, length=2), good, FUNCTION, ia)
    yield Case("V16", "refs", whole("entry", RETURN, refs=0x4000), good, FUNCTION, ia)
    yield Case("V16", "negative words", whole("entry", RETURN, words=-1), good, FUNCTION, ia, LOADS)
    yield Case("V16", "negative refs", whole("entry", RETURN, refs=-1), good, FUNCTION, ia, LOADS)
    yield Case("V18", "unknown bit", whole("entry", RETURN, requirements=32, module={"requirements": 0}), good,
               FUNCTION, ia)  # fmt: skip
    most = whole("entry", RETURN, words=16384, refs=8192)
    yield Case("V19", "words", whole("entry", RETURN, words=16385), most, FUNCTION, "RESOURCE_EXHAUSTED")
    yield Case("V19", "refs", whole("entry", RETURN, refs=8193), most, FUNCTION, "RESOURCE_EXHAUSTED")


def _conventions() -> Iterator[Case]:
    ia = "INVALID_ARGUMENT"

    def taking(convention: str, words: int = 8, refs: int = 4, version: int = 17) -> bytes:
        module = {"version": version}
        return whole("entry", RETURN, convention=convention, words=words, refs=refs, module=module)

    yield Case("V20", "version 1", taking("1v_v"), taking(""), FUNCTION, "UNIMPLEMENTED")
    yield Case("V21", "character", taking("0q_v"), taking("0iIfFr_v"), FUNCTION, ia)
    yield Case("V21", "span", taking("0CiD_v"), taking("0i_v"), FUNCTION, ia)
    yield Case("V22", "words", taking("0iiiii_v", words=4), taking("0iiii_v", words=4), FUNCTION, ia)
    yield Case("V22", "rounding", taking("0iii_v", words=2), taking("0iiii_v", words=3), FUNCTION, ia)
    yield Case("V22", "none declared", taking("0ii_v", words=0), taking("0i_v", words=0), FUNCTION, ia)
    yield Case("V22", "one declared", taking("0ii_v", words=1), taking("0i_v", words=1), FUNCTION, ia)
    yield Case("V22", "six for one", taking("0iiiiii_v", words=1), taking("0iiiiii_v", words=5), FUNCTION, ia)
    yield Case("V22", "pair", taking("0I_v", words=1), taking("0I_v", words=2), FUNCTION, ia)
    yield Case("V22", "aligned pair", taking("0iI_v", words=2), taking("0iI_v", words=3), FUNCTION, ia)
    yield Case("V22", "refs", taking("0rrrrr_v", refs=3), taking("0rrrr_v", refs=3), FUNCTION, ia)
    yield Case("V22", "no refs declared", taking("0rr_v", refs=0), taking("0r_v", refs=0), FUNCTION, ia)
    yield Case("V22", "no first fit in 17", taking("0iIi_v", words=4), taking("0iIi_v", words=5), FUNCTION, ia)
    old, small = taking("0iIi_v", words=3, version=15), taking("0iIi_v", words=2, version=15)
    yield Case("V22", "first fit in 15", small, old, FUNCTION, ia, SKIP, 15)
    yield Case("V47", "character", taking("0v_q"), taking("0v_v"), FUNCTION, ia)


def _blocks() -> Iterator[Case]:
    ia, oor, good = "INVALID_ARGUMENT", "OUT_OF_RANGE", build_module([EMPTY])
    yield Case("V23", "no marker", whole(RETURN), good, 0, ia)
    yield Case("V23", "two terminators", whole("entry", RETURN, RETURN), whole("entry", RETURN, "b", RETURN), 4, ia)
    yield Case("V23", "nested marker", whole("entry", ("block",), RETURN, blocks=2), good, 1, ia)
    yield Case("V23", "garbage behind", whole("entry", RETURN, tail=b"\xff\xff"), whole("entry", RETURN, tail=b"\xff"),
               4, ia)  # fmt: skip
    cut = function("entry", ("const.i32", 1, 0))
    yield Case("V24", "cut off", build_module([function("entry", ("const.i32", 1, 0), length=len(cut.code) - 1)]),
               code(("const.i32", 1, 0)), 1, oor)  # fmt: skip
    yield Case("V24", "string", whole("entry", tail=b"\x5b\0\0\xff\xff1234"), good, 1, oor)
    yield Case("V25", "opcode", whole("entry", tail=b"\xff\xff\xff"), good, 1, ia)
    yield Case("V25", "extended opcode", whole("entry", tail=b"\xe0\xff\xff", requirements=F32), good, 1, ia)
    add32, add64 = ("add.f32", 0, 1, 2), ("add.f64", 0, 2, 4)
    all_bits = {"requirements": F32 | F64}
    yield Case("V25", "f32", code(add32, module=all_bits), code(add32, requirements=F32), 1, ia)
    yield Case("V25", "f64", code(add64, requirements=F32), code(add64, requirements=F64), 1, ia)
    discard, old = ("discard.refs", (ref(0),)), {"version": 15}
    new = {"version": 16}
    yield Case("V25", "16 in 15", code(discard, module=old), code(discard, module=new), 1, ia, SKIP, 15)
    add = ("add.i32", 0, 1, 2)
    yield Case("V26", "missing", whole("entry", add), whole("entry", add, RETURN), 1, ia)
    yield Case("V26", "bare marker", whole("entry", RETURN, "b", tail=b"\0"), good, 4, ia)
    yield Case("V27", "too many", whole("entry", RETURN, blocks=2), good, FUNCTION, ia)
    yield Case("V27", "too few", whole("entry", RETURN, "b", RETURN, blocks=1), whole("entry", RETURN, "b", RETURN),
               FUNCTION, ia)  # fmt: skip
    loop = whole("entry", ("br", "entry", ()))
    yield Case("V28", "no marker", whole("entry", ("br", 1, ())), loop, 1, ia)
    yield Case("V28", "beyond", whole("entry", ("br", 100, ())), loop, 1, oor)
    yield Case("V28", "far beyond", whole("entry", ("br", 0x00FF_FFFF, ())), loop, 1, oor)
    yield Case("V28", "looks like one", whole("entry", ("const.i32", 0x79, 0), ("br", 2, ())), loop, 8, ia)
    yield Case("V28", "case", whole("entry", ("br_table", 0, "entry", (), ((3, ()),))),
               whole("entry", ("br_table", 0, "entry", (), (("entry", ()),))), 1, ia)  # fmt: skip


def _registers() -> Iterator[Case]:
    ia, oor, good = "INVALID_ARGUMENT", "OUT_OF_RANGE", code(("add.i32", 0, 1, 7))
    yield Case("V29", "operand", code(("add.i32", 8, 1, 2)), good, 1, oor, LOADS)
    yield Case("V29", "result", code(("add.i32", 0, 1, 8)), good, 1, oor, LOADS)
    yield Case("V29", "ref", code(("add.i32", 0, ref(0), 1)), good, 1, ia, LOADS)
    yield Case("V29", "not rounded", code(("add.i32", 0, 1, 2), words=2), code(("add.i32", 0, 1, 2), words=3), 1, oor,
               LOADS)  # fmt: skip
    f32: dict[str, Any] = {"requirements": F32}
    yield Case("V29", "f32", code(("abs.f32", 8, 1), **f32), code(("abs.f32", 7, 1), **f32), 1, oor, LOADS)
    wide = code(("add.i64", 0, 2, 6))
    yield Case("V30", "odd", code(("add.i64", 0, 3, 6)), wide, 1, ia, LOADS)
    yield Case("V30", "range", code(("add.i64", 0, 2, 8)), wide, 1, oor, LOADS)
    yield Case("V30", "half", code(("add.i64", 0, 2, 4), words=5), code(("add.i64", 0, 2, 4), words=6), 1, oor, LOADS)
    yield Case("V30", "ref", code(("add.i64", 0, 2, ref(0))), wide, 1, ia, LOADS)
    yield Case("V31", "range", code(("const.ref.zero", ref(4))), code(("const.ref.zero", ref(3))), 1, oor, LOADS)
    yield Case("V31", "word", code(("const.ref.zero", 0)), code(("const.ref.zero", ref(0))), 1, ia, LOADS)
    kept, moved = ("list.size", ref(0), 0), ("list.size", ref(0, move=True), 0)
    yield Case("V32", "move", code(moved), code(kept), 1, ia, LOADS)
    yield Case("V32", "consumed where allowed", code(moved), code(("assign.ref", ref(0, move=True), ref(1))), 1, ia,
               LOADS)  # fmt: skip
    yield Case("V32", "ignored in 15", code(moved, module={"version": 16}), code(moved, module={"version": 15}), 1, ia,
               SKIP, 16)  # fmt: skip


def _lists() -> Iterator[Case]:
    ia, oor = "INVALID_ARGUMENT", "OUT_OF_RANGE"

    def switch(*values: int) -> bytes:
        return code(("switch.i64", 0, 2, values, 4))

    yield Case("V33", "odd pair", switch(0, 1), switch(0, 2), 1, ia)
    yield Case("V33", "pair range", switch(8), switch(6), 1, oor)
    words = code(("switch.i32", 0, 1, (7,), 2))
    yield Case("V33", "word", code(("switch.i32", 0, 1, (8,), 2)), words, 1, oor)
    yield Case("V33", "bank", code(("switch.i32", 0, 1, (ref(0),), 2)), words, 1, ia)
    refs = code(("discard.refs", (ref(3), ref(3, move=True))))
    yield Case("V33", "ref", code(("discard.refs", (ref(4),))), refs, 1, oor)
    yield Case("V33", "ref bank", code(("discard.refs", (1,))), refs, 1, ia, LOADS)
    mixed = code(("trace", b"x", (7, ref(3))))
    yield Case("V33", "any word", code(("trace", b"x", (8, ref(3)))), mixed, 1, oor)
    yield Case("V33", "any ref", code(("trace", b"x", (7, ref(4)))), mixed, 1, oor)

    def edge(*pairs: tuple[int, int], version: int = 17, words: int = 8) -> bytes:
        return whole("entry", ("br", "entry", pairs), words=words, module={"version": version})

    good = edge((0, 7), (ref(0), ref(3)))
    yield Case("V34", "source", edge((8, 0)), good, 1, oor)
    yield Case("V34", "destination", edge((0, 8)), good, 1, oor)
    yield Case("V34", "ref", edge((ref(4), ref(0))), good, 1, oor)
    yield Case("V34", "banks", edge((0, ref(0))), good, 1, ia, LOADS)
    yield Case("V34", "not rounded", edge((0, 7), words=7), edge((0, 6), words=7), 1, oor, LOADS)
    uncounted = edge((0, 7), words=7, version=15)
    yield Case("V34", "scratch in 15", edge((0, 8), words=7, version=15), uncounted, 1, oor, SKIP, 15)
    table = ("br_table", 0, "entry", (), (("entry", ((8, 0),)),))
    yield Case("V34", "case", whole("entry", table), good, 1, oor)


def _indices() -> Iterator[Case]:
    oor = "OUT_OF_RANGE"
    typed = {"types": ["!vm.buffer"]}
    yield Case("V35", "type", code(("cast.any.ref", ref(0), 1, ref(1)), module=typed),
               code(("cast.any.ref", ref(0), 0, ref(1)), module=typed), 1, oor, LOADS)  # fmt: skip
    one = {"rodata": [b"abc"]}
    yield Case("V36", "rodata", code(("const.ref.rodata", 1, ref(0)), module=one),
               code(("const.ref.rodata", 0, ref(0)), module=one), 1, oor)  # fmt: skip
    for kind, size, bits in (("i32", 4, 0), ("i64", 8, 0), ("f32", 4, F32), ("f64", 8, F64)):
        for op, fields in ((f"global.load.{kind}", (0,)), (f"global.store.{kind}", (0,))):

            def access(offset: int, op: str = op, bits: int = bits, fields: tuple[int, ...] = fields) -> bytes:
                return code((op, offset, *fields), requirements=bits, module={"global_bytes": 8})

            good = access(8 - size)
            wide = kind == "f64"  # IREE counts 4 bytes for it
            yield Case("V37", op, access(9 - size), good, 1, oor, LOADS if wide else REFUSES)
            yield Case("V37", f"{op} wraps", access(2**32 - size), good, 1, oor, REFUSES if wide else LOADS)
    refs = {"global_refs": 1, **typed}
    for op in ("global.load.ref", "global.store.ref"):
        yield Case("V38", op, code((op, 1, 0, ref(0)), module=refs), code((op, 0, 0, ref(0)), module=refs), 1, oor)


def _calls() -> Iterator[Case]:
    ia, oor = "INVALID_ARGUMENT", "OUT_OF_RANGE"
    callee = function("entry", ("return", (0, 2, ref(0))), convention="0iIr_iIr")

    def call(target: int, operands: tuple[int, ...], results: tuple[int, ...], words: int = 8) -> bytes:
        caller = function("entry", ("call", target, operands, results), RETURN, words=words)
        return build_module([caller, callee], imports=[("a.b", "0iIr_iIr"), ("a.v", "0rCiID_v")])

    full = (0, 2, ref(0))
    for target, what in ((1, "function"), (imported(0), "import")):
        good = call(target, full, full)
        for bad, name, status in (
            ((0, 2), "missing", oor), ((0,), "two missing", oor), ((ref(0), 2, ref(0)), "bank", ia),
            ((0, ref(0), ref(0)), "wide bank", ia), ((0, 2, 4), "ref bank", ia), ((0, 3, ref(0)), "odd", ia),
        ):  # fmt: skip
            yield Case("V42", f"{what} operand {name}", call(target, bad, full), good, 1, status)
            yield Case("V42", f"{what} result {name}", call(target, full, bad), good, 1, status)
        spare = call(target, (*full, 0), (*full, 1))
        yield Case("V42", f"{what} surplus", call(target, full[:2], full), spare, 1, oor)
        yield Case("V42", f"{what} half pair", call(target, (0, 6, ref(0)), full, words=7), good, 1, oor, LOADS)
        yield Case("V33", f"{what} operand range", call(target, (8, 2, ref(0)), full), good, 1, oor)
    good = call(1, full, full)
    yield Case("V39", "function", call(2, full, full), good, 1, ia, SKIP)  # crashes the loader
    yield Case("V39", "import", call(imported(2), full, full), call(imported(0), full, full), 1, ia)

    def variadic(target: int, segments: tuple[int, ...], operands: tuple[int, ...]) -> bytes:
        caller = function("entry", ("call.variadic", target, segments, operands, ()), RETURN)
        return build_module([caller, EMPTY], imports=[("a.b", "0v_v"), ("a.v", "0rCiID_v")])

    one = variadic(imported(1), (0xFFFF, 1), (ref(0), 0, 2))
    none = variadic(imported(1), (0xFFFF, 0), (ref(0),))
    yield Case("V40", "internal", variadic(1, (), ()), one, 1, "FAILED_PRECONDITION")
    yield Case("V42", "segments", variadic(imported(1), (0xFFFF,), (ref(0),)), none, 1, oor)
    yield Case("V42", "tuples", variadic(imported(1), (0xFFFF, 2), (ref(0), 0, 2, 1)), one, 1, oor)
    yield Case("V42", "tuple bank", variadic(imported(1), (0xFFFF, 1), (ref(0), ref(0), 2)), one, 1, ia)
    yield Case("V42", "huge count", variadic(imported(1), (0xFFFF, 0xFFFF), (ref(0), 0, 2)), one, 1, oor)
    yield Case("V42", "no segments", call(imported(1), (ref(0),), ()), none, 1, ia)

    def resolved(word: int) -> bytes:
        return code(("import.resolved", word, 0), module={"imports": [("a.b", "0v_v")]})

    yield Case("V41", "internal", resolved(0), resolved(imported(0)), 1, ia)
    yield Case("V39", "resolved", resolved(imported(1)), resolved(imported(0)), 1, ia)

    def yieldable(target: int | str, results: tuple[int, ...]) -> bytes:
        body = ("call.yieldable", imported(0), (), target, results)
        return whole("entry", body, "end", RETURN, module={"imports": [("a.b", "0v_i")]})

    good = yieldable("end", (0,))
    yield Case("V28", "continuation", yieldable(1, (0,)), good, 1, ia)
    yield Case("V42", "yieldable result", yieldable("end", ()), good, 1, oor)


def _returns() -> Iterator[Case]:
    ia, oor = "INVALID_ARGUMENT", "OUT_OF_RANGE"

    def returning(*values: int, words: int = 8) -> bytes:
        return whole("entry", ("return", values), convention="0v_iIr", words=words)

    good = returning(0, 2, ref(0))
    yield Case("V43", "missing", returning(0, 2), returning(0, 2, ref(0), 3), 1, oor)
    yield Case("V43", "bank", returning(ref(0), 2, ref(0)), good, 1, ia)
    yield Case("V43", "ref bank", returning(0, 2, 4), good, 1, ia)
    yield Case("V43", "odd", returning(0, 3, ref(0)), good, 1, ia)
    yield Case("V43", "half pair", returning(0, 6, ref(0), words=7), good, 1, oor, LOADS)
    yield Case("V33", "return range", returning(0, 2, ref(4)), good, 1, oor)


ALL = list(cases())
