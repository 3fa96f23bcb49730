"""What `python -m compare verify` measures: the module itself, and honest enlargements of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from compare import verify_speed
from compare.cli import compare
from compare.resources import EXAMPLES
from transpile.container import load
from transpile.isa.decode import decode
from transpile.verify import verify

COLLATZ = EXAMPLES / "collatz" / "collatz.vmfb"


@pytest.mark.parametrize("enlarge", (verify_speed._grown, verify_speed._lengthened))
def test_enlarged_modules_are_good_and_as_large_as_they_say(enlarge: object) -> None:
    assert callable(enlarge)
    module = load(COLLATZ)
    large = enlarge(module, 10)
    assert verify(large).ok
    counts = [
        sum(len(list(decode(made.function_bytecode(i), made.major))) for i in range(len(made.functions)))
        for made in (module, large)
    ]
    assert counts[1] == 10 * counts[0]


def test_the_command_judges(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    arguments = ["verify", str(COLLATZ), "--rounds", "2"]
    told = CliRunner().invoke(compare, arguments)
    assert "collatz.vmfb" in told.output
    monkeypatch.setattr(verify_speed, "TARGET_SECONDS", 0.0)
    assert CliRunner().invoke(compare, arguments).exit_code == 1
