"""The command `transpile`: a group of thin commands over the package's functions."""

from __future__ import annotations

import click

import transpile
from compare.cli import compare
from transpile.cli.common import EXIT_CODES
from transpile.cli.doctor import doctor
from transpile.cli.explain import explain
from transpile.cli.make import build, emit
from transpile.cli.run import run
from transpile.cli.show import disasm, inspect, verify


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXIT_CODES)
@click.version_option(transpile.__version__, prog_name="transpile")
def main() -> None:
    """Compile IREE VM bytecode modules (.vmfb) to C, and look into them.

    A module comes from `iree-compile`; the flavour that runs everywhere is

    \b
        iree-compile --iree-hal-target-backends=vmvx-inline \\
            --iree-execution-model=inline-static model.mlir -o model.vmfb

    What to do with it:

    \b
        transpile inspect model.vmfb                 what is in it
        transpile run model.vmfb --function=mm \\
            --input=2x4xf32=1 --input=4x3xf32=2      compile and call it
        transpile build model.vmfb -o packages       a Python package
        transpile emit model.vmfb -o c               the C
    """


for command in (inspect, disasm, verify, explain, emit, build, run, compare, doctor):
    main.add_command(command)
