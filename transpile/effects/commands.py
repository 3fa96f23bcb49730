"""What command buffers and dispatches write: bindings of kernels, at places of a binding table.

command_buffer.dispatch %c, %x, 0, …, [(0, 2, null), (0, 0, null)]      kernel 0 of %x writes its binding 1
device.queue.execute.indirect …, %c, [%a, %b, %d]                  =>   %c writes place 0, so %a is written
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from transpile.effects.constraints import Constraints, ImportCall, Passed, constant
from transpile.effects.points import Constant, Made, Origin
from transpile.imports import Use
from transpile.ir.nodes import Op, Value

Written = frozenset[int] | None
"""Places of a list or a table that are written; None: it may be any."""
ANY: Written = None
Kernels = Mapping[str, Written]
"""The bindings that the kernels of an executable write, by export, in order."""


class Dispatched(NamedTuple):
    """A kernel: the segment that its executable is in, and the number of its export there."""

    segment: int
    export: int


@dataclass
class Commands:
    """Follows executables and command buffers to the references that running them writes."""

    constraints: Constraints
    executables: Mapping[int, Kernels]
    """By the segment they are in."""
    written: list[Value] = field(default_factory=list)
    _code: dict[Origin, set[int]] = field(default_factory=lambda: defaultdict(set))
    _slots: dict[Origin, list[Written]] = field(default_factory=lambda: defaultdict(list))

    def run(self) -> list[Value]:
        """The references that commands and dispatches write."""
        calls = self.constraints.calls
        for call in calls:
            self._executable(call)
        for call in calls:
            self._record(call)
        for call in calls:
            self._execute(call)
        return self.written

    def _points(self, values: Iterable[Value]) -> Iterator[Origin]:
        for value in values:
            yield from self.constraints.points[value]

    def _executable(self, call: ImportCall) -> None:
        code = call.values(Use.CODE)
        for made in self._points(call.op.results if code else ()):
            if isinstance(made, Made):
                self._code[made] |= {o.segment if isinstance(o, Constant) else -1 for o in self._points(code)}

    def dispatched(self) -> dict[Op, Dispatched]:
        """What dispatches run, where that can be one kernel only."""
        calls = [call for call in self.constraints.calls if call.values(Use.KERNEL)]
        found = {call.op: self._only(call) for call in calls}
        return {op: kernel for op, kernel in found.items() if kernel is not None}

    def _only(self, call: ImportCall) -> Dispatched | None:
        made = list(self._points(call.values(Use.EXECUTABLE)))
        segments = {segment for origin in made for segment in self._code.get(origin, {-1})}
        segment = segments.pop() if len(segments) == 1 else -1
        names = list(self.executables.get(segment, ()))
        (function,) = call.values(Use.KERNEL)
        name = self._name(function)
        number = names.index(name) if name in names else constant(function)
        return Dispatched(segment, number) if number is not None and 0 <= number < len(names) else None

    # ---- recording -------------------------------------------------------------------------------------------------

    def _record(self, call: ImportCall) -> None:
        slots = [_single(constant(item.value)) for item in call.arguments if item.use is Use.SLOT]
        slots += self._bindings(call)
        for recorder in self._points(call.values(Use.RECORDS)):
            self._slots[recorder] += slots

    def _bindings(self, call: ImportCall) -> Iterator[Written]:
        """Notes the buffers that the kernel of a dispatch writes; gives the places in tables that it writes."""
        bound = [item for item in call.arguments if item.use in (Use.BINDS, Use.BINDS_SLOT)]
        if not bound:
            return
        written = self._kernel(call)
        for item in bound:
            if not _includes(written, item):
                continue
            if item.use is Use.BINDS:
                self.written.append(item.value)
            else:
                yield _single(constant(item.value))

    def _kernel(self, call: ImportCall) -> Written:
        """The bindings that the kernel of a dispatch may write."""
        kernels = [self._kernels_of(made) for made in self._points(call.values(Use.EXECUTABLE))]
        chosen = call.values(Use.KERNEL)
        return union(written for table in kernels for written in self._chosen(table, chosen[0]))

    def _kernels_of(self, origin: Origin) -> Kernels | None:
        found: dict[str, Written] = {}
        segments = self._code.get(origin)
        if not segments or len(segments) > 1:
            return None
        for segment in segments:
            if segment not in self.executables:
                return None
            found.update(self.executables[segment])
        return found

    def _chosen(self, kernels: Kernels | None, function: Value) -> Sequence[Written]:
        if kernels is None:
            return [ANY]
        name, number = self._name(function), constant(function)
        if name in kernels:
            return [kernels[name]]
        rows = list(kernels.values())
        return rows[number : number + 1] if number is not None and 0 <= number < len(rows) else rows

    def _name(self, function: Value) -> str:
        """The kernel whose number was looked up by a constant name."""
        call = next((c for c in self.constraints.calls if c.op is function.op), None) if function.op else None
        named = list(self._points(call.values(Use.NAMES))) if call else []
        if len(named) == 1 and isinstance(named[0], Constant):
            return bytes(self.constraints.module.rodata[named[0].segment].data).decode("utf-8", "replace")
        return ""

    # ---- running ---------------------------------------------------------------------------------------------------

    def _execute(self, call: ImportCall) -> None:
        table = [item for item in call.arguments if item.use is Use.TABLE]
        if not table:
            return
        recorders = list(self._points(call.values(Use.RUNS)))
        written = union(slot for made in recorders for slot in self._slots[made])
        if not all(isinstance(made, Made) for made in recorders):
            written = ANY
        self.written += [item.value for item in table if _includes(written, item)]


def union(parts: Iterable[Written]) -> Written:
    """What any of the parts writes."""
    found: set[int] = set()
    for part in parts:
        if part is None:
            return ANY
        found |= part
    return frozenset(found)


def _single(place: int | None) -> Written:
    return ANY if place is None else frozenset({place})


def _includes(written: Written, item: Passed) -> bool:
    return written is None or item.tuple_number in written
