"""Calling compiled modules from Python with numpy arrays.

    program = transpile.load("model.vmfb")
    program.mm(a, b)

This folder is copied verbatim into the packages that `transpile build` writes, which work without transpile: it
imports the standard library, numpy and cffi, and itself by relative names.
"""

from __future__ import annotations

from .dtypes import dtype_of, element_type_of
from .errors import VmError, error_class
from .function import Function
from .library import Library, cffi_types, open_described, open_library
from .parameters import Archives
from .program import Program
from .signature import Argument, Declared, python_type
from .values import Ref, Storage, Tensor, VmBuffer, VmList

__all__ = [
    "Archives",
    "Argument",
    "Declared",
    "Function",
    "Library",
    "Program",
    "Ref",
    "Storage",
    "Tensor",
    "VmBuffer",
    "VmError",
    "VmList",
    "cffi_types",
    "dtype_of",
    "element_type_of",
    "error_class",
    "open_described",
    "open_library",
    "python_type",
]
