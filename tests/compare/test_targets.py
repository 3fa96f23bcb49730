"""Promises are told from what is measured, and slow answers are asked for once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.table import Table

from compare import literal
from compare.cli import compare
from compare.engines import Unavailable
from compare.history import IREE_TWO, PROGRAM, lines
from compare.legs import IREE, NATIVE
from compare.peaks import Peaks
from compare.remember import RememberedLeg
from compare.report_targets import history_markdown, history_table, targets_markdown, targets_table
from compare.report_terminal import console
from compare.suite import builders, chosen
from compare.targets import CODE, FAST, PEAK, TARGETS, TWO, Figure, Goal, Row, all_met, figures
from compare.values import Call
from tests.compare.fakes import FakeLeg
from tests.compare.samples import case, leg, report
from transpile.native.cache import Cache

NAME = "matmul_512_vmvx"
RESNET = "light_resnet50_vmvx"


def row(name: str = NAME, speed: float = 0.001, right: bool = True) -> Row:
    found = case(name, speed)
    found.legs = found.legs[: 3 if right else 4]
    return Row(found, figures(found, Peaks(2e12, 1e10, 1e11)))


def test_every_target_can_be_built() -> None:
    known = builders(Path("nowhere")).keys() | {program.name for program in literal.PROGRAMS}
    assert TARGETS.keys() <= known


def test_figures_of_a_program() -> None:
    found = row().figures
    assert found[IREE].value == pytest.approx(1000)
    assert found[IREE].met and not found[IREE].goal.reached(1000)
    assert found[PEAK].value == pytest.approx(0.5)
    assert NATIVE not in found  # it was not measured


def test_threads_are_compared_by_the_clock_on_the_wall() -> None:
    found = case(RESNET)
    two = leg(TWO, 0.01)
    assert two.timing is not None
    two.timing.samples = [replace(sample, wall=sample.wall / 2) for sample in two.timing.samples]
    found.legs.append(two)
    assert figures(found, None)[TWO].value == pytest.approx(2)


def test_promises_are_kept_or_not() -> None:
    assert all_met([row()])
    assert not all_met([row(speed=0.002)])  # 500x, and 800x is promised
    assert not all_met([row(right=False)])
    assert row(RESNET).figures[CODE].met  # 2.5x, and at most 4x is promised


@pytest.mark.parametrize(
    ("goal", "value", "met", "reached"),
    [
        (Goal(800, 1700), 799, False, False),
        (Goal(800, 1700), 800, True, False),
        (Goal(800, 1700), 1700, True, True),
        (Goal(1, at_most=True), 1.1, False, False),
        (Goal(1, at_most=True), 0.9, True, False),
        (Goal(aim=1), 0.1, True, False),
    ],
)
def test_goals(goal: Goal, value: float, met: bool, reached: bool) -> None:
    assert (goal.met(value), goal.reached(value)) == (met, reached)


def printed(*rows: Row) -> str:
    return captured(targets_table(report(), list(rows)))


def captured(table: Table) -> str:
    out = console()
    with out.capture() as written:
        out.print(table)
    return " ".join(written.get().replace("│", " ").split())


def test_the_table_says_what_is_missed() -> None:
    missed = row(speed=0.002)
    missed.figures[IREE] = replace(missed.figures[IREE], earlier=True)
    assert "500x* < 800" in printed(missed) and "aim 1,700" in printed(missed)
    assert "1,000x ≥ 800" in printed(row())
    met = replace(row(), figures={IREE: Figure(1800, Goal(800, 1700))})
    assert "1,800x ≥ 800" in printed(met) and "aim" not in printed(met)
    assert "somebody WRONG" in printed(row(right=False))


def test_then_and_now() -> None:
    now = case(PROGRAM, 0.25)
    now.legs = [*now.legs[:2], leg(IREE_TWO, 0.6), leg(TWO, 0.125)]
    text = captured(history_table(lines(now)))
    assert "interpreter, one call 147,856 ms 1,000.0 ms 600.0 ms" in text
    assert "C, one call 448,154 ms 250.0 ms 125.0 ms" in text
    assert "C takes 3.0 of its time 1/4 of its time 1/5 of its time" in text
    assert "machine code at speed 380 kB 1,600 bytes" in text


def test_tables_are_markdown_too() -> None:
    missed = targets_markdown(report(), [row(speed=0.002)])
    assert f"| {NAME} | equal bits, 3 calls, against " not in missed
    assert "| 500x \\< 800 aim 1,700 |" in missed and "a processor, 2 cores" in missed
    now = case(PROGRAM, 0.25)
    now.legs = now.legs[:2]
    assert "| C, one call | 448,154 ms | 250.0 ms |  |" in history_markdown(report(), lines(now))


def test_a_wrong_leg_has_no_place_in_history() -> None:
    with pytest.raises(Unavailable, match="somebody is wrong"):
        lines(case(PROGRAM))


def test_a_slow_answer_is_asked_for_once(tmp_path: Path) -> None:
    def remembered(answer: int, fresh: bool = False, identity: str = "a module") -> tuple[FakeLeg, RememberedLeg]:
        slow = FakeLeg("slow", 90.0, answer)
        return slow, RememberedLeg(slow, [identity], fresh, Cache(tmp_path / "cache"))

    calls = [Call("f", (1,))]
    asked, first = remembered(7)
    again, second = remembered(8)
    assert [first.outcomes(calls)[0][0].results[0], second.outcomes(calls)[0][0].results[0]] == [7, 7]
    for each in (first, second):
        each.finish()
    assert not asked.facts.notes and again.facts.notes[0].startswith("measured earlier")
    assert remembered(8, fresh=True)[1].outcomes(calls)[0][0].results[0] == 8
    assert remembered(9)[1].outcomes(calls)[0][0].results[0] == 8
    assert remembered(9)[1].outcomes([Call("f", (2,))])[0][0].results[0] == 9
    assert remembered(9, identity="another")[1].outcomes(calls)[0][0].results[0] == 9


def test_words_choose_programs() -> None:
    assert chosen(["matmul_a", "matmul_b", "heat"], ["matmul"]) == ["matmul_a", "matmul_b"]
    with pytest.raises(Unavailable, match="there is no nothing"):
        chosen(["heat"], ["heat", "nothing"])


def test_the_command(tmp_path: Path) -> None:
    json = tmp_path / "targets.json"
    flags = ["--only", "fibonacci", "--rounds", "3", "--seconds", "0.2", "--no-size", "--json", str(json)]
    result = CliRunner().invoke(compare, ["targets", *flags])
    assert result.exit_code in (0, 1), result.output
    assert "equal bits, 1 call" in result.output and "C by hand" in result.output
    assert f'"name": "{FAST}"' in json.read_text()
