"""The function under verification: what its operands may name, and where findings about it go."""

from __future__ import annotations

from transpile.container import Module
from transpile.errors import ContainerError, Status
from transpile.isa import Instruction
from transpile.verify.facts import Facts, frame_registers
from transpile.verify.report import Collector, Finding
from transpile.verify.rules import RULES


class Scope:
    """One function, and the instruction that is being checked."""

    __slots__ = (
        "at", "copy_refs", "copy_words", "descriptor", "facts", "index", "module", "name", "out", "refs", "targets",
        "words",
    )  # fmt: skip

    def __init__(self, module: Module, facts: Facts, index: int, out: Collector) -> None:
        self.module = module
        self.facts = facts
        self.index = index
        self.out = out
        self.descriptor = module.functions[index]
        self.limit(self.descriptor.i32_registers, self.descriptor.ref_registers)
        self.at: Instruction | None = None
        self.targets: list[tuple[Instruction, int]] = []
        self.name: str | None = None

    def limit(self, words: int, refs: int) -> None:
        """Set how many registers operands may name; copies on edges may reach into the rest of the frame."""
        self.words, self.refs = words, refs
        self.copy_words = frame_registers(words, self.facts.major)
        self.copy_refs = frame_registers(refs, self.facts.major)

    def fail(self, rule: str, found: str, expected: str, status: Status | None = None) -> None:
        """Report a breach at the current instruction, or of the whole function if there is none."""
        at = self.at
        if at is None:
            self.fail_at(None, rule, found, expected, status)
        else:
            self.fail_at(at.offset, rule, found, expected, status, at.op.mnemonic)

    def fail_at(
        self,
        offset: int | None,
        rule: str,
        found: str,
        expected: str,
        status: Status | None = None,
        mnemonic: str = "",
    ) -> None:
        """Report a breach at a byte offset of the function."""
        if self.name is None:
            self.name = safe_name(self.module, self.index)
        code = status or RULES[rule].status
        self.out.add(Finding(rule, code, found, expected, self.index, self.name, offset, mnemonic))


def safe_name(module: Module, index: int) -> str:
    """The function's name, or its ordinal where the debug database is damaged."""
    try:
        return module.function_name(index)
    except ContainerError:
        return f"fn_{index}"
