"""A static program: a schedule whose loops are planned, with a place for everything.

evaluate ── join ── split ── narrow ── fuse ── forward ── dense ── contract ── renew ── lay out ── requantise
── plan loops ── clear ── plan memory
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from transpile.errors import Diagnostic, Status, UsageError
from transpile.host.clear import cleared
from transpile.host.contract import contracted, contraction
from transpile.host.dense import dense_first
from transpile.host.forward import forwarded
from transpile.host.fuse import fused
from transpile.host.in_place import in_place
from transpile.host.join import joined
from transpile.host.layout import laid_out
from transpile.host.memory import Arena, arena
from transpile.host.narrow import narrowed
from transpile.host.program import schedules
from transpile.host.renewed import renewed
from transpile.host.requantise import requantised
from transpile.host.schedule import Repeat, Run, Schedule, Step, touched
from transpile.host.split import split
from transpile.host.state import retyped
from transpile.host.values import NotStatic, Storage
from transpile.nests.loops.build import build
from transpile.nests.loops.nodes import Array, Work
from transpile.nests.loops.order import reorder
from transpile.nests.loops.spell import pass_memory, spell_packs
from transpile.nests.loops.stage import stage
from transpile.nests.loops.team import as_team
from transpile.nests.loops.tidy import Tidier
from transpile.nests.nest import Nest, element_bytes
from transpile.nests.plan.plans import Plans
from transpile.nests.plan.target import Target
from transpile.pipeline import Lowered
from transpile.program.signature import Declared, is_real

_TURNS_FOR_THREADS = 200_000
"""Innermost turns of loops from which on sharing them saves more than waiting for the others, and fetching what they
have written, takes; the runtime's WORK_FOR_THREADS."""


@dataclass(frozen=True, eq=False)
class Static:
    """An export as it is printed: a schedule, and where its buffers are."""

    schedule: Schedule
    arena: Arena

    @property
    def constants(self) -> tuple[Storage, ...]:
        """The constants that steps read."""
        found = (storage for step in self.schedule.steps for storage in touched(step))
        return tuple(dict.fromkeys(storage for storage in found if storage.kind == "constant"))


def static(
    lowered: Lowered,
    target: Target | None = None,
    shapes: Mapping[str, tuple[int, ...]] | None = None,
    declared: Mapping[str, Declared] | None = None,
    threads: int = 1,
) -> list[Static]:
    """All exports for callers; loops are planned for a processor, or left as they stand.

    Where there are no vectors, running values become elements of another kind before they are stored: with vectors,
    loops of their own do that faster.

    Loops that are planned are shared by so many `threads` where they are long enough.
    `shapes` gives inputs whose sizes are open their shapes, by their names in `declared`, or `input0`, `input1`, …; a
    name of one function's is `function.input0`.
    Raises NotStatic where an export cannot be evaluated ahead of time, UsageError for a name that no input has.
    """
    names = {export.name for export in lowered.module.exports}
    real = list(dict.fromkeys(export.name for export in lowered.module.exports if is_real(export.name, names)))
    if not real:
        raise NotStatic("the module has no functions for callers", lowered.module.name)
    planner = _Planner(Plans((target,)) if target else None, threads, converts=not (target and target.vectors))
    inputs = {name: _inputs(lowered, name, (declared or {}).get(name)) for name in real}
    _check_names(shapes or {}, inputs)
    found = schedules(lowered, {name: _numbered(shapes or {}, name, inputs[name]) for name in real})
    made = [_static(each, planner) for each in found]
    state = retyped(found[0].state, [step for each in made for step in each.schedule.steps])
    return [replace(each, schedule=replace(each.schedule, state=state)) for each in made]


def _inputs(lowered: Lowered, name: str, declared: Declared | None) -> list[str]:
    """What the inputs of an export are called."""
    export = lowered.module.export_named(name)
    assert export is not None
    count = len(lowered.functions[export.ordinal].args)
    names = [each for each, _ in declared.arguments] if declared else []
    return names if len(names) == count else [f"input{number}" for number in range(count)]


def _check_names(shapes: Mapping[str, tuple[int, ...]], inputs: Mapping[str, Sequence[str]]) -> None:
    known = {name for names in inputs.values() for name in names}
    known |= {f"{function}.{name}" for function, names in inputs.items() for name in names}
    for name in shapes:
        if name not in known:
            hint = f"inputs are {', '.join(sorted(known))}" if known else "no function has inputs"
            raise UsageError(Diagnostic(Status.INVALID_ARGUMENT, f"there is no input {name!r}", "--shape", hint))


