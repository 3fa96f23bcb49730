"""A program's schedules: its initialisation is run, and each export, with the shapes that it asks for."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from transpile.host.evaluate import Unit
from transpile.host.hal import HANDLERS
from transpile.host.initial import freeze
from transpile.host.packed import Decides, Packed
from transpile.host.recorder import Recorder
from transpile.host.scalars import Scalar, scalar_run
from transpile.host.schedule import Copy, Schedule, Walked
from transpile.host.state import State, needed
from transpile.host.values import Executable, Input, Item, Kept, Kind, NotStatic, Range, Storage, View, whole
from transpile.imports import NATIVE
from transpile.ir.registers import PRIMITIVE_TYPES
from transpile.nests.find.place import Place
from transpile.nests.loops.index import Index, index
from transpile.nests.nest import element_bytes
from transpile.pipeline import Lowered
from transpile.program.dtypes import bit_count, element_type_name, element_type_named

_DISPATCHES = ("hal.executable.create", "hal.executable.create2")
"""What programs make executables with whose dispatches flush denormals."""


Shapes = Mapping[int, tuple[int, ...]]
"""Of a function's inputs with sizes that are open, by number."""


def schedules(lowered: Lowered, functions: Mapping[str, Shapes]) -> list[Schedule]:
    """The schedules of exports, which share the state that lives from call to call.

    Raises NotStatic where something that decides what is done is not known before it runs.
    """
    program = Program(lowered)
    try:
        return program.evaluated(functions)
    except NotStatic:
        if not program.state.buffers:
            raise
    return _packed(lowered, functions)


def _packed(lowered: Lowered, functions: Mapping[str, Shapes]) -> list[Schedule]:
    """The schedules where tensors of globals share buffers; a number that seems to decide may be data."""
    try:
        return Program(lowered, Packed.after_initialisation).evaluated(functions)
    except Decides as why:
        for place in why.places:
            with suppress(NotStatic):
                begin = partial(Packed.after_initialisation, data=frozenset((place,)))
                return Program(lowered, begin).evaluated(functions)
        raise


