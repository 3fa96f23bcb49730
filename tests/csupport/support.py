"""What the tests of the C runtime share: where it is, its compilers, and the helpers that `ops.h` declares."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

from tests.support.tools import links

CSUPPORT = Path(__file__).resolve().parents[2] / "csupport"
SOURCES = sorted(CSUPPORT.glob("*.c"))
HEADERS = sorted(CSUPPORT.glob("*.h"))
WARNINGS = "-std=c99 -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes -Werror".split()
EXACT = ["-ffp-contract=off"]
COMPILERS = [name for name in ("gcc", "clang") if shutil.which(name)]
SANITIZERS = ["-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]


# For clang the sanitizers' libraries are in a package of their own.
SANITIZING = [name for name in COMPILERS if links(name, *SANITIZERS)]


class Helper(NamedTuple):
    """One function of `ops.h`: `parameters` are the C types without names."""

    name: str
    result: str
    parameters: tuple[str, ...]
    body: str  # the expression of a one-line body, else ""


_SIGNATURE = re.compile(
    r"^(?:VM_INLINE |VM_COLD |static inline )?(\w+) (vm_\w+)\(([^)]*)\)(?: \{ return (.*); \}$|)",
    re.MULTILINE,
)


def helpers() -> dict[str, Helper]:
    """Every function that `ops.h` declares or defines, by name."""
    text = (CSUPPORT / "ops.h").read_text()
    found = {}
    for result, name, parameters, body in _SIGNATURE.findall(text):
        if result == "return":
            continue
        types = tuple(re.sub(r"\s*\b\w+$", "", p.strip()) for p in parameters.replace("\n", " ").split(","))
        found[name] = Helper(name, result, types, body)
    return found


def run(*command: object) -> str:
    """Run a command; its output, or an assertion that shows it."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}"
    return done.stdout
