"""Cases of the models: fetched, fixed, compiled. What IREE cannot compile is a result that says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from compare.cases import Case, from_module
from compare.results import CaseResult
from compare.suite import builders
from compare.zoo.archive import fetched
from compare.zoo.table import Model
from transpile.errors import UnsupportedError
from transpile.native.cache import default_root

Fetch = Callable[[str, str, Path], Path]


def build(
    models: Iterable[Model], progress: Callable[[str], None], fetch: Fetch = fetched
) -> tuple[list[Case], list[CaseResult]]:
    """The cases, and what is left of models that IREE's importer or compiler refuses."""
    cases, refused = [], []
    for model in models:
        progress(f"{model.name}: building")
        try:
            made = builders(None)[model.program]() if model.program else _case(model, fetch)
        except UnsupportedError as problem:
            refused.append(_refused(model, problem))
            continue
        cases.append(replace(made, name=model.name, about=model.about, variant_of=model.variant_of))
    return cases, refused


def _case(model: Model, fetch: Fetch) -> Case:
    path = fetch(model.package, model.file, default_root() / "zoo")
    return from_module(path, name=model.name, model=model.options, draw=model.draw)


def _refused(model: Model, problem: UnsupportedError) -> CaseResult:
    """A program without legs; of the reason only what IREE says."""
    note = f"refused: {problem.diagnostics[0].message}"
    return CaseResult(model.name, "", "", "", [], notes=[note], about=model.about, variant_of=model.variant_of)
