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
from transpile.c import literals
from transpile.c.names import Locals, Names, chosen_prefix, mangle, prefix_for, unmangle
from transpile.errors import UsageError
from transpile.resources import CSUPPORT

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


# Made to meet: few letters, of which prefixes and escapes are made too.
PREFIXES = st.from_regex(r"[ax][ax5f4]{0,3}(_[ax5f4]{1,3}){0,4}", fullmatch=True)
CLOSE = st.text("_x5f4a", min_size=1, max_size=8)
PAIRS = st.tuples(PREFIXES, CLOSE)


def symbols_of(prefix: str, name: str) -> set[str]:
    names = Names(chosen_prefix(prefix))
    return {names.export(name), names.function(0, name), names.own("types"), f"{names.prefix}_create", names.prefix}


@given(PAIRS, PAIRS)
def test_no_two_pairs_of_prefix_and_name_meet(first: tuple[str, str], second: tuple[str, str]) -> None:
    if first[0] != second[0]:
        assert not symbols_of(*first) & symbols_of(*second)
    elif first[1] != second[1]:
        names = Names(chosen_prefix(first[0]))
        assert names.export(first[1]) != names.export(second[1])


@given(PAIRS)
def test_a_symbol_is_read_back(pair: tuple[str, str]) -> None:
    """As the docstring of the names says: the last `_x_` ends the prefix, else the first underscore."""
    symbol = Names(chosen_prefix(pair[0])).export(pair[1])
    end = symbol.rfind("_x_")
    if end >= 0:
        assert (symbol[:end], unmangle(symbol[end + 3 :])) == pair
    else:
        prefix, _, tail = symbol.partition("_")
        assert (prefix, unmangle(tail)) == pair


def test_simple_names_stay() -> None:
    assert Names(chosen_prefix("mm")).export("predict_all") == "mm_predict_all"
    assert Names(chosen_prefix("net_quant")).export("scale") == "net_quant_x_scale"


@pytest.mark.parametrize(
    "prefix", ["_m", "m_", "a__b", "3d", "a-b", "for", "main", "vm", "VM_x", "pthread", "x" * 65, "é"]
)
def test_prefixes_that_are_refused(prefix: str) -> None:
    with pytest.raises(UsageError, match=r"prefix of C|names of C or of the runtime"):
        chosen_prefix(prefix)


def test_no_file_takes_the_place_of_a_header() -> None:
    for header in (*CSUPPORT.glob("*.h"), *map(CSUPPORT.joinpath, ("string.h", "math.h", "stdint.h", "omp.h"))):
        assert prefix_for(header.stem) != header.stem


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
