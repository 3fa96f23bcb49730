"""One case from start to end: legs, equality, time, size."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field

from compare import flops
from compare.builds import Level
from compare.cases import Case
from compare.engines import Unavailable
from compare.equality import TOLERANCE, Verdict, as_close, judge
from compare.footprint import runtime_bytes
from compare.inputs import random_inputs
from compare.leg import Leg
from compare.legs import IREE, OURS, Wanted, choose_base, make_legs
from compare.machine import busy_meanwhile, this_machine
from compare.measure import Clock, Plan, Timing, measure
from compare.peaks import Peaks, measure_peaks
from compare.results import CaseResult, ExportTime, LegResult, Report
from compare.size import BuildSize, build_size, module_size
from compare.values import Call, Outcome, Sample
from transpile import loader
from transpile.container import Module
from transpile.errors import TranspileError

Progress = Callable[[str], None]
LegMaker = Callable[[Case, Module, Wanted], list[Leg]]

_EXPORT_PLAN = Plan(rounds=7, sample_seconds=0.01, leg_seconds=0.3)


@dataclass(frozen=True)
class Settings:
    """How to compare."""

    plan: Plan = field(default_factory=Plan)
    wanted: Wanted = field(default_factory=Wanted)
    base: str | None = None
    tolerance: float = TOLERANCE
    patient: bool = False
    """Whether legs on which one call takes longer than all the time for timing make all checks, not the first only."""
    sizes: bool = True
    detail: bool = True
    """Whether machine code is told apart by source location."""
    hot: bool = True
    peaks: bool = True
    make_legs: LegMaker = make_legs


def compare_all(cases: Sequence[Case], settings: Settings, progress: Progress = lambda text: None) -> Report:
    """Compare all cases; the machine is described and its peaks are measured first."""
    machine = this_machine()
    progress("peaks of this machine")
    peaks: Peaks | None = None
    with suppress(Unavailable):
        peaks = measure_peaks() if settings.peaks else None
    results = [_compared(case, settings, progress) for case in cases]
    machine.warnings.extend(busy_meanwhile())
    date = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Report(date, settings.plan.clock, machine, peaks, results)


def _compared(case: Case, settings: Settings, progress: Progress) -> CaseResult:
    """One module that cannot be compared does not keep the others from it."""
    try:
        return compare_case(case, settings, progress)
    except (Unavailable, TranspileError) as problem:
        said = [f"not compared: {problem}"]
        return CaseResult(
            case.name, str(case.timed[-1]), "", "", [], notes=said, about=case.about, variant_of=case.variant_of
        )


def compare_case(case: Case, settings: Settings, progress: Progress = lambda text: None) -> CaseResult:
    """Compare one module on all legs that can run it."""
    module = loader.read(case.module)
    with ExitStack() as stack:
        legs = settings.make_legs(case, module, settings.wanted)
        run = _Run(case, settings, legs, lambda text: progress(f"{case.name}: {text}"))
        for leg in legs:
            stack.callback(_finish, leg)
        run.check()
        run.time()
        result = run.result()
        result.exports = run.export_times(module)
    _add_sizes(result, module, settings, progress)
    _add_work(result, case, module, settings)
    return result


def _finish(leg: Leg) -> None:
    try:
        leg.finish()
    except Unavailable as reason:
        leg.facts.notes.append(str(reason))


class _Run:
    """A case being compared."""

    def __init__(self, case: Case, settings: Settings, legs: Sequence[Leg], progress: Progress) -> None:
        self.case, self.settings, self.legs, self.progress = case, settings, legs, progress
        self.base = choose_base(legs, settings.base)
        self.reference = ""
        self.verdicts: dict[str, Verdict] = {}
        self.timings: dict[str, Timing] = {}
        self._outcomes: dict[str, list[list[Outcome]]] = {}
        self._first: dict[str, Sample] = {}

    def check(self) -> None:
        """Run all checks on all legs, and compare what comes out."""
        for leg in self.legs:
            self.progress(f"outputs of {leg.name}")
            try:
                leg.start()
                self._outcomes[leg.name] = self._all_outcomes(leg)
            except Unavailable as reason:
                self.verdicts[leg.name] = Verdict("unavailable", str(reason))
        self.reference = _reference(self.legs, self._outcomes)
        for leg in self.legs:
            if leg.name in self._outcomes:
                self.verdicts[leg.name] = self._verdict(leg)

    def _all_outcomes(self, leg: Leg) -> list[list[Outcome]]:
        """Results by sequence; a leg that cannot make several calls on one instance makes the first ones only."""
        found = []
        for number, calls in enumerate(self.case.checks):
            answered = leg.outcomes(calls)
            found.append([outcome for outcome, _ in answered])
            if number == 0 and len(self.case.timed) == 1 and answered:
                self._first[leg.name] = answered[0][1]
            # An input that takes very long is enough.
            if not self.settings.patient and answered and self.settings.plan.too_slow(answered[0][1]):
                break
        return found

    def _verdict(self, leg: Leg) -> Verdict:
        pairs = zip(self._outcomes[self.reference], self._outcomes[leg.name], strict=False)
        both = [pair for sequence in pairs for pair in zip(*sequence, strict=False)]
        if not both:
            return Verdict("close", "outputs were not compared")
        expected, got = [a for a, _ in both], [b for _, b in both]
        verdict = judge(expected, got, leg.exact, self.settings.tolerance)
        return as_close(verdict) if leg.facts.relaxed else verdict

    def time(self) -> None:
        """Time all legs whose outputs are right."""
        right = [leg for leg in self.legs if self.verdicts[leg.name].right]
        self.timings = measure(right, self.case.timed, self.settings.plan, self._first, self.progress)

    def result(self) -> CaseResult:
        """What is known so far."""
        base = self.timings.get(self.base)
        legs = [self._leg_result(leg, base) for leg in self.legs]
        case, call = self.case, str(self.case.timed[-1])
        return CaseResult(
            case.name, call, self.base, self.reference, legs, about=case.about, variant_of=case.variant_of
        )

    def _leg_result(self, leg: Leg, base: Timing | None) -> LegResult:
        found = LegResult(leg.name, leg.exact, leg.facts, self.verdicts[leg.name])
        timing = self.timings.get(leg.name)
        clock: Clock = "wall" if leg.facts.threads > 1 else self.settings.plan.clock
        if timing is not None and timing.failure:
            found.verdict = Verdict("unavailable", timing.failure)
        elif timing is not None and timing.samples:
            found.timing, found.estimate, found.noise = timing, timing.estimate(clock), timing.noise(clock)
            if base is not None and base.samples:
                found.ratio = timing.ratio_to(base, clock)
        return found

    def export_times(self, module: Module) -> list[ExportTime]:
        """Every exported function that can be called with inputs made up for it, if there are several."""
        calls = _export_calls(module, self.case)
        right = [leg for leg in self.legs if leg.name in self.timings and self.timings[leg.name].samples]
        # A call that takes long has been measured, and everything else in the module may take as long.
        quick = [leg for leg in right if not self.settings.plan.too_slow(self._first.get(leg.name, Sample(0, 0)))]
        if len(calls) < 2:
            return []
        clock, found = self.settings.plan.clock, []
        for call in calls:
            timings = measure(quick, (*self.case.timed[:-1], call), _EXPORT_PLAN)
            found += [
                ExportTime(call.function, name, timing.estimate(clock))
                for name, timing in timings.items()
                if timing.samples
            ]
        return found


def _export_calls(module: Module, case: Case) -> list[Call]:
    calls = []
    for export in module.exports:
        if export.name.startswith("__") or export.name.endswith("$async"):
            continue
        try:
            calls.append(Call(export.name, random_inputs(module, export.name, 0, case.source)))
        except Unavailable:
            continue
    return calls


def _reference(legs: Sequence[Leg], outcomes: dict[str, list[list[Outcome]]]) -> str:
    """IREE's interpreter if it ran, else ours, else the first leg that did."""
    ran = [leg.name for leg in legs if any(outcomes.get(leg.name, []))]
    if not ran:
        return ""
    return next((name for name in (IREE, OURS) if name in ran), ran[0])


