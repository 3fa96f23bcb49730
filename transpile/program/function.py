"""An export as a Python function."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from .direct import direct_call
from .errors import ArgumentMismatch
from .library import CData
from .outputs import fill, packed, targets_of
from .plans import direct_of
from .shown import function_html
from .signature import OUT, Argument, Declared, described, shape_of
from .uses import Passing, parse_uses

if TYPE_CHECKING:
    from .program import Program


class Function:
    """One export.  Takes numpy arrays and numbers, by position or by name, and returns the same.

    `out=`, an array or a tuple of one a result, is where results are written: arrays of just their types and shapes,
    writable and C-contiguous.  They are returned, and are as they were where the call fails.
    """

    def __init__(self, program: Program, export: CData, declared: Declared | None) -> None:
        library = program.library
        self._program = program
        self._export = export
        self.convention = library.text(export.convention)
        self.attributes: Mapping[str, str] = MappingProxyType(
            {
                library.text(export.attributes[k].key): library.text(export.attributes[k].value)
                for k in range(export.attribute_count)
            }
        )
        self._shape = shape_of(self.convention, declared)
        self._total = len(self._shape.kinds) + self._shape.fences
        self._uses = parse_uses(library.text(export.uses), self._total, len(self._shape.results))
        self._passings = self._uses.passings()
        self._is_new = True
        self.__name__ = self.__qualname__ = library.text(export.name)
        self.__signature__ = self._shape.signature()
        text = declared.text if declared and declared.text else f"Calling convention {self.convention}."
        self.__doc__ = described(text, self._shape.copied(library.text(export.uses), self._shape.names))

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Program, str, tuple[int, ...]]]:
        donated = tuple(k for k, passing in enumerate(self._passings) if passing is Passing.DONATED)
        return _function_of, (self._program, self.__name__, donated)

    def __repr__(self) -> str:
        parameters = [one for one in self.__signature__.parameters.values() if one.name != OUT]
        return f"<function {self.__name__}{self.__signature__.replace(parameters=parameters)}>"

    def _repr_html_(self) -> str:
        return function_html(self)

    def __call__(self, *arguments: Any, out: Any = None, **named: Any) -> Any:
        if not self._is_new:
            return self._general(arguments, out, named)
        self._is_new = False
        self._specialise()
        return self(*arguments, out=out, **named)

    def _specialise(self) -> None:
        """Where it can be called directly, get a class of its own: a call looks for `__call__` there."""
        direct = direct_of(self)
        if direct is not None:
            body = {"__call__": direct_call(self, direct), "__doc__": self.__class__.__doc__, "__module__": __name__}
            self.__class__ = type("Function", (Function,), body)

    def _general(self, arguments: tuple[Any, ...], out: Any, named: Mapping[str, Any]) -> Any:
        """Call with whatever stands for the arguments."""
        if named:
            arguments = self._positional(arguments, named)
        self._check_count(arguments)
        targets = None if out is None else targets_of(self, out)
        values = self._program._invoke(self, arguments, raw=False)
        if targets is None:
            return packed(values)
        fill(self, targets, values)
        return packed(targets)

    def call_raw(self, arguments: Sequence[Any]) -> list[Any]:
        """Call with exactly these arguments; results that are tensors are `Tensor`s, with their exact element type."""
        self._check_count(arguments)
        return self._program._invoke(self, tuple(arguments), raw=True)

    def map(self, *arguments: Any, max_workers: int | None = None, **named: Any) -> Any:
        """Call on each element along the first axis of the arguments, on all cores; results are stacked in that order.

        An array has one dimension more than the function takes, or as many: then it is cut along its first axis into
        batches of the size that the function takes (1 where that is open), and results are joined along theirs.
        Numbers may be shared by all elements.  Each of `max_workers` threads (default: one a core) calls an instance
        of its own, new and with one thread, so what a function keeps from call to call depends on which elements the
        worker has had before.  The error of the first element that fails says which one it is.
        """
        from .mapping import map_function  # threads take a while to import

        if named:
            arguments = self._positional(arguments, named)
        self._check_count(arguments)
        return map_function(self, arguments, max_workers)

    def donate(self, *arguments: int | str) -> Function:
        """The same function, to which these arguments (by position or name) give their memory away.

        By default an argument that the program may write, keep or return is copied first.  A donated one is not: what
        it holds after the call is undefined, and results or the program's state may be of its memory.  It must be
        writable; one that is not C-contiguous is copied all the same.
        """
        passings = list(self._passings)
        for argument in arguments:
            passings[self._position(argument)] = Passing.DONATED
        other = object.__new__(Function)  # copy.copy would find the shared one again, by __reduce__
        other.__dict__.update(self.__dict__, _passings=tuple(passings), _is_new=True)
        return other

    def _position(self, argument: int | str) -> int:
        names = self._shape.names
        if argument in names:
            return names.index(str(argument))
        if isinstance(argument, int) and 0 <= argument < len(self._shape.kinds):
            return argument
        raise ArgumentMismatch(f"{self.__name__} has no argument {argument!r}; its arguments are {', '.join(names)}")

    def _check_count(self, arguments: Sequence[Any]) -> None:
        expected = len(self._shape.kinds)
        if len(arguments) != expected:
            raise ArgumentMismatch(
                f"input list and function mismatch; expected {expected} arguments but passed {len(arguments)}"
            )

    @property
    def inputs(self) -> tuple[Argument, ...]:
        """Name, numpy type and shape of each parameter; a dynamic dimension is a name or None."""
        return self._shape.inputs

    @property
    def outputs(self) -> tuple[Argument, ...]:
        """Likewise of each result."""
        return self._shape.outputs

    @property
    def takes_out(self) -> bool:
        """Whether results can be written to arrays of the caller, by `out=`: all of them are arrays."""
        return self._shape.takes_out

    @property
    def kinds(self) -> tuple[str, ...]:
        """The parameters' kinds, as letters of the calling convention."""
        return self._shape.kinds

    @property
    def result_kinds(self) -> tuple[str, ...]:
        """The results' kinds."""
        return self._shape.results

    def _positional(self, arguments: tuple[Any, ...], named: Mapping[str, Any]) -> tuple[Any, ...]:
        try:
            return self.__signature__.bind(*arguments, **named).args
        except TypeError as problem:
            raise ArgumentMismatch(str(problem)) from None


def _function_of(program: Program, name: str, donated: tuple[int, ...]) -> Function:
    """What a pickled function becomes."""
    return program[name].donate(*donated) if donated else program[name]
