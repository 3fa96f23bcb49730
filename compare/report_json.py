"""The report as JSON, described by `schema.json`, and read back for `--baseline`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from compare.engines import Unavailable
from compare.results import CaseResult, LegResult, Report

SCHEMA = "transpile-compare/1"
SCHEMA_FILE = Path(__file__).with_name("schema.json")


def to_json(report: Report) -> dict[str, Any]:
    """The report as values that JSON has."""
    return {
        "schema": SCHEMA,
        "date": report.date,
        "clock": report.clock,
        "machine": _plain(report.machine),
        "peaks": _plain(report.peaks),
        "baseline": report.baseline,
        "missing": report.missing,
        "cases": [_case(case) for case in report.cases],
    }


def dump(report: Report) -> str:
    """The text of the file."""
    return json.dumps(to_json(report), indent=1, allow_nan=False) + "\n"


def read(path: Path) -> dict[str, Any]:
    """A file written before, for comparison with it."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise Unavailable(f"{path} cannot be read: {problem}") from None
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise Unavailable(f"{path} is not a report of this program (its schema should be {SCHEMA!r})")
    return found


def _case(case: CaseResult) -> dict[str, Any]:
    plain = {
        name: _plain(getattr(case, name))
        for name in (
            *("name", "call", "base", "reference", "size", "exports", "hot", "hot_leg", "hot_outside", "notes"),
            *("about", "variant_of"),
        )
    }
    builds = [_plain(build) for build in case.builds]
    work = {"flops": case.work_flops, "bytes": case.work_bytes}
    return {**plain, "work": work, "builds": builds, "legs": [_leg(leg) for leg in case.legs]}


def _leg(leg: LegResult) -> dict[str, Any]:
    timing = leg.timing
    return {
        "name": leg.name,
        "exact": leg.exact,
        "verdict": _plain(leg.verdict),
        "facts": {**_plain(leg.facts), "cold_seconds": leg.facts.cold_seconds},
        "seconds": _plain(leg.estimate),
        "ratio": _plain(leg.ratio),
        "flops_per_second": leg.flops,
        "noise": leg.noise,
        "change": _plain(leg.change),
        "regressed": leg.regressed,
        "loops": timing.loops if timing else 0,
        "samples": [_plain(sample) for sample in timing.samples] if timing else [],
    }


def _plain(value: Any) -> Any:
    """Dataclasses as objects; a number that JSON has not as null."""
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
