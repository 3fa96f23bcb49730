"""The command line of a coverage-guided fuzzer: a target, how long, and where inputs are kept."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path
from subprocess import CompletedProcess


def campaign(
    description: str, targets: Iterable[str], fuzz: Callable[[str, int, Path | None], CompletedProcess[str]]
) -> int:
    """Run it as the command line says; the fuzzer's exit code, its last words printed."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("target", choices=list(targets))
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--corpus", type=Path, help="Folder of inputs, kept and added to.")
    options = parser.parse_args()
    done = fuzz(options.target, options.seconds, options.corpus)
    print("\n".join(done.stderr.splitlines()[-40:]))
    return done.returncode
