"""Inputs that cannot be read, and what `iree-run-module` says of each: written into a table, held against both tools.

`data/refusals.tsv` has a row an input: the status code (or OK), what the function takes (`r`, `i`, `I`, `f`, `F`) and
the `--input=` values as JSON.  `pytest tests/cli/test_refusals.py --bless` asks the tool for the codes anew.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from transpile.program.errors import STATUS_NAMES

TABLE = Path(__file__).parent / "data" / "refusals.tsv"
PROGRAM = """
vm.module @m {
  vm.export @r
  vm.func @r(%a: !vm.ref<!hal.buffer_view>) -> !vm.ref<!hal.buffer_view> {
    vm.return %a : !vm.ref<!hal.buffer_view>
  }
"""
for _name, _type in {"i": "i32", "I": "i64", "f": "f32", "F": "f64"}.items():
    PROGRAM += f"  vm.export @{_name}\n  vm.func @{_name}(%a: {_type}) -> {_type} {{ vm.return %a : {_type} }}\n"
PROGRAM += "}\n"

TYPES = (
    "i1 i2 i4 si2 ui4 i8 si8 ui8 i12 i16 si16 ui16 i32 ui32 i64 ui64 f16 bf16 f32 f64 f8 f8E5M2 f8E4M3FN f8E8M0FNU "
    "cf64 cf128 *16 f128 i255"
).split()
NO_TYPES = "i0 i256 q32 i f bf i-1 f32x I32".split()
CONTENTS = (
    *("1", "1 2", "1 2 3 4 5", "1 2 3 4 abc", "abc 2 3 4 5", "300 0 0 0", "-129 0 0 0", "99999999999999999999 0 0 0"),
    *("1e400 0 0 0", "1e-400 0 0 0", "01 02 03 04", "0102 0304", "01 00 01 00 01", "1;2", "[]", "١"),
)
SHAPES = (
    *("", "x", "0x", "x4x", "4xx", "4x?x", "-1x", "4 x", "4.0x", "a4x", "?x", "99999999999999x"),
    *("99999999999999999999x", "4294967296x4294967296x", "9223372036854775807x", "4611686018427387904x4x"),
    *("x" * 200, "1x" * 128, "1x" * 129),
)
WHOLE = (
    *("", "@", "+", "*", "&", "&4", "&&4xf32", "&4xf32=1 2", "&4xf32=@short.bin", "(null", "null", "=", "=1", "x"),
    *("x=", "4", "4x", "f32", "abc", "4xf32==1", '"4xf32=1', '""', "'4xf32=1'", "4xf32:1", "4xf32 =1", "i32=1"),
    *("@missing.npy", "+missing.npy", "*missing.npy", "@empty.npy", "*empty.npy", "@short.bin", "@.npy", "@cut.npy"),
    *("@cut_header.npy", "@cut_magic.npy", "@cut_length.npy", "@version9.npy", "@version0.npy", "@magic.npy"),
    *("@malformed.npy", "@shape.npy", "@list.npy", "@more.npy", "*more.npy", "@big_endian.npy", "@fortran.npy"),
    *("@object.npy", "@string.npy", "@bytes.npy", "@date.npy", "@delta.npy", "@void.npy", "@record.npy"),
    *("@longdouble.npy", "@clongdouble.npy", "@folder.npy", "4xf32=@", "4xf32=@missing.bin", "4xf32=@empty.bin"),
    *("4xf32=@short.bin", "4xf32=@folder.npy", "4xq32=@short.bin", "ax4xf32=@short.bin", "4xi4=@short.bin"),
    *("0xf32=@empty.bin", "9223372036854775807xf32=@short.bin", "1x" * 129 + "f32=@short.bin", "1xi0=@short.bin"),
)
NUMBERS = (
    *("abc", "1.5", "1e400", "1e-400", "0x", "99999999999", "99999999999999999999", "-", "+", "- 1", "1e", "i32=1"),
    *("4xf32=1", "&4xf32", "1" * 16, "1" * 32, "1abc", "@missing.npy", "@empty.npy", "@good.npy", "@folder.npy"),
)
LISTS = (
    ("r", "4xf32", "4xf32"),
    ("r", "(null)", "(null)"),
    ("r", "4xf32", "@good.npy"),
    ("r", "@good.npy", "+good.npy"),
    ("i", "1", "2"),
    ("i", "1", "(null)"),
)

DIFFERENT = {
    "@big_endian.npy": ("OK", "taken, and turned round"),
    "@fortran.npy": ("OK", "taken, and put in C's order"),
    "@malformed.npy": ("INVALID_ARGUMENT", "the tool's parser stops at the comma and misses the encoding"),
    "@folder.npy": ("UNKNOWN", "refused when it is opened; the tool looks at the function first"),
}
"""Inputs for which ours differs from the tool: our code, and why."""


class Row(NamedTuple):
    """What a function takes, what it is given, and the code."""

    kind: str
    inputs: tuple[str, ...]
    code: str

    @property
    def ours(self) -> str:
        """The code that is right here."""
        return DIFFERENT.get(self.inputs[0], (self.code, ""))[0]

    def __str__(self) -> str:
        return f"{self.code}\t{self.kind}\t{json.dumps(self.inputs)}"


def read_table() -> list[Row]:
    """The rows as they were recorded."""
    fields = (line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines())
    return [Row(kind, tuple(json.loads(inputs)), code) for code, kind, inputs in fields]


def inputs() -> Iterator[tuple[str, tuple[str, ...]]]:
    """What the table should have a row for, each with the kind of function."""
    yield from (("r", (f"4x{name}={text}",)) for name in TYPES for text in CONTENTS)
    yield from (("r", (f"4x{name}{text}",)) for name in NO_TYPES for text in ("", "=1"))
    yield from (("r", (f"{shape}{name}{text}",)) for shape in SHAPES for name in ("i4", "f32") for text in ("", "=1 1"))
    yield from (("r", (text,)) for text in WHOLE)
    yield from ((kind, (text,)) for kind in "iIfF" for text in NUMBERS)
    yield from ((kind, tuple(texts)) for kind, *texts in LISTS)


def write_files(folder: Path) -> None:
    """The files that the inputs name."""
    np.save(folder / "good.npy", np.float32([1, 2, 3, 4]))
    good = (folder / "good.npy").read_bytes()
    damaged = {
        "empty.npy": b"",
        "empty.bin": b"",
        "short.bin": b"abc",
        "cut.npy": good[:-3],
        "cut_header.npy": good[:20],
        "cut_magic.npy": good[:5],
        "cut_length.npy": good[:9],
        "version9.npy": good[:6] + b"\x09\0" + good[8:],
        "version0.npy": good[:6] + b"\0\0" + good[8:],
        "magic.npy": b"XXXXXX" + good[6:],
        "malformed.npy": good.replace(b"'descr':", b"'descr' "),
        "shape.npy": good.replace(b"(4,)", b"(q,)"),
        "list.npy": good.replace(b"(4,)", b"[4] "),
        "more.npy": good + b"xyz",
    }
    for name, data in damaged.items():
        (folder / name).write_bytes(data)
    arrays = {
        "big_endian": np.array([1, 2], ">f4"),
        "fortran": np.asfortranarray(np.ones((2, 3), np.float32)),
        "object": np.array([None, 1], object),
        "string": np.array(["ab"]),
        "bytes": np.array([b"ab"]),
        "date": np.array(["2020-01-01"], "M8[D]"),
        "delta": np.array([1], "m8[s]"),
        "void": np.zeros(2, "V4"),
        "record": np.zeros(2, [("a", "f4"), ("b", "i4")]),
        "longdouble": np.zeros(2, np.longdouble),
        "clongdouble": np.zeros(2, np.clongdouble),
    }
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array, allow_pickle=True)
    (folder / "folder.npy").mkdir()


def tool(name: str) -> Path:
    """One of IREE's programs, beside this Python."""
    return Path(sys.executable).parent / name


def code_of_the_tool(folder: Path, kind: str, values: tuple[str, ...]) -> str:
    """What `iree-run-module` makes of the inputs; OK if it reads them, whatever the call does."""
    command = [tool("iree-run-module"), "--module=m.vmfb", "--device=local-sync", f"--function={kind}"]
    command += ["--output_max_element_count=0", *(f"--input={value}" for value in values)]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=600)
    said = done.stderr.decode(errors="replace")
    if done.returncode == 0 or "parsing function inputs" not in said:
        return "OK"
    found = re.search(rf"^(?:\S+\.c:\d+: )?({'|'.join(STATUS_NAMES)})\b", said, re.MULTILINE)
    assert found, said
    return found[1]
