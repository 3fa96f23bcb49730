"""Names of functions as people write them: plain, or as MLIR shows them, with `@` and quotes."""

from __future__ import annotations

from collections.abc import Container


def named(text: str, known: Container[str]) -> str | None:
    """The known name that is meant by `f`, `@f` or `@"f"`; None if there is none.  A name is taken as it is first."""
    bare = text.removeprefix("@")
    quoted = len(bare) > 1 and bare[0] == bare[-1] == '"'
    candidates = (text, bare, bare[1:-1] if quoted else bare)
    return next((name for name in candidates if name in known), None)
