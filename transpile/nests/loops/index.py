"""Integer expressions of loops: element offsets, trip counts and what they are made of.

    512*t0 + t1 + 4        min(112, n0 - 112*v)        k div 9 + 3        places[v] + t2

An index is a sum of atoms with factors and a constant, always in one canonical form, so that equal indexes are equal
objects.  Its numbers are mathematical integers; those that `div` and `mod` divide are never negative, nor is a divisor
0 (the guard of a nest has seen to it).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property


class Name(str):
    """A loop's variable, a parameter or a definition."""

    __slots__ = ()
    __match_args__ = ("text",)

    @property
    def text(self) -> str:
        return str(self)


@dataclass(frozen=True)
class Product:
    """Of two or more atoms, in order of their text."""

    factors: tuple[Atom, ...]

    def __str__(self) -> str:
        return "*".join(map(str, self.factors))


@dataclass(frozen=True)
class Div:
    """How often `by` goes into `value`."""

    value: Index
    by: Index

    def __str__(self) -> str:
        return f"({_grouped(self.value)} div {_grouped(self.by)})"


@dataclass(frozen=True)
class Mod:
    """What is left when `value` is divided by `by`."""

    value: Index
    by: Index

    def __str__(self) -> str:
        return f"({_grouped(self.value)} mod {_grouped(self.by)})"


@dataclass(frozen=True)
class Min:
    """The lesser one."""

    first: Index
    second: Index

    def __str__(self) -> str:
        return f"min({self.first}, {self.second})"


@dataclass(frozen=True)
class Entry:
    """An element of a table of offsets."""

    table: str
    place: Index

    def __str__(self) -> str:
        return f"{self.table}[{self.place}]"


Atom = Name | Product | Div | Mod | Min | Entry
Bounds = Mapping[str, int]
"""What names are below, and not less than 0."""


@dataclass(frozen=True)
class Index:
    """The sum of factor times atom, in order of the atoms' text, plus a constant.  Made by `total` and operators."""

    terms: tuple[tuple[Atom, int], ...] = ()
    const: int = 0

    def __add__(self, other: Index | int) -> Index:
        other = index(other)
        if not other.terms:
            return Index(self.terms, self.const + other.const) if other.const else self
        return total([*self.terms, *other.terms], self.const + other.const)

    def __sub__(self, other: Index | int) -> Index:
        return self + index(other) * -1

    def __mul__(self, other: Index | int) -> Index:
        other = index(other)
        if not other.terms and other.const:
            return Index(tuple((atom, factor * other.const) for atom, factor in self.terms), self.const * other.const)
        products = [(_together((a, b)), m * n) for a, m in self.terms for b, n in other.terms]
        mine = [(a, m * other.const) for a, m in self.terms]
        theirs = [(b, self.const * n) for b, n in other.terms]
        return total([*products, *mine, *theirs], self.const * other.const)

    def __str__(self) -> str:
        text = ""
        for atom, factor in self.terms:
            size = str(atom) if abs(factor) == 1 else f"{abs(factor)}*{atom}"
            text += f" {'-' if factor < 0 else '+'} {size}" if text else f"{'-' if factor < 0 else ''}{size}"
        if not self.const and text:
            return text
        return f"{text} {'-' if self.const < 0 else '+'} {abs(self.const)}" if text else str(self.const)

    @property
    def known(self) -> int | None:
        """The number that it always is."""
        return None if self.terms else self.const

    @cached_property
    def names(self) -> frozenset[str]:
        """Everything that it depends on, tables included."""
        return frozenset(name for atom, _ in self.terms for name in _names(atom))

    def moved(self, names: set[str]) -> dict[Atom, Index]:
        """The atoms that depend on names, each with all that it is multiplied by."""
        found: dict[Atom, Index] = {}
        for atom, factor in self.terms:
            moving = [each for each in _factors(atom) if not names.isdisjoint(_names(each))]
            if moving:
                still = [each for each in _factors(atom) if each not in moving]
                key = _together(moving)
                found[key] = found.get(key, Index()) + _product(still, factor)
        return found

    def stride(self, name: str) -> Index:
        """What a name by itself is multiplied by."""
        return self.moved({name}).get(Name(name), Index())

    def put(self, values: Mapping[str, Index]) -> Index:
        """With indexes in place of names."""
        if values.keys().isdisjoint(self.names):
            return self
        return self.rebuilt(lambda atom: _put(atom, values))

    def tidy(self, bounds: Bounds) -> Index:
        """The same number in simpler words, where names are below their bounds."""
        if all(isinstance(atom, Name) and bounds.get(atom) != 1 for atom, _ in self.terms):
            return self
        return self.rebuilt(lambda atom: _tidy(atom, bounds))

    def rebuilt(self, change: Callable[[Atom], Index]) -> Index:
        """With indexes in place of atoms."""
        terms: list[tuple[Atom, int]] = []
        const = self.const
        for atom, factor in self.terms:
            made = change(atom)
            terms += made.terms if factor == 1 else [(each, factor * size) for each, size in made.terms]
            const += factor * made.const
        return total(terms, const)

    def most(self, bounds: Bounds) -> int | None:
        """A number that it never exceeds, if one follows from the bounds."""
        sum_ = self.const
        for atom, factor in self.terms:
            largest = _most(atom, bounds) if factor > 0 else 0 if _is_natural(atom, bounds) else None
            if largest is None:
                return None
            sum_ += factor * largest
        return sum_

    def is_natural(self, bounds: Bounds) -> bool:
        """Whether it is certainly not negative."""
        return self.const >= 0 and all(factor > 0 and _is_natural(atom, bounds) for atom, factor in self.terms)

    def evaluate(self, numbers: Mapping[str, int], tables: Mapping[str, list[int]]) -> int:
        """The number, given those of its names and tables; KeyError for one that is missing."""
        return self.const + sum(factor * _evaluate(atom, numbers, tables) for atom, factor in self.terms)


