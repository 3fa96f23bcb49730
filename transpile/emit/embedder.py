"""Imports that the embedder supplies: a typed C function around the binding in the instance."""

from __future__ import annotations

from typing import Any

from transpile.container.convention import Convention, Span
from transpile.emit.calls import Calls
from transpile.emit.literals import C_TYPES, string
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


def signature(calls: Calls, number: int) -> str:
    """The wrapper's C signature."""
    convention = calls.registers.imports[number]
    parameters = ["vm_instance* vm"]
    for index, item in enumerate(convention.arguments):
        if isinstance(item, Span):
            parameters.append(f"uint32_t count{index}")
            parameters += [
                f"const {C_TYPES[PRIMITIVE_TYPES[kind]]}* span{index}_{at}" for at, kind in enumerate(item.elements)
            ]
        else:
            parameters.append(f"{C_TYPES[PRIMITIVE_TYPES[item]]} arg{index}")
    parameters += [f"{C_TYPES[PRIMITIVE_TYPES[k]]}* result{i}" for i, k in enumerate(convention.results)]
    return f"{calls.names.own('hidden')} vm_status {calls.names.own(f'import{number}')}({', '.join(parameters)})"


def _wrapper(calls: Calls, number: int) -> str:
    convention = calls.registers.imports[number]
    name = string(calls.module.imports[number].full_name)
    lines = [
        f"{signature(calls, number)} {{",
        f"  const vm_import_binding* binding = &vm->imports[{number}];",
        f"  vm_value results[{max(1, len(convention.results))}] = {{{{0}}}};",
        *_arguments(convention),
        f'  if (!binding->invoke) return vm_raise(vm, VM_NOT_FOUND, "import %s is not bound", {name});',
        *_call(convention),
    ]
    return "\n".join([*lines, "}"])


def _arguments(convention: Convention) -> list[str]:
    fixed = sum(1 for item in convention.arguments if not isinstance(item, Span))
    spans = [(i, item) for i, item in enumerate(convention.arguments) if isinstance(item, Span)]
    if not spans:
        lines = [f"  vm_value arguments[{max(1, fixed)}];"]
    else:
        sizes = " + ".join([str(fixed + len(spans)), *(f"(size_t)count{i} * {len(s.elements)}u" for i, s in spans)])
        lines = [
            "  vm_value* arguments = (vm_value*)vm->allocator->allocate(vm->allocator->self,",
            f"                                                          ({sizes}) * sizeof(vm_value), 8);",
            "  vm_status status;",
        ]
    return [*lines, "  size_t n = 0;"]


def _call(convention: Convention) -> list[str]:
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
    lines.append("  (void)n;")
    invoke = "binding->invoke(vm, binding->self, arguments, results)"
    stored = [
        f"  *result{i} = results[{i}].{PRIMITIVE_TYPES[kind]};" for i, kind in enumerate(convention.results)
    ]
    if convention.is_variadic:
        lines += [
            f"  status = {invoke};",
            "  vm->allocator->release(vm->allocator->self, arguments, 0);",
        ]
    else:
        lines.append(f"  vm_status status = {invoke};")
    return [*lines, "  if (status != VM_OK) return status;", *stored, "  return VM_OK;"]
