"""What a call from Python costs, beside ONNX Runtime, in one interleaved run: `python -m compare calls`.

A tiny network hardly computes, so that its time is that of the call: arguments in, results out.  Outputs are compared
before anything is timed.
"""

from __future__ import annotations

import gc
import importlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise, repeat
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import transpile
from compare.engines import Unavailable
from compare.equality import TOLERANCE, Verdict, as_close, judge
from compare.legs import ONNX
from compare.stats import Estimate, estimate, paired
from compare.values import Outcome
from transpile.front import Flow

WIDTHS = (16, 32, 10)
"""Of the layers of the network that is measured where no model is named."""
FLOWS: Mapping[str, Flow] = {"hal": "vmvx", "inline": "inline-static"}


@dataclass
class Leg:
    """A way to call, and how long a call took in each round, in seconds."""

    name: str
    call: Callable[[], Any]
    verdict: Verdict
    samples: list[float] = field(default_factory=list)

    @property
    def time(self) -> Estimate:
        """Of one call."""
        return estimate(self.samples)

    def ratio_to(self, other: Leg) -> Estimate:
        """How many times as fast it is."""
        return paired(other.samples, self.samples)


def tiny_model(path: Path, widths: Sequence[int] = WIDTHS) -> Path:
    """Write a network of fully connected layers, of these many values, as ONNX."""
    try:
        onnx: Any = importlib.import_module("onnx")
    except ImportError:
        raise Unavailable("onnx is not installed: pip install 'transpile-vmfb[compiler]'") from None
    helper, random = onnx.helper, np.random.default_rng(0)
    weights = [random.standard_normal(pair).astype(np.float32) for pair in pairwise(widths)]
    last = len(weights) - 1
    nodes = []
    for k in range(len(weights)):
        nodes.append(helper.make_node("MatMul", [f"x{k}", f"w{k}"], [f"y{k}"]))
        if k < last:
            nodes.append(helper.make_node("Relu", [f"y{k}"], [f"x{k + 1}"]))
    ends = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [1, width])
        for name, width in (("x0", widths[0]), (f"y{last}", widths[-1]))
    ]
    constants = [onnx.numpy_helper.from_array(value, f"w{k}") for k, value in enumerate(weights)]
    graph = helper.make_graph(nodes, "tiny", ends[:1], ends[1:], constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), str(path))
    return path


def legs_of(model: Path) -> list[Leg]:
    """Our ways to call an ONNX model of one thread, checked against the interpreter, and ONNX Runtime."""
    legs: list[Leg] = []
    for flavour, flow in FLOWS.items():
        function = _function(transpile.load(model, flow=flow, threads=1))
        feed = _inputs(function)
        call = partial(function, *feed.values())
        reference = [_outcome(_function(transpile.load(model, flow=flow, engine="interpreter"))(*feed.values()))]
        legs.append(Leg(f"C, {flavour}", call, judge(reference, [_outcome(call())], exact=True)))
        places = tuple(np.empty_like(value) for value in reference[0].results)
        written = partial(call, out=places if len(places) > 1 else places[0])
        legs.append(Leg(f"C, {flavour}, out=", written, judge(reference, [_outcome(written())], exact=True)))
    theirs = _onnx_runtime(model, feed)
    close = as_close(judge(reference, [_outcome(tuple(theirs()))], exact=False, tolerance=TOLERANCE))
    return [*legs, Leg(ONNX, theirs, close)]


def _function(program: Any) -> Any:
    return next(iter(program.functions.values()))


def _inputs(function: Any) -> dict[str, NDArray[Any]]:
    """A random array for each argument; open dimensions are 1."""
    random, found = np.random.default_rng(1), {}
    for item in function.inputs:
        shape = [size if isinstance(size, int) else 1 for size in item.shape or ()]
        found[item.name] = random.standard_normal(shape).astype(item.dtype)
    return found


def _onnx_runtime(model: Path, feed: Mapping[str, NDArray[Any]]) -> Callable[[], Any]:
    try:
        ort: Any = importlib.import_module("onnxruntime")
    except ImportError:
        raise Unavailable("ONNX Runtime is not installed: pip install 'transpile-vmfb[onnx]'") from None
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    return partial(session.run, None, dict(feed))


def _outcome(value: Any) -> Outcome:
    return Outcome(tuple(np.array(one) for one in (value if isinstance(value, tuple) else (value,))))


def measure_calls(legs: list[Leg], rounds: int, count: int) -> None:
    """Time so many calls of each leg, one leg after the other, and that so many times."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        for _ in range(rounds):
            for leg in legs:
                leg.samples.append(_seconds(leg.call, count))
    finally:
        if was_enabled:
            gc.enable()


def _seconds(call: Callable[[], Any], count: int) -> float:
    call()  # what the leg before has pushed out of the caches comes back
    start = time.perf_counter()
    for _ in repeat(None, count):
        call()
    return (time.perf_counter() - start) / count
