"""One run over models: all legs in turn on one thread, relative to ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from compare.comparison import Settings, compare_all
from compare.legs import ONNX
from compare.measure import Plan
from compare.results import Report
from compare.targets import promised_legs, settings
from compare.zoo.cases import build
from compare.zoo.table import Model


def measure_zoo(models: Iterable[Model], plan: Plan, progress: Callable[[str], None]) -> Report:
    """Everything about these models; those that IREE refuses come last, with its reason."""
    cases, refused = build(models, progress)
    report = compare_all(cases, _settings(plan), progress)
    report.cases += refused
    return report


def _settings(plan: Plan) -> Settings:
    """As promises are measured, but on one thread, and with a look at where the time goes."""
    usual = settings(plan, promised_legs, fresh=False, sizes=True)
    return replace(usual, wanted=replace(usual.wanted, threads=(1,)), base=ONNX, hot=True)