def index(value: Index | int | str) -> Index:
    """A number or a name as an index."""
    if isinstance(value, Index):
        return value
    return Index((), value) if isinstance(value, int) else Index(((Name(value), 1),))


def indexed(atom: Atom, factor: int = 1) -> Index:
    """An atom as an index."""
    return Index(((atom, factor),))


def total(terms: Iterable[tuple[Atom, int]], const: int = 0) -> Index:
    """The canonical sum."""
    sums: dict[Atom, int] = {}
    for atom, factor in terms:
        sums[atom] = sums.get(atom, 0) + factor
    found = [(atom, factor) for atom, factor in sums.items() if factor]
    if len(found) > 1:
        for whole in _wholes(dict(found)):
            return whole + const
        found.sort(key=lambda term: str(term[0]))
    return Index(tuple(found), const)


def div(value: Index, by: Index | int) -> Index:
    """`value div by`; multiples of a known divisor are taken out."""
    by = index(by)
    multiples, rest = _multiples(value, by)
    if not rest.terms and by.known:
        return multiples + rest.const // by.known
    if rest == index(0):
        return multiples
    return multiples + indexed(Div(rest, by))


def mod(value: Index, by: Index | int) -> Index:
    """`value mod by`."""
    by = index(by)
    rest = _multiples(value, by)[1]
    if not rest.terms and by.known:
        return index(rest.const % by.known)
    return rest if rest == index(0) else indexed(Mod(rest, by))


def least(first: Index | int, second: Index | int) -> Index:
    """The lesser one."""
    first, second = index(first), index(second)
    apart = (first - second).known
    if apart is not None:
        return first if apart <= 0 else second
    return indexed(Min(first, second))


def _grouped(value: Index) -> str:
    """As an operand of a division."""
    return str(value) if len(value.terms) + bool(value.const) < 2 else f"({value})"


