"""A page that knows digits: `python examples/digits/web/build.py FOLDER` needs transpile, make, and clang with lld.

FOLDER gets `index.html`, which has all it needs in it and can be opened as a file, and beside it in `digits` what it
was made from: C, the WebAssembly program, and the module that calls it. With `CC="python -m ziglang cc"` in the
environment zig's compiler is taken.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from string import Template

import numpy as np

from transpile import loader
from transpile.emit import EmitOptions, Output, emit
from transpile.ship.mains import WASM

HERE = Path(__file__).parent
MODULE = HERE.parent / "digits_vmvx.vmfb"
PREFIX = "digits"
LAYERS = ((64, 48), (48, 10))


def program(folder: Path) -> None:
    """The C and what is made of it."""
    command = [sys.executable, "-m", "transpile", "emit", str(MODULE), "-o", str(folder), f"--prefix={PREFIX}"]
    subprocess.run([*command, "--static", "--main=wasm"], check=True, stdout=subprocess.DEVNULL)
    compiler = [f"CC={os.environ['CC']}"] if os.environ.get("CC") else []
    subprocess.run(["make", "-s", "-C", str(folder), *compiler], check=True)


def inner_loop() -> str:
    """The C of the loop that most of the time goes to: the first one, over the first layer."""
    output: Output = emit(loader.read(MODULE), EmitOptions(PREFIX, target=WASM.processor, static=True))
    return next(iter(output.loops.values()))


def samples() -> list[list[int]]:
    """For each digit the first image of it that the network was not trained with."""
    images, labels = np.load(HERE.parent / "test_images.npy"), np.load(HERE.parent / "test_labels.npy")
    return [images[labels.tolist().index(digit)].tolist() for digit in range(10)]


def as_address(path: Path, kind: str) -> str:
    """The file itself, as what a page can load without a server."""
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"


def page(folder: Path) -> str:
    """The page around a program in a folder."""
    wasm = folder / f"{PREFIX}.wasm"
    work = sum(inputs * outputs for inputs, outputs in LAYERS)
    facts = {
        "program": as_address(wasm, "application/wasm"),
        "code": inner_loop(),
        "samples": samples(),
        "work": work,
    }
    modules = {"./digits.js": folder / f"{PREFIX}.js", "./image.js": HERE / "image.js"}
    imports = {"imports": {name: as_address(path, "text/javascript") for name, path in modules.items()}}
    return Template((HERE / "page.html").read_text(encoding="utf-8")).substitute(
        style=(HERE / "style.css").read_text(encoding="utf-8"),
        script=(HERE / "page.js").read_text(encoding="utf-8"),
        facts=json.dumps(facts).replace("<", "\\u003c"),
        imports=json.dumps(imports),
        parameters=f"{work + sum(outputs for _, outputs in LAYERS):,}",
        size=f"{wasm.stat().st_size:,}",
        work=f"{work:,}",
    )


def main() -> None:
    folder = Path(sys.argv[1])
    program(folder / PREFIX)
    (folder / "index.html").write_text(page(folder / PREFIX), encoding="utf-8")
    print(folder / "index.html")


if __name__ == "__main__":
    main()
