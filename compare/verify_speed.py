"""How long verification takes and how that grows: `python -m compare verify MODULE...`.

Growth is measured on the module itself made larger, once with copies of its functions and once with the blocks of each
function repeated inside it.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from rich.markup import escape
from rich.table import Table

from transpile.container import Module, load
from transpile.isa.decode import Instruction, decode
from transpile.isa.stream import Emitter
from transpile.verify import check, verify

TARGET_SECONDS = 0.5
TIMES, TARGET_GROWTH = 10, 11.0
SMALLEST = 8 << 10
"""Bytes of code of the smaller module of a pair: with less, what is the same for all modules would hide growth."""


@dataclass(frozen=True)
class Timing:
    """What the verification of a module costs, in seconds of processor time."""

    name: str
    code_bytes: int
    load: float
    verify: float
    by_functions: float
    """How many times as long a module with ten times as many functions takes."""
    by_blocks: float
    """How many times as long a module with functions ten times as long takes."""

    @property
    def met(self) -> bool:
        return self.verify < TARGET_SECONDS and max(self.by_functions, self.by_blocks) <= TARGET_GROWTH


def timing(path: Path, rounds: int) -> Timing:
    """Measure a module; it must be a good one."""
    module = load(path)
    check(module)
    reading = min(_seconds(lambda: load(path)) for _ in range(rounds))
    enough = -(-SMALLEST // max(len(module.bytecode), 1))
    many, long = _grown(module, enough), _lengthened(module, enough)
    return Timing(
        path.name,
        len(module.bytecode),
        reading,
        min(_seconds(lambda: verify(module)) for _ in range(rounds)),
        _growth(many, _grown(many, TIMES), rounds),
        _growth(long, _lengthened(long, TIMES), rounds),
    )


def table(timings: Iterable[Timing]) -> Table:
    """The timings as they are printed."""
    made = Table(title="verification, processor time of one thread", title_justify="left")
    made.add_column("module")
    for label in ("bytecode", "read", "verify", f"{TIMES}x the functions", f"functions {TIMES}x as long", "met"):
        made.add_column(label, justify="right")
    for found in timings:
        times = [f"{1e3 * seconds:.1f} ms" for seconds in (found.load, found.verify)]
        growth = [f"{factor:.1f}x as long" for factor in (found.by_functions, found.by_blocks)]
        made.add_row(escape(found.name), f"{found.code_bytes:,}", *times, *growth, "yes" if found.met else "no")
    return made


def _growth(small: Module, large: Module, rounds: int) -> float:
    """Median of ratios.  The small module is verified so often that both sides of a ratio take about as long: then
    other work on the machine slows both alike."""
    check(large)
    pairs = [(_seconds(lambda: verify(small), TIMES), _seconds(lambda: verify(large))) for _ in range(rounds)]
    return median(TIMES * after / before for before, after in pairs)


def _seconds(work: Callable[[], object], times: int = 1) -> float:
    gc.collect()
    start = time.process_time()
    for _ in range(times):
        work()
    return time.process_time() - start


def _grown(module: Module, times: int) -> Module:
    """The module with all its functions so many times."""
    stride = len(module.bytecode) + -len(module.bytecode) % 8
    code = bytes(module.bytecode).ljust(stride, b"\0") * times
    functions = tuple(
        replace(function, bytecode_offset=function.bytecode_offset + copy * stride)
        for copy in range(times)
        for function in module.functions
    )
    return replace(module, functions=functions, signatures=module.signatures * times, bytecode=memoryview(code))


def _lengthened(module: Module, times: int) -> Module:
    """The module with the blocks of each function so many times in it; nothing leads from one copy to another."""
    functions, code = [], bytearray()
    for index, function in enumerate(module.functions):
        body, copies = _repeated(module, index, times)
        size = {"bytecode_offset": len(code), "bytecode_length": len(body)}
        functions.append(replace(function, block_count=function.block_count * copies, **size))
        code += body + bytes(-len(body) % 8)
    return replace(module, functions=tuple(functions), bytecode=memoryview(bytes(code)))


def _repeated(module: Module, index: int, times: int) -> tuple[bytes, int]:
    """A function's code so many times; once only if it is odd in length, which would move the padding of its lists."""
    instructions = list(decode(module.function_bytecode(index), module.major))
    length = sum(instruction.length for instruction in instructions)
    if length % 2:
        return bytes(module.function_bytecode(index)), 1
    out = Emitter()
    for copy in range(times):
        for instruction in instructions:
            _encode(out, instruction, copy * length)
    return bytes(out.code), times


def _encode(out: Emitter, instruction: Instruction, shift: int) -> None:
    if instruction.op.prefix is not None:
        out.put("u8", instruction.op.prefix)
    out.put("u8", instruction.op.code)
    for field, value in instruction.items():
        if field.kind.group == "target":
            value += shift
        elif field.kind.group == "cases":
            value = tuple((target + shift, copies) for target, copies in value)
        field.kind.encode(out, value)
