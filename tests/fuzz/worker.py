"""A forked process that answers requests, and a new one when it has died of one."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn, TextIO

from tests.fuzz.guard import LATE

SILENCE = 120
"""Seconds after which a process that does not answer is ended, as one that hangs."""


class Late(Exception):
    """A call has used up its processor time."""


class Died(Exception):
    """The process has ended otherwise; the arguments are lines that say how."""


class Worker:
    """Calls `answer` with what it is asked, in a process that may die of it."""

    def __init__(self, answer: Callable[..., list[str]]) -> None:
        self.answer = answer
        self.process: _Process | None = None

    def ask(self, *request: Any) -> list[str]:
        """The answer; raises `Late` or `Died` if there is none."""
        self.process = self.process or _Process(self.answer)
        text = self.process.exchange(json.dumps(request))
        if text:
            return list(json.loads(text))
        process, self.process = self.process, None
        status = process.close()
        raise Late if status == LATE else Died(f"exit status {status}", *process.errors())

    def close(self) -> None:
        """End the process, if there is one."""
        if self.process:
            self.process.close()
            self.process = None


class _Process:
    """One process, from fork to its end."""

    def __init__(self, answer: Callable[..., list[str]]) -> None:
        self.log = tempfile.TemporaryFile()  # noqa: SIM115
        asked, asking = os.pipe()
        answered, answering = os.pipe()
        self.number = os.fork()
        if self.number == 0:
            os.close(asking)
            os.close(answered)
            os.dup2(self.log.fileno(), 2)
            _serve(answer, os.fdopen(asked), os.fdopen(answering, "w"))
        os.close(asked)
        os.close(answering)
        self.requests, self.answers = os.fdopen(asking, "wb", buffering=0), os.fdopen(answered)

    def exchange(self, request: str) -> str:
        """The line that answers a line; empty if the process has ended."""
        with suppress(BrokenPipeError):
            self.requests.write(f"{request}\n".encode())
        return self.answers.readline()

    def close(self) -> int:
        """Its exit status, negative for a signal."""
        self.requests.close()
        self.answers.close()
        return os.waitstatus_to_exitcode(os.waitpid(self.number, 0)[1])

    def errors(self) -> list[str]:
        """What it has written to its standard error: a sanitizer's report, or an exception at the end."""
        self.log.seek(0)
        lines = self.log.read().decode(errors="replace").splitlines()
        report = next((n for n, line in enumerate(lines) if "ERROR:" in line or "runtime error:" in line), None)
        return lines[-14:] if report is None else lines[report : report + 40]


def _serve(answer: Callable[..., list[str]], requests: TextIO, answers: TextIO) -> NoReturn:
    """The child: an answer for each request.  It never returns to its parent's code."""
    try:
        for request in requests:
            signal.alarm(SILENCE)
            print(json.dumps(answer(*json.loads(request))), file=answers, flush=True)
            signal.alarm(0)
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
