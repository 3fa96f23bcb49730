"""A module of probes: exported functions, the arguments to call them with, and where ours is meant to differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.behaviour.differences import DIFFERENCES
from tests.behaviour.edges import Values
from tests.behaviour.witnesses import Imports, Outcome, split
from tests.container.writer import Table, signature, u32
from tests.support.modules import Function, build_module, function
from transpile.isa.decode import decode
from transpile.isa.kinds import ordinal
from transpile.isa.table import Feature, Trait

Code = Sequence["str | tuple[Any, ...]"]
Same = Callable[[Values, Outcome, Outcome], bool]

TYPES = ("i8", "i16", "i32", "i64", "f32", "f64", "!vm.opaque", "!vm.buffer", "!vm.list")
TYPE = {name: number for number, name in enumerate(TYPES)}
BUFFER, LIST, OPAQUE = TYPE["!vm.buffer"], TYPE["!vm.list"], TYPE["!vm.opaque"]
ALL_FEATURES = int(Feature.EXT_F32 | Feature.EXT_F64 | Feature.YIELD | Feature.UNWIND)


def equal(_: Values, mine: Outcome, other: Outcome) -> bool:
    """The usual comparison: the same bits, or the same status."""
    return mine == other


@dataclass(frozen=True)
class Special:
    """A call that IREE must not see, or answers otherwise: our outcome, and the row of the table that says why."""

    difference: str
    arguments: Values
    outcome: Outcome


@dataclass(frozen=True)
class Probe:
    """An export and its calls, made in order on one instance.

    `relaxed` names the rows of the table of differences that make `same` less strict than equality.
    """

    name: str
    convention: str
    calls: tuple[Values, ...]
    special: tuple[Special, ...] = ()
    same: Same = equal
    relaxed: tuple[str, ...] = ()


@dataclass
class Suite:
    """Collects functions and probes and writes the module."""

    name: str
    version: int = 17
    rodata: tuple[bytes, ...] = ()
    global_bytes: int = 0
    global_refs: int = 0
    imports: Imports = field(default_factory=dict)
    optional: frozenset[str] = frozenset()
    functions: list[Function] = field(default_factory=list)
    probes: list[Probe] = field(default_factory=list)

    @property
    def next(self) -> int:
        """The ordinal of the function that is defined next, for those that call themselves."""
        return len(self.functions)

    def define(self, *code: str | tuple[Any, ...], convention: str = "0v_v", **options: Any) -> int:
        """Adds an internal function; returns its ordinal."""
        words, refs = registers(code)
        options = {"words": max(words, 8), "refs": max(refs, 4), **options}
        features = ALL_FEATURES if self.version >= 17 else ALL_FEATURES & 3
        self.functions.append(function(*code, convention=convention, requirements=features, **options))
        return len(self.functions) - 1

    def probe(
        self,
        name: str,
        *code: str | tuple[Any, ...],
        convention: str,
        calls: Iterable[Values] = ((),),
        special: Iterable[Special] = (),
        same: Same = equal,
        relaxed: tuple[str, ...] = (),
        **options: Any,
    ) -> int:
        """Adds an exported function with its calls."""
        name = name.replace(" ", "-")
        number = self.define(*code, convention=convention, export=name, **options)
        self.add(name, convention, calls, special, same, relaxed)
        return number

    def add(
        self,
        name: str,
        convention: str,
        calls: Iterable[Values],
        special: Iterable[Special] = (),
        same: Same = equal,
        relaxed: tuple[str, ...] = (),
    ) -> None:
        """Adds calls of a function that is exported already."""
        listed, expected = tuple(calls), tuple(special)
        width = len(split(convention)[0])
        assert all(len(values) == width for values in (*listed, *(s.arguments for s in expected))), name
        assert all(row in DIFFERENCES for row in (*relaxed, *(s.difference for s in expected))), name
        self.probes.append(Probe(name, convention, listed, expected, same, relaxed))

    @property
    def conventions(self) -> dict[str, str]:
        return {item.export: item.convention for item in self.functions if item.export is not None}

    def image(self) -> bytes:
        """The module's bytes."""
        listed = [
            Table({0: name, 1: signature(convention), 2: u32(2 if name in self.optional else 1)})
            for name, (convention, _) in self.imports.items()
        ]
        return build_module(
            self.functions,
            name=self.name,
            version=self.version,
            types=TYPES,
            rodata=self.rodata,
            global_bytes=self.global_bytes,
            global_refs=self.global_refs,
            slots={6: listed} if listed else None,
        )

    def mnemonics(self) -> Iterator[str]:
        """What occurs in the module's code."""
        for item in self.functions:
            for instruction in decode(memoryview(item.code), self.version):
                if Trait.MARKER in instruction.op.traits:
                    continue
                yield instruction.op.mnemonic


def registers(code: Code) -> tuple[int, int]:
    """How many words and refs the code uses."""
    from transpile.isa.table import BY_NAME

    words = refs = 0
    for item in code:
        if isinstance(item, str):
            continue
        op = BY_NAME[item[0]]
        for part, value in zip(op.shape, item[1:], strict=True):
            for word in _registers_in(part.kind.group, value):
                if word & 0x8000:
                    refs = max(refs, ordinal(word) + 1)
                else:
                    words = max(words, word + 2)
    return words, refs


def _registers_in(group: str, value: Any) -> Iterator[int]:
    if group == "register":
        yield value
    elif group == "list":
        yield from value
    elif group == "remap":
        yield from (word for pair in value for word in pair)
    elif group == "cases":
        yield from (word for _, remap in value for pair in remap for word in pair)
