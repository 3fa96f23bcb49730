"""The loop IR as text; `parse` reads back what `format_work` writes.

    tile(out: f32, in1: f32)(t2_turns)(p0: f32)
      allocate acc: f32[8] registers
      for t0 < 8 parallel
        x0 = in1[16*t0 + lane : 8]
        x1 = add.f32 x0, p0
        out[t0 + lane : 8 < n0 - 8*t0] = x1

A vector is its lanes' places and their number, behind `<` those that are valid.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from transpile.nests.loops.index import Entry, Index, div, index, least, mod
from transpile.nests.loops.nodes import (
    Allocate,
    Apply,
    Array,
    Body,
    Call,
    Constant,
    Define,
    Function,
    If,
    Let,
    Load,
    Loop,
    Number,
    Operand,
    Pack,
    Places,
    Statement,
    Store,
    Transpose,
    Value,
    Walk,
    Work,
)


def format_work(work: Work) -> str:
    """A work as text: its function, and those that it calls."""
    functions = (work.main, *work.kernels.values())
    return "\n".join(line for function in functions for line in _function(function)) + "\n"


def _function(function: Function) -> Iterator[str]:
    arrays = ", ".join(f"{a.name}: {a.element}{'' if a.space == 'program' else f' {a.space}'}" for a in function.arrays)
    elements = ", ".join(f"{name}: {kind}" for name, kind in function.elements)
    yield f"{function.name}({arrays})({', '.join(function.numbers)})({elements})"
    yield from _body(function.body, "  ")


def _body(body: Body, indent: str) -> Iterator[str]:
    for statement in body:
        yield from (indent + line for line in _statement(statement))


def _statement(statement: Statement) -> Iterator[str]:
    match statement:
        case Let(name, value):
            yield f"{name} = {_value(value)}"
        case Transpose(names, array, place, lanes):
            yield f"transpose {', '.join(names)} = {array}[{_lanes(place, lanes, None)}]"
        case Store(array, place, operand, lanes, valid):
            yield f"{array}[{_lanes(place, lanes, valid)}] = {_operand(operand)}"
        case Loop(name, count, body, kind):
            yield f"for {name} < {count} {kind}"
            yield from _body(body, "  ")
        case Define(name, number):
            yield f"define {name} = {number}"
        case If(number, limit, then, otherwise):
            yield f"if {number} < {limit}"
            yield from _body(then, "  ")
            yield "else"
            yield from _body(otherwise, "  ")
        case Allocate(array):
            yield f"allocate {array.name}: {array.element}[{array.size}] {array.space}"
        case Pack(to, source, base, lanes, first, count, turns, width):
            yield f"pack {to} = {source}[{base}] width {width} from {first} count {count}"
            yield f"  lanes {_walk(lanes)}"
            yield f"  turns {_walk(turns)}"
        case Places(table, walk, first, count):
            yield f"places {table} from {first} count {count}"
            yield f"  turns {_walk(walk)}"
        case Call(function, arrays, numbers, operands):
            given = ", ".join(f"{name}[{start}]" for name, start in arrays)
            yield f"call {function}({given})({', '.join(map(str, numbers))})({', '.join(map(_operand, operands))})"


def _walk(walk: Walk) -> str:
    return f"{', '.join(f'{name} < {count}' for name, count in walk.dims)}: {walk.index}"


def _lanes(place: Index, lanes: int, valid: Index | None) -> str:
    if lanes == 1 and valid is None:
        return str(place)
    return f"{place} : {lanes}" if valid is None else f"{place} : {lanes} < {valid}"


def _value(value: Value) -> str:
    match value:
        case Load(array, place, lanes, valid):
            return f"{array}[{_lanes(place, lanes, valid)}]"
        case Apply(mnemonic, operands, attrs):
            given = f" {dict(attrs)!r}" if attrs else ""
            return f"{mnemonic} {', '.join(map(_operand, operands))}{given}"
        case Number(number):
            return f"number {number}"


def _operand(operand: Operand) -> str:
    return operand if isinstance(operand, str) else f"{operand.type}({operand.value})"


# ---- reading ---------------------------------------------------------------------------------------------------------


def parse(text: str) -> Work:
    """The work that a text says; ValueError for a line that says none."""
    lines = [line for line in text.splitlines() if line.strip()]
    functions: list[Function] = []
    at = 0
    while at < len(lines):
        end = at + 1
        while end < len(lines) and lines[end].startswith(" "):
            end += 1
        functions.append(_read_function(lines[at], _Reader(lines[at + 1 : end]).body(2)))
        at = end
    return Work(functions[0], {function.name: function for function in functions[1:]})


_FUNCTION = re.compile(r"(\w+)\((.*)\)\((.*)\)\((.*)\)$")


def _read_function(head: str, body: Body) -> Function:
    match = _matched(_FUNCTION, head)
    arrays = tuple(_read_array(item) for item in _items(match[2]))
    elements = tuple((name, kind) for name, _, kind in (item.partition(": ") for item in _items(match[4])))
    return Function(match[1], arrays, tuple(_items(match[3])), elements, body)


def _read_array(text: str) -> Array:
    name, _, kind = text.partition(": ")
    element, _, space = kind.partition(" ")
    return Array(name, element, space or "program")  # type: ignore[arg-type]


class _Reader:
    """Statements out of lines, by their indentation."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.at = 0

    def body(self, indent: int) -> Body:
        made: list[Statement] = []
        while self.at < len(self.lines) and self._depth() == indent and self._line() != "else":
            made.append(self._statement(indent))
        return tuple(made)

    def _line(self) -> str:
        return self.lines[self.at].strip()

    def _depth(self) -> int:
        line = self.lines[self.at]
        return len(line) - len(line.lstrip())

    def _take(self, start: str = "") -> str:
        line = self._line()
        if not line.startswith(start):
            raise ValueError(f"expected {start!r}: {line}")
        self.at += 1
        return line[len(start) :]

    def _statement(self, indent: int) -> Statement:
        line = self._take()
        word, _, rest = line.partition(" ")
        match word:
            case "for":
                name, count, kind = _matched(_LOOP, rest).groups()
                return Loop(name, read_index(count), self.body(indent + 2), kind)  # type: ignore[arg-type]
            case "define":
                name, _, number = rest.partition(" = ")
                return Define(name, read_index(number))
            case "if":
                number, _, limit = rest.partition(" < ")
                then = self.body(indent + 2)
                self._take("else")
                return If(read_index(number), read_index(limit), then, self.body(indent + 2))
            case "allocate":
                name, element, size, space = _matched(_ALLOCATE, rest).groups()
                return Allocate(Array(name, element, space, read_index(size)))  # type: ignore[arg-type]
            case "pack":
                to, source, base, width, first, count = _matched(_PACK, rest).groups()
                along, through = _read_walk(self._take("lanes ")), _read_walk(self._take("turns "))
                numbers = read_index(base), along, read_index(first), read_index(count), through
                return Pack(to, source, *numbers, int(width))
            case "places":
                table, first, count = _matched(_PLACES, rest).groups()
                return Places(table, _read_walk(self._take("turns ")), read_index(first), read_index(count))
            case "call":
                return _read_call(rest)
            case "transpose":
                names, _, source = rest.partition(" = ")
                array, place, lanes, _ = _read_place(source)
                return Transpose(tuple(_items(names)), array, place, lanes)
        target, _, value = line.partition(" = ")
        if "[" in target:
            array, place, lanes, valid = _read_place(target)
            return Store(array, place, _read_operand(value), lanes, valid)
        return Let(target, _read_value(value))


