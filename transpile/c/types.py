"""The module's type table as C symbols."""

from __future__ import annotations

from transpile.c.literals import string
from transpile.c.names import Names
from transpile.container import Module

HAL_TYPES = (
    *("allocator", "buffer", "buffer_view", "command_buffer", "descriptor_set_layout", "device", "executable"),
    *("fence", "file", "pipeline_layout"),
)
KNOWN = {
    "i8": "vm_type_i8",
    "i16": "vm_type_i16",
    "i32": "vm_type_i32",
    "i64": "vm_type_i64",
    "f32": "vm_type_f32",
    "f64": "vm_type_f64",
    "!vm.opaque": "vm_type_opaque",
    "!vm.buffer": "vm_type_buffer",
    **{f"!hal.{name}": f"hal_type_{name}" for name in HAL_TYPES},
}


class Types:
    """C names of type-table entries.  A type that the runtime does not know gets a descriptor of its own: only null
    and objects of the embedder's that use that descriptor match it."""

    def __init__(self, module: Module, names: Names) -> None:
        self.module = module
        self.names = names

    def symbol(self, number: int) -> str:
        name = self.module.types[number] or ""
        if name.startswith("!vm.list"):
            return "vm_type_list"
        return KNOWN.get(name) or self.names.own(f"type{number}")

    def pointer(self, number: int) -> str:
        """The descriptor's address as an expression."""
        symbol = self.symbol(number)
        return f"vm->module->types[{number}]" if symbol == self.names.own(f"type{number}") else f"&{symbol}"

    def symbols(self) -> list[str]:
        return [self.symbol(number) for number in range(len(self.module.types))]

    def definitions(self) -> list[dict[str, str]]:
        """Descriptors that the module itself has to define."""
        return [
            {"symbol": self.symbol(number), "name": string(name or "")}
            for number, name in enumerate(self.module.types)
            if self.symbol(number) == self.names.own(f"type{number}")
        ]
