"""A static program as two files of plain C: `<prefix>.h` and `<prefix>.c`, which need nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any, Literal

from transpile.c.excerpts import excerpts
from transpile.c.literals import comment, constant
from transpile.c.names import Locals, Names
from transpile.c.render import render
from transpile.emit.arrays import ELEMENTS
from transpile.emit.indexes import index_text, place_text
from transpile.emit.interface import Array, Entry, Interface, State, bits_type
from transpile.emit.statements import indent
from transpile.emit.works import ROWS, FunctionWriter, as_single
from transpile.host.memory import ALIGNMENT
from transpile.host.schedule import Copy, Fill, Repeat, Run, Schedule, Step, is_shared, touched, walk, written
from transpile.host.state import structure_bytes
from transpile.host.static import Static
from transpile.host.values import Range, Storage, View
from transpile.nests.loops.index import Index
from transpile.nests.loops.nodes import (
    Allocate,
    Apply,
    Constant,
    Function,
    Let,
    Number,
    Places,
    Store,
    Transpose,
    Work,
    statements,
)
from transpile.nests.loops.team import is_team
from transpile.nests.loops.tree import canonical
from transpile.program.dtypes import element_type_name
from transpile.program.signature import Declared

_WORDS = 4
"""Words of 8 bytes in a line of constants."""
_STATE, _INIT = "state", "init"
"""What the header calls the structure of what lives from call to call, and the function that fills it."""
_MEMBERS = {True: "number", False: "tensor"}
_SMALL = 1 << 31
"""Programs with less memory than that count in 32 bits."""


def emit_static(
    programs: Sequence[Static],
    prefix: str,
    title: str,
    declared: Mapping[str, Declared],
    *,
    vectors: bool,
    threads: int = 1,
    watch: str = "",
) -> StaticFiles:
    """The two files; `vectors` says whether loops were planned with vectors, `threads` for how many at most, `declared`
    names arguments.

    `watch` is a C function that is called with the number of each step when that is done.
    """
    return _Model(programs, prefix, title, declared, vectors, threads, watch).written()


@dataclass(frozen=True)
class StaticFiles:
    """The two files by name, what programs around them need to know, and the functions of loops in them by name."""

    files: dict[str, str]
    interface: Interface
    loops: dict[str, str]


@dataclass
class _Model:
    programs: Sequence[Static]
    prefix: str
    title: str
    declared: Mapping[str, Declared]
    vectors: bool
    threads: int
    watch: str
    texts: dict[str, str] = field(default_factory=dict)
    """Functions of loops, by name: each behind those that it calls."""
    needed: set[str] = field(default_factory=lambda: {"VM_INLINE", "VM_UNUSED", "VM_OPAQUE", "VM_RESTRICT"})
    """What the functions use of the runtime's C."""
    mnemonics: set[str] = field(default_factory=set)
    constants: dict[Storage, str] = field(default_factory=dict)

    def written(self) -> StaticFiles:
        """All of it."""
        written = [_Function(self, program) for program in self.programs]
        init = list(self._init())
        interface = Interface(
            tuple(function.entry for function in written),
            max(program.arena.bytes for program in self.programs),
            ALIGNMENT,
            sum(storage.size for storage in self.constants),
            frozenset(self.mnemonics),
            self.vectors,
            self.threads if any(function.is_team for function in written) else 1,
            self.state,
        )
        context = {
            "title": comment(self.title)[3:-3],
            "prefix": self.prefix,
            "macro": self.prefix.upper(),
            "guard": f"{self.prefix.upper()}_STATIC_H",
            "functions": [function.context() for function in written],
            "interface": interface,
            "watch": self.watch,
            "flushes": any(program.schedule.flushes for program in self.programs),
            "vectors": self.vectors,
            "loops": self.vectors,
            "excerpts": excerpts(self.needed),
            "constants": [self._constant(storage, name) for storage, name in self.constants.items()],
            "math": True,
            "init": init,
            "loops_text": list(self.texts.values()),
        }
        names = (f"{self.prefix}.h", f"{self.prefix}.c")
        files = {name: render(f"static/model.{name[-1]}.j2", **context) for name in names}
        return StaticFiles(files, interface, self.texts)

    # ---- what lives from call to call --------------------------------------------------------------------------------

    @cached_property
    def members(self) -> dict[Storage, Array]:
        """Of the structure, by what they hold."""
        names = Locals()
        named = [(view, names.fresh(_MEMBERS[view.is_number])) for view in self.programs[0].schedule.state]
        return {view.range.storage: _array(view, name) for view, name in named}

    @cached_property
    def state(self) -> State | None:
        """The structure, if there is one."""
        if not self.members:
            return None
        size = structure_bytes(self.programs[0].schedule.state)
        return State(f"{self.prefix}_{_STATE}", f"{self.prefix}_{_INIT}", tuple(self.members.values()), size)

    def symbol(self, name: str) -> str:
        """The C function of an export."""
        return Names(self.prefix).export(name, frozenset((_STATE, _INIT)) if self.state else frozenset())

    def member(self, storage: Storage) -> str:
        """Where something is that lives from call to call."""
        member = self.members[storage]
        return f"{'' if member.dims else '&'}state->{member.name}"

    def _init(self) -> Iterator[str]:
        """What fills the structure."""
        for storage, member in self.members.items():
            data = bytes(storage.initial or b"")[: storage.size]
            if not any(data):
                yield f"memset({self.member(storage)}, 0, sizeof state->{member.name});"
            elif member.dims:
                source = self.constant(Storage("constant", len(data), memoryview(data)))
                yield f"memcpy({self.member(storage)}, {source}, {len(data)}u);"
            else:
                self.needed |= {"vm_float_of", "vm_double_of"}
                yield f"state->{member.name} = {constant(member.element, int.from_bytes(data, 'little'))};"

    # ---- constants ---------------------------------------------------------------------------------------------------

    def _constant(self, storage: Storage, name: str) -> dict[str, Any]:
        assert storage.data is not None
        data = bytes(storage.data) + bytes(-storage.size % 8)
        words = [f"0x{int.from_bytes(data[at : at + 8], 'little'):016x}" for at in range(0, len(data), 8)]
        lines = [", ".join(words[at : at + _WORDS]) for at in range(0, len(words), _WORDS)]
        return {"name": name, "words": len(words), "text": ",\n".join(f"  {line}" for line in lines)}

    # ---- loops -------------------------------------------------------------------------------------------------------

    def work(self, work: Work, integer: str) -> str:
        """The C function of a work; equal ones are one."""
        integer = _integer(work, integer)
        callees: dict[str, str] = {}
        for name, kernel in work.kernels.items():
            callees[name] = self._function(kernel, {}, {}, "tile", integer)
        return self._function(work.main, work.kernels, callees, "nest", integer)

    def _function(
        self, function: Function, kernels: Mapping[str, Function], callees: Mapping[str, str], kind: str, integer: str
    ) -> str:
        function = canonical(function) if kind == "tile" else function
        writer = FunctionWriter(function, kind, kernels, callees, integer)
        text = "\n".join([f"({', '.join(writer.parameters())}) {{", *writer.body(), "}"])
        name = f"{kind}_{hashlib.sha256(text.encode()).hexdigest()[:12]}"
        if name not in self.texts:
            self.texts[name] = "\n".join(indent(f"static void {name}{text}".split("\n"), 0))
            self.needed |= set(_needed(function))
            self.mnemonics |= set(_mnemonics(function))
        return name

    def constant(self, storage: Storage) -> str:
        """The array of a constant; equal bytes are one."""
        for known, name in self.constants.items():
            if known.data == storage.data:
                return name
        return self.constants.setdefault(storage, f"constants{len(self.constants)}")