def _add_sizes(result: CaseResult, module: Module, settings: Settings, progress: Progress) -> None:
    if not settings.sizes:
        return
    result.size = module_size(module)
    for level in settings.wanted.levels:
        progress(f"{result.name}: size at {level.name}")
        try:
            result.builds.append(_build(module, level, settings))
        except Unavailable as reason:
            result.notes.append(f"size at {level.name}: {reason}")
            continue
        leg = result.leg(f"C {level.name}")
        if leg is not None:  # a first build, whereas the leg's library may have come from the cache
            leg.facts.compile_seconds = result.builds[-1].emit_seconds + result.builds[-1].compile_seconds
    for leg in result.legs:
        leg.facts.runtime_bytes = runtime_bytes(leg.name, module, result.builds)


def _build(module: Module, level: Level, settings: Settings) -> BuildSize:
    return build_size(module, level, settings.wanted.target_cpu, detail=settings.detail)


def _add_work(result: CaseResult, case: Case, module: Module, settings: Settings) -> None:
    """Rates, where the source says how much work there is."""
    work = flops.count(case.outline or case.source) if case.source else []
    result.work_flops, result.work_bytes = sum(each.flops for each in work), sum(each.bytes for each in work)
    for leg in result.legs:
        if leg.shown and leg.estimate and result.work_flops:
            leg.flops = result.work_flops / leg.estimate.median
    fast = result.leg("C speed")
    if settings.hot and fast is not None and fast.shown and fast.estimate:
        result.hot_leg = fast.name
        try:
            from compare import hotspots  # needs pyelftools

            found = hotspots.find(module, case.timed, settings.wanted.target_cpu, fast.estimate.median, work)
            result.hot, result.hot_outside = found.hot, found.outside
        except (Unavailable, ImportError) as reason:
            result.notes.append(f"where the time goes: {reason}")
