"""The instructions by name, spelled out independently of the instruction table: the test compares three things."""

INT, FLOAT = ("i32", "i64"), ("f32", "f64")
PRIM = INT + FLOAT

STRUCTURAL = frozenset(
    [f"const.{t}{zero}" for t in PRIM for zero in ("", ".zero")]
    + "const.ref.zero br cond_br call call.variadic return yield trace print cond_break break block br_table".split()
    + "discard.refs assign.ref call.yieldable call.variadic.yieldable prefix.ext_f32 prefix.ext_f64".split()
)


def _integer(t: str) -> list[str]:
    signed = [f"{op}.{t}.{s}" for op in ("div", "rem", "shr", "min", "max", "cmp.lt") for s in "su"]
    plain = "add sub mul fma abs not and or xor shl cmp.eq cmp.ne cmp.nz ctlz"
    return signed + [f"{op}.{t}" for op in plain.split()]


def _float(t: str) -> list[str]:
    compare = [f"cmp.{op}.{t}.{order}" for op in ("eq", "ne", "lt", "lte") for order in "ou"]
    plain = "add sub mul div rem fma abs neg ceil floor round min max atan atan2 cos sin exp exp2 expm1"
    more = "log log10 log1p log2 pow rsqrt sqrt tanh erf cmp.nan fpowi"
    casts = [f"cast.{i}.{t}" for i in ("si32", "ui32", "si64", "ui64")]
    back = [f"cast.{t}.{i}" for i in ("si32", "ui32", "si64", "ui64")]
    return compare + [f"{op}.{t}" for op in (plain + " " + more).split()] + casts + back + [f"round.{t}.even"]


def _any(t: str) -> list[str]:
    moves = "global.load global.store global.load.indirect global.store.indirect list.get list.set select switch"
    return [f"{op}.{t}" for op in moves.split()]


SEMANTIC = frozenset(
    [name for t in INT for name in _integer(t)]
    + [name for t in FLOAT for name in _float(t)]
    + [name for t in (*PRIM, "ref") for name in _any(t)]
    + [f"cmp.{op}.ref" for op in ("eq", "ne", "nz")]
    + "trunc.i32.i8 trunc.i32.i16 trunc.i64.i32 trunc.f64.f32 ext.f32.f64 ext.i32.i64.s ext.i32.i64.u".split()
    + [f"ext.{narrow}.i32.{s}" for narrow in ("i8", "i16") for s in "su"]
    + "bitcast.i32.f32 bitcast.f32.i32 bitcast.i64.f64 bitcast.f64.i64".split()
    + [f"buffer.load.{w}.{s}" for w in ("i8", "i16") for s in "su"]
    + [f"buffer.load.{t}" for t in PRIM]
    + [f"buffer.{op}.{t}" for op in ("store", "fill") for t in ("i8", "i16", *PRIM)]
    + [f"buffer.{op}" for op in "alloc clone length copy compare hash".split()]
    + [f"list.{op}" for op in "alloc reserve size resize".split()]
    + "const.ref.rodata cast.any.ref fail import.resolved".split()
)


def helper_name(mnemonic: str) -> str:
    """`add.i32` is `vm_add_i32`."""
    return "vm_" + mnemonic.replace(".", "_")
