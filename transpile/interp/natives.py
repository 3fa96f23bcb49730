"""The imports that the runtime implements, as functions over arrays of values."""

from __future__ import annotations

from typing import Any

from transpile.c.literals import C_TYPES
from transpile.container.convention import Convention, Span, parse
from transpile.imports import NATIVE, Native
from transpile.ir.registers import PRIMITIVE_TYPES


def columns() -> dict[str, str]:
    """C types of the elements that spans of these imports have, by the name of the value type."""
    items = [item for native in NATIVE.values() for item in parse(native.convention).arguments]
    kinds = {PRIMITIVE_TYPES[kind] for item in items if isinstance(item, Span) for kind in item.elements}
    return {kind: C_TYPES[kind] for kind in sorted(kinds)}


def natives() -> list[dict[str, Any]]:
    """Template context of all of them, in the order of the table."""
    rows = enumerate(NATIVE.values())  # some share a function: two modules have it
    return [{"symbol": f"native{number}_{native.function}", "lines": _lines(native)} for number, native in rows]


def _lines(native: Native) -> list[str]:
    convention = parse(native.convention)
    if any(isinstance(item, Span) for item in convention.arguments):
        return _variadic(native, convention)
    at = [f"arguments[{i}].{PRIMITIVE_TYPES[str(item)]}" for i, item in enumerate(convention.arguments)]
    return [*_unused(convention), f"return {_call(native, at, convention)};"]


def _unused(convention: Convention) -> list[str]:
    return [
        *([] if convention.arguments else ["(void)arguments;"]),
        *([] if convention.results else ["(void)results;"]),
    ]


def _call(native: Native, arguments: list[str], convention: Convention) -> str:
    outputs = [f"&results[{i}].{PRIMITIVE_TYPES[kind]}" for i, kind in enumerate(convention.results)]
    return f"{native.function}({', '.join(['vm', *arguments, *outputs])})"


def _variadic(native: Native, convention: Convention) -> list[str]:
    """The C function takes an array for each element of a span's tuples: they are made from the values."""
    declarations = ["vm_status status = VM_RESOURCE_EXHAUSTED;", "const vm_value* at = arguments;"]
    reads, arrays, texts = [], [], []
    for index, item in enumerate(convention.arguments):
        if not isinstance(item, Span):
            kind = PRIMITIVE_TYPES[item]
            declarations.append(f"{C_TYPES[kind]} argument{index};")
            reads.append(f"argument{index} = (at++)->{kind};")
            texts.append(f"argument{index}")
            continue
        declarations.append(f"uint32_t count{index};")
        reads.append(f"count{index} = (uint32_t)(at++)->i32;")
        texts.append(f"count{index}")
        for column, element in enumerate(item.elements):
            kind, name = PRIMITIVE_TYPES[element], f"span{index}_{column}"
            declarations.append(f"{C_TYPES[kind]}* {name};")
            reads.append(f"{name} = column_{kind}(vm, at + {column}, count{index}, {len(item.elements)});")
            arrays.append(name)
            texts.append(name)
        reads.append(f"at += (size_t)count{index} * {len(item.elements)};")
    made = " && ".join(arrays)
    return [
        *_unused(convention),
        *declarations,
        *reads,
        f"if ({made}) status = {_call(native, texts, convention)};",
        *(f"release(vm, {name});" for name in arrays),
        "return status;",
    ]
