"""What is done to a module's bytes.  Each mutation is a function on the file, told where its parts are."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.fuzz.hostile import EDGES, TEXTS, number
from tests.fuzz.operands import encoded, mutated
from tests.fuzz.subjects import Piece, Subject, pick
from transpile.isa.table import TABLE, Op

Mutation = Callable[[random.Random, Subject, bytearray], None]


def flip_bytes(choose: random.Random, subject: Subject, image: bytearray) -> None:
    """A few bytes anywhere, the ZIP header and external constants included."""
    for _ in range(choose.choice((1, 1, 1, 2, 4, 16))):
        at = choose.randrange(len(image))
        image[at] = choose.choice((image[at] ^ 1 << choose.randrange(8), choose.randrange(256), 0, 0xFF))


def cut(choose: random.Random, subject: Subject, image: bytearray) -> None:
    """Bytes go, or come twice."""
    start = choose.randrange(len(image))
    end = min(len(image), start + choose.choice((1, 2, 4, 8, 64, len(image))))
    image[start:end] = image[start:end] * choose.choice((0, 0, 2))


def overwrite(choose: random.Random, subject: Subject, image: bytearray) -> None:
    """One stretch takes the place of another."""
    size = choose.choice((4, 8, 16, 32))
    source, target = (choose.randrange(max(1, len(image) - size)) for _ in range(2))
    image[target : target + size] = image[source : source + size]


def field(choose: random.Random, subject: Subject, image: bytearray) -> None:
    """A number, an offset, a count or an entry of a vtable."""
    kinds = [kind for kind in ("scalar", "scalar", "offset", "text offset", "count", "vtable") if kind in subject.spans]
    span = choose.choice(subject.spans[choose.choice(kinds)])
    place = slice(span.at, span.at + span.size)
    image[place] = number(choose, span.size, int.from_bytes(image[place], "little")).to_bytes(span.size, "little")


def descriptor(choose: random.Random, subject: Subject, image: bytearray) -> None:
    """A number in the last table of structs before the code: where functions are and what they need."""
    small = [span for span in subject.spans["scalar"] if span.size == 2]
    if small:
        span = choose.choice(small)
        old = int.from_bytes(image[span.at : span.at + 2], "little")
        image[span.at : span.at + 2] = number(choose, 2, old).to_bytes(2, "little")


def redirect(choose: random.Random, subject: Subject, image: bytearray) -> None:
    """One offset leads to where another leads."""
    spans = subject.spans[choose.choice(("offset", "text offset"))]
    source, target = choose.choice(spans), choose.choice(spans)
    place = source.at + int.from_bytes(image[source.at : source.at + 4], "little")
    image[target.at : target.at + 4] = ((place - target.at) & 0xFFFFFFFF).to_bytes(4, "little")


def letters(choose: random.Random, subject: Subject, image: bytearray) -> None:
    """Bytes of a string."""
    span = choose.choice(subject.spans["text"])
    text = choose.choice(TEXTS)[: span.size] if choose.random() < 0.5 else bytes([choose.choice(b'iIfFrvCD_0\0\n"\\%')])
    at = span.at + choose.randrange(span.size - len(text) + 1 or 1)
    image[at : at + len(text)] = text


def rename(choose: random.Random, subject: Subject, image: bytearray) -> None:
    """A new string of any length at the FlatBuffer's end; what follows moves by a multiple of 64."""
    span = choose.choice(subject.spans["text offset"])
    text = choose.choice(TEXTS)
    end = subject.start + len(subject.module.archive.flatbuffer)
    place = end + -(end - subject.start) % 4
    added = bytes(place - end) + len(text).to_bytes(4, "little") + text + b"\0"
    added += bytes(-len(added) % 64)
    image[end:end] = added
    image[span.at : span.at + 4] = (place - span.at).to_bytes(4, "little")
    prefix = slice(subject.start - 4, subject.start)
    image[prefix] = (end - subject.start + len(added)).to_bytes(4, "little")


