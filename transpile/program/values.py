"""Python values to VM values and back.

An array that the program only reads is not copied on the way in when it is C-contiguous and aligned: C reads the
array's own memory through an object that stands for the array (`Library.new_owner`), and cannot write there.  What the
program may write or keep is copied first (`uses.Passing`).  Arrays on the way out show C's memory and keep it alive;
what the program has kept, or somebody else sees as well, is a copy.
"""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .dtypes import byte_count, dtype_of, element_type_of
from .errors import OUT_OF_RANGE, ArgumentMismatch, error_class
from .library import CData, Library
from .signature import tensor_element_type
from .uses import Passing

ArrayInUse = tuple[CData, NDArray[Any]]
"""An array and the object C holds in its place."""

_WIDTHS = {"i": 32, "I": 64}
FIELDS = {"i": "i32", "I": "i64", "f": "f32", "F": "f64", "r": "ref"}
_VARIANT_KINDS = {"i8": "i", "i16": "i", "i32": "i", "i64": "I", "f32": "f", "f64": "F"}
F32_LIMIT = float.fromhex("0x1.ffffffp+127")  # from here on a double rounds to an infinite float


class Ref:
    """An object of the module that Python cannot look into; pass it back to the program it came from."""

    def __init__(self, library: Library, handle: CData, keep: object) -> None:
        self._library = library
        self._handle = handle
        self._keep = keep

    @property
    def type_name(self) -> str:
        """The type's name, such as "!hal.fence"."""
        return self._library.text(self._handle.type.name)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.type_name}>"


class VmBuffer:
    """A `!vm.buffer`: plain bytes.  `numpy.asarray` shows them, `bytes` copies them."""

    def __init__(self, data: bytes | bytearray | memoryview | NDArray[Any]) -> None:
        if isinstance(data, np.ma.MaskedArray):
            _refuse_masked(data)
        array = np.ascontiguousarray(data) if isinstance(data, np.ndarray) else np.frombuffer(data, np.uint8)
        self._array: NDArray[np.uint8] = array.reshape(-1).view(np.uint8)
        self._ref: Ref | None = None

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        array = self._array if dtype is None else self._array.astype(dtype)
        return array.copy() if copy else array

    def __bytes__(self) -> bytes:
        return self._array.tobytes()

    def __len__(self) -> int:
        return self._array.size

    def __repr__(self) -> str:
        return f"<VmBuffer of {len(self)} bytes>"


class VmList(Sequence[Any]):
    """A `!vm.list`: of Python values on the way in, of the module's on the way out.

    Arrays in one of the module's are copied when they are taken out of it.
    """

    def __init__(self, values: Iterable[Any] = ()) -> None:
        self._values = list(values)
        self._ref: Ref | None = None
        self._is_shared = False

    def __len__(self) -> int:
        if self._ref is None:
            return len(self._values)
        library = self._ref._library
        return int(library.lib.vm_list_count(library.ffi.cast("vm_list *", self._ref._handle)))

    def __getitem__(self, index: Any) -> Any:
        if self._ref is None:
            return self._values[index]
        if isinstance(index, slice):
            return [self[k] for k in range(*index.indices(len(self)))]
        position = range(len(self))[index]
        ffi, lib = self._ref._library.ffi, self._ref._library.lib
        variant = ffi.new("vm_variant *")
        lib.vm_list_at(ffi.cast("vm_list *", self._ref._handle), position, variant)
        found = _from_variant(self._ref._library, variant, self._ref._keep)
        return _own(found) if self._is_shared or not isinstance(found, VmBuffer) else found

    def __iter__(self) -> Iterator[Any]:
        return (self[k] for k in range(len(self)))

    def __repr__(self) -> str:
        return f"VmList({list(self)!r})"


class Tensor:
    """A buffer view as it is: bytes, element type and shape, for the types that numpy has not or has only once."""

    def __init__(self, data: NDArray[np.uint8], element_type: int, shape: tuple[int, ...]) -> None:
        self.data = data
        self.element_type = element_type
        self.shape = shape


