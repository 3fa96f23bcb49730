"""Rows of the table that have no opcode: what lifting and the passes add to the instruction set.

`word.*` take 64-bit values apart and put them together while registers are lifted slot by slot; the spans hold
a buffer's base and length, loaded once; `ref.retain` and `ref.release` make ownership explicit.
"""

from __future__ import annotations

from transpile.isa import kinds as k
from transpile.isa.shapes import Field
from transpile.isa.table import ALLOCATES, PURE, WRITES, Op, Trait


def _derived(mnemonic: str, fields: tuple[Field, ...], helper: str, traits: Trait, effect: str) -> Op:
    return Op(None, -1, mnemonic, fields, helper, traits, effect)


def _io(*operands: Field, result: k.Kind | None = None) -> tuple[Field, ...]:
    return operands if result is None else (*operands, Field(result, "result", True))


_REF = Field(k.REF, "operand")

WORD_PACK = _derived(
    "word.pack", _io(Field(k.I32, "low"), Field(k.I32, "high"), result=k.I64), "vm_word_pack", PURE, "high:low"
)
WORD_LOW = _derived(
    "word.low", _io(Field(k.I64, "operand"), result=k.I32), "vm_word_low", PURE, "low 32 bits"
)
WORD_HIGH = _derived(
    "word.high", _io(Field(k.I64, "operand"), result=k.I32), "vm_word_high", PURE, "high 32 bits"
)
BUFFER_SPAN = _derived(
    "buffer.span", _io(_REF, result=k.REF), "vm_buffer_span", PURE, "base and length of a buffer; faults if it is none"
)
RODATA_SPAN = _derived(
    "span.rodata", _io(Field(k.RODATA, "rodata"), result=k.REF), "vm_rodata_span", PURE, "the span of a constant"
)
NEW_SPAN = _derived(
    "span.new",
    _io(_REF, Field(k.I64, "length"), result=k.REF),
    "vm_new_span",
    PURE,
    "the span of a buffer that was just allocated with this length",
)
KERNEL_BINDING = _derived(
    "kernel.binding", _io(Field(k.RODATA, "index"), result=k.REF), "vm_kernel_binding", PURE, "the span of a binding"
)
KERNEL_CONSTANTS = _derived(
    "kernel.constants", _io(result=k.REF), "vm_kernel_constants", PURE, "the span of the dispatch's constants"
)
KERNEL_WORD = _derived(
    "kernel.word",
    _io(Field(k.RODATA, "index"), result=k.I32),
    "vm_kernel_word",
    PURE,
    "a word of the dispatch's constants, which is there",
)
REF_RETAIN = _derived("ref.retain", _io(_REF, result=k.REFM), "vm_retain", ALLOCATES, "one more owned reference")
REF_RELEASE = _derived("ref.release", _io(_REF), "vm_release", WRITES, "gives the reference back")

DERIVED: dict[str, Op] = {
    op.mnemonic: op
    for op in (
        *(WORD_PACK, WORD_LOW, WORD_HIGH),
        *(BUFFER_SPAN, RODATA_SPAN, NEW_SPAN, KERNEL_BINDING, KERNEL_CONSTANTS, KERNEL_WORD),
        *(REF_RETAIN, REF_RELEASE),
    )
}
