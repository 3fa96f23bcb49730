"""Coverage-guided fuzzing with atheris: `python -m tests.fuzz.coverage reader --seconds 600`.

Targets: `reader`, files through container and verifier, guided by the Python code that they reach; `interpreter`, the
same files and, if they are accepted, calls in the interpreter, guided by its C as well, under the address and
undefined-behaviour sanitizers.  The second needs clang.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.fuzz.campaign import campaign

TARGETS = ("reader", "interpreter")
ROOT = Path(__file__).parents[2]
LARGEST = 4096
LIMITS = ["-timeout=120", "-rss_limit_mb=4096", f"-max_len={LARGEST}", "-detect_leaks=0"]
SEED_FILES = 60


def fuzz(target: str, seconds: int, corpus: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a target so long in a process of its own, from what the folder holds and from small modules."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        kept = corpus or Path(name, "corpus")
        kept.mkdir(exist_ok=True)
        write_seeds(kept)
        flags = [*LIMITS, f"-max_total_time={seconds}", f"-artifact_prefix={kept}/", str(kept)]
        command = [sys.executable, "-m", "tests.fuzz.coverage", "--child", target, *flags]
        environment = {**os.environ, **_environment(target)}
        return subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, errors="replace", check=False
        )


def write_seeds(folder: Path) -> None:
    """Modules to start from."""
    from tests.fuzz.subjects import subjects

    small = sorted((subject.image for subject in subjects() if len(subject.image) <= LARGEST), key=len)
    for number, image in enumerate(small[:SEED_FILES]):
        (folder / f"seed{number}").write_bytes(image)


def _environment(target: str) -> dict[str, str]:
    if target == "reader":
        return {}
    import atheris

    from tests.fuzz.interpreted import compile_instrumented

    compile_instrumented()
    options = "detect_leaks=0:allocator_may_return_null=1:max_allocation_size_mb=64"
    return {"LD_PRELOAD": str(Path(atheris.path(), "asan_with_fuzzer.so")), "ASAN_OPTIONS": options}


def _child(target: str, flags: list[str]) -> None:
    import atheris

    with atheris.instrument_imports(include=["transpile.container", "transpile.verify", "transpile.isa"]):
        from transpile.verify import load_and_verify
    if target == "interpreter":
        from tests.fuzz.interpreted import run

        def one(data: bytes) -> None:
            module, report = load_and_verify(data)
            if module is not None and report.ok:
                run(module)
    else:

        def one(data: bytes) -> None:
            str(load_and_verify(data)[1])

    atheris.Setup([sys.argv[0], *flags], one, enable_python_coverage=True)
    atheris.Fuzz()


def main() -> int:
    if sys.argv[1:2] == ["--child"]:
        _child(sys.argv[2], sys.argv[3:])
    return campaign(__doc__ or "", TARGETS, fuzz)


if __name__ == "__main__":
    sys.exit(main())