_LOOP = re.compile(r"(\w+) < (.*) (serial|parallel|threads)$")
_ALLOCATE = re.compile(r"(\w+): (\w+)\[(.*)\] (\w+)$")
_PACK = re.compile(r"(\w+) = (\w+)\[(.*)\] width (\d+) from (.*) count (.*)$")
_PLACES = re.compile(r"(\w+) from (.*) count (.*)$")
_PLACE = re.compile(r"(\w+)\[(.*?)(?: : (\d+)(?: < (.*))?)?\]$")
_CONSTANT = re.compile(r"(\w+)\((-?\d+)\)$")


def _matched(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    match = pattern.match(text)
    if match is None:
        raise ValueError(f"this says nothing: {text}")
    return match


def _items(text: str) -> list[str]:
    """What stands between commas that are in no brackets."""
    found, depth, start = [], 0, 0
    for at, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if character == "," and not depth:
            found.append(text[start:at].strip())
            start = at + 1
    return [*found, text[start:].strip()] if text.strip() else []


def _read_walk(text: str) -> Walk:
    dims, _, place = text.rpartition(": ")
    named = (item.partition(" < ") for item in _items(dims))
    return Walk(tuple((name, read_index(count)) for name, _, count in named), read_index(place))


def _read_call(text: str) -> Call:
    name, arrays, numbers, operands = _matched(_FUNCTION, text).groups()
    places = [_read_place(item) for item in _items(arrays)]
    given = tuple(map(read_index, _items(numbers))), tuple(map(_read_operand, _items(operands)))
    return Call(name, tuple((array, place) for array, place, _, _ in places), *given)


def _read_place(text: str) -> tuple[str, Index, int, Index | None]:
    array, place, lanes, valid = _matched(_PLACE, text).groups()
    return array, read_index(place), int(lanes or 1), read_index(valid) if valid else None


def _read_value(text: str) -> Value:
    word, _, rest = text.partition(" ")
    if word == "number":
        return Number(read_index(rest))
    if _PLACE.match(text):
        return Load(*_read_place(text))
    given, brace, attributes = rest.partition(" {")
    attrs = tuple(ast.literal_eval(f"{{{attributes}").items()) if brace else ()
    return Apply(word, tuple(map(_read_operand, _items(given))), attrs)


def _read_operand(text: str) -> Operand:
    match = _CONSTANT.match(text)
    return Constant(match[1], int(match[2])) if match else text


def read_index(text: str) -> Index:
    """The index that a text says: sums, products, `min(a, b)`, `a div b`, `a mod b`, `table[place]`."""
    try:
        tree = ast.parse(text.strip().replace(" div ", " // ").replace(" mod ", " % "), mode="eval").body
    except SyntaxError:
        raise ValueError(f"no index: {text}") from None
    return _read_tree(tree)


def _read_tree(tree: ast.expr) -> Index:
    match tree:
        case ast.Constant(value=int() as value):
            return index(value)
        case ast.Name(id=name):
            return index(name)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return _read_tree(inner) * -1
        case ast.Call(func=ast.Name(id="min"), args=[first, second]):
            return least(_read_tree(first), _read_tree(second))
        case ast.Subscript(value=ast.Name(id=table), slice=place):
            return Index(((Entry(table, _read_tree(place)), 1),))
        case ast.BinOp(left=left, op=operator, right=right):
            return _combined(operator, _read_tree(left), _read_tree(right))
    raise ValueError(f"no index: {ast.unparse(tree)}")


def _combined(operator: Any, left: Index, right: Index) -> Index:
    match operator:
        case ast.Add():
            return left + right
        case ast.Sub():
            return left - right
        case ast.Mult():
            return left * right
        case ast.FloorDiv():
            return div(left, right)
        case ast.Mod():
            return mod(left, right)
    raise ValueError(f"no operator of indexes: {operator}")
