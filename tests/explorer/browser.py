"""Pages in a browser without a window: what a script finds there, and pictures of them."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_browser = pytest.mark.skipif(BROWSER is None, reason="chromium is not installed")
_ANSWER = re.compile(r'<output id="answer">([^<]*)</output>')


def browse(folder: Path, text: str, *flags: str, at: str = "", width: int = 1440, height: int = 900) -> str:
    """What chromium writes to its output for a page, with a window of this size; `at` is the end of the address."""
    path = folder / "page.html"
    path.write_text(text, encoding="utf-8")
    frame = folder / "frame.html"
    # A window has at least 500 pixels: smaller ones are a frame in it.
    frame.write_text(f'<style>body{{margin:0}}iframe{{border:0;width:{width}px;height:{height}px}}</style>'
                     f'<iframe src="{path.as_uri()}{at}"></iframe>')  # fmt: skip
    shown = path.as_uri() + at if width >= 500 else frame.as_uri()
    command = [str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
    command += [f"--user-data-dir={folder}/profile", f"--window-size={width},{height}", "--virtual-time-budget=2000"]
    done = subprocess.run([*command, *flags, shown], capture_output=True, text=True, timeout=300, check=True)
    return done.stdout


def with_script(text: str, script: str) -> str:
    """The page with one script more, which it is told to let run."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    text = text.replace("script-src '", f"script-src 'sha256-{digest}' '", 1)
    return text.replace("</body>", f"<script>{script}</script></body>")
