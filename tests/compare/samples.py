"""Reports with known contents."""

from __future__ import annotations

from compare.equality import Verdict
from compare.leg import Facts
from compare.machine import Machine
from compare.measure import Timing
from compare.peaks import Peaks
from compare.results import CaseResult, ExportTime, Hot, LegResult, Report
from compare.size import BuildSize, ModuleSize, Sections
from compare.stats import Estimate
from compare.values import Sample

MACHINE = Machine("a processor", 2, 8 << 30, "Linux", "cc 12", {"transpile": "0.1.0"}, 0.1)
BASE = "IREE interpreter"


def leg(name: str, seconds: float, base: float = 1.0, verdict: Verdict | None = None) -> LegResult:
    """A leg with seven samples around the given time; the base's are around `base`."""
    shares = (0.98, 0.99, 1.0, 1.0, 1.0, 1.01, 1.02)
    timing = Timing(3, [Sample(seconds * share, seconds * share * 1.01) for share in shares])
    found = LegResult(name, True, Facts(0.5, 0.01, 0.02, 1 << 20), verdict or Verdict("equal", calls=3))
    if not found.verdict.right:
        return found
    found.timing, found.estimate = timing, timing.estimate("cpu")
    found.ratio = timing.ratio_to(Timing(1, [Sample(base * share, base) for share in shares]), "cpu")
    found.flops = 1e9 / seconds
    return found


def case(name: str = "matmul", speed: float = 0.01) -> CaseResult:
    """A case with a base, C at two levels, and a leg that is wrong."""
    wrong = Verdict("wrong", "call 1, result 0: 1 of 4 elements differ, element 2 is <b>7</b> instead of 6", 1)
    legs = [leg(BASE, 1.0), leg("C speed", speed), leg("C size", 0.2), leg("somebody", 0.001, verdict=wrong)]
    found = CaseResult(name, "mm(64x64xfloat32, 64x64xfloat32)", BASE, BASE, legs, work_flops=10**9, work_bytes=10**7)
    found.size = ModuleSize(5000, 640, 1000)
    own = Sections(1600, 800, 8, 0, 100)
    found.builds = [
        BuildSize(level, "native", 6000, 200, own, 20000, 14000, 0.1, 0.4, 0.9, {"f": 1500}, {"m.mlir:1:1": 1500}, 2.5)
        for level in ("speed", "size")
    ]
    found.exports = [ExportTime("mm", "C speed", Estimate(0.01, 0.009, 0.011, 7))]
    found.hot_leg = "C speed"
    found.hot = [
        Hot("f", "m.mlir:1:1", 0.009, 0.9, "matmul", 1e11, 1e9, 100.0),
        Hot("vm_release", "runtime", 0.001, 0.1),
    ]
    return found


def report(*cases: CaseResult) -> Report:
    """A report of the given cases, or of one."""
    peaks = Peaks(1e11, 3e10, 2e11)
    return Report("2026-01-02T03:04:05Z", "cpu", MACHINE, peaks, list(cases or (case(),)))
