"""Pictures of the pages for docs/gallery.md: each at the widths of a desk, a tablet and a phone, light and dark.

    python -m tools.gallery --out docs/gallery --report docs/suite.json light_resnet50_vmvx=resnet50.vmfb

For each NAME=MODULE there is a picture of the explorer of the module, and one of the comparison of the program NAME in
one of the reports.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import click
from PIL import Image

from compare.report_html import html
from compare.report_load import load
from compare.results import Report
from tests.support.browser import browse
from transpile.explorer import collect, render_page
from transpile.loader import read
from transpile.nests.plan.target import AVX2

WINDOWS = ((1440, 900), (1024, 900), (390, 900))
SCHEMES = {"light": 1, "dark": 0}
HEIGHT, GAP, COLOURS = 500, 16, 64
"""Of a picture: its height and what is between the windows in pixels, and how many colours it has."""


@click.command()
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--report", "reports", multiple=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("programs", nargs=-1, metavar="NAME=MODULE...")
def main(out: Path, reports: Sequence[Path], programs: Sequence[str]) -> None:
    """Write the pictures."""
    out.mkdir(parents=True, exist_ok=True)
    for program in programs:
        name, _, module = program.partition("=")
        for kind, text in _pages(name, Path(module), [load(path) for path in reports]):
            for scheme in SCHEMES:
                target = out / f"{name}-{kind}-{scheme}.png"
                target.write_bytes(_picture(text, scheme))
                click.echo(f"{target}: {target.stat().st_size:,} bytes")


def _pages(name: str, module: Path, reports: Sequence[Report]) -> Iterator[tuple[str, str]]:
    yield "explorer", render_page(collect(read(module), AVX2, title=module.name))
    for report in reports:
        if cases := [case for case in report.cases if case.name == name]:
            yield "compare", html(replace(report, cases=cases))


def _picture(text: str, scheme: str) -> bytes:
    """The page in all windows beside each other."""
    shots = [_shot(text, scheme, *window) for window in WINDOWS]
    width = sum(shot.width for shot in shots) + GAP * (len(shots) - 1)
    sheet = Image.new("RGB", (width, HEIGHT), "#888888")
    left = 0
    for shot in shots:
        sheet.paste(shot, (left, 0))
        left += shot.width + GAP
    data = io.BytesIO()
    sheet.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(data, "PNG", optimize=True)
    return data.getvalue()


def _shot(text: str, scheme: str, width: int, height: int) -> Image.Image:
    with tempfile.TemporaryDirectory(prefix="gallery-") as name:
        target = Path(name) / "page.png"
        flags = [f"--screenshot={target}", f"--blink-settings=preferredColorScheme={SCHEMES[scheme]}"]
        flags.append("--run-all-compositor-stages-before-draw")  # else parts of it may be missing
        browse(Path(name), text, *flags, width=width, height=height)
        whole = Image.open(target).convert("RGB").crop((0, 0, width, height))
    return whole.resize((width * HEIGHT // height, HEIGHT), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()
