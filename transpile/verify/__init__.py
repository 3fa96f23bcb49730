"""Ahead-of-time verification: every rule that later stages rely on is checked here, and nowhere again.

    report = verify(load("model.vmfb"))
    print(report)

`verify` never raises for a bad module: it collects every breach of every rule, each with its place.  `check` raises
them as one `VerifyError`.  `rules.RULES` documents the rules.
"""

from __future__ import annotations

import os

from transpile.container import Module, load
from transpile.errors import ContainerError, Diagnostic, VerifyError
from transpile.verify.code_rules import check_code
from transpile.verify.facts import SUPPORTED_MAJORS, Facts, entry_layout, frame_registers
from transpile.verify.function_rules import check_function
from transpile.verify.listing import listing
from transpile.verify.module_rules import check_module
from transpile.verify.report import Collector, Finding, Report
from transpile.verify.rule import Rule
from transpile.verify.rules import RULES, explain
from transpile.verify.scope import Scope

__all__ = [
    "RULES",
    "Finding",
    "Report",
    "Rule",
    "check",
    "entry_layout",
    "explain",
    "frame_registers",
    "listing",
    "load_and_verify",
    "verify",
]


def verify(module: Module) -> Report:
    """Check a module against every rule."""
    out = Collector()
    _debug(module, out)
    check_module(module, out)
    if module.major in SUPPORTED_MAJORS:
        _functions(module, out)
    return out.report()


def check(module: Module) -> None:
    """Raise `VerifyError` with all findings unless the module obeys every rule."""
    report = verify(module)
    if report.ok:
        return
    more = Diagnostic(report.findings[0].status, f"{report.omitted} more errors, not shown")
    raise VerifyError(*(finding.diagnostic() for finding in report.findings), *([more] if report.omitted else []))


def load_and_verify(
    source: str | os.PathLike[str] | bytes | bytearray | memoryview,
) -> tuple[Module | None, Report]:
    """Read and verify; a file without a readable module gives None and findings of rule V1."""
    try:
        module = load(source)
    except ContainerError as problem:
        out = Collector()
        _unreadable(problem, out)
        return None, out.report()
    return module, verify(module)


def _functions(module: Module, out: Collector) -> None:
    facts = Facts.of(module)
    unread = len(module.bytecode)
    for index, descriptor in enumerate(module.functions):
        scope = Scope(module, facts, index, out)
        if check_function(scope) and descriptor.bytecode_length <= unread:
            unread -= descriptor.bytecode_length  # runs out only if functions overlap (V46): the work stays linear
            check_code(scope)


def _debug(module: Module, out: Collector) -> None:
    """The container reads the debug database on demand; its structure is part of V1 all the same."""
    if module.debug is None:
        return
    try:
        module.debug.verify()
    except ContainerError as problem:
        _unreadable(problem, out)


def _unreadable(problem: ContainerError, out: Collector) -> None:
    for diagnostic in problem.diagnostics:
        found = f"{diagnostic.where}: {diagnostic.message}"
        out.module("V1", found, "a readable module", diagnostic.status)