class Storage:
    """An array to be passed as the bare `!hal.buffer` some functions take, for a result to be written into.

    It is passed as it is, never as a copy.
    """

    def __init__(self, array: NDArray[Any]) -> None:
        self.array = array


class Inputs:
    """Values on their way into C: the references made for one call and the arrays behind them."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._handles: list[CData] = []
        self._arrays: list[ArrayInUse] = []

    def put(self, place: CData, kind: str, value: Any, mlir: str = "", passing: Passing = Passing.COPIED) -> None:
        """Write a value of the given kind into a `vm_value`."""
        if kind == "r":
            place.ref = self.ref(value, mlir, passing)
        elif kind in _WIDTHS:
            setattr(place, FIELDS[kind], _integer(value, _WIDTHS[kind]))
        else:
            setattr(place, FIELDS[kind], _real(value, kind))

    def ref(self, value: Any, mlir: str, passing: Passing) -> CData:
        """A reference, borrowed from this object, for a Python value.

        An object of the module is passed as itself, whatever `passing` says.
        """
        if value is None:
            return self._library.ffi.NULL
        if isinstance(value, (Ref, VmBuffer, VmList)) and (known := self._known(value)) is not None:
            return known
        if isinstance(value, VmList) or (mlir.startswith("!vm.list") and isinstance(value, (list, tuple))):
            return self._list(value, passing)
        if isinstance(value, VmBuffer):
            return self._buffer(value, passing)
        if mlir.startswith("!vm.buffer") or _is_bytes(value, mlir):
            return self._buffer(_as_buffer(value), passing)
        if isinstance(value, Storage):
            return self._view(value.array, 0, (), Passing.DONATED)
        if isinstance(value, Tensor):
            return self._view(value.data, value.element_type, value.shape, passing)
        array = as_array(value, tensor_element_type(mlir))
        element_type = element_type_of(array.dtype)  # also where nobody asks for it: objects are no bytes
        if mlir == "!hal.buffer":
            return self._view(array, 0, (), passing)
        return self._view(array, element_type, array.shape, passing)

    def release(self) -> list[ArrayInUse]:
        """Give the references back; returns the arrays that C still uses, with the objects that say so."""
        for handle in self._handles:
            self._library.ffi.release(handle)
        self._handles.clear()
        return [entry for entry in self._arrays if in_use(self._library, entry)]

    def _known(self, value: Ref | VmBuffer | VmList) -> CData | None:
        ref = value if isinstance(value, Ref) else value._ref
        if ref is None or ref._library is not self._library:
            if isinstance(value, VmBuffer) or ref is None:
                return None  # bytes can be passed to any module, lists of Python values too
            raise ArgumentMismatch(f"{value!r} belongs to another program")
        return ref._handle

    def _new(self, make: Any, ctype: str) -> CData:
        ffi = self._library.ffi
        slot = ffi.new(f"{ctype} **")
        status = make(slot)
        if status:
            raise error_class(status)("an argument could not be passed")
        handle = self._library.adopt(slot[0])
        self._handles.append(handle)
        return handle

    def _pass(self, array: NDArray[Any], passing: Passing) -> tuple[CData, CData, int]:
        """(owner, address, access) of an array, or of its copy, that stays alive as long as C holds the owner."""
        if passing is Passing.COPIED:
            array = array.copy()
        elif passing is Passing.DONATED and not array.flags.writeable:
            raise ArgumentMismatch("an array that is donated must be writable")
        owner = self._library.new_owner()
        self._arrays.append((owner, array))
        access = 0 if passing is Passing.SHOWN else self._library.lib.VM_ACCESS_MUTABLE
        return owner, self._library.ffi.cast("uint8_t *", array.ctypes.data), access

    def _buffer(self, value: VmBuffer, passing: Passing) -> CData:
        lib, length = self._library.lib, len(value)
        owner, data, access = self._pass(value._array, passing)
        arguments = (self._library.allocator, data, length, access, owner)
        return self._new(lambda slot: lib.vm_buffer_wrap(*arguments, slot), "vm_buffer")

    def _view(self, array: NDArray[Any], element_type: int, shape: tuple[int, ...], passing: Passing) -> CData:
        """A buffer view; a bare buffer for element type 0."""
        ffi, lib = self._library.ffi, self._library.lib
        owner, data, access = self._pass(array, passing)
        dims = ffi.new("int64_t[]", shape)
        fields = {"data": data, "length": array.nbytes, "access": access, "element_type": element_type,
                  "rank": len(shape), "dims": dims}  # fmt: skip
        view = ffi.new("binding_view *", fields)
        return self._new(lambda slot: lib.binding_wrap(view, owner, slot), "vm_object")

    def _list(self, values: Iterable[Any], passing: Passing) -> CData:
        lib, library = self._library.lib, self._library
        items = list(values)
        make = lib.vm_list_create
        handle = self._new(lambda slot: make(library.allocator, library.opaque_type, len(items), slot), "vm_list")
        for item in items:
            status = lib.binding_append(library.ffi.cast("vm_list *", handle), self._variant(item, passing))
            if status:
                raise error_class(status)(f"{item!r} cannot be put into a list")
        return handle

    def _variant(self, value: Any, passing: Passing) -> CData:
        """A value with the type that Python's type suggests: i64, f64 or an object."""
        variant = self._library.ffi.new("vm_variant *")
        if isinstance(value, (bool, int, np.integer, np.bool_)):
            variant.type = self._library.i64_type
            self.put(variant.value, "I", value)
        elif isinstance(value, (float, np.floating)):
            variant.type = self._library.f64_type
            self.put(variant.value, "F", value)
        elif value is not None:
            item = VmList(value) if isinstance(value, (list, tuple)) else value
            variant.value.ref = self.ref(item, "", passing)
            variant.type = variant.value.ref.type
        return variant


