"""The signatures of `csupport/ops.h`, read from the header itself.

A helper whose body is one C operator on its parameters is printed as that operator; the meaning stays in `ops.h`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from transpile.resources import CSUPPORT

_FUNCTION = re.compile(
    r"^(?:VM_INLINE|VM_COLD|static inline|)\s*(?P<result>[a-z_][a-z0-9_]*\*?) \*?(?P<name>vm_\w+)\((?P<params>[^)]*)\)",
    re.MULTILINE,
)
_BODY = re.compile(r"\s*\{ return ([^;{}]*); \}")
_INFIX = re.compile(r"(\w+) (==|!=|<=|>=|<|>|\+|-|\*|/|&|\||\^) (\w+)")
_UNARY = re.compile(r"([-~!])(\w+)")
_TERNARY = re.compile(r"(\w+) \? (\w+) : (\w+)")


@dataclass(frozen=True)
class Helper:
    """A C function of the runtime."""

    name: str
    result: str
    params: tuple[str, ...]  # names, `vm` included
    operator: str = ""  # "<", "-", "?:", "!=0" when the body is that operator on the parameters in order

    @property
    def takes_vm(self) -> bool:
        return bool(self.params) and self.params[0] == "vm"


@lru_cache(maxsize=1)
def helpers() -> dict[str, Helper]:
    """Every function that `ops.h` and `vm.h` declare, by name."""
    found: dict[str, Helper] = {}
    for header in ("vm.h", "ops.h"):
        text = (CSUPPORT / header).read_text()
        for match in _FUNCTION.finditer(text):
            params = tuple(re.findall(r"(\w+)\s*(?:,|$)", match["params"]))
            body = _BODY.match(text, match.end())
            operator = _operator(body[1], params) if body else ""
            found[match["name"]] = Helper(match["name"], match["result"], params, operator)
    return found


def _operator(body: str, params: tuple[str, ...]) -> str:
    if (m := _INFIX.fullmatch(body)) and (m[1], m[3]) == params:
        return m[2]
    if (m := _UNARY.fullmatch(body)) and (m[2],) == params:
        return m[1]
    if (m := _TERNARY.fullmatch(body)) and (m[1], m[2], m[3]) == params:
        return "?:"
    return "!=0" if len(params) == 1 and body == f"{params[0]} != 0" else ""
