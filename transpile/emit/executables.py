"""The executables of a program: machine code or nested modules, and whether any can run here.

A program asks its device for each format it has and makes the first that is supported, so alternatives of one
executable are made in different branches.  What a call makes is read from its operands, as far as they are constants.
"""

from __future__ import annotations

from dataclasses import dataclass

from transpile.container import Module
from transpile.errors import Diagnostic, Status, UnsupportedError
from transpile.imports import EXECUTABLES
from transpile.ir import Op, Registers, lift_function
from transpile.isa.decode import decode
from transpile.isa.kinds import IMPORT_BIT

VMVX = "vmvx-bytecode-fb"
_TARGETS = {
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
_SHOWN = 64  # characters of a format's name
HINT = (
    "compile it again with: iree-compile --iree-hal-target-device=local --iree-hal-local-target-device-backends=vmvx "
    "MODEL.mlir -o MODEL.vmfb"
)


@dataclass(frozen=True)
class Executable:
    """One call that makes an executable; `format` is None where it is no constant."""

    function: int
    offset: int
    format: str | None
    segment: int | None

    @property
    def target(self) -> str:
        """The compiler's backend that makes this format."""
        return _TARGETS.get((self.format or "").partition("-")[0], "unknown")


def executables(module: Module) -> list[Executable]:
    """The executables that the functions of a verified module make, in the order of the code."""
    makers = {i | IMPORT_BIT for i, item in enumerate(module.imports) if item.full_name in EXECUTABLES}
    if not makers:
        return []
    registers = Registers(module)
    made = [
        _made(module, index, op)
        for index in range(len(module.functions))
        if _calls(module, index, makers)
        for op in lift_function(module, index, registers).ops()
        if op.attrs.get("callee") in makers
    ]
    return sorted(made, key=lambda item: (item.function, item.offset))


def _calls(module: Module, index: int, callees: set[int]) -> bool:
    found = decode(module.function_bytecode(index), module.major)
    return any(field.kind.group == "function" and value in callees for one in found for field, value in one.items())


def _made(module: Module, index: int, op: Op) -> Executable:
    """Format and data are neighbours, behind the device where there is one."""
    refs = [value for value in op.operands if value.type == "ref"]
    first = 0 if module.imports[op.attrs["callee"] & ~IMPORT_BIT].module_name == "hal_loader" else 1
    kind, data = (_constant(value.op) for value in refs[first : first + 2])
    text = None if kind is None else bytes(module.rodata[kind].data).decode("utf-8", "backslashreplace")
    return Executable(index, op.offset, text, data)


def _constant(op: Op | None) -> int | None:
    return op.attrs["rodata"] if op is not None and op.mnemonic == "const.ref.rodata" else None


def check_executables(module: Module) -> None:
    """Raise `UnsupportedError` for a program that has executables and none for the VM: its first call would fail."""
    found = executables(module)
    if not found or any(item.format in (None, VMVX) for item in found):
        return
    raise UnsupportedError(*(_refused(module, item) for item in _distinct(found)))


def _distinct(found: list[Executable]) -> list[Executable]:
    return list({item.format: item for item in reversed(found)}.values())[::-1]


def _refused(module: Module, item: Executable) -> Diagnostic:
    found = f"{_shown(item.format or '')} (target {item.target})"
    message = f"executables are of format {found}, and none for the VM is beside them"
    return Diagnostic(Status.INCOMPATIBLE, message, f"module {module.name!r}", HINT)


def _shown(text: str) -> str:
    """A format for people: any constant may be given as one."""
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")