def in_use(library: Library, entry: ArrayInUse) -> bool:
    """Whether C still holds the object that stands for an array."""
    return bool(library.lib.binding_references(entry[0]) > 1)


def as_array(value: Any, element_type: int | None = None) -> NDArray[Any]:
    """The array C will read: the value itself if it can be read in place.

    Arrays keep their own element type (the module checks it), as does what exports its memory by DLPack or the buffer
    protocol; other values take the declared one.
    """
    array = _exported(value)
    if array is None:
        _refuse_masked_elements(value)
        try:
            array = np.asarray(value, None if element_type is None else dtype_of(element_type))
        except (TypeError, ValueError) as problem:
            raise ArgumentMismatch(f"expected an array, got {value!r}: {problem}") from None
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    return np.require(array, requirements=["C", "A"])


def _exported(value: Any) -> NDArray[Any] | None:
    """The array a value is, or shows by one of the protocols; None if it has none of them."""
    if isinstance(value, np.ma.MaskedArray):
        _refuse_masked(value)
    if hasattr(value, "isna"):
        _refuse_missing(value)
    if isinstance(value, np.ndarray) or hasattr(value, "__array__"):
        return np.asarray(value)
    if hasattr(value, "__dlpack__"):
        try:
            return np.from_dlpack(value)
        except (BufferError, RuntimeError, TypeError, ValueError) as problem:
            raise ArgumentMismatch(f"{type(value).__name__} cannot be read through DLPack: {problem}") from None
    try:
        memory = memoryview(value)
    except TypeError:
        return None
    return np.asarray(memory)


def _refuse_masked(array: NDArray[Any]) -> None:
    """An element behind a mask has a value in memory that its owner does not mean."""
    if np.ma.is_masked(array):
        raise ArgumentMismatch("an array with masked elements has no values for them: pass array.filled(value)")


def _refuse_masked_elements(value: Any) -> None:
    """The same for arrays inside of lists, whose masks numpy drops."""
    work = [value]
    while work:
        one = work.pop()
        if isinstance(one, np.ma.MaskedArray):
            _refuse_masked(one)
        elif isinstance(one, (list, tuple)):
            work += [item for item in one if isinstance(item, (list, tuple, np.ma.MaskedArray))]


