"""What a caller of a module and its runtime need to know, read off the solved constraints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from transpile.container import Export, Module
from transpile.effects.commands import ANY, Commands, Dispatched, Kernels, Written
from transpile.effects.constraints import BINDINGS, Constraints, Result
from transpile.effects.points import Argument, Constant, Foreign, Origin
from transpile.ir import Function, Registers, lift_function
from transpile.program.uses import ArgumentUse, ResultUse


@dataclass(frozen=True)
class Effects:
    """What a module does with memory that others may see."""

    uses: Mapping[int, str]
    """Of each exported function, as `vm_export.uses`."""
    constants: frozenset[int]
    """The segments that may be written, once they are imported as buffers."""
    bindings: Kernels
    """Of a nested module: the bindings that its exports write, by their names in order."""
    dispatches: Mapping[tuple[int, int], Dispatched]
    """The kernel that the dispatch at an offset of a function runs, where it can be one only."""


def analyse(module: Module, functions: Sequence[Function], executables: Mapping[int, Kernels]) -> Effects:
    """The effects of a verified module; `executables` says what the kernels of its nested ones write."""
    return _Summary(module, functions, executables).effects()


def _bindings(export: Export, written: set[Origin]) -> Written:
    places = {
        origin.element
        for origin in written
        if isinstance(origin, Argument) and (origin.function, origin.position) == (export.ordinal, BINDINGS)
    }
    return ANY if None in places else frozenset(place for place in places if place is not None)


class _Summary:
    def __init__(self, module: Module, functions: Sequence[Function], executables: Mapping[int, Kernels]) -> None:
        self.module = module
        constraints = Constraints(module)
        constraints.add(functions)
        self.points = constraints.points
        commander = Commands(constraints, executables)
        commands, kernels = commander.run(), commander.dispatched()
        given = self.points.reachable(constraints.escapes)
        self.written = {o for value in (*constraints.writes, *commands) for o in self.points[value]} | given
        self.dispatched = {
            (fn.index, op.offset): kernels[op] for fn in functions for op in fn.ops() if op in kernels
        }
        self.kept = self.points.reachable(constraints.globals) | given

    def effects(self) -> Effects:
        registers = Registers(self.module)
        uses = {e.ordinal: self._uses(e.ordinal, registers) for e in self.module.exports}
        constants = {origin.segment for origin in self.written if isinstance(origin, Constant)}
        bindings = {export.name: _bindings(export, self.written) for export in self.module.exports}
        return Effects(uses, frozenset(constants), bindings, self.dispatched)

    def _uses(self, function: int, registers: Registers) -> str:
        convention = registers.functions[function]
        results = [Result(function, position) for position in range(len(convention.results))]
        returned = self.points.reachable(results)
        arguments = [self._argument(function, position, returned) for position in range(len(convention.arguments))]
        return "".join(map(_digit, arguments)) + "_" + "".join(_digit(self._result(result)) for result in results)

    def _argument(self, function: int, position: int, returned: set[Origin]) -> ArgumentUse:
        found = ArgumentUse.NONE
        for use, origins in (
            (ArgumentUse.WRITTEN, self.written),
            (ArgumentUse.KEPT, self.kept),
            (ArgumentUse.RETURNED, returned),
        ):
            if any(isinstance(o, Argument) and (o.function, o.position) == (function, position) for o in origins):
                found |= use
        return found

    def _result(self, result: Result) -> ResultUse:
        origins = self.points.reachable([result])
        shared = any(isinstance(o, (Constant, Foreign)) for o in origins) or origins & self.kept
        return ResultUse.SHARED if shared else ResultUse.NONE


def _digit(use: ArgumentUse | ResultUse) -> str:
    return str(use.value)


def lift_all(module: Module) -> list[Function]:
    """All functions of a module, as they are lifted."""
    registers = Registers(module)
    return [lift_function(module, index, registers) for index in range(len(module.functions))]


def lifted_effects(module: Module, nested: Mapping[int, Module]) -> Effects:
    """The effects of a module that nobody else has lifted."""
    kernels = {number: lifted_effects(inner, {}).bindings for number, inner in nested.items()}
    return analyse(module, lift_all(module), kernels)
