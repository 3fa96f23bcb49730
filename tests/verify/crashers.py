"""Modules that crash or hang IREE 3.13.0, or read there what is not theirs: `python -m tests.verify.crashers`.

Each is refused here by a rule, or its call ends with a status, the same in the interpreter and in C at every level.
The command asks IREE as well, in a process of its own for each module.
"""

from __future__ import annotations

import argparse
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.behaviour.witnesses import LEVELS, Emitted, Outcome
from tests.container.writer import Table, i32
from tests.interp.engines import ENGINES, Interpreted
from tests.support.modules import build_module, function, imported, ref
from transpile.container import load
from transpile.verify import verify

SECONDS, MEMORY = 300, 8 << 30
MINUS_ONE = (1 << 64) - 1
TYPES = ("!vm.buffer",)
ALL = 15  # every requirement bit


@dataclass(frozen=True)
class Crasher:
    """A module that exports `f`, the arguments to call it with, and what must come of it: a rule or an outcome."""

    name: str
    image: bytes
    convention: str
    arguments: tuple[int, ...]
    expected: Outcome


def _made(*code: Any, convention: str = "0v_v", module: dict[str, Any] | None = None, **options: Any) -> bytes:
    ends = bool(code) and code[-1][0] == "return"
    whole = ["entry", *code, *([] if ends else [("return", ())])]
    fields = {"words": 16, "refs": 4, "requirements": ALL, "convention": convention, "export": "f", **options}
    return build_module([function(*whole, **fields)], types=TYPES, **(module or {}))


def _refused(rule: str, name: str, *code: Any, **options: Any) -> Crasher:
    return Crasher(name, _made(*code, **options), "0v_v", (), rule)


def _ends(outcome: Outcome, name: str, convention: str, arguments: tuple[int, ...], *code: Any, **more: Any) -> Crasher:
    return Crasher(name, _made(*code, convention=convention, **more), convention, arguments, outcome)


def crashers() -> Iterator[Crasher]:
    yield from _registers()
    yield from _indices()
    yield from _counts()
    yield from _offsets()
    yield from _endings()


def _registers() -> Iterator[Crasher]:
    for name, register in (("just beyond the frame", 16), ("far beyond it", 0x7FFF)):
        yield _refused("V29", f"word result {name}", ("const.i32", 1, register))
        yield _refused("V29", f"word operand {name}", ("add.i32", register, 0, 1))
        yield _refused("V30", f"pair {name}", ("const.i64", 1, register & ~1))
        yield _refused("V29", f"f32 operand {name}", ("add.f32", register, 0, 1))
        yield _refused("V30", f"f64 operand {name}", ("add.f64", register & ~1, 0, 2))
    for name, register in (("just beyond the frame", 4), ("far beyond it", 0x3FFF)):
        yield _refused("V31", f"ref result {name}", ("const.ref.zero", ref(register)))
        yield _refused("V31", f"ref operand {name}", ("cmp.nz.ref", ref(register), 0))
    yield _refused("V31", "word where a ref belongs", ("const.ref.zero", 1))
    yield _refused("V29", "ref where a word belongs", ("const.i32", 1, ref(1)))
    moved = ("buffer.length", ref(0, move=True), 0)
    yield _refused("V32", "MOVE on a buffer that is only read", moved)


def _indices() -> Iterator[Crasher]:
    for number in (1, 1000, 0x7FFFFFFF, 0xFFFFFFFF):
        yield _refused("V35", f"type {number:#x}", ("cast.any.ref", ref(0), number, ref(1)))
        yield _refused("V35", f"element type {number:#x}", ("list.alloc", number, 0, ref(0)))
    for number in (1, 1000, 0x7FFFFFFF):
        yield _refused("V39", f"call of function {number:#x}", ("call", number, (), ()))
    unsigned = {"slots": {6: [Table({0: "a.b"})]}}
    yield _refused("V44", "call of an import without a signature", ("call", imported(0), (), ()), module=unsigned)


def _counts() -> Iterator[Crasher]:
    for count in (-1, -32768):
        yield _refused("V16", f"{count} words", ("const.i32", 1, 0), words=count)
        yield _refused("V16", f"{count} refs", ("const.i32", 1, 0), refs=count)
        yield _refused("V13", f"{count} blocks", ("const.i32", 1, 0), blocks=count)
    yield _refused("V15", "code of -1 bytes", ("const.i32", 1, 0), length=-1)
    yield _refused("V15", "code at -8", ("const.i32", 1, 0), offset=-8)
    for slots in ({0: i32(-1), 1: i32(0)}, {0: i32(0), 1: i32(-1)}):
        module = {"slots": {11: Table(slots)}}
        yield _refused("V45", f"globals of {[number.value for number in slots.values()]}", module=module)


