"""Field kinds: how one operand or result of an instruction is stored, and how it prints.

A decoded register is its raw 16-bit word; the functions `ordinal`, `is_ref` and `is_move` take it apart.  Everything
else decodes to a plain Python value: ints for immediates (floats as their bit pattern), tuples for lists.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from transpile.isa.stream import Cursor, Emitter

REF_BIT = 0x8000
MOVE_BIT = 0x4000
IMPORT_BIT = 0x8000_0000


def is_ref(word: int) -> bool:
    """Whether a register word names a ref register."""
    return bool(word & REF_BIT)


def is_move(word: int) -> bool:
    """Whether a ref register word consumes its register (its last use)."""
    return word & (REF_BIT | MOVE_BIT) == REF_BIT | MOVE_BIT


def ordinal(word: int) -> int:
    """Register number in the bank that the word names."""
    return word & 0x3FFF if word & REF_BIT else word


def ref_word(number: int, move: bool = False) -> int:
    """The register word of ref register `number`."""
    return REF_BIT | (MOVE_BIT if move else 0) | number


@dataclass(frozen=True)
class Kind:
    """How a field is stored (`decode`, `encode`) and shown (`text`).

    `group` says what the field is: register, immediate, global, rodata, function, type, target, string, list,
    segments, remap or cases.  `type` is the value type of a register, list element, immediate or global
    ("i32" … "ref", "any" for a list of both banks).  `moves`: the MOVE bit is allowed.  `buffer`: the ref is of a
    buffer that is accessed, `written`: and written.
    """

    name: str
    group: str
    decode: Callable[[Cursor], Any]
    encode: Callable[[Emitter, Any], None]
    text: Callable[[Any], str]
    type: str = ""
    moves: bool = False
    doc: str = ""
    buffer: bool = False
    written: bool = False

    def __repr__(self) -> str:
        return self.name


def _scalar(form: str) -> tuple[Callable[[Cursor], int], Callable[[Emitter, int], None]]:
    return (lambda c: c.take(form)), (lambda e, v: e.put(form, v))


def _register_text(type_name: str) -> Callable[[int], str]:
    def text(word: int) -> str:
        if type_name == "ref" or (type_name == "any" and is_ref(word)):
            return f"%{'R' if is_move(word) else 'r'}{ordinal(word)}"
        return f"%i{word}:{word + 1}" if type_name in ("i64", "f64") else f"%i{word}"

    return text


def _register(name: str, type_name: str, doc: str, moves: bool = False) -> Kind:
    decode, encode = _scalar("u16")
    return Kind(name, "register", decode, encode, _register_text(type_name), type_name, moves, doc)


def _list(name: str, element: str, doc: str, moves: bool = False, group: str = "list") -> Kind:
    def decode(c: Cursor) -> tuple[int, ...]:
        c.align2()
        return c.take_words(c.take("u16"))

    def encode(e: Emitter, words: tuple[int, ...]) -> None:
        e.align2()
        e.put("u16", len(words))
        e.put_words(words)

    show = _register_text(element) if group == "list" else str
    return Kind(
        name, group, decode, encode, lambda v: f"({', '.join(map(show, v))})", element, moves, doc
    )


def _decode_remap(c: Cursor) -> tuple[tuple[int, int], ...]:
    c.align2()
    words = c.take_words(2 * c.take("u16"))
    return tuple(zip(words[::2], words[1::2], strict=True))


def _encode_remap(e: Emitter, pairs: tuple[tuple[int, int], ...]) -> None:
    e.align2()
    e.put("u16", len(pairs))
    e.put_words(tuple(word for pair in pairs for word in pair))


def _remap_text(pairs: tuple[tuple[int, int], ...]) -> str:
    word = _register_text("any")
    return f"({', '.join(f'{word(s)}->{word(d)}' for s, d in pairs)})"


def _decode_cases(c: Cursor) -> tuple[tuple[int, tuple[tuple[int, int], ...]], ...]:
    return tuple((c.take("u32"), _decode_remap(c)) for _ in range(c.take("u16")))


def _encode_cases(e: Emitter, cases: tuple[tuple[int, tuple[tuple[int, int], ...]], ...]) -> None:
    e.put("u16", len(cases))
    for target, remap in cases:
        e.put("u32", target)
        _encode_remap(e, remap)


def _cases_text(cases: tuple[tuple[int, tuple[tuple[int, int], ...]], ...]) -> str:
    return f"[{', '.join(f'^{pc:08X}{_remap_text(remap)}' for pc, remap in cases)}]"


def _decode_string(c: Cursor) -> bytes:
    return c.take_bytes(c.take("u16"))


def _encode_string(e: Emitter, text: bytes) -> None:
    e.put("u16", len(text))
    e.put_bytes(text)


def _number(name: str, form: str, group: str, doc: str, text: Callable[[int], str] = str, type: str = "") -> Kind:
    decode, encode = _scalar(form)
    return Kind(name, group, decode, encode, text, type, doc=doc)


def _float_text(form: str, bits: str) -> Callable[[int], str]:
    def text(value: int) -> str:
        return repr(struct.unpack(form, struct.pack(bits, value))[0])

    return text


def _function_text(value: int) -> str:
    return f"@import[{value & ~IMPORT_BIT}]" if value & IMPORT_BIT else f"@fn[{value}]"


I32 = _register("i32", "i32", "register ordinal in the 32-bit bank")
I64 = _register("i64", "i64", "low register of an even/odd pair of the 32-bit bank")
F32 = _register("f32", "f32", "register ordinal in the 32-bit bank")
F64 = _register("f64", "f64", "low register of an even/odd pair of the 32-bit bank")
REF = _register("ref", "ref", "ref register that is only read")
BUFFER = replace(REF, name="buf", doc="ref register of a buffer that is read", buffer=True)
BUFFERW = replace(REF, name="bufw", doc="ref register of a buffer that is written", buffer=True, written=True)
REFM = _register("refm", "ref", "ref register; the MOVE bit consumes it", moves=True)

IMM_I32 = _number("#i32", "i32", "immediate", "4-byte integer", type="i32")
IMM_I64 = _number("#i64", "i64", "immediate", "8-byte integer", type="i64")
IMM_F32 = _number("#f32", "bits32", "immediate", "4-byte float, as bits", _float_text("<f", "<I"), "f32")
IMM_F64 = _number("#f64", "bits64", "immediate", "8-byte float, as bits", _float_text("<d", "<Q"), "f64")

GLOBAL_I32 = _number("g32:i32", "u32", "global", "byte offset of a 4-byte global", ".rwdata[{}]".format, "i32")
GLOBAL_I64 = _number("g32:i64", "u32", "global", "byte offset of an 8-byte global", ".rwdata[{}]".format, "i64")
GLOBAL_F32 = _number("g32:f32", "u32", "global", "byte offset of a 4-byte global", ".rwdata[{}]".format, "f32")
GLOBAL_F64 = _number("g32:f64", "u32", "global", "byte offset of an 8-byte global", ".rwdata[{}]".format, "f64")
GLOBAL_REF = _number("g32:ref", "u32", "global", "ordinal of a ref global", ".refs[{}]".format, "ref")
RODATA = _number("ro32", "u32", "rodata", "rodata segment ordinal", ".rodata[{}]".format)
FUNCTION = _number("fn32", "u32", "function", "function ordinal; bit 31 marks an import", _function_text)
TYPE = _number("ty32", "u32", "type", "index into the module's type table", "type[{}]".format)
TARGET = _number("pc32", "u32", "target", "branch target: offset of a block marker", "^{:08X}".format)
STRING = Kind(
    "str", "string", _decode_string, _encode_string, lambda v: repr(v)[1:], doc="u16 length, then the bytes"
)
LIST_I32 = _list("[i32]", "i32", "list of 32-bit registers")
LIST_I64 = _list("[i64]", "i64", "list of register pairs")
LIST_F32 = _list("[f32]", "f32", "list of 32-bit registers")
LIST_F64 = _list("[f64]", "f64", "list of register pairs")
LIST_REF = _list("[ref]", "ref", "list of ref registers (MOVE has no meaning)", moves=True)
LIST_REFM = _list("[refm]", "ref", "list of ref registers; MOVE consumes", moves=True)
LIST_ANY = _list("[any]", "any", "list of registers of both banks; a 64-bit value is one entry", moves=True)
SEGMENTS = _list("seg", "u16", "segment sizes of a variadic call; 0xFFFF for a plain item", group="segments")
REMAP = Kind(
    "remap", "remap", _decode_remap, _encode_remap, _remap_text, "any", True, "register copies on an edge, in order"
)
CASES = Kind(
    "cases", "cases", _decode_cases, _encode_cases, _cases_text, "any", True, "u16 n, then n targets and remaps"
)