def _integer(work: Work, integer: str) -> str:
    """Numbers that the program computes with are its own, of 64 bits."""
    functions = (work.main, *work.kernels.values())
    lets = (s.value for each in functions for s in statements(each.body) if isinstance(s, Let))
    return "int64_t" if any(isinstance(value, Number) for value in lets) else integer


def _mnemonics(function: Function) -> Iterator[str]:
    """The instructions that a function computes with."""
    values = (statement.value for statement in statements(function.body) if isinstance(statement, Let))
    yield from (value.mnemonic for value in values if isinstance(value, Apply))


def _needed(function: Function) -> Iterator[str]:
    """Names of the runtime that the C of a function has."""
    yield from ("vm_opaque_zero", "vm_nest_min")
    if is_team(function.body):
        yield "VM_OMP"
    arrays = [*function.arrays, *(s.array for s in statements(function.body) if isinstance(s, Allocate))]
    yield from (f"vm_elem_{array.element}" for array in arrays)
    yield from filter(None, (ROWS[mnemonic].helper for mnemonic in _mnemonics(function)))
    for statement in statements(function.body):
        if isinstance(statement, Places):
            yield "vm_nest_places"
        if isinstance(statement, Store) and statement.lanes > 1:
            yield "VM_VECTOR"
        if isinstance(statement, Transpose):
            yield f"VM_TRANSPOSE_{statement.lanes}"
        if isinstance(statement, Let):
            yield from (f"vm_opaque_{kind}" for kind in ("f32", "f64"))


