"""The command `transpile`: a group of thin commands over the package's functions."""

from __future__ import annotations

import click

import transpile
from compare.cli import compare
from transpile.cli.common import EXIT_CODES
from transpile.cli.compiling import compile_
from transpile.cli.doctor import doctor
from transpile.cli.examples import examples
from transpile.cli.explain import explain
from transpile.cli.make import build, emit
from transpile.cli.run import run
from transpile.cli.show import disasm, inspect, verify
from transpile.cli.size import size


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXIT_CODES)
@click.version_option(transpile.__version__, prog_name="transpile")
def main() -> None:
    """Compile models (.onnx, .mlir) and IREE VM bytecode modules (.vmfb) to C, and look into them.

    \b
        transpile inspect model.onnx                 show what is in it
        transpile run model.onnx --input=1x64xf32=1  compile it and call it
        transpile build model.onnx -o packages       make a Python package
        transpile emit model.onnx -o c               write C
        transpile compile model.onnx -o model.vmfb   keep the module

    Models are compiled to a module by IREE's compiler first: pip install 'transpile-vmfb[compiler]'.  To make such a
    module with IREE's own tools:

    \b
        iree-import-onnx model.onnx --opset-version 17 -o model.mlir
        iree-compile --iree-hal-target-device=local \\
            --iree-hal-local-target-device-backends=vmvx \\
            --iree-torch-emit-async-entry-points=false \\
            --iree-input-demote-f64-to-f32=false model.mlir -o model.vmfb
    """


for command in (compile_, inspect, disasm, verify, explain, emit, size, build, run, compare, doctor, examples):
    main.add_command(command)
