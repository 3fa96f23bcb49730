"""A module's exports as Python functions, and one instance of its state."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from .caller import Caller
from .errors import Frame, VmError, error_class
from .function import Function
from .imports import Imports
from .library import CData, Library
from .parameters import Archives, Parameters
from .shown import program_html, program_text
from .signature import Declared, is_real
from .uses import ResultUse
from .values import ArrayInUse, Inputs, Owners, from_values, in_use

NULL_SOURCE = "source_buffer is null"
DROPPED = (
    "the module reads a constant that is not in it: iree-compile leaves large ones out of inline programs and says "
    "nothing; compile it again with --iree-flow-inline-constants-max-byte-length=1000000000 and "
    "--iree-opt-const-expr-hoisting=false, or with: transpile compile MODEL -o MODEL.vmfb"
)
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Program:
    """An instance of a compiled module: its exports are attributes and items, its state is its own.

    Calls from several threads wait for each other.  Use `new_instance` for one instance a thread.  `parameters` are
    archive files by scope; `threads` is how many a dispatch may use (default: all, or OMP_NUM_THREADS); `devices` is
    how many a program finds that was compiled for several: all of them this CPU.

    `made_by` makes such a program elsewhere: what is pickled is how the program was made, and unpickling gives a fresh
    instance.
    """

    def __init__(
        self,
        library: Library,
        declarations: Mapping[str, Declared] = _NOTHING,
        imports: Mapping[str, Callable[..., Any]] = _NOTHING,
        *,
        parameters: Archives = _NOTHING,
        threads: int | None = None,
        devices: int = 1,
        made_by: Callable[[], Program] | None = None,
    ) -> None:
        self.library = library
        self.name = library.text(library.module.name)
        self._declarations = declarations
        self._callables = dict(imports)
        self._lock = threading.RLock()
        self._retained: list[ArrayInUse] = []
        self._imports = Imports(library, imports, self._retained)
        self._archives = dict(parameters)
        self._parameters = Parameters(library, parameters)
        self._threads = threads
        self._devices = devices
        self._made_by = made_by
        self._caller = Caller(library, threads)
        self._instance = self._create()
        functions = (
            Function(self, export, declarations.get(library.text(export.name))) for export in library.exports()
        )
        found: dict[str, Function] = {}
        for function in functions:
            found.setdefault(function.__name__, function)
        self.exports: Mapping[str, Function] = MappingProxyType(found)
        """All that the module exports, by name: hooks of the runtime and asynchronous halves too."""
        self.functions: Mapping[str, Function] = MappingProxyType({n: f for n, f in found.items() if is_real(n, found)})
        """The functions that are for callers, by name."""
        self.__doc__ = program_text(self)
        for name, offered in self.functions.items():  # found there at once, where `__getattr__` takes a while
            if not hasattr(type(self), name):
                self.__dict__.setdefault(name, offered)

    def __getattr__(self, name: str) -> Function:
        exports: Mapping[str, Function] = self.__dict__.get("exports", _NOTHING)
        if name in exports:
            return exports[name]
        raise AttributeError(
            f"module {self.__dict__.get('name', '?')!r} exports no function {name!r}{self._there_are()}"
        )

    def __getitem__(self, name: str) -> Function:
        if name not in self.exports:
            raise KeyError(f"module {self.name!r} exports no function {name!r}{self._there_are()}")
        return self.exports[name]

    def _there_are(self) -> str:
        functions = self.__dict__.get("functions", _NOTHING)
        return f"; there are {', '.join(functions)}" if functions else ""

    def __iter__(self) -> Iterator[str]:
        return iter(self.functions)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.functions})

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r}: {', '.join(self.functions)}>"

    def _repr_html_(self) -> str:
        return program_html(self)

    def new_instance(self) -> Program:
        """Another instance of the same module with fresh state; nothing is compiled again."""
        return self._another(self._threads)

    def _another(self, threads: int | None) -> Program:
        """A new instance that uses so many threads."""
        settings: dict[str, Any] = {"parameters": self._archives, "threads": threads}
        settings |= {"devices": self._devices, "made_by": self._made_by}
        return Program(self.library, self._declarations, self._callables, **settings)

    def __reduce__(self) -> tuple[Callable[[], Program], tuple[()]]:
        if self._made_by is None:
            raise pickle.PicklingError(f"{self!r} was not made by load() or a package, and cannot be pickled")
        for name, function in self._callables.items():
            try:
                pickle.dumps(function)
            except Exception as problem:
                hint = "use a function at the top level of a module"
                raise pickle.PicklingError(f"import {name!r}: {function!r} cannot be pickled; {hint}") from problem
        return self._made_by, ()

    def _create(self) -> CData:
        ffi, lib = self.library.ffi, self.library.lib
        given = {"imports": self._imports.table, "parameters": self._parameters.table, "devices": self._devices}
        given |= self._caller.options()
        options = ffi.new("vm_options *", given)
        if self.library.constants is not None:
            options.constants = self.library.constants[0]
        slot = ffi.new("vm_instance **")
        with self._lock:
            self._imports.raised = None
            status = lib.vm_instance_create(self.library.module, options, slot)
            if not slot[0]:
                raise error_class(status)("out of memory for a new instance")
            # Destroying runs the module's code, which may call imports and release arrays: both must still be there.
            alive = (self._imports, self._retained, self._parameters, self._caller)
            destroy = lib.binding_destroy
            instance = ffi.gc(slot[0], lambda vm, kept=alive: destroy(vm))
            if status:
                raise self._failure(instance, status)
        return instance

    def _invoke(self, function: Function, arguments: tuple[Any, ...], *, raw: bool) -> list[Any]:
        shape, library = function._shape, self.library
        ffi = library.ffi
        places = ffi.new("vm_value[]", max(1, function._total))
        results = ffi.new("vm_value[]", max(1, len(shape.results)))
        inputs = Inputs(library)
        with self._lock:
            self._sweep()
            self._imports.raised = None
            try:
                for index, value in enumerate(arguments):
                    try:
                        kind, mlir, passing = shape.kinds[index], shape.types[index], function._passings[index]
                        inputs.put(places[index], kind, value, mlir, passing)
                    except VmError as problem:
                        problem.message = f"argument {shape.names[index]!r} of {function.__name__}: {problem.message}"
                        raise
                status = self._caller.invoke(self._instance, function._export, places, results)
                if status:
                    raise self._failure(self._instance, status)
            finally:
                self._retained.extend(inputs.release())
            return self._results(function, results, raw=raw)

    def _results(self, function: Function, results: CData, *, raw: bool = False) -> list[Any]:
        """Python values for what a call has returned, each of them nobody else's memory."""
        values = from_values(self.library, results, function._shape.results, self._instance, raw=raw)
        owners = Owners()
        shared = (bool(use & ResultUse.SHARED) for use in function._uses.results)
        return [owners.claim(value, shared=is_shared) for value, is_shared in zip(values, shared, strict=True)]

    def _failure(self, instance: CData, status: int) -> BaseException:
        """The exception for a failed call."""
        library = self.library
        raised, self._caller.raised = self._caller.raised, None
        if raised is not None:
            return raised  # by the handler of a signal: KeyboardInterrupt and the like
        raised, self._imports.raised = self._imports.raised, None
        if raised is not None and not isinstance(raised, Exception):
            return raised  # KeyboardInterrupt and the like
        error = library.lib.vm_last_error(instance)
        count = min(error.frame_count, library.lib.VM_FRAME_CAPACITY)
        frames = tuple(self._frame(error.frames[k]) for k in range(count))
        failure = error_class(status)(library.text(error.message), frames, error.frame_count - count)
        failure.hint = self._hint(failure.message)
        failure.__cause__ = raised
        return failure

    def _hint(self, message: str) -> str:
        """What to do about a message that by itself says nothing."""
        inline = any(self.library.text(item.name).startswith("hal_inline.") for item in self.library.imports())
        return DROPPED if inline and message.endswith(NULL_SOURCE) else ""

    def _frame(self, frame: CData) -> Frame:
        text = self.library.text
        function = text(frame.function) if frame.function else f"fn_{frame.ordinal}"
        return Frame(text(frame.module), function, frame.offset, text(frame.location) or None)

    def _sweep(self) -> None:
        """Let go of arrays that C no longer uses.

        The others are those the module has stored and those whose memory a result shares.
        """
        if self._retained:
            self._retained[:] = [entry for entry in self._retained if in_use(self.library, entry)]
