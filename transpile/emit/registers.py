"""Arrays of the loop IR whose every place is known: they become variables of C."""

from __future__ import annotations

from dataclasses import dataclass

from transpile.nests.loops.index import Index, index
from transpile.nests.loops.nodes import LANE, Allocate, Body, Let, Load, Store, statements
from transpile.nests.loops.tree import arrays_of, bodies


@dataclass(frozen=True)
class Variable:
    """A few elements side by side of an array, as one variable."""

    name: str
    lanes: int


class Registers:
    """The variables of a body's arrays in registers.  An array with a place that is not known stays an array."""

    def __init__(self, body: Body) -> None:
        wanted = [s.array.name for s in statements(body) if isinstance(s, Allocate) and s.array.space == "registers"]
        found: dict[str, set[tuple[int | None, int]]] = {name: set() for name in wanted}
        for array, place, lanes in _accesses(body):
            if array in found:
                found[array].add((_first(place, lanes), lanes))
        self._variables = {array: variables for array in found if (variables := _variables(array, found[array]))}
        self.stored_first = _stored_first(body, self)

    def __contains__(self, array: str) -> bool:
        return array in self._variables

    def of(self, array: str) -> tuple[Variable, ...]:
        return tuple(self._variables[array].values())

    def variable(self, array: str, place: Index, lanes: int) -> Variable | None:
        """What holds these elements; None where they are in memory."""
        first = _first(place, lanes)
        return self._variables[array][first] if array in self and first is not None else None


def _accesses(body: Body) -> list[tuple[str, Index, int]]:
    found = []
    for statement in statements(body):
        match statement:
            case Let(_, Load(array, place, lanes)) | Store(array, place, _, lanes):
                found.append((array, place, lanes))
    return found


def _first(place: Index, lanes: int) -> int | None:
    """The first element of an access, if it is known and the others follow it."""
    return (place - index(LANE) if lanes > 1 else place).known


def _variables(array: str, accesses: set[tuple[int | None, int]]) -> dict[int, Variable]:
    """Variables by their first element; nothing where accesses overlap or are anywhere."""
    found: dict[int, Variable] = {}
    end = 0
    for first, lanes in sorted((-1 if first is None else first, lanes) for first, lanes in accesses):
        if first < end:
            return {}
        found[first], end = Variable(f"{array}_{len(found)}", lanes), first + lanes
    return found


def _stored_first(body: Body, registers: Registers) -> dict[str, Store]:
    """The statement that a variable begins with, by its name: a store beside the array's allocation, if no loop comes
    before it."""
    found: dict[str, Store] = {}
    here: set[str] = set()
    for statement in body:
        match statement:
            case Allocate(array):
                here.add(array.name)
            case Store(array, place, _, lanes) if array in here:
                variable = registers.variable(array, place, lanes)
                if variable is not None:
                    found.setdefault(variable.name, statement)
        for inner in bodies(statement):
            here -= {name for each in statements(inner) for name in arrays_of(each)}
            found |= _stored_first(inner, registers)
    return found
