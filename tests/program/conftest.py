"""The handmade module, compiled once a session, and fresh instances of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from transpile.native.build import Options, compile_library
from transpile.native.cache import Cache
from transpile.native.cdef import runtime_cdef
from transpile.program import Declared, Library, Program, open_library
from transpile.resources import CSUPPORT

SOURCE = Path(__file__).parent / "handmade.c"


@dataclass(frozen=True)
class Handmade:
    """Stands for what `transpile.emit` returns."""

    prefix: str
    files: dict[str, str | bytes | memoryview]
    sources: tuple[str, ...]
    constants: str = ""


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    output = Handmade("handmade", {"handmade.c": SOURCE.read_text()}, ("handmade.c",))
    options = Options(optimize="none", cache=Cache(tmp_path_factory.mktemp("cache")))
    path = compile_library(output, options, runtime=sorted(CSUPPORT.glob("*.c")))
    return open_library(path, runtime_cdef(), "handmade")


DECLARATIONS = {
    "square": Declared(False, (("x", "tensor<?xf32>"),), (("y", "tensor<?xf32>"),), "squares x"),
    "later": Declared(True, (("x", "i32"),), (("y", "i32"),)),
    "poke": Declared(False, (("b", "!vm.buffer"),), (("n", "i64"), ("same", "!vm.buffer"))),
    "grow": Declared(False, (("items", "!vm.list<?>"),), (("more", "!vm.list<?>"),)),
}


@pytest.fixture
def make(library: Library) -> Callable[..., Program]:
    def make_program(**imports: Callable[..., Any]) -> Program:
        given = {f"host.{name}": function for name, function in imports.items()}
        return Program(library, DECLARATIONS, {"host.twice": lambda x: 2 * x, **given})

    return make_program


@pytest.fixture
def program(make: Callable[..., Program]) -> Iterator[Program]:
    yield make()
