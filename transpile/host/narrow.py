"""Bytes that are made on the way become a step of their own, behind the one that writes what they are made of.

    S[c, h, w] += …, i32                        S[c, h, w] += …, i32
    Y[c] += f(byte(g(S[c, h, w], B[c])))   =>   Q[c, h, w] = g(S[c, h, w], B[c]), i8
                                                Y[c] += f(Q[c, h, w])

Each byte is computed from one element of `S`, which nobody else reads, so that the first two steps become one (`fuse`)
and `S` is gone. Where that is not so, for example because another step reads `S`, the steps are left as they are: an
image of bytes beside `S` would take more memory, not less.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from transpile.host.fuse import fused
from transpile.host.schedule import Run, Step, Walked, rewritten, touched
from transpile.host.values import Storage
from transpile.ir.nodes import Op, Value, make_op
from transpile.isa.operations import Operation
from transpile.isa.table import row_of
from transpile.nests.find.affine import Affine, Term
from transpile.nests.forms import uses_counters
from transpile.nests.loops.build import build
from transpile.nests.loops.index import index
from transpile.nests.nest import Access, Counter, Nest, element_bytes, element_of, is_load

_LOADS = {
    row_of(Operation.EXT, "i8", "i32", signed=signed): row_of(Operation.BUFFER_LOAD, "i8", signed=signed)
    for signed in (True, False)
}
"""What makes a byte of an i32, and what loads the same from memory."""
_STORE = row_of(Operation.BUFFER_STORE, "i8")
_WORD = row_of(Operation.CONST, "i64")


def narrowed(steps: Sequence[Step]) -> list[Step]:
    """The steps with images of bytes in place of wider ones."""
    return rewritten(steps, _narrowed)


def _narrowed(steps: Sequence[Step], at: int) -> list[Step] | None:
    """The steps with the bytes that the one at a place makes on the way in a step in front of it."""
    run = steps[at]
    if not isinstance(run, Run) or run.nest is None or uses_counters(run.nest) or run.numbers or run.operands:
        return None
    sums = {name: writer for name in run.arrays if (writer := _writer(steps, run, name)) is not None}
    if not run.nest.reduction:
        sums.pop(max(sums, key=lambda name: steps.index(sums[name]), default=""), None)  # it ends where this begins
    for name, writer in sums.items():
        cut = _cut(run, name, writer)
        if cut is not None:
            making, using = _apart(run, cut)
            before = [*steps[:at], making]
            if _are_one(before, run.arrays[name].storage):
                return [*before, using, *steps[at + 1 :]]
    return None


def _are_one(steps: Sequence[Step], sums: Storage) -> bool:
    """Whether the last step, which makes bytes of sums, becomes one with those that write the sums."""
    first = next(number for number, step in enumerate(steps) if sums in touched(step))
    return not any(sums in touched(step) for step in fused(steps[first:], converts=True))


def _writer(steps: Sequence[Step], run: Run, name: str) -> Run | None:
    """The step whose running values an array is all of, if nobody else reads them."""
    walked = run.arrays[name]
    if walked.storage.kind != "transient" or name in run.stores or element_bytes(walked.element) == 1:
        return None
    same = [each for each in run.arrays.values() if each.storage is walked.storage]
    users = [step for step in steps if walked.storage in touched(step)]
    writer = users[-2] if users[1:] and users[-1] is run and len(same) == 1 else None
    if not isinstance(writer, Run) or writer.nest is None or not writer.nest.reduction:
        return None
    out = writer.arrays["out"]
    is_all = out.storage is walked.storage and _is_each_once(out) and _is_each_once(walked)
    return writer if is_all and out.element == walked.element else None


@dataclass
class _Cut:
    """A byte that a nest makes: the elements that it is made of, what with, and the loops in whose turns it is another
    one: for each of them the loop of the nest, and by how many turns of that it moves on."""

    byte: Op
    wide: Access
    loads: list[Access]
    body: list[Op]
    loops: dict[Counter, tuple[Counter, int]]


def _cut(run: Run, name: str, writer: Run) -> _Cut | None:
    """The last byte that is made of an array and of nothing that others are made of."""
    nest = run.nest
    assert nest is not None
    wide = build(nest).arrays[name]
    loops = _loops(nest, run.arrays[name], writer.arrays["out"])
    for byte in reversed([op for op in nest.body if op.row in _LOADS]):
        body = _made_with(nest, byte)
        cut = _Cut(byte, wide, [access for access in nest.loads if access.op in body], body, loops)
        if loops and wide in cut.loads and _is_apart(nest, cut):
            return cut
    return None


def _loops(nest: Nest, walked: Walked, out: Walked) -> dict[Counter, tuple[Counter, int]]:
    """Loops like those that write the elements, each a part of one that reads them; empty where they are not."""
    found: dict[Counter, tuple[Counter, int]] = {}
    reading = list(zip(nest.loops, walked.strides, walked.turns, strict=True))
    for stride, turns in zip(out.strides, out.turns, strict=True):
        if stride and turns > 1:
            whole = [(c, stride // s) for c, s, n in reading if s and stride % s == 0 and stride * turns <= s * n]
            if len(whole) != 1:
                return {}
            number = make_op(_WORD, [], "i64", 0, value=0).result
            found[Counter(Value("i64"), number, number, 1, nest.header, turns)] = whole[0]
    return found


def _is_apart(nest: Nest, cut: _Cut) -> bool:
    """Whether a byte is all that its elements are used for, and the same in all turns of the other loops."""
    moved = {counter for access in cut.loads for counter in nest.loops if access.stride(counter)}
    inner = {op.result for op in cut.body if not is_load(op)} | {cut.wide.op.result}
    if _used_beside(nest, cut) & inner or any(access in nest.own for access in cut.loads):
        return False
    return moved <= {old for old, _ in cut.loops.values()}


def _used_beside(nest: Nest, cut: _Cut) -> set[Value]:
    """What a nest uses for anything but the byte."""
    rest = (op for op in nest.body if op is not cut.byte and op not in cut.body)
    return {value for op in rest for value in op.operands} | {store.op.operands[2] for store in nest.stores}


def _made_with(nest: Nest, byte: Op) -> list[Op]:
    """The operations of the body that a byte is computed with, in order."""
    needed = set(byte.operands)
    found: list[Op] = []
    for op in reversed(nest.body[: nest.body.index(byte)]):
        if op.results and op.result in needed:
            found.insert(0, op)
            needed |= set() if is_load(op) else set(op.operands)
    return found


def _is_each_once(walked: Walked) -> bool:
    """Whether all of a storage is looked at, each element once."""
    reach = 1
    for stride, turns in sorted((s, n) for s, n in zip(walked.strides, walked.turns, strict=True) if s and n > 1):
        if stride != reach:
            return False
        reach *= turns
    return walked.offset == index(0) and reach * element_bytes(walked.element) == walked.storage.size


def _apart(run: Run, cut: _Cut) -> tuple[Run, Run]:
    """The step that makes the bytes, and the one that they are used in."""
    nest = run.nest
    assert nest is not None
    walked = {access: run.arrays[name] for name, access in build(nest).arrays.items()}
    wide = walked[cut.wide]
    image = Storage("transient", wide.storage.size // element_bytes(wide.element), home=wide.storage.home)
    span, place = Value("span"), Value("i64")
    store = make_op(_STORE, [span, place, cut.byte.operands[0]], None, cut.byte.offset)
    row = _LOADS[cut.byte.row]
    load = Op(row, [span, place], {}, [cut.byte.result], cut.byte.offset)
    written, read = (replace(cut.wide, op=op, size=1) for op in (store, load))
    walked |= {access: replace(wide, storage=image, element=element_of(access.op)) for access in (written, read)}
    used = _used_beside(nest, cut)
    loads = [read, *(access for access in nest.loads if access not in cut.loads or access.op.result in used)]
    kept = [op for op in nest.body if op is not cut.byte and (op not in cut.body or op.result in used)]
    using = replace(nest, loads=loads, body=[load, *kept])
    arrays = {name: walked[access] for name, access in build(using).arrays.items()}
    return _making(run, cut, written, walked), replace(run, work=build(using).work, arrays=arrays, nest=using)


def _making(run: Run, cut: _Cut, written: Access, walked: Mapping[Access, Walked]) -> Run:
    """The step that makes the bytes."""

    def moved(access: Access) -> Access:
        strides = {new: (access.stride(old).known or 0) * by for new, (old, by) in cut.loops.items()}
        terms: dict[Term, int] = {(counter.value,): stride for counter, stride in strides.items() if stride}
        return replace(access, offset=Affine(terms), base=Affine())

    new = {access: moved(access) for access in (written, *cut.loads)}
    made = Nest(list(cut.loops), new[written], [new[access] for access in cut.loads], cut.body)
    old = {access: walked[before] for before, access in new.items()}
    turns = tuple(counter.trips or 0 for counter in cut.loops)

    def by_its_loops(access: Access) -> Walked:
        return replace(old[access], strides=tuple(access.stride(c).known or 0 for c in cut.loops), turns=turns)

    built = build(made)
    arrays = {name: by_its_loops(access) for name, access in built.arrays.items()}
    return Run(built.work, arrays, run.place, nest=made)
