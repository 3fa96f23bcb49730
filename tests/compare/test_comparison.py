"""A wrong leg is shown as wrong and never timed, a slow one is measured as slow, a crash is one leg's own."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from compare import baseline, overview, report_json
from compare.builds import LEVELS, RELAXED
from compare.cases import Case, examples, from_module
from compare.comparison import Settings, compare_case
from compare.engines import Unavailable
from compare.leg import Leg
from compare.legs import IREE, Wanted, make_legs
from compare.machine import this_machine
from compare.measure import Plan, measure
from compare.process import WorkerProcess
from compare.resources import EXAMPLES
from compare.results import CaseResult, Report
from compare.text import verdict_text
from compare.values import Call, Sample
from tests.compare.fakes import FakeLeg
from transpile.container import Module

PLAN = Plan(rounds=7, sample_seconds=0.002, leg_seconds=0.2)
COLLATZ = EXAMPLES / "collatz" / "collatz.vmfb"


def fakes(*legs: Leg) -> Callable[[Case, Module, Wanted], list[Leg]]:
    return lambda case, module, wanted: list(legs)


def compared(*legs: Leg) -> CaseResult:
    settings = Settings(PLAN, sizes=False, hot=False, make_legs=fakes(*legs))
    return compare_case(Case("fake", COLLATZ, (Call("f"),), ((Call("f"),),)), settings)


def test_a_wrong_leg_is_wrong_and_not_timed() -> None:
    wrong = FakeLeg("liar", 0.0001, answer=8)
    result = compared(FakeLeg("base", 0.01), wrong)
    assert [leg.name for leg in result.wrong] == ["liar"]
    assert wrong.samples == 0
    found = result.leg("liar")
    assert found is not None and found.estimate is None and "is 8 instead of 7" in found.verdict.detail


def test_a_slowed_leg_is_flagged() -> None:
    def run(seconds: float) -> Report:
        result = compared(FakeLeg("base", 0.01), FakeLeg("fast", seconds))
        return Report("", "cpu", this_machine(), None, [result])

    slowed = run(0.002)
    baseline.mark(slowed, report_json.to_json(run(0.001)), "old.json")
    assert [leg.name for _, leg in slowed.regressions] == ["fast"]


def test_slow_legs_take_part_in_fewer_rounds() -> None:
    quick, slow, slowest = FakeLeg("quick", 0.001), FakeLeg("slow", 0.05), FakeLeg("slowest", 3.0)
    known = {"slowest": Sample(3.0, 3.0)}
    timings = measure([quick, slow, slowest], [Call("f")], PLAN, known)
    assert [len(timings[name].samples) for name in ("quick", "slow", "slowest")] == [7, 4, 1]
    assert slowest.samples == 0
    assert timings["quick"].ratio_to(timings["slow"], "cpu").median == pytest.approx(50)


def test_rounds_alternate() -> None:
    order: list[str] = []

    class Noting(FakeLeg):
        def sample(self, loops: int) -> Sample:
            order.append(self.name)
            return super().sample(loops)

    measure([Noting("a", 0.01), Noting("b", 0.01)], [Call("f")], Plan(2, 0.001, 1.0), {})
    assert order[-4:] == ["a", "b", "b", "a"]


def test_legs_of_a_real_module() -> None:
    settings = Settings(PLAN, Wanted(without=frozenset(["IREE llvm-cpu"])), sizes=False, hot=False)
    wordcount = next(case for case in examples() if case.name == "wordcount")
    result = compare_case(wordcount, settings)
    states = {leg.name: leg.verdict.state for leg in result.legs}
    assert {"C speed", "C size", "C none"} <= states.keys()
    assert set(states.values()) == {"equal"}
    assert all(leg.verdict.calls == 7 for leg in result.legs)  # failures are among them
    assert all(leg.shown and leg.facts.cold_seconds for leg in result.legs)


def test_a_command_is_a_leg(tmp_path: Path) -> None:
    script = tmp_path / "double.py"
    script.write_text(
        "import sys, numpy as np\n"
        "path, out = sys.argv[1:]\n"
        "np.save(f'{out}/0.npy', np.array(6171))\n"
        "np.save(f'{out}/1.npy', np.array(261 + int(np.load(path) != 10000)))\n"
    )
    wanted = Wanted(levels=LEVELS[:1], externals={"script": f"{sys.executable} {script} {{inputs}} {{outputs}}"})
    settings = Settings(PLAN, wanted, sizes=False, hot=False)
    result = compare_case(from_module(COLLATZ, inputs=["10000"]), settings)
    found = result.leg("script")
    assert found is not None and found.verdict.state == "equal" and found.shown
    wrong = compare_case(from_module(COLLATZ, inputs=["9999"]), settings).leg("script")
    assert wrong is not None and wrong.verdict.state == "wrong"


def test_a_crash_is_reported() -> None:
    worker = WorkerProcess()
    worker._process.kill()
    with pytest.raises(Unavailable, match="signal 9"):
        worker.memory()
    worker.close()


def test_a_leg_that_cannot_run_says_why() -> None:
    missing = Wanted(levels=(), externals={"nothing": "/no/such/command {outputs}"})
    result = compare_case(from_module(COLLATZ, inputs=["10"]), Settings(PLAN, missing, sizes=False, hot=False))
    found = result.leg("nothing")
    assert found is not None and found.verdict.state == "unavailable" and "No such file" in found.verdict.detail


def test_legs_can_be_left_out() -> None:
    case = from_module(COLLATZ)
    from transpile import loader

    names = [leg.name for leg in make_legs(case, loader.read(COLLATZ), Wanted(without=frozenset(["C none"])))]
    assert "C speed" in names and "C none" not in names


def test_workers_time_calls() -> None:
    settings = Settings(PLAN, Wanted(levels=LEVELS[:1], without=frozenset(["IREE llvm-cpu"])), sizes=False, hot=False)
    started = time.perf_counter()
    result = compare_case(from_module(COLLATZ, inputs=["20000"]), settings)
    leg = result.leg("C speed")
    assert leg is not None and leg.estimate is not None
    assert 0 < leg.estimate.median < time.perf_counter() - started


def test_a_relaxed_leg_is_close_and_never_equal() -> None:
    """Also where its bits happen to be the same, as those of integers are."""
    without = frozenset(["IREE llvm-cpu", IREE])
    wanted = Wanted(levels=[RELAXED, LEVELS[0]], without=without)
    result = compare_case(from_module(COLLATZ, inputs=["10"]), Settings(PLAN, wanted, sizes=False, hot=False))
    found = result.leg("C speed, relaxed")
    assert found is not None and not found.exact and found.facts.relaxed and found.shown
    assert (found.verdict.state, found.verdict.ulp) == ("close", 0)
    assert verdict_text(found.verdict) == "close (0 ULP)"
    exact = result.leg("C speed")
    assert exact is not None and exact.verdict.state == "equal"
    assert overview.fastest(result) is exact


def test_a_relaxed_leg_can_be_wrong() -> None:
    leg = FakeLeg("C speed, relaxed", 0.001, answer=8)
    leg.exact, leg.facts.relaxed = False, True
    assert [found.name for found in compared(FakeLeg("base", 0.01), leg).wrong] == ["C speed, relaxed"]
