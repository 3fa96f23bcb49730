"""Every figure that README and the page of results quote, made from two dated runs: `docs/suite.json`, and
`docs/zoo.json` for the trained networks.

    <!-- figures: NAME -->       what stands here is what the function NAME of this file makes of the run
    <!-- end of figures -->

`pytest tests/packaging/test_results.py --bless` writes them anew.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cache

from compare import overview
from compare.figure import svg
from compare.report_html import html
from compare.report_load import load
from compare.report_zoo import HEADINGS, cells, rows, summary
from compare.results import CaseResult, Report
from compare.text import seconds, three, verdict_text
from compare.zoo.table import models
from tests.packaging.document import ROOT

RUN = ROOT / "docs" / "suite.json"
ZOO = ROOT / "docs" / "zoo.json"
RESNET = "light_resnet50_vmvx"
PROGRAMS = {
    RESNET: "ResNet-50, random weights, 1x3x224x224",
    "light_squeezenet_vmvx": "SqueezeNet, random weights",
    "mobilenet_vmvx": "MobileNetV2 0.35 at 96x96",
    "encoder_vmvx": "transformer encoder, 4 layers, 256 wide, 128 tokens",
    "matmul_512_transposed_vmvx": "512x512x512 matrix product, B transposed",
    "matmul_int8_512_vmvx": "512x512x512 matrix product of 8-bit integers",
    "wordcount": "a word counter that uses lists",
}
"""What README shows."""
OTHERS = ("IREE interpreter", "IREE llvm-cpu", "ONNX Runtime")
_MARKED = re.compile(r"(<!-- figures: (\w+) -->\n).*?(<!-- end of figures -->)", re.DOTALL)


@cache
def run() -> Report:
    """The dated run."""
    return load(RUN)


@cache
def zoo() -> Report:
    """The dated run over trained networks."""
    return load(ZOO)


def filled(text: str) -> str:
    """A page with the figures of the runs."""
    return _MARKED.sub(lambda found: f"{found[1]}{_figure(found[2])}\n{found[3]}", text)


def _figure(name: str) -> str:
    return FIGURES[name](run()) if name in FIGURES else ZOO_FIGURES[name](zoo())


def pages() -> dict[str, str]:
    """The comparison pages, by their files in `docs/`."""
    return {"suite.html": html(run()), "zoo.html": html(zoo())}


def picture() -> str:
    """`docs/result.svg`."""
    return svg([_case(run(), RESNET)])


def _case(report: Report, name: str) -> CaseResult:
    return next(case for case in report.cases if case.name == name)


def _result(report: Report) -> str:
    time, interpreter, native, onnx, output = (cell.removesuffix("x") for cell in _row(report, RESNET))
    return _paragraph(
        f"**One result:** ResNet-50 (random weights, 1x3x224x224 input) takes {time} on one thread of an",
        f"{report.machine.processor}. That is {interpreter} times the speed of IREE's interpreter",
        "with the same output, bit for bit;" if output == "yes" else "with other bits;",
        f"{native} times the speed of IREE's native compiler (llvm-cpu); and {onnx} times the speed of ONNX Runtime.",
    )


def _paragraph(*parts: str) -> str:
    return textwrap.fill(" ".join(parts), 120, break_long_words=False, break_on_hyphens=False)


def _row(report: Report, name: str) -> list[str]:
    """Time of the C, its speed relative to the others, and whether its bits are the interpreter's."""
    found = next(row for row in overview.table(report).rows if row.case.name == name)
    main = found.main
    assert main is not None and main.estimate is not None
    speeds = dict(zip(overview.table(report).others, found.ratios, strict=True))
    shown = [f"{three(speed)}x" if (speed := speeds.get(other)) else "" for other in OTHERS]
    return [seconds(main.estimate.median), *shown, "yes" if main.verdict.state == "equal" else "no"]


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _programs(report: Report) -> str:
    headings = ["program", "emitted C, time per call", *(f"speed relative to {name}" for name in OTHERS), "same bits"]
    return _table(headings, ([title, *_row(report, name)] for name, title in PROGRAMS.items()))


def _size(report: Report) -> str:
    case = _case(report, RESNET)
    build = next(build for build in case.builds if build.level == "size")
    assert case.size is not None
    return _paragraph(
        f"At `--optimize=size` the machine code of ResNet-50 has {build.text_ratio:.2f} times the size of its bytecode",
        f"({build.own.text:,} and {case.size.bytecode:,} bytes).",
    )


def _conditions(report: Report) -> str:
    machine, date = report.machine, datetime.fromisoformat(report.date)
    legs = [leg for case in report.cases for leg in case.legs if leg.exact and leg.verdict.state != "unavailable"]
    equal = sum(leg.verdict.state == "equal" for leg in legs)
    rate = f"{three(report.peaks.flops / 1e9)} GFLOP/s" if report.peaks else ""
    peak = f"; measured peak of one core {rate} of separate multiplies and adds." if rate else "."
    iree = machine.versions["iree-base-compiler"]
    return _paragraph(
        f"{date.day} {date:%B %Y, %H:%M} UTC (end of the run): {machine.processor}, {machine.cores} cores,",
        f"{machine.compiler}, IREE {iree}{peak}",
        *(f"Note: {warning}." for warning in machine.warnings),
        f"{equal} of the {len(legs)} outputs that must equal those of IREE's interpreter are equal, bit for bit.",
    )


def _standard(report: Report) -> str:
    table = overview.table(report)
    headings = ["program", "output", "C, time per call", *(f"speed relative to {name}" for name in table.others)]
    return _table([*headings, "code / bytecode at speed", "at size"], (_whole(row) for row in table.rows))


def _whole(row: overview.Row) -> list[str]:
    main = row.main
    assert main is not None and main.estimate is not None
    speeds = [f"{three(value)}x" if value else "" for value in row.ratios]
    code = [f"{row.code[level]:.2f}x" for level in ("speed", "size")]
    return [f"`{row.case.name}`", verdict_text(main.verdict), seconds(main.estimate.median), *speeds, *code]


def _headline(report: Report) -> str:
    numbers = "\n".join(f"* {each.question}: **{each.value}** {each.meaning}" for each in overview.numbers(report))
    return f"{overview.headline(report)}.\n\n{numbers}"


def _zoo(report: Report) -> str:
    table = _table(HEADINGS, (cells(row) for row in rows(report) if row.case.legs))
    return table + "\n\n" + "\n".join(f"* {line}" for line in summary(report))


def _zoo_conditions(report: Report) -> str:
    """As of the suite, and which models of the table the run left out."""
    known, measured = [model.name for model in models()], {case.name for case in report.cases}
    left = ", ".join(name for name in known if name not in measured)
    rest = _paragraph(f"Not part of this run, of the {len(known)} models that the zoo has: {left}.") if left else ""
    return "\n\n".join(filter(None, [_conditions(report), rest]))


FIGURES: dict[str, Callable[[Report], str]] = {
    "result": _result,
    "programs": _programs,
    "size": _size,
    "conditions": _conditions,
    "standard": _standard,
    "headline": _headline,
}
ZOO_FIGURES: dict[str, Callable[[Report], str]] = {"zoo": _zoo, "zoo_conditions": _zoo_conditions}
