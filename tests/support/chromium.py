"""Chromium without a window, as a person would use it: pages in real time, with a mouse, keys and pictures.

`tests/support/browser.py` is enough for pages that do all they do in one script; here is what waits, is clicked, or is
measured. The browser is told through its pipe (`--remote-debugging-pipe`): JSON, with a zero byte behind each message.
"""

from __future__ import annotations

import base64
import json
import os
import select
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from tests.support.browser import BROWSER

SECONDS = 120
"""For an answer."""


class Page:
    """What a browser shows."""

    def __init__(self, read: int, commands: BinaryIO) -> None:
        self._read, self._commands = read, commands
        self._waiting = b""
        self._session: dict[str, str] = {}
        self._sent = 0
        target = self.tell("Target.createTarget", url="about:blank")["targetId"]
        self._session = {"sessionId": self.tell("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]}

    def tell(self, method: str, **parameters: Any) -> Any:
        """A command of the DevTools protocol, and its result."""
        self._sent += 1
        message = {"id": self._sent, "method": method, "params": parameters, **self._session}
        self._commands.write(json.dumps(message).encode() + b"\0")
        self._commands.flush()
        answer = next(each for each in self._messages() if each.get("id") == self._sent)
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def _messages(self) -> Iterator[dict[str, Any]]:
        end = time.monotonic() + SECONDS
        while True:
            while b"\0" in self._waiting:
                text, _, self._waiting = self._waiting.partition(b"\0")
                yield json.loads(text)
            assert select.select([self._read], [], [], max(0, end - time.monotonic()))[0], "no answer from the browser"
            more = os.read(self._read, 1 << 16)
            assert more, "the browser has ended"
            self._waiting += more

    def open(self, address: str, width: int, height: int, *, dark: bool = False) -> None:
        """A page in a window of this size."""
        self.tell("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.tell("Emulation.setEmulatedMedia", features=[scheme])
        self.tell("Page.navigate", url=address)

    def ask(self, script: str) -> Any:
        """What the body of an asynchronous function returns."""
        expression = f"(async () => {{ {script} }})()"
        answer = self.tell("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, condition: str) -> None:
        """Until an expression is true."""
        end = time.monotonic() + SECONDS
        while not self.ask(f"return Boolean({condition})"):
            assert time.monotonic() < end, f"never: {condition}"
            time.sleep(0.02)

    def drag(self, points: Sequence[tuple[float, float]]) -> None:
        """The mouse with its button held, through points of the window."""
        kinds = ["mousePressed", *["mouseMoved"] * (len(points) - 1), "mouseReleased"]
        for kind, (x, y) in zip(kinds, [*points, points[-1]], strict=True):
            held = int(kind != "mouseReleased")
            self.tell("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=held, clickCount=1)

    def press(self, *keys: str) -> None:
        """Keys, one after the other, by their names in JavaScript."""
        typed = {"Enter": "\r", " ": " "}
        for key in keys:
            for kind, text in (("keyDown", typed.get(key, "")), ("keyUp", "")):
                self.tell("Input.dispatchKeyEvent", type=kind, key=key, text=text)

    def picture(self) -> bytes:
        """The whole page, as PNG."""
        data: str = self.tell("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        return base64.b64decode(data)


@contextmanager
def chromium(folder: Path) -> Iterator[Page]:
    """A browser with its profile in a folder."""
    commands, write = os.pipe()
    read, answers = os.pipe()
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe"]
    script = f'exec "$@" 3<&{commands} 4>&{answers}'  # the descriptors that the browser looks at
    command = ["bash", "-c", script, "bash", str(BROWSER), *options, f"--user-data-dir={folder}/profile", "about:blank"]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, pass_fds=(commands, answers), stdout=quiet, stderr=quiet) as process:
        os.close(commands)
        os.close(answers)
        try:
            with os.fdopen(write, "wb") as told:
                yield Page(read, told)
        finally:
            os.close(read)
            process.terminate()
