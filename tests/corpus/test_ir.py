"""The intermediate form of every function is well-formed after lifting and behind every pass; its text reads back."""

from __future__ import annotations

from collections.abc import Iterator

from tests.corpus.programs import Entry, every_entry, modules
from transpile.emit import EmitOptions, emit
from transpile.errors import UnsupportedError
from transpile.ir import Function, Registers, check, format_function, lift_function, parse_function
from transpile.passes import Pass, optimise


def lifted(entry: Entry) -> Iterator[Function]:
    for _, module in modules(entry):
        registers = Registers(module)
        for index in range(len(module.functions)):
            yield lift_function(module, index, registers)


def check_text(fn: Function) -> None:
    text = format_function(fn)
    again = parse_function(text)
    check(again)
    assert format_function(again) == text


@every_entry
def test_lifts(entry: Entry) -> None:
    for fn in lifted(entry):
        check(fn)
        check_text(fn)


@every_entry
def test_stays_well_formed_behind_every_pass(entry: Entry) -> None:
    def after(step: Pass, fn: Function) -> None:
        try:
            check(fn)
        except Exception as problem:
            raise AssertionError(f"after {step.__module__}:\n{format_function(fn)}") from problem

    for fn in lifted(entry):
        optimise(fn, after)
        check_text(fn)


@every_entry
def test_the_same_module_gives_the_same_c(entry: Entry) -> None:
    for level in ("none", "size", "speed"):
        options = EmitOptions(optimize=level)
        for _, module in modules(entry):
            try:
                first = emit(module, options)
            except UnsupportedError:
                continue  # what cannot be translated yet is the business of test_calls
            second = emit(module, options)
            assert {n: bytes(d) if isinstance(d, memoryview) else d for n, d in first.files.items()} == {
                n: bytes(d) if isinstance(d, memoryview) else d for n, d in second.files.items()
            }
