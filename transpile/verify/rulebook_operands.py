"""Rules about single operands (V29 to V39) and calls (V40 to V43)."""

from __future__ import annotations

from transpile.errors import Status
from transpile.verify.rule import Rule

_IA, _OOR = Status.INVALID_ARGUMENT, Status.OUT_OF_RANGE

_LOST = (
    "  Released runtimes 3.10.0 to 3.13.0 do not run this check on fixed operands: a change of January 2026 renamed "
    "the hooks on one side only, so a module that breaks the rule loads there and then accesses memory out of bounds.  "
    "Runtimes of bytecode version 15 do refuse it."
)

OPERAND_RULES: tuple[Rule, ...] = (
    Rule("V29", "A 32-bit operand names a register of the word bank", _OOR,
         "Bit 15 marks ref registers and must be clear (INVALID_ARGUMENT), and the ordinal must be below the declared "
         "number of words.  The count is used exactly; IREE rounds it up to a power of two, which lets a module touch "
         "registers that its frame does not own." + _LOST),
    Rule("V30", "A 64-bit operand names a register pair", _OOR,
         "Bit 15 is clear, the ordinal is even (both INVALID_ARGUMENT), and both halves are below the declared number "
         "of words." + _LOST),
    Rule("V31", "A ref operand names a register of the ref bank", _OOR,
         "Bit 15 must be set (INVALID_ARGUMENT) and the ordinal must be below the declared number of refs." + _LOST),
    Rule("V32", "MOVE stands only where an operand may be consumed", _IA,
         "Operands that an instruction only looks at, such as the buffer of a load, cannot give up their register.  "
         "Compilers of bytecode version 15 set the bit anywhere and its runtimes ignore it on fixed operands, so the "
         "rule holds from version 16 on." + _LOST),
    Rule("V33", "Every entry of a register list is a valid register", _OOR,
         "Entries of a typed list obey V29, V30 or V31, those of discard.refs included, whose bank IREE does not look "
         "at.  In a list of both banks each entry is in range of the bank it names.  Before July 2024 IREE did not "
         "check the latter kind at all."),
    Rule("V34", "Register copies on an edge stay inside the banks", _OOR,
         "Source and destination of each copy are in range, and both name the same bank (INVALID_ARGUMENT).  IREE "
         "looks at the bank of each alone and then copies within the source's; no compiler writes mixed pairs.  "
         "Compilers of early version 15 use a scratch register here that the declared count leaves out, so in that "
         "version, and only here, the count is rounded up to a power of two: frames must have that many registers."),
    Rule("V35", "A type operand is an index into the type table", _OOR,
         "Type checks at run time read the table without a check of their own." + _LOST),
    Rule("V36", "A rodata operand is an index into the rodata segments", _OOR,
         "Constants are made from it without a check at run time."),
    Rule("V37", "A global access lies inside the primitive globals", _OOR,
         "The offset plus 4 bytes for i32 and f32, plus 8 for i64 and f64, is at most the size of the globals.  IREE "
         "adds in 32 bits, so that an offset of 0xFFFFFFFC passes, and counts 4 bytes for f64; both are refused."),
    Rule("V38", "A ref global exists", _OOR,
         "The ordinal is below the module's number of ref globals."),
    Rule("V39", "A function operand refers to an import or to a function", _IA,
         "Bit 31 selects the imports; the other bits are the index.  The loader of 3.13.0 crashes on a call of an "
         "internal function that does not exist, where this rule should have stopped it."),
    Rule("V40", "A variadic call calls an import", Status.FAILED_PRECONDITION,
         "Only imports have spans in their convention, and only the variadic forms carry segment sizes."),
    Rule("V41", "import.resolved asks about an import", _IA,
         "An internal function is always there; bit 31 of the ordinal must be set."),
    Rule("V42", "Operands and results of a call fit the callee's convention", _OOR,
         "From left to right there is an entry for every value, of the right bank, pairs even (INVALID_ARGUMENT) and "
         "complete.  Spans need a segment list (INVALID_ARGUMENT) with an entry for each item of the convention; the "
         "entry of a span is its count of tuples, the entry of a plain value is not looked at.  Surplus entries are "
         "ignored, as in IREE."),
    Rule("V43", "A return gives what the function's convention promises", _OOR,
         "As V42, for the operands of `return` against the results of the function itself.  Surplus entries are "
         "ignored."),
    Rule("V47", "The results of a function are plain values", _IA,
         "The result part of the convention consists of i, I, f, F and r, or is the single v.  IREE notices another "
         "character only at a `return` or a call that gets so far."),
)  # fmt: skip
