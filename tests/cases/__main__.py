"""python -m tests.cases [FOLDER]: every case, its commands, what is right and what is seen.

The exit code is 1 if anything differs.  FOLDER has a folder for each case (default: those of the project).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.cases.catalogue import CASES, Case
from tests.cases.shell import DATA, Step


def _print(step: Step) -> None:
    print(f"  $ {step.command}")
    for title, text in (("expected", step.expected), ("seen", step.seen)):
        first, *more = text.splitlines() or [""]
        print(f"    {title + ':':10}{first}", *(f"{'':14}{line}" for line in more), sep="\n")
    print(f"    verdict:  {'right' if step.right else 'DIFFERS'}", flush=True)


def _differing(case: Case, source: Path) -> int:
    count = 0
    print(f"{case.name}: {case.kind}", flush=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            for step in case.show(source, Path(folder)):
                _print(step)
                count += not step.right
    except RuntimeError as problem:
        print(f"  $ {problem}\n    verdict:  CANNOT BE PREPARED")
        count += 1
    if count and case.still_open:
        print(f"    known:    {case.still_open}")
    return count


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.cases", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=DATA)
    parser.add_argument("--case", action="append", choices=sorted({case.name for case in CASES}), help="only this")
    options = parser.parse_args()
    if unknown := {path.name for path in options.folder.iterdir() if path.is_dir()} - {case.name for case in CASES}:
        parser.error(f"no case is known for {', '.join(sorted(unknown))} in {options.folder}")
    chosen = [case for case in CASES if not options.case or case.name in options.case]
    differing = [case.name for case in chosen if _differing(case, options.folder)]
    print(f"{len(chosen)} cases, {len(differing)} with a difference{': ' if differing else ''}{', '.join(differing)}")
    return bool(differing)


if __name__ == "__main__":
    sys.exit(main())
