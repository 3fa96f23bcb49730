"""Code at several places is the same code."""

from __future__ import annotations

from pathlib import Path

from compare.builds import LITERAL, by_hand, compiled
from compare.leg import Facts
from compare.placement import SHIFTS, PlacedLeg
from compare.resources import EXAMPLES
from compare.values import Call
from transpile import loader

FIBONACCI = EXAMPLES / "fibonacci"
PROTOTYPE = "int32_t fibonacci_fib(int32_t n, int64_t *result);"


def address(library: Path, symbol: str) -> int:
    from elftools.elf.elffile import ELFFile

    with library.open("rb") as file:
        (found,) = ELFFile(file).get_section_by_name(".symtab").get_symbol_by_name(symbol)
        return int(found["st_value"])


def test_the_code_is_moved() -> None:
    module = loader.read(FIBONACCI / "fibonacci.vmfb")
    near, far = (compiled(module, LITERAL, Facts(), shift=shift).library for shift in (SHIFTS[0], SHIFTS[2]))
    hand = [by_hand(FIBONACCI / "by_hand.c", PROTOTYPE, ("int64_t",), shift).library for shift in SHIFTS[::2][:2]]
    assert address(hand[1], "fibonacci_fib") - address(hand[0], "fibonacci_fib") == SHIFTS[2] - SHIFTS[0]
    assert address(far, "vmc_module_f0_fib") - address(near, "vmc_module_f0_fib") == SHIFTS[2] - SHIFTS[0]


def test_a_leg_at_several_places_gives_results_and_times() -> None:
    leg = PlacedLeg("by hand", lambda shift, _: by_hand(FIBONACCI / "by_hand.c", PROTOTYPE, ("int64_t",), shift))
    call = Call("fib", (90,))
    leg.start()
    try:
        outcome, _ = leg.outcomes([call])[0]
        assert [int(value) for value in outcome.results] == [2880067194370816120]
        leg.prepare([call])
        assert leg.sample(10).wall > 0
    finally:
        leg.finish()
