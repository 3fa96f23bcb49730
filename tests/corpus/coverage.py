"""Which instructions the test modules have: `python -m tests.corpus.coverage`.

Prints how often each instruction occurs over all modules, nested ones included, and which rows of the table never do.
"""

from __future__ import annotations

import argparse
from collections import Counter

from tests.corpus.programs import ENTRIES, modules
from transpile.isa import TABLE, Trait, decode


def counts() -> dict[int, Counter[str]]:
    """Instructions by mnemonic for every bytecode version."""
    found: dict[int, Counter[str]] = {}
    for entry in ENTRIES:
        for _, module in modules(entry):
            counter = found.setdefault(module.major, Counter())
            for index in range(len(module.functions)):
                counter.update(i.op.mnemonic for i in decode(module.function_bytecode(index), module.major))
    return found


def instructions() -> list[str]:
    """The mnemonics that can occur, in the order of the table."""
    return [op.mnemonic for op in TABLE if not op.traits & (Trait.MARKER | Trait.PREFIX)]


def main() -> None:
    argparse.ArgumentParser(prog="python -m tests.corpus.coverage", description=__doc__).parse_args()
    by_version = counts()
    versions = sorted(by_version)
    total = sum(by_version.values(), Counter[str]())
    print(f"{'instruction':28}{'all':>8}" + "".join(f"{f'v{version}':>8}" for version in versions))
    for mnemonic in instructions():
        if total[mnemonic]:
            row = "".join(f"{by_version[version][mnemonic]:8}" for version in versions)
            print(f"{mnemonic:28}{total[mnemonic]:8}{row}")
    absent = [mnemonic for mnemonic in instructions() if not total[mnemonic]]
    present = len(instructions()) - len(absent)
    print(f"\n{present} of {len(instructions())} instructions, {sum(total.values()) - total['block']} in all; absent:")
    print("  " + "\n  ".join(absent))


if __name__ == "__main__":
    main()