class Program:
    """The host of a program, whose initialisation has been evaluated."""

    def __init__(self, lowered: Lowered, begin: Callable[[Unit], State] = State.after_initialisation) -> None:
        self.lowered = lowered
        self.recorder = Recorder()
        self.unit = Unit(lowered, self.recorder, self._import)
        self._kernels: dict[int, Unit] = {}
        self._initialise()
        self.state = begin(self.unit)

    def _initialise(self) -> None:
        """Runs `__init`: what it leaves in memory are constants, unless a function writes there."""
        hook = self.lowered.module.export_named("__init")
        if hook is not None:
            self.unit.call(hook.ordinal, [])
        freeze(self.recorder.steps, self.recorder.buffers)

    def evaluated(self, functions: Mapping[str, Shapes]) -> list[Schedule]:
        """What functions do, whatever state the calls before have left: in rounds, until that is all known."""
        while True:
            try:
                called = [self._in_all_cases(name, shapes) for name, shapes in functions.items()]
            except Kept as why:
                self.state.keep(why.storage)
                continue
            if not any(each.is_new for each in called):
                break
        steps = {each.schedule.name: each.schedule.steps for each in called}
        self.state.check(steps, {storage for each in called for storage in each.written})
        kept = needed([self.state.apart(each.schedule.steps) for each in called])
        views = self.state.views([step for steps in kept for step in steps])
        made = zip(called, kept, strict=True)
        return [replace(each.schedule, steps=tuple(steps), state=views) for each, steps in made]

    def _in_all_cases(self, name: str, shapes: Shapes) -> _Called:
        """What a function does, which is the same whatever the globals may be."""
        first, is_new = None, False
        for _ in self.state.cases(name):
            called = self._called(name, shapes)
            is_new |= called.is_new
            first = first or called
            if first is not called and not is_new:
                is_new = self.state.agree(first.schedule, called.schedule)
        assert first is not None
        return replace(first, is_new=is_new)

    def _called(self, name: str, shapes: Shapes) -> _Called:
        """What a function does, as far as the state is known now."""
        export = self.lowered.module.export_named(name)
        assert export is not None
        self.recorder.restart()
        self.state.enter(self.unit)
        function = self.lowered.functions[export.ordinal]
        inputs = [_input(number, value.type, shapes.get(number)) for number, value in enumerate(function.args)]
        results = self.unit.call(export.ordinal, [_argument(each) for each in inputs])
        views = [_known(each, name) for each in inputs]
        kinds = [PRIMITIVE_TYPES[kind] for kind in function.convention.results]
        written = set(self.recorder.written)
        outputs = _returned(self.recorder, list(zip(results, kinds, strict=True)), name)
        is_new = self._left(name)
        flushes = any(item.full_name in _DISPATCHES for item in self.lowered.module.imports)
        steps = (*self.recorder.first, *self.recorder.steps)
        return _Called(Schedule(name, tuple(views), tuple(outputs), steps, flushes), is_new, written)

    def _left(self, name: str) -> bool:
        """Adds what is done about the state at the end of a call; whether that leaves something new."""
        try:
            is_new = self.state.takes(self.unit, name)
            is_new |= self.state.leave(self.unit, self.recorder, Place(name, 0, None))
        except NotStatic as problem:
            problem.found_at(name)
            raise
        return is_new

    # ---- what handlers ask for ---------------------------------------------------------------------------------------

    def demand(self, view: Input, element_type: int, shape: tuple[int, ...]) -> None:
        """Gives an input its shape, or checks the one that is known."""
        known = view.view
        if known is not None and known.shape != shape:
            raise NotStatic(f"input {view.number} has to be of shape {'x'.join(map(str, shape))}")
        if known is None or known.element_type == 0:
            element = -(-bit_count(element_type) // 8)
            storage = Storage("input", math.prod(shape) * element, number=view.number)
            view.view = View(whole(storage), element_type, shape)
        elif known.element_type != element_type:
            raise NotStatic(f"input {view.number} is asked for as different types")

    def lookup(self, executable: Executable, name: str) -> int:
        """The number of a kernel."""
        for number, export in enumerate(self.lowered.executables[executable.segment].module.exports):
            if export.name == name:
                return number
        raise NotStatic(f"no kernel {name!r}")

    def dispatch(
        self,
        executable: Executable,
        ordinal: int,
        counts: Sequence[int],
        words: Sequence[Item],
        bindings: Sequence[Range],
    ) -> None:
        """All workgroups of a kernel, one after the other."""
        lowered = self.lowered.executables[executable.segment]
        if executable.segment not in self._kernels:
            self._kernels[executable.segment] = Unit(lowered, self.recorder, _no_import)
        unit, exports = self._kernels[executable.segment], lowered.module.exports
        if not 0 <= ordinal < len(exports):
            raise NotStatic(f"kernel {ordinal} of {len(exports)}")
        function = exports[ordinal].ordinal
        if function not in lowered.kernels:
            raise NotStatic("a kernel that takes its bindings in a list", lowered.functions[function].name)
        sizes = [index(count) for count in counts]

        def group(place: Sequence[Index]) -> None:
            unit.call(function, [*place, *sizes], bindings, words)

        self._groups(counts, (), group)
        if unit.refs or unit.words:
            raise NotStatic("a kernel that changes globals", lowered.functions[function].name)

    def _groups(self, counts: Sequence[int], place: tuple[Index, ...], body: Callable[[Sequence[Index]], None]) -> None:
        """The last dimension of workgroups outside, the first one inside."""
        if not counts:
            body(place)
            return
        self.recorder.repeat(counts[-1], lambda turn: self._groups(counts[:-1], (turn, *place), body))

    def _import(self, unit: Unit, number: int, groups: list[list[Item]]) -> list[Item]:
        item = self.lowered.module.imports[number]
        handler = HANDLERS.get(item.full_name)
        if handler is None:
            raise NotStatic(f"{item.full_name} is not evaluated ahead of time")
        native = NATIVE[item.full_name, item.signature.calling_convention if item.signature else ""]
        arguments: list[object] = []
        for use, group in zip(native.uses, groups, strict=True):
            if isinstance(use, tuple):
                arguments.append([tuple(group[at : at + len(use)]) for at in range(0, len(group), len(use))])
            else:
                arguments += group
        return list(handler(self, *arguments))


@dataclass(frozen=True)
class _Called:
    """What a function does, whether it leaves in globals what no call was known to leave, and what it writes itself."""

    schedule: Schedule
    is_new: bool
    written: set[Storage]


def _no_import(unit: Unit, number: int, groups: list[list[Item]]) -> list[Item]:
    raise NotStatic("a kernel that calls an import")


# ---- what is given and returned --------------------------------------------------------------------------------------


def _input(number: int, kind: str, shape: tuple[int, ...] | None) -> Input:
    """An argument; the caller may give the shape of an array, and the program says of which type that is."""
    if kind != "ref":
        return Input(number, _number("input", number, kind))
    return Input(number, None if shape is None else View(whole(Storage("input", -1, number=number)), 0, shape))


def _number(kind: Kind, number: int, type_: str) -> View:
    """A number that the program is given, or gives."""
    element = element_type_named(type_)
    assert element is not None
    return View(whole(Storage(kind, element_bytes(type_), number=number)), element, (), is_number=True)


def _argument(given: Input) -> Item:
    """What the program gets."""
    view = given.view
    if view is None or not view.is_number:
        return given
    return Scalar.argument(view.range.storage, element_type_name(view.element_type))


def _known(argument: Input, export: str) -> View:
    if argument.view is None or argument.view.element_type == 0:
        raise NotStatic(f"input {argument.number} is not looked at, so that its type is not known", export)
    return argument.view


def _returned(recorder: Recorder, results: Sequence[tuple[Item, str]], export: str) -> list[View]:
    """Results, with their types, in memory of the caller's: a buffer of its own becomes that, anything else is copied
    there."""
    views = []
    for number, (result, kind) in enumerate(results):
        if kind != "ref":
            view = _number("output", number, kind)
            target = Walked(view.range.storage, index(0), kind, (), ())
            recorder.add(scalar_run(result, target, Place(export, 0, None), recorder.written))
            views.append(view)
            continue
        if not isinstance(result, View):
            raise NotStatic(f"result {number} is not a buffer view", export)
        range_ = result.range
        if not range_.is_exact:
            raise NotStatic(f"the size of result {number} changes from call to call", export)
        storage = range_.storage
        alone = storage.kind == "transient" and range_.offset == index(0) and range_.length == storage.size
        if alone:
            storage.kind, storage.number = "output", number
        else:
            output = Storage("output", range_.length, number=number)
            recorder.add(Copy(whole(output), range_))
            result = View(whole(output), result.element_type, result.shape)
        views.append(result)
    return views
