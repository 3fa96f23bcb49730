"""What is well formed: names are bound once and before they are used, and nodes fit each other."""

from __future__ import annotations

from collections.abc import Iterator

from transpile.nests.loops.nodes import (
    LANE,
    Allocate,
    Body,
    Call,
    Function,
    Let,
    Load,
    Pack,
    Places,
    Statement,
    Store,
    Transpose,
    Work,
)
from transpile.nests.loops.tree import arrays_of, bodies, bound, functions, indexes, operands


def check(work: Work) -> None:
    """Raise ValueError for a work that means nothing."""
    problems = [problem for function in functions(work) for problem in _Checker(work, function).problems()]
    if problems:
        raise ValueError("; ".join(problems))


class _Checker:
    def __init__(self, work: Work, function: Function) -> None:
        self.work = work
        self.function = function
        self.bound_before: set[str] = set()

    def problems(self) -> Iterator[str]:
        given = [*(a.name for a in self.function.arrays), *self.function.numbers]
        given += [name for name, _ in self.function.elements]
        for problem in self._body(self.function.body, frozenset(given)):
            yield f"{self.function.name}: {problem}"

    def _body(self, body: Body, known: frozenset[str]) -> Iterator[str]:
        for statement in body:
            own = set(bound(statement))
            for name in own & (self.bound_before | known):
                yield f"{name} is bound again"
            self.bound_before |= own
            walked = own if isinstance(statement, Pack | Places) else set()
            yield from self._names(statement, known | walked)
            yield from self._shape(statement)
            for inner in bodies(statement):
                yield from self._body(inner, known | own)
            known |= own

    def _names(self, statement: Statement, known: frozenset[str] | set[str]) -> Iterator[str]:
        lanes = {LANE} if _lanes_of(statement) > 1 else set()
        numbers = {name for number in indexes(statement) for name in number.names}
        elements = {operand for operand in operands(statement) if isinstance(operand, str)}
        for name in sorted((numbers | elements | {*arrays_of(statement)}) - known - lanes):
            yield f"{name} is used where it is not bound"

    def _shape(self, statement: Statement) -> Iterator[str]:
        match statement:
            case Let(_, Load(_, _, lanes)) | Store(_, _, _, lanes) | Transpose(_, _, _, lanes) if lanes < 1:
                yield f"{lanes} lanes"
            case Allocate(array) if array.size is None or array.space == "program":
                yield f"{array.name} is allocated without a size, or as memory of the program's"
            case Pack(width=width) if width < 1:
                yield f"panels of {width} lanes"
            case Call(name, arrays, numbers, given):
                kernel = self.work.kernels.get(name)
                if kernel is None:
                    yield f"there is no function {name}"
                elif (len(arrays), len(numbers), len(given)) != (
                    len(kernel.arrays),
                    len(kernel.numbers),
                    len(kernel.elements),
                ):
                    yield f"{name} is called with other arguments than it takes"


def _lanes_of(statement: Statement) -> int:
    match statement:
        case Let(_, Load(_, _, lanes)) | Store(_, _, _, lanes) | Transpose(_, _, _, lanes):
            return lanes
    return 1


