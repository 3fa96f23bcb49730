"""libFuzzer on the runtime in C: `python -m tests.fuzz.native archive --seconds 600`.

Targets: `archive`, parameter files of arbitrary bytes; `runtime`, instructions on buffers and lists in any order.  They
run under the address, leak and undefined-behaviour sanitizers and need clang.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.fuzz.campaign import campaign
from tests.support.tools import links

HERE = Path(__file__).parent
CSUPPORT = HERE.parents[1] / "csupport"
TARGETS = ("archive", "runtime")
FLAGS = "-std=c99 -g -ffp-contract=off -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined".split()
LIMITS = ["-timeout=300", "-rss_limit_mb=2048", "-malloc_limit_mb=64", "-max_len=1024"]


def can_fuzz() -> bool:
    """Whether clang has the libraries that a target is linked with."""
    entry = "int LLVMFuzzerTestOneInput(const unsigned char* d, unsigned long n) { (void)d, (void)n; return 0; }\n"
    return links("clang", *FLAGS, source=entry)


def fuzz(
    target: str, seconds: int, corpus: Path | None = None, *, optimize: str = "-O1"
) -> subprocess.CompletedProcess[str]:
    """Run a target so long, from what the folder holds."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        folder = Path(name)
        program = folder / target
        sources = [HERE / f"{target}.c", *sorted(CSUPPORT.glob("*.c"))]
        flags = [*FLAGS, optimize, f"-I{CSUPPORT}"]
        subprocess.run(["clang", *flags, *map(str, sources), "-o", str(program), "-lm"], check=True)
        kept = corpus or folder / "corpus"
        kept.mkdir(exist_ok=True)
        for number, seed in enumerate(seeds(target)):
            (kept / f"seed{number}").write_bytes(seed)
        command = [str(program), *LIMITS, f"-max_total_time={seconds}", f"-artifact_prefix={kept}/", str(kept)]
        # An allocation that cannot be had is for the program to cope with.
        environment = {**os.environ, "ASAN_OPTIONS": "allocator_may_return_null=1:max_allocation_size_mb=64"}
        command.remove("-malloc_limit_mb=64")
        return subprocess.run(command, capture_output=True, text=True, errors="replace", env=environment, check=False)


def seeds(target: str) -> Iterator[bytes]:
    """What fuzzing starts from."""
    if target == "archive":
        yield b"\x01w\0\0\0" + archive()
    else:
        yield bytes([0, 0, 0, 16, 0, 0, 11, 0, 0, 3, 1, 0, 0x80, 1, 0, 4, 0, 6, 0x82, 1, 0, 4, 0])


def archive(*, rest: bytes = b"") -> bytes:
    """A parameter archive with a value and a pattern; `rest` stands in the table behind the entries it counts."""
    names, storage = b"wv", bytes(range(16))
    data = _entry(76, 2, 0) + struct.pack("<QQ", 0, len(storage)) + bytes(4)
    splat = _entry(85, 1, 1) + struct.pack("<Q16sB", 8, b"\1\2\3\4", 4) + bytes(11)
    table = data + splat + rest
    header = 0x58
    parts = [(header, len(table)), (header + len(table), len(names)), (header + len(table) + len(names), len(storage))]
    head = b"IRPA\0\0\0\0" + struct.pack("<Q", header) + bytes(16) + struct.pack("<Q", 2)
    for place in parts:
        head += struct.pack("<QQ", *place)
    return head.ljust(header, b"\0") + table + names + storage


def _entry(size: int, kind: int, name: int) -> bytes:
    """What all entries begin with; names have one letter."""
    return struct.pack("<QI8sQQQQQ", size, kind, b"", name, 1, 0, 0, 0)


def main() -> int:
    return campaign(__doc__ or "", TARGETS, fuzz)


if __name__ == "__main__":
    sys.exit(main())