def _refuse_missing(value: Any) -> None:
    """`pandas.NA` is no value either, and becomes one (NaN, or an object) on the way to numpy."""
    missing = getattr(sys.modules.get("pandas"), "NA", None)
    dtypes = getattr(value, "dtypes", None)
    columns = list(dtypes) if isinstance(dtypes, Iterable) else [getattr(value, "dtype", None)]
    if missing is None or not any(getattr(dtype, "na_value", None) is missing for dtype in columns):
        return
    if np.any(np.asarray(value.isna())):
        kind = type(value).__name__
        raise ArgumentMismatch(f"a {kind} with missing values (pandas.NA) has no values for them: pass fillna(value)")


def _is_bytes(value: Any, mlir: str) -> bool:
    """Whether a value is plain bytes and no array: it has no other elements, and no tensor is declared."""
    if tensor_element_type(mlir) is not None:
        return False
    plain = isinstance(value, memoryview) and value.format == "B" and value.ndim == 1
    return plain or isinstance(value, (bytes, bytearray))


def from_values(library: Library, values: CData, kinds: Sequence[str], keep: object, *, raw: bool = False) -> list[Any]:
    """Python values for results; takes over their references, all of them before anything can fail.

    With `raw`, buffer views become `Tensor`s instead of arrays.
    """
    convert = _each_once(_as_tensor if raw else from_ref)
    taken = [
        library.adopt(values[k].ref, keep) if kind == "r" and values[k].ref else None for k, kind in enumerate(kinds)
    ]
    return [
        getattr(values[k], FIELDS[kind]) if kind != "r" else None if ref is None else convert(library, ref, keep)
        for k, (kind, ref) in enumerate(zip(kinds, taken, strict=True))
    ]


def _each_once(convert: Callable[..., Any]) -> Callable[..., Any]:
    """The same, but for one buffer of the module that there are several references to one value."""
    found: dict[CData, VmBuffer] = {}

    def once(library: Library, ref: CData, keep: object) -> Any:
        if ref in found:
            return found[ref]
        value = convert(library, ref, keep)
        if isinstance(value, VmBuffer):
            found[ref] = value
        return value

    return once


class Owners:
    """Sees to it that each result of a call is nobody else's memory."""

    def __init__(self) -> None:
        self._taken: list[tuple[int, int]] = []
        self._buffers: set[int] = set()  # one that is a result twice is one object

    def claim(self, result: Any, *, shared: bool) -> Any:
        """The result, or a copy of it where the module or another result has its memory too."""
        if isinstance(result, VmList):
            result._is_shared = shared
            return result
        array = _memory(result)
        if array is None or (isinstance(result, VmBuffer) and id(result) in self._buffers and not shared):
            return result
        if isinstance(result, VmBuffer):
            self._buffers.add(id(result))
        start, end = _extent(array)
        if shared or any(start < other_end and other_start < end for other_start, other_end in self._taken):
            return _own(result)
        self._taken.append((start, end))
        return result


def _memory(value: Any) -> NDArray[Any] | None:
    """The bytes of a value that has any."""
    if isinstance(value, VmBuffer):
        return value._array
    if isinstance(value, Tensor):
        return value.data
    return value if isinstance(value, np.ndarray) else None


def _extent(array: NDArray[Any]) -> tuple[int, int]:
    start = array.ctypes.data
    return start, start + array.nbytes


def _own(value: Any) -> Any:
    """The same value in memory of its own.

    A buffer still stands for the module's object when it is passed back, so its bytes here are not to be changed.
    """
    if isinstance(value, Tensor):
        return Tensor(value.data.copy(), value.element_type, value.shape)
    if isinstance(value, VmBuffer):
        value._array = value._array.copy()
        value._array.flags.writeable = value._ref is None
        return value
    return value.copy() if isinstance(value, np.ndarray) else value


