"""Text for terminals, in lines of 80 columns."""

from __future__ import annotations

import textwrap

WIDTH = 80


def hanging(head: str, text: str, indent: int | None = None) -> str:
    """Text behind a head, continued below its beginning or at an indent; a word that is longer than a line stays whole.

    hanging("libm        ", "glibc 2.36 has the same bits …")  ->  libm        glibc 2.36 has the
                                                                               same bits …
    """
    below = " " * (len(head) if indent is None else indent)
    return textwrap.fill(
        text, WIDTH, initial_indent=head, subsequent_indent=below, break_long_words=False, break_on_hyphens=False
    )
