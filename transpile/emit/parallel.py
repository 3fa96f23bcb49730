"""Parallel loops of nest functions.

A loop whose turns are independent becomes a function of its own that runs a range of them; the nest calls it once, or
once for each thread. (Outlined by hand and not by the compiler: that would lose what `restrict` says.)

    static void nest3_part0(vm_elem_f32* VM_RESTRICT const out, …, int64_t slot, int64_t from_turn, int64_t to_turn) {
      for (int64_t t0 = from_turn; t0 < to_turn; t0++) { … }
    }
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_HEAD = re.compile(r"for \(int64_t (\w+) = 0; \1 < ([^;]+); \1(?:\+\+| \+= (\d+))\) \{$")


@dataclass
class Parts:
    """Collects the outlined loops of one nest, by name.

    `parameters` are declarations with the name as the last word."""

    parameters: list[str]
    functions: dict[str, str] = field(default_factory=dict)

    def spread(self, loop: list[str]) -> list[str]:
        """A complete `for` statement as calls; anything else is left as it is."""
        head = _HEAD.match(loop[0]) if loop else None
        if head is None:
            return loop
        turn, limit, step = head[1], head[2], int(head[3] or 1)
        first = f"for (int64_t {turn} = from_turn * {step}; {turn} < to_turn * {step}; {turn} += {step}) {{"
        return self.share([first, *loop[1:]], f"({limit} + {step - 1}) / {step}")

    def share(self, lines: list[str], turns: str) -> list[str]:
        """Calls of statements that do the turns from `from_turn` to `to_turn`, for so many turns in all."""
        name = f"@name@_part{len(self.functions)}"
        text = "\n".join(lines)
        used = [p for p in self.parameters if _is_free(p.split()[-1], text)]
        slot = ["const int64_t slot"] if re.search(r"\bslot\b", text) else []
        declared = [*used, *slot, "const int64_t from_turn", "const int64_t to_turn"]
        head = f"static VM_NOINLINE void {name}({', '.join(declared)}) {{"
        self.functions[name] = "\n".join([head, *lines, "}"])
        return _calls(name, ", ".join(p.split()[-1] for p in used), bool(slot), turns)


def _is_free(name: str, text: str) -> bool:
    """Whether the text uses a variable that it does not declare."""
    declared = re.search(rf"(?:int64_t|const) {name} = ", text)
    return bool(re.search(rf"\b{name}\b", text)) and not declared


def _calls(name: str, arguments: str, slot: bool, turns: str) -> list[str]:
    def call(part: str, begin: str, end: str) -> str:
        return f"{name}({', '.join(filter(None, [arguments, part if slot else '', begin, end]))});"

    return [
        "{",
        f"const int64_t turns = {turns};",
        "if (threads == 1) {",
        call("0", "0", "turns"),
        "} else {",
        "VM_OMP(omp parallel num_threads(threads))",
        "{",
        "const uint64_t own = vm_float_mode();",
        "vm_float_mode_set(mode);",
        "VM_OMP(omp for schedule(static))",
        "for (int64_t part = 0; part < threads; part++) {",
        call("part", "turns * part / threads", "turns * (part + 1) / threads"),
        "}",
        "vm_float_mode_set(own);",
        "}",
        "}",
        "}",
    ]
