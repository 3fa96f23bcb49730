"""Instructions on buffers, lists, globals and references.

References do not leave a module here: a probe makes its objects from selectors (null, a buffer, a constant, a list …)
and gives back numbers that tell what happened to them.
"""

from __future__ import annotations

from typing import Any

from tests.behaviour.edges import BITS, Values, edges, product, signed
from tests.behaviour.pure import LETTER, PRIMITIVES
from tests.behaviour.suite import BUFFER, LIST, OPAQUE, TYPE, TYPES, Special, Suite
from tests.behaviour.witnesses import Outcome
from tests.support.modules import ref
from transpile.isa.table import Op, instructions

Line = str | tuple[Any, ...]

PATTERN = bytes((37 * k + 130) & 0xFF for k in range(24))
SECOND = bytes(PATTERN[:8]) + bytes(range(16))
SCRATCH = 40  # first word that probes use for themselves

NULL, BYTES, CONSTANT, A_LIST, EMPTY, ODD = range(-1, 5)
LENGTHS = {BYTES: 24, CONSTANT: 24, EMPTY: 0, ODD: 7}
SELECTORS = (NULL, BYTES, CONSTANT, A_LIST, EMPTY, ODD)


def constant(value: int, word: int = SCRATCH) -> Line:
    return ("const.i64", value, word)


def make(selector: int, target: int) -> list[Line]:
    """Code for an object in ref register `target`."""
    if selector == CONSTANT:
        return [("const.ref.rodata", 0, ref(target))]
    if selector == A_LIST:
        return [("const.i32.zero", SCRATCH), ("list.alloc", OPAQUE, SCRATCH, ref(target))]
    if selector == EMPTY:
        return [constant(0), ("buffer.alloc", SCRATCH, SCRATCH, ref(target))]
    length = 7 if selector == ODD else 24
    return [
        ("const.ref.rodata", 0, ref(target)),
        constant(0),
        constant(length, SCRATCH + 2),
        ("buffer.clone", ref(target), SCRATCH, SCRATCH + 2, SCRATCH, ref(target)),
    ]


def pick(word: int, target: int) -> list[Line]:
    """Code for the object that a word selects; ends in a new block."""
    tag = f"r{target}."
    choices = [s for s in SELECTORS if s != NULL]
    code: list[Line] = [("br_table", word, f"{tag}null", (), tuple((f"{tag}{s}", ()) for s in choices))]
    code += [f"{tag}null", ("const.ref.zero", ref(target)), ("br", f"{tag}go", ())]
    for selector in choices:
        code += [f"{tag}{selector}", *make(selector, target), ("br", f"{tag}go", ())]
    return [*code, f"{tag}go"]


def suite() -> Suite:
    """The module."""
    made = Suite("state", rodata=(PATTERN, SECOND, b"", PATTERN), global_bytes=29, global_refs=3)
    dump = _dump(made)
    for op in instructions():
        if op.mnemonic.startswith("buffer.load."):
            _load(made, op)
        elif op.mnemonic.startswith("buffer.store."):
            _store(made, op, dump)
        elif op.mnemonic.startswith("buffer.fill."):
            _fill(made, op, dump)
    _ranges(made, dump)
    _allocations(made, dump)
    _conversions(made)
    _list_access(made)
    _list_sizes(made)
    _globals(made)
    _global_refs(made)
    _references(made)
    return made


# ---- buffers -----------------------------------------------------------------------------------------------------


def _dump(made: Suite) -> int:
    """A function that gives a buffer's length and its first 24 bytes."""
    return made.define(
        "entry",
        ("buffer.length", ref(0), 0),
        constant(24, 2),
        constant(0, 4),
        ("buffer.alloc", 2, 4, ref(1)),
        ("min.i64.u", 0, 2, 6),
        ("buffer.copy", ref(0), 4, ref(1), 4, 6),
        ("buffer.load.i64", ref(1), 4, 8),
        constant(1, 4),
        ("buffer.load.i64", ref(1), 4, 10),
        constant(2, 4),
        ("buffer.load.i64", ref(1), 4, 12),
        ("return", (0, 8, 10, 12)),
        convention="0r_IIII",
    )


def _shown(dump: int, target: int = 0) -> list[Line]:
    return [("call", dump, (ref(target),), (32, 34, 36, 38)), ("return", (32, 34, 36, 38))]


