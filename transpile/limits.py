"""Declared limits: what reader and verifier refuse to spend on one file, or a format cannot name.

All of them are far above anything a compiler writes; they only stop files made to exhaust the reader.
Exceeding one that concerns the file is a `ContainerError` with status RESOURCE_EXHAUSTED, one that concerns a
function a finding of the rule named.  Nesting inside the FlatBuffer needs no limit of its own: the schema
(`container/schema.py`) is acyclic, so its depth bounds the reader's recursion.  Limits of running programs are
macros of `csupport/vm_policy.h`; `docs/limits.md` lists both.
"""

from __future__ import annotations

from typing import Final

ARCHIVE_BYTES: Final = 1 << 40
"""Largest archive, FlatBuffer plus external rodata, in bytes (1 TiB)."""

FLATBUFFER_BYTES: Final = (1 << 31) - 1
"""Largest FlatBuffer in bytes; the format's offsets are signed 32-bit in most implementations."""

TABLE_ENTRIES: Final = 1 << 20
"""Most entries in one vector of tables.  The real runtime's function ordinals are 16 bits wide."""

WORK_PER_BYTE: Final = 2
"""Bytes decoded per byte of FlatBuffer.  A well-formed buffer stores each object once and each is decoded
once, so the true ratio is at most 1; only overlapping objects reach 2."""

WORK_FLOOR: Final = 1 << 12
"""Bytes that may always be decoded, however small the FlatBuffer is."""

LOCATION_NESTING: Final = 64
"""Levels of call sites, fused and named locations followed when a source location is printed."""

LOCATION_NODES: Final = 1024
"""Locations visited for one printed source location: shared children can double at each level."""

DECLARATION_CHARACTERS: Final = 1 << 16
"""Longest reflection declaration that is parsed; a longer one counts as unreadable."""

NAME_CANDIDATES: Final = 8
"""Places tried as the end of an unquoted function name in a declaration."""

NAMEABLE_WORDS: Final = 0x7FFF
"""Most words that register operands could name; descriptors are signed (V16)."""

NAMEABLE_REFS: Final = 0x3FFF
"""Most refs that register operands could name (V16)."""

FRAME_WORDS: Final = 16384
"""Most words a function may declare, as in IREE (V19)."""

FRAME_REFS: Final = 8192
"""Most refs a function may declare, as in IREE (V19)."""

BRANCH_TARGET: Final = 0x00FF_FFFF
"""Branches lead to offsets below this one, as in IREE (V28)."""

NEST_LOOPS: Final = 16
"""Most loops of a nest that is raised; the runtime walks through them with counters of its own (`VM_NEST_LOOPS`)."""

NEST_PANEL: Final = 128
"""Most lanes of a packed panel (`VM_PANEL`)."""

AFFINE_TERMS: Final = 64
"""Most values that an element offset is a sum of, or a trip count a product of, in a nest that is raised."""

AFFINE_FACTORS: Final = 16
"""Most values that are multiplied in an element offset: a counter and the sizes that it strides over."""

NESTED_LISTS: Final = 56
"""Lists of statements inside each other in the C of a function, two braces each at most: compilers must take 127."""

INITIALISED: Final = 1 << 24
"""Most elements that the initialisation of a static program loads, computes and stores; each time that counts as 32 at
least."""

FINDINGS: Final = 1000
"""Findings beyond this number are counted and not kept."""
