"""The page: self-contained, safe, and drawn by a browser."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from compare.report_html import html
from compare.results import CaseResult, Hot, LegResult, Report
from tests.compare.samples import case, leg, report
from tests.packaging.document import ROOT
from tests.support.browser import asked, needs_browser, scan_lines


def page() -> str:
    return html(report(case(), case("<script>document.title = 'taken over'</script>", 0.5)))


def test_nothing_is_loaded_from_elsewhere() -> None:
    text = page()
    assert "default-src 'none'" in text
    assert not re.search(r"""(?:src|href)=["'](?!#)|@import|url\(""", text)


def test_names_are_escaped() -> None:
    assert "<script>document" not in page()
    assert "<b>7</b>" not in page()


def test_a_module_that_could_not_be_compared_says_why() -> None:
    empty = CaseResult("broken", "f()", "", "", [], notes=["not compared: it is broken"])
    assert "not compared: it is broken" in html(report(empty))


def test_what_is_wrong_is_said_and_has_no_time() -> None:
    text = page()
    assert "WRONG: matmul, somebody" in text
    row = text[text.index("<td>somebody</td>") :]
    assert "1.00 ms" not in row[: row.index("</tr>")]


LEGS = ("interpreter", "C none", "C speed, 2 threads", "IREE llvm-cpu", "ONNX Runtime")
NOTE = "half of the samples are 12 % apart; waited for the processor 30 % of the time"


def crowded() -> str:
    """A page with long names, much to say, legs as fast as each other, and more programs than a picture can name."""
    names = ("matmul_512_vmvx", "matmul_512_transposed_vmvx", "light_squeezenet_inline", "a_program_with_a_longer_name")
    return html(report(*(_crowded(f"{name}_{n}", 10.0 ** (-1 - n)) for n in range(5) for name in names)))


def _crowded(name: str, speed: float) -> CaseResult:
    found = case(name, speed)
    found.legs = [each for each in found.legs if each.verdict.right] + [_close(each, speed) for each in LEGS]
    found.hot += [Hot("vmc_module_k5_nest_85503bcf0a99_8x1x8", "@dispatch_44_conv_3x3x336x3x3_f32", 0.01, 0.1)]
    found.hot_outside = 0.95
    found.notes = ["size at none: " + 20 * "no room "]
    return found


def _close(name: str, speed: float) -> LegResult:
    found = leg(name, 1.03 * speed)
    found.noise = [NOTE]
    return found


# What is wrong with the boxes: outside of the window, wider than their place, or on each other.
BOXES = """
for (const each of document.querySelectorAll("details")) each.open = true;
const problems = [];
const seen = (all, root = document) =>
  [...root.querySelectorAll(all)].filter((each) => each.checkVisibility({ visibilityProperty: true }));
const said = (each) => `${each.tagName} ${each.getAttribute("class") ?? ""} ${each.textContent.slice(0, 40)}`;
const box = (each) => each.getBoundingClientRect();
const { scrollWidth } = document.documentElement;
if (scrollWidth > innerWidth) problems.push(`page: ${scrollWidth} wide`);
for (const each of seen("main *, header *")) {
  const outside = box(each).right > innerWidth + 1 || box(each).left < -1;
  if (box(each).width && outside) problems.push(`outside: ${said(each)}`);
}
for (const each of seen(".scroll, .name, .value, th, td, h1, h2, p, button")) {
  const cut = each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).display !== "inline";
  if (cut) problems.push(`cut: ${said(each)}`);
}
const beside = (a, b) => a.right <= b.left + 1 || b.right <= a.left + 1;
const apart = (a, b) => beside(a, b) || a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
const groups = [["main", "section, .numbers"], [".numbers", "p"], [".row", ".name, .value, .track"],
  [".track", ".point"], [".axis .track", ".label"], ["tr", "th, td"], ["svg", "text"], ["header", "*"]];
for (const [group, members] of groups) {
  for (const one of seen(group)) {
    const boxes = seen(members, one);
    boxes.forEach((a, n) => boxes.slice(n + 1).forEach((b) => {
      if (!apart(box(a), box(b))) problems.push(`on each other: ${said(a)}, ${said(b)}`);
    }));
  }
}
return problems;
"""


@needs_browser
@pytest.mark.parametrize(("width", "height"), ((1440, 900), (1130, 800), (1024, 800), (390, 844)))
def test_boxes_fit(width: int, height: int, tmp_path: Path) -> None:
    picture = tmp_path / "page.png"
    size: dict[str, Any] = {"width": width, "height": height}
    assert asked(tmp_path, crowded(), BOXES, f"--screenshot={picture}", **size) == []
    lines = scan_lines(picture.read_bytes())[2]
    assert len(lines) > height // 4  # an empty page is the same line over and over
    assert asked(tmp_path, page(), BOXES, **size) == []


