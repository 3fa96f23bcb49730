"""Instructions as `iree-dump-module --output=disassembly --bytecode_offsets` prints them, and ours in the same terms.

Both texts are taken apart into what they name: registers, branch targets, callees, globals, numbers and strings.  The
dumper writes a few instructions in another order than the byte stream; `ours` follows it there.
"""

from __future__ import annotations

import re
import struct
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transpile.container import Module
from transpile.isa import Instruction, decode
from transpile.isa.kinds import IMPORT_BIT, Kind, is_ref

_FUNCTION = re.compile(r"vm\.func @(.*)\(.*\{$")
_LINE = re.compile(r"\[([0-9A-F]{8})\](?:\^bb(\d+):$|  (?:(.*?) = )?vm\.([a-z0-9_.]+) ?(.*)$)")
_TOKEN = re.compile(
    r'"(?:.*)"(?=\(|$)|%[irR]\d+(?::\d+)?|\^bb\d+|@[^(\s]+|\.rwdata\[\d+\]|\.refs\[\d+\]|segments\[[\d, ]*\]'
)
# Names of internal functions come from a debug database that compilers since 3.11.0 leave incomplete: the only
# name in it, that of the initialiser, is printed for function 0, which is another one.
_WRONG_NAME = re.compile(r"@([^.:]+)\.__init$")
_NUMBER = re.compile(r"-?[\w.+-]+")


@dataclass(frozen=True)
class Line:
    """One instruction; `tokens` are in the dumper's order, results first, and branch targets are offsets."""

    offset: int
    mnemonic: str
    tokens: tuple[str, ...]


def dumped(path: Path, tool: str) -> list[list[Line]]:
    """The functions of a file."""
    command = [tool, "--output=disassembly", "--bytecode_offsets", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    assert done.returncode == 0, f"{path}: the dumper failed: {done.stderr}"
    return [list(_resolved(lines)) for lines in _sections(done.stdout)]


def _sections(text: str) -> Iterator[list[re.Match[str]]]:
    current: list[re.Match[str]] | None = None
    for line in text.splitlines():
        if _FUNCTION.match(line):
            if current is not None:
                yield current
            current = []
        elif current is not None and (match := _LINE.match(line)):
            current.append(match)
    if current is not None:
        yield current


def _resolved(lines: list[re.Match[str]]) -> Iterator[Line]:
    blocks = {f"^bb{line[2]}": f"^{line[1]}" for line in lines if line[2] is not None}
    for line in lines:
        if line[2] is not None:
            yield Line(int(line[1], 16), "block", ())
            continue
        found = _TOKEN.findall(f"{line[3] or ''} {line[5]}")
        tokens = [_WRONG_NAME.sub(r"@\1:0", blocks.get(token, token)) for token in found]
        if re.fullmatch(r"const\.[if]\d\d", line[4]):
            tokens += _NUMBER.findall(line[5])[:1]
        yield Line(int(line[1], 16), line[4], tuple(tokens))


def ours(module: Module, index: int) -> list[Line]:
    """A function of a module as our disassembler's parts."""
    return [_line(module, instruction) for instruction in decode(module.function_bytecode(index), module.major)]


# Mnemonic (or its beginning): the fields in the order in which the dumper prints them.
_ORDERS: dict[str, tuple[str, ...]] = {
    "switch.": ("result", "index", "values", "default_value"),
    "buffer.store.": ("value", "target_buffer", "target_offset"),
    "global.store.": ("value", "byte_offset"),
    "global.store.ref": ("value", "global"),
}


def _line(module: Module, instruction: Instruction) -> Line:
    mnemonic = instruction.op.mnemonic
    shape = [field for field in instruction.op.shape if field.kind.group not in ("type", "rodata")]
    order = next((names for start, names in reversed(_ORDERS.items()) if mnemonic.startswith(start)), None)
    if order:
        shape = [next(field for field in shape if field.name == name) for name in order]
    elif mnemonic.startswith("call"):
        # Results first, then the block a yielding call goes on in, which the dumper prints last.
        shape.sort(key=lambda field: (not field.is_result, field.kind.group == "target"))
        if mnemonic.endswith("yieldable"):
            shape = [*shape[1:], shape[0]]
    else:
        shape.sort(key=lambda field: not field.is_result)
    tokens = [token for field in shape for token in _tokens(module, field.kind, instruction[field.name])]
    return Line(instruction.offset, mnemonic, tuple(tokens))


def _tokens(module: Module, kind: Kind, value: Any) -> list[str]:
    return _BY_GROUP[kind.group](module, kind, value)


def _list(_: Module, kind: Kind, words: tuple[int, ...]) -> list[str]:
    # The dumper prints 64-bit entries of lists by their low register alone.
    low = {"i64": "i32", "f64": "i32"}.get(kind.type, kind.type)
    return [_register(low, word) for word in words]


def _register(type_name: str, word: int) -> str:
    if type_name == "ref" or (type_name == "any" and is_ref(word)):
        return f"%{'R' if word & 0x4000 else 'r'}{word & 0x3FFF}"
    return f"%i{word}:{word + 1}" if type_name in ("i64", "f64") else f"%i{word}"


def _remap(_: Module, kind: Kind, pairs: tuple[tuple[int, int], ...]) -> list[str]:
    return [_register("any", word) for pair in pairs for word in pair]


def _cases(module: Module, kind: Kind, cases: tuple[tuple[int, Any], ...]) -> list[str]:
    return [text for target, remap in cases for text in (f"^{target:08X}", *_remap(module, kind, remap))]


def _function(module: Module, _: Kind, word: int) -> list[str]:
    number = word & ~IMPORT_BIT
    return [f"@{module.imports[number].full_name}" if word & IMPORT_BIT else f"@{module.name}:{number}"]


def _immediate(_: Module, kind: Kind, value: int) -> list[str]:
    if kind.type in ("f32", "f64"):
        bits, form, digits = ("<I", "<f", 9) if kind.type == "f32" else ("<Q", "<d", 17)
        return [f"{struct.unpack(form, struct.pack(bits, value))[0]:.{digits}g}"]
    return [str(value)]


_BY_GROUP: dict[str, Callable[[Module, Kind, Any], list[str]]] = {
    "register": lambda _, kind, word: [_register(kind.type, word)],
    "list": _list,
    "remap": _remap,
    "cases": _cases,
    "function": _function,
    "immediate": _immediate,
    "target": lambda _, kind, offset: [f"^{offset:08X}"],
    "global": lambda _, kind, value: [kind.text(value)],
    "segments": lambda _, kind, value: [f"segments[{', '.join(map(str, value))}]"],
    "string": lambda _, kind, value: [f'"{value.decode()}"'],
}
