"""An earlier report, read back from its JSON."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from compare.engines import Unavailable
from compare.report_json import read
from compare.results import CaseResult, LegResult, Report

_Record = TypeVar("_Record")


def load(path: Path) -> Report:
    """The report in a file that `--json` has written; raises `Unavailable` if it cannot be read."""
    found = read(path)
    try:
        return _record(Report, {**found, "cases": [_case(case) for case in found["cases"]]})
    except (KeyError, TypeError, AttributeError) as problem:
        raise Unavailable(f"{path} is not a complete report: {problem!r}") from None


def _case(case: Mapping[str, Any]) -> CaseResult:
    work = {"work_flops": case["work"]["flops"], "work_bytes": case["work"]["bytes"]}
    return _record(CaseResult, {**case, **work, "legs": [_leg(leg) for leg in case["legs"]]})


def _leg(leg: Mapping[str, Any]) -> LegResult:
    timing = {"loops": leg["loops"], "samples": leg["samples"]} if leg["samples"] else None
    renamed = {"timing": timing, "estimate": leg["seconds"], "flops": leg["flops_per_second"]}
    return _record(LegResult, {**leg, **renamed})


def _record(kind: type[_Record], values: Mapping[str, Any]) -> _Record:
    """A dataclass of what a file has for its fields."""
    hints = get_type_hints(kind)
    known = [each.name for each in fields(kind) if each.name in values]  # type: ignore[arg-type]
    return kind(**{name: _value(hints[name], values[name]) for name in known})


def _value(kind: Any, value: Any) -> Any:
    if get_origin(kind) in (Union, types.UnionType):
        kind = next(each for each in get_args(kind) if each is not types.NoneType)
    if isinstance(value, list):
        return [_value(get_args(kind)[0], item) for item in value]
    if isinstance(kind, type) and is_dataclass(kind) and isinstance(value, Mapping):
        return _record(kind, value)
    return value
