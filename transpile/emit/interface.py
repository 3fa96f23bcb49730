"""What a program around a static program has to know of it: functions, their arrays, the arena."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from transpile.c.literals import string
from transpile.c.names import mangle


def bits_type(element_type: int) -> str:
    """The C type of an element's bits; the type is the HAL's number."""
    return f"uint{max(8, element_type & 0xFF)}_t"


@dataclass(frozen=True)
class Array:
    """An array that a function reads or writes, a number being an array of one; its type of elements as text, as the
    HAL's number, and in C."""

    name: str
    element: str
    element_type: int
    type: str
    dims: tuple[int, ...]
    bytes: int
    number: Literal["", "value", "place"] = ""
    """For a single number, whether it is a value, or a place that a function puts it in."""

    @property
    def count(self) -> int:
        """Of elements."""
        return math.prod(self.dims)

    @property
    def brackets(self) -> str:
        """What follows the name in C: without elements there is still one."""
        return "".join(f"[{size}]" for size in self.dims if size) or "[1]"

    @property
    def parameter(self) -> str:
        """How a function declares it, but for `const`."""
        if self.number:
            return f"{self.type}{'*' if self.number == 'place' else ''} {self.name}"
        return f"{self.type}* {self.name}" if self.count == 0 else f"{self.type} {self.name}{self.brackets}"

    def passed(self, pointer: str) -> str:
        """The argument of a call, for a pointer to what it is."""
        return f"*(const {self.type}*){pointer}" if self.number == "value" else pointer

    @property
    def kind(self) -> str:
        """The letter that calling conventions have for it."""
        return {"i32": "i", "i64": "I", "f32": "f", "f64": "F"}[self.element] if self.number else "r"

    @property
    def exponent_bits(self) -> int:
        """Of a float as IEEE has them; 0 if it is none."""
        return {"f16": 5, "bf16": 8, "f32": 8, "f64": 11}.get(self.element, 0)

    @property
    def bits_type(self) -> str:
        """The C type of an element's bits."""
        return bits_type(self.element_type)

    @property
    def is_integer(self) -> bool:
        """Whether elements are numbers of a C type for integers."""
        return self.element.lstrip("usi") in ("8", "16", "32", "64")

    @property
    def shape(self) -> str:
        """As in `1x64xf32`."""
        return "x".join([*map(str, self.dims), self.element])


@dataclass(frozen=True)
class State:
    """The structure of what lives from call to call: its type and the function that fills it, in C; its members."""

    type: str
    init: str
    members: tuple[Array, ...]
    bytes: int


@dataclass(frozen=True)
class Entry:
    """A C function `symbol` of a static program: the module's function `name`.

    `state` is the structure that it takes first, if it looks at one or, unless it `only_looks`, changes one.
    """

    name: str
    symbol: str
    inputs: tuple[Array, ...]
    outputs: tuple[Array, ...]
    state: State | None = None
    only_looks: bool = False

    @property
    def arrays(self) -> tuple[Array, ...]:
        """In the order of the C function's parameters."""
        return self.inputs + self.outputs

    @property
    def parameters(self) -> list[str]:
        """Of the C function, as they are declared."""
        state = [f"{'const ' if self.only_looks else ''}{self.state.type}* state"] if self.state else []
        inputs = (f"{'' if array.number else 'const '}{array.parameter}" for array in self.inputs)
        return [*state, "void* arena", *inputs, *(array.parameter for array in self.outputs)]

    def memory(self, state: str, arena: str) -> str:
        """The first arguments of a call, for pointers to both."""
        return f"{state}, {arena}" if self.state else arena

    @property
    def mangled(self) -> str:
        """The name as a part of C identifiers and of files' names."""
        return mangle(self.name)

    @property
    def literal(self) -> str:
        """The name as a C string."""
        return string(self.name)


@dataclass(frozen=True)
class Interface:
    """All functions of a static program, in the module's order; sizes in bytes.

    `mnemonics` are the instructions that it computes with, `vectors` says whether it does so with vectors,
    `threads` how many do it together where the C is compiled with OpenMP; `state` is what lives from call to call.
    """

    entries: tuple[Entry, ...]
    arena_bytes: int
    alignment: int
    constant_bytes: int
    mnemonics: frozenset[str] = frozenset()
    vectors: bool = False
    threads: int = 1
    state: State | None = None

    @property
    def rank(self) -> int:
        """Of an array with the most dimensions; at least 1."""
        return max([1, *(len(array.dims) for entry in self.entries for array in entry.arrays)])

    @property
    def results(self) -> tuple[Array, ...]:
        """An output of each type of elements."""
        return tuple({array.element: array for entry in self.entries for array in entry.outputs}.values())

    @property
    def most_arrays(self) -> int:
        """That a function takes."""
        return max(len(entry.arrays) for entry in self.entries)
