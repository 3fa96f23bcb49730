"""Imports that the embedder supplies: a typed C function around the binding in the instance."""

from __future__ import annotations

from typing import Any

from transpile.c.literals import C_TYPES, comment, string
from transpile.c.names import Locals
from transpile.container.convention import Convention, Span
from transpile.emit.calls import Calls
from transpile.ir.registers import PRIMITIVE_TYPES


def describe(calls: Calls) -> list[dict[str, Any]]:
    """Template context of every import."""
    found = []
    for number, item in enumerate(calls.module.imports):
        convention = item.signature.calling_convention if item.signature else ""
        found.append({
            "name": string(item.full_name),
            "convention": string(convention),
            "optional": int(item.optional),
            "native": int(calls.native(number) is not None),
            "body": "" if calls.native(number) else _wrapper(calls, number),
        })
    return found


def prototypes(calls: Calls) -> list[str]:
    """Declarations of the wrappers."""
    return [
        f"{signature(calls, n)};" for n in range(len(calls.module.imports)) if not calls.native(n)
    ]


def members(calls: Calls) -> list[dict[str, Any]]:
    """Template context of the imports that the embedder supplies: one typed function pointer each."""
    names, found = Locals(), []
    names.take("self")
    for number, item in enumerate(calls.module.imports):
        if calls.native(number):
            continue
        parameters = ", ".join(["vm_instance* vm", "void* self", *_parameters(calls, number)])
        plain = item.full_name.replace(".", "_")
        name = plain if names.take(plain) else names.fresh("import")
        found.append({
            "number": number,
            "name": name,
            "title": comment(f"{item.full_name}{', optional' if item.optional else ''}"),
            "pointer": f"vm_status (*{name})({parameters})",
        })
    return found


def signature(calls: Calls, number: int) -> str:
    """The wrapper's C signature."""
    parameters = ", ".join(["vm_instance* vm", *_parameters(calls, number)])
    return f"{calls.names.own('hidden')} vm_status {calls.names.own(f'import{number}')}({parameters})"


def _parameters(calls: Calls, number: int) -> list[str]:
    """Arguments, spans as a count and an array for each element, and results of an import."""
    convention = calls.registers.imports[number]
    parameters = []
    for index, item in enumerate(convention.arguments):
        if isinstance(item, Span):
            parameters.append(f"uint32_t count{index}")
            parameters += [
                f"const {C_TYPES[PRIMITIVE_TYPES[kind]]}* span{index}_{at}" for at, kind in enumerate(item.elements)
            ]
        else:
            parameters.append(f"{C_TYPES[PRIMITIVE_TYPES[item]]} arg{index}")
    return parameters + [f"{C_TYPES[PRIMITIVE_TYPES[k]]}* result{i}" for i, k in enumerate(convention.results)]


def _wrapper(calls: Calls, number: int) -> str:
    """Calls a typed function directly, and any other with its values in an array."""
    convention = calls.registers.imports[number]
    name = string(calls.module.imports[number].full_name)
    declared = [parameter.rsplit(" ", 1) for parameter in _parameters(calls, number)]
    types = ", ".join(["vm_instance*", "void*", *(kind for kind, _ in declared)])
    passed = ", ".join(["vm", "binding->self", *(argument for _, argument in declared)])
    lines = [
        f"{signature(calls, number)} {{",
        f"  const vm_import_binding* binding = &vm->imports[{number}];",
        f"  vm_value results[{max(1, len(convention.results))}] = {{{{0}}}};",
        *_declarations(convention),
        f"  if (binding->typed) return ((vm_status(*)({types}))binding->typed)({passed});",
        f'  if (!binding->invoke) return vm_raise(vm, VM_NOT_FOUND, "import %s is not bound", {name});',
        *_allocation(convention),
        *_arguments(convention),
        *_invocation(convention),
    ]
    return "\n".join([*lines, "}"])


def _declarations(convention: Convention) -> list[str]:
    if not convention.is_variadic:
        return [f"  vm_value arguments[{max(1, len(convention.arguments))}];", "  size_t n = 0;", "  vm_status status;"]
    return ["  vm_value* arguments;", "  size_t size, n = 0;", "  vm_status status;"]


def _allocation(convention: Convention) -> list[str]:
    """Memory for as many values as the spans have."""
    if not convention.is_variadic:
        return []
    spans = [(i, item) for i, item in enumerate(convention.arguments) if isinstance(item, Span)]
    sizes = " + ".join([str(len(convention.arguments)), *(f"(size_t)count{i} * {len(s.elements)}u" for i, s in spans)])
    return [
        f"  size = ({sizes}) * sizeof(vm_value);",
        "  arguments = (vm_value*)vm->allocator->allocate(vm->allocator->self, size, 8);",
        "  if (!arguments) return VM_RESOURCE_EXHAUSTED;",
    ]


def _arguments(convention: Convention) -> list[str]:
    lines: list[str] = []
    for index, item in enumerate(convention.arguments):
        if isinstance(item, Span):
            lines.append(f"  arguments[n++].i32 = (int32_t)count{index};")
            lines.append(f"  for (uint32_t i = 0; i < count{index}; i++) {{")
            columns = enumerate(item.elements)
            lines += [f"    arguments[n++].{PRIMITIVE_TYPES[kind]} = span{index}_{at}[i];" for at, kind in columns]
            lines.append("  }")
        else:
            lines.append(f"  arguments[n++].{PRIMITIVE_TYPES[item]} = arg{index};")
    return lines


def _invocation(convention: Convention) -> list[str]:
    release = ["  vm->allocator->release(vm->allocator->self, arguments, size);"] if convention.is_variadic else []
    stored = [
        f"  *result{i} = results[{i}].{PRIMITIVE_TYPES[kind]};" for i, kind in enumerate(convention.results)
    ]
    return [
        "  (void)n;",
        "  status = binding->invoke(vm, binding->self, arguments, results);",
        *release,
        "  if (status != VM_OK) return status;",
        *stored,
        "  return VM_OK;",
    ]
