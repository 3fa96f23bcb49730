"""Where generated C and IREE's interpreter differ on purpose.

Each row is tested: the suites attach calls to it, and a row without calls fails the tests.
`python -m tests.behaviour.differences` writes the table in `docs/differences.md`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "differences.md"
BEGIN, END = "<!-- table: tests/behaviour/differences.py -->", "<!-- end of table -->"


@dataclass(frozen=True)
class Difference:
    """One row."""

    instructions: str
    iree: str
    ours: str
    why: str


DIFFERENCES: dict[str, Difference] = {
    "division by zero": Difference(
        "`div.*.s`, `div.*.u`, `rem.*.s`, `rem.*.u`, right operand 0",
        "the process dies with SIGFPE (x86-64)",
        "INVALID_ARGUMENT",
        "C leaves it undefined; a program must not end its host",
    ),
    "division overflow": Difference(
        "`div.*.s`, `rem.*.s` of the least number by -1",
        "the process dies with SIGFPE (x86-64)",
        "the quotient wraps to the least number, the remainder is 0",
        "what arithmetic modulo 2^n gives",
    ),
    "switch.i64 width": Difference(
        "`switch.i64`, a picked value that does not fit in 32 bits",
        "only the low 32 bits are read, sign-extended",
        "the whole value",
        "a defect of the interpreter; the default value is read whole",
    ),
    "switch.ref MOVE": Difference(
        "`switch.ref`, operands with MOVE that were not picked",
        "their registers keep the references",
        "their registers are null, as after any other MOVE",
        "compilers set MOVE at the last use, so no program reads them",
    ),
    "offsets that wrap": Difference(
        "`buffer.*`, (offset + length) * size beyond 2^64",
        "the sum wraps, the check passes, memory outside the buffer is read or written",
        "OUT_OF_RANGE",
        "the check is made exactly",
    ),
    "overlapping copy": Difference(
        "`buffer.copy` within one buffer, ranges that overlap",
        "`memcpy`: undefined",
        "as if through a copy of the source",
        "`memmove` costs nothing",
    ),
    "allocation that wraps": Difference(
        "`buffer.alloc`, lengths near 2^64",
        "length plus header wraps: a buffer without its memory",
        "RESOURCE_EXHAUSTED",
        "the sum is made exactly",
    ),
    "global offsets that wrap": Difference(
        "`global.*.indirect.{i32,i64,f32,f64}`, byte offsets from 2^32 - 8",
        "offset plus size wraps in 32 bits, the check passes, memory outside the globals is accessed",
        "OUT_OF_RANGE",
        "the check is made exactly",
    ),
    "global f64 width": Difference(
        "`global.*.indirect.f64`, the last 7 bytes of the globals",
        "4 bytes are checked, 8 are accessed",
        "OUT_OF_RANGE",
        "all 8 bytes are checked",
    ),
    "large lists": Difference(
        "`list.reserve`, `list.resize` beyond 2^28 elements",
        "gigabytes are asked of the system, which may grant them",
        "RESOURCE_EXHAUSTED (`VM_LIST_LIMIT`)",
        "a module must not be able to claim all memory with one instruction",
    ),
    "large list hint": Difference(
        "`list.alloc`, an initial capacity beyond 4096",
        "the memory is allocated at once; RESOURCE_EXHAUSTED if there is not so much",
        "an empty list; memory follows as it grows (`VM_LIST_HINT`)",
        "the capacity is a hint",
    ),
    "fail with DEFERRED": Difference(
        "`fail` with status 17",
        "callers take it for a suspension and wait for ever",
        "UNKNOWN, with the program's message",
        "a program that fails has failed",
    ),
    "fail without a code": Difference(
        "`fail` with a status other than 0 whose low five bits are 0",
        "a failure that prints as OK",
        "UNKNOWN, with the program's message",
        "no status but 0 may read as success",
    ),
    "fail at the end": Difference(
        "`fail` with status 0 as the last instruction of a function",
        "whatever bytes follow in the file are executed",
        "INTERNAL",
        "there is nothing to go on with",
    ),
    "yield": Difference(
        "`yield`",
        "a call from outside never returns: it resumes a wait that does not exist",
        "goes on at once",
        "calls are synchronous",
    ),
    "NaN of two": Difference(
        "arithmetic and mathematics of `f32` and `f64`, several operands NaN",
        "the NaN of one of them, which one depends on the build",
        "the NaN of one of them, which one depends on the C compiler",
        "C does not say; with one NaN operand the result has its payload",
    ),
    "NaN of libm": Difference(
        "`log`, `sqrt`, `pow` and other functions of `f32` and `f64`, outside of their domain",
        "a NaN whose sign is its C library's",
        "`f32`: the sign of glibc's on x86-64 (`sqrt`: the processor's); `f64`: that of the linked C library's NaN",
        "the wheels are bound to old versions of functions such as `log` of `f64`, whose NaN has the other sign",
    ),
    "signalling NaN": Difference(
        "arithmetic and mathematics of `f32` and `f64`, a signalling NaN operand",
        "becomes quiet",
        "becomes quiet, or stays as it is in `ceil`, `floor` and `round`",
        "C compilers assume that there are none; copies, loads, stores and selections keep every bit on both sides",
    ),
    "NaN of constants": Difference(
        "arithmetic of `f32` and `f64` on constants or known values, result NaN",
        "the processor's NaN (x86-64: negative)",
        "that, or the C compiler's NaN (positive) where it computes ahead of time",
        "C does not say; no payload, so programs can tell by the sign bit only",
    ),
    "variadic imports": Difference(
        "`call.variadic`, `call.variadic.yieldable`",
        "Python functions cannot be called so",
        "spans arrive as lists of tuples",
        "the binding here has no such limit",
    ),
    "import 64-bit arguments": Difference(
        "`call` of an import written in Python, a 64-bit argument or result behind a 32-bit one",
        "the binding reads it from the wrong place",
        "arrives whole",
        "a defect of IREE's Python binding, not of its interpreter",
    ),
    "exceptions of imports": Difference(
        "`call` of an import written in Python that raises",
        "UNKNOWN",
        "ValueError and TypeError: INVALID_ARGUMENT; IndexError: OUT_OF_RANGE; NotImplementedError: UNIMPLEMENTED; "
        "MemoryError: RESOURCE_EXHAUSTED; others: UNKNOWN",
        "the binding's choice: statuses become these exceptions on the way out",
    ),
    "extra results": Difference(
        "`call` of a function whose `return` lists more values than its convention has",
        "FAILED_PRECONDITION (a call from outside ignores the values)",
        "the values are ignored",
        "one meaning for both callers; compilers never write it",
    ),
    "version 15": Difference(
        "modules of bytecode versions 15 and 16",
        "refused",
        "run by the rules of their version; in 15 MOVE counts in lists alone, and not in those of imports",
        "their own runtimes' behaviour",
    ),
    "stack depth": Difference(
        "`call`, deep recursion",
        "RESOURCE_EXHAUSTED where the stack, which doubles as it grows, would exceed 1 MiB",
        "RESOURCE_EXHAUSTED when frames of the documented sizes exceed 1 MiB, somewhat deeper; and when the C stack "
        "that a call may use is full, which the interpreter here does not need",
        "with the 8 MiB of a main thread every depth that works there works here, if frames are small: a function with "
        "thousands of values (level `none`) or operands has a frame of that size in C",
    ),
}


def table() -> str:
    """The rows as Markdown, each with the test that calls its probes."""
    from tests.behaviour import probes  # the suites name rows of this file

    lines = ["| instruction | IREE 3.13 | generated C | why | test |", "|---|---|---|---|---|"]
    tests = probes.tests_of_differences()
    for name, d in DIFFERENCES.items():
        lines.append(f"| {d.instructions} | {d.iree} | {d.ours} | {d.why} | `{tests[name]}` |")
    return "\n".join(lines)


def page(text: str) -> str:
    """The page with the table in its place."""
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}\n{table()}\n{END}{tail}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
