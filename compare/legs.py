"""The legs of a comparison; each is optional, and says why when it cannot run."""

from __future__ import annotations

import importlib.util
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from compare import iree_tools
from compare.builds import LEVELS, Level, compiled, native
from compare.cases import Case
from compare.engines import Interpreted, Iree, OnnxRuntime, Unavailable
from compare.external import ExternalLeg
from compare.iree_leg import IreeToolLeg
from compare.leg import Leg, WorkerLeg
from compare.modules import is_inline, result_kinds
from transpile.container import Module

IREE = "IREE interpreter"
NATIVE = "IREE llvm-cpu"
OURS = "interpreter"
ONNX = "ONNX Runtime"


@dataclass(frozen=True)
class Wanted:
    """Which legs to make."""

    levels: Sequence[Level] = LEVELS
    target_cpu: str = "native"
    threads: Sequence[int] = (1,)
    externals: Mapping[str, str] = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    """Names of legs to leave out."""


def make_legs(case: Case, module: Module, wanted: Wanted) -> list[Leg]:
    """All legs that could run the case."""
    legs = [*_interpreters(case, module), *_c_legs(module, wanted), *_foreign(case)]
    legs += [ExternalLeg(name, shlex.split(text), case.module) for name, text in wanted.externals.items()]
    return [leg for leg in legs if leg.name not in wanted.without]


def _interpreters(case: Case, module: Module) -> list[Leg]:
    legs: list[Leg] = []
    if iree_tools.runtime_version():
        if is_inline(module):
            legs.append(IreeToolLeg(IREE, case.module, result_kinds(module)))
        else:
            legs.append(WorkerLeg(IREE, lambda facts: Iree(case.module)))
    if importlib.util.find_spec("transpile.interp"):
        legs.append(WorkerLeg(OURS, lambda facts: _interpreted(case.module)))
    return legs


def _interpreted(path: Path) -> Interpreted:
    """The interpreter is compiled here: it is the same for all modules, and opening one should not include it."""
    from transpile.errors import TranspileError
    from transpile.interp import compile_interpreter

    try:
        compile_interpreter()
    except TranspileError as problem:
        raise Unavailable(str(problem)) from problem
    return Interpreted(path)


def _c_legs(module: Module, wanted: Wanted) -> list[Leg]:
    legs: list[Leg] = []
    for level in wanted.levels:
        # Only fast code runs on several threads.
        for threads in wanted.threads if level.emitted == "speed" else wanted.threads[:1]:
            name = f"C {level.name}" if threads == 1 else f"C {level.name}, {threads} threads"
            legs.append(_c_leg(name, module, level, wanted.target_cpu, threads))
    return legs


def _c_leg(name: str, module: Module, level: Level, target_cpu: str, threads: int) -> Leg:
    leg = WorkerLeg(
        name, lambda facts: compiled(module, level, facts, target_cpu), exact=not level.relaxed, threads=threads
    )
    leg.facts.relaxed = level.relaxed
    return leg


def _foreign(case: Case) -> list[Leg]:
    legs: list[Leg] = []
    if case.source and iree_tools.compiler_version() and "vm.module" not in _head(case.source):
        source = case.source
        legs.append(WorkerLeg(NATIVE, lambda facts: Iree(native(source, facts)), exact=False))
    if case.onnx and importlib.util.find_spec("onnxruntime"):
        model = case.onnx
        legs.append(WorkerLeg(ONNX, lambda facts: OnnxRuntime(model), exact=False))
    return legs


def _head(source: Path) -> str:
    with source.open(encoding="utf-8", errors="replace") as file:
        return file.read(1 << 16)


def choose_base(legs: Sequence[Leg], name: str | None) -> str:
    """The leg that ratios are taken to: the one asked for, or the first."""
    names = [leg.name for leg in legs]
    if name is None and names:
        return names[0]
    if name not in names:
        raise Unavailable(f"there is no leg {name!r}; there are {', '.join(names)}")
    return name
