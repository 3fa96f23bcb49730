"""What loop nests are planned for: processors, as rows of data.

A plan asks its row how many running values its registers hold, what a product and a sum of vectors cost, and what stays
in the caches; the choice among versions at run time asks what a version needs of the processor.  Nothing else knows one
processor from another.

The rows of x86 were measured on Zen 4.  Those of ARM follow the manuals of Cortex-A76, M55 and M4; they were not
measured.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from transpile.errors import Diagnostic, Status, UsageError

Shape = tuple[int, int]
"""Rows and columns of a register tile."""


@dataclass(frozen=True)
class Vectors:
    """Vectors of one width: `issue` are the cycles for a multiplication and an addition that nothing waits for."""

    bytes: int
    issue: float
    shapes: tuple[Shape, ...]


@dataclass(frozen=True)
class Caches:
    """`ways` and `way_bytes` of the first level; `panel`: bytes that stay in it, `block`: in the second level."""

    ways: int = 8
    way_bytes: int = 4 << 10
    panel: int = 24 << 10
    block: int = 192 << 10


@dataclass(frozen=True)
class Costs:
    """Rough cycles: of a multiplication and an addition in a chain, of a line of memory from the second-level cache, of
    an element that another one has thrown out of the first, of entering and leaving a tile."""

    latency: float = 4.0
    line: float = 4.0
    collision: float = 2.0
    call: float = 25.0
    scalar: float = 0.5
    """Of a multiplication and an addition of single elements that nothing waits for."""


@dataclass(frozen=True)
class Instruction:
    """One that does what takes several nodes of the loop IR.

    `meaning` is that, for one lane, in the loop IR's text; `operands` are its arrays with how many elements of each one
    lane has, the first of them also the result.  `text` is C for all `lanes`, with vectors of those names in braces;
    `header` declares what it calls.
    """

    name: str
    lanes: int
    operands: tuple[tuple[str, str, int], ...]
    meaning: str
    text: str
    header: str


@dataclass(frozen=True)
class Target:
    """A kind of processor.

    registers: those of vectors, or of single elements where there are none; vectors: from narrow to wide, if there are
    any; elements: what vectors are of, where they are not of all that has a vector form; rows: of a tile of single
    elements; integers: rows of a tile of single integers, where they have registers of their own (0: as others); strip:
    running values that are in memory at a time, where they are not in registers, which stay in the first-level cache;
    macros: what a C compiler defines that makes code for it; needs: the features, by their names in `csupport/nest.h`,
    that a version for it asks for at run time; mark: of such versions in names and in the macro `VM_TARGET_…` before
    them, where there are any; instructions: what no operator of C says.
    """

    name: str
    registers: int
    vectors: tuple[Vectors, ...]
    rows: int = 8
    integers: int = 0
    strip: int = 256
    elements: tuple[str, ...] = ()
    caches: Caches = Caches()
    costs: Costs = Costs()
    macros: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    mark: str = ""
    instructions: tuple[Instruction, ...] = ()

    @property
    def vector_bytes(self) -> int:
        """Of the widest vectors; 0 where there are none."""
        return self.vectors[-1].bytes if self.vectors else 0

    def widths(self, element: str) -> tuple[Vectors, ...]:
        """The vectors that there are of an element."""
        return self.vectors if not self.elements or element in self.elements else ()

    def singles(self, element: str) -> int:
        """Rows of a tile of single elements."""
        return self.integers if self.integers and element.startswith("i") else self.rows


def _dot(name: str, lanes: int, left: str, text: str, header: str) -> Instruction:
    """Four products of bytes, added to an i32; the sum wraps."""
    meaning = f"""\
nest(sum: i32, left: {left}, right: i8)()()
  for k < 4 serial
    a = left[k]
    b = right[k]
    c = mul.i32 a, b
    d = sum[0]
    e = add.i32 d, c
    sum[0] = e
