"""Steps of a schedule as they are recorded, and the loops that they are in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from transpile.host.schedule import Repeat, Step, writes
from transpile.host.turns import Cut, Digits, Undecided
from transpile.host.values import Kept, NotStatic, Storage
from transpile.nests.loops.index import Index, index

Part = tuple[Index, int]
"""The first turn of a loop's part, and how many there are."""
_SINGLE = 1 << 14
"""Turns of loops that become steps of their own."""


@dataclass
class Recorder:
    """Collects steps, and the loops of the schedule that they are in."""

    steps: list[Step] = field(default_factory=list)
    bounds: dict[str, int] = field(default_factory=dict)
    written: dict[Storage, int] = field(default_factory=dict)
    """How often each storage has been written."""
    first: list[Step] = field(default_factory=list)
    """What is done before all steps."""
    buffers: list[Storage] = field(default_factory=list)
    """The buffers that the program has made."""
    count: int = 0
    single: int = 0
    """Turns of loops that became steps of their own."""

    def restart(self) -> None:
        """Forgets everything."""
        vars(self).update(vars(Recorder()))

    @property
    def home(self) -> str:
        """The innermost loop around."""
        return next(reversed(self.bounds), "")

    def add(self, step: Step | None) -> None:
        if step is None:
            return
        self.steps.append(step)
        for target in {walked.storage: None for walked in writes(step)}:
            if target.kind == "constant" and target.initial is not None:
                raise Kept(target)
            if not target.is_writable:
                raise NotStatic(f"the program writes to {'an input' if target.kind == 'input' else 'a constant'}")
            self.written[target] = self.written.get(target, 0) + 1

    def repeat(self, turns: int, body: Callable[[Index], None]) -> None:
        """The steps that `body` adds in each turn, in as few loops as all that it decides is the same in."""
        parts = [(index(0), turns)] if turns else []
        while parts:
            first, count = parts.pop()
            if count == 1:
                body(first)
                continue
            why = self._loop(first, count, body)
            if why is not None:
                parts += reversed(self._apart(first, count, why, body))

    def _loop(self, first: Index, turns: int, body: Callable[[Index], None]) -> Undecided | None:
        """Adds one loop; or nothing, where it would not do the same in all turns, and says why."""
        name, outside, written = f"r{self.count}", self.steps, dict(self.written)
        self.count += 1
        self.steps, self.bounds = [], {**self.bounds, name: turns}
        try:
            body(first + index(name))
            if self.steps:
                outside.append(Repeat(name, turns, tuple(self.steps)))
        except Undecided as why:
            self.written = written
            if isinstance(why, Cut | Digits) and why.name != name:
                raise
            return why
        finally:
            self.steps, self.bounds = outside, {n: turns for n, turns in self.bounds.items() if n != name}
        return None

    def _apart(self, first: Index, turns: int, why: Undecided, body: Callable[[Index], None]) -> list[Part]:
        """The parts of a loop in which that may be the same."""
        match why:
            case Digits(by=by) if turns % by == 0:
                self.repeat(turns // by, lambda high: self.repeat(by, lambda low: body(first + high * by + low)))
                return []
            case Digits(by=by):
                cut = turns // by * by
            case Cut(at=cut):
                pass
            case _:
                self.single += turns
                if self.single > _SINGLE:
                    raise why
                return [(first + turn, 1) for turn in range(turns)]
        return [(first, cut), (first + cut, turns - cut)]
