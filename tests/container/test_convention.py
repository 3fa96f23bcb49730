"""Calling-convention strings and the registers they mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transpile.container import Convention, ConventionError, EntryLayout, Span, entry_registers, parse_convention
from transpile.errors import ContainerError, Status

primitives = st.sampled_from("iIfFr")
items = st.one_of(primitives, st.builds(Span, st.lists(primitives, min_size=1, max_size=4).map(tuple)))


def render(convention: Convention) -> str:
    arguments = ["C" + "".join(a.elements) + "D" if isinstance(a, Span) else a for a in convention.arguments]
    return f"0{''.join(arguments) or 'v'}_{''.join(convention.results) or 'v'}"


@given(st.builds(Convention, st.lists(items).map(tuple), st.lists(primitives).map(tuple)))
def test_what_compilers_write_is_read_back(convention: Convention) -> None:
    assert parse_convention(render(convention)) == convention


@pytest.mark.parametrize("text", ["", "0", "0v", "0_", "0v_", "0_v", "0v_v"])
def test_nothing_can_be_written_in_seven_ways(text: str) -> None:
    assert parse_convention(text) == Convention((), ())


def test_the_imports_of_hal() -> None:
    parsed = parse_convention("0rriiiCiDCirIID_v")
    assert parsed.arguments == ("r", "r", "i", "i", "i", Span(("i",)), Span(("i", "r", "I", "I")))
    assert parsed.results == () and parsed.is_variadic
    assert parse_convention("0riIf") == Convention(("r", "i", "I", "f"), ())
    assert not parse_convention("0riIf_rf").is_variadic


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("0x_v", 1),
        ("0i_x", 3),
        ("0vi_v", 1),
        ("0iv", 2),
        ("0i_vi", 3),
        ("0i_iv", 4),
        ("0v_v_v", 3),
        ("0CiDi_CiD", 6),
        ("0iCi_v", 2),
        ("0CD_v", 1),
        ("0D_v", 1),
        ("0CCiDD_v", 2),
        ("0CvD_v", 2),
        ("0 i_v", 1),
        ("0i\0_v", 2),
    ],
)
def test_errors_name_the_character(text: str, where: int) -> None:
    with pytest.raises(ConventionError) as caught:
        parse_convention(text)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.status is Status.INVALID_ARGUMENT
    assert diagnostic.where.endswith(f", character {where}")


@pytest.mark.parametrize("text", ["1v_v", "v_v", "i", "_", " 0v", "\0"])
def test_other_versions_are_unimplemented(text: str) -> None:
    with pytest.raises(ContainerError) as caught:
        parse_convention(text)
    assert caught.value.diagnostics[0].status is Status.UNIMPLEMENTED


@given(st.text(alphabet="0vViIfFrCD_x\0", max_size=12))
def test_any_text_parses_or_is_refused(text: str) -> None:
    try:
        parsed = parse_convention(text)
    except ConventionError:
        return
    assert parse_convention(render(parsed)) == parsed


@pytest.mark.parametrize(
    ("text", "increasing", "first_fit"),
    [
        ("0iIi", [("i", 0), ("I", 2), ("i", 4)], [("i", 0), ("I", 2), ("i", 1)]),
        ("0rifrF", [("r", 0), ("i", 0), ("f", 1), ("r", 1), ("F", 2)], None),
        ("0IiI", [("I", 0), ("i", 2), ("I", 4)], None),
        ("0fFIfifI", [("f", 0), ("F", 2), ("I", 4), ("f", 6), ("i", 7), ("f", 8), ("I", 10)],
         [("f", 0), ("F", 2), ("I", 4), ("f", 1), ("i", 6), ("f", 7), ("I", 8)]),
        ("0v", [], None),
    ],
)  # fmt: skip
def test_entry_registers(text: str, increasing: list[tuple[str, int]], first_fit: list[tuple[str, int]] | None) -> None:
    convention = parse_convention(text)
    assert entry_registers(convention).registers == increasing
    assert entry_registers(convention, first_fit=True).registers == (first_fit or increasing)


def test_registers_needed() -> None:
    assert entry_registers(parse_convention("0irIir_rr")) == EntryLayout(
        [("i", 0), ("r", 0), ("I", 2), ("i", 4), ("r", 1)], 5, 2
    )
    assert entry_registers(parse_convention("0irIir"), first_fit=True).words_needed == 4


@given(st.lists(primitives, max_size=20), st.booleans())
def test_entry_registers_never_overlap(arguments: list[str], first_fit: bool) -> None:
    layout = entry_registers(Convention(tuple(arguments)), first_fit=first_fit)
    assert [kind for kind, _ in layout.registers] == arguments
    words = [n + k for kind, n in layout.registers if kind != "r" for k in range(1 + (kind in "IF"))]
    assert len(set(words)) == len(words)
    assert layout.words_needed == max(words, default=-1) + 1
    assert all(n % 2 == 0 for kind, n in layout.registers if kind in "IF")
    assert [n for kind, n in layout.registers if kind == "r"] == list(range(layout.refs_needed))
    if first_fit:
        assert layout.words_needed - len(words) <= 1, "first fit leaves one hole at most"


def test_spans_have_no_entry_registers() -> None:
    with pytest.raises(ConventionError, match="variadic"):
        entry_registers(parse_convention("0iCiD_v"))