def _multiples(value: Index, by: Index) -> tuple[Index, Index]:
    """`value` as a multiple of `by`, and what is left of it without becoming negative."""
    number = by.known
    if number is None:
        return (index(1), index(0)) if value == by else (index(0), value)
    whole = [(atom, factor // number) for atom, factor in value.terms if factor % number == 0]
    rest = [(atom, factor) for atom, factor in value.terms if factor % number]
    if value.const < 0 or any(factor < 0 for _, factor in (*whole, *rest)):
        return index(0), value
    return total(whole, value.const // number), total(rest, value.const % number)


def _wholes(sums: dict[Atom, int]) -> Iterable[Index]:
    """A quotient and a remainder that make their number again: a*n*(x div n) + a*(x mod n) is a*x."""
    for atom, factor in sums.items():
        for each in _factors(atom):
            if not isinstance(each, Mod) or not each.by.known:
                continue
            others = [other for other in _factors(atom) if other is not each]
            quotient = _together([*others, Div(each.value, each.by)])
            if sums.get(quotient) == factor * each.by.known:
                rest = [(a, f) for a, f in sums.items() if a not in (atom, quotient)]
                yield total(rest) + each.value * _product(others, factor)
                return


def _factors(atom: Atom) -> tuple[Atom, ...]:
    return atom.factors if isinstance(atom, Product) else (atom,)


def _together(atoms: Sequence[Atom]) -> Atom:
    """One or more atoms, multiplied, as an atom."""
    factors = [factor for atom in atoms for factor in _factors(atom)]
    return factors[0] if len(factors) == 1 else Product(tuple(sorted(factors, key=str)))


def _product(atoms: Sequence[Atom], factor: int) -> Index:
    return indexed(_together(atoms), factor) if atoms else Index((), factor)


def _names(atom: Atom) -> Iterable[str]:
    match atom:
        case Name(text):
            yield text
        case Product(factors):
            for factor in factors:
                yield from _names(factor)
        case Div(first, second) | Mod(first, second) | Min(first, second):
            yield from first.names | second.names
        case Entry(table, place):
            yield table
            yield from place.names


def _put(atom: Atom, values: Mapping[str, Index]) -> Index:
    match atom:
        case Name(text):
            return values.get(text, index(text))
        case Product(factors):
            made = index(1)
            for factor in factors:
                made *= _put(factor, values)
            return made
        case Div(value, by):
            return div(value.put(values), by.put(values))
        case Mod(value, by):
            return mod(value.put(values), by.put(values))
        case Min(first, second):
            return least(first.put(values), second.put(values))
        case Entry(table, place):
            renamed = values.get(table)
            return indexed(Entry(table if renamed is None else str(renamed), place.put(values)))


def _tidy(atom: Atom, bounds: Bounds) -> Index:
    match atom:
        case Name(text):
            return index(0) if bounds.get(text) == 1 else index(text)
        case Product(factors):
            made = index(1)
            for factor in factors:
                made *= _tidy(factor, bounds)
            return made
        case Div(value, by):
            value, by = value.tidy(bounds), by.tidy(bounds)
            return index(0) if _is_below(value, by, bounds) else div(value, by)
        case Mod(value, by):
            value, by = value.tidy(bounds), by.tidy(bounds)
            if by.known and _most_residue(value, by.known) == 0:
                return index(0)
            return value if _is_below(value, by, bounds) else mod(value, by)
        case Min(first, second):
            first, second = first.tidy(bounds), second.tidy(bounds)
            for one, other in ((first, second), (second, first)):
                most = one.most(bounds)
                if most is not None and other.known is not None and most <= other.known:
                    return one
            return least(first, second)
        case Entry(table, place):
            return indexed(Entry(table, place.tidy(bounds)))


def _is_below(value: Index, by: Index, bounds: Bounds) -> bool:
    most = value.most(bounds)
    return most is not None and by.known is not None and most < by.known


def _most(atom: Atom, bounds: Bounds) -> int | None:
    match atom:
        case Name(text):
            return bounds[text] - 1 if text in bounds else None
        case Div(value, by):
            most = value.most(bounds)
            return most // by.known if most is not None and by.known else None
        case Mod(value, by):
            return _most_residue(value, by.known) if by.known else None
        case Min(first, second):
            known = [m for m in (first.most(bounds), second.most(bounds)) if m is not None]
            return min(known, default=None)
        case _:
            return None


def _residues(value: Index, by: int) -> set[int] | None:
    """What may be left of it; None if that may be anything."""
    match [(atom, factor) for atom, factor in value.terms if factor % by]:
        case []:
            return {value.const % by}
        case [(Min(first, second), 1)]:
            one, other = _residues(first, by), _residues(second, by)
            return None if one is None or other is None else {(r + value.const) % by for r in one | other}
    return None


def _most_residue(value: Index, by: int) -> int:
    residues = _residues(value, by)
    return by - 1 if residues is None else max(residues)


def _is_natural(atom: Atom, bounds: Bounds) -> bool:
    match atom:
        case Name(text):
            return text in bounds
        case Product(factors):
            return all(_is_natural(factor, bounds) for factor in factors)
        case Div() | Mod():
            return True
        case Min(first, second):
            return first.is_natural(bounds) and second.is_natural(bounds)
        case Entry():
            return False


def _evaluate(atom: Atom, numbers: Mapping[str, int], tables: Mapping[str, list[int]]) -> int:
    match atom:
        case Name(text):
            return numbers[text]
        case Product(factors):
            product = 1
            for factor in factors:
                product *= _evaluate(factor, numbers, tables)
            return product
        case Div(value, by):
            return _divided(value.evaluate(numbers, tables), by.evaluate(numbers, tables))[0]
        case Mod(value, by):
            return _divided(value.evaluate(numbers, tables), by.evaluate(numbers, tables))[1]
        case Min(first, second):
            return min(first.evaluate(numbers, tables), second.evaluate(numbers, tables))
        case Entry(table, place):
            at = place.evaluate(numbers, tables)
            if at < 0:
                raise IndexError(f"{table}[{at}]")
            return tables[table][at]


def _divided(value: int, by: int) -> tuple[int, int]:
    if value < 0 or by <= 0:
        raise ValueError(f"{value} divided by {by}")
    return divmod(value, by)
