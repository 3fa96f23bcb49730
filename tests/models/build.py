"""Build the large test models: `python tests/models/build.py NAME --flow inline-static --out DIR`.

NAME is one of the networks below or `all`. DIR receives `<name>.onnx`, `<name>.mlir` and `<name>_<flow>.vmfb` (the flow
`inline-static` is abbreviated to `inline`). With `--run` the module is also run on one seeded random input by
`iree-run-module`; input and output are saved as `<name>_input.npy` and `<name>_<flow>_output.npy`. Needs `onnx`, and
the compiler and runtime wheels in the running Python's environment. Nothing in DIR is meant to be committed.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import onnx
from weights import input_shape, with_random_weights

NETWORKS = (
    "light_squeezenet",
    "light_inception_v1",
    "light_resnet50",
    "light_shufflenet",
    "light_densenet121",
    "light_inception_v2",
)

FLOWS = {
    "inline-static": [
        "--iree-hal-target-backends=vmvx-inline",
        "--iree-execution-model=inline-static",
        "--iree-flow-inline-constants-max-byte-length=1000000000",
        "--iree-torch-emit-async-entry-points=false",
    ],
    "vmvx": ["--iree-hal-target-device=local", "--iree-hal-local-target-device-backends=vmvx"],
}

# Without these the constants of the network do not survive into an inline module.
NOT_HOISTED = ("light_resnet50", "light_shufflenet", "light_densenet121", "light_inception_v2")
EXTRA_FLAGS = {(name, "inline-static"): ["--iree-opt-const-expr-hoisting=false"] for name in NOT_HOISTED}

SUFFIX = {"inline-static": "inline", "vmvx": "vmvx"}


def tool(name: str) -> str:
    """A command installed beside the running Python."""
    return str(Path(sys.executable).parent / name)


def run(command: list[str], cwd: Path) -> None:
    """Runs a command at low priority and says how long it took."""
    started = time.monotonic()
    subprocess.run(["nice", *command], cwd=cwd, check=True)
    print(f"{Path(command[0]).name}: {time.monotonic() - started:.1f} s", flush=True)


def write_onnx(name: str, out: Path, seed: int) -> None:
    onnx.save(with_random_weights(name, seed), str(out / f"{name}.onnx"))


def import_mlir(name: str, out: Path) -> None:
    run([tool("iree-import-onnx"), f"{name}.onnx", "--opset-version", "17", "-o", f"{name}.mlir"], out)


def compile_module(name: str, flow: str, out: Path) -> None:
    flags = FLOWS[flow] + EXTRA_FLAGS.get((name, flow), [])
    run([tool("iree-compile"), *flags, f"{name}.mlir", "-o", f"{name}_{SUFFIX[flow]}.vmfb"], out)


def exported_name(mlir: Path) -> str:
    """The first function of an imported model; the importer names it after the graph."""
    with mlir.open(encoding="utf-8") as lines:
        line = next(text for text in lines if "func.func @" in text)
    return line.split("@", 1)[1].split("(", 1)[0].strip('"')


def run_module(name: str, flow: str, out: Path, seed: int) -> None:
    shape = input_shape(onnx.load(str(out / f"{name}.onnx"), load_external_data=False))
    image = np.random.default_rng(seed).standard_normal(shape).astype(np.float32)
    np.save(out / f"{name}_input.npy", image)
    command = [tool("iree-run-module"), "--device=local-sync", f"--module={name}_{SUFFIX[flow]}.vmfb"]
    command += [f"--function={exported_name(out / f'{name}.mlir')}", f"--input=@{name}_input.npy"]
    run([*command, f"--output=@{name}_{SUFFIX[flow]}_output.npy"], out)


def build(name: str, options: argparse.Namespace) -> None:
    print(f"{name}, {options.flow}", flush=True)
    out: Path = options.out
    if not (out / f"{name}.mlir").exists() or options.force:
        write_onnx(name, out, options.seed)
        import_mlir(name, out)
    if not (out / f"{name}_{SUFFIX[options.flow]}.vmfb").exists() or options.force:
        compile_module(name, options.flow, out)
    if options.run:
        run_module(name, options.flow, out, options.seed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", choices=[*NETWORKS, "all"])
    parser.add_argument("--flow", choices=sorted(FLOWS), default="inline-static")
    parser.add_argument("--out", type=Path, required=True, help="cache directory")
    parser.add_argument("--seed", type=int, default=0, help="of the weights and of the input")
    parser.add_argument("--run", action="store_true", help="also run the module once and save input and output")
    parser.add_argument("--force", action="store_true", help="rebuild what DIR already has")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    for name in NETWORKS if options.name == "all" else [options.name]:
        build(name, options)


if __name__ == "__main__":
    main()