# ---- functions -------------------------------------------------------------------------------------------------------


class _Function:
    """The C function of an export."""

    def __init__(self, model: _Model, program: Static) -> None:
        self.model, self.arena = model, program.arena
        self.schedule: Schedule = program.schedule
        self.names = Locals()
        for taken in ("state", "arena", "memory", "mode"):
            self.names.take(taken)
        declared = model.declared.get(self.schedule.name)
        inputs = self._named(
            [name for name, _ in declared.arguments] if declared else [], "input", self.schedule.inputs
        )
        outputs = self._named(
            [name for name, _ in declared.results] if declared else [], "output", self.schedule.outputs
        )
        self.inputs, self.outputs = inputs, outputs
        self.symbol = model.symbol(self.schedule.name)
        used = {storage for step in self.schedule.steps for storage in touched(step)}
        self.has_state = any(storage.kind == "state" for storage in used)
        changed = {storage for step in self.schedule.steps for storage in written(step)}
        self.only_looks = not any(storage.kind == "state" for storage in changed)
        self.integer = "int32_t" if self._bytes() < _SMALL else "int64_t"
        self.numbers = {step: number for number, step in enumerate(self.schedule.steps)}
        self.is_team = any(map(is_shared, self.schedule.steps))
        self.pointers: dict[str, str] = {}
        self.kept: dict[Storage, str] = {}
        self.body = list(self._body())

    def _named(self, names: Sequence[str], stem: str, views: Sequence[View]) -> list[str]:
        """Names of arrays: the model's where they are good."""
        if len(names) != len(views):
            names = [""] * len(views)
        return [name if self.names.take(name) else self.names.fresh(stem) for name in names]

    def _bytes(self) -> int:
        views = (*self.schedule.inputs, *self.schedule.outputs)
        return (
            self.arena.bytes
            + sum(view.range.storage.size for view in self.schedule.state)
            + sum(view.range.storage.size for view in views)
            + sum(range_.storage.size for step in walk(self.schedule.steps) for range_ in _constants(step))
        )

    @cached_property
    def entry(self) -> Entry:
        """The function as its callers see it."""
        inputs = tuple(map(_array, self.schedule.inputs, self.inputs))
        outputs = tuple(map(_array, self.schedule.outputs, self.outputs))
        state = self.model.state if self.has_state else None
        return Entry(self.schedule.name, self.symbol, inputs, outputs, state, self.has_state and self.only_looks)

    def context(self) -> dict[str, Any]:
        """Of the templates."""
        return {
            "symbol": self.symbol,
            "parameters": self.entry.parameters,
            "comment": comment(f"{self.schedule.name}: {len(list(walk(self.schedule.steps)))} steps")[3:-3],
            "body": self.body,
        }

    def _body(self) -> Iterator[str]:
        steps = list(self._lines(self.schedule.steps, for_team=self.is_team))
        head = ["unsigned char* const memory = (unsigned char*)arena;"] if self.arena.bytes else ["(void)arena;"]
        head += self.pointers.values()
        unused = {f"(void){name};" for name in (*self.inputs, *self.outputs) if name not in self.pointers}
        if self.schedule.flushes:
            begin = ["const float_mode mode = float_mode_get();", "float_mode_set(mode | FLUSH_BITS);"]
            steps = [*begin, *steps, "float_mode_set(mode);"]
        if self.is_team:
            steps = [f"VM_OMP(omp parallel num_threads({self.model.threads}))", "{", *steps, "}"]
        yield from indent([*head, *sorted(unused), *steps])

    # ---- steps -------------------------------------------------------------------------------------------------------

    def _lines(self, steps: Sequence[Step], *, for_team: bool) -> Iterator[str]:
        """The steps; in a team, those that it does not share are done by any one of its threads."""
        for together, group in groupby(steps, key=lambda step: not for_team or is_shared(step)):
            lines = [line for step in group for line in self._watched(step)]
            yield from lines if together else as_single(lines)

    def _watched(self, step: Step) -> Iterator[str]:
        yield from self._step(step)
        if self.model.watch and step in self.numbers:
            yield f"{self.model.watch}({self.numbers[step]});"

    def _step(self, step: Step) -> Iterator[str]:
        match step:
            case Repeat(name, count, inner):
                yield f"for ({self.integer} {name} = 0; {name} < {count}; {name}++) {{"
                yield from self._lines(inner, for_team=is_shared(step))
                yield "}"
            case Copy(target, source):
                yield f"memcpy({self._at(target)}, {self._at(source)}, {target.length}u);"
            case Fill(target, pattern):
                yield from self._fill(target, pattern)
            case Run():
                yield self._run(step)

    def _fill(self, target: Range, pattern: bytes) -> Iterator[str]:
        at = self._at(target)
        if pattern == pattern[:1] * len(pattern):
            yield f"memset({at}, {pattern[0]}, {target.length}u);"
            return
        bits, count = 8 * len(pattern), target.length // len(pattern)
        element = f"vm_elem_{'u' if bits < 32 else 'i'}{bits}"
        self.model.needed.add(element)
        value = int.from_bytes(pattern, "little", signed=bits >= 32)
        yield f"for ({self.integer} fill = 0; fill < {count}; fill++) (({element}*)({at}))[fill] = {value};"

    def _run(self, run: Run) -> str:
        name = self.model.work(run.work, self.integer)
        written = {*run.stores, *run.memory}
        given = []
        for array in run.work.main.arrays:
            if array.name in run.memory:
                where = self._place(run.memory[array.name], Index())
            else:
                where = self._place(run.arrays[array.name].storage, run.arrays[array.name].offset)
            const = "" if array.name in written else "const "
            element = "int64_t" if array.name in run.tables else f"vm_elem_{array.element}"
            given.append(f"({const}{element}*)({where})")
        given += [index_text(number) for number in run.numbers]
        given += [constant(operand.type, operand.value) for operand in run.operands if isinstance(operand, Constant)]
        return f"{name}({', '.join(given)});"

    def _at(self, range_: Range) -> str:
        return self._place(range_.storage, range_.offset)

    def _place(self, storage: Storage, offset: Index) -> str:
        """The address of a byte."""
        if storage.kind == "transient":
            return place_text("memory", offset + self.arena.offsets[storage]) if storage.size else "memory"
        is_constant = not storage.is_writable or (storage.kind == "state" and self.only_looks)
        const = "const " if is_constant else ""
        begin = ""
        if storage.kind == "state":
            return self._pointed(self._kept(storage), self.model.member(storage), const, offset)
        if storage.kind == "constant":
            source = self.model.constant(storage)
        elif storage.kind == "input":
            source = self.inputs[storage.number]
            begin = "&" if self.schedule.inputs[storage.number].is_number else ""
        else:
            source = self.outputs[storage.number]
        return self._pointed(source, f"{begin}{source}", const, offset)

    def _pointed(self, source: str, begin: str, const: str, offset: Index) -> str:
        """The address of a byte of what begins there."""
        pointer, bytes_ = f"at_{source}", f"{const}unsigned char*"
        self.pointers.setdefault(source, f"{bytes_} const {pointer} = ({bytes_}){begin};")
        return place_text(pointer, offset)

    def _kept(self, storage: Storage) -> str:
        """What memory of the state is called."""
        if storage not in self.kept:
            self.kept[storage] = self.names.fresh("kept")
        return self.kept[storage]


def _constants(step: Step) -> Iterator[Range]:
    if isinstance(step, Run):
        for walked in step.arrays.values():
            if walked.storage.kind == "constant":
                yield Range(walked.storage, walked.offset, 0)
    elif isinstance(step, Copy) and step.source.storage.kind == "constant":
        yield step.source


def _array(view: View, name: str) -> Array:
    element = element_type_name(view.element_type)
    type_, _ = ELEMENTS.get(element, (bits_type(view.element_type), ""))
    storage = view.range.storage
    number: Literal["value", "place"] = "place" if storage.kind == "output" else "value"
    return Array(name, element, view.element_type, type_, view.shape, storage.size, number if view.is_number else "")
