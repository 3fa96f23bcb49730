"""The instruction set: one row an instruction, everything else follows from it.

A row is: opcode, mnemonic (IREE's, without `vm.`), operand layout, the C function in `csupport/ops.h` that is the
instruction's meaning (None where the instruction is structure: constants, branches, calls), traits, and the effect in
one line.  `since` is the bytecode version that introduced the instruction.  Offsets and lengths of `buffer.load`,
`store` and `fill` count elements; all others count bytes.  Decoding, verification, lifting, both engines and
`docs/instructions.md` read this table; no other file names opcodes one by one.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, partial

from transpile.isa.kinds import *
from transpile.isa.operations import Operation, operation_of, sign_of, target_of, type_of
from transpile.isa.shapes import *
from transpile.isa.shapes import Field, Shape


class Trait(enum.Flag):
    """What the optimiser, the verifier and the emitter need to know of an instruction."""

    NONE = 0
    PURE = enum.auto()  # result depends on the operands alone; cannot fail
    COMMUTES = enum.auto()  # left and right may be exchanged
    MAY_FAIL = enum.auto()  # has run-time checks
    READS = enum.auto()  # depends on memory, lists or globals
    WRITES = enum.auto()  # changes memory, lists or globals, or is otherwise observable
    ALLOCATES = enum.auto()  # result is a new object
    TERMINATOR = enum.auto()  # ends a block
    YIELDS = enum.auto()  # may suspend the caller
    MARKER = enum.auto()  # starts a block
    PREFIX = enum.auto()  # selects an extension set


PURE, COMMUTES, MAY_FAIL, READS, WRITES = Trait.PURE, Trait.COMMUTES, Trait.MAY_FAIL, Trait.READS, Trait.WRITES
ALLOCATES, TERMINATOR, YIELDS = Trait.ALLOCATES, Trait.TERMINATOR, Trait.YIELDS
MARKER, PREFIX = Trait.MARKER, Trait.PREFIX
LOADS, STORES, CALLS = READS | MAY_FAIL, WRITES | MAY_FAIL, READS | WRITES | MAY_FAIL


class Feature(enum.IntFlag):
    """Requirement bits of modules and functions."""

    NONE = 0
    EXT_F32 = 1
    EXT_F64 = 2
    YIELD = 4
    UNWIND = 8


@dataclass(frozen=True)
class Op:
    """One row of the table."""

    prefix: int | None  # byte before the opcode: None, 0xE0 or 0xE1
    code: int
    mnemonic: str
    shape: Shape
    helper: str | None
    traits: Trait
    effect: str
    since: int = 15
    feature: Feature = Feature.NONE
    vector: str = ""
    """The instruction as operators of C that work on vectors lane by lane (unsigned ones for integers); empty where
    there is no such form."""

    @cached_property
    def does(self) -> Operation:
        """What it does, apart from types."""
        return operation_of(self.mnemonic)

    @cached_property
    def type(self) -> str:
        """The type that it works on: `i64`, `f32`, of memory also `i8`; empty where there is none."""
        return type_of(self.mnemonic)

    @cached_property
    def target(self) -> str:
        """The type that it makes: `i64`, `f32`, of conversions also `i8`, which an i32 holds."""
        return target_of(self.mnemonic)

    @cached_property
    def signed(self) -> bool | None:
        """Whether it takes integers for signed ones; None where that makes no difference."""
        return sign_of(self.mnemonic)

    @property
    def operands(self) -> tuple[Field, ...]:
        return tuple(f for f in self.shape if not f.is_result)

    @property
    def result(self) -> Field | None:
        return next((f for f in self.shape if f.is_result), None)

    def __repr__(self) -> str:
        return self.mnemonic


def _row(
    prefix: int | None,
    feature: Feature,
    code: int,
    mnemonic: str,
    shape: Shape,
    helper: str | None,
    traits: Trait,
    effect: str,
    since: int = 15,
    vector: str = "",
) -> Op:
    return Op(prefix, code, mnemonic, shape, helper, traits, effect, since, feature, vector)


core = partial(_row, None, Feature.NONE)
"""A row of the core set; `f32` and `f64` make those of the sets ext_f32 and ext_f64."""
f32 = partial(_row, 0xE0, Feature.EXT_F32)
f64 = partial(_row, 0xE1, Feature.EXT_F64)


# fmt: off
TABLE: tuple[Op, ...] = (
    core(0x00, "global.load.i32",           global_load(GLOBAL_I32, I32),  "vm_global_load_i32",           READS,                       "result = load4(globals + byte_offset)"),
    core(0x01, "global.store.i32",          global_store(GLOBAL_I32, I32), "vm_global_store_i32",          WRITES,                      "store4(globals + byte_offset, value)"),
    core(0x02, "global.load.indirect.i32",  global_load(I32, I32),         "vm_global_load_indirect_i32",  LOADS,                       "result = load4(globals + u32(byte_offset))"),
    core(0x03, "global.store.indirect.i32", global_store(I32, I32),        "vm_global_store_indirect_i32", STORES,                      "store4(globals + u32(byte_offset), value)"),
    core(0x04, "global.load.i64",           global_load(GLOBAL_I64, I64),  "vm_global_load_i64",           READS,                       "result = load8(globals + byte_offset)"),
    core(0x05, "global.store.i64",          global_store(GLOBAL_I64, I64), "vm_global_store_i64",          WRITES,                      "store8(globals + byte_offset, value)"),
    core(0x06, "global.load.indirect.i64",  global_load(I32, I64),         "vm_global_load_indirect_i64",  LOADS,                       "result = load8(globals + u32(byte_offset))"),
    core(0x07, "global.store.indirect.i64", global_store(I32, I64),        "vm_global_store_indirect_i64", STORES,                      "store8(globals + u32(byte_offset), value)"),
    core(0x08, "global.load.ref",           global_load_ref(GLOBAL_REF),   "vm_global_load_ref",           LOADS,                       "value = retain(refs[global]) if its type is `type`; MOVE empties the global"),
    core(0x09, "global.store.ref",          global_store_ref(GLOBAL_REF),  "vm_global_store_ref",          STORES,                      "refs[global] = retain(value) if its type is `type`"),
    core(0x0A, "global.load.indirect.ref",  global_load_ref(I32),          "vm_global_load_indirect_ref",  LOADS,                       "value = retain(refs[u32(global)]), range-checked"),
    core(0x0B, "global.store.indirect.ref", global_store_ref(I32),         "vm_global_store_indirect_ref", STORES,                      "refs[u32(global)] = retain(value), range-checked"),
    core(0x0C, "const.i32.zero",            nullary(I32),                  None,                           PURE,                        "result = 0"),
    core(0x0D, "const.i32",                 immediate(IMM_I32, I32),       None,                           PURE,                        "result = value (bit exact)"),
    core(0x0E, "const.i64.zero",            nullary(I64),                  None,                           PURE,                        "result = 0"),
    core(0x0F, "const.i64",                 immediate(IMM_I64, I64),       None,                           PURE,                        "result = value (bit exact)"),
    core(0x10, "const.ref.zero",            nullary(REFM),                 None,                           PURE,                        "result = null"),
    core(0x11, "const.ref.rodata",          CONST_RODATA,                  "vm_const_ref_rodata",          PURE,                        "value = the buffer of that segment, read-only"),
    core(0x12, "list.alloc",                LIST_ALLOC,                    "vm_list_alloc",                ALLOCATES | MAY_FAIL,        "result = new list of size 0"),
    core(0x13, "list.reserve",              LIST_RESERVE,                  "vm_list_reserve",              STORES,                      "capacity >= u32(minimum_capacity)"),
    core(0x14, "list.size",                 LIST_SIZE,                     "vm_list_size",                 LOADS,                       "result = number of elements"),
    core(0x15, "list.resize",               LIST_RESIZE,                   "vm_list_resize",               STORES,                      "size = u32(new_size); new slots are zero"),
    core(0x16, "list.get.i32",              list_get(I32),                 "vm_list_get_i32",              LOADS,                       "result = list[u32(index)], converted"),
    core(0x17, "list.set.i32",              list_set(I32),                 "vm_list_set_i32",              STORES,                      "list[u32(index)] = value, converted"),
    core(0x18, "list.get.i64",              list_get(I64),                 "vm_list_get_i64",              LOADS,                       "result = list[u32(index)], converted"),
    core(0x19, "list.set.i64",              list_set(I64),                 "vm_list_set_i64",              STORES,                      "list[u32(index)] = value, converted"),
    core(0x1A, "list.get.ref",              LIST_GET_REF,                  "vm_list_get_ref",              LOADS,                       "result = list[u32(index)], null if not of `type`; MOVE takes it out"),
    core(0x1B, "list.set.ref",              list_set(REFM),                "vm_list_set_ref",              STORES,                      "list[u32(index)] = value; type checked in a typed list"),
    core(0x1C, "select.i32",                select(I32),                   "vm_select_i32",                PURE,                        "result = condition != 0 ? true_value : false_value"),
    core(0x1D, "select.i64",                select(I64),                   "vm_select_i64",                PURE,                        "result = condition != 0 ? true_value : false_value"),
    core(0x1E, "select.ref",                SELECT_REF,                    "vm_select_ref",                MAY_FAIL,                    "result = condition ? true_value : false_value, if its type is `type`"),
    core(0x1F, "switch.i32",                switch(I32, LIST_I32),         "vm_switch_i32",                PURE,                        "0 <= index < n ? values[index] : default_value"),
    core(0x20, "switch.i64",                switch(I64, LIST_I64),         "vm_switch_i64",                PURE,                        "0 <= index < n ? values[index] : default_value"),
    core(0x21, "switch.ref",                SWITCH_REF,                    "vm_switch_ref",                MAY_FAIL,                    "result = 0 <= index < n ? values[index] : default_value, if of `type`"),
    core(0x22, "add.i32",                   binary(I32),                   "vm_add_i32",                   PURE | COMMUTES,             "left + right, wraps", vector="{} + {}"),
    core(0x23, "sub.i32",                   binary(I32),                   "vm_sub_i32",                   PURE,                        "left - right, wraps", vector="{} - {}"),
    core(0x24, "mul.i32",                   binary(I32),                   "vm_mul_i32",                   PURE | COMMUTES,             "left * right, wraps", vector="{} * {}"),
    core(0x25, "div.i32.s",                 binary(I32),                   "vm_div_i32_s",                 MAY_FAIL,                    "quotient toward zero; right == 0 fails"),
    core(0x26, "div.i32.u",                 binary(I32),                   "vm_div_i32_u",                 MAY_FAIL,                    "quotient; right == 0 fails"),
    core(0x27, "rem.i32.s",                 binary(I32),                   "vm_rem_i32_s",                 MAY_FAIL,                    "remainder; right == 0 fails"),
    core(0x28, "rem.i32.u",                 binary(I32),                   "vm_rem_i32_u",                 MAY_FAIL,                    "remainder; right == 0 fails"),
    core(0x29, "fma.i32",                   ternary(I32),                  "vm_fma_i32",                   PURE,                        "first*second + third, wraps", vector="{} * {} + {}"),
    core(0x2A, "add.i64",                   binary(I64),                   "vm_add_i64",                   PURE | COMMUTES,             "left + right, wraps", vector="{} + {}"),
    core(0x2B, "sub.i64",                   binary(I64),                   "vm_sub_i64",                   PURE,                        "left - right, wraps", vector="{} - {}"),
    core(0x2C, "mul.i64",                   binary(I64),                   "vm_mul_i64",                   PURE | COMMUTES,             "left * right, wraps", vector="{} * {}"),
    core(0x2D, "div.i64.s",                 binary(I64),                   "vm_div_i64_s",                 MAY_FAIL,                    "quotient toward zero; right == 0 fails"),
    core(0x2E, "div.i64.u",                 binary(I64),                   "vm_div_i64_u",                 MAY_FAIL,                    "quotient; right == 0 fails"),
    core(0x2F, "rem.i64.s",                 binary(I64),                   "vm_rem_i64_s",                 MAY_FAIL,                    "remainder; right == 0 fails"),
    core(0x30, "rem.i64.u",                 binary(I64),                   "vm_rem_i64_u",                 MAY_FAIL,                    "remainder; right == 0 fails"),
    core(0x31, "fma.i64",                   ternary(I64),                  "vm_fma_i64",                   PURE,                        "first*second + third, wraps", vector="{} * {} + {}"),
    core(0x32, "not.i32",                   unary(I32),                    "vm_not_i32",                   PURE,                        "~operand"),
    core(0x33, "and.i32",                   binary(I32),                   "vm_and_i32",                   PURE | COMMUTES,             "left & right"),
    core(0x34, "or.i32",                    binary(I32),                   "vm_or_i32",                    PURE | COMMUTES,             "left | right"),
    core(0x35, "xor.i32",                   binary(I32),                   "vm_xor_i32",                   PURE | COMMUTES,             "left ^ right"),
    core(0x36, "not.i64",                   unary(I64),                    "vm_not_i64",                   PURE,                        "~operand"),
    core(0x37, "and.i64",                   binary(I64),                   "vm_and_i64",                   PURE | COMMUTES,             "left & right"),
    core(0x38, "or.i64",                    binary(I64),                   "vm_or_i64",                    PURE | COMMUTES,             "left | right"),
    core(0x39, "xor.i64",                   binary(I64),                   "vm_xor_i64",                   PURE | COMMUTES,             "left ^ right"),
    core(0x3A, "shl.i32",                   shift(I32),                    "vm_shl_i32",                   PURE,                        "operand << (amount & 31), wraps"),
    core(0x3B, "shr.i32.s",                 shift(I32),                    "vm_shr_i32_s",                 PURE,                        "arithmetic >> (amount & 31)"),
    core(0x3C, "shr.i32.u",                 shift(I32),                    "vm_shr_i32_u",                 PURE,                        "logical >> (amount & 31)"),
    core(0x3D, "shl.i64",                   shift(I64),                    "vm_shl_i64",                   PURE,                        "operand << (amount & 63), wraps"),
    core(0x3E, "shr.i64.s",                 shift(I64),                    "vm_shr_i64_s",                 PURE,                        "arithmetic >> (amount & 63)"),
    core(0x3F, "shr.i64.u",                 shift(I64),                    "vm_shr_i64_u",                 PURE,                        "logical >> (amount & 63)"),
    core(0x40, "trunc.i32.i8",              unary(I32),                    "vm_trunc_i32_i8",              PURE,                        "operand & 0xFF (zero-extended)"),
    core(0x41, "trunc.i32.i16",             unary(I32),                    "vm_trunc_i32_i16",             PURE,                        "operand & 0xFFFF (zero-extended)"),
    core(0x42, "trunc.i64.i32",             unary(I64, I32),               "vm_trunc_i64_i32",             PURE,                        "low 32 bits"),
    core(0x43, "ext.i8.i32.s",              unary(I32),                    "vm_ext_i8_i32_s",              PURE,                        "sign-extend bits 0..7"),
    core(0x44, "ext.i8.i32.u",              unary(I32),                    "vm_ext_i8_i32_u",              PURE,                        "zero-extend bits 0..7"),
    core(0x45, "ext.i16.i32.s",             unary(I32),                    "vm_ext_i16_i32_s",             PURE,                        "sign-extend bits 0..15"),
    core(0x46, "ext.i16.i32.u",             unary(I32),                    "vm_ext_i16_i32_u",             PURE,                        "zero-extend bits 0..15"),
    core(0x47, "ext.i32.i64.s",             unary(I32, I64),               "vm_ext_i32_i64_s",             PURE,                        "sign-extend"),
    core(0x48, "ext.i32.i64.u",             unary(I32, I64),               "vm_ext_i32_i64_u",             PURE,                        "zero-extend"),
    core(0x49, "cmp.eq.i32",                binary(I32),                   "vm_cmp_eq_i32",                PURE | COMMUTES,             "left == right -> 1/0"),
    core(0x4A, "cmp.ne.i32",                binary(I32),                   "vm_cmp_ne_i32",                PURE | COMMUTES,             "left != right -> 1/0"),
    core(0x4B, "cmp.lt.i32.s",              binary(I32),                   "vm_cmp_lt_i32_s",              PURE,                        "signed <"),
    core(0x4C, "cmp.lt.i32.u",              binary(I32),                   "vm_cmp_lt_i32_u",              PURE,                        "unsigned <"),
    core(0x4D, "cmp.nz.i32",                unary(I32),                    "vm_cmp_nz_i32",                PURE,                        "operand != 0 -> 1/0"),
    core(0x4E, "cmp.eq.i64",                binary(I64, I32),              "vm_cmp_eq_i64",                PURE | COMMUTES,             "left == right -> 1/0"),
    core(0x4F, "cmp.ne.i64",                binary(I64, I32),              "vm_cmp_ne_i64",                PURE | COMMUTES,             "left != right -> 1/0"),
    core(0x50, "cmp.lt.i64.s",              binary(I64, I32),              "vm_cmp_lt_i64_s",              PURE,                        "signed <"),
    core(0x51, "cmp.lt.i64.u",              binary(I64, I32),              "vm_cmp_lt_i64_u",              PURE,                        "unsigned <"),
    core(0x52, "cmp.nz.i64",                unary(I64, I32),               "vm_cmp_nz_i64",                PURE,                        "operand != 0 -> 1/0"),
    core(0x53, "cmp.eq.ref",                binary(REF, I32),              "vm_cmp_eq_ref",                PURE | COMMUTES,             "same object (or both null) -> 1"),
    core(0x54, "cmp.ne.ref",                binary(REF, I32),              "vm_cmp_ne_ref",                PURE | COMMUTES,             "not same object -> 1"),
    core(0x55, "cmp.nz.ref",                unary(REF, I32),               "vm_cmp_nz_ref",                PURE,                        "non-null -> 1"),
    core(0x56, "br",                        BRANCH,                        None,                           TERMINATOR,                  "goes to dest"),
    core(0x57, "cond_br",                   COND_BRANCH,                   None,                           TERMINATOR,                  "goes to true_dest if condition != 0, else to false_dest"),
    core(0x58, "call",                      CALL,                          None,                           CALLS,                       "results = callee(operands)"),
    core(0x59, "call.variadic",             CALL_VARIADIC,                 None,                           CALLS,                       "results = import(operands), spans sized by segments"),
    core(0x5A, "return",                    RETURN,                        None,                           TERMINATOR,                  "returns the operands"),
    core(0x5B, "fail",                      FAIL,                          "vm_fail",                      TERMINATOR | MAY_FAIL,       "status == 0: does nothing; otherwise ends the call with status & 31 and the message"),
    core(0x5C, "import.resolved",           IMPORT_RESOLVED,               "vm_import_resolved",           PURE,                        "1 if the optional import is bound"),
    core(0x5D, "yield",                     BRANCH,                        None,                           TERMINATOR | YIELDS,         "goes to dest (a place where a call may be suspended)"),
    core(0x5E, "trace",                     EVENT,                         None,                           WRITES,                      "no output"),
    core(0x5F, "print",                     EVENT,                         None,                           WRITES,                      "no output"),
    core(0x60, "cond_break",                COND_BREAK,                    None,                           TERMINATOR,                  "goes to dest; the condition is ignored"),
    core(0x61, "break",                     BRANCH,                        None,                           TERMINATOR,                  "goes to dest"),
    core(0x62, "buffer.load.i8.u",          buffer_load(I32),              "vm_buffer_load_i8_u",          LOADS,                       "result = i8.u at element source_offset"),
    core(0x63, "buffer.load.i8.s",          buffer_load(I32),              "vm_buffer_load_i8_s",          LOADS,                       "result = i8.s at element source_offset"),
    core(0x64, "buffer.load.i16.u",         buffer_load(I32),              "vm_buffer_load_i16_u",         LOADS,                       "result = i16.u at element source_offset"),
    core(0x65, "buffer.load.i16.s",         buffer_load(I32),              "vm_buffer_load_i16_s",         LOADS,                       "result = i16.s at element source_offset"),
    core(0x66, "buffer.load.i32",           buffer_load(I32),              "vm_buffer_load_i32",           LOADS,                       "result = i32 at element source_offset"),
    core(0x67, "buffer.load.i64",           buffer_load(I64),              "vm_buffer_load_i64",           LOADS,                       "result = i64 at element source_offset"),
    core(0x68, "buffer.store.i8",           buffer_store(I32),             "vm_buffer_store_i8",           STORES,                      "i8 at element target_offset = value"),
    core(0x69, "buffer.store.i16",          buffer_store(I32),             "vm_buffer_store_i16",          STORES,                      "i16 at element target_offset = value"),
    core(0x6A, "buffer.store.i32",          buffer_store(I32),             "vm_buffer_store_i32",          STORES,                      "i32 at element target_offset = value"),
    core(0x6B, "buffer.store.i64",          buffer_store(I64),             "vm_buffer_store_i64",          STORES,                      "i64 at element target_offset = value"),
    core(0x6C, "buffer.alloc",              BUFFER_ALLOC,                  "vm_buffer_alloc",              ALLOCATES | MAY_FAIL,        "result = zeroed buffer; alignment is 0 or a power of two"),
    core(0x6D, "buffer.clone",              BUFFER_CLONE,                  "vm_buffer_clone",              ALLOCATES | LOADS,           "a new buffer, writable, with the bytes [offset, offset+length)"),
    core(0x6E, "buffer.length",             BUFFER_LENGTH,                 "vm_buffer_length",             MAY_FAIL,                    "result = bytes of the buffer"),
    core(0x6F, "buffer.copy",               BUFFER_COPY,                   "vm_buffer_copy",               LOADS | STORES,              "target[..] = source[..], length bytes; overlap allowed"),
    core(0x70, "buffer.compare",            BUFFER_COMPARE,                "vm_buffer_compare",            LOADS,                       "result = equal bytes ? 1 : 0"),
    core(0x71, "buffer.fill.i8",            buffer_fill(I32),              "vm_buffer_fill_i8",            STORES,                      "length i8 elements from target_offset = value"),
    core(0x72, "buffer.fill.i16",           buffer_fill(I32),              "vm_buffer_fill_i16",           STORES,                      "length i16 elements from target_offset = value"),
    core(0x73, "buffer.fill.i32",           buffer_fill(I32),              "vm_buffer_fill_i32",           STORES,                      "length i32 elements from target_offset = value"),
    core(0x74, "buffer.fill.i64",           buffer_fill(I64),              "vm_buffer_fill_i64",           STORES,                      "length i64 elements from target_offset = value"),
    core(0x75, "ctlz.i32",                  unary(I32),                    "vm_ctlz_i32",                  PURE,                        "leading zero count; 0 -> 32"),
    core(0x76, "ctlz.i64",                  unary(I64),                    "vm_ctlz_i64",                  PURE,                        "leading zero count; 0 -> 64; result is i64"),
    core(0x77, "abs.i32",                   unary(I32),                    "vm_abs_i32",                   PURE,                        "|operand|; MIN stays MIN"),
    core(0x78, "abs.i64",                   unary(I64),                    "vm_abs_i64",                   PURE,                        "|operand|; MIN stays MIN"),
    core(0x79, "block",                     NONE,                          None,                           MARKER,                      "start of a block"),
    core(0x7A, "min.i32.s",                 binary(I32),                   "vm_min_i32_s",                 PURE | COMMUTES,             "signed min"),
    core(0x7B, "min.i32.u",                 binary(I32),                   "vm_min_i32_u",                 PURE | COMMUTES,             "unsigned min"),
    core(0x7C, "max.i32.s",                 binary(I32),                   "vm_max_i32_s",                 PURE | COMMUTES,             "signed max"),
    core(0x7D, "max.i32.u",                 binary(I32),                   "vm_max_i32_u",                 PURE | COMMUTES,             "unsigned max"),
    core(0x7E, "min.i64.s",                 binary(I64),                   "vm_min_i64_s",                 PURE | COMMUTES,             "signed min"),
    core(0x7F, "min.i64.u",                 binary(I64),                   "vm_min_i64_u",                 PURE | COMMUTES,             "unsigned min"),
    core(0x80, "max.i64.s",                 binary(I64),                   "vm_max_i64_s",                 PURE | COMMUTES,             "signed max"),
    core(0x81, "max.i64.u",                 binary(I64),                   "vm_max_i64_u",                 PURE | COMMUTES,             "unsigned max"),
    core(0x82, "cast.any.ref",              CAST_REF,                      "vm_cast_any_ref",              MAY_FAIL,                    "result = operand if null or of `type`"),
    core(0x83, "br_table",                  BRANCH_TABLE,                  None,                           TERMINATOR,                  "0 <= index < n: that case, else default"),
    core(0x84, "buffer.hash",               BUFFER_HASH,                   "vm_buffer_hash",               LOADS,                       "SipHash-2-4 of the bytes, key 00..0F"),
    core(0x85, "discard.refs",              DISCARD_REFS,                  None,                           PURE,                        "each ref register = null", since=16),
    core(0x86, "assign.ref",                ASSIGN_REF,                    None,                           PURE,                        "result = source", since=16),
    core(0x87, "call.yieldable",            CALL_YIELDABLE,                None,                           CALLS | TERMINATOR | YIELDS, "results = callee(operands), then goes to dest", since=17),
    core(0x88, "call.variadic.yieldable",   CALL_VARIADIC_YIELDABLE,       None,                           CALLS | TERMINATOR | YIELDS, "results = import(operands), then goes to dest", since=17),
    core(0xE0, "prefix.ext_f32",            NONE,                          None,                           PREFIX,                      "next byte is an ext_f32 opcode"),
    core(0xE1, "prefix.ext_f64",            NONE,                          None,                           PREFIX,                      "next byte is an ext_f64 opcode"),

    f32(0x00, "global.load.f32",           global_load(GLOBAL_F32, F32),  "vm_global_load_f32",           READS,           "result = load4(globals + byte_offset)"),
    f32(0x01, "global.store.f32",          global_store(GLOBAL_F32, F32), "vm_global_store_f32",          WRITES,          "store4(globals + byte_offset, value)"),
    f32(0x02, "global.load.indirect.f32",  global_load(I32, F32),         "vm_global_load_indirect_f32",  LOADS,           "result = load4(globals + u32(byte_offset))"),
    f32(0x03, "global.store.indirect.f32", global_store(I32, F32),        "vm_global_store_indirect_f32", STORES,          "store4(globals + u32(byte_offset), value)"),
    f32(0x04, "const.f32.zero",            nullary(F32),                  None,                           PURE,            "result = 0 (+0.0)"),
    f32(0x05, "const.f32",                 immediate(IMM_F32, F32),       None,                           PURE,            "result = value (bit exact)"),
    f32(0x06, "list.get.f32",              list_get(F32),                 "vm_list_get_f32",              LOADS,           "result = list[u32(index)], converted"),
    f32(0x07, "list.set.f32",              list_set(F32),                 "vm_list_set_f32",              STORES,          "list[u32(index)] = value, converted"),
    f32(0x08, "select.f32",                select(F32),                   "vm_select_f32",                PURE,            "result = condition != 0 ? true_value : false_value"),
    f32(0x09, "switch.f32",                switch(F32, LIST_F32),         "vm_switch_f32",                PURE,            "0 <= index < n ? values[index] : default_value"),
    f32(0x0A, "add.f32",                   binary(F32),                   "vm_add_f32",                   PURE | COMMUTES, "IEEE +", vector="{} + {}"),
    f32(0x0B, "sub.f32",                   binary(F32),                   "vm_sub_f32",                   PURE,            "IEEE -", vector="{} - {}"),
    f32(0x0C, "mul.f32",                   binary(F32),                   "vm_mul_f32",                   PURE | COMMUTES, "IEEE *", vector="{} * {}"),
    f32(0x0D, "div.f32",                   binary(F32),                   "vm_div_f32",                   PURE,            "IEEE / (x/0 = inf/nan, no error)", vector="{} / {}"),
    f32(0x0E, "rem.f32",                   binary(F32),                   "vm_rem_f32",                   PURE,            "IEEE remainder: quotient to nearest even"),
    f32(0x0F, "fma.f32",                   ternary(F32),                  "vm_fma_f32",                   PURE,            "first * second + third; fused if VM_FUSED_FMA", vector="{} * {} + {}"),
    f32(0x10, "abs.f32",                   unary(F32),                    "vm_abs_f32",                   PURE,            "clear sign"),
    f32(0x11, "neg.f32",                   unary(F32),                    "vm_neg_f32",                   PURE,            "flip sign"),
    f32(0x12, "ceil.f32",                  unary(F32),                    "vm_ceil_f32",                  PURE,            "ceil"),
    f32(0x13, "floor.f32",                 unary(F32),                    "vm_floor_f32",                 PURE,            "floor"),
    f32(0x14, "cast.si32.f32",             unary(I32, F32),               "vm_cast_si32_f32",             PURE,            "(float)i32"),
    f32(0x15, "cast.ui32.f32",             unary(I32, F32),               "vm_cast_ui32_f32",             PURE,            "(float)u32"),
    f32(0x16, "cast.f32.si32",             unary(F32, I32),               "vm_cast_f32_si32",             PURE,            "low 32 bits of llround(operand)"),
    f32(0x17, "cast.f32.ui32",             unary(F32, I32),               "vm_cast_f32_ui32",             PURE,            "low 32 bits of llround(operand)"),
    f32(0x18, "bitcast.i32.f32",           unary(I32, F32),               "vm_bitcast_i32_f32",           PURE,            "the same bits"),
    f32(0x19, "bitcast.f32.i32",           unary(F32, I32),               "vm_bitcast_f32_i32",           PURE,            "the same bits"),
    f32(0x1A, "atan.f32",                  unary(F32),                    "vm_atan_f32",                  PURE,            "C atanf()"),
    f32(0x1B, "atan2.f32",                 binary(F32),                   "vm_atan2_f32",                 PURE,            "atan2f(left = y, right = x)"),
    f32(0x1C, "cos.f32",                   unary(F32),                    "vm_cos_f32",                   PURE,            "C cosf()"),
    f32(0x1D, "sin.f32",                   unary(F32),                    "vm_sin_f32",                   PURE,            "C sinf()"),
    f32(0x1E, "exp.f32",                   unary(F32),                    "vm_exp_f32",                   PURE,            "C expf()"),
    f32(0x1F, "exp2.f32",                  unary(F32),                    "vm_exp2_f32",                  PURE,            "C exp2f()"),
    f32(0x20, "expm1.f32",                 unary(F32),                    "vm_expm1_f32",                 PURE,            "C expm1f()"),
    f32(0x21, "log.f32",                   unary(F32),                    "vm_log_f32",                   PURE,            "C logf()"),
    f32(0x22, "log10.f32",                 unary(F32),                    "vm_log10_f32",                 PURE,            "C log10f()"),
    f32(0x23, "log1p.f32",                 unary(F32),                    "vm_log1p_f32",                 PURE,            "C log1pf()"),
    f32(0x24, "log2.f32",                  unary(F32),                    "vm_log2_f32",                  PURE,            "C log2f()"),
    f32(0x25, "pow.f32",                   binary(F32),                   "vm_pow_f32",                   PURE,            "powf(left, right)"),
    f32(0x26, "rsqrt.f32",                 unary(F32),                    "vm_rsqrt_f32",                 PURE,            "1 / sqrtf(x)"),
    f32(0x27, "sqrt.f32",                  unary(F32),                    "vm_sqrt_f32",                  PURE,            "C sqrtf()"),
    f32(0x28, "tanh.f32",                  unary(F32),                    "vm_tanh_f32",                  PURE,            "C tanhf()"),
    f32(0x29, "erf.f32",                   unary(F32),                    "vm_erf_f32",                   PURE,            "C erff()"),
    f32(0x2A, "cmp.eq.f32.o",              binary(F32, I32),              "vm_cmp_eq_f32_o",              PURE | COMMUTES, "== (NaN -> 0)"),
    f32(0x2B, "cmp.eq.f32.u",              binary(F32, I32),              "vm_cmp_eq_f32_u",              PURE | COMMUTES, "== or unordered"),
    f32(0x2C, "cmp.ne.f32.o",              binary(F32, I32),              "vm_cmp_ne_f32_o",              PURE | COMMUTES, "left != right (NaN -> 1, as in IREE)"),
    f32(0x2D, "cmp.ne.f32.u",              binary(F32, I32),              "vm_cmp_ne_f32_u",              PURE | COMMUTES, "!= or unordered"),
    f32(0x2E, "cmp.lt.f32.o",              binary(F32, I32),              "vm_cmp_lt_f32_o",              PURE,            "< (NaN -> 0)"),
    f32(0x2F, "cmp.lt.f32.u",              binary(F32, I32),              "vm_cmp_lt_f32_u",              PURE,            "< or unordered"),
    f32(0x30, "cmp.lte.f32.o",             binary(F32, I32),              "vm_cmp_lte_f32_o",             PURE,            "<= (NaN -> 0)"),
    f32(0x31, "cmp.lte.f32.u",             binary(F32, I32),              "vm_cmp_lte_f32_u",             PURE,            "<= or unordered"),
    f32(0x32, "cmp.nan.f32",               unary(F32, I32),               "vm_cmp_nan_f32",               PURE,            "isnan -> 1/0"),
    f32(0x33, "buffer.load.f32",           buffer_load(F32),              "vm_buffer_load_f32",           LOADS,           "result = f32 at element source_offset"),
    f32(0x34, "buffer.store.f32",          buffer_store(F32),             "vm_buffer_store_f32",          STORES,          "f32 at element target_offset = value"),
    f32(0x35, "buffer.fill.f32",           buffer_fill(F32),              "vm_buffer_fill_f32",           STORES,          "length f32 elements from target_offset = value"),
    f32(0x36, "round.f32",                 unary(F32),                    "vm_round_f32",                 PURE,            "round half away from zero"),
    f32(0x37, "min.f32",                   binary(F32),                   "vm_min_f32",                   PURE,            "right < left ? right : left (any NaN -> left; +-0 tie -> left)"),
    f32(0x38, "max.f32",                   binary(F32),                   "vm_max_f32",                   PURE,            "left < right ? right : left (any NaN -> left; +-0 tie -> left)"),
    f32(0x39, "round.f32.even",            unary(F32),                    "vm_round_f32_even",            PURE,            "round half to even; -0.5 gives +0.0"),
    f32(0x3A, "cast.f32.si64",             unary(F32, I64),               "vm_cast_f32_si64",             PURE,            "llround(operand); out of range: INT64_MIN"),
    f32(0x3B, "cast.f32.ui64",             unary(F32, I64),               "vm_cast_f32_ui64",             PURE,            "(u64)round(operand); negative wraps"),
    f32(0x3C, "cast.si64.f32",             unary(I64, F32),               "vm_cast_si64_f32",             PURE,            "(float)i64"),
    f32(0x3D, "cast.ui64.f32",             unary(I64, F32),               "vm_cast_ui64_f32",             PURE,            "(float)u64"),
    f32(0x3E, "fpowi.f32",                 power(F32),                    "vm_fpowi_f32",                 PURE,            "by repeated squaring; the exponent is truncated to i32", since=17),

    f64(0x00, "global.load.f64",           global_load(GLOBAL_F64, F64),  "vm_global_load_f64",           READS,           "result = load8(globals + byte_offset)"),
    f64(0x01, "global.store.f64",          global_store(GLOBAL_F64, F64), "vm_global_store_f64",          WRITES,          "store8(globals + byte_offset, value)"),
    f64(0x02, "global.load.indirect.f64",  global_load(I32, F64),         "vm_global_load_indirect_f64",  LOADS,           "result = load8(globals + u32(byte_offset))"),
    f64(0x03, "global.store.indirect.f64", global_store(I32, F64),        "vm_global_store_indirect_f64", STORES,          "store8(globals + u32(byte_offset), value)"),
    f64(0x04, "const.f64.zero",            nullary(F64),                  None,                           PURE,            "result = 0 (+0.0)"),
    f64(0x05, "const.f64",                 immediate(IMM_F64, F64),       None,                           PURE,            "result = value (bit exact)"),
    f64(0x06, "list.get.f64",              list_get(F64),                 "vm_list_get_f64",              LOADS,           "result = list[u32(index)], converted"),
    f64(0x07, "list.set.f64",              list_set(F64),                 "vm_list_set_f64",              STORES,          "list[u32(index)] = value, converted"),
    f64(0x08, "select.f64",                select(F64),                   "vm_select_f64",                PURE,            "result = condition != 0 ? true_value : false_value"),
    f64(0x09, "switch.f64",                switch(F64, LIST_F64),         "vm_switch_f64",                PURE,            "0 <= index < n ? values[index] : default_value"),
    f64(0x0A, "add.f64",                   binary(F64),                   "vm_add_f64",                   PURE | COMMUTES, "IEEE +", vector="{} + {}"),
    f64(0x0B, "sub.f64",                   binary(F64),                   "vm_sub_f64",                   PURE,            "IEEE -", vector="{} - {}"),
    f64(0x0C, "mul.f64",                   binary(F64),                   "vm_mul_f64",                   PURE | COMMUTES, "IEEE *", vector="{} * {}"),
    f64(0x0D, "div.f64",                   binary(F64),                   "vm_div_f64",                   PURE,            "IEEE / (x/0 = inf/nan, no error)", vector="{} / {}"),
    f64(0x0E, "rem.f64",                   binary(F64),                   "vm_rem_f64",                   PURE,            "IEEE remainder: quotient to nearest even"),
    f64(0x0F, "fma.f64",                   ternary(F64),                  "vm_fma_f64",                   PURE,            "first * second + third; fused if VM_FUSED_FMA", vector="{} * {} + {}"),
    f64(0x10, "abs.f64",                   unary(F64),                    "vm_abs_f64",                   PURE,            "clear sign"),
    f64(0x11, "neg.f64",                   unary(F64),                    "vm_neg_f64",                   PURE,            "flip sign"),
    f64(0x12, "ceil.f64",                  unary(F64),                    "vm_ceil_f64",                  PURE,            "ceil"),
    f64(0x13, "floor.f64",                 unary(F64),                    "vm_floor_f64",                 PURE,            "floor"),
    f64(0x14, "trunc.f64.f32",             unary(F64, F32),               "vm_trunc_f64_f32",             PURE,            "(float)x, round to nearest"),
    f64(0x15, "ext.f32.f64",               unary(F32, F64),               "vm_ext_f32_f64",               PURE,            "(double)x"),
    f64(0x16, "cast.si32.f64",             unary(I32, F64),               "vm_cast_si32_f64",             PURE,            "(double)i32"),
    f64(0x17, "cast.ui32.f64",             unary(I32, F64),               "vm_cast_ui32_f64",             PURE,            "(double)u32"),
    f64(0x18, "cast.f64.si32",             unary(F64, I32),               "vm_cast_f64_si32",             PURE,            "narrowed to f32, then low 32 bits of llround"),
    f64(0x19, "cast.f64.ui32",             unary(F64, I32),               "vm_cast_f64_ui32",             PURE,            "narrowed to f32, then low 32 bits of llround"),
    f64(0x1A, "cast.si64.f64",             unary(I64, F64),               "vm_cast_si64_f64",             PURE,            "(double)i64"),
    f64(0x1B, "cast.ui64.f64",             unary(I64, F64),               "vm_cast_ui64_f64",             PURE,            "(double)u64"),
    f64(0x1C, "cast.f64.si64",             unary(F64, I64),               "vm_cast_f64_si64",             PURE,            "llround(operand); out of range: INT64_MIN"),
    f64(0x1D, "cast.f64.ui64",             unary(F64, I64),               "vm_cast_f64_ui64",             PURE,            "llround(operand) as bits"),
    f64(0x1E, "bitcast.i64.f64",           unary(I64, F64),               "vm_bitcast_i64_f64",           PURE,            "the same bits"),
    f64(0x1F, "bitcast.f64.i64",           unary(F64, I64),               "vm_bitcast_f64_i64",           PURE,            "the same bits"),
    f64(0x20, "atan.f64",                  unary(F64),                    "vm_atan_f64",                  PURE,            "C atan()"),
    f64(0x21, "atan2.f64",                 binary(F64),                   "vm_atan2_f64",                 PURE,            "atan2(left = y, right = x)"),
    f64(0x22, "cos.f64",                   unary(F64),                    "vm_cos_f64",                   PURE,            "C cos()"),
    f64(0x23, "sin.f64",                   unary(F64),                    "vm_sin_f64",                   PURE,            "C sin()"),
    f64(0x24, "exp.f64",                   unary(F64),                    "vm_exp_f64",                   PURE,            "C exp()"),
    f64(0x25, "exp2.f64",                  unary(F64),                    "vm_exp2_f64",                  PURE,            "C exp2()"),
    f64(0x26, "expm1.f64",                 unary(F64),                    "vm_expm1_f64",                 PURE,            "C expm1()"),
    f64(0x27, "log.f64",                   unary(F64),                    "vm_log_f64",                   PURE,            "C log()"),
    f64(0x28, "log10.f64",                 unary(F64),                    "vm_log10_f64",                 PURE,            "C log10()"),
    f64(0x29, "log1p.f64",                 unary(F64),                    "vm_log1p_f64",                 PURE,            "C log1p()"),
    f64(0x2A, "log2.f64",                  unary(F64),                    "vm_log2_f64",                  PURE,            "C log2()"),
    f64(0x2B, "pow.f64",                   binary(F64),                   "vm_pow_f64",                   PURE,            "pow(left, right)"),
    f64(0x2C, "rsqrt.f64",                 unary(F64),                    "vm_rsqrt_f64",                 PURE,            "1 / sqrt(x)"),
    f64(0x2D, "sqrt.f64",                  unary(F64),                    "vm_sqrt_f64",                  PURE,            "C sqrt()"),
    f64(0x2E, "tanh.f64",                  unary(F64),                    "vm_tanh_f64",                  PURE,            "C tanh()"),
    f64(0x2F, "erf.f64",                   unary(F64),                    "vm_erf_f64",                   PURE,            "C erf()"),
    f64(0x30, "cmp.eq.f64.o",              binary(F64, I32),              "vm_cmp_eq_f64_o",              PURE | COMMUTES, "== (NaN -> 0)"),
    f64(0x31, "cmp.eq.f64.u",              binary(F64, I32),              "vm_cmp_eq_f64_u",              PURE | COMMUTES, "== or unordered"),
    f64(0x32, "cmp.ne.f64.o",              binary(F64, I32),              "vm_cmp_ne_f64_o",              PURE | COMMUTES, "left != right (NaN -> 1, as in IREE)"),
    f64(0x33, "cmp.ne.f64.u",              binary(F64, I32),              "vm_cmp_ne_f64_u",              PURE | COMMUTES, "!= or unordered"),
    f64(0x34, "cmp.lt.f64.o",              binary(F64, I32),              "vm_cmp_lt_f64_o",              PURE,            "< (NaN -> 0)"),
    f64(0x35, "cmp.lt.f64.u",              binary(F64, I32),              "vm_cmp_lt_f64_u",              PURE,            "< or unordered"),
    f64(0x36, "cmp.lte.f64.o",             binary(F64, I32),              "vm_cmp_lte_f64_o",             PURE,            "<= (NaN -> 0)"),
    f64(0x37, "cmp.lte.f64.u",             binary(F64, I32),              "vm_cmp_lte_f64_u",             PURE,            "<= or unordered"),
    f64(0x38, "cmp.nan.f64",               unary(F64, I32),               "vm_cmp_nan_f64",               PURE,            "isnan -> 1/0"),
    f64(0x39, "buffer.load.f64",           buffer_load(F64),              "vm_buffer_load_f64",           LOADS,           "result = f64 at element source_offset"),
    f64(0x3A, "buffer.store.f64",          buffer_store(F64),             "vm_buffer_store_f64",          STORES,          "f64 at element target_offset = value"),
    f64(0x3B, "buffer.fill.f64",           buffer_fill(F64),              "vm_buffer_fill_f64",           STORES,          "length f64 elements from target_offset = value"),
    f64(0x3C, "round.f64",                 unary(F64),                    "vm_round_f64",                 PURE,            "round half away from zero"),
    f64(0x3D, "min.f64",                   binary(F64),                   "vm_min_f64",                   PURE,            "right < left ? right : left (any NaN -> left; +-0 tie -> left)"),
    f64(0x3E, "max.f64",                   binary(F64),                   "vm_max_f64",                   PURE,            "left < right ? right : left (any NaN -> left; +-0 tie -> left)"),
    f64(0x3F, "round.f64.even",            unary(F64),                    "vm_round_f64_even",            PURE,            "round half to even; -0.5 gives +0.0"),
    f64(0x40, "fpowi.f64",                 power(F64),                    "vm_fpowi_f64",                 PURE,            "by repeated squaring; the exponent is truncated to i32", since=17),
)
# fmt: on

BY_CODE: dict[tuple[int | None, int], Op] = {(op.prefix, op.code): op for op in TABLE}
BY_NAME: dict[str, Op] = {op.mnemonic: op for op in TABLE}
PREFIXES: frozenset[int] = frozenset(op.code for op in TABLE if Trait.PREFIX in op.traits)
BLOCK = BY_NAME["block"]


def row_of(does: Operation, type: str = "", to: str = "", *, signed: bool | None = None) -> Op:
    """The row that does this, giving a result of type `to` where that is said; KeyError if there is not just one.

    0 has rows of its own beside those for any number, which are found here.
    """
    found = [op for op in TABLE if (op.does, op.type, op.signed) == (does, type, signed) and _gives(op, to)]
    if len(found) != 1:
        raise KeyError(f"{len(found)} rows for {does.value} of {type or 'no type'}")
    return found[0]


def _gives(op: Op, to: str) -> bool:
    if op.does is Operation.CONST and not op.operands:
        return False
    return not to or (op.result is not None and op.result.kind.type == to)


def instructions() -> Iterator[Op]:
    """The real instructions: every row but the block marker and the prefixes."""
    return (op for op in TABLE if not op.traits & (Trait.MARKER | Trait.PREFIX))
