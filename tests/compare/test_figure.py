"""The picture of a comparison: what notebooks show of a report."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

import compare
from compare.cases import Case
from compare.comparison import Settings
from compare.resources import EXAMPLES
from compare.results import CaseResult, Report
from tests.compare.samples import case, report

SVG = "{http://www.w3.org/2000/svg}"


def drawn(*cases: CaseResult) -> tuple[list[str], list[float]]:
    """Texts and the ends of the bars of a report in a notebook."""
    root = ElementTree.fromstring(report(*cases)._repr_svg_())
    ends = [float(bar.attrib["x"]) + float(bar.attrib["width"]) for bar in root.iter(f"{SVG}rect")]
    return [str(text.text) for text in root.iter(f"{SVG}text")], ends


def test_each_leg_that_was_timed_has_a_bar() -> None:
    texts, ends = drawn(case())
    assert "matmul: speed relative to the IREE interpreter" in texts and "100x" in texts
    # 1x, 100x and 5x on an axis to 100x; what is wrong has no bar.
    assert [round(end) for end in ends] == [152, 630, 318] and "WRONG" in texts


def test_programs_share_their_axis() -> None:
    one, other = case("one", 0.5), case("other", 0.01)
    _, ends = drawn(one, other)
    assert ends[1] < ends[4] and ends[2] == ends[5]


def test_names_are_text() -> None:
    texts, _ = drawn(case("<script>&"))
    assert "<script>&: speed relative to the IREE interpreter" in texts


def test_nothing_timed_is_no_picture_of_bars() -> None:
    assert drawn(CaseResult("broken", "f()", "", "", []))[1] == []


def test_a_report_is_one_call(monkeypatch: pytest.MonkeyPatch) -> None:
    def compared(cases: list[Case], settings: Settings) -> Report:
        assert (settings.plan.rounds, settings.plan.leg_seconds) == (2, 0.5)
        return report(*(case(each.name) for each in cases))

    monkeypatch.setattr("compare.comparison.compare_all", compared)
    found = compare.report(EXAMPLES / "fibonacci" / "fibonacci.vmfb", rounds=2, seconds=0.5)
    assert [each.name for each in found.cases] == ["fibonacci"]
