"""Names of a module as C identifiers, reversibly, in three families.

exports         <prefix>_<name>                      what a user of the generated code calls
tool-owned      vmc_<prefix>_<what>                  everything else with linkage
locals          i, x3, input0, …                     never clash with the above: they have none of the prefixes

A name's letters, digits and underscores stay; any other byte becomes `_xHH_`, as does an underscore before an `x`.
"""

from __future__ import annotations

import hashlib
import re

_KEYWORDS = frozenset(
    """
    auto break case char const continue default do double else enum extern float for goto if inline int long
    register restrict return short signed sizeof static struct switch typedef union unsigned void volatile
    while asm class delete new this template typename operator private public protected virtual friend
    namespace using try catch throw bool true false and or not xor export int32_t int64_t fail status offset turns
    vm main errno
    """.split()
)
# What a header has besides the exports.
_OWN = frozenset(["module", "create", "destroy", "imports", "import_count", "bind"])
_LIMIT = 160


def mangle(name: str) -> str:
    """An identifier tail that stands for `name`, and for no other name."""
    out: list[str] = []
    data = name.encode("utf-8", "surrogateescape")
    for position, byte in enumerate(data):
        letter = chr(byte)
        if letter == "_" and data[position + 1 : position + 2] == b"x":
            out.append("_x5f_")
        elif byte < 0x80 and (letter.isalnum() or letter == "_"):
            out.append(letter)
        else:
            out.append(f"_x{byte:02x}_")
    text = "".join(out)
    if len(text) > _LIMIT:
        text = f"{text[:_LIMIT]}_{hashlib.sha256(data).hexdigest()[:16]}"
    return text


def unmangle(text: str) -> str:
    """The name that `mangle` turned into `text` (names that were cut for length excepted)."""
    parts = re.split(r"_x([0-9a-f]{2})_", text)
    data = b"".join(bytes([int(p, 16)]) if i % 2 else p.encode() for i, p in enumerate(parts))
    return data.decode("utf-8", "surrogateescape")


def prefix_for(name: str) -> str:
    """A symbol prefix made from a module or file name."""
    text = re.sub(r"\W", "_", name, flags=re.ASCII).strip("_") or "module"
    return f"m_{text}" if text[0].isdigit() or text in _KEYWORDS else text


class Names:
    """Symbols of one module under a prefix."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix

    def export(self, name: str) -> str:
        """The public C function of an export.  A name the header has itself gets its first letter escaped."""
        tail = f"_x{ord(name[0]):02x}_{name[1:]}" if name in _OWN else mangle(name)
        return f"{self.prefix}_{tail}"

    def own(self, what: str) -> str:
        """A symbol of the tool's own."""
        return f"vmc_{self.prefix}_{what}"

    def function(self, index: int, name: str) -> str:
        """An internal function."""
        return self.own(f"f{index}_{mangle(name)}")


class Locals:
    """Unique local names of one function."""

    COUNTERS = "ijklmn"  # loop counters by depth

    def __init__(self) -> None:
        self._taken: set[str] = set(self.COUNTERS)
        self._counts: dict[str, int] = {}

    def fresh(self, stem: str) -> str:
        """`stem` with a number."""
        while True:
            number = self._counts.get(stem, 0)
            self._counts[stem] = number + 1
            if self.take(f"{stem}{number}"):
                return f"{stem}{number}"

    def take(self, name: str) -> bool:
        """Claims a name; False if it is taken or no good."""
        good = bool(re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,40}", name)) and name not in _KEYWORDS
        if not good or name in self._taken or name.startswith(("vm_", "vmc_", "VM_", "hal_")):
            return False
        self._taken.add(name)
        return True
