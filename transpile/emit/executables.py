"""The executables of a program: machine code or nested modules, and whether any can run here.

A program asks its device for each format it has and makes the first that is supported, so alternatives of one
executable are made in different branches.  What a call makes is read from its operands, as far as they are constants.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from transpile.container import Module
from transpile.emit.recompile import calls, recompile_command
from transpile.emit.targets import UNKNOWN, VMVX, target_of
from transpile.errors import Diagnostic, Status, UnsupportedError
from transpile.imports import EXECUTABLES
from transpile.ir import Function, Registers, Value, lift_function
from transpile.isa.kinds import IMPORT_BIT
from transpile.isa.operations import Operation

_SHOWN = 64  # characters of a format's name


@dataclass(frozen=True)
class Executable:
    """One call that makes an executable; `format` is None where it is no constant."""

    function: int
    offset: int
    format: str | None
    segment: int | None
    target: str
    """The compiler's backend that makes this: by the format's name or, where that says nothing, by the contents."""

    @property
    def runs(self) -> bool:
        """Whether it could run here: not certain where neither format nor contents are known."""
        return self.format == VMVX or (self.format is None and self.target in (UNKNOWN, "vmvx"))


def executables(module: Module) -> list[Executable]:
    """The executables that the functions of a verified module make, in the order of the code."""
    makers = {i | IMPORT_BIT for i, item in enumerate(module.imports) if item.full_name in EXECUTABLES}
    if not makers:
        return []
    registers = Registers(module)
    making = (index for index in range(len(module.functions)) if calls(module, index, makers))
    made = [item for index in making for item in _made(module, lift_function(module, index, registers), makers)]
    return sorted(made, key=lambda item: (item.function, item.offset))


def _made(module: Module, fn: Function, makers: set[int]) -> Iterator[Executable]:
    """Format and data are neighbours, behind the device where there is one."""
    sources = _sources(fn)
    for op in fn.ops():
        if op.attrs.get("callee") not in makers:
            continue
        refs = [value for value in op.operands if value.type == "ref"]
        first = 0 if module.imports[op.attrs["callee"] & ~IMPORT_BIT].module_name == "hal_loader" else 1
        name, data = (_constant(value, sources) for value in refs[first : first + 2])
        text = None if name is None else bytes(module.rodata[name].data).decode("utf-8", "backslashreplace")
        segment = None if data is None else module.rodata[data]
        contents, is_module = (None, False) if segment is None else (segment.data, segment.is_module)
        yield Executable(fn.index, op.offset, text, data, target_of(text, contents, is_module))


def _sources(fn: Function) -> dict[Value, list[Value]]:
    """What each parameter of a block receives."""
    found: dict[Value, list[Value]] = {}
    for edge in fn.edges():
        for param, value in zip(edge.target.params, edge.args, strict=True):
            found.setdefault(param, []).append(value)
    return found


def _constant(value: Value, sources: Mapping[Value, list[Value]]) -> int | None:
    """The one constant that a value is, on whatever way it came; null, which fails, is none."""
    seen, work, found = {value}, [value], set()
    while work:
        one = work.pop()
        if one.op is None and one in sources:
            work += [other for other in sources[one] if other not in seen]
            seen.update(sources[one])
        elif one.op is None or one.op.row.does is not Operation.NULL:
            found.add(one.op.attrs["rodata"] if one.op and one.op.row.does is Operation.RODATA else None)
    return found.pop() if len(found) == 1 else None


def foreign_executables(module: Module) -> list[Diagnostic]:
    """Why no executable of a verified module can run here, one a format; nothing where one can, or there are none."""
    found = executables(module)
    if any(item.runs for item in found):
        return []
    return [_refused(module, item) for item in _distinct(found)]


def check_executables(module: Module) -> None:
    """Raise `UnsupportedError` for a program that has executables and none for the VM: its first call would fail."""
    if found := foreign_executables(module):
        raise UnsupportedError(*found)


def _distinct(found: list[Executable]) -> list[Executable]:
    return list({(item.format, item.target): item for item in reversed(found)}.values())[::-1]


def _refused(module: Module, item: Executable) -> Diagnostic:
    name = "a format that is not a constant" if item.format is None else f"format {_shown(item.format)}"
    found = f"{name} (target {item.target})"
    message = f"executables are of {found}, and none for the VM is beside them"
    hint = f"compile it again with: {recompile_command(module)}"
    return Diagnostic(Status.INCOMPATIBLE, message, f"module {module.name!r}", hint)


def _shown(text: str) -> str:
    """A format for people: any constant may be given as one."""
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")
