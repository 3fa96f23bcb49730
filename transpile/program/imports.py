"""Functions a module imports, supplied by Python callables.

A callable gets the arguments as a compiled function would return them, spans as lists of tuples, and returns one
value, a tuple of values or None.  What it raises becomes the status of the call, and comes out of the outermost call
unchanged as that error's cause.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .errors import (
    INVALID_ARGUMENT,
    OUT_OF_RANGE,
    RESOURCE_EXHAUSTED,
    UNIMPLEMENTED,
    UNKNOWN,
    ArgumentMismatch,
    VmError,
)
from .library import CData, Library
from .signature import Convention, parse_convention
from .values import ArrayInUse, Inputs, from_argument

_STATUSES: tuple[tuple[type[BaseException], int], ...] = (
    (NotImplementedError, UNIMPLEMENTED),
    (IndexError, OUT_OF_RANGE),
    (ValueError, INVALID_ARGUMENT),
    (TypeError, INVALID_ARGUMENT),
    (MemoryError, RESOURCE_EXHAUSTED),
)


class Imports:
    """The bindings of one instance's imports."""

    def __init__(
        self, library: Library, callables: Mapping[str, Callable[..., Any]], retained: list[ArrayInUse]
    ) -> None:
        self._library = library
        self._retained = retained
        self._callbacks: list[CData] = []
        self.raised: BaseException | None = None
        """What a callable raised in the current call."""
        wanted = list(library.imports())
        self.table: CData = library.ffi.new("vm_import_binding[]", max(1, len(wanted)))
        unknown = set(callables) - {library.text(item.name) for item in wanted}
        if unknown:
            raise ArgumentMismatch(f"the module does not import {', '.join(sorted(unknown))}")
        for index, item in enumerate(wanted):
            self._bind(index, item, callables.get(library.text(item.name)))

    @property
    def calls_back(self) -> bool:
        """Whether Python functions are among what the module calls."""
        return bool(self._callbacks)

    def _bind(self, index: int, item: CData, function: Callable[..., Any] | None) -> None:
        if function is None:
            return  # the runtime has it, it is optional, or calling it fails with NOT_FOUND
        convention = parse_convention(self._library.text(item.convention))

        def invoke(vm: CData, _: CData, arguments: CData, results: CData) -> int:
            return self._call(function, convention, vm, arguments, results)

        ctype = "vm_status(*)(vm_instance *, void *, const vm_value *, vm_value *)"
        callback = self._library.ffi.callback(ctype, invoke, error=UNKNOWN, onerror=self._note)
        self._callbacks.append(callback)
        self.table[index].invoke = callback

    def _note(self, kind: object, problem: BaseException, trace: object) -> None:
        """The handler of a signal may raise before a callback's own code begins."""
        self.raised = problem

    def _call(
        self, function: Callable[..., Any], convention: Convention, vm: CData, arguments: CData, results: CData
    ) -> int:
        try:
            returned = function(*self._arguments(convention, arguments))
            self._results(convention.results, returned, results)
        except BaseException as problem:  # nothing may propagate through C; the caller raises it again
            self.raised = problem
            return self._failed(vm, problem)
        return 0

    def _arguments(self, convention: Convention, place: CData) -> Iterator[Any]:
        at = 0
        for item in convention.arguments:
            if isinstance(item, str):
                yield from_argument(self._library, place[at], item, self)
                at += 1
                continue
            count, at = place[at].i32, at + 1
            tuples = [
                tuple(
                    from_argument(self._library, place[at + len(item) * k + j], kind, self)
                    for j, kind in enumerate(item)
                )
                for k in range(count)
            ]
            at += count * len(item)
            yield tuples

    def _results(self, kinds: tuple[str, ...], returned: Any, place: CData) -> None:
        values = () if not kinds and returned is None else returned if len(kinds) != 1 else (returned,)
        if not isinstance(values, tuple) or len(values) != len(kinds):
            raise ArgumentMismatch(f"an import must return {len(kinds)} values, got {returned!r}")
        inputs = Inputs(self._library)
        try:
            for index, (kind, value) in enumerate(zip(kinds, values, strict=True)):
                inputs.put(place[index], kind, value)
            for index, kind in enumerate(kinds):
                if kind == "r":
                    self._library.lib.binding_retain(place[index].ref)
        finally:
            self._retained.extend(inputs.release())

    def _failed(self, vm: CData, problem: BaseException) -> int:
        status = UNKNOWN
        if isinstance(problem, VmError):
            status, text = problem.status, problem.message
        else:
            status = next((code for kind, code in _STATUSES if isinstance(problem, kind)), UNKNOWN)
            text = f"{type(problem).__name__}: {problem}"
        new = self._library.ffi.new
        message = new("char[]", text.encode("utf-8", "replace").replace(b"\0", b"?"))
        self._library.lib.vm_raise(vm, status, new("char[]", b"%s"), message)
        return status
