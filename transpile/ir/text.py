"""Readable text of the intermediate form; `parse` reads back what `format` writes.

    func @collatz index=0 cconv="0I_I" frame=168 {
    ^0(%0: i64):
      %1: i64 = const.i64 {"value": 1} @0x4
      br ^1(%0, %1) @0x25
    ^1(%2: i64, %3: i64):
      ...
    }

Values and blocks are numbered in the order of the text.  Attributes are Python literals; `@` gives bytecode offsets.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from typing import Any

from transpile.container.convention import Convention, Span
from transpile.container.convention import parse as parse_convention
from transpile.ir.derived import DERIVED
from transpile.ir.nodes import Block, Edge, Function, Op, Terminator, Value
from transpile.isa.table import BY_NAME

_HEADER = re.compile(r"func @(.*) index=(\d+) cconv=(\".*\") frame=(\d+) \{$")
_BLOCK = re.compile(r"\^(\d+)\((.*)\): @(0x[0-9a-f]+)$")
_OP = re.compile(r"  (?:(.*) = )?([a-z0-9_.]+)((?: %\d+,?)*)((?: \^\d+\([^)]*\))*)(?: (\{.*\}))? @(0x[0-9a-f]+)$")
_EDGE = re.compile(r"\^(\d+)\(([^)]*)\)")


def format_function(fn: Function, callee: Callable[[int], str] | None = None) -> str:
    """The function as text; with `callee` calls are followed by what they call, for people and not for `parse`."""
    return "\n".join(line for _, line in placed_lines(fn, callee))


def placed_lines(fn: Function, callee: Callable[[int], str] | None = None) -> Iterator[tuple[int | None, str]]:
    """The lines of the text, with the offsets of those that have one."""
    numbers: dict[Value, int] = {}
    names = {block: i for i, block in enumerate(fn.blocks)}
    for block in fn.blocks:
        for value in (*block.params, *(r for op in block.ops for r in op.results)):
            numbers[value] = len(numbers)
    convention = '"' + _convention_text(fn.convention) + '"'
    yield None, f"func @{fn.name} index={fn.index} cconv={convention} frame={fn.frame_bytes} {{"
    for block in fn.blocks:
        params = ", ".join(f"%{numbers[p]}: {p.type}" for p in block.params)
        yield block.offset, f"^{names[block]}({params}): @{block.offset:#x}"
        yield from ((op.offset, _op_text(op, numbers) + _note(op, callee)) for op in block.ops)
        yield block.end.offset, _end_text(block.end, numbers, names)
    yield None, "}"


def _op_text(op: Op, numbers: dict[Value, int]) -> str:
    results = ", ".join(f"%{numbers[r]}: {r.type}" for r in op.results)
    operands = ", ".join(f"%{numbers[v]}" for v in op.operands)
    return f"  {results + ' = ' if results else ''}{op.mnemonic} {operands}".rstrip() + _tail(op.attrs, op.offset)


def _note(op: Op, callee: Callable[[int], str] | None) -> str:
    return f"  ; @{callee(op.attrs['callee'])}" if callee and "callee" in op.attrs else ""


def _end_text(end: Terminator, numbers: dict[Value, int], names: dict[Block, int]) -> str:
    operands = ", ".join(f"%{numbers[v]}" for v in end.operands)
    edges = "".join(f" ^{names[e.target]}({', '.join(f'%{numbers[a]}' for a in e.args)})" for e in end.edges)
    return f"  {end.kind} {operands}".rstrip() + edges + _tail(end.attrs, end.offset)


def _tail(attrs: dict[str, Any], offset: int) -> str:
    return f"{f' {attrs!r}' if attrs else ''} @{offset:#x}"


def _convention_text(convention: Convention) -> str:
    items = "".join(f"C{''.join(i.elements)}D" if isinstance(i, Span) else i for i in convention.arguments)
    return f"0{items or 'v'}_{''.join(convention.results) or 'v'}"


def parse_function(text: str) -> Function:
    """The function that the text describes; ValueError where it does not fit."""
    return _Parser(text).run()


class _Parser:
    def __init__(self, text: str) -> None:
        self.lines = [line for line in text.splitlines() if line.strip()]
        self.values: dict[str, Value] = {}
        self.blocks: dict[str, Block] = {}

    def run(self) -> Function:
        header = self._match(_HEADER, self.lines[0])
        fn = Function(header[1], int(header[2]), parse_convention(header[3][1:-1]), [], int(header[4]))
        self._declare()
        for line in self.lines[1:-1]:
            if line.startswith("^"):
                fn.blocks.append(self.blocks[self._match(_BLOCK, line)[1]])
            else:
                self._statement(fn.blocks[-1], line)
        return fn

    def _match(self, pattern: re.Pattern[str], line: str) -> re.Match[str]:
        found = pattern.match(line)
        if found is None:
            raise ValueError(f"cannot read IR line {line!r}")
        return found

    def _declare(self) -> None:
        """Makes blocks and values first: text may use them before it defines them."""
        for line in self.lines[1:-1]:
            if line.startswith("^"):
                found = self._match(_BLOCK, line)
                self.blocks[found[1]] = Block(int(found[3], 16), self._values(found[2]))
            elif (results := self._match(_OP, line)[1]) is not None:
                self._values(results)

    def _values(self, text: str) -> list[Value]:
        made = []
        for item in filter(None, text.split(", ")):
            name, type_name = item.split(": ")
            self.values[name] = Value(type_name)
            made.append(self.values[name])
        return made

    def _uses(self, text: str) -> list[Value]:
        return [self.values[name.strip()] for name in text.split(",") if name.strip()]

    def _statement(self, block: Block, line: str) -> None:
        results, mnemonic, operands, edges, attrs, offset = self._match(_OP, line).groups()
        found = self._uses(operands)
        extra = ast.literal_eval(attrs) if attrs else {}
        row = BY_NAME.get(mnemonic) or DERIVED.get(mnemonic)
        if mnemonic in ("br", "cond_br", "br_table", "return", "fail"):
            targets = [Edge(self.blocks[n], self._uses(args)) for n, args in _EDGE.findall(edges)]
            block.end = Terminator(mnemonic, found, targets, extra, int(offset, 16))
            return
        if row is None:
            raise ValueError(f"unknown op {mnemonic!r}")
        op = Op(row, found, extra, [], int(offset, 16))
        for item in filter(None, (results or "").split(", ")):
            value = self.values[item.split(": ")[0]]
            value.op = op
            op.results.append(value)
        block.ops.append(op)