"""
    return Instruction(name, lanes, (("sum", "i32", 1), ("left", left, 4), ("right", "i8", 4)), meaning, text, header)


_SIXTEEN: tuple[Shape, ...] = ((6, 2), (8, 1), (1, 8), (1, 4), (1, 2), (1, 1))
"""Two columns of 6 rows leave 4 of 16 registers for operands and products."""
_MEMORY: tuple[Shape, ...] = ((16, 1), (8, 1), (1, 8), (1, 4), (1, 2), (1, 1))
"""With 32 registers one column of 16 rows needs the fewest instructions where a product takes an operand from memory:
two columns have both in registers, which on Zen 4 takes half as long again."""
_THIRTY_TWO: tuple[Shape, ...] = ((12, 2), (8, 2), (16, 1), (8, 1), (1, 8), (1, 4), (1, 2), (1, 1))
"""Where operands come from registers alone: two columns of 12 rows leave 8 of 32."""
_EIGHT: tuple[Shape, ...] = ((4, 1), (2, 2), (1, 4), (1, 1))
"""Four running values leave 4 of 8 registers."""

SSE2 = Target("sse2", 16, (Vectors(16, 0.5, _SIXTEEN),))
AVX2 = Target(
    *("avx2", 16, (*SSE2.vectors, Vectors(32, 0.6, _SIXTEEN))),
    macros=("__AVX__",), needs=("VM_CPU_AVX2",), mark="32",
)  # fmt: skip
AVX512 = Target(
    *("avx512", 32, (*AVX2.vectors, Vectors(64, 1.0, _MEMORY))),
    macros=("__AVX512F__",), needs=("VM_CPU_AVX512",), mark="64",
)  # fmt: skip
"""Zen 4 does vectors of 64 bytes in two halves; on other processors all widths take the same time."""
VPDPBUSD = _dot(
    *("vpdpbusd", 16, "u8"),
    "{sum} = (vm_i32x16)_mm512_dpbusd_epi32((__m512i){sum}, (__m512i){left}, (__m512i){right});",
    "immintrin.h",
)
AVX512_VNNI = replace(
    AVX512,
    name="avx512-vnni",
    macros=("__AVX512F__", "__AVX512VNNI__"),
    needs=("VM_CPU_AVX512", "VM_CPU_AVX512_VNNI"),
    instructions=(VPDPBUSD,),
)
SDOT = _dot(
    *("sdot", 4, "i8"),
    "{sum} = (vm_i32x4)vdotq_s32((int32x4_t){sum}, (int8x16_t){left}, (int8x16_t){right});",
    "arm_neon.h",
)
NEON = Target(
    *("neon", 32, (Vectors(16, 1.0, _THIRTY_TWO),)),
    macros=("__ARM_NEON", "__aarch64__"), costs=Costs(scalar=1.0),
)  # fmt: skip
NEON_DOT = replace(NEON, name="neon-dot", macros=(*NEON.macros, "__ARM_FEATURE_DOTPROD"), instructions=(SDOT,))
HELIUM = Target(
    *("helium", 8, (Vectors(16, 4.0, _EIGHT),)),
    rows=8, strip=32, elements=("f32", "i32"), caches=Caches(4, 8 << 10), costs=Costs(scalar=2.0),
    macros=("__ARM_FEATURE_MVE",),
)  # fmt: skip
WASM_SIMD128 = replace(SSE2, name="wasm-simd128", macros=("__wasm_simd128__",))
"""What browsers make of it has the registers of x86-64 there, and twice as many on ARM."""
SCALAR = Target("scalar", 8, (), rows=4, strip=32, costs=Costs(latency=2.0, scalar=2.0))
"""A core without vectors: four running values leave 4 of 8 registers."""
CORTEX_M4 = Target("cortex-m4", 32, (), rows=16, integers=8, strip=32, costs=Costs(latency=2.0, scalar=2.0))
"""Cortex-M4 and M7 with a floating-point unit: it has 32 registers of single precision."""

_ROWS = (SSE2, AVX2, AVX512, AVX512_VNNI, NEON, NEON_DOT, HELIUM, WASM_SIMD128, SCALAR, CORTEX_M4)
TARGETS = {row.name: row for row in _ROWS}
BASELINE = SSE2
VERSIONS = (SSE2, AVX2, AVX512)
"""What nests have versions for that choose at run time, the narrowest first."""


def row_of(name: str) -> Target:
    """The row of a name."""
    if name not in TARGETS:
        names = ", ".join(TARGETS)
        message = f"there is no target {name!r}"
        raise UsageError(Diagnostic(Status.INVALID_ARGUMENT, message, hint=f"choose one of {names}"))
    return TARGETS[name]


def for_vectors(width: int) -> Target:
    """The row of vectors of so many bytes."""
    return next(row for row in VERSIONS if row.vector_bytes == width)


def wider_than(first: Target) -> tuple[Target, ...]:
    """What nests written for a row have other versions for, where they choose at run time."""
    return VERSIONS[VERSIONS.index(first) + 1 :] if first in VERSIONS else ()


def known_by(macros: Iterable[str]) -> Target:
    """The row for which a C compiler makes code that defines these; that with the most of them."""
    defined = set(macros)
    rows = [row for row in TARGETS.values() if row.macros and defined.issuperset(row.macros)]
    return max(rows, key=lambda row: (row.vector_bytes, len(row.macros)), default=BASELINE)
