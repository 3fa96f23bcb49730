"""What can be called directly, and the memory in which C finds such a call: `binding_plan` and what it points to."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from .dtypes import bit_count, element_type_of
from .errors import VmError, error_class
from .library import CData
from .signature import Argument, tensor_element_type
from .uses import Passing
from .values import ArrayInUse

if TYPE_CHECKING:
    from .function import Function

COPIED_AT_MOST = 1 << 18
"""Bytes of results that are copied in less time than it takes to make arrays of C's memory."""


class Item(NamedTuple):
    """An argument or a result that is a number, or an array of a declared type."""

    kind: str
    argument: Argument
    element_type: int
    """0 for numbers."""

    @property
    def is_array(self) -> bool:
        """Whether it is an array, and not a number."""
        return self.kind == "r"

    @property
    def sizes(self) -> tuple[int | None, ...]:
        """Of the dimensions of an array, None for an open one."""
        return tuple(size if isinstance(size, int) else None for size in self.argument.shape or ())

    @property
    def open(self) -> list[int]:
        """The dimensions that are open."""
        return [axis for axis, size in enumerate(self.sizes) if size is None]

    @property
    def bytes(self) -> int:
        """That an array takes; open dimensions count as 0."""
        assert self.argument.dtype is not None
        return math.prod(size or 0 for size in self.sizes) * self.argument.dtype.itemsize


class Direct(NamedTuple):
    """A function that can be called directly."""

    arguments: tuple[Item, ...]
    results: tuple[Item, ...]

    @property
    def copies(self) -> bool:
        """Whether results are copied to arrays that are made before the call."""
        arrays = [item for item in self.results if item.is_array]
        return not any(item.open for item in arrays) and sum(item.bytes for item in arrays) <= COPIED_AT_MOST


def direct_of(function: Function) -> Direct | None:
    """How a function is called directly; None where it takes, keeps or returns what it takes more to pass."""
    shape = function._shape
    for kind, passing in zip(shape.kinds, function._passings, strict=False):
        if kind == "r" and passing is not Passing.SHOWN:
            return None
    arguments = [_item(*one) for one in zip(shape.kinds, shape.types, shape.inputs, strict=True)]
    results = [_item(*one) for one in zip(shape.results, shape.result_types, shape.outputs, strict=True)]
    taken = tuple(item for item in arguments if item is not None)
    given = tuple(item for item in results if item is not None)
    return Direct(taken, given) if len(taken) == len(arguments) and len(given) == len(results) else None


def _item(kind: str, mlir: str, argument: Argument) -> Item | None:
    if kind != "r":
        return Item(kind, argument, 0)
    element_type = tensor_element_type(mlir)
    if element_type is None or argument.dtype is None or bit_count(element_type) % 8:
        return None
    try:
        element_type_of(argument.dtype)
    except VmError:
        return None  # no such array can be passed
    return Item(kind, argument, element_type)


class Memory:
    """A plan and what it points to, for one call at a time."""

    def __init__(self, function: Function, direct: Direct) -> None:
        self._library = library = function._program.library
        new = library.ffi.new
        self.values = new("vm_value[]", max(1, function._total))
        self.returned = new("vm_value[]", max(1, len(direct.results)))
        self._views: list[CData] = []
        self.owners: list[CData] = []
        self.arguments = new("binding_tensor[]", [self._argument(*one) for one in _arrays(direct.arguments)] or 1)
        self._dims: list[CData] = []
        self.results = new("binding_tensor[]", [self._result(*one) for one in _arrays(direct.results)] or 1)
        counts = (len(_arrays(direct.arguments)), len(_arrays(direct.results)))
        self.data = new("void *[]", max(1, sum(counts)))
        program = function._program
        self.plan = new("binding_plan *", {
            "vm": program._instance, "function": function._export, "watch": program._caller.watch,
            "argument_count": counts[0], "result_count": counts[1], "arguments": self.arguments,
            "results": self.results, "data": self.data, "values": self.values, "returned": self.returned,
            "most": COPIED_AT_MOST,
        })  # fmt: skip

    def _argument(self, place: int, item: Item) -> dict[str, Any]:
        """A view that has no memory yet; its dimensions can be written."""
        ffi, lib = self._library.ffi, self._library.lib
        owner, slot, dtype = self._library.new_owner(), ffi.new("vm_object **"), item.argument.dtype
        assert dtype is not None
        dims = ffi.new("int64_t[]", [size or 0 for size in item.sizes])
        fields = {"length": item.bytes, "element_type": element_type_of(dtype), "rank": len(item.sizes), "dims": dims}
        view = ffi.new("binding_view *", fields)
        status = lib.binding_wrap(view, owner, slot)
        if status:
            raise error_class(status)("an argument could not be passed")
        self._views.append(self._library.adopt(slot[0]))
        self.owners.append(owner)
        lib.binding_read(slot[0], view)
        self.values[place].ref = slot[0]
        return {
            "place": place, "element_type": view.element_type, "alignment": dtype.alignment, "rank": view.rank,
            "dims": ffi.cast("int64_t *", view.dims), "view": slot[0], "owner": owner,
        }  # fmt: skip

    def _result(self, place: int, item: Item) -> dict[str, Any]:
        sizes = [-1 if size is None else size for size in item.sizes]
        declared, dims = (self._library.ffi.new("int64_t[]", sizes or 1) for _ in range(2))
        self._dims += [declared, dims]
        known = {"place": place, "element_type": item.element_type, "rank": len(sizes)}
        return {**known, "declared": declared, "dims": dims}

    def kept(self, arrays: list[Any]) -> list[ArrayInUse]:
        """The arrays of the last call, with the objects that say whether C still uses them."""
        return list(zip(self.owners, arrays, strict=True))

    def number(self, place: int) -> CData:
        """Where an argument that is a number goes."""
        return self.values + place

    def result(self, place: int) -> CData:
        """Where a result that is a number comes from."""
        return self.returned + place


def _arrays(items: tuple[Item, ...]) -> list[tuple[int, Item]]:
    return [(place, item) for place, item in enumerate(items) if item.is_array]
