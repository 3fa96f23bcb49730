"""The option that says what loop nests are planned for."""

from __future__ import annotations

import click

from transpile.nests.plan.target import TARGETS

processor_option = click.option(
    "--processor",
    type=click.Choice(list(TARGETS)),
    help="Plan loop nests for this kind of processor, whatever the C compiler makes code for.",
)
