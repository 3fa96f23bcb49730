"""Rules about one function: its descriptor, its signature, its blocks (V18 to V28)."""

from __future__ import annotations

from transpile.errors import Status
from transpile.verify.rule import Rule

_IA, _OOR = Status.INVALID_ARGUMENT, Status.OUT_OF_RANGE

FUNCTION_RULES: tuple[Rule, ...] = (
    Rule("V18", "The runtime has every feature the function requires", _IA,
         "As V2, for the requirements word of one function.  That the module's word covers those of its functions is "
         "not demanded, here as in IREE."),
    Rule("V19", "The register banks fit in a frame", Status.RESOURCE_EXHAUSTED,
         "IREE rounds register counts up to a power of two and refuses more than 0x7FFF words or 0x3FFF refs after "
         "that, so 16384 words and 8192 refs are the most a function can declare."),
    Rule("V20", "The calling convention has a known version", Status.UNIMPLEMENTED,
         "A convention string is empty or starts with '0', the only version of the notation."),
    Rule("V21", "The arguments of a function are plain values", _IA,
         "The argument part of the convention consists of i, I, f, F and r, or is the single v.  Spans (C...D) belong "
         "to imports: an internal function cannot be variadic."),
    Rule("V22", "The arguments fit in the function's frame", _IA,
         "On entry arguments occupy increasing registers, 64-bit ones even/odd pairs.  A frame has the declared counts "
         "rounded up to powers of two, at least one: assemblers do not count arguments that nothing reads.  Compilers "
         "before 3.5.0 placed an argument in the lowest free register; a version 15 function whose frame has room for "
         "that layout alone is accepted with it."),
    Rule("V23", "Instructions stand in blocks", _IA,
         "Code starts with a block marker, a terminator ends the block, and the next instruction must be a marker "
         "again.  A marker inside a block, or an instruction between blocks, is refused."),
    Rule("V24", "Every field lies inside the function", _OOR,
         "An instruction whose operands reach beyond the function's last byte is cut off.  The rest of the function "
         "cannot be decoded."),
    Rule("V25", "Every opcode is known and its extension is declared", _IA,
         "The opcode exists in the module's bytecode version: discard.refs and assign.ref appeared in 16, the "
         "yieldable calls in 17.  An f32 or f64 instruction also needs the requirement bit of its own function; the "
         "module's bit is not enough."),
    Rule("V26", "The last block ends in a terminator", _IA,
         "Otherwise execution would run past the function's end.  A `fail` counts as a terminator although it "
         "continues at the following byte when its status is 0: the engines define that case at the end of a "
         "function, since compilers do put `fail` last."),
    Rule("V27", "The block count is exact", _IA,
         "The descriptor's count equals the number of block markers.  IREE sizes its table of blocks by it."),
    Rule("V28", "Every branch leads to a block marker of the function", _IA,
         "The target is the offset of a marker that the walk through the function has seen, not of a byte that "
         "happens to look like one, and it is below 0x00FFFFFF.  A target beyond the end is OUT_OF_RANGE."),
)  # fmt: skip
