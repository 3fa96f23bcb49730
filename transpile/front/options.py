"""What commands that take models say about them: --dim, --shape, --flow and the rest, as one `ModelOptions`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import click

from transpile.front.model import FLOWS, model_options

_Command = TypeVar("_Command", bound=Callable[..., Any])

_OPTIONS = (
    click.option(
        "--dim",
        "dims",
        multiple=True,
        metavar="NAME=SIZE",
        help="For models: set the size of a named dimension; repeat.",
    ),
    click.option(
        "--shape", "shapes", multiple=True, metavar="INPUT=1x64", help="For models: set the shape of an input; repeat."
    ),
    click.option(
        "--flow",
        type=click.Choice(FLOWS),
        default="auto",
        show_default=True,
        help="For models: how IREE compiles them. vmvx (what auto chooses) uses a device, the inline flows do not.",
    ),
    click.option("--opset", type=click.IntRange(min=1), help="For ONNX models: convert to this operator set first."),
    click.option(
        "--iree-flag",
        "flags",
        multiple=True,
        metavar="FLAG",
        help="For models: an additional option for iree-compile; repeat.",
    ),
)


def takes_models(command: _Command) -> _Command:
    """Add the options; the command is called with them as `model`."""

    @functools.wraps(command)
    def wrapped(*arguments: Any, **named: Any) -> Any:
        said = [named.pop(name) for name in ("dims", "shapes", "flow", "opset", "flags")]
        return command(*arguments, model=model_options(*said), **named)

    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[return-value]