@needs_browser
@pytest.mark.parametrize("width", (1440, 1024, 390))
@pytest.mark.parametrize("name", ("suite.html", "zoo.html"))
def test_the_page_of_a_dated_run_fits(name: str, width: int, tmp_path: Path) -> None:
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert asked(tmp_path, text, BOXES, width=width) == []


@needs_browser
def test_boxes_that_do_not_fit_are_noticed(tmp_path: Path) -> None:
    broken = ".name { width: 2rem; white-space: nowrap } .point { --lane: 0 !important } section { min-width: 50rem }"
    script = f"const sheet = new CSSStyleSheet(); sheet.replaceSync('{broken}'); document.adoptedStyleSheets = [sheet];"
    found = asked(tmp_path, crowded(), script + BOXES, width=390, height=844)
    assert {problem.split(":")[0] for problem in found} >= {"page", "on each other", "outside", "cut"}


@needs_browser
@pytest.mark.parametrize("width", (1440, 390))
def test_no_figure_is_dropped(width: int, tmp_path: Path) -> None:
    """Each cell with a figure is seen, and so is what it says: in a heading, or in the cell if there is no room."""
    script = """
    const cells = [...document.querySelectorAll("td")].filter((cell) => cell.textContent && !cell.closest("details"));
    const heading = (cell) => cell.closest("table").tHead.rows[0].cells[cell.cellIndex];
    const label = (cell) => getComputedStyle(cell, "::before").content;
    const headed = (cell) => heading(cell).checkVisibility() || cell.cellIndex === 0 ||
      label(cell) === JSON.stringify(heading(cell).textContent);
    return cells.filter((cell) => !cell.checkVisibility() || !headed(cell)).map((cell) => cell.outerHTML)"""
    assert asked(tmp_path, crowded(), script, width=width) == []


def test_the_first_sentence_says_how_fast_and_the_figures_how_exact_how_large_and_on_what() -> None:
    quick = case()
    quick.legs = [each for each in quick.legs if each.verdict.right]
    text = html(report(quick))
    assert "<h1>Generated C runs matmul at 100 times the speed of the IREE interpreter</h1>" in text
    asked_first = re.findall(r'class="question">([^<]*)</span> <b>([^<]*)</b>', text)
    assert asked_first == [
        ("How fast", "100x"),
        ("How exact", "3 of 3"),
        ("How large", "2.50x"),
        ("On what", "1 program"),
    ]


def test_with_something_wrong_no_speed_comes_first() -> None:
    assert "<h1>Generated C and its bytecode, compared</h1>" in page()


def test_nothing_timed_is_no_speed() -> None:
    empty: Report = report(CaseResult("broken", "f()", "", "", [], notes=["not compared: it is broken"]))
    assert "<h1>Generated C and its bytecode, compared</h1>" in html(empty)


@needs_browser
def test_tables_are_sorted_by_a_click(tmp_path: Path) -> None:
    script = """document.querySelectorAll('#case0 .sortable th')[2].click();
    return [...document.querySelector('#case0 tbody').rows].map((row) => row.cells[2].dataset.value ?? null)"""
    # What is wrong has no time, and comes last.
    assert asked(tmp_path, page(), script) == ["0.01", "0.2", "1.0", None]


@needs_browser
def test_the_overview_has_a_dot_for_each_leg_that_was_timed(tmp_path: Path) -> None:
    script = "return [...document.querySelectorAll('.point')].map((dot) => `${dot.classList[1]} ${dot.style.left}`)"
    # From 1x to 100x: the base at the left end, 5x, and 100x of the first program, 2x of the second one.
    first, second = ["c 100%", "interpreter 0%", "c-size 34.95%"], ["c 15.05%", "interpreter 0%", "c-size 34.95%"]
    assert asked(tmp_path, page(), script) == [*first, *second]


@needs_browser
def test_light_and_dark(tmp_path: Path) -> None:
    script = """const colour = () => getComputedStyle(document.body).backgroundColor;
    const first = colour(); theme.click(); return [first, colour()]"""
    told = [asked(tmp_path, page(), script, f"--blink-settings=preferredColorScheme={k}") for k in (0, 1)]
    assert told == [["rgb(20, 22, 26)", "rgb(246, 247, 249)"], ["rgb(246, 247, 249)", "rgb(20, 22, 26)"]]