def operand(choose: random.Random, subject: Subject, image: bytearray) -> None:
    """One operand of an instruction."""
    piece = _piece(choose, subject)
    code = mutated(choose, subject, piece)
    if len(code) == piece.instruction.length:
        image[piece.at : piece.at + len(code)] = code


def opcode(choose: random.Random, subject: Subject, image: bytearray) -> None:
    """Another instruction with operands of the same kinds, or any byte in its place."""
    piece = _piece(choose, subject)
    if choose.random() < 0.2:
        image[piece.at] = choose.randrange(256)
        return
    op = choose.choice(_alike(piece.instruction.op, subject.module.major))
    code = encoded(op, piece.instruction, piece.instruction.fields)
    image[piece.at : piece.at + len(code)] = code


def swap(choose: random.Random, subject: Subject, image: bytearray) -> None:
    """Two instructions that follow each other change places."""
    place = choose.randrange(len(subject.code))
    pair = subject.code[place : place + 2]
    if len(pair) == 2 and pair[0].function == pair[1].function:
        start, middle = pair[0].at, pair[1].at
        end = middle + pair[1].instruction.length
        image[start:end] = image[middle:end] + image[start:middle]


def repeat(choose: random.Random, subject: Subject, image: bytearray) -> None:
    """An instruction takes the place of another one of the same length."""
    piece = _piece(choose, subject)
    others = [p for p in subject.code if p.instruction.length == piece.instruction.length]
    source = choose.choice(others)
    image[piece.at : piece.at + piece.instruction.length] = image[source.at : source.at + source.instruction.length]


def constant(choose: random.Random, subject: Subject, image: bytearray) -> None:
    """A word somewhere becomes an edge value."""
    at = choose.randrange(len(image) - 8)
    size = choose.choice((2, 4, 8))
    image[at : at + size] = (choose.choice(EDGES) & ((1 << 8 * size) - 1)).to_bytes(size, "little")


WEIGHTS: tuple[tuple[int, Mutation], ...] = (
    (18, flip_bytes),
    (6, cut),
    (6, overwrite),
    (5, constant),
    (26, field),
    (4, descriptor),
    (6, redirect),
    (7, letters),
    (5, rename),
    (10, operand),
    (3, opcode),
    (2, swap),
    (2, repeat),
)
"""How often; most are about the file, since those cost least and what they break is refused soonest."""
MOVES = frozenset({cut, rename})
"""Mutations after which parts are no longer where they were."""


def mutant(seed: str, number: int) -> tuple[str, bytes]:
    """The name of a subject and its bytes, mutated; the same for the same seed and number."""
    choose = random.Random(f"{seed}/{number}")
    subject = pick(choose)
    image = bytearray(subject.image)
    if subject.nested and choose.random() < 0.5:
        at, inner = choose.choice(subject.nested)
        kernel = bytearray(inner.image)
        mutate(choose, inner, kernel)
        image[at : at + len(inner.image)] = kernel[: len(inner.image)].ljust(len(inner.image), b"\0")
    else:
        mutate(choose, subject, image)
    return subject.name, bytes(image)


def mutate(choose: random.Random, subject: Subject, image: bytearray) -> None:
    """One or a few mutations; one that moves things is the last."""
    for _ in range(choose.choice((1, 1, 1, 1, 2, 2, 3, 5))):
        change = choose.choices([m for _, m in WEIGHTS], [weight for weight, _ in WEIGHTS])[0]
        change(choose, subject, image)
        if change in MOVES:
            return


def _piece(choose: random.Random, subject: Subject) -> Piece:
    return choose.choice(subject.code)


def _alike(op: Op, major: int) -> list[Op]:
    return [
        other
        for other in TABLE
        if other.shape == op.shape and other.since <= major and (other.prefix is None) == (op.prefix is None)
    ]
