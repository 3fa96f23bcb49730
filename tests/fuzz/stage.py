"""The stages before a module runs: reading, verifying, writing C, each within its time."""

from __future__ import annotations

import hashlib
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

from tests.fuzz import bundle
from tests.fuzz.trial import stand_ins
from transpile.container import Module
from transpile.emit import EmitOptions, Output, emit
from transpile.errors import TranspileError
from transpile.native.toolchain import LEVELS, Optimize
from transpile.verify import load_and_verify

SECONDS = 2.0
"""Processor time that a stage may take."""


class Hang(Exception):
    """A stage has used up its time."""


@dataclass(frozen=True)
class Accepted:
    """A module that runs: its C, None if there is none because it needs what nobody supplies."""

    number: int
    image: bytes
    level: Optimize
    output: Output | None


@dataclass(frozen=True)
class Found:
    """What became of a mutant: refused by a rule, accepted, the same as one before, hang, exception."""

    outcome: str
    problem: str = ""
    accepted: Accepted | None = None


@dataclass
class Examiner:
    """Takes mutants through the stages, and remembers which behaviours it has seen."""

    progress: Callable[[], None] = lambda: None
    seen: set[bytes] = field(default_factory=set)

    def examine(self, number: int, place: int, image: bytes) -> Found:
        """One mutant, which would be compiled at this place of a bundle."""
        self.progress()
        try:
            return self._examine(number, place, image)
        except Hang:
            return Found("hang", f"more than {SECONDS} s\n{traceback.format_exc(limit=-4)}")
        except Exception:
            return Found("exception", traceback.format_exc(limit=-6))

    def _examine(self, number: int, place: int, image: bytes) -> Found:
        with _limited():
            module, report = load_and_verify(image)
            str(report)
        if module is None or not report.ok:
            return Found(_reason(report.findings[0].rule))
        level = LEVELS[number % len(LEVELS)]
        if self._known(image, level.encode()):
            return Found("accepted, the same bytes as another")
        with _limited():
            output = _emitted(module, level, place)
        if output and self._known(_text(output), bytes(module.bytecode)):
            return Found("accepted, the same code as another")
        return Found("accepted", accepted=Accepted(number, image, level, output))

    def _known(self, *parts: bytes) -> bool:
        key = hashlib.sha256(b"\0".join(parts)).digest()
        known = key in self.seen
        self.seen.add(key)
        return known


def _reason(rule: str) -> str:
    return "refused by the reader" if rule == "V1" else f"refused by {rule}"


def _emitted(module: Module, level: Optimize, place: int) -> Output | None:
    try:
        return emit(module, emit_options(module, level, place))
    except TranspileError:
        return None


def emit_options(module: Module, level: Optimize, place: int) -> EmitOptions:
    """How a module is emitted for a place in a bundle."""
    supplied = frozenset(stand_ins(module))
    return EmitOptions(optimize=level, prefix=bundle.prefix(place), rodata="array", supplied=supplied)


def _text(output: Output) -> bytes:
    """The C without its prefix, which depends on the place in the bundle."""
    text = "\0".join(str(content) for content in output.files.values())
    return text.replace(f"{output.prefix}_", "m_").replace(f"{output.prefix}.", "m.").encode(errors="surrogateescape")


@contextmanager
def _limited() -> Iterator[None]:
    """Raises `Hang` when the body takes too long."""

    def stop(number: int, frame: FrameType | None) -> None:
        raise Hang

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
