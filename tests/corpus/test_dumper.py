"""Our reading of bytecode 17 against `iree-dump-module`: every instruction's offset, mnemonic and operands.

The dumper's own defects, each met by `GARBLED` below or by how `dumper.py` reads both sides:

* `switch.ref` is decoded without its type operand, so that the rest of the function is garbage;
* `cast.ui64.f32` makes it give up (no test module has one);
* quotes in strings are not escaped;
* 64-bit entries of lists print as one register;
* calls of function 0 print the initialiser's name where the debug database is incomplete;
* headers of functions number the arguments without the alignment of pairs (headers are not compared).
"""

from __future__ import annotations

import shutil
import sys
from itertools import zip_longest
from pathlib import Path

import pytest

from tests.corpus.dumper import Line, dumped, ours
from tests.corpus.programs import ENTRIES, Entry, contents
from transpile import container

TOOL = shutil.which("iree-dump-module", path=str(Path(sys.executable).parent)) or shutil.which("iree-dump-module")

# (file, function, the instruction from which on the dumper prints garbage)
GARBLED = (("v17/vm_refs.vmfb", 1, "switch.ref"),)


@pytest.mark.skipif(TOOL is None, reason="needs iree-base-runtime")
@pytest.mark.parametrize("entry", [e for e in ENTRIES if e.major == 17], ids=lambda e: e.file)
def test_agrees_with_the_dumper(entry: Entry, tmp_path: Path) -> None:
    for name, data in contents(entry):
        path = tmp_path / "module.vmfb"
        path.write_bytes(data)
        module = container.load(data)
        theirs = dumped(path, TOOL or "")
        assert len(theirs) == len(module.functions), name
        for index, lines in enumerate(theirs):
            expected = ours(module, index)
            for file, function, mnemonic in GARBLED:
                if (file, function) == (name, index):
                    lines, expected = _until(lines, mnemonic), _until(expected, mnemonic)
            pairs = zip_longest(lines, expected)
            different = [f"  dumper {a}\n  ours   {b}" for a, b in pairs if a != b]
            assert not different, f"{name}, function {index}\n" + "\n".join(different[:5])


def _until(lines: list[Line], mnemonic: str) -> list[Line]:
    """The lines before the first such instruction, which must be there."""
    return lines[: next(i for i, line in enumerate(lines) if line.mnemonic == mnemonic)]
