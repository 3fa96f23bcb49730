"""Names, numbers, strings and comments of a module as C: reversible, free of collisions, and unable to break out."""

from __future__ import annotations

import ast
import re
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.behaviour.edges import BITS, edges
from tests.emit.support import HOSTILE
from transpile.emit import literals
from transpile.emit.names import Locals, Names, mangle, prefix_for, unmangle

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# As the reader of modules decodes them: any bytes.
NAMES = st.one_of(
    st.binary(max_size=20).map(lambda data: data.decode("utf-8", "surrogateescape")),
    st.text("_xX0459abf.", max_size=20),
)


@given(NAMES)
def test_mangled_names_read_back(name: str) -> None:
    text = mangle(name)
    assert re.fullmatch(r"[A-Za-z0-9_]*", text)
    assert len(text) > 160 or unmangle(text) == name


@given(NAMES, NAMES)
def test_different_names_stay_different(first: str, second: str) -> None:
    assert (mangle(first) == mangle(second)) == (first == second)


def test_hostile_names() -> None:
    names = Names("m")
    symbols = [names.export(name) for name in HOSTILE]
    assert len(set(symbols)) == len(HOSTILE)
    assert all(IDENTIFIER.fullmatch(symbol) and len(symbol) < 200 for symbol in symbols)
    own = {f"m_{name}" for name in ("module", "create", "destroy")}
    assert not own & set(symbols)
    assert [unmangle(s[2:]) for s, name in zip(symbols, HOSTILE, strict=True) if len(name) < 160] == [
        name for name in HOSTILE if len(name) < 160
    ]


def test_names_of_the_tool_never_meet_those_of_a_module() -> None:
    names = Names("m")
    assert not any(names.own(what).startswith("m_") for what in ("types", "internal_h", "f0_x"))
    assert names.function(1, "a.b") != names.function(11, "a.b")


@given(NAMES)
def test_prefixes_are_identifiers(name: str) -> None:
    assert IDENTIFIER.fullmatch(prefix_for(name))


@pytest.mark.parametrize("word", ["for", "int", "class", "3d", "", "///", "main", "é"])
def test_prefixes_that_need_help(word: str) -> None:
    prefix = prefix_for(word)
    assert IDENTIFIER.fullmatch(prefix) and prefix != word


@given(st.lists(NAMES, max_size=20))
def test_local_names_are_different_and_no_keywords(wanted: list[str]) -> None:
    taken = Locals()
    found = [name if taken.take(name) else taken.fresh("arg") for name in wanted]
    assert len(set(found)) == len(found)
    assert all(IDENTIFIER.fullmatch(name) for name in found)
    assert not {"for", "int", "vm", "status", "i"} & set(found)


@pytest.mark.parametrize("kind", ["f32", "f64"])
def test_float_literals_have_exactly_the_bits(kind: str) -> None:
    form, raw = ("<f", "<I") if kind == "f32" else ("<d", "<Q")
    for signed in edges(kind):
        bits = signed & ((1 << BITS[kind]) - 1)
        text = literals.constant(kind, bits)
        if "_of(" in text:
            assert int(re.findall(r"0x[0-9a-f]+", text)[0], 16) == bits
            continue
        value = float(text.removesuffix("f"))
        assert struct.unpack(raw, struct.pack(form, value))[0] == bits, text
        assert re.fullmatch(r"-?[0-9.e+-]+f?", text) and text.endswith("f") == (kind == "f32")


@given(st.integers(0, (1 << 32) - 1))
def test_any_f32(bits: int) -> None:
    text = literals.f32(bits)
    if "_of(" not in text:
        assert struct.pack("<f", float(text[:-1])) == struct.pack("<I", bits)


@given(st.integers(-(1 << 63), (1 << 63) - 1))
def test_integers(value: int) -> None:
    text = literals.integer(value, 64)
    least = value == -(1 << 63)
    assert text == "INT64_MIN" if least else int(re.sub(r"INT64_C\((.*)\)", r"\1", text)) == value


@given(st.binary(max_size=40))
def test_strings_read_back(data: bytes) -> None:
    text = literals.string(data)
    assert ast.literal_eval(f"b{text}") == data
    assert "?" not in text and text.isascii() and text.isprintable()
    assert not re.search(r'(?<!\\)"', text[1:-1])


@given(st.one_of(NAMES, st.sampled_from(HOSTILE), st.from_regex(r"[*/\\?\n]{0,9}")))
def test_comments_stay_closed(text: str) -> None:
    comment = literals.comment(text)
    assert comment.startswith("/* ") and comment.endswith(" */")
    inside = comment[2:-2]
    assert "*/" not in inside and "/*" not in inside and not set("\n\r\\?") & set(inside)
