"""Modules whose calls take much of the C stack."""

from __future__ import annotations

from typing import Any

from tests.support.modules import build_module, function, imported, ref

_HEAD: list[Any] = ["entry", ("const.i32", 1, 1), ("cond_br", 0, "go", (), "end", ()), "go"]
_DOWN: list[Any] = [("sub.i32", 0, 1, 4), ("call", 0, (4,), (5,))]
_TAIL: list[Any] = [("return", (5,)), "end", ("return", (0,))]
_SIGNATURE: dict[str, Any] = {"convention": "0i_i", "export": "f"}


def plain() -> bytes:
    """f(n) = f(n - 1) and nothing else."""
    return build_module([function(*_HEAD, *_DOWN, *_TAIL, **_SIGNATURE)])


def many_operands(count: int) -> bytes:
    """Each call makes a call with so many references behind its own."""
    wide = ("call.variadic", imported(0), (count,), tuple([ref(0)] * count), (ref(1),))
    code = [*_HEAD, *_DOWN, ("const.i32", -1, 6), wide, *_TAIL]
    imports = [("hal.fence.join", "0CrD_r")]
    return build_module([function(*code, **_SIGNATURE)], imports=imports, types=("!hal.fence",))


def many_values(count: int) -> bytes:
    """Each call computes so many values, of which few live at a time."""
    body: list[Any] = [("const.i32", 7, 2), ("const.i32", 9, 3)]
    for k in range(count):
        body += [("mul.i32", 2, 0, 2), ("xor.i32", 2, 3, 2)] if k % 2 else [("add.i32", 3, 2, 3)]
    ends = [("xor.i32", 5, 3, 5), ("xor.i32", 5, 2, 5)]
    return build_module([function(*_HEAD, *body, *_DOWN, *ends, *_TAIL, **_SIGNATURE)])


def many_live(count: int) -> bytes:
    """Each call has so many values that are needed behind the call."""
    registers = range(8, 8 + count)
    body: list[Any] = [("mul.i32", 0, 0 if k == 8 else k - 1, k) for k in registers]
    ends = [("xor.i32", 5, k, 5) for k in registers]
    return build_module([function(*_HEAD, *body, *_DOWN, *ends, *_TAIL, words=8 + count, **_SIGNATURE)])


def many_choices(count: int) -> bytes:
    """Each call chooses among so many of its values and of its references."""
    words, buffers = range(8, 8 + count), [ref(k) for k in range(1, 1 + count)]
    body: list[Any] = [("mul.i32", 0, 0 if k == 8 else k - 1, k) for k in words]
    body += [("const.i32", 16, 2), ("ext.i32.i64.u", 0, 6), ("buffer.alloc", 6, 2, ref(0))]
    body += [("assign.ref", ref(0), buffer) for buffer in buffers]
    ends = [("switch.i32", 0, 5, tuple(words), 3), ("xor.i32", 3, 5, 5)]
    ends += [("switch.ref", 0, 0, ref(0), tuple(buffers), ref(1 + count)), ("buffer.length", ref(1 + count), 6)]
    ends += [("xor.i32", 5, 6, 5)]
    return build_module([
        function(*_HEAD, *body, *_DOWN, *ends, *_TAIL, words=8 + count, refs=2 + count, **_SIGNATURE)
    ], types=("!vm.buffer",))  # fmt: skip


def many_buffers(count: int) -> bytes:
    """Each call has so many buffers that it reads and writes on both sides of the call."""
    places = [ref(k) for k in range(count)]
    body: list[Any] = [("const.i32", 16, 2), ("const.i64", 16, 6), ("const.i64.zero", 8)]
    body += [("buffer.alloc", 6, 2, place) for place in places]
    body += [("buffer.store.i32", place, 8, 0) for place in places]
    ends = [item for place in places for item in (("buffer.load.i32", place, 8, 3), ("xor.i32", 5, 3, 5))]
    return build_module([function(*_HEAD, *body, *_DOWN, *ends, *_TAIL, words=12, refs=count, **_SIGNATURE)])


def many_loops(count: int) -> bytes:
    """Each call has so many loops, and values around all of them."""
    body: list[Any] = [("const.i32", 3, 2), ("const.i32", 0, 6)]
    body += [("mul.i32", 0, 2, k) for k in range(8, 8 + count)]
    for k in range(8, 8 + count):
        body += [("br", f"h{k}", ((6, 3),)), f"h{k}", ("cmp.lt.i32.s", 3, 2, 7)]
        body += [("cond_br", 7, f"b{k}", (), f"e{k}", ()), f"b{k}", ("add.i32", k, 3, k), ("add.i32", 3, 1, 3)]
        body += [("br", f"h{k}", ()), f"e{k}"]
    ends = [("xor.i32", 5, k, 5) for k in range(8, 8 + count)]
    return build_module([function(*_HEAD, *body, *_DOWN, *ends, *_TAIL, words=8 + count, **_SIGNATURE)])


def chain(length: int) -> bytes:
    """Functions that call each other in a row, and none itself."""
    functions = [
        function("entry", ("call", k + 1, (0,), (1,)), ("mul.i32", 0, 1, 1), ("return", (1,)), convention="0i_i",
                 export=None if k else "f")
        for k in range(length)
    ]  # fmt: skip
    return build_module([*functions, function("entry", ("return", (0,)), convention="0i_i")])


MODULES = {
    "plain": plain(),
    "operands": many_operands(2000),
    "values": many_values(3000),
    "live": many_live(400),
    "choices": many_choices(100),
    "buffers": many_buffers(81),
    "loops": many_loops(101),
    "chain": chain(3000),
}
