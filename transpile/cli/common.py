"""What the commands share: arguments, exit codes, and errors as messages instead of tracebacks."""

from __future__ import annotations

import functools
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

import click

from transpile.errors import BuildError, TranspileError, UsageError

REFUSED, USAGE, BUILD, FAILED = 1, 2, 3, 4
INTERRUPTED = 130

EXIT_CODES = """\b
Exit codes:
  0  success
  1  an input was refused: unreadable, not verified, or unsupported
  2  the command line is wrong
  3  a compiler is missing or failed
  4  the program ran and failed
"""

RELAXED_NOTE = "results are close to the interpreter's, but need not be equal bit for bit"

_Command = TypeVar("_Command", bound=Callable[..., Any])

module_argument = click.argument("module", type=click.Path(exists=True), metavar="MODULE")
optimize_option = click.option(
    "--optimize",
    type=click.Choice(["speed", "size", "none"]),
    default="speed",
    show_default=True,
    help="What to optimise for. 'none' follows the bytecode literally and compiles quickly.",
)
target_cpu_option = functools.partial(
    click.option,
    "--target-cpu",
    show_default=True,
    metavar="CPU",
    help="Processor to generate code for: 'native' (this machine), 'baseline' (every processor of this kind), "
    "'dispatch' (baseline, plus loops for wider vectors, chosen at run time), or a name that the C compiler accepts.",
)
relaxed_option = click.option(
    "--relaxed",
    is_flag=True,
    help="Let the C compiler fuse and reorder arithmetic. Results are close to the interpreter's, but need not be "
    "equal bit for bit.",
)
jobs_option = click.option("--jobs", "-j", type=click.IntRange(min=1), help="How many compilers to run in parallel.")
unsafe_option = click.option(
    "--unsafe-skip-verification",
    is_flag=True,
    help="Skip all checks of the module. Malformed bytecode then has undefined behaviour, in this process as well.",
)


class Failure(Exception):
    """A message for stderr and an exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


@contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """A line on the terminal that says what is being done; nothing where stderr is no terminal."""
    from rich.console import Console
    from rich.live import Live
    from rich.spinner import Spinner
    from rich.text import Text

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda text: None
        return
    spinner = Spinner("dots", Text("reading and verifying"))
    with Live(spinner, console=console, transient=True) as live:

        def show(text: str) -> None:
            spinner.update(text=Text(text))
            live.refresh()  # a step shorter than the spinner's period is seen too

        yield show


def reports_errors(command: _Command) -> _Command:
    """Turn the errors a user can do something about into messages."""

    @functools.wraps(command)
    def wrapped(*arguments: Any, **named: Any) -> Any:
        try:
            return command(*arguments, **named)
        except Failure as problem:
            _exit(problem, problem.code)
        except UsageError as problem:
            _exit(problem, USAGE)
        except KeyboardInterrupt:
            _die_of_interrupt()
        except BuildError as problem:
            _exit(problem, BUILD)
        except BrokenPipeError:
            sys.stderr.close()  # the reader of our output has gone; Python would complain about it at exit
            sys.exit(0)
        except (TranspileError, OSError) as problem:
            _exit(problem, REFUSED)

    return wrapped  # type: ignore[return-value]


def _die_of_interrupt() -> NoReturn:
    """As a program without a handler: shells say 130, and end the script that called it."""
    sys.stderr.flush()
    if os.name == "posix":
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGINT)
    sys.exit(INTERRUPTED)


def _exit(problem: Exception, code: int) -> NoReturn:
    click.echo(f"error: {printable_lines(str(problem))}", err=True)
    sys.exit(code)


def printable_lines(text: str) -> str:
    """Text with control characters escaped, except for line ends."""
    from transpile.isa.disasm import printable

    return "\n".join(printable(line) for line in text.split("\n"))


def warn_if_unverified(skipped: bool) -> None:
    """Say loudly that nothing has been checked."""
    if skipped:
        click.echo("warning: the module is not verified; malformed bytecode has undefined behaviour", err=True)
