"""Reports in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from compare import overview
from compare.calls import Leg
from compare.fitting import Fitting
from compare.literal import EMITTED, Row
from compare.measure import Clock
from compare.modes import Mode
from compare.report_markdown import change_text
from compare.results import RUNTIME, CaseResult, LegResult, Report
from compare.size import BuildSize, ModuleSize
from compare.static_form import Form
from compare.text import interval, rate, ratio, seconds, size, three, verdict_text
from compare.threads import Scaling


def literal_table(rows: Iterable[Row], clock: Clock) -> tuple[Table, bool]:
    """The table of the literal measurement, and whether all targets are met."""
    table = Table(title="Unoptimised C against hand-written C and IREE's interpreter", title_justify="left")
    for heading in ("program", "leg", "time per call", "95 % interval", "ratio to the C", "target", ""):
        table.add_column(heading, justify="left" if heading in ("program", "leg", "") else "right")
    all_met = True
    for row in rows:
        for index, (leg, timing) in enumerate(row.timings.items()):
            estimate = timing.estimate(clock)
            cells = [row.name if index == 0 else "", leg, seconds(estimate.median), interval(estimate)]
            more, met = _against(row, leg, clock)
            notes = timing.noise(clock) + ([] if row.verdicts[leg].right else [f"WRONG: {row.verdicts[leg].detail}"])
            all_met = all_met and met and row.verdicts[leg].right
            table.add_row(*cells, *more, "; ".join(notes), end_section=index + 1 == len(row.timings))
    return table, all_met


def _against(row: Row, leg: str, clock: Clock) -> tuple[list[str], bool]:
    if leg == EMITTED:
        return ["1", ""], True
    measured = row.timings[EMITTED].ratio_to(row.timings[leg], clock)
    target = next((target for target in row.targets if target.leg == leg), None)
    if target is None:
        return [f"C runs at {ratio(measured)} its speed", ""], True
    if target.at_most:  # the C's time over that of the C by hand
        inverse = row.timings[leg].ratio_to(row.timings[EMITTED], clock)
        met = inverse.median <= target.limit
        text = f"C takes {ratio(inverse)} of its time"
        return [text, f"{'met' if met else 'MISSED'}: at most {target.limit:g}x"], met
    met = measured.median >= target.limit
    return [f"C runs at {ratio(measured)} its speed", f"{'met' if met else 'MISSED'}: at least {target.limit:g}x"], met


def threads_table(rows: Sequence[Scaling], level: str) -> Table:
    """The table of the measurement on threads."""
    table = Table(title=f"{level} C on one thread and on several, wall-clock time", title_justify="left")
    for heading in ("program", "threads", "one thread", "several", "speedup", "output", ""):
        table.add_column(heading, justify="left" if heading in ("program", "output", "") else "right")
    for row in rows:
        one, several = (seconds(timing.estimate("wall").median) for timing in (row.one, row.several))
        notes = "; ".join(dict.fromkeys(row.one.noise("cpu")))
        table.add_row(row.name, str(row.threads), one, several, ratio(row.ratio), verdict_text(row.verdict), notes)
    return table


def calls_table(title: str, legs: Sequence[Leg]) -> Table:
    """The table of what a call from Python costs; the last leg is what the others are compared with."""
    table = Table(title=f"a call of {title} from Python, wall-clock time", title_justify="left")
    for heading in ("called", "output", "time per call", "95 % interval", f"speed vs {legs[-1].name}"):
        table.add_column(heading, justify="left" if heading in ("called", "output") else "right")
    for leg in legs:
        times = [seconds(leg.time.median), interval(leg.time), ratio(leg.ratio_to(legs[-1]))] if leg.samples else []
        table.add_row(leg.name, verdict_text(leg.verdict), *times)
    return table


def modes_table(rows: Sequence[Mode]) -> Table:
    """The table of the measurement of processors and of relaxed arithmetic."""
    table = Table(title="fast C compiled for different processors, one thread", title_justify="left")
    for heading in ("program", "made for", "output", "time per call", "speed vs first", ""):
        table.add_column(heading, justify="right" if heading.startswith(("time", "speed")) else "left")
    for row in rows:
        cells = ["", "", ""]
        if row.timing.samples:
            fast = ratio(row.timing.ratio_to(row.base, "cpu"))
            cells = [seconds(row.timing.estimate("cpu").median), fast, "; ".join(row.timing.noise("cpu"))]
        table.add_row(row.program, row.name, verdict_text(row.verdict), *cells)
    return table


def static_table(rows: Sequence[Form]) -> Fitting:
    """The table of programs evaluated ahead of time."""
    headings = ["program", "level", "output", "steps", "constants", "arena", "at least", "time per call", "speed"]
    table = Fitting(
        "evaluated ahead of time; speed: compared with the runtime's, one thread",
        headings,
        {"program", "level", "output"},
        ("at least", "steps", "constants"),
    )
    for row in rows:
        cells = ["", ""]
        if row.timing.samples and row.runtime.samples:
            cells = [seconds(row.timing.estimate("cpu").median), ratio(row.ratio)]
        takes = len(row.takes.steps), row.takes.constants, row.takes.arena, row.takes.bound
        table.add([row.program, row.level, verdict_text(row.verdict), *(f"{each:,}" for each in takes), *cells])
    return table


def size_table(name: str, module: ModuleSize, builds: Sequence[BuildSize]) -> Fitting:
    """The sizes of one module, a column a level."""
    title = (
        f"{name}: {size(module.vmfb)} .vmfb, {module.bytecode:,} bytes of bytecode, {size(module.weights)} constants"
    )
    table = Fitting(title, ["bytes", *(f"{build.level} ({build.target_cpu})" for build in builds)], {"bytes"})
    lines = {
        "C": [f"{build.c_bytes:,}" for build in builds],
        "lines of C": [f"{build.c_lines:,}" for build in builds],
        ".text": [f"{build.own.text:,}" for build in builds],
        ".text / bytecode": [f"{build.text_ratio:.2f}x" for build in builds],
        ".rodata without weights": [f"{build.own.rodata:,}" for build in builds],
        ".data": [f"{build.own.data:,}" for build in builds],
        ".bss": [f"{build.own.bss:,}" for build in builds],
        "unwind tables": [f"{build.own.unwind:,}" for build in builds],
        "library with runtime": [f"{build.linked:,}" for build in builds],
        "library without runtime": [f"{build.linked_without_runtime:,}" for build in builds],
        "seconds to emit": [f"{build.emit_seconds:.2f}" for build in builds],
        "seconds to compile": [f"{build.compile_seconds:.2f}" for build in builds],
    }
    for label, cells in lines.items():
        table.add([label, *cells])
    return table


def detail_table(build: BuildSize, count: int = 12) -> Table:
    """The largest functions and source locations of one build."""
    table = Table(title=f"largest parts of .text at {build.level}", title_justify="left")
    for heading in ("function", "bytes", "source location", "bytes"):
        table.add_column(heading, justify="right" if heading == "bytes" else "left", overflow="fold")
    left, right = list(build.functions.items())[:count], list(build.locations.items())[:count]
    for index in range(max(len(left), len(right))):
        cells = [*_pair(left, index), *_pair(right, index)]
        table.add_row(*map(escape, cells))
    return table


def _pair(items: Sequence[tuple[str, int]], index: int) -> tuple[str, str]:
    return (items[index][0], f"{items[index][1]:,}") if index < len(items) else ("", "")


def console() -> Console:
    """Wide enough for all columns when the output is a file."""
    made = Console(highlight=False)
    return made if made.is_terminal else Console(highlight=False, width=320)


def print_report(report: Report, out: Console, brief: bool = False) -> None:
    """The whole report, or only the table of all programs."""
    for warning in report.machine.warnings:
        out.print(f"note: {warning}", style="yellow", markup=False)
    if not brief:
        _print_cases(report, out)
    if brief or len(report.cases) > 1:
        out.print(_overview(report))
    _print_alarms(report, out)


def _overview(report: Report) -> Fitting:
    """One line a program."""
    found = overview.table(report)
    title = "all programs: time of the generated C (--optimize=speed), its speed relative to others, and its size"
    levels = list(dict.fromkeys(level for row in found.rows for level in row.code))
    sizes = [f"code / bytecode at {level}" for level in levels]
    speeds = [f"speed vs {name}" for name in found.others]
    optional = [*reversed(sizes), *reversed(speeds[1:])]
    table = Fitting(title, ["program", "output", "C", *speeds, *sizes], {"program", "output"}, optional)
    for row in found.rows:
        main = row.main
        time = seconds(main.estimate.median) if main and main.shown and main.estimate else ""
        ratios = [f"{three(value)}x" if value else "" for value in row.ratios]
        code = [f"{row.code[level]:.2f}x" if level in row.code else "" for level in levels]
        output = "WRONG" if row.case.wrong else verdict_text(main.verdict) if main else "not compared"
        table.add([row.case.name, output, time, *ratios, *code])
    return table


def _print_cases(report: Report, out: Console) -> None:
    for case in report.cases:
        out.print(_case_table(case))
        for leg in case.legs:
            if leg.noise:
                out.print(f"noise in {leg.name}: {'; '.join(leg.noise)}", markup=False)
        if case.size and case.builds:
            out.print(size_table(case.name, case.size, case.builds))
        if case.hot:
            out.print(hot_table(case))
        for note in case.notes:
            out.print(f"note: {note}", markup=False)


def _case_table(case: CaseResult) -> Fitting:
    headings = ["leg", "output", "time per call", "95 % interval", "speed vs base", "change"]
    headings += ["peak memory", "compile", "first result"]
    optional = ["first result", "compile", "peak memory", "95 % interval"]
    table = Fitting(f"{case.name}: {case.call}, speed relative to {case.base}", headings, {"leg", "output"}, optional)
    for leg in case.legs:
        table.add(_leg_cells(leg), "red" if leg.regressed or leg.verdict.state == "wrong" else "")
    return table


def _leg_cells(leg: LegResult) -> list[str]:
    facts = leg.facts
    output = "WRONG" if leg.verdict.state == "wrong" else verdict_text(leg.verdict)  # `_print_alarms` says how
    cells = [leg.name, output]
    if leg.shown and leg.estimate:
        cells += [seconds(leg.estimate.median), interval(leg.estimate), ratio(leg.ratio) if leg.ratio else ""]
    else:
        cells += ["", "", ""]
    cells.append(change_text(leg) if leg.change or leg.regressed else "")
    cells.append(size(facts.peak_bytes) if facts.peak_bytes else "")
    return [*cells, *(seconds(value) if value else "" for value in (facts.compile_seconds, facts.cold_seconds))]


def hot_table(case: CaseResult, count: int = 8) -> Fitting:
    """Where the time of a program goes: its loops, how they run, and why not better."""
    headings = ["source", "operation", "function", "share", "time per call", "speed", "plan", "why not better"]
    title = f"{case.name}: where the time is spent ({case.hot_leg})"
    optional = ["function", "time per call", "operation", "speed"]
    table = Fitting(title, headings, {*headings} - {"share", "time per call", "speed"}, optional)
    for hot in case.hot[:count]:
        speed = rate(hot.flops, "FLOP") if hot.flops else ""
        share, time = f"{100 * hot.share:.1f} %", seconds(hot.seconds)
        source = hot.function if hot.location == RUNTIME else hot.location
        table.add([source, hot.name, hot.function, share, time, speed, hot.plan, hot.reason])
    return table


def _print_alarms(report: Report, out: Console) -> None:
    for case, leg in report.wrong:
        out.print(f"WRONG: {case.name}, {leg.name}: {leg.verdict.detail}", style="bold red", markup=False)
    for case, leg in report.regressions:
        text = f"REGRESSION: {case.name}, {leg.name}: {change_text(leg)} against {report.baseline}"
        out.print(text, style="bold red", markup=False)
    for name in report.missing:
        out.print(f"note: {name} is in {report.baseline} but not in this run", markup=False)
    if report.baseline and not report.regressions:
        out.print(f"no regression against {report.baseline}", style="green", markup=False)
