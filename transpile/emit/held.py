"""Values of a function whose frame would be too large: they are members of a structure in memory of the instance.

    typedef struct vmc_m_f0_f_values { int32_t n0; vm_ref ref0; … } vmc_m_f0_f_values;
    static vm_status vmc_m_f0_f_in(vm_instance* vm, vmc_m_f0_f_values* volatile v, …) { … v->n0 = vm_add_i32(arg0, 7); …

The pointer is volatile so that a C compiler keeps no copies of them in the frame after all: nor addresses.
"""

from __future__ import annotations

from transpile.c.literals import C_TYPES
from transpile.emit.values import Values
from transpile.ir.nodes import Op

NAME = "v"
"""The local that points to them."""


class Held:
    """The members, by name."""

    def __init__(self, values: Values) -> None:
        self.values = values
        self.members: dict[str, str] = {}
        names = values.names
        names.update((value, self.add(names[value], C_TYPES[value.type])) for value in values.variables())

    def add(self, name: str, c_type: str) -> str:
        """A member, as C says it; counters of several types share a letter."""
        if self.members.setdefault(name, c_type) != c_type:
            name = self.values.locals.fresh(f"{name}{c_type[:-2]}_")
            self.members[name] = c_type
        return f"{NAME}->{name}"

    def maker(self, op: Op) -> str:
        """The function that makes a span where it is held."""
        assert op.row.helper is not None
        return op.row.helper.replace("vm_", "vm_hold_", 1)

    def declarations(self) -> list[str]:
        """The members of the structure."""
        return [f"{c_type} {name};" for name, c_type in self.members.items()]
