"""The page that knows digits, in a browser: what is drawn is recognised, with the interpreter's bits, and it fits."""

from __future__ import annotations

import json
import math
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import transpile
from tests.devices.wasm import need_tools
from tests.support.browser import needs_browser, scan_lines
from tests.support.chromium import Page, chromium

ROOT = Path(__file__).parents[2]
DIGITS = ROOT / "examples" / "digits"
SIZES = ((1440, 900), (1024, 800), (390, 844))
MOST = 24 * 1024
"""Bytes of the program, its 14 kB of weights included."""

Points = list[tuple[float, float]]

pytestmark = needs_browser


def _arc(x: float, y: float, across: float, down: float, first: int, last: int) -> Points:
    """A part of an ellipse, in degrees from the right, clockwise."""
    angles = (math.radians(first + (last - first) * n / 12) for n in range(13))
    return [(x + across * math.cos(angle), y + down * math.sin(angle)) for angle in angles]


STROKES: dict[int, list[Points]] = {
    0: [_arc(0.5, 0.5, 0.28, 0.42, -90, 270)],
    1: [[(0.38, 0.22), (0.52, 0.1), (0.52, 0.9)]],
    2: [[*_arc(0.5, 0.32, 0.26, 0.22, 180, 380), (0.24, 0.9), (0.78, 0.9)]],
    3: [[*_arc(0.48, 0.3, 0.24, 0.2, 200, 450), *_arc(0.48, 0.7, 0.26, 0.2, -90, 160)]],
    4: [[(0.52, 0.1), (0.22, 0.6), (0.8, 0.6)], [(0.6, 0.4), (0.6, 0.92)]],
    5: [[(0.74, 0.1), (0.32, 0.1), (0.28, 0.46), *_arc(0.48, 0.66, 0.26, 0.24, -120, 150)]],
    6: [[(0.62, 0.1), *_arc(0.5, 0.66, 0.24, 0.24, 200, 560)]],
    7: [[(0.24, 0.12), (0.76, 0.12), (0.44, 0.9)]],
    8: [[*_arc(0.5, 0.3, 0.2, 0.2, 90, 450), *_arc(0.5, 0.7, 0.24, 0.2, -90, 270)]],
    9: [[*_arc(0.5, 0.34, 0.22, 0.22, 0, 360), (0.7, 0.6), (0.6, 0.92)]],
}
"""Digits as a hand may draw them, in the square of the drawing area."""

# What is wrong with what is seen: a page wider than the window, boxes on each other, text that is cut.
BOXES = """
const problems = [];
const said = (each) => `${each.tagName} ${each.id} ${each.className} ${each.textContent.slice(0, 30)}`;
const { scrollWidth } = document.documentElement;
if (scrollWidth > innerWidth) problems.push(`page: ${scrollWidth} wide`);
for (const each of document.querySelectorAll("header *, main, .panel, .panel *:not(i):not(pre *)")) {
  const box = each.getBoundingClientRect();
  if (box.right > innerWidth + 1 || box.left < -1) problems.push(`outside: ${said(each)}`);
  const text = each.tagName !== "PRE" && getComputedStyle(each).display !== "inline";
  const cut = each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 1;
  if (text && cut) problems.push(`cut: ${said(each)}`);
  for (const other of text ? each.parentNode.children : []) {
    const next = other.getBoundingClientRect();
    const beside = next.right <= box.left + 1 || box.right <= next.left + 1;
    const apart = beside || next.bottom <= box.top + 1 || box.bottom <= next.top + 1;
    if (other !== each && !apart) problems.push(`on each other: ${said(each)}, ${said(other)}`);
  }
}
return problems;
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the example makes."""
    need_tools()
    folder = tmp_path_factory.mktemp("page")
    command = [sys.executable, DIGITS / "web" / "build.py", folder]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    with chromium(tmp_path_factory.mktemp("profile")) as page:
        yield page


def show(window: Page, built: Path, width: int = 1440, height: int = 900, *, dark: bool = False) -> None:
    """The page, ready."""
    window.open((built / "index.html").as_uri(), width, height, dark=dark)
    window.wait("document.querySelector('#samples button')")


def draw(window: Page, strokes: list[Points]) -> None:
    left, top, size = window.ask("const { x, y, width } = canvas.getBoundingClientRect(); return [x, y, width];")
    for stroke in strokes:
        window.drag([(left + x * size, top + y * size) for x, y in stroke])


def answer(window: Page) -> str:
    said: str = window.ask("return answer.querySelector('b')?.textContent ?? answer.textContent;")
    return said