def _offsets() -> Iterator[Crasher]:
    sizes = {"i32": 4, "f32": 4, "i64": 8, "f64": 4}  # IREE counts 4 bytes for f64
    module = {"global_bytes": 64}
    for kind, size in sizes.items():
        for way in ("load", "store"):
            code = (f"global.{way}.{kind}", (1 << 32) - size, 0)
            yield _refused("V37", f"{way} of a global {kind} at {-size} mod 2^32", code, module=module)
            indirect = (f"global.{way}.indirect.{kind}", 0, 2)
            name = f"indirect {way} of a global {kind} at {-size} mod 2^32"
            yield _ends("OUT_OF_RANGE", name, "0i_v", (-size,), indirect, module=module)
    for width in ("i8.u", "i8.s", "i16.u", "i16.s", "i32", "i64", "f32", "f64"):
        yield _buffer(f"buffer.load.{width}", ref(0), 0, 4)
    for width in ("i8", "i16", "i32", "i64", "f32", "f64"):
        yield _buffer(f"buffer.store.{width}", ref(0), 0, 4)
        yield _buffer(f"buffer.fill.{width}", ref(0), 0, 2, 4)
    yield _buffer("buffer.copy", ref(0), 0, ref(0), 0, 2)
    yield _buffer("buffer.compare", ref(0), 0, ref(0), 0, 2, 4)
    yield _buffer("buffer.hash", ref(0), 0, 2, 4)
    yield _buffer("buffer.clone", ref(0), 0, 2, 6, ref(1))
    code = ("buffer.alloc", 0, 6, ref(0))
    yield _ends("RESOURCE_EXHAUSTED", "buffer of 2^64 - 1 bytes", "0I_v", (-1,), code)


def _buffer(mnemonic: str, *fields: Any) -> Crasher:
    """An access at offset -1 to a buffer of 16 bytes: the sum of offset and length wraps to 0."""
    made = (("const.i64", 16, 8), ("buffer.alloc", 8, 6, ref(0)), ("const.i64", 1, 2))
    code = (*made, (mnemonic, *fields))
    return _ends("OUT_OF_RANGE", f"{mnemonic} at offset -1", "0I_v", (-1,), *code)


def _endings() -> Iterator[Crasher]:
    for status in (17, 32, 49):
        code = ("fail", 0, b"on purpose"), "next"
        yield _ends("UNKNOWN", f"fail with status {status}", "0i_v", (status,), *code)
    least32, least64 = -(1 << 31), -(1 << 63)
    for kind, letter, least in (("i32", "i", least32), ("i64", "I", least64)):
        for op in ("div", "rem"):
            for sign in "su":
                code = (f"{op}.{kind}.{sign}", 0, 2, 4), ("return", (4,))
                convention = f"0{letter}i{letter}_{letter}" if kind == "i32" else "0II_I"
                arguments = (7, 0, 0) if kind == "i32" else (7, 0)
                yield _ends("INVALID_ARGUMENT", f"{op}.{kind}.{sign} by 0", convention, arguments, *code)
            code = (f"{op}.{kind}.s", 0, 2, 4), ("return", (4,))
            convention = f"0{letter}i{letter}_{letter}" if kind == "i32" else "0II_I"
            arguments = (least, 0, -1) if kind == "i32" else (least, -1)
            outcome = (least if op == "div" else 0,)
            yield _ends(outcome, f"{op}.{kind}.s of the least number by -1", convention, arguments, *code)
    code = ("yield", "next", ()), "next"
    yield _ends((), "yield", "0v_v", (), *code)


# ---- what becomes of them ------------------------------------------------------------------------------------------


def ours(crasher: Crasher) -> dict[str, Outcome]:
    """The rule that refuses a module, or the outcome in each engine."""
    report = verify(load(crasher.image))
    if not report.ok:
        return {"verifier": report.findings[0].rule}
    conventions = {"f": crasher.convention}
    witnesses: dict[str, Emitted] = {"interpreter": Interpreted(crasher.image, conventions, ENGINES[0])}
    witnesses |= {f"C {level}": Emitted(crasher.image, conventions, level) for level in LEVELS}
    return {name: witness.call("f", crasher.arguments) for name, witness in witnesses.items()}


_SCRIPT = """
import sys
import iree.runtime as rt
instance = rt.VmInstance()
module = rt.VmModule.copy_buffer(instance, sys.stdin.buffer.read())
print("loads", flush=True)
context = rt.VmContext(instance, [module])
arguments, results = rt.VmVariantList(4), rt.VmVariantList(4)
for value in map(int, sys.argv[1:]):
    arguments.push_int(value)
context.invoke(module.lookup_function("f"), arguments, results)
print("returns", [results.get_variant(k) for k in range(results.size)])
"""


def of_iree(crasher: Crasher) -> str:
    """What IREE does with a module, in words."""
    command = [sys.executable, "-c", _SCRIPT, *map(str, crasher.arguments)]
    limits = lambda: resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))  # noqa: E731
    try:
        done = subprocess.run(command, input=crasher.image, capture_output=True, timeout=SECONDS, preexec_fn=limits)
    except subprocess.TimeoutExpired:
        return f"no end within {SECONDS} s"
    said = ", ".join(done.stdout.decode().split("\n")[:-1])
    if done.returncode < 0:
        return f"{said + ', ' if said else ''}dies of {signal.Signals(-done.returncode).name}"
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().splitlines()[-1][-90:]
        return f"{said or 'refuses'}: {reason}"
    return said


def main() -> int:
    """Print a line for each module; 1 if one of ours is not as it should be."""
    argparse.ArgumentParser(prog="python -m tests.verify.crashers", description=__doc__).parse_args()
    wrong = 0
    for crasher in crashers():
        found = ours(crasher)
        right = set(found.values()) == {crasher.expected}
        wrong += not right
        how = "refused by" if "verifier" in found else "ends in"
        told = f"{how} {crasher.expected}" if right else f"WRONG: {found}"
        print(f"{crasher.name:<55} {told:<30} IREE: {of_iree(crasher)}", flush=True)
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())
