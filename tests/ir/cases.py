"""Golden cases: a file of inputs, each with what must come of it.

    [case a name]
    input
    ----
    expected

`pytest --bless` writes the expected parts anew.  Inputs are IR text, or assembly:

    0ii_i                           the calling convention, then labels and instructions
    entry:
      add.i32 0, 1, 2               registers are numbers, r0 and R0 references (R0 is moved)
      cond_br 2, "a", ((0, 1),), "b", ()
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.behaviour.suite import TYPES, registers
from tests.support.modules import Function, build_module, function, imported, ref
from transpile import container
from transpile.container import Module
from transpile.verify import check

_CASE = re.compile(r"^\[case (.*)\]\n", re.MULTILINE)
_NAMES: dict[str, Any] = {f"{letter}{n}": ref(n, letter == "R") for letter in "rR" for n in range(10)}
_NAMES |= {"types": {name: k for k, name in enumerate(TYPES)}, "imported": imported}


def assemble(text: str) -> Module:
    """The module of one or more functions; the first is exported as `f`."""
    functions: list[Function] = []
    for part in re.split(r"^(?=0\S*$)", text.strip(), flags=re.MULTILINE):
        lines = [line.strip() for line in part.splitlines() if line.strip()]
        if lines:
            code = [_line(line) for line in lines[1:]]
            words, refs = registers(code)
            options: dict[str, Any] = {"export": "f" if not functions else None, "requirements": 15}
            functions.append(function(*code, convention=lines[0], words=max(8, words), refs=max(2, refs), **options))
    rodata = [bytes(range(64)), b"text"]
    imports = [("host.twice", "0i_i"), ("host.sum", "0iCIrD_I")]
    image = build_module(functions, types=TYPES, rodata=rodata, imports=imports, global_bytes=16, global_refs=2)
    module = container.load(image)
    check(module)
    return module


def _line(line: str) -> str | tuple[Any, ...]:
    if line.endswith(":"):
        return line[:-1]
    mnemonic, _, rest = line.partition(" ")
    return (mnemonic, *eval(f"({rest},)" if rest else "()", {"__builtins__": {}}, dict(_NAMES)))


def blessed(path: Path, transform: Callable[[str], str]) -> str:
    """The file as it should be: every expected part made anew."""
    head, *parts = _CASE.split(path.read_text(encoding="utf-8"))
    out = [head]
    for name, body in zip(parts[::2], parts[1::2], strict=True):
        given = body.partition("\n----\n")[0].strip("\n")
        out.append(f"[case {name}]\n{given}\n----\n{transform(given).strip()}\n\n")
    return "".join(out).rstrip("\n") + "\n"
