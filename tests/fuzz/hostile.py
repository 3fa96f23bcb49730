"""Numbers and texts that tend to break things."""

from __future__ import annotations

import random

EDGES = (0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xC000, 0xFFFF, 0x10000,
         0x7FFFFFFF, 0x80000000, 0xFFFFFFFC, 0xFFFFFFFF, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)  # fmt: skip

TEXTS = (
    b"", b"*/ #error\n/*", b'"; int hostile; "', b"\\", b"\\\n", b"??/", b"a\nb", b'\n#line 1 "x"\n', b"// \\",
    b"%s%n%d",
    b"\x1b[2J\x1b]0;title\x07", b"\x9b31m", b"<script>alert(1)</script>", b"&amp;'\"", b"\x00", b"a\x00b", b"\xff\xfe",
    "\u202ename\u2066".encode(), "\u00e9\U0001f600".encode(), b"module", b"create", b"int", b"__init", b"__deinit",
    b"../../x", b"/etc/passwd", b"{{ 7 * 7 }}", b"{% raw %}", b"a" * 5000, b"hal.buffer_view", b"!vm.buffer",
    b"!vm.list",
    b"i32", b"f64", b"!x.y", b"0v_v", b"0i_i", b"0rr_r", b"0CiD_i", b"0iIfFr_rFfIi", b"1v_v", b"0" + b"i" * 300, b"0_",
    b"hal_inline.buffer.storage", b"hal.executable.create", b"sync func @f(%a: tensor<4xf32>) -> (%b: i32)",
    b"sync func @f(%a: tensor<99999999999999999999xf32>) -> ()", b"sync func @" + b"(" * 2000,
)  # fmt: skip


def number(choose: random.Random, size: int, old: int) -> int:
    """A value for a field of `size` bytes that held `old`."""
    bits = 8 * size
    way = choose.random()
    if way < 0.4:
        value = choose.choice(EDGES)
    elif way < 0.7:
        value = old + choose.randint(-4, 4)
    elif way < 0.85:
        value = old ^ 1 << choose.randrange(bits)
    else:
        value = choose.getrandbits(bits)
    return value & ((1 << bits) - 1)
