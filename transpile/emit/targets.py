"""For which target an executable is: by the name of its format, or by the first bytes of what is in it."""

from __future__ import annotations

from typing import Final

VMVX: Final = "vmvx-bytecode-fb"
UNKNOWN: Final = "unknown"
_BY_NAME = {
    "vmvx": "vmvx",
    "embedded": "llvm-cpu",
    "system": "llvm-cpu",
    "static": "llvm-cpu",
    "vulkan": "vulkan-spirv",
    "cuda": "cuda",
    "rocm": "rocm",
    "hip": "rocm",
    "amdgcn": "rocm",
    "amdgpu": "rocm",
    "metal": "metal-spirv",
    "webgpu": "webgpu-spirv",
}
_BY_MAGIC = {
    b"\x7fELF": "llvm-cpu",
    b"\0asm": "llvm-cpu",  # WebAssembly
    b"MZ": "llvm-cpu",  # a DLL
    b"\xcf\xfa\xed\xfe": "llvm-cpu",  # Mach-O
    b"\xca\xfe\xba\xbe": "llvm-cpu",  # several of them
    b"!<arch>": "llvm-cpu",  # a static library
    b"VKE1": "vulkan-spirv",
    b"\x03\x02\x23\x07": "vulkan-spirv",  # SPIR-V
    b"CDA1": "cuda",
    b"HIP1": "rocm",
    b"MTL1": "metal-spirv",
}
_MACHINE_AT = 18
_MACHINES = {190: "cuda", 224: "rocm"}  # in ELF files; all others are processors


def target_of(name: str | None, data: memoryview | bytes | None, is_module: bool = False) -> str:
    """The compiler's backend that makes this; `unknown` where neither name nor contents (None: not known) tell."""
    target = _BY_NAME.get((name or "").partition("-")[0])
    if target is None and data is not None:
        target = "vmvx" if is_module else _by_contents(bytes(data[: _MACHINE_AT + 2]))
    return target or UNKNOWN


def _by_contents(head: bytes) -> str | None:
    target = next((target for magic, target in _BY_MAGIC.items() if head.startswith(magic)), None)
    if head.startswith(b"\x7fELF"):
        return _MACHINES.get(int.from_bytes(head[_MACHINE_AT:], "little"), target)
    return target