def test_it_is_small_and_loads_nothing(built: Path) -> None:
    assert (built / "digits" / "digits.wasm").stat().st_size < MOST
    text = (built / "index.html").read_text(encoding="utf-8")
    assert not re.search(r"""(?:src|href)=["'](?!data:)|@import|url\(|https?:""", text)


def test_digits_that_are_drawn_are_recognised(built: Path, window: Page) -> None:
    show(window, built)
    assert answer(window) == "Nothing is drawn yet"
    found = {}
    for digit, strokes in STROKES.items():
        draw(window, strokes)
        found[digit] = answer(window)
        window.ask("document.getElementById('clear').click();")
    assert found == {digit: str(digit) for digit in STROKES}


def test_the_interpreter_s_bits(built: Path, window: Page) -> None:
    show(window, built)
    images = (np.load(DIGITS / "test_images.npy")[:40] / 16).astype(np.float32)
    found = window.ask(f"""
        const {{ load }} = await import("./digits.js");
        const {{ classify }} = await load(JSON.parse(document.getElementById("facts").textContent).program);
        return {json.dumps(images.tolist())}.map((image) => {{
          const {{ output0 }} = classify({{ input0: Float32Array.from(image) }});
          return [...new Uint32Array(output0.buffer)];
        }});""")
    reference = transpile.load(DIGITS / "digits_vmvx.vmfb", engine="interpreter")
    expected = [reference.classify(image[None]).view(np.uint32)[0].tolist() for image in images]
    assert found == expected


def test_what_is_shown_is_what_is_computed(built: Path, window: Page) -> None:
    """The share of each digit, for an image that is chosen by its button."""
    show(window, built)
    images, labels = np.load(DIGITS / "test_images.npy"), np.load(DIGITS / "test_labels.npy")
    image = images[labels.tolist().index(7)] / np.float32(16)
    scores = transpile.load(DIGITS / "digits_vmvx.vmfb", engine="interpreter").classify(image[None])[0]
    likely = np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()
    window.ask("document.querySelectorAll('#samples button')[7].click();")
    shown = window.ask("return [...document.querySelectorAll('#scores span')].map((each) => each.textContent);")
    assert shown == [f"{100 * share:.1f} %" for share in likely] and answer(window) == "7"


def test_the_keyboard_is_enough(built: Path, window: Page) -> None:
    show(window, built)
    window.press("Tab")
    assert window.ask("return document.activeElement.id;") == "canvas"
    window.press(" ", *["ArrowDown"] * 12, " ")
    assert answer(window) == "1"
    window.press("Tab", "Enter")
    assert answer(window) == "Nothing is drawn yet"
    left_out = "each.tabIndex < 0 && !each.disabled"
    clicked = "[...document.querySelectorAll('button, canvas#canvas, pre')]"
    assert window.ask(f"return {clicked}.filter((each) => {left_out}).length;") == 0


def test_strokes_are_taken_back(built: Path, window: Page) -> None:
    show(window, built)
    draw(window, [*STROKES[1], [(0.1, 0.1), (0.9, 0.9)]])
    window.ask("document.getElementById('undo').click();")
    assert answer(window) == "1"


def test_the_time_of_a_call_is_shown(built: Path, window: Page) -> None:
    show(window, built)
    window.wait("document.getElementById('time').textContent !== '…'")
    shown = window.ask("return [time, work, rate].map((each) => each.textContent);")
    assert re.fullmatch(r"[\d.]+ µs", shown[0]) and shown[1] == f"{64 * 48 + 48 * 10:,}" and float(shown[2]) > 0
    assert "vm_f32x4" in window.ask("return code.textContent;")


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_it_fits(width: int, height: int, built: Path, window: Page) -> None:
    """In light and dark, with something drawn; an empty page would be the same line over and over."""
    colours = set()
    for dark in (False, True):
        show(window, built, width, height, dark=dark)
        draw(window, STROKES[3])
        window.wait("document.getElementById('time').textContent !== '…'")
        assert window.ask(BOXES) == []
        colours.add(window.ask("return getComputedStyle(document.body).backgroundColor;"))
        assert len(scan_lines(window.picture())[2]) > height // 4
    assert len(colours) == 2


def test_what_does_not_fit_is_noticed(built: Path, window: Page) -> None:
    show(window, built, 390, 844)
    broken = ".panel { margin-bottom: -3rem } .figures { width: 40rem } h2 { width: 2rem; white-space: nowrap }"
    adopted = "document.adoptedStyleSheets = [sheet];"
    window.ask(f"const sheet = new CSSStyleSheet(); sheet.replaceSync('{broken}'); {adopted}")
    assert {problem.split(":")[0] for problem in window.ask(BOXES)} >= {"on each other", "outside", "cut"}