def _numbered(shapes: Mapping[str, tuple[int, ...]], function: str, names: Sequence[str]) -> dict[int, tuple[int, ...]]:
    """Shapes of a function's inputs, by number."""
    given = ((number, shapes.get(f"{function}.{name}", shapes.get(name))) for number, name in enumerate(names))
    return {number: shape for number, shape in given if shape is not None}


def _static(found: Schedule, planner: _Planner) -> Static:
    find = _fewer if planner.threads == 1 else _as_they_are
    fewer = find(found.steps, planner.converts)
    fewer = laid_out(fewer) if planner.plans else fewer
    fewer = requantised(fewer)
    steps = tuple(cleared(_in_place(list(map(planner.planned, fewer)))))
    return Static(replace(found, steps=steps), arena(steps))


def _fewer(steps: Sequence[Step], converts: bool) -> list[Step]:
    """The steps on fewer and smaller buffers: with images of one channel, if that makes the arena smaller."""
    whole = forwarded(_whole(split(_whole(steps, converts)), converts))
    made = [_in_place(whole)]
    apart = joined(split(joined(steps)))
    apart = narrowed(apart) if converts else apart
    if any(contraction(apart, at) for at in range(len(apart))):
        contracts = joined(fused(apart, in_turns=True, converts=converts))
        made.append(_in_place(contracted(forwarded(contracts, in_turns=True))))
    dense = dense_first(whole)
    if len(dense) > len(whole):
        made.append(_in_place(contracted(dense)))
    return min(made, key=lambda each: arena(each).bytes)


def _as_they_are(steps: Sequence[Step], converts: bool) -> list[Step]:
    """The steps on fewer buffers, each image as a whole."""
    return _in_place(forwarded(_whole(split(_whole(steps, converts)), converts)))


def _in_place(steps: Sequence[Step]) -> list[Step]:
    """The steps with results where something else was, the state first of all."""
    return in_place(renewed(steps))


def _whole(steps: Sequence[Step], converts: bool) -> list[Step]:
    """The steps with what was cut apart as one."""
    made = joined(steps)
    return joined(fused(narrowed(made) if converts else made, converts=converts))


class _Planner:
    """Makes what is run of literal loops."""

    def __init__(self, plans: Plans | None, threads: int, *, converts: bool) -> None:
        self.plans, self.threads, self.converts = plans, threads, converts

    def planned(self, step: Step) -> Step:
        """The step, with the loops of its nests planned."""
        if isinstance(step, Repeat):
            return replace(step, steps=tuple(map(self.planned, step.steps)))
        return self._run(step) if isinstance(step, Run) else step

    def _run(self, run: Run) -> Run:
        if run.nest is None:
            return replace(run, work=Tidier().tidied(run.work))
        if self.plans is None:
            return replace(run, work=_plain(run.work, run.nest), nest=None)
        work, own = self._shared(self.plans, run.nest)
        work, passed = pass_memory(work)
        memory = {array.name: Storage("transient", _bytes(array.element, array.size)) for array in (*own, *passed)}
        return replace(run, work=work, memory=memory, nest=None)

    def _shared(self, plans: Plans, nest: Nest) -> tuple[Work, tuple[Array, ...]]:
        """The planned work, for the team of threads if it is worth one, and what it got of memory for that."""
        if self.threads > 1 and _turns(nest) >= _TURNS_FOR_THREADS:
            team = as_team(spell_packs(plans.of(nest)[0].work), self.threads)
            if team is not None:
                return team
        return spell_packs(plans.of(nest, threads=False)[0].work), ()


def _plain(work: Work, nest: Nest) -> Work:
    """The loops as they stand; running values that begin or end as something else are in a variable each."""
    if nest.initial is not None:
        running = build(nest).running
        loops = [f"t{number}" for number, _ in enumerate(nest.loops)]
        serial = [name for name, counter in zip(loops, nest.loops, strict=True) if counter in nest.reduction]
        work = reorder(work, [*(name for name in loops if name not in serial), *serial])
        work = stage(work, running, serial[0], "running", "registers")
    return Tidier().tidied(work)


def _turns(nest: Nest) -> int:
    """Of the innermost loop, in all."""
    return math.prod(counter.trips or 0 for counter in nest.loops)


def _bytes(element: str, size: object) -> int:
    known = getattr(size, "known", None)
    if known is None:
        raise NotStatic("memory of a loop whose size is not known")
    return int(known) * element_bytes(element)
