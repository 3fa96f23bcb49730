"""JSON that fits its schema and can be read back, Markdown, pyperf files, and regressions against a baseline."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from compare import baseline, pyperf_json, report_html, report_json, report_load, report_markdown
from compare.cli import PROBLEM, compare
from compare.engines import Unavailable
from tests.compare.samples import case, leg, report


def test_json_fits_the_schema() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(report_json.SCHEMA_FILE.read_text())
    jsonschema.validate(json.loads(report_json.dump(report())), schema)


def test_json_can_be_read_back_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(report_json.dump(report()))
    assert report_json.read(path)["cases"][0]["name"] == "matmul"
    path.write_text("[]")
    with pytest.raises(Unavailable, match="not a report"):
        report_json.read(path)


def test_a_report_is_made_again_from_its_json(tmp_path: Path) -> None:
    path, page, again = tmp_path / "report.json", tmp_path / "page.html", tmp_path / "again.json"
    path.write_text(report_json.dump(report(case(), case("other", 0.5))))
    assert report_load.load(path) == report(case(), case("other", 0.5))
    CliRunner().invoke(compare, ["report", str(path), "--html", str(page), "--json", str(again)])
    assert page.read_text() == report_html.html(report(case(), case("other", 0.5)))
    assert again.read_text() == path.read_text()


def test_half_a_report_is_none(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(json.dumps({"schema": report_json.SCHEMA, "cases": [{"name": "x"}]}))
    done = CliRunner().invoke(compare, ["report", str(path), "--html", str(tmp_path / "page.html")])
    assert done.exit_code == PROBLEM and "not a complete report" in done.output
    assert not (tmp_path / "page.html").exists()


def test_a_slowed_leg_is_a_regression() -> None:
    earlier = report_json.to_json(report(case(speed=0.01)))
    slower = report(case(speed=0.013))
    baseline.mark(slower, earlier, "old.json")
    assert [found.name for _, found in slower.regressions] == ["C speed"]
    change = slower.regressions[0][1].change
    assert change is not None and change.median == pytest.approx(1.3)


def test_the_same_run_is_none() -> None:
    same = report()
    baseline.mark(same, report_json.to_json(report()), "old.json")
    assert not same.regressions


def test_a_slower_machine_is_none() -> None:
    """The base is slower by as much: only the base itself is measured by its own time."""
    slower = case()
    slower.legs = [leg("IREE interpreter", 2.0, base=2.0), leg("C speed", 0.02, base=2.0)]
    later = report(slower)
    baseline.mark(later, report_json.to_json(report()), "old.json")
    assert [found.name for _, found in later.regressions] == ["IREE interpreter"]


def test_times_of_another_processor_are_not_compared() -> None:
    slower = case()
    slower.legs = [leg("IREE interpreter", 2.0, base=2.0), leg("C speed", 0.02, base=2.0)]
    later, earlier = report(slower), report_json.to_json(report())
    earlier["machine"]["processor"] = "another one"
    baseline.mark(later, earlier, "old.json")
    assert not later.regressions


def test_another_clock_cannot_be_compared() -> None:
    earlier = report_json.to_json(report()) | {"clock": "wall"}
    with pytest.raises(Unavailable, match="wall times"):
        baseline.mark(report(), earlier, "old.json")


def test_a_leg_that_has_become_wrong_is_a_regression() -> None:
    later = case()
    was = case()
    was.legs[3] = leg("somebody", 0.001)
    now = report(later)
    baseline.mark(now, report_json.to_json(report(was)), "old.json")
    assert [found.name for _, found in now.regressions] == ["somebody"]


def test_missing_cases_are_named() -> None:
    now = report(case("one"))
    baseline.mark(now, report_json.to_json(report(case("one"), case("two"))), "old.json")
    assert now.missing == ["two"]


def test_markdown_leads_with_what_is_wrong() -> None:
    text = report_markdown.markdown(report())
    assert text.startswith("**WRONG** matmul, somebody")
    assert "<b>" not in text
    assert "| C speed | equal bits | 10.0 ms |" in text


def test_pyperf_reads_its_file(tmp_path: Path) -> None:
    pyperf = pytest.importorskip("pyperf")
    path = tmp_path / "samples.json"
    pyperf_json.write(report(), path)
    suite = pyperf.BenchmarkSuite.load(str(path))
    assert set(suite.get_benchmark_names()) == {"matmul: C size", "matmul: C speed", "matmul: IREE interpreter"}
    assert suite.get_benchmark("matmul: C speed").median() == pytest.approx(0.01)
