"""Counts of what became of mutants."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tests.fuzz.runner import Verdict
from transpile.errors import Status

_FAILURES = tuple(f": {status.name}: " for status in Status if status)


@dataclass
class Tally:
    """All counts of a run."""

    outcomes: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)

    def examined(self, outcome: str) -> None:
        self.outcomes[outcome] += 1

    def tried(self, verdict: Verdict) -> None:
        self.verdicts[_named(verdict)] += 1

    @property
    def failures(self) -> int:
        """Mutants that show a defect."""
        bad = ("crash", "different", "endless in one engine", "no C")
        return self.outcomes["hang"] + self.outcomes["exception"] + sum(self.verdicts[kind] for kind in bad)

    def text(self) -> str:
        """One line a count."""
        total = sum(self.outcomes.values())
        rows = [(f"{total}", "mutants"), *_rows(self.outcomes, "  "), *_rows(self.verdicts, "    ran: ")]
        rows.append((str(self.failures), "failures"))
        return "\n".join(f"{count:>8}  {what}" for count, what in rows)


def _rows(counts: Counter[str], indent: str) -> list[tuple[str, str]]:
    return [(str(count), f"{indent}{what}") for what, count in counts.most_common()]


def _named(verdict: Verdict) -> str:
    if verdict.kind != "equal":
        return "endless in both engines" if verdict.kind == "endless" else verdict.kind
    if verdict.lines and verdict.lines[0].startswith("refused"):
        return "refused by both engines"
    failed = any(text in line for line in verdict.lines for text in _FAILURES)
    return "equal, some calls fail" if failed else "equal, no call fails"
