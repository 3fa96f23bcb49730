"""The instruction set as a page of Markdown: `python -m transpile.isa.reference > docs/instructions.md`.

Everything on the page comes from the table.
"""

from __future__ import annotations

from collections.abc import Iterator

from transpile.isa import kinds
from transpile.isa.kinds import Kind
from transpile.isa.shapes import Field
from transpile.isa.table import TABLE, Op, Trait, instructions

_SETS = (
    (None, "Core", "No prefix."),
    (0xE0, "32-bit floats", "Prefix byte `0xE0`; needs the requirement bit EXT_F32."),
    (0xE1, "64-bit floats", "Prefix byte `0xE1`; needs the requirement bit EXT_F64."),
)

# Traits with something to say to a reader, and how the page says it.
_TRAITS = {
    Trait.PURE: "pure",
    Trait.COMMUTES: "commutes",
    Trait.MAY_FAIL: "may fail",
    Trait.READS: "reads",
    Trait.WRITES: "writes",
    Trait.ALLOCATES: "allocates",
    Trait.TERMINATOR: "ends the block",
    Trait.YIELDS: "may yield",
    Trait.MARKER: "starts a block",
    Trait.PREFIX: "selects a set",
}

_INTRODUCTION = """\
<!-- Generated from transpile/isa/table.py by `python -m transpile.isa.reference`; do not edit. -->

# Instructions

Every instruction of IREE VM bytecode 15 to 17, {count} in all, as `transpile/isa/table.py` has them. An instruction is
its opcode (behind its set's prefix byte), its operands and then its results, in the order of the columns below.
Disassembly, verification, lifting, both engines and this page follow from that table.

* **C function**: the instruction's meaning, in `csupport/ops.h`; both engines call it. Where there is none the
  instruction is structure: a constant, a branch, a call.
* **traits**: *pure* results depend on the operands alone and cannot fail; *may fail* has run-time checks; *reads* and
  *writes* memory, lists or globals; *commutes* allows left and right to change places.
* **since**: the first bytecode version that has the instruction, where that is not 15.
* Offsets and lengths of `buffer.load`, `buffer.store` and `buffer.fill` count elements; all others count bytes.
"""


def page() -> str:
    """The whole page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield _INTRODUCTION.format(count=sum(1 for _ in instructions()))
    yield from _kinds()
    for prefix, title, note in _SETS:
        yield f"\n## {title}\n\n{note}\n"
        yield "| opcode | mnemonic | operands | results | C function | traits | since | effect |"
        yield "|---|---|---|---|---|---|---|---|"
        yield from (_row(op) for op in TABLE if op.prefix == prefix)


def _kinds() -> Iterator[str]:
    yield "## Field kinds\n\nHow an operand or a result is stored:\n\n| kind | meaning |\n|---|---|"
    used = {field.kind.name for op in TABLE for field in op.shape}
    for kind in vars(kinds).values():
        if isinstance(kind, Kind) and kind.name in used:
            yield f"| `{kind.name}` | {_escaped(kind.doc)} |"


def _row(op: Op) -> str:
    operands = [field for field in op.shape if not field.is_result]
    results = [field for field in op.shape if field.is_result]
    traits = ", ".join(text for trait, text in _TRAITS.items() if trait in op.traits)
    cells = (
        f"`{op.code:#04x}`",
        f"`{op.mnemonic}`",
        _fields(operands),
        _fields(results),
        f"`{op.helper}`" if op.helper else "",
        traits,
        str(op.since) if op.since > 15 else "",
        _escaped(op.effect),
    )
    return f"| {' | '.join(cells)} |"


def _fields(fields: list[Field]) -> str:
    return ", ".join(f"{field.name} `{field.kind.name}`" for field in fields)


def _escaped(text: str) -> str:
    """Text for a table's cell."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;")


if __name__ == "__main__":
    print(page(), end="")
