"""A call that never ends can be ended: by signals in Python, by `vm_interrupt` and `vm_options.poll` in C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import transpile
from tests.support.modules import build_module, function

LOOP = function("entry", ("br", "entry", ()), convention="0v_v", export="loop")
DOWN: list[Any] = ["entry", ("const.i32", 1, 1), ("cond_br", 0, "on", (), "end", ()), "on", ("sub.i32", 0, 1, 0)]
# Two calls each: without end for any practical purpose, and never deep.
TREE = function(
    *[*DOWN, ("call", 1, (0,), (2,)), ("call", 1, (0,), (2,)), ("br", "end", ()), "end", ("return", (0,))],
    convention="0i_i",
    export="tree",
)
# A loop whose calls are short, each with a loop of its own.
INNER = function(
    *["entry", ("const.i32", 1000, 0), ("const.i32", 1, 1), ("br", "on", ()), "on", ("sub.i32", 0, 1, 0)],
    *[("cond_br", 0, "on", (), "end", ()), "end", ("return", ())],
    convention="0v_v",
    export="inner",
)
OUTER = function("entry", ("call", 2, (), ()), ("br", "entry", ()), convention="0v_v", export="outer")
IMAGE = build_module([LOOP, TREE, INNER, OUTER])
ENDLESS = [("loop", ()), ("tree", (200,)), ("outer", ())]
WAYS = ["none", "size", "speed", "interpreter"]


def loaded(way: str) -> Any:
    return transpile.load(IMAGE, engine="interpreter") if way == "interpreter" else transpile.load(IMAGE, optimize=way)  # type: ignore[arg-type]


class Late(Exception):
    """What a handler raises."""


@contextmanager
def alarm(action: Any, seconds: float) -> Iterator[None]:
    before = signal.signal(signal.SIGALRM, action)
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def late(*_: object) -> None:
    raise Late


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="signals of POSIX")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("name", "arguments"), ENDLESS, ids=[name for name, _ in ENDLESS])
def test_what_a_handler_raises_comes_out_of_the_call(way: str, name: str, arguments: tuple[int, ...]) -> None:
    program = loaded(way)
    with alarm(late, 0.1), pytest.raises(Late):
        program[name](*arguments)
    assert program.tree(3) == 2  # the instance goes on
    with alarm(signal.default_int_handler, 0.1), pytest.raises(KeyboardInterrupt):
        program[name](*arguments)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="signals of POSIX")
def test_a_handler_that_returns_lets_the_call_go_on() -> None:
    seen: list[int] = []

    def count(*_: object) -> None:
        seen.append(1)
        if len(seen) == 3:
            raise Late

    with alarm(count, 0.1), pytest.raises(Late):
        loaded("speed").loop()
    assert len(seen) == 3


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("engine", ["c", "interpreter"])
def test_interrupts_end_the_command(engine: str, tmp_path: Path) -> None:
    """As they end any program: the shell sees that a signal did it."""
    (tmp_path / "m.vmfb").write_bytes(IMAGE)
    loaded("speed" if engine == "c" else "interpreter")  # compiled by now
    code = "from transpile.cli import main; main()"
    arguments = ["run", str(tmp_path / "m.vmfb"), "--function=loop", f"--engine={engine}"]
    # What a shell runs in the background ignores SIGINT, and so would what is started from there.
    command = subprocess.Popen(
        [sys.executable, "-u", "-c", code, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert command.stdout is not None
    assert command.stdout.readline().startswith("EXEC @loop")
    while command.poll() is None:
        command.send_signal(signal.SIGINT)
        time.sleep(0.2)
    assert command.returncode == -signal.SIGINT


def test_another_thread_interrupts() -> None:
    program = loaded("speed")
    failed: list[transpile.VmError] = []

    def call() -> None:
        try:
            program.loop()
        except transpile.VmError as problem:
            failed.append(problem)

    thread = threading.Thread(target=call)
    thread.start()
    while thread.is_alive():
        program.library.lib.vm_interrupt(program._instance)
        thread.join(0.05)
    assert failed[0].status_name == "CANCELLED" and failed[0].message == "the call was interrupted"
    assert program.tree(3) == 2
