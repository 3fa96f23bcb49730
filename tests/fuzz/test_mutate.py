"""A short run of the mutants; `python -m tests.fuzz.mutate` runs as many as there is time for."""

from __future__ import annotations

import pytest

from tests.fuzz import bundle
from tests.fuzz.mutate import Campaign
from tests.fuzz.mutations import mutant
from tests.fuzz.runner import Job, Runner, sanitizer_library
from tests.fuzz.subjects import subjects
from tests.fuzz.tally import Tally
from tests.support.modules import build_module, function
from transpile.container import load
from transpile.emit import EmitOptions, emit
from transpile.verify import load_and_verify

COUNT = 300


def test_mutants_are_reproducible_and_various() -> None:
    made = [mutant("tests", number) for number in range(200)]
    assert made == [mutant("tests", number) for number in range(200)]
    assert len({image for _, image in made}) > 190
    assert mutant("other", 0)[1] != made[0][1]


def test_every_part_of_every_subject_is_known() -> None:
    for subject in subjects():
        assert {"offset", "text offset", "scalar", "count", "vtable", "text", "data"} <= set(subject.spans)
        spans = [span for found in subject.spans.values() for span in found]
        assert all(0 <= span.at < span.at + span.size <= len(subject.image) for span in spans)
        for piece in subject.code:
            assert subject.image[piece.at] == (piece.instruction.op.prefix or piece.instruction.op.code)


def test_mutants_show_no_defect() -> None:
    if sanitizer_library() is None:
        pytest.skip("gcc's address sanitizer is not installed")
    told: list[str] = []
    tally = Tally()
    Campaign("tests", tally, report=told.append).run(0, COUNT)
    assert not told, "\n".join(told)
    assert not tally.failures
    assert sum(tally.outcomes.values()) == COUNT
    assert tally.verdicts["equal, no call fails"] and tally.verdicts["equal, some calls fail"]
    assert tally.outcomes["refused by the reader"]


def test_a_difference_a_crash_and_a_loop_are_seen() -> None:
    """The witness of the witnesses: a library that is not the module's, and a loop without end."""
    if sanitizer_library() is None:
        pytest.skip("gcc's address sanitizer is not installed")

    def returning(value: int) -> bytes:
        code = ["entry", ("const.i32", value, 0), ("return", (0,))]
        return build_module([function(*code, convention="0v_i", export="f")])

    endless = build_module([function("entry", ("br", "entry", ()), convention="0v_v", export="f")])
    images = [returning(1), returning(2), endless]
    assert all(load_and_verify(image)[1].ok for image in images)
    runner = Runner()
    outputs = [emit(load(image), EmitOptions(prefix=bundle.prefix(k))) for k, image in enumerate(images)]
    library = bundle.compile_bundle(outputs, sanitize=False)
    assert [verdict.kind for verdict in runner.run(Job(library, images))] == ["equal", "equal", "endless"]
    exchanged = runner.run(Job(library, [images[1], images[2], images[0]]))
    assert [verdict.kind for verdict in exchanged] == ["different", "endless in one engine", "endless in one engine"]
    gone = runner.run(Job(library.with_name("gone.so"), images[:1]))
    assert [verdict.kind for verdict in gone] == ["crash"]
    runner.close()
