"""Every instruction has one helper in `ops.h`, and every helper an instruction."""

import re

import pytest

from tests.csupport.mnemonics import SEMANTIC, STRUCTURAL, helper_name
from tests.csupport.support import helpers

# What helpers are made of, and what stands around instructions.
SUPPORT = frozenset(
    """vm_round_to_i64 vm_round_f32_low vm_nearest_f32
    vm_division_by_zero vm_global_out_of_range vm_global_in_range vm_list_get_value
    vm_list_set_value vm_buffer_span vm_buffer_load_fault1 vm_buffer_load_fault2 vm_buffer_load_fault4
    vm_buffer_load_fault8 vm_buffer_store_fault1 vm_buffer_store_fault2 vm_buffer_store_fault4
    vm_buffer_store_fault8 vm_buffer_load_failed vm_buffer_store_failed vm_buffer_fill
    vm_stack_exhausted vm_c_stack_exhausted vm_stack_here vm_room vm_look vm_turn vm_enter vm_leave
    vm_claim vm_unclaim vm_hold_buffer_span vm_hold_rodata_span vm_hold_new_span vm_hold_kernel_binding
    vm_hold_kernel_constants vm_word_pack vm_word_low vm_word_high
    vm_rodata_span vm_new_span vm_kernel_binding vm_kernel_constants vm_kernel_word
    vm_opaque_zero vm_opaque_f32 vm_opaque_f64 vm_flushed_f32 vm_flushed_f64
    vm_float_of vm_double_of vm_float_bits vm_double_bits""".split()
)

# Instructions whose meaning is exactly one C operator.
OPERATORS = [
    *(f"cmp.{op}.{t}" for op in ("eq", "ne", "nz") for t in ("i32", "i64", "ref")),
    *(f"{op}.{t}" for op in ("and", "or", "xor", "not") for t in ("i32", "i64")),
    *(f"cmp.lt.{t}.s" for t in ("i32", "i64")),
    *(f"{op}.{t}" for op in ("add", "sub", "mul", "div", "neg") for t in ("f32", "f64")),
    *(f"cmp.nan.{t}" for t in ("f32", "f64")),
    *(f"select.{t}" for t in ("i32", "i64", "f32", "f64")),
]


def test_every_instruction_has_a_helper_and_every_helper_an_instruction() -> None:
    expected = {helper_name(mnemonic) for mnemonic in SEMANTIC}
    assert len(SEMANTIC) + len(STRUCTURAL) == 267  # rows of version 17
    assert set(helpers()) == expected | SUPPORT


@pytest.mark.parametrize("mnemonic", OPERATORS)
def test_a_plain_operator_reads_as_one_expression(mnemonic: str) -> None:
    helper = helpers()[helper_name(mnemonic)]
    assert helper.body and not re.search(r"\(\w+_t\)|\w\(", helper.body), helper


@pytest.mark.parametrize("mnemonic", sorted(SEMANTIC))
def test_what_can_fail_takes_the_instance_and_returns_a_status(mnemonic: str) -> None:
    helper = helpers()[helper_name(mnemonic)]
    if helper.result == "vm_status":
        assert helper.parameters[0] == "vm_instance*"
        assert not helper.parameters[-1].endswith("&")
