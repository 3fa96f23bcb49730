"""Programs of this project: a compiled library, or a module in the interpreter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from compare.engines.base import Engine
from compare.values import Call, Outcome, normal


@dataclass(frozen=True)
class Compiled:
    """A library that `transpile` built."""

    library: Path
    cdef: str
    prefix: str
    declarations: dict[str, Any] = field(default_factory=dict)

    def open(self) -> Engine:
        from transpile.program import Program, open_library

        library = open_library(self.library, self.cdef, self.prefix)
        return _ProgramEngine(Program(library, self.declarations))


@dataclass(frozen=True)
class Interpreted:
    """A module for this project's interpreter."""

    module: Path

    def open(self) -> Engine:
        from transpile import loader
        from transpile.interp import open_interpreter

        return _ProgramEngine(open_interpreter(loader.read(self.module)))


class _ProgramEngine:
    """Calls through `transpile.program`."""

    def __init__(self, program: Any) -> None:
        self._program = program

    def reset(self) -> None:
        self._program = self._program.new_instance()

    def call(self, call: Call) -> Outcome:
        from transpile.program import Tensor, VmError

        function = self._program[call.function]
        try:
            returned = function(*call.arguments)
        except VmError as problem:
            return Outcome(failure=problem.status_name)
        kinds = function._shape.results
        results = returned if len(kinds) > 1 else (returned,) if kinds else ()
        return Outcome(
            tuple(
                normal(value.data if isinstance(value, Tensor) else value, kind)
                for value, kind in zip(results, kinds, strict=True)
            )
        )

    def prepare(self, call: Call) -> Callable[[], None]:
        """Arguments are converted once; what is left is one call through cffi, a fraction of a microsecond."""
        from transpile.program.values import Inputs

        program, function = self._program, self._program[call.function]
        if not hasattr(program, "library") or not hasattr(function, "_export"):
            return lambda: function(*call.arguments)
        library, shape = program.library, function._shape
        inputs = Inputs(library)
        places = library.ffi.new("vm_value[]", max(1, function._total))
        results = library.ffi.new("vm_value[]", max(1, len(shape.results)))
        for index, value in enumerate(call.arguments):
            inputs.put(places[index], shape.kinds[index], value, shape.types[index])
        refs = [index for index, kind in enumerate(shape.results) if kind == "r"]
        invoke, release = library.lib.vm_invoke, library.lib.binding_release
        instance, export = program._instance, function._export

        def run(_kept: Any = (inputs, call)) -> None:
            if invoke(instance, export, places, results):
                raise RuntimeError("the call failed")
            for index in refs:
                release(results[index].ref)

        return run