def from_argument(library: Library, value: CData, kind: str, keep: object) -> Any:
    """A Python value for an argument of an import; its reference stays the caller's."""
    if kind != "r":
        return getattr(value, FIELDS[kind])
    return from_ref(library, library.retain(value.ref, keep), keep) if value.ref else None


def from_ref(library: Library, handle: CData, keep: object) -> Any:
    """A Python value for an object; `keep` is what must live as long as the objects it leads to."""
    if handle.type == library.buffer_type:
        buffer = library.ffi.cast("vm_buffer *", handle)
        writable = bool(buffer.access & library.lib.VM_ACCESS_MUTABLE)
        array = _show(library, handle, buffer.data, buffer.length, writable)
        wrapped = VmBuffer(array)
        wrapped._ref = Ref(library, handle, keep)
        return wrapped
    if handle.type == library.list_type:
        items = VmList()
        items._ref = Ref(library, handle, keep)
        return items
    tensor = _as_tensor(library, handle, keep)
    if not isinstance(tensor, Tensor) or tensor.element_type & 7:
        return tensor.data if isinstance(tensor, Tensor) else tensor  # packed elements appear as bytes
    dtype = dtype_of(tensor.element_type)
    return tensor.data.view(dtype).reshape(tensor.shape)


def _as_tensor(library: Library, handle: CData, keep: object) -> Any:
    if handle.type in (library.buffer_type, library.list_type):
        return from_ref(library, handle, keep)
    view = library.ffi.new("binding_view *")
    if library.lib.binding_read(handle, view) or view.element_type == 0:
        return Ref(library, handle, keep)
    shape = tuple(view.dims[0 : view.rank])
    length = byte_count(view.element_type, math.prod(shape))
    if length > view.length:  # a view may claim more than its buffer has
        raise error_class(OUT_OF_RANGE)(f"result of shape {shape} needs {length} bytes, its buffer has {view.length}")
    return Tensor(_show(library, handle, view.data, length, writable=True), view.element_type, shape)


def _from_variant(library: Library, variant: CData, keep: object) -> Any:
    if variant.type == library.ffi.NULL:
        return None
    kind = _VARIANT_KINDS.get(library.text(variant.type.name), "r")
    if kind == "r" and variant.value.ref:
        return from_ref(library, library.retain(variant.value.ref, keep), keep)
    return None if kind == "r" else getattr(variant.value, FIELDS[kind])


def _show(library: Library, handle: CData, data: CData, length: int, writable: bool) -> NDArray[np.uint8]:
    """C's memory as an array that keeps `handle` alive."""
    if length == 0:
        return np.empty(0, np.uint8)
    memory = library.ffi.gc(data, lambda _, kept=handle: None)
    array = np.frombuffer(library.ffi.buffer(memory, length), np.uint8)
    array.flags.writeable = writable
    return array


def _as_buffer(value: Any) -> VmBuffer:
    try:
        return VmBuffer(value)
    except (TypeError, ValueError, AttributeError) as problem:
        raise ArgumentMismatch(f"expected bytes, got {value!r}: {problem}") from None


def _integer(value: Any, bits: int) -> int:
    """An integer of so many bits, signed or unsigned, as the signed number with the same bits."""
    try:
        number = operator.index(value)
    except TypeError:
        raise ArgumentMismatch(f"expected an integer, got {value!r}") from None
    if not -(1 << (bits - 1)) <= number < 1 << bits:
        raise ArgumentMismatch(f"{number} does not fit in {bits} bits")
    return number - (1 << bits) if number >= 1 << (bits - 1) else number


def _real(value: Any, kind: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ArgumentMismatch(f"expected a number, got {value!r}") from None
    except OverflowError:
        raise ArgumentMismatch(f"{value} does not fit in a float") from None
    if kind == "f" and F32_LIMIT <= abs(number) < math.inf:
        raise ArgumentMismatch(f"{number} does not fit in an f32")
    return number
