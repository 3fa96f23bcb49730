"""Disassembly with the verifier's findings beside their instructions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from transpile.container import Module
from transpile.errors import ContainerError
from transpile.isa.disasm import function_lines, printable
from transpile.verify.report import Finding, Report
from transpile.verify.scope import safe_name


def listing(report: Report, module: Module, *, everything: bool = False) -> Iterator[str]:
    """Lines: findings about the tables, then the code of every function that has findings (or of all functions)."""
    by_function: dict[int | None, list[Finding]] = defaultdict(list)
    for finding in report.findings:
        by_function[finding.function].append(finding)
    yield f"module @{printable(module.name)}"
    yield from map(_beside, by_function[None])
    for index in range(len(module.functions)):
        if everything or index in by_function:
            yield from _function(module, index, by_function[index])
    if report.omitted:
        yield f"... and {report.omitted} more errors, not shown"


def _function(module: Module, index: int, findings: list[Finding]) -> Iterator[str]:
    by_offset: dict[int | None, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_offset[finding.offset].append(finding)
    yield ""
    yield f"function {index} @{printable(safe_name(module, index))}"
    yield from map(_beside, by_offset.pop(None, []))
    try:
        for offset, text in function_lines(module, index):
            yield f"[{offset:08X}]{text}"
            yield from map(_beside, by_offset.pop(offset, []))
    except ContainerError:
        yield "  <no code: its range is outside of the bytecode>"
    for rest in by_offset.values():
        yield from map(_beside, rest)


def _beside(finding: Finding) -> str:
    return f"    ^ {finding.rule} {finding.status.name}: {finding.message}"
