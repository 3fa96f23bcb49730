"""Headers for cffi."""

from __future__ import annotations

import cffi
import pytest

from transpile.native.cdef import header_cdef, runtime_cdef


def test_the_runtimes_headers_can_be_read() -> None:
    ffi = cffi.FFI()
    ffi.cdef(runtime_cdef())
    assert ffi.sizeof("vm_value") == 8
    assert ffi.typeof("vm_error").fields


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("int a; /* int b; */ // int c;\n", "int a;"),
        ('#ifdef __cplusplus\nextern "C" {\n#endif\nint a;\n#ifdef __cplusplus\n}\n#endif\n', "int a;"),
        ("VM_INLINE int f(int x) { if (x) { return 1; } return 0; }\nint a;\n", "int a;"),
        ("static inline int f(void) { return 0; }\nint a;\n", "int a;"),
        ("VM_COLD int f(const char* t, ...) __attribute__((format(printf, 1, 2)));\n", "int f(const char* t, ...);"),
        ("#define X \\\n  1\nint a;\n", "int a;"),
        ("extern const int a;\n", "extern int a;"),
        ("#if A\nint a;\n#endif\n", "int a;"),
    ],
)
def test_what_cffi_cannot_read_is_taken_out(header: str, expected: str) -> None:
    assert "".join(header_cdef(header).split()) == "".join(expected.split())
