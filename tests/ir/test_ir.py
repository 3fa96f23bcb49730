"""Lifting, the text form, and the checker."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.behaviour.programs import batch
from tests.conftest import Golden
from tests.ir.cases import assemble, blessed
from transpile import container
from transpile.ir import IRError, Registers, check, format_function, lift_function, parse_function
from transpile.ir.nodes import Function
from transpile.passes import optimise

DATA = Path(__file__).parent / "data"


def lifted(text: str) -> str:
    module = assemble(text)
    registers = Registers(module)
    functions = [lift_function(module, index, registers) for index in range(len(module.functions))]
    for fn in functions:
        check(fn)
        assert round_trip(fn)
    return "\n".join(map(format_function, functions))


def round_trip(fn: Function) -> bool:
    text = format_function(fn)
    again = parse_function(text)
    check(again)
    return format_function(again) == text


def test_lifting(golden: Golden) -> None:
    golden(DATA / "lift.txt", blessed(DATA / "lift.txt", lifted))


def test_random_programs_stay_well_formed_and_read_back() -> None:
    module = container.load(batch("ir", 0, 60).image())
    registers = Registers(module)
    for index in range(len(module.functions)):
        fn = lift_function(module, index, registers)
        check(fn)
        assert round_trip(fn)
        optimise(fn, lambda _, fn: check(fn))
        assert round_trip(fn)


ONE = "^0(%0: i32): @0x0\n  "
BROKEN = {
    "before its definition": ONE + "%1: i32 = add.i32 %2, %0 @0x1\n  %2: i32 = not.i32 %1 @0x2\n  return %2 @0x3",
    "not defined": ONE + "br ^1() @0x1\n^2(%1: i32): @0x2\n  return %1 @0x3\n^1(): @0x4\n  return %1 @0x5",
    "takes i32, given i64": ONE + "%1: i64 = ext.i32.i64.s %0 @0x1\n  %2: i32 = not.i32 %1 @0x2\n  return %2 @0x3",
    "gives ['i64']": ONE + "%1: i64 = ext.i32.i64.s %0 @0x1\n  return %1 @0x2",
    "passes []": ONE + "br ^1() @0x1\n^1(%1: i32): @0x2\n  return %1 @0x3",
    "has 1 edges": ONE + "cond_br %0 ^1() @0x1\n^1(): @0x2\n  return %0 @0x3",
    "wrong operands": ONE + "cond_br ^1() ^1() @0x1\n^1(): @0x2\n  return %0 @0x3",
    "unreachable": ONE + "return %0 @0x1\n^1(): @0x2\n  return %0 @0x3",
}


@pytest.mark.parametrize("message", BROKEN)
def test_checker_finds(message: str) -> None:
    text = f'func @f index=0 cconv="0i_i" frame=128 {{\n{BROKEN[message]}\n}}'
    with pytest.raises(IRError) as caught:
        check(parse_function(text))
    assert message in str(caught.value)


def test_checker_finds_a_value_that_is_defined_twice() -> None:
    fn = parse_function('func @f index=0 cconv="0ii_i" frame=128 {\n^0(%0: i32, %1: i32): @0x0\n  return %0 @0x1\n}')
    fn.entry.params[1] = fn.entry.params[0]
    with pytest.raises(IRError, match="defined twice"):
        check(fn)


@pytest.mark.parametrize(
    "line", ["  %1: i32 = nonsense %0 @0x1", "  add.i32 %0 %0", "rubbish", '  %1: i32 = const.i32 {"value": x} @0x1']
)
def test_text_that_is_no_ir(line: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        parse_function(f'func @f index=0 cconv="0i_i" frame=128 {{\n^0(%0: i32): @0x0\n{line}\n  return %0 @0x2\n}}')
