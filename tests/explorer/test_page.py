"""The page in a browser: it fits, it can be used by keyboard, and nothing of a module is more than text in it."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import pytest

from tests.cli.test_hostile import NAMES, hostile
from tests.support.browser import asked, needs_browser, scan_lines
from transpile.explorer import collect, render_page
from transpile.explorer.data import Code, Page, Part, Row, Text
from transpile.loader import read
from transpile.nests.plan.target import AVX2, SSE2

ROOT = Path(__file__).parents[2]
SIZES = ((1440, 900), (1024, 800), (390, 844))

SOURCE = "examples/matmul/matmul.mlir"

# What is wrong with the boxes that are seen: a page wider than the window, panels on each other, and text that is cut.
BOXES = """
const problems = [];
const seen = (all) => [...document.querySelectorAll(all)].filter((each) => each.checkVisibility());
const said = (each) => `${each.tagName} ${each.className} ${each.textContent.slice(0, 40)}`;
const { scrollWidth } = document.documentElement;
if (scrollWidth > innerWidth) problems.push(`page: ${scrollWidth} wide`);
for (const each of seen("main > *, .panel, .figure, .loop, .pane, .steps li, .item")) {
  const box = each.getBoundingClientRect();
  if (box.right > innerWidth + 1 || box.left < -1) problems.push(`outside: ${said(each)}`);
  for (const other of each.parentNode.children) {
    const next = other.getBoundingClientRect();
    const beside = next.right <= box.left + 1 || box.right <= next.left + 1;
    const apart = beside || next.bottom <= box.top + 1 || box.bottom <= next.top + 1;
    if (other !== each && !apart && other.checkVisibility() && other.className !== "locate") {
      problems.push(`on each other: ${said(each)}, ${said(other)}`);
    }
  }
}
for (const each of seen("button, h1, h2, h3, h4, h5, .badge, .figure b, .figure span")) {
  const cut = each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 1;
  if (cut && getComputedStyle(each).display !== "inline") problems.push(`cut: ${said(each)}`);
}
return problems;
"""


@functools.cache
def product() -> str:
    """A page with one function, its source beside it."""
    module = read(ROOT / "examples/matmul/matmul.vmfb")
    source = (ROOT / SOURCE).read_text(encoding="utf-8")
    return render_page(collect(module, SSE2, title="matmul.vmfb", sources={"matmul.mlir": source}))


@functools.cache
def classifier() -> str:
    """A page with kernels."""
    module = read(ROOT / "examples/digits/digits_vmvx.vmfb")
    return render_page(collect(module, AVX2, title="digits_vmvx.vmfb", passes=True))


def test_nothing_is_loaded_from_elsewhere() -> None:
    text = classifier()
    assert "default-src 'none'" in text and "unsafe-inline" not in text
    assert not re.search(r"""(?:src|href)=["'](?!#)|@import|url\(|fetch\(|XMLHttpRequest""", text)


def test_the_same_module_gives_the_same_page() -> None:
    module = read(ROOT / "examples/digits/digits_vmvx.vmfb")
    assert render_page(collect(module, AVX2, title="digits_vmvx.vmfb", passes=True)) == classifier()


SETTLED = "await new Promise((done) => setTimeout(done, 50));"
OPENED = f"for (const each of document.querySelectorAll('details')) each.open = true; {SETTLED}"


def looked_at(*places: str) -> str:
    """What is wrong with the boxes, at each of these places of a page with all that can be opened open."""
    places_text = ", ".join(f'"{place}"' for place in places)
    return f"""
    const all = [];
    for (const place of [{places_text}]) {{
      location.hash = place;
      {SETTLED} {OPENED}
      all.push(...(() => {{ {BOXES} }})().map((problem) => `${{place}}: ${{problem}}`));
    }}
    return all;"""


@needs_browser
@pytest.mark.parametrize(("width", "height"), SIZES)
def test_boxes_fit(width: int, height: int, tmp_path: Path) -> None:
    picture = f"--screenshot={tmp_path}/page.png"
    assert asked(tmp_path, product(), looked_at("f0_0", ""), picture, width=width, height=height) == []
    lines = scan_lines((tmp_path / "page.png").read_bytes())[2]
    assert len(lines) > height // 4  # an empty page is the same line over and over
    unfolded = "document.querySelector('.fold').click();"
    assert asked(tmp_path, classifier(), unfolded + looked_at("", "f0_0", "f1_0"), width=width, height=height) == []


@needs_browser
def test_boxes_that_do_not_fit_are_noticed(tmp_path: Path) -> None:
    broken = ".panel { margin-bottom: -3rem } .figure { min-width: 40rem } h2 { width: 3rem; white-space: nowrap }"
    script = f"const sheet = new CSSStyleSheet(); sheet.replaceSync('{broken}'); document.adoptedStyleSheets = [sheet];"
    found = asked(tmp_path, product(), script + looked_at(""), width=390, height=844)
    assert {problem.split(":")[1].strip() for problem in found} >= {"on each other", "outside", "cut"}


