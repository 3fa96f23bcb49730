"""Reports: all findings, their text and JSON forms, the listing."""

from __future__ import annotations

import json

import pytest

from tests.support.modules import build_module, function, imported, ref
from tests.support.work import steps
from transpile.container import load
from transpile.errors import Status, VerifyError
from transpile.limits import FINDINGS
from transpile.verify import RULES, Report, check, explain, frame_registers, listing, load_and_verify, verify
from transpile.verify.facts import feature_names

RETURN = ("return", ())


def _broken() -> bytes:
    return build_module(
        [
            function("entry", ("add.i32", 9, 1, 99), ("br", 3, ((8, 0),)), export="f"),
            function("entry", ("call", imported(5), (), ()), ("abs.f32", 0, 1), RETURN, blocks=3),
        ],
        name="",
        types=["!x.y"],
    )


def test_every_finding_is_collected_in_order() -> None:
    report = verify(load(_broken()))
    places = [(f.rule, f.function, f.offset) for f in report.findings]
    assert places == [
        ("V3", None, None),
        ("V17", None, None),
        ("V29", 0, 1),
        ("V29", 0, 1),
        ("V34", 0, 8),
        ("V28", 0, 8),
        ("V27", 1, None),
        ("V39", 1, 1),
        ("V25", 1, 10),
    ]
    with pytest.raises(VerifyError) as caught:
        check(load(_broken()))
    assert len(caught.value.diagnostics) == len(report.findings)
    assert caught.value.diagnostics[2].status is Status.OUT_OF_RANGE


def test_a_finding_says_where_what_and_what_else() -> None:
    finding = verify(load(_broken())).findings[2]
    assert str(finding) == (
        "function 0 @f, offset 0x1 (add.i32): V29 OUT_OF_RANGE: register %i9; expected a register below %i8"
    )


def test_a_report_is_json() -> None:
    report = verify(load(_broken()))
    data = json.loads(json.dumps(report.as_dict()))
    assert data["ok"] is False
    assert data["findings"][2] == {
        "rule": "V29",
        "title": RULES["V29"].title,
        "status": "OUT_OF_RANGE",
        "function": 0,
        "name": "f",
        "offset": 1,
        "mnemonic": "add.i32",
        "found": "register %i9",
        "expected": "a register below %i8",
    }


def test_the_listing_puts_findings_below_their_instructions() -> None:
    module = load(_broken())
    lines = list(listing(verify(module), module))
    at = lines.index("[00000001]  %i99 = add.i32 %i9, %i1")
    assert lines[at + 1 : at + 3] == [
        "    ^ V29 OUT_OF_RANGE: register %i9; expected a register below %i8",
        "    ^ V29 OUT_OF_RANGE: register %i99; expected a register below %i8",
    ]
    assert sum("^ V" in line for line in lines) == len(verify(module).findings)


def test_the_listing_survives_functions_without_code() -> None:
    good = function("entry", RETURN)
    module = load(build_module([good, function("entry", RETURN, offset=-4), function("entry", tail=b"\xff\xff")]))
    lines = "\n".join(listing(verify(module), module))
    assert "V15" in lines and "V25" in lines and "function 0" not in lines
    assert "function 0" in "\n".join(listing(Report(), module, everything=True))


def test_at_most_so_many_findings_are_kept() -> None:
    module = load(build_module([function("entry", *[("add.i32", 9, 9, 9)] * 1000, RETURN)]))
    report = verify(module)
    assert len(report.findings) == FINDINGS
    assert report.omitted == 3000 - FINDINGS
    assert f"{3000 - FINDINGS} more" in str(report) and "3000 errors" in str(report)
    with pytest.raises(VerifyError, match="more errors"):
        check(module)


def test_names_of_the_module_cannot_forge_lines() -> None:
    module = load(build_module([function("entry", ("add.i32", 9, 1, 2), RETURN, export="f\n[00000000] verified")]))
    assert len(str(verify(module)).splitlines()) == 2
    assert all("\n" not in line for line in listing(verify(module), module))


def test_an_unreadable_file_breaks_v1() -> None:
    module, report = load_and_verify(b"no module at all, whatever one does with it")
    assert module is None
    assert [finding.rule for finding in report.findings] == ["V1"]
    module, report = load_and_verify(build_module([function("entry", RETURN)]))
    assert module is not None and report.ok and str(report) == "verified, no errors"


def test_missing_features_are_named() -> None:
    assert feature_names(0) == ""
    assert feature_names(0x1F) == "EXT_F32|EXT_F64|YIELD|UNWIND|10h"
    module = load(build_module([function("entry", ("abs.f32", 0, 1), RETURN, requirements=2)], requirements=19))
    v2, v25 = verify(module).findings
    assert "features [10h] are unavailable, [EXT_F32|EXT_F64|10h]" in v2.found
    assert "[EXT_F32|EXT_F64|YIELD|UNWIND]" in v2.expected
    assert "[EXT_F32]" in v25.found and "[EXT_F64]" in v25.expected


def test_rules_explain_themselves() -> None:
    assert list(RULES) == [f"V{n}" for n in range(1, len(RULES) + 1)]
    for number, rule in RULES.items():
        assert rule.number == number and len(rule.explanation) > 40
        assert rule.title in explain(number.lower())
    for lost in ("V29", "V30", "V31", "V32", "V35"):
        assert "3.10.0 to 3.13.0" in RULES[lost].explanation


def test_frames_are_rounded_up_in_version_15_only() -> None:
    assert [frame_registers(n, 15) for n in (0, 1, 2, 3, 9, 16)] == [1, 1, 2, 4, 16, 16]
    assert [frame_registers(n, 16) for n in (0, 9)] == [0, 9]


def test_a_fail_may_end_a_function() -> None:
    """Its status could be 0, and then nothing follows: the engines define that; compilers do write it."""
    module = load(build_module([function("entry", ("fail", 0, b"why"))]))
    assert verify(module).ok


def test_work_is_linear_even_if_functions_overlap() -> None:
    body = function("entry", *[("add.i32", 0, 1, 2)] * 5000, RETURN)
    copies = [function("entry", RETURN, offset=0, length=len(body.code))] * 500
    module, reports = load(build_module([body, *copies])), list[Report]()
    assert steps(lambda: reports.append(verify(module))) < 1_000_000  # of 2,500,000 instructions, if all were read
    assert {finding.rule for finding in reports[0].findings} == {"V46"}


def test_work_is_linear_in_the_instructions() -> None:
    body = [
        ("buffer.load.f32", ref(0), 0, 2), ("fma.f32", 2, 3, 4, 4), ("buffer.store.f32", ref(1), 0, 4),
        ("add.i64", 0, 2, 6), ("cmp.lt.i64.s", 0, 2, 1),
    ]  # fmt: skip
    once, twice = (
        load(build_module([function("entry", *body * count, RETURN, requirements=1)])) for count in (700, 1400)
    )
    assert verify(once).ok and verify(twice).ok
    needed = steps(lambda: verify(twice))
    assert needed < 2.01 * steps(lambda: verify(once)) and needed < 100 * 7000
