"""What the verifier found: findings, and the report that holds them all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from transpile import limits
from transpile.errors import Diagnostic, Status
from transpile.isa.disasm import printable
from transpile.verify.rules import RULES


@dataclass(frozen=True)
class Finding:
    """One breach of one rule.

    `function` is None for a finding about the module's tables; `offset` is None for one about a function as a whole,
    and otherwise the function-relative offset of the instruction's first byte.
    """

    rule: str
    status: Status
    found: str
    expected: str
    function: int | None = None
    name: str = ""
    offset: int | None = None
    mnemonic: str = ""

    @property
    def where(self) -> str:
        """The place in words: `function 3 @f, offset 0x12 (add.i32)`."""
        if self.function is None:
            return "module"
        place = f"function {self.function} @{printable(self.name)}"
        if self.offset is None:
            return place
        return f"{place}, offset {self.offset:#x}" + (f" ({self.mnemonic})" if self.mnemonic else "")

    @property
    def message(self) -> str:
        """What was found and what was expected."""
        return f"{printable(self.found)}; expected {printable(self.expected)}"

    def diagnostic(self) -> Diagnostic:
        """The finding as the exceptions of this package carry it."""
        return Diagnostic(self.status, f"{self.rule}: {self.message}", self.where, self.hint)

    @property
    def hint(self) -> str:
        """What to do next."""
        return RULES[self.rule].hint or f"transpile verify --explain {self.rule}"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "rule": self.rule,
            "title": RULES[self.rule].title,
            "status": self.status.name,
            "function": self.function,
            "name": self.name,
            "offset": self.offset,
            "mnemonic": self.mnemonic,
            "found": self.found,
            "expected": self.expected,
        }

    def __str__(self) -> str:
        return f"{self.where}: {self.rule} {self.status.name}: {self.message}"


@dataclass(frozen=True)
class Report:
    """All findings about one module, in the order of its tables and its code; `omitted` more were not kept."""

    findings: tuple[Finding, ...] = ()
    omitted: int = 0

    @property
    def ok(self) -> bool:
        """Whether the module obeys every rule."""
        return not self.findings

    def of_function(self, index: int | None) -> Iterator[Finding]:
        """Findings about one function, or about the module's tables for None."""
        return (finding for finding in self.findings if finding.function == index)

    def summary(self) -> Iterator[str]:
        """Yield one line for each finding, and a last line that counts them."""
        yield from map(str, self.findings)
        if self.omitted:
            yield f"... and {self.omitted} more, not shown"
        rules = dict.fromkeys(finding.rule for finding in self.findings)
        yield from (f"{rule}: {RULES[rule].hint}" for rule in rules if RULES[rule].hint)
        total = len(self.findings) + self.omitted
        yield "verified, no errors" if self.ok else f"{total} error{'s' if total > 1 else ''}"

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"ok": self.ok, "omitted": self.omitted, "findings": [f.as_dict() for f in self.findings]}

    def __str__(self) -> str:
        return "\n".join(self.summary())


class Collector:
    """Gathers findings; at most `limit` are kept, the others counted."""

    def __init__(self, limit: int = limits.FINDINGS) -> None:
        self._limit = limit
        self._findings: list[Finding] = []
        self._omitted = 0

    def add(self, finding: Finding) -> None:
        """Keep `finding`, or count it."""
        if len(self._findings) < self._limit:
            self._findings.append(finding)
        else:
            self._omitted += 1

    def module(self, rule: str, found: str, expected: str, status: Status | None = None) -> None:
        """Report a breach in the module's tables."""
        self.add(Finding(rule, status or RULES[rule].status, found, expected))

    def report(self) -> Report:
        """The findings so far, those about the same function together and in order of offset."""
        return Report(tuple(sorted(self._findings, key=_place)), self._omitted)


def _place(finding: Finding) -> tuple[int, int]:
    function = -1 if finding.function is None else finding.function
    return function, -1 if finding.offset is None else finding.offset
