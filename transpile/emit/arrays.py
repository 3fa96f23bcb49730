"""Entry points on plain arrays beside those on references, where the shapes of a function are known.

vm_status mm_mm(vm_instance* vm, vm_ref input0, vm_ref input1, vm_ref* result0);
vm_status mm_mm_arrays(vm_instance* vm, const float input0[64][64], const float input1[64][64],
                       float output0[64][64]);
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from transpile.c.literals import C_TYPES
from transpile.c.names import Locals
from transpile.ir.registers import PRIMITIVE_TYPES
from transpile.program.dtypes import element_type_named
from transpile.program.signature import Argument, Shape, tensor_element_type
from transpile.program.uses import parse_uses

ELEMENTS = {
    "i1": ("uint8_t", "HAL_BOOL8"),
    "i8": ("int8_t", "HAL_I8"),
    "i16": ("int16_t", "HAL_I16"),
    "i32": ("int32_t", "HAL_I32"),
    "i64": ("int64_t", "HAL_I64"),
    "ui8": ("uint8_t", "HAL_U8"),
    "ui16": ("uint16_t", "HAL_U16"),
    "ui32": ("uint32_t", "HAL_U32"),
    "ui64": ("uint64_t", "HAL_U64"),
    "f32": ("float", "HAL_F32"),
    "f64": ("double", "HAL_F64"),
}
"""C types of elements, and the names that `hal.h` has for them."""
TYPE_NAMES = {element_type_named(mlir): name for mlir, (_, name) in ELEMENTS.items()}
_BY_TYPE = {element_type_named(mlir): row for mlir, row in ELEMENTS.items()}


@dataclass(frozen=True)
class Parameter:
    """One parameter of such a function; a number has no `dims`."""

    name: str
    type: str
    element: str = ""
    dims: tuple[int, ...] | None = None

    @property
    def brackets(self) -> str:
        """What follows the name of an array: one element is an array of one."""
        return "".join(f"[{size}]" for size in self.dims or (1,))


def parameters(shape: Shape, uses: str) -> tuple[list[Parameter], list[Parameter]] | None:
    """Arguments and results; None where a shape is open or unknown, or arguments are more than read."""
    known = parse_uses(uses, len(shape.kinds), len(shape.results))
    if shape.fences or any(known.arguments) or not shape.inputs + shape.outputs:
        return None
    taken = Locals()
    for name in ("vm", "status", "true", "false"):
        taken.take(name)
    rows = zip(shape.inputs + shape.outputs, shape.kinds + shape.results, shape.types + shape.result_types, strict=True)
    made = [_parameter(item, kind, mlir, taken) for item, kind, mlir in rows]
    found = [item for item in made if item is not None]
    arrays = any(item.dims is not None for item in found)
    return (found[: len(shape.kinds)], found[len(shape.kinds) :]) if arrays and len(found) == len(made) else None


def _takes(name: str, taken: Locals) -> bool:
    """Claim a name with those that the function makes of it."""
    return all(taken.take(text) for text in (name, f"ref_{name}", f"shape_{name}"))


def _parameter(item: Argument, kind: str, mlir: str, taken: Locals) -> Parameter | None:
    name = item.name if _takes(item.name, taken) else taken.fresh("array")
    if kind != "r":
        return Parameter(name, C_TYPES[PRIMITIVE_TYPES[kind]])
    element = _BY_TYPE.get(tensor_element_type(mlir))
    if element is None or item.shape is None:
        return None
    dims = tuple(size for size in item.shape if isinstance(size, int))
    if len(dims) != len(item.shape) or not 0 < math.prod(dims) < 1 << 31:
        return None
    return Parameter(name, element[0], element[1], dims)
