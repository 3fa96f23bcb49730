"""What the code rules need to know of a module, computed once: sizes of its tables and parsed conventions."""

from __future__ import annotations

from dataclasses import dataclass

from transpile.container import Convention, ConventionError, Module, parse_convention
from transpile.container.convention import EntryLayout, entry_registers
from transpile.isa import Feature

SUPPORTED_MAJORS = (15, 16, 17)
SUPPORTED_MINOR = 0


@dataclass(frozen=True)
class Facts:
    """A module reduced to numbers; a convention that is missing or malformed is None."""

    major: int
    types: int
    rodata: int
    global_bytes: int
    global_refs: int
    imports: tuple[Convention | None, ...]
    functions: tuple[Convention | None, ...]

    @staticmethod
    def of(module: Module) -> Facts:
        """Collect the facts; a module that breaks rules has them all the same."""
        return Facts(
            major=module.major,
            types=len(module.types),
            rodata=len(module.rodata),
            global_bytes=module.global_bytes,
            global_refs=module.global_refs,
            imports=tuple(
                parsed(item.signature.calling_convention if item.signature else None) for item in module.imports
            ),
            functions=tuple(parsed(convention_text(module, index)) for index in range(len(module.functions))),
        )


def convention_text(module: Module, index: int) -> str | None:
    """The convention string of internal function `index`, None if its signature is missing."""
    signature = module.signatures[index] if index < len(module.signatures) else None
    return signature.calling_convention if signature else None


def parsed(text: str | None) -> Convention | None:
    """Parse a convention; None for one that cannot be."""
    try:
        return None if text is None else parse_convention(text)
    except ConventionError:
        return None


def frame_registers(count: int, major: int) -> int:
    """How many registers of one bank a frame must have for a function that declares `count`.

    Compilers of early version 15 break a cycle of copies on an edge with a scratch register that they do not count;
    it works in IREE because its frames are rounded up to a power of two.  Later compilers count exactly.
    """
    return count if major > 15 else rounded_registers(count)


def rounded_registers(count: int) -> int:
    """How many registers of one bank IREE makes for a function that declares `count`."""
    return 1 << (max(count, 1) - 1).bit_length()


def entry_layout(convention: Convention, words: int, major: int) -> EntryLayout:
    """Where a function that declares `words` word registers finds its arguments.

    IREE's frames are rounded up, and its loader asks only that they hold the arguments: assemblers do not count those
    that nothing reads.
    """
    layout = entry_registers(convention)
    if major == 15 and layout.words_needed > rounded_registers(words):
        return entry_registers(convention, first_fit=True)
    return layout


def available_features(major: int) -> Feature:
    """The requirement bits that bytecode version `major` defines."""
    extensions = Feature.EXT_F32 | Feature.EXT_F64
    return extensions | Feature.YIELD | Feature.UNWIND if major >= 17 else extensions


def missing_features(required: int, available: Feature) -> tuple[str, str] | None:
    """(found, expected) if `required` has bits that `available` lacks."""
    missing = required & ~available.value
    if not missing:
        return None
    found = f"required features [{feature_names(missing)}] are unavailable, [{feature_names(required)}] are required"
    return found, f"some of [{feature_names(available.value)}]"


def feature_names(bits: int) -> str:
    """Names joined by `|`; unknown bits together in hexadecimal, as IREE prints them (`EXT_F32|10h`)."""
    known = [feature for feature in Feature if feature and bits & feature.value]
    rest = bits & ~sum(feature.value for feature in known)
    return "|".join([feature.name or "" for feature in known] + ([f"{rest:X}h"] if rest else []))
