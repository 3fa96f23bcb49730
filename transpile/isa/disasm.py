"""Text form of a module's code: one line an instruction, with its offset.

    [00000119]  %i18:19 = add.i64 %i14:15, %i16:17
    [00000140]  buffer.store.f32 %r3, %i18:19, %i1

Registers print as `%i4` (32-bit), `%i4:5` (a 64-bit pair), `%r2` (ref) and `%R2` (ref, consumed).  Operands stand in
stream order.  Names and strings of the module are hostile text: `printable` escapes control characters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from transpile.container import Module
from transpile.isa.decode import DecodeError, Instruction, decode
from transpile.isa.kinds import IMPORT_BIT, Kind
from transpile.isa.table import Trait


def printable(text: str) -> str:
    """`text` with control and other unprintable characters escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def format_instruction(instruction: Instruction, show: Callable[[Kind, Any], str] | None = None) -> str:
    """One instruction without its offset; `show` may print a field in context (names instead of ordinals)."""
    if Trait.MARKER in instruction.op.traits:
        return f"^{instruction.offset:08X}:"
    results, operands = [], []
    for field, value in instruction.items():
        text = (show(field.kind, value) if show else None) or field.kind.text(value)
        if not field.is_result:
            operands.append(text)
        elif text != "()":
            results.append(text)
    left = f"{', '.join(results)} = " if results else ""
    return f"{left}{instruction.op.mnemonic} {', '.join(operands)}".rstrip()


def function_lines(module: Module, index: int) -> Iterator[tuple[int, str]]:
    """(offset, text) of every instruction of an internal function; ends with the error where it cannot be decoded."""
    show = _shower(module)
    try:
        for instruction in decode(module.function_bytecode(index), module.major):
            indent = "" if Trait.MARKER in instruction.op.traits else "  "
            yield instruction.offset, indent + format_instruction(instruction, show)
    except DecodeError as problem:
        yield problem.offset, f"  <{problem.message}>"


def module_lines(module: Module) -> Iterator[str]:
    """The whole module as text: header, tables, then every function."""
    return (text for _, text in placed_lines(module))


def placed_lines(module: Module) -> Iterator[tuple[tuple[int, int] | None, str]]:
    """The lines of the module; those of instructions with function and offset."""
    yield from ((None, line) for line in _header(module))
    for index in range(len(module.functions)):
        yield None, ""
        yield from placed_function_lines(module, index)


def placed_function_lines(module: Module, index: int) -> Iterator[tuple[tuple[int, int] | None, str]]:
    """The lines of one function, likewise."""
    function = module.functions[index]
    signature = module.signatures[index] if index < len(module.signatures) else None
    convention = signature.calling_convention if signature else "?"
    head = (
        f"func @{printable(module.function_name(index))} cconv {printable(convention)!r} "
        f"i32={function.i32_registers} ref={function.ref_registers} {{"
    )
    yield None, head
    for offset, text in function_lines(module, index):
        yield (index, offset), f"[{offset:08X}]{text}"
    yield None, "}"


def _header(module: Module) -> Iterator[str]:
    yield f"module @{printable(module.name)} bytecode {module.major}.{module.minor}"
    for index, name in enumerate(module.types):
        yield f"type[{index}] = {printable(name or '<missing>')}"
    for index, item in enumerate(module.imports):
        convention = item.signature.calling_convention if item.signature else ""
        yield f"import[{index}] = @{printable(item.full_name)} cconv {printable(convention)!r}"
    for index, segment in enumerate(module.rodata):
        yield f"rodata[{index}] = {segment.length} bytes{'' if segment.embedded else ' (external)'}"
    for export in module.exports:
        yield f"export @{printable(export.name)} = fn[{export.ordinal}]"


def _shower(module: Module) -> Callable[[Kind, Any], str]:
    def show(kind: Kind, value: Any) -> str:
        if kind.group == "function":
            imports, number = module.imports, value & ~IMPORT_BIT
            if value & IMPORT_BIT:
                return f"@{printable(imports[number].full_name)}" if number < len(imports) else ""
            return f"@{printable(module.function_name(number))}" if number < len(module.functions) else ""
        if kind.group == "type":
            return printable(module.types[value] or "") if value < len(module.types) else ""
        return ""

    return show