KEYS = """
const press = (key, target = document.activeElement) =>
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
const told = [];
const view = functionView.code;
view.bytecode.box.focus();
press("Home");
for (let n = 0; n < view.bytecode.lines.findIndex((line) => line.includes("fma.f32")); n++) press("ArrowDown");
told.push(view.bytecode.lines[view.bytecode.cursor].includes("fma.f32"));
told.push([...view.c.marked].some((line) => view.c.lines[line].includes("vm_fma_f32")));
told.push([...view.source.marked].map((line) => view.source.lines[line].trim().slice(0, 16)));
told.push(document.getElementById(view.bytecode.box.getAttribute("aria-activedescendant")).getAttribute("aria-selected"));
told.push(view.buttons[2].dataset.marked);
press("ArrowRight");
told.push(document.activeElement === view.c.box);
press("Escape");
told.push(view.bytecode.marked.size);
press("/", document.body);
told.push(document.activeElement.id);
search.value = "FMA.f32";
press("Enter");
told.push(view.bytecode.lines[view.bytecode.cursor].includes("fma.f32"));
document.querySelector(".overview").focus();
press("ArrowDown");
told.push(document.activeElement.dataset.key);
return told;
"""


@needs_browser
def test_keys_do_what_the_mouse_does(tmp_path: Path) -> None:
    told = asked(tmp_path, product(), KEYS)
    assert told == [True, True, ["%r = linalg.matm"], "true", "1", True, 0, "search", True, "f0_0"]


@needs_browser
def test_everything_that_is_clicked_is_reached_by_tab(tmp_path: Path) -> None:
    script = """return [...document.querySelectorAll(".lines, .diff, button, summary, input")].filter(
      (each) => each.checkVisibility() && each.tabIndex < 0 && !each.disabled).map((each) => each.outerHTML)"""
    assert asked(tmp_path, classifier(), script, at="#f1_0") == []


@needs_browser
def test_lines_of_a_nest_lead_to_the_instructions_they_are_made_from(tmp_path: Path) -> None:
    script = """
    const { c, bytecode } = functionView.code;
    const line = c.lines.findIndex((text) => text.includes("acc0_0 ="));
    c.box.scrollTop = line * 20;
    c.draw();
    document.getElementById(`c-${c.lines.findIndex((text) => /^ *acc0_0 = x/.test(text))}`).click();
    return [...bytecode.marked].map((line) => bytecode.lines[line].slice(8).trim());"""
    assert asked(tmp_path, product(), script) == ["%i20 = fma.f32 %i22, %i23, %i20"]


@needs_browser
def test_rewrites_are_stepped_through(tmp_path: Path) -> None:
    script = f"""{OPENED}
    const stepper = document.querySelector(".loop.tile .stepper");
    const [back, on] = stepper.querySelectorAll("button");
    const told = [back.disabled, stepper.querySelectorAll(".added, .removed").length];
    on.click();
    told.push(back.disabled, stepper.querySelectorAll(".added").length > 0);
    return [...told, stepper.querySelector(".step-name").textContent];"""
    assert asked(tmp_path, product(), script) == [True, 0, False, True, "reorder (t1, t0, t2)"]


@needs_browser
def test_dispatches_lead_to_their_kernels(tmp_path: Path) -> None:
    script = """document.querySelector(".steps .dispatch button").click();
    await new Promise((done) => setTimeout(done, 50));
    return [location.hash, document.querySelector("h2").textContent]"""
    place, title = asked(tmp_path, classifier(), script)
    assert place == "#f1_0" and "dispatch_0" in title


@needs_browser
def test_light_and_dark(tmp_path: Path) -> None:
    script = """const colour = () => getComputedStyle(document.body).backgroundColor;
    const first = colour(); theme.click(); return [first, colour()]"""
    told = [
        asked(tmp_path, product(), script, f"--blink-settings=preferredColorScheme={scheme}") for scheme in (0, 1)
    ]
    assert told[0] == told[1][::-1] and told[0][0] != told[0][1]


@needs_browser
def test_of_a_long_function_only_what_is_seen_is_in_the_document(tmp_path: Path) -> None:
    lines = [f"{number:06x}  nop" for number in range(60_000)]
    links = [[number] for number in range(60_000)]
    code = Code(lines, [-1] * 60_000, [], Text(lines, links), Text(lines, links), [], [], None)
    row = Row("f0_0", 0, "long", ["long"], 60_000, 1.0, {}, 0)
    page = render_page(Page("long", 16, [Part("m", None)], [row], {"f0_0": code}, [], {}, {}))
    script = """const { c, bytecode } = functionView.code;
    c.owner.choose(c, 59999); c.show(59999); c.draw();
    const drawn = document.querySelectorAll(".row").length;
    return [drawn < 400, bytecode.marked.has(59999), document.getElementById("c-59999") !== null];"""
    assert asked(tmp_path, page, script) == [True, True, True]


TAKE_OVER = "document.title = 'taken over'"


@needs_browser
def test_what_a_module_says_is_text(tmp_path: Path) -> None:
    for name in (f"</script><script>{TAKE_OVER}</script>", f'<img src=x onerror="{TAKE_OVER}">'):
        path = tmp_path / "x.vmfb"
        path.write_bytes(hostile(name, 4))
        text = render_page(collect(read(path), SSE2, title=name))
        script = """
        return [document.title.slice(-9), document.querySelectorAll("main img, nav img").length,
          document.querySelector("h2").textContent]"""
        assert asked(tmp_path, text, script) == ["explained", 0, name], name


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_no_name_is_markup_or_controls_anything(name: str, tmp_path: Path) -> None:
    path = tmp_path / "x.vmfb"
    path.write_bytes(hostile(f"{name}</script>&<!--", 4))
    text = render_page(collect(read(path), SSE2, title="x", passes=True))
    data = re.findall(r'<script type="application/json" id="data-\w+">(.*)</script>', text)
    assert data and not any(re.search("[<>&\\x00-\\x1f\\x7f-\\uffff]", each) for each in data)
