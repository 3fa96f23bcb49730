"""What instructions do, apart from the types that they do it with: what optimisers ask of a row of the table.

    add.i64        ADD of i64
    cmp.lt.i32.u   CMP_LT of i32, not signed
    buffer.load.i8.s   BUFFER_LOAD of i8, signed
"""

from __future__ import annotations

import enum

_TYPES = ("i8", "i16", "i32", "i64", "f32", "f64", "ref")
_WORDS = {*_TYPES, "si32", "ui32", "si64", "ui64", "s", "u", "o", "zero"}
"""Parts of a mnemonic that say of which types, not what is done."""
_SIGNS = {"s": True, "si32": True, "si64": True, "u": False, "ui32": False, "ui64": False}
_OWN = {"const.ref.zero": "null", "const.ref.rodata": "rodata"}


class Operation(enum.Enum):
    """What a row does; the value is its mnemonic without types."""

    GLOBAL_LOAD = "global.load"
    GLOBAL_STORE = "global.store"
    GLOBAL_LOAD_INDIRECT = "global.load.indirect"
    GLOBAL_STORE_INDIRECT = "global.store.indirect"
    CONST = "const"
    NULL = "null"
    RODATA = "rodata"
    LIST_ALLOC = "list.alloc"
    LIST_RESERVE = "list.reserve"
    LIST_SIZE = "list.size"
    LIST_RESIZE = "list.resize"
    LIST_GET = "list.get"
    LIST_SET = "list.set"
    SELECT = "select"
    SWITCH = "switch"
    ADD = "add"
    SUB = "sub"
    MUL = "mul"
    DIV = "div"
    REM = "rem"
    FMA = "fma"
    NOT = "not"
    AND = "and"
    OR = "or"
    XOR = "xor"
    SHL = "shl"
    SHR = "shr"
    TRUNC = "trunc"
    EXT = "ext"
    CMP_EQ = "cmp.eq"
    CMP_NE = "cmp.ne"
    CMP_LT = "cmp.lt"
    CMP_NZ = "cmp.nz"
    BR = "br"
    COND_BR = "cond_br"
    CALL = "call"
    CALL_VARIADIC = "call.variadic"
    RETURN = "return"
    FAIL = "fail"
    IMPORT_RESOLVED = "import.resolved"
    YIELD = "yield"
    TRACE = "trace"
    PRINT = "print"
    COND_BREAK = "cond_break"
    BREAK = "break"
    BUFFER_LOAD = "buffer.load"
    BUFFER_STORE = "buffer.store"
    BUFFER_ALLOC = "buffer.alloc"
    BUFFER_CLONE = "buffer.clone"
    BUFFER_LENGTH = "buffer.length"
    BUFFER_COPY = "buffer.copy"
    BUFFER_COMPARE = "buffer.compare"
    BUFFER_FILL = "buffer.fill"
    CTLZ = "ctlz"
    ABS = "abs"
    BLOCK = "block"
    MIN = "min"
    MAX = "max"
    CAST_ANY = "cast.any"
    BR_TABLE = "br_table"
    BUFFER_HASH = "buffer.hash"
    DISCARD_REFS = "discard.refs"
    ASSIGN = "assign"
    CALL_YIELDABLE = "call.yieldable"
    CALL_VARIADIC_YIELDABLE = "call.variadic.yieldable"
    PREFIX_EXT_F32 = "prefix.ext_f32"
    PREFIX_EXT_F64 = "prefix.ext_f64"
    NEG = "neg"
    CEIL = "ceil"
    FLOOR = "floor"
    CAST = "cast"
    BITCAST = "bitcast"
    ATAN = "atan"
    ATAN2 = "atan2"
    COS = "cos"
    SIN = "sin"
    EXP = "exp"
    EXP2 = "exp2"
    EXPM1 = "expm1"
    LOG = "log"
    LOG10 = "log10"
    LOG1P = "log1p"
    LOG2 = "log2"
    POW = "pow"
    RSQRT = "rsqrt"
    SQRT = "sqrt"
    TANH = "tanh"
    ERF = "erf"
    CMP_LTE = "cmp.lte"
    CMP_NAN = "cmp.nan"
    ROUND = "round"
    ROUND_EVEN = "round.even"
    FPOWI = "fpowi"
    WORD_PACK = "word.pack"
    WORD_LOW = "word.low"
    WORD_HIGH = "word.high"
    BUFFER_SPAN = "buffer.span"
    SPAN_RODATA = "span.rodata"
    SPAN_NEW = "span.new"
    KERNEL_BINDING = "kernel.binding"
    KERNEL_CONSTANTS = "kernel.constants"
    KERNEL_WORD = "kernel.word"
    RETAIN = "retain"
    RELEASE = "release"


CONSTANTS = frozenset({Operation.CONST, Operation.NULL, Operation.RODATA})
CALLS = frozenset(
    {Operation.CALL, Operation.CALL_VARIADIC, Operation.CALL_YIELDABLE, Operation.CALL_VARIADIC_YIELDABLE}
)
GLOBALS = frozenset(
    {
        *(Operation.GLOBAL_LOAD, Operation.GLOBAL_STORE),
        *(Operation.GLOBAL_LOAD_INDIRECT, Operation.GLOBAL_STORE_INDIRECT),
    }
)
COMPARISONS = frozenset(each for each in Operation if each.value.startswith("cmp."))


def operation_of(mnemonic: str) -> Operation:
    """What an instruction of this name does."""
    stem = ".".join(word for word in mnemonic.split(".") if word not in _WORDS)
    return Operation(_OWN.get(mnemonic, stem))


def type_of(mnemonic: str) -> str:
    """The type that it does it with, or from: the first one in the name; empty where there is none."""
    return next((word for word in mnemonic.split(".") if word in _TYPES), "")


def target_of(mnemonic: str) -> str:
    """The type that it makes: the last one in the name; empty where there is none."""
    words = (word.lstrip("su") for word in reversed(mnemonic.split(".")))
    return next((word for word in words if word in _TYPES), "")


def sign_of(mnemonic: str) -> bool | None:
    """Whether it takes integers for signed ones; None where that makes no difference."""
    if mnemonic.startswith("cmp.") and ".i" not in mnemonic:
        return None  # whether it is ordered
    return next((_SIGNS[word] for word in mnemonic.split(".") if word in _SIGNS), None)
