"""The page: self-contained, safe, and drawn by a browser."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from compare.report_html import html
from compare.results import CaseResult
from tests.compare.samples import case, report

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_browser = pytest.mark.skipif(BROWSER is None, reason="chromium is not installed")


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


def browse(folder: Path, text: str, *flags: str) -> str:
    """What chromium writes to its output."""
    path = folder / "page.html"
    path.write_text(text, encoding="utf-8")
    command = [str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    command += [f"--user-data-dir={folder}/profile", *flags, path.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=True).stdout


def measured(folder: Path, script: str, *flags: str) -> str:
    """What an expression of JavaScript says of the page."""
    text = page().replace(
        "</body>", f"<output id=answer></output><script>answer.textContent = {script}</script></body>"
    )
    found = re.search(r"<output id=\"answer\">([^<]*)<", browse(folder, text, "--dump-dom", *flags))
    assert found
    return found[1]


@needs_browser
def test_tables_are_sorted_by_a_click(tmp_path: Path) -> None:
    click = "document.querySelectorAll('#case0 .sortable th')[2].click()"
    rows = "[...document.querySelector('#case0 tbody').rows]"
    times = measured(tmp_path, f"({click}, {rows}.map(row => row.cells[2].dataset.value ?? '-').join(' '))").split()
    assert [float(time) for time in times[:3]] == [0.01, 0.2, 1.0]
    assert times[3:] == ["-"]  # what is wrong has no time, and comes last


@needs_browser
def test_the_overview_has_a_dot_for_each_leg_that_was_timed(tmp_path: Path) -> None:
    places = "[...document.querySelectorAll('.dots .point')].map(dot => `${dot.classList[1]} ${dot.style.left}`).join()"
    dots = measured(tmp_path, places).split(",")
    # From 1x to 100x: the base at the left end, 5x, and 100x of the first program, 2x of the second one.
    assert dots == ["interpreter 0%", "c-size 34.95%", "c 100%", "interpreter 0%", "c-size 34.95%", "c 15.05%"]


@needs_browser
def test_it_fits_a_phone(tmp_path: Path) -> None:
    sizes = "[innerWidth, document.documentElement.scrollWidth, document.querySelector('.bar.c').clientWidth].join(' ')"
    window, content, bar = map(int, measured(tmp_path, sizes, "--window-size=400,800").split())
    assert content <= window
    assert bar > 50


@needs_browser
def test_light_and_dark(tmp_path: Path) -> None:
    colours = [
        measured(
            tmp_path, "getComputedStyle(document.body).backgroundColor", f"--blink-settings=preferredColorScheme={k}"
        )
        for k in (0, 1)
    ]
    assert colours == ["rgb(20, 22, 26)", "rgb(246, 247, 249)"]


@needs_browser
def test_a_browser_draws_it(tmp_path: Path) -> None:
    picture = tmp_path / "page.png"
    browse(tmp_path, page(), f"--screenshot={picture}", "--window-size=1000,1600")
    width, height, lines = scan_lines(picture.read_bytes())
    assert (width, height) == (1000, 1600)
    assert len(lines) > height // 4  # an empty page is the same line over and over


def scan_lines(png: bytes) -> tuple[int, int, set[bytes]]:
    """Width, height and the different lines of a picture."""
    width, height = struct.unpack(">II", png[16:24])
    raw = zlib.decompress(b"".join(_chunks(png, b"IDAT")))
    stride = len(raw) // height
    return width, height, {raw[at : at + stride] for at in range(0, len(raw), stride)}


def _chunks(png: bytes, name: bytes) -> Iterator[bytes]:
    at = 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == name:
            yield png[at + 8 : at + 8 + length]
        at += length + 12
