"""Integers of the loop IR as C expressions of type int64_t."""

from __future__ import annotations

from transpile.c.literals import integer
from transpile.nests.loops.index import Atom, Div, Entry, Index, Min, Mod, Name, Product


def index_text(number: Index) -> str:
    """As an operand of an assignment, a comparison or a call."""
    text = ""
    for atom, factor in _by_size(number):
        size = _atom(atom) if abs(factor) == 1 else f"{_atom(atom)} * {integer(abs(factor), 64)}"
        text += f" {'-' if factor < 0 else '+'} {size}" if text else f"{'-' if factor < 0 else ''}{size}"
    if not text or number.const > 0:
        return f"{text} + {integer(number.const, 64)}" if text else integer(number.const, 64)
    return f"{text} - {integer(-number.const, 64)}" if number.const else text


def factor_text(number: Index) -> str:
    """As an operand of a multiplication."""
    text = index_text(number)
    return text if text.isidentifier() or text.isdecimal() else f"({text})"


def place_text(array: str, number: Index) -> str:
    """The address of an element."""
    return array if number.known == 0 else f"{array} + {index_text(number)}"


def double_text(number: Index) -> str:
    """Roughly the number, as a double: where it may be too large for an integer."""
    terms = [" * ".join([f"{factor}.0", *_doubles(atom)]) for atom, factor in _by_size(number)]
    return " + ".join([*terms, f"{number.const}.0"])


def _by_size(number: Index) -> list[tuple[Atom, int]]:
    """The terms: those that are added first, of these the ones that go furthest."""
    return sorted(number.terms, key=lambda term: -term[1])


def _atom(atom: Atom) -> str:
    match atom:
        case Name(text):
            return text
        case Product(factors):
            return " * ".join(map(_atom, factors))
        case Div(value, by):
            return f"({factor_text(value)} / {factor_text(by)})"
        case Mod(value, by):
            return f"({factor_text(value)} % {factor_text(by)})"
        case Min(first, second):
            return f"vm_nest_min({index_text(first)}, {index_text(second)})"
        case Entry(table, place):
            return f"{table}[{index_text(place)}]"


def _doubles(atom: Atom) -> list[str]:
    match atom:
        case Product(factors):
            return [text for factor in factors for text in _doubles(factor)]
        case Div(value, by):
            return [f"(({double_text(value)}) / ({double_text(by)}))"]
    return [f"(double){_atom(atom)}"]
