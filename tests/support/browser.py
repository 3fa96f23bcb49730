"""Pages in a browser without a window: what a script finds there, and pictures of them."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import shutil
import struct
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_browser = pytest.mark.skipif(BROWSER is None, reason="chromium is not installed")

# A window is never narrower than 500 pixels, so the page is in a frame, and tells the document around it what it found.
_FRAME = """<!DOCTYPE html><meta charset="utf-8">
<style>body{{margin:0}}iframe{{border:0;width:{width}px;height:{height}px}}</style>
<iframe src="{source}"></iframe>
<script>addEventListener("message", (event) => {{
  const answer = document.createElement("pre");
  answer.id = "answer";
  answer.textContent = event.data;
  document.body.append(answer);
}});</script>
"""
_REPORT = """addEventListener("load", async () => {{
  let answer;
  try {{
    answer = await (async () => {{ {script} }})();
  }} catch (problem) {{
    answer = {{ problem: String(problem.stack) }};
  }}
  parent.postMessage(JSON.stringify(answer), "*");
}});"""


def browse(folder: Path, text: str, *flags: str, at: str = "", width: int = 1440, height: int = 900) -> str:
    """What chromium writes to its output for a page that is seen in this size; `at` is the end of the address."""
    page, frame = folder / "page.html", folder / "frame.html"
    page.write_text(text, encoding="utf-8")
    frame.write_text(_FRAME.format(width=width, height=height, source=page.as_uri() + at), encoding="utf-8")
    command = [str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    command += [f"--user-data-dir={folder}/profile", f"--window-size={width},{height}", "--virtual-time-budget=2000"]
    done = subprocess.run([*command, *flags, frame.as_uri()], capture_output=True, text=True, timeout=300, check=True)
    return done.stdout


def with_script(text: str, script: str) -> str:
    """The page with one script more, which it is told to let run if it names the scripts that may."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    text = text.replace("script-src 'sha256-", f"script-src 'sha256-{digest}' 'sha256-", 1)
    return text.replace("</body>", f"<script>{script}</script></body>")


def asked(folder: Path, text: str, script: str, *flags: str, **place: Any) -> Any:
    """What the body of a function says of a page."""
    written = browse(folder, with_script(text, _REPORT.format(script=script)), "--dump-dom", *flags, **place)
    found = re.search(r'<pre id="answer">([^<]*)</pre>', written)
    assert found, written[-2000:]
    answer = json.loads(html.unescape(found[1]))
    assert not (isinstance(answer, dict) and "problem" in answer), answer["problem"]
    return answer


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
