"""Each rewrite of the loop IR on a small work, and what it refuses; then what such works are as C."""

from __future__ import annotations

import re
from pathlib import Path

from tests.conftest import Golden
from tests.ir.cases import blessed
from transpile.emit.works import FunctionWriter
from transpile.nests.loops import order, outline, pack, stage, straight, transpose
from transpile.nests.loops.check import check
from transpile.nests.loops.nodes import Work
from transpile.nests.loops.text import format_work, parse
from transpile.nests.loops.tree import Illegal, functions
from transpile.nests.plan.steps import Step

DATA = Path(__file__).parent / "data"
REWRITES = {
    name: rewrite
    for module in (order, outline, pack, stage, straight, transpose)
    for name, rewrite in vars(module).items()
    if getattr(rewrite, "__module__", "") == module.__name__ and name.islower() and not name.startswith("_")
}


def _split(text: str, at: str) -> list[str]:
    """Parts of a text, outside of parentheses."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter == "(") - (letter == ")")
        if letter == at and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]


def _argument(text: str) -> object:
    if text.startswith("("):
        return tuple(map(_argument, _split(text[1:-1], ",")))
    return int(text) if text.lstrip("-").isdecimal() else text


def _step(line: str) -> Step:
    """A step as a plan prints it."""
    name, *arguments = _split(line, " ")
    return Step(REWRITES[name], tuple(map(_argument, arguments)))


def _rewritten(text: str) -> str:
    """A work behind the steps that follow it, or why one of them is not possible."""
    lines = text.split("\n")
    work = parse("\n".join(line for line in lines if not line.startswith("> ")))
    for step in (_step(line[2:]) for line in lines if line.startswith("> ")):
        assert str(step) in text
        try:
            work = step.apply(work)
        except Illegal as problem:
            return f"refused: {problem}"
        check(work)
    return format_work(work)


def _printed(text: str) -> str:
    work: Work = parse(text)
    names = {name: f"tile_{name}" for name in work.kernels}
    lines: list[str] = []
    for function in functions(work):
        writer = FunctionWriter(function, function.name, work.kernels, names)
        body = writer.body()
        lines += [line for part in writer.parts for line in part.printed("")]
        lines += [f"{function.name}({', '.join(writer.parameters())}) {{", *body, "}"]
    return "\n".join(lines)


def test_rewrites(golden: Golden) -> None:
    golden(DATA / "rewrites.txt", blessed(DATA / "rewrites.txt", _rewritten))


def test_every_rewrite_has_a_case() -> None:
    text = (DATA / "rewrites.txt").read_text(encoding="utf-8")
    assert set(REWRITES) == set(re.findall(r"^> (\w+)", text, re.M))


def test_works_as_c(golden: Golden) -> None:
    golden(DATA / "works.txt", blessed(DATA / "works.txt", _printed))
