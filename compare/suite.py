"""The standard set of programs, built from the sources in this repository.

MLIR programs are compiled as they are; networks are made by `compare/networks.py` and `tests/models/build.py` with
seeded random weights.  What has been built is kept; MLIR programs are built again when their source or flags change.
"""

from __future__ import annotations

import functools
import hashlib
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from compare import iree_tools
from compare.builds import iree_compile
from compare.cases import Case, examples, from_module
from compare.engines import Unavailable
from compare.resources import EXAMPLES
from transpile.cache import default_root

_REPOSITORY = EXAMPLES.parent
_SOURCES = _REPOSITORY / "tests" / "modules" / "src"
_MODELS = _REPOSITORY / "tests" / "models" / "build.py"


@dataclass(frozen=True)
class Program:
    """One MLIR program of the suite."""

    name: str
    source: Path
    flags: tuple[str, ...]
    replace: tuple[tuple[str, str], ...] = ()
    """Changes to the source: sizes, mostly."""


def _matmul(size: int, flow: str, flags: tuple[str, ...]) -> Program:
    shapes = (("64x64xf32", f"{size}x{size}xf32"),)
    return Program(f"matmul_{size}_{flow}", EXAMPLES / "matmul" / "matmul.mlir", flags, shapes)


PROGRAMS: tuple[Program, ...] = (
    _matmul(128, "inline", iree_tools.INLINE),
    _matmul(512, "inline", iree_tools.INLINE),
    _matmul(512, "vmvx", iree_tools.VMVX),
    *(
        Program(name, _SOURCES / f"{name}.mlir", iree_tools.INLINE)
        for name in ("matmul_int8", "batch_matmul", "conv2d", "conv_depthwise", "softmax", "layer_norm", "mlp")
    ),
    Program("heat_vmvx", _SOURCES / "heat.mlir", iree_tools.VMVX),
    Program("tensor_globals_vmvx", _SOURCES / "tensor_globals.mlir", iree_tools.VMVX),
)
LIGHT = ("light_squeezenet", "light_resnet50")
"""Networks of the `onnx` package, built by the tests' script."""
OWN = ("mobilenet", "encoder")
NAMES = (*(program.name for program in PROGRAMS), *(f"{name}_inline" for name in (*OWN, *LIGHT)))


def suite(folder: Path | None, only: Sequence[str], progress: Callable[[str], None]) -> list[Case]:
    """All programs of the suite, or those named."""
    place = folder or default_root() / "suite"
    place.mkdir(parents=True, exist_ok=True)
    found = [case for case in examples() if not only or case.name in only]
    builders: dict[str, Callable[[], Case]] = {
        program.name: functools.partial(_built, program, place) for program in PROGRAMS
    }
    builders |= {f"{name}_inline": functools.partial(_own_network, name, place) for name in OWN}
    builders |= {f"{name}_inline": functools.partial(_light_network, name, place) for name in LIGHT}
    for name, build in builders.items():
        if not only or name in only:
            progress(f"building {name}")
            found.append(build())
    if unknown := set(only) - {case.name for case in found}:
        raise Unavailable(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    return found


def _built(program: Program, place: Path) -> Case:
    if not program.source.exists():
        raise Unavailable(f"{program.source.name} is in a checkout only")
    text = program.source.read_text(encoding="utf-8")
    for old, new in program.replace:
        text = text.replace(old, new)
    key = hashlib.sha256(repr((text, program.flags, iree_tools.compiler_version())).encode()).hexdigest()[:12]
    folder = place / f"{program.name}-{key}"
    target = folder / f"{program.name}.vmfb"
    if not target.exists():
        folder.mkdir(exist_ok=True)
        source = folder / f"{program.name}.mlir"
        source.write_text(text, encoding="utf-8")
        _compile(source, target, program.flags)
    return from_module(target)


def _own_network(name: str, place: Path) -> Case:
    target = place / f"{name}_inline.vmfb"
    if not target.exists():
        import onnx

        from compare.networks import NETWORKS, OPSET

        model, source = place / f"{name}.onnx", place / f"{name}.mlir"
        onnx.save(NETWORKS[name](), str(model))
        importer = Path(sys.executable).parent / "iree-import-onnx"
        _run([str(importer), str(model), "--opset-version", str(OPSET), "-o", str(source)], name)
        _compile(source, target, (*iree_tools.INLINE, "--iree-torch-emit-async-entry-points=false"))
    return from_module(target, seeds=1)


def _light_network(name: str, place: Path) -> Case:
    target = place / f"{name}_inline.vmfb"
    if not target.exists():
        if not _MODELS.exists():
            raise Unavailable(f"{name} is built in a checkout only")
        _run([sys.executable, str(_MODELS), name, "--flow", "inline-static", "--out", str(place)], name)
    return from_module(target, seeds=1)


def _compile(source: Path, target: Path, flags: tuple[str, ...]) -> None:
    """Under another name first: what is there is complete."""
    made = target.with_suffix(".new")
    iree_compile(source, made, flags)
    made.rename(target)


def _run(command: Sequence[str], name: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Unavailable(f"{name} could not be built: {done.stderr.strip()[-300:]}")
