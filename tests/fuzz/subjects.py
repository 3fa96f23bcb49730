"""The modules that mutants are made of, taken apart once."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

from tests.behaviour.programs import batch
from tests.fuzz.layout import Span, spans
from transpile import container
from transpile.container import Module
from transpile.isa.decode import Instruction, decode

ROOT = Path(__file__).parents[2]
FOLDERS = ("tests/modules", "tests/hal/data", "examples")
LARGEST = 24 << 10
"""Larger files are left out: they cost much and show little that small ones do not."""
RANDOM_PROGRAMS = 12


class Piece(NamedTuple):
    """An instruction and where its bytes are in the file."""

    function: int
    at: int
    instruction: Instruction


@dataclass(frozen=True, eq=False)
class Subject:
    """A well-formed module."""

    name: str
    image: bytes

    @cached_property
    def module(self) -> Module:
        return container.load(self.image)

    @property
    def start(self) -> int:
        """Where the FlatBuffer is in the file."""
        return self.module.archive.flatbuffer_start

    @cached_property
    def spans(self) -> dict[str, list[Span]]:
        """Parts of the FlatBuffer by what they are, placed in the file."""
        found: dict[str, list[Span]] = {}
        for span in spans(self.module.archive.flatbuffer):
            found.setdefault(span.kind, []).append(span._replace(at=span.at + self.start))
        return found

    @cached_property
    def code(self) -> list[Piece]:
        """All instructions, block markers included."""
        base = self._bytecode_at()
        return [
            Piece(index, base + descriptor.bytecode_offset + instruction.offset, instruction)
            for index, descriptor in enumerate(self.module.functions)
            for instruction in decode(self.module.function_bytecode(index), self.module.major)
        ]

    def _bytecode_at(self) -> int:
        code = self.module.bytecode
        return next(s.at for s in self.spans["data"] if s.size == len(code) and self._holds(s, code))

    def _holds(self, span: Span, content: memoryview) -> bool:
        return self.image[span.at : span.at + span.size] == content

    @cached_property
    def nested(self) -> list[tuple[int, Subject]]:
        """Executables in the constants, with their places."""
        base = self.module.archive.rodata_base
        return [
            (base + segment.offset, Subject(f"{self.name}[{index}]", bytes(segment.data)))
            for index, segment in enumerate(self.module.rodata)
            if segment.is_module and not segment.embedded
        ]


@lru_cache(maxsize=1)
def subjects() -> tuple[Subject, ...]:
    """The files of the repository, and random programs."""
    paths = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.vmfb"))
    found = [Subject(str(path.relative_to(ROOT)), path.read_bytes()) for path in paths]
    made = [Subject(f"random program {k}", batch("fuzz", k, 1).image()) for k in range(RANDOM_PROGRAMS)]
    return tuple(subject for subject in (*found, *made) if len(subject.image) <= LARGEST)


def pick(choose: random.Random) -> Subject:
    """A subject; small ones more often."""
    every = subjects()
    return choose.choices(every, _weights())[0]


@lru_cache(maxsize=1)
def _weights() -> list[float]:
    return [1 / len(subject.image) ** 2 for subject in subjects()]
