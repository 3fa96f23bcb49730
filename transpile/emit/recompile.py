"""The command that compiles a program again, for the VM, in the flow that its module shows."""

from __future__ import annotations

from collections.abc import Iterator

from transpile.container import Module
from transpile.isa.decode import decode
from transpile.isa.kinds import IMPORT_BIT

_DEVICE = "hal.devices.get"  # called once for each device of the program
_FENCES = ("iree.abi.model", "coarse-fences")
_WITH_DEVICES = 16  # bytecode whose compilers all have --iree-hal-target-device


def recompile_command(module: Module) -> str:
    """The call of iree-compile; MODEL.mlir and MODEL.vmfb stand for the program's files."""
    return " ".join(["iree-compile", *_flags(module), "MODEL.mlir -o MODEL.vmfb"])


def _flags(module: Module) -> Iterator[str]:
    if any(item.module_name == "hal_loader" for item in module.imports):
        yield "--iree-execution-model=inline-dynamic"
        yield "--iree-hal-target-backends=vmvx"
        return
    name, model = _FENCES
    if any(item is not None and item.attrs.get(name) == model for item in module.signatures):
        yield "--iree-execution-model=async-external"
    if module.major < _WITH_DEVICES:
        yield "--iree-hal-target-backends=vmvx"
        return
    count = _call_count(module, _DEVICE)
    if count < 2:
        yield "--iree-hal-target-device=local"
    else:
        yield from (f"--iree-hal-target-device=DEVICE{k}=local[{k}]" for k in range(count))
    yield "--iree-hal-local-target-device-backends=vmvx"


def _call_count(module: Module, name: str) -> int:
    callees = {index | IMPORT_BIT for index, item in enumerate(module.imports) if item.full_name == name}
    return sum(calls(module, index, callees) for index in range(len(module.functions))) if callees else 0


def calls(module: Module, index: int, callees: set[int]) -> int:
    """How many instructions of a verified function name one of the callees."""
    found = decode(module.function_bytecode(index), module.major)
    return sum(any(field.kind.group == "function" and value in callees for field, value in op.items()) for op in found)