def _size(op: Op) -> int:
    width = op.mnemonic.split(".")[2]
    return {"i8": 1, "i16": 2, "i32": 4, "f32": 4, "i64": 8, "f64": 8}[width]


def _offsets(size: int) -> list[int]:
    near = {0, 1, 2, *(length // size + d for length in (7, 24) for d in (-1, 0, 1)), 100}
    far = {1 << 31, 1 << 32, (1 << 63) // size, (1 << 64) // size - 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1}
    return sorted(signed(v, 64) for v in {v for v in near if v >= 0} | far)


def _wraps(offset: int, length: int, size: int) -> bool:
    """Whether the bounds check that adds and multiplies modulo 2^64 sees other numbers than there are."""
    mask = (1 << 64) - 1
    return ((offset & mask) + (length & mask)) * size > mask


def _split(calls: list[Values], special: list[tuple[Values, str]], outcome: Outcome) -> tuple[Any, Any]:
    rows = dict(special)
    return [c for c in calls if c not in rows], [Special(row, c, outcome) for c, row in special]


def _load(made: Suite, op: Op) -> None:
    size = _size(op)
    calls = product([SELECTORS, _offsets(size)], 400)
    wrap = [(c, "offsets that wrap") for c in calls if _wraps(c[1], 1, size) and c[0] in LENGTHS]
    sent, special = _split([c for c in calls if not _wraps(c[1], 1, size)], wrap, "OUT_OF_RANGE")
    assert op.result is not None
    code = ["entry", *pick(0, 0), (op.mnemonic, ref(0), 2, 4), ("return", (4,))]
    made.probe(op.mnemonic, *code, convention=f"0iI_{LETTER[op.result.kind.type]}", calls=sent, special=special)


def _store(made: Suite, op: Op, dump: int) -> None:
    size, kind = _size(op), op.operands[2].kind.type
    values = [0, -1, signed(0x8182838485868788, BITS[kind]), edges(kind)[-1]]
    calls = product([SELECTORS, _offsets(size), values], 600)
    wrap = [(c, "offsets that wrap") for c in calls if _wraps(c[1], 1, size) and c[0] in (BYTES, EMPTY, ODD)]
    sent, special = _split([c for c in calls if not _wraps(c[1], 1, size)], wrap, "OUT_OF_RANGE")
    code = ["entry", *pick(0, 0), (op.mnemonic, ref(0), 2, 4), *_shown(dump)]
    made.probe(op.mnemonic, *code, convention=f"0iI{LETTER[kind]}_IIII", calls=sent, special=special)


def _fill(made: Suite, op: Op, dump: int) -> None:
    size, kind = _size(op), op.operands[3].kind.type
    lengths = [0, 1, 2, 24 // size, 24 // size + 1, 1 << 32, (1 << 63) - 1, -1]
    values = [signed(0x8182838485868788, BITS[kind]), 0, edges(kind)[-1]]
    calls = product([SELECTORS, _offsets(size), lengths, values], 700)
    wrap = [(c, "offsets that wrap") for c in calls if _wraps(c[1], c[2], size) and c[0] in (BYTES, EMPTY, ODD)]
    sent, special = _split([c for c in calls if not _wraps(c[1], c[2], size)], wrap, "OUT_OF_RANGE")
    code = ["entry", *pick(0, 0), (op.mnemonic, ref(0), 2, 4, 6), *_shown(dump)]
    made.probe(op.mnemonic, *code, convention=f"0iII{LETTER[kind]}_IIII", calls=sent, special=special)


def _ranges(made: Suite, dump: int) -> None:
    """Copy, compare, clone, hash and length."""
    places = [0, 1, 7, 8, 23, 24, 25, 1 << 32, (1 << 63) - 1, -1, -24]
    lengths = [0, 1, 7, 8, 17, 24, 25, (1 << 63) - 1, -1]
    pairs = product([SELECTORS, places, SELECTORS, places, lengths], 1500)
    exact = [c for c in pairs if not _wraps(c[1], c[4], 1) and not _wraps(c[3], c[4], 1)]
    good = (BYTES, ODD, EMPTY)
    wrapping = [c for c in pairs if c not in exact and c[0] in good and c[2] in good][:200]
    special = [Special("offsets that wrap", c, "OUT_OF_RANGE") for c in wrapping]
    entry: list[Line] = ["entry", *pick(0, 0), *pick(4, 1)]
    copy: list[Line] = [*entry, ("buffer.copy", ref(0), 2, ref(1), 6, 8), *_shown(dump, 1)]
    made.probe("buffer.copy", *copy, convention="0iIiII_IIII", calls=exact, special=special)
    compare: list[Line] = [*entry, ("buffer.compare", ref(0), 2, ref(1), 6, 8, 10), ("return", (10,))]
    made.probe("buffer.compare", *compare, convention="0iIiII_i", calls=exact, special=special)
    _overlap(made, dump)

    one = product([SELECTORS, places, lengths], 600)
    plain = [c for c in one if not _wraps(c[1], c[2], 1)]
    bad = [Special("offsets that wrap", c, "OUT_OF_RANGE") for c in one if _wraps(c[1], c[2], 1) and c[0] in LENGTHS]
    hashing: list[Line] = ["entry", *pick(0, 0), ("buffer.hash", ref(0), 2, 4, 6), ("return", (6,))]
    made.probe("buffer.hash", *hashing, convention="0iII_I", calls=plain, special=bad)
    clone: list[Line] = ["entry", *pick(0, 0), ("buffer.clone", ref(0), 2, 4, 6, ref(1)), *_shown(dump, 1)]
    aligned = [(*c, a) for c in plain for a in (0, 64)] + [(BYTES, 1, 8, a) for a in (1, 3, -1, -(1 << 31), 4096)]
    wrong = [Special(s.difference, (*s.arguments, 0), s.outcome) for s in bad]
    made.probe("buffer.clone", *clone, convention="0iIIi_IIII", calls=aligned, special=wrong)
    length: list[Line] = ["entry", *pick(0, 0), ("buffer.length", ref(0), 2), ("return", (2,))]
    made.probe("buffer.length", *length, convention="0i_I", calls=[(s,) for s in SELECTORS])


def _overlap(made: Suite, dump: int) -> None:
    """Copies within one buffer."""
    calls, special = [], []
    for source, target, length in product([[0, 1, 8, 12, 20, 24], [0, 1, 7, 8, 12, 24], [0, 1, 4, 8, 12, 16]], 999):
        fits = max(source, target) + length <= 24
        if fits and source != target and abs(source - target) < length:
            data = bytearray(PATTERN)
            data[target : target + length] = PATTERN[source : source + length]
            words = [int.from_bytes(data[k : k + 8], "little", signed=True) for k in (0, 8, 16)]
            special.append(Special("overlapping copy", (source, target, length), (24, *words)))
        elif source != target or not length:
            calls.append((source, target, length))
    code: list[Line] = ["entry", *make(BYTES, 0), ("assign.ref", ref(0), ref(1))]
    code += [("buffer.copy", ref(0), 0, ref(1), 2, 4), *_shown(dump)]
    made.probe("buffer.copy.within", *code, convention="0III_IIII", calls=calls, special=special)


def _allocations(made: Suite, dump: int) -> None:
    code: list[Line] = ["entry", ("buffer.alloc", 0, 2, ref(0)), *_shown(dump)]
    alignments = [0, 1, 2, 3, 16, 48, 64, 4096, -1, -2, -(1 << 31)]
    calls = product([[0, 1, 15, 24, 4097], alignments], 999)
    special = [Special("allocation that wraps", (n, 0), "RESOURCE_EXHAUSTED") for n in (-1, -16, -64, -(1 << 63))]
    made.probe("buffer.alloc", *code, convention="0Ii_IIII", calls=calls, special=special)
    empty: list[Line] = ["entry", ("const.ref.rodata", 2, ref(0)), *_shown(dump)]
    made.probe("rodata.empty", *empty, convention="0v_IIII")
    identity: list[Line] = ["entry"]
    for at, (left, right) in enumerate(((0, 0), (0, 1), (0, 3), (2, 2))):
        identity += [("const.ref.rodata", left, ref(0)), ("const.ref.rodata", right, ref(1))]
        identity.append(("cmp.eq.ref", ref(0), ref(1), at))
    made.probe("const.ref.rodata", *identity, ("return", (0, 1, 2, 3)), convention="0v_iiii")


# ---- lists -------------------------------------------------------------------------------------------------------


def _pick_list(word: int, target: int, capacity: int) -> list[Line]:
    """A list with elements of the type that a word selects from the type table."""
    code: list[Line] = [("br_table", word, "t0", (), tuple((f"t{t}", ()) for t in range(len(TYPES))))]
    for number in range(len(TYPES)):
        code += [f"t{number}", ("list.alloc", number, capacity, ref(target)), ("br", "made", ())]
    return [*code, "made"]


def _conversions(made: Suite) -> None:
    """Every way in with every way out, for lists of every type."""
    for entering in (*PRIMITIVES, "ref"):
        values = list(SELECTORS) if entering == "ref" else _list_values(entering)
        calls = [(t, v) for t in range(len(TYPES)) for v in values]
        for leaving in PRIMITIVES:
            code = [*_stored(entering), (f"list.get.{leaving}", ref(0), 6, 10), ("return", (10,))]
            made.probe(f"list.{entering}.{leaving}", *code, convention=f"0iI_{LETTER[leaving]}", calls=calls)
        for wanted in (BUFFER, LIST, OPAQUE, TYPE["i32"]):
            for move in (False, True):
                code = [*_stored(entering), ("list.get.ref", ref(0), 6, wanted, ref(2, move))]
                code += [*_identified((1, 2)), ("list.get.ref", ref(0), 6, BUFFER, ref(3)), ("cmp.nz.ref", ref(3), 14)]
                code.append(("return", (10, 11, 12, 14)))
                name = f"list.{entering}.ref.{wanted}{'.move' if move else ''}"
                made.probe(name, *code, convention="0iI_iiii", calls=calls)
    for kind in (*PRIMITIVES, "ref"):
        get = ("list.get.ref", ref(0), 6, BUFFER, ref(1)) if kind == "ref" else (f"list.get.{kind}", ref(0), 6, 10)
        code = [*_with_list(), get, ("cmp.nz.ref", ref(1), 12), ("return", (10, 12))]
        calls = [(t, 0) for t in range(len(TYPES))]
        made.probe(f"list.fresh.{kind}", *code, convention=f"0iI_{LETTER.get(kind, 'I')}i", calls=calls)


def _list_values(kind: str) -> list[int]:
    wide = [0, 1, -1, 127, 128, -129, 300, 32768, -32769, (1 << 31) - 1, -(1 << 31), 1 << 40, -(1 << 63)]
    return [v for v in wide if v == signed(v, BITS[kind])] if kind[0] == "i" else edges(kind)[::3]


def _with_list() -> list[Line]:
    """A list of three elements in r0, the index 1 in i6."""
    head: list[Line] = ["entry", ("const.i32", 3, 5), *_pick_list(0, 0, 5)]
    return [*head, ("list.resize", ref(0), 5), ("const.i32", 1, 6)]


def _stored(kind: str) -> list[Line]:
    """The same with an element set to the value in i2:3."""
    if kind == "ref":
        return [*_with_list(), *pick(2, 1), ("list.set.ref", ref(0), 6, ref(1))]
    return [*_with_list(), (f"list.set.{kind}", ref(0), 6, 2)]


def _identified(pair: tuple[int, int], at: int = 10) -> list[Line]:
    """Three words: whether two refs are the same, and whether each is something."""
    left, right = pair
    same = ("cmp.eq.ref", ref(left), ref(right), at)
    return [same, ("cmp.nz.ref", ref(left), at + 1), ("cmp.nz.ref", ref(right), at + 2)]


def _list_access(made: Suite) -> None:
    """Indices out of range, and lists that are none."""
    indices = [0, 1, 2, 3, -1, (1 << 31) - 1, -(1 << 31)]
    calls = product([[NULL, BYTES, A_LIST, 9], indices], 999)
    for kind in (*PRIMITIVES, "ref"):
        operand = ref(2) if kind == "ref" else 8
        get = ("list.get.ref", ref(0), 1, BUFFER, ref(3)) if kind == "ref" else (f"list.get.{kind}", ref(0), 1, 10)
        resize: list[Line] = [("const.i32", 3, 4), ("list.resize", ref(0), 4)]
        setter: list[Line] = ["entry", *pick(0, 0), *resize, (f"list.set.{kind}", ref(0), 1, operand)]
        made.probe(
            f"list.set.{kind}", *setter, ("list.size", ref(0), 4), ("return", (4,)), convention="0ii_i", calls=calls
        )
        getter = [*setter[:-1], get, ("return", (10,))]
        made.probe(f"list.get.{kind}", *getter, convention="0ii_I", calls=calls)
        bare: list[Line] = ["entry", *pick(0, 0), get, ("return", (10,))]
        made.probe(f"list.get.{kind}.bare", *bare, convention="0ii_I", calls=calls)
        bare = ["entry", *pick(0, 0), (f"list.set.{kind}", ref(0), 1, operand), ("return", (1,))]
        made.probe(f"list.set.{kind}.bare", *bare, convention="0ii_i", calls=calls)
    moving: list[Line] = ["entry", *make(BYTES, 1), *make(A_LIST, 0), ("const.i32", 1, 0), ("list.resize", ref(0), 0)]
    moving += [("const.i32.zero", 0), ("list.set.ref", ref(0), 0, ref(1, move=True)), ("cmp.nz.ref", ref(1), 1)]
    moving += [("list.get.ref", ref(0), 0, BUFFER, ref(1)), ("cmp.nz.ref", ref(1), 2), ("return", (1, 2))]
    made.probe("list.set.ref.move", *moving, convention="0v_ii")
    itself: list[Line] = ["entry", *make(A_LIST, 0), ("const.i32", 1, 1), ("list.resize", ref(0), 1)]
    itself += [("list.set.ref", ref(0), 0, ref(0, move=True)), ("cmp.nz.ref", ref(0), 1), ("return", (1,))]
    made.probe("list.set.ref.itself", *itself, convention="0i_i", calls=[(1,), (-1,)])


def _list_sizes(made: Suite) -> None:
    for name in ("list.reserve", "list.resize"):
        code: list[Line] = ["entry", *pick(0, 0), (name, ref(0), 1), ("list.size", ref(0), 2), ("return", (2,))]
        calls = product([[NULL, BYTES, A_LIST], [0, 1, 2, 100, 5000, 70000]], 99)
        huge = [Special("large lists", (A_LIST, n), "RESOURCE_EXHAUSTED") for n in (-1, -(1 << 31), (1 << 28) + 1)]
        made.probe(name, *code, convention="0ii_i", calls=calls, special=huge)
    alloc: list[Line] = [*_pick_list(0, 0, 1), ("list.size", ref(0), 2), ("return", (2,))]
    calls = product([list(range(len(TYPES))), [0, 1, 100, 4096]], 99)
    hints = [Special("large list hint", (t, n), (0,)) for t in range(len(TYPES)) for n in (5000, -1, -(1 << 31))]
    made.probe("list.alloc", "entry", *alloc, convention="0ii_i", calls=calls, special=hints)
    size: list[Line] = ["entry", *pick(0, 0), ("list.size", ref(0), 2), ("return", (2,))]
    made.probe("list.size", *size, convention="0i_i", calls=[(s,) for s in SELECTORS])
    shrunk: list[Line] = [*_stored("i64"), ("const.i32", 1, 8), ("list.resize", ref(0), 8), ("list.resize", ref(0), 5)]
    shrunk += [("list.get.i64", ref(0), 6, 10), ("list.size", ref(0), 12), ("return", (10, 12))]
    made.probe("list.shrink", *shrunk, convention="0iI_Ii", calls=[(t, 77) for t in range(len(TYPES))])


# ---- globals -----------------------------------------------------------------------------------------------------


def _globals(made: Suite) -> None:
    read: list[Line] = [("global.load.i64", at, 30 + at) for at in (0, 8, 16)]
    shown: list[Line] = [*read, ("return", (20, 30, 38, 46))]
    for kind in PRIMITIVES:
        size = BITS[kind] // 8
        values = [(v,) for v in edges(kind)[::4]]
        for offset in (0, 1, 4, 11, 29 - size):
            code: list[Line] = ["entry", (f"global.store.{kind}", offset, 0), (f"global.load.{kind}", offset, 20)]
            name = f"global.{kind}.{offset}"
            made.probe(name, *code, *shown, convention=f"0{LETTER[kind]}_{LETTER[kind]}III", calls=values)
        _indirect(made, kind, size, shown)


def _indirect(made: Suite, kind: str, size: int, shown: list[Line]) -> None:
    place = 2 if size == 8 else 1
    store, load = (f"global.{op}.indirect.{kind}" for op in ("store", "load"))
    offsets = [*range(34), 1000, (1 << 31) - 1, -(1 << 31), *range(-12, 0)]
    rows: dict[int, str] = {}
    for offset in offsets:
        if -size <= offset < 0:
            rows[offset] = "global offsets that wrap"
        elif kind == "f64" and (21 < offset <= 25 or -8 <= offset < 0):
            rows[offset] = "global f64 width"
    code: list[Line] = ["entry", (store, 0, place), (load, 0, 20), *shown]
    convention = f"0i{LETTER[kind]}_{LETTER[kind]}III"
    sent = [(o, v) for o in offsets if o not in rows for v in edges(kind)[1::20]]
    special = [Special(row, (o, 1), "OUT_OF_RANGE") for o, row in rows.items()]
    made.probe(f"global.indirect.{kind}", *code, convention=convention, calls=sent, special=special)
    code = ["entry", (load, 0, 20), ("return", (20,))]
    special = [Special(row, (o,), "OUT_OF_RANGE") for o, row in rows.items()]
    sent_loads = [(o,) for o in offsets if o not in rows]
    made.probe(load, *code, convention=f"0i_{LETTER[kind]}", calls=sent_loads, special=special)


def _global_refs(made: Suite) -> None:
    """Typed stores and loads; MOVE empties the source."""
    selectors = [(s,) for s in SELECTORS]
    for wanted in (BUFFER, LIST, OPAQUE, TYPE["f32"]):
        for loaded in (BUFFER, LIST, OPAQUE):
            for move in (False, True):
                code: list[Line] = ["entry", *pick(0, 0), ("assign.ref", ref(0), ref(1))]
                code += [("global.store.ref", 1, wanted, ref(0, move)), ("global.load.ref", 1, loaded, ref(2, move))]
                code += [*_identified((1, 2)), ("cmp.nz.ref", ref(0), 13)]
                code += [("global.load.ref", 1, loaded, ref(3)), ("cmp.nz.ref", ref(3), 14)]
                name = f"global.ref.{wanted}.{loaded}{'.move' if move else ''}"
                made.probe(name, *code, ("return", (10, 11, 12, 13, 14)), convention="0i_iiiii", calls=selectors)
    calls = product([SELECTORS, [0, 1, 2, 3, -1, 1 << 30, -(1 << 31)]], 999)
    for move in (False, True):
        code = ["entry", *pick(0, 0), ("assign.ref", ref(0), ref(1))]
        code += [("global.store.indirect.ref", 1, BUFFER, ref(0, move))]
        code += [("global.load.indirect.ref", 1, BUFFER, ref(2, move)), *_identified((1, 2))]
        code += [("global.load.indirect.ref", 1, LIST, ref(3)), ("return", (10, 11, 12))]
        made.probe(f"global.indirect.ref{'.move' if move else ''}", *code, convention="0ii_iii", calls=calls)
    load: list[Line] = [
        "entry",
        ("global.load.indirect.ref", 0, BUFFER, ref(0)),
        ("cmp.nz.ref", ref(0), 1),
        ("return", (1,)),
    ]
    made.probe("global.load.indirect.ref", *load, convention="0i_i", calls=[(o,) for o in (0, 2, 3, -1, -(1 << 31))])


# ---- references --------------------------------------------------------------------------------------------------


def _references(made: Suite) -> None:
    pairs = product([SELECTORS, SELECTORS], 99)
    entry: list[Line] = ["entry", *pick(0, 0), *pick(1, 1)]
    for name in ("cmp.eq.ref", "cmp.ne.ref"):
        made.probe(name, *entry, (name, ref(0), ref(1), 2), ("return", (2,)), convention="0ii_i", calls=pairs)
        code: list[Line] = ["entry", *pick(0, 0), ("assign.ref", ref(0), ref(1)), (name, ref(0), ref(1), 2)]
        made.probe(f"{name}.same", *code, ("return", (2,)), convention="0i_i", calls=[(s,) for s in SELECTORS])
    code = [*pick(0, 0), ("select.ref", 1, BUFFER, ref(0, move=True), ref(0, move=True), ref(3))]
    code += [("cmp.nz.ref", ref(0), 2), ("cmp.nz.ref", ref(3), 3), ("return", (2, 3))]
    made.probe("select.ref.itself", "entry", *code, convention="0ii_ii", calls=product([(NULL, BYTES), [0, 1]], 99))
    switch: Line = ("switch.ref", 1, BUFFER, ref(0, move=True), (ref(0, move=True), ref(0, move=True)), ref(3))
    code = [*pick(0, 0), switch, ("cmp.nz.ref", ref(3), 3), ("return", (3,))]
    made.probe("switch.ref.itself", "entry", *code, convention="0ii_i", calls=product([(NULL, BYTES), [0, 1, 2]], 99))
    one: list[Line] = ["entry", *pick(0, 0)]
    calls = [(s,) for s in SELECTORS]
    made.probe("cmp.nz.ref", *one, ("cmp.nz.ref", ref(0), 2), ("return", (2,)), convention="0i_i", calls=calls)
    for move in (False, True):
        tail = ".move" if move else ""
        code = [*one, ("assign.ref", ref(0, move), ref(1)), *_identified((0, 1)), ("return", (10, 11, 12))]
        made.probe(f"assign.ref{tail}", *code, convention="0i_iii", calls=calls)
        code = [*one, ("assign.ref", ref(0, move), ref(0)), ("cmp.nz.ref", ref(0), 2), ("return", (2,))]
        made.probe(f"assign.ref.self{tail}", *code, convention="0i_i", calls=calls)
        code = [
            *entry,
            ("discard.refs", (ref(0, move), ref(1), ref(2))),
            *_identified((0, 1)),
            ("return", (10, 11, 12)),
        ]
        made.probe(f"discard.refs{tail}", *code, convention="0ii_iii", calls=pairs)
        for wanted in (BUFFER, LIST, OPAQUE, TYPE["i8"]):
            code = [*one, ("assign.ref", ref(0), ref(2)), ("cast.any.ref", ref(0, move), wanted, ref(1))]
            code += [*_identified((2, 1)), ("cmp.nz.ref", ref(0), 13), ("return", (10, 11, 12, 13))]
            made.probe(f"cast.any.ref.{wanted}{tail}", *code, convention="0i_iiii", calls=calls)
            _choices(made, wanted, move)


def _choices(made: Suite, wanted: int, move: bool) -> None:
    """select.ref and switch.ref, with what is left in the operands."""
    tail = f"{wanted}{'.move' if move else ''}"
    kept: list[Line] = [("assign.ref", ref(0), ref(4)), ("assign.ref", ref(1), ref(5))]
    # r4 and r5 keep the operands, r3 is the result.
    told: list[Line] = [*_identified((4, 3), 10), ("cmp.eq.ref", ref(5), ref(3), 13)]
    told += [("cmp.nz.ref", ref(r), 14 + r) for r in range(3)]
    results = ("return", (10, 11, 12, 13, 14, 15, 16))
    head: list[Line] = ["entry", *pick(0, 0), *pick(1, 1), *kept]
    code = [*head, ("select.ref", 2, wanted, ref(0, move), ref(1, move), ref(3)), *told, results]
    calls = product([SELECTORS, SELECTORS, [0, 1, -5]], 999)
    made.probe(f"select.ref.{tail}", *code, convention="0iii_iiiiiii", calls=calls)
    listed = (ref(1, move), ref(2, move), ref(5))
    shown = told if not move else told[:4]  # unpicked operands: see the table of differences
    switch: Line = ("switch.ref", 2, wanted, ref(0, move), listed, ref(3))
    code = [*head, ("assign.ref", ref(1), ref(2)), switch, *shown, results]
    calls = product([SELECTORS, SELECTORS, [-1, 0, 1, 2, 3, 1 << 30]], 999)
    made.probe(f"switch.ref.{tail}", *code, convention="0iii_iiiiiii", calls=calls)
    if move:
        code = [*head, ("assign.ref", ref(1), ref(2)), switch, *told[4:], results]
        special = [Special("switch.ref MOVE", (NULL, NULL, 0), (0,) * 7)]
        if wanted == BUFFER:
            special += [Special("switch.ref MOVE", (BYTES, CONSTANT, index), (0,) * 7) for index in (-1, 0, 1, 2)]
        made.probe(f"switch.ref.{tail}.rest", *code, convention="0iii_iiiiiii", calls=(), special=special)
