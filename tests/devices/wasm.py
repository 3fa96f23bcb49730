"""Static programs as WebAssembly: written, built, and called in node or in a browser."""

from __future__ import annotations

import base64
import importlib.util
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pytest

from tests.support.chromium import Page
from transpile import loader
from transpile.emit import EmitOptions, emit
from transpile.emit.interface import Array as Parameter
from transpile.emit.interface import Entry, Interface
from transpile.ship.mains import WASM
from transpile.ship.programs import main_files
from transpile.ship.wasm import CLASSES

Array = np.ndarray[Any, Any]
ZIG = f"{sys.executable} -m ziglang cc"
WASI = Path("/usr/lib/wasm32-wasi/libc.a")
PREFIX = "model"
HERE = Path(__file__).parent


def need_tools(compiler: str = "clang") -> None:
    """Skips the test where something is missing, with a word."""
    commands = ["node", "make", *(["clang", "wasm-ld"] if compiler == "clang" else [])]
    missing = [command for command in commands if not shutil.which(command)]
    if compiler == ZIG and not importlib.util.find_spec("ziglang"):
        missing.append("ziglang")
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed")


@dataclass(frozen=True)
class Answer:
    """What a call gave, in bytes, and what it takes when it is called again and again."""

    outputs: tuple[bytes, ...]
    microseconds: float


class Engine(Protocol):
    """What runs a program: the answers of `calls.mjs`."""

    def __call__(self, program: Program, calls: Sequence[Mapping[str, Any]]) -> Any: ...


def node(program: Program, calls: Sequence[Mapping[str, Any]]) -> Any:
    """Without a browser."""
    command = ["node", HERE / "call.mjs", program.script, program.wasm]
    done = subprocess.run(command, input=json.dumps(calls), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def browser(page: Page) -> Engine:
    """In a page, which loads nothing: all it gets is in what it is asked."""

    def answered(program: Program, calls: Sequence[Mapping[str, Any]]) -> Any:
        wasm = base64.b64encode(program.wasm.read_bytes()).decode()
        return page.ask(f"""
            const {{ load }} = await import("{address_of(program.script)}");
            const {{ answered }} = await import("{address_of(HERE / "calls.mjs")}");
            return answered(load, "{wasm}", {json.dumps(calls)});""")

    return answered


def address_of(path: Path) -> str:
    """A module of JavaScript as an address that has it in it."""
    return f"data:text/javascript;base64,{base64.b64encode(path.read_bytes()).decode()}"


@dataclass(frozen=True)
class Program:
    """A program in a folder."""

    folder: Path
    interface: Interface

    @property
    def wasm(self) -> Path:
        """The file that browsers load."""
        return self.folder / f"{PREFIX}.wasm"

    @property
    def script(self) -> Path:
        """The module that calls it."""
        return self.folder / f"{PREFIX}.js"

    def call(self, inputs: Sequence[Array], name: str = "", engine: Engine = node, *, timed: bool = False) -> Answer:
        """Calls a function, the first one without a name."""
        (answer,) = self.calls([(name, inputs)], engine, timed=timed)
        return answer

    def calls(
        self, calls: Sequence[tuple[str, Sequence[Array]]], engine: Engine = node, *, timed: bool = False
    ) -> list[Answer]:
        """Calls functions one after the other, of one program that is loaded."""
        entries = [next(each for each in self.interface.entries if name in ("", each.name)) for name, _ in calls]
        asked = [
            {"name": entry.name, "inputs": _given(entry, inputs), "timed": timed}
            for entry, (_, inputs) in zip(entries, calls, strict=True)
        ]
        return [_answer(*both) for both in zip(entries, engine(self, asked)["answers"], strict=True)]


def _answer(entry: Entry, answer: Mapping[str, Any]) -> Answer:
    assert "problem" not in answer, answer["problem"]
    outputs = tuple(base64.b64decode(answer["outputs"][each.name]) for each in entry.outputs)
    return Answer(outputs, answer["microseconds"])


def _given(entry: Entry, inputs: Sequence[Array]) -> dict[str, dict[str, str]]:
    return {array.name: _described(array, value) for array, value in zip(entry.inputs, inputs, strict=True)}


def _described(array: Parameter, value: Array) -> dict[str, str]:
    if array.number:
        return {"type": "bigint" if array.element == "i64" else "number", "data": repr(value.item())}
    return {"type": CLASSES[array.type], "data": base64.b64encode(value.tobytes()).decode()}


def built(path: Path, folder: Path, target: str | None = WASM.processor, compiler: str = "clang") -> Program:
    """A module's program, made by its Makefile."""
    module = loader.read(path)
    output = emit(module, EmitOptions(PREFIX, target=target, static=True))
    for name, content in {**output.files, **main_files(output, WASM)}.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else bytes(content))
    done = subprocess.run(["make", "-s", "-C", folder, f"CC={compiler}"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert output.interface
    return Program(folder, output.interface)
