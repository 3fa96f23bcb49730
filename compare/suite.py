"""The standard set of programs, built from the sources in this repository.

MLIR programs are compiled as they are or with other sizes; networks are made by `compare/networks.py` and
`tests/models/build.py` with seeded random weights.  What has been built is kept; MLIR programs are built again when
their source or flags change.
"""

from __future__ import annotations

import functools
import hashlib
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from compare import iree_tools
from compare.builds import iree_compile
from compare.cases import Case, examples, from_module
from compare.engines import Unavailable
from compare.resources import MODELS, suite_source
from transpile.native.cache import default_root

Builders = dict[str, Callable[[], Case]]

FLOWS = {"vmvx": iree_tools.VMVX, "inline": iree_tools.INLINE}
"""What a program's name ends with: IREE's default local flow, and one module without a device."""


class NoSources(Unavailable):
    """A program whose sources are not installed."""


@dataclass(frozen=True)
class Program:
    """One MLIR program of the suite."""

    name: str
    source: str
    """The file's name: `pyproject.toml` puts it into wheels."""
    replace: tuple[tuple[str, str], ...] = ()
    """Changes to the source: sizes, mostly."""
    flows: tuple[str, ...] = ("vmvx", "inline")


_MATMUL = "matmul.mlir"
_TRANSPOSED = """linalg.matmul indexing_maps = [affine_map<(i, j, k) -> (i, k)>, affine_map<(i, j, k) -> (j, k)>,
                                     affine_map<(i, j, k) -> (i, j)>] ins("""


def _sized(size: int) -> tuple[str, str]:
    return "64x64xf32", f"{size}x{size}xf32"


PROGRAMS: tuple[Program, ...] = (
    Program("matmul_128", _MATMUL, (_sized(128),)),
    Program("matmul_512", _MATMUL, (_sized(512),)),
    Program("matmul_512_transposed", _MATMUL, (_sized(512), ("linalg.matmul ins(", _TRANSPOSED))),
    Program(
        "matmul_int8_512",
        "matmul_int8.mlir",
        (("6x8xi8", "512x512xi8"), ("8x5xi8", "512x512xi8"), ("6x5xi32", "512x512xi32")),
    ),
    *(Program(name, f"{name}.mlir") for name in ("batch_matmul", "softmax", "layer_norm", "mlp")),
    Program("heat", "heat.mlir", flows=("vmvx",)),
    Program("tensor_globals", "tensor_globals.mlir", flows=("vmvx",)),
)
LIGHT = ("light_squeezenet", "light_resnet50")
"""Networks of the `onnx` package, built by the tests' script."""
OWN = (
    *("convolution_1x1", "convolution_3x3", "convolution_depthwise"),
    *("mobilenet", "encoder", "resnet8", "resnet8_int8"),
)
"""Networks of `compare/networks.py`."""


def suite(folder: Path | None, only: Sequence[str], progress: Callable[[str], None]) -> list[Case]:
    """The bundled examples and all programs of the suite, or those whose names contain one of the given words.

    Without words, programs that are in a checkout only are left out, and named, where there is none.
    """
    found: Builders = {}
    try:
        found |= {case.name: functools.partial(_as_it_is, case) for case in examples()}
    except Unavailable:
        if not only:
            click.echo("left out: the examples, which are in a checkout of transpile only", err=True)
    return build(found | builders(folder), only, progress, partial=not only)


def builders(folder: Path | None) -> Builders:
    """How each program of the suite is built, by name, into a folder or into the place for caches."""
    place = folder or default_root() / "suite"
    found: Builders = {
        f"{program.name}_{flow}": functools.partial(_built, program, flow, place)
        for program in PROGRAMS
        for flow in program.flows
    }
    for names, make in ((OWN, _own_network), (LIGHT, _light_network)):
        found |= {f"{name}_{flow}": functools.partial(make, name, flow, place) for name in names for flow in FLOWS}
    return found


def build(
    known: Builders, only: Sequence[str], progress: Callable[[str], None], *, partial: bool = False
) -> list[Case]:
    """The cases whose names contain one of the words, or all; a word must mean something.

    With `partial`, those whose sources are not here are left out.
    """
    cases = []
    for name in chosen(known, only):
        progress(f"building {name}")
        try:
            cases.append(known[name]())
        except NoSources as reason:
            if not partial:
                raise
            click.echo(f"left out: {reason}", err=True)
    return cases


def chosen(names: Iterable[str], only: Sequence[str]) -> list[str]:
    """The names that contain one of the words."""
    names = list(names)
    if useless := [word for word in only if not any(word in name for name in names)]:
        raise Unavailable(f"there is no {', '.join(useless)}; there are {', '.join(names)}")
    return [name for name in names if not only or any(word in name for word in only)]


def _as_it_is(case: Case) -> Case:
    return case


def _built(program: Program, flow: str, place: Path) -> Case:
    path = suite_source(program.source)
    if not path.exists():
        raise NoSources(f"{program.source} is in a checkout of transpile only")
    text = path.read_text(encoding="utf-8")
    for old, new in program.replace:
        text = text.replace(old, new)
    key = hashlib.sha256(repr((text, FLOWS[flow], iree_tools.compiler_version())).encode()).hexdigest()[:12]
    name = f"{program.name}_{flow}"
    folder = place / f"{name}-{key}"
    target = folder / f"{name}.vmfb"
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        source = folder / f"{name}.mlir"
        source.write_text(text, encoding="utf-8")
        _compile(source, target, FLOWS[flow])
    return from_module(target)


def _own_network(name: str, flow: str, place: Path) -> Case:
    source, target = place / f"{name}.mlir", place / f"{name}_{flow}.vmfb"
    if not source.exists():
        _import(name, source)
    if not target.exists():
        # The default is two functions, of which the inline flows have only one.
        whole = ("--iree-torch-emit-async-entry-points=false",) if flow == "inline" else ()
        _compile(source, target, (*FLOWS[flow], *whole))
    return from_module(target)


def _import(name: str, source: Path) -> None:
    import onnx

    from compare.networks import NETWORKS, OPSET

    source.parent.mkdir(parents=True, exist_ok=True)
    model, made = source.with_suffix(".onnx"), source.with_suffix(".new")
    onnx.save(NETWORKS[name](), str(model))
    importer = Path(sys.executable).parent / "iree-import-onnx"
    _run([str(importer), str(model), "--opset-version", str(OPSET), "-o", str(made)], name)
    made.rename(source)


def _light_network(name: str, flow: str, place: Path) -> Case:
    target = place / f"{name}_{flow}.vmfb"
    if not target.exists():
        if not MODELS.exists():
            raise NoSources(f"{name}_{flow} is built in a checkout of transpile only")
        known = "inline-static" if flow == "inline" else flow
        _run([sys.executable, str(MODELS), name, "--flow", known, "--out", str(place)], name)
    return from_module(target)


def _compile(source: Path, target: Path, flags: tuple[str, ...]) -> None:
    """Under another name first: what is there is complete."""
    made = target.with_suffix(".new")
    iree_compile(source, made, flags)
    made.rename(target)


def _run(command: Sequence[str], name: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Unavailable(f"{name} could not be built: {done.stderr.strip()[-300:]}")
