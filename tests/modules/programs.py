"""The directives at the head of a test program: what to compile it for, and what to call."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from values import Value, parse

DIRECTIVE = re.compile(r"^// ([a-z-]+)(?:: (.*))?$")
SIGNATURE = re.compile(r"func @(\w+)\(.*?\)(?: -> ([^{]*?))?\s*(?:attributes .*)?\{$", re.MULTILINE)


@dataclass
class Call:
    """One call of an exported function."""

    function: str
    inputs: list[Value]
    result_types: list[str]

    @property
    def has_tensors(self) -> bool:
        return any("dtype" in value for value in self.inputs) or any("tensor" in t for t in self.result_types)


@dataclass
class Program:
    """A source file and its directives."""

    source: Path
    flavours: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    not_for: list[str] = field(default_factory=list)
    libm: bool = False
    calls: list[Call] = field(default_factory=list)
    sessions: list[list[Call]] = field(default_factory=list)


def result_types(text: str) -> dict[str, list[str]]:
    """Result types of every function with a body, by name."""
    found: dict[str, list[str]] = {}
    for name, results in SIGNATURE.findall(text):
        found[name] = [part.strip() for part in results.strip("() ").split(",") if part.strip()]
    return found


def parse_call(text: str, types: dict[str, list[str]]) -> Call:
    """`@name i32=1 tensor<2xf32>=#3`."""
    name, *arguments = text.split()
    function = name.removeprefix("@")
    return Call(function, [parse(argument) for argument in arguments], types[function])


def apply(program: Program, key: str, rest: str, types: dict[str, list[str]]) -> None:
    """Files one directive; a comment that is none is left alone."""
    if key in ("flavours", "flags", "not-for"):
        getattr(program, key.replace("-", "_")).extend(rest.split())
    elif key == "libm":
        program.libm = True
    elif key == "call":
        program.calls.append(parse_call(rest, types))
    elif key == "session":
        program.sessions.append([parse_call(part, types) for part in rest.split(" ; ")])


def read_program(source: Path) -> Program:
    text = source.read_text(encoding="utf-8")
    types = result_types(text)
    program = Program(source)
    for line in text.splitlines():
        match = DIRECTIVE.match(line)
        if match:
            apply(program, match[1], match[2] or "", types)
    if not program.flavours:
        raise ValueError(f"{source}: no flavours")
    return program


def read_programs(folder: Path) -> list[Program]:
    return [read_program(path) for path in sorted(folder.iterdir()) if path.suffix in (".mlir", ".vmasm")]
