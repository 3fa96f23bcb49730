"""Each pass on small functions; the checker runs behind it, and a second run adds nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Golden
from tests.ir.cases import blessed
from transpile.ir import check, format_function, parse_function
from transpile.passes import Pass, cfg, cse, dce, extensions, kernel, ownership, params, spans, words

DATA = Path(__file__).parent / "data"
PASSES: dict[str, Pass] = {
    "cfg": cfg.run,
    "cse": cse.run,
    "dce": dce.run,
    "extensions": extensions.run,
    "ownership": ownership.run,
    "params": params.run,
    "spans": spans.run,
    "words": words.run,
}
ONCE = ("ownership", "spans", "words")  # doing it twice means something else, or needs `dce` in between


@pytest.mark.parametrize("name", PASSES)
def test_pass(name: str, golden: Golden) -> None:
    def transform(text: str) -> str:
        fn = parse_function(text)
        check(fn)
        PASSES[name](fn)
        check(fn)
        result = format_function(fn)
        if name not in ONCE:
            PASSES[name](fn)
            check(fn)
            assert len(format_function(fn)) <= len(result), "a second run must not make it longer"
        return result

    golden(DATA / f"{name}.txt", blessed(DATA / f"{name}.txt", transform))


def test_kernel(golden: Golden) -> None:
    """With the bindings that a kernel takes, and where."""

    def transform(text: str) -> str:
        fn = parse_function(text)
        check(fn)
        before = format_function(fn)
        gets = kernel.run(fn, lambda number: number == 0, words=2)
        check(fn)
        if gets is None:
            assert format_function(fn) == before
            return "stays as it is"
        return "\n".join([*(f"takes binding {get.binding} at {get.offset:#x}" for get in gets), format_function(fn)])

    golden(DATA / "kernel.txt", blessed(DATA / "kernel.txt", transform))
