"""What is compared: a module, the call that is timed, the calls whose results are compared."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from compare.engines import Unavailable
from compare.inputs import Draw, argument_kinds, given_inputs, random_inputs
from compare.resources import EXAMPLES
from compare.values import Call
from transpile import loader
from transpile.container import Module
from transpile.front import ModelOptions, compile_model, is_model
from transpile.symbols import named

_FLOW = re.compile(r"_(?:inline|vmvx|dynamic)$")


@dataclass(frozen=True)
class Case:
    """One module and what to call in it."""

    name: str
    module: Path
    timed: tuple[Call, ...]
    """Calls on one instance; the last one is timed."""
    checks: tuple[tuple[Call, ...], ...]
    """Sequences of calls, each on a fresh instance."""
    source: Path | None = None
    onnx: Path | None = None
    outline: Path | None = None
    """The source as text without its weights, where it is another file."""
    about: str = ""
    """What the program is, in a few words."""
    variant_of: str = ""
    """The program that this is another form of."""


def from_module(
    path: Path,
    function: str | None = None,
    inputs: Sequence[str] = (),
    seeds: int = 3,
    name: str | None = None,
    model: ModelOptions | None = None,
    draw: Draw | None = None,
) -> Case:
    """A case for any module or model: the given function or the first one, with the given inputs or random ones."""
    name, source, onnx, outline = name or path.stem, beside(path, ".mlir"), beside(path, ".onnx"), None
    if is_model(path):
        made = compile_model(path, model)
        onnx = path if made.mlir != path else None
        path, source, outline = made.module, made.mlir, made.outline
    module = loader.read(path)
    chosen = _function(module, function) if function or inputs else first_function(module, source, draw)
    if inputs:
        arguments = [given_inputs(inputs, argument_kinds(module, chosen))]
    else:
        count = _useful(module, chosen, seeds)
        arguments = [random_inputs(module, chosen, seed, source, draw) for seed in range(count)]
    calls = [Call(chosen, each) for each in arguments]
    return Case(name, path, (calls[0],), tuple((call,) for call in calls), source, onnx, outline)


def _function(module: Module, name: str | None) -> str:
    """The export that is named, or the only one."""
    callable_names = [e.name for e in module.exports if not e.name.startswith("__") and not e.name.endswith("$async")]
    if name is None and len(callable_names) == 1:
        return callable_names[0]
    found = named(name, [export.name for export in module.exports]) if name is not None else None
    if found is None:
        problem = f"there is no function {name!r}" if name is not None else "whose inputs these are is not said"
        raise Unavailable(f"{problem}: choose one with --function: {', '.join(callable_names) or '(no exports)'}")
    return found


def first_function(module: Module, source: Path | None = None, draw: Draw | None = None) -> str:
    """The first export that can be called with inputs made up for it."""
    reasons = []
    for export in module.exports:
        if export.name.startswith("__") or export.name.endswith("$async"):
            continue
        try:
            random_inputs(module, export.name, 0, source, draw)
        except Unavailable as reason:
            reasons.append(str(reason))
            continue
        return export.name
    raise Unavailable("; ".join(reasons) or "the module exports no function")


def beside(module: Path, suffix: str) -> Path | None:
    """The file a module was made from, if it lies beside it: `x.mlir` for `x.vmfb`, `x_inline.vmfb`, `x_vmvx.vmfb`."""
    for stem in (module.stem, _FLOW.sub("", module.stem)):
        candidate = module.with_name(f"{stem}{suffix}")
        if candidate.exists():
            return candidate
    return None


def _useful(module: Module, function: str, seeds: int) -> int:
    """Seeds change nothing without tensors."""
    return seeds if "r" in argument_kinds(module, function) else 1


def examples() -> list[Case]:
    """The bundled examples."""
    if not EXAMPLES.is_dir():
        raise Unavailable("the examples are in a checkout of transpile only: name a module, transpile compare MODULE")
    scalar: list[tuple[str, Call, tuple[Call, ...]]] = [
        ("collatz", Call("longest", (10000,)), (Call("longest", (0,)), Call("longest", (27,)))),
        ("fibonacci", Call("fib", (100000,)), (Call("fib", (-1,)), Call("fib", (90,)))),
        ("sieve", Call("count", (100000,)), (Call("count", (-5,)), Call("count", (1000,)))),
    ]
    cases = [_scalar_case(name, timed, checks) for name, timed, checks in scalar]
    return [*cases, _wordcount(), from_module(EXAMPLES / "matmul" / "matmul.vmfb"), *_digits()]


def _scalar_case(name: str, timed: Call, checks: tuple[Call, ...]) -> Case:
    path = EXAMPLES / name / f"{name}.vmfb"
    return Case(name, path, (timed,), tuple((call,) for call in (timed, *checks)), beside(path, ".mlir"))


def _wordcount() -> Case:
    path = EXAMPLES / "wordcount" / "wordcount.vmfb"
    count = Call("count")
    asked: list[Call] = [Call("most_frequent"), Call("times", (0,)), Call("length", (1,)), Call("byte", (1, 2))]
    beyond = Call("times", (1000,))
    return Case("wordcount", path, (count,), ((count, *asked, beyond), (beyond,)), beside(path, ".mlir"))


def _digits() -> list[Case]:
    folder = EXAMPLES / "digits"
    images: Any = np.load(folder / "test_images.npy")[:3].reshape(-1, 1, 64).astype(np.float32) / 16
    calls = [Call("classify", (image,)) for image in images]
    checks = tuple((call,) for call in calls)
    paths = [folder / "digits.vmfb", folder / "digits_vmvx.vmfb"]
    return [Case(path.stem, path, (calls[0],), checks, beside(path, ".mlir")) for path in paths]
