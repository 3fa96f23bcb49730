"""An open shared library: the runtime's functions and the description of the one module in it."""

from __future__ import annotations

import functools
import io
import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

_CTYPES = (
    "char[]",
    "int32_t *",
    "int64_t *",
    "int64_t[]",
    "io_parameters *",
    "io_scope[]",
    "uint64_t[]",
    "uint8_t *",
    "binding_plan *",
    "binding_tensor[]",
    "binding_view *",
    "binding_watch *",
    "void(*)(binding_watch *)",
    "vm_buffer *",
    "vm_buffer **",
    "vm_constants *",
    "vm_import_binding[]",
    "vm_instance **",
    "vm_list *",
    "vm_list **",
    "vm_object *",
    "vm_object **",
    "vm_options *",
    "vm_type *",
    "vm_value[]",
    "vm_variant *",
    "void *[]",
    "vm_status(*)(vm_instance *)",
    "vm_status(*)(vm_instance *, void *, const vm_value *, vm_value *)",
)

CData = Any
"""A C value; cffi has no static types."""

_open: dict[tuple[str, str], Library] = {}


class Library:
    """A library that stays open as long as the process: objects of its module may live anywhere."""

    def __init__(self, path: str, ffi: Any, prefix: str) -> None:
        self.path = path
        self.ffi = ffi
        self.lib = self.ffi.dlopen(path)
        self._resolve()
        self.module: CData = self.ffi.addressof(self.lib, f"{prefix}_module")
        self.allocator: CData = self.ffi.addressof(self.lib, "vm_system_allocator")
        self.constants = self._map_constants()
        self.buffer_type = self.type("vm_type_buffer")
        self.list_type = self.type("vm_type_list")
        self.opaque_type = self.type("vm_type_opaque")
        self.i64_type = self.type("vm_type_i64")
        self.f64_type = self.type("vm_type_f64")
        self._owner_name = self.ffi.new("char[]", b"numpy.ndarray")
        self._owner_type = self.ffi.new("vm_type *", {"name": self._owner_name, "kind": self.lib.VM_TYPE_REF})

    def _resolve(self) -> None:
        """Look up every name and type now.

        cffi parses types and finds symbols on first use.  A garbage collection at that moment may run finalisers, and
        ours call C: they would ask it for others in the middle of that.
        """
        for name in _CTYPES:
            self.ffi.typeof(name)
        for name in dir(self.lib):
            with suppress(AttributeError, NotImplementedError):  # declared, but not in this library
                getattr(self.lib, name)

    def _map_constants(self) -> CData | None:
        """The file of constants beside the library, mapped; None if the module keeps none in a file."""
        segments = (self.module.rodata[k] for k in range(self.module.rodata_count))
        if not any(segment.length and not segment.data for segment in segments):
            return None
        file = os.path.splitext(self.path)[0] + ".rodata"
        constants = self.ffi.new("vm_constants *")
        status = self.lib.vm_constants_open(os.fsencode(file), constants)
        if status:
            raise FileNotFoundError(f"the module's constants are in {file}, which cannot be read")
        return constants

    def __repr__(self) -> str:
        return f"<Library {self.path}>"

    def sizes(self) -> dict[str, int]:
        """Bytes of what a program is made of."""
        constants = sum(int(self.module.rodata[k].length) for k in range(self.module.rodata_count))
        return {"constants": constants, "library": os.path.getsize(self.path)}

    def type(self, name: str) -> CData:
        """The address of a type descriptor, which is the type's identity."""
        return self.ffi.addressof(self.lib, name)

    def text(self, pointer: CData) -> str:
        """A C string, "" for NULL."""
        return self.ffi.string(pointer).decode("utf-8", "backslashreplace") if pointer else ""

    def exports(self) -> Iterator[CData]:
        """The module's exported functions."""
        return (self.module.exports + index for index in range(self.module.export_count))

    def imports(self) -> Iterator[CData]:
        """The functions the module wants from its embedder."""
        return (self.module.imports + index for index in range(self.module.import_count))

    def new_owner(self) -> CData:
        """An object for C to retain in place of a numpy array.

        It is born with one reference that is never given back, so C never destroys it, and a count above one says
        that C still uses the array.
        """
        value = {"type": self._owner_type, "allocator": self.allocator, "references": 1}
        return self.ffi.new("vm_object *", value)

    def retain(self, ref: CData, keep: object = None) -> CData:
        """Take one more reference, given back when the result is no longer used from Python."""
        self.lib.binding_retain(ref)
        return self.adopt(ref, keep)

    def adopt(self, ref: CData, keep: object = None) -> CData:
        """Take over one reference, given back when the result is no longer used from Python; `keep` outlives it."""
        release = self.lib.binding_release
        # The destructor holds `keep`, so it is there for as long as releasing takes.
        destructor = release if keep is None else lambda owned, kept=keep: release(owned)
        return self.ffi.gc(self.ffi.cast("vm_object *", ref), destructor)


def open_library(path: str | os.PathLike[str], cdef: str, prefix: str) -> Library:
    """Open a library, or find it open already; `cdef` declares its runtime, in C."""
    return open_described(path, cffi_types(cdef, prefix), prefix)


def open_described(path: str | os.PathLike[str], types: str, prefix: str) -> Library:
    """The same with what `cffi_types` makes of the declarations."""
    key = (os.path.realpath(path), prefix)
    if key not in _open:
        _open[key] = Library(key[0], _ffi(types), prefix)
    return _open[key]


@functools.lru_cache(maxsize=32)
def cffi_types(cdef: str, prefix: str) -> str:
    """Declarations of C and of a module's description as cffi keeps them: Python that is quick to run, where parsing C
    takes longer than all else that opening a library does."""
    import cffi
    from cffi.recompiler import Recompiler

    ffi = cffi.FFI()
    ffi.cdef(f"{cdef}\nextern vm_module {prefix}_module;")
    written, text = Recompiler(ffi, "types", target_is_python=True), io.StringIO()
    written.collect_type_table()
    written.collect_step_tables()
    written.write_source_to_f(text, None)
    return text.getvalue()


@functools.lru_cache(maxsize=32)
def _ffi(types: str) -> Any:
    names: dict[str, Any] = {}
    exec(types, names)
    return names["ffi"]
