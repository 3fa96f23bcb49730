"""Imports that the test modules ask for and the runtime does not have yet, by name and calling convention.

The list only ever shrinks: an import that the runtime learns is taken out here, and the modules that needed it are
called by `test_calls` from then on.
"""

from __future__ import annotations

MISSING: frozenset[tuple[str, str]] = frozenset()
