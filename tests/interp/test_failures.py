"""Failures in the interpreter: the whole call stack, locations, recursion without end, and what is released."""

from __future__ import annotations

from typing import Any

import pytest

from tests.container.writer import Table, debug_database, i32, source_map
from tests.interp.engines import ENGINES, Engine
from tests.support.modules import build_module, function, imported, ref
from transpile import container, loader
from transpile.container import Module
from transpile.interp import open_interpreter
from transpile.program import Program, VmError
from transpile.verify import check

engines = pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
DIVIDE = ("div.i32.s", 0, 1, 2)


def made(*functions: Any, **options: Any) -> Module:
    module = container.load(build_module(functions, **options))
    check(module)
    return module


def both(module: Module, engine: Engine, imports: Any = None) -> tuple[Program, Program]:
    """The module in the interpreter and as C."""
    options = engine.options()
    return open_interpreter(module, imports=imports, options=options), loader.load(module, imports=imports)


def failure(program: Program, name: str, *arguments: Any) -> VmError:
    with pytest.raises(VmError) as caught:
        program[name](*arguments)
    return caught.value


def same(module: Module, engine: Engine, name: str, *arguments: Any, imports: Any = None) -> VmError:
    """The failure of a call, the same in both engines but for the frames' source locations being there twice."""
    mine, emitted = (failure(program, name, *arguments) for program in both(module, engine, imports))
    assert (mine.status, mine.message, mine.frames) == (emitted.status, emitted.message, emitted.frames)
    return mine


@engines
def test_the_whole_stack_with_offsets(engine: Engine) -> None:
    inner = function("entry", DIVIDE, ("return", (2,)), convention="0ii_i")
    middle = function("entry", ("add.i32", 0, 1, 0), ("call", 0, (0, 2), (3,)), ("return", (3,)), convention="0ii_i")
    outer = function("entry", ("call", 1, (0, 1), (4,)), ("return", (4,)), convention="0ii_i", export="f")
    found = same(made(inner, middle, outer), engine, "f", 1, 2)
    assert found.status_name == "INVALID_ARGUMENT"
    assert [(frame.function, frame.offset) for frame in found.frames] == [("fn_0", 1), ("fn_1", 8), ("f", 1)]


@engines
def test_offsets_inside_fused_records(engine: Engine) -> None:
    """Each instruction of a record has its own offset: the load, and the store behind it."""
    code = [
        "entry",
        ("const.i64", 8, 4),
        ("const.i32", 4, 6),
        ("buffer.alloc", 4, 6, ref(0)),
        ("buffer.load.i32", ref(0), 0, 7),
        ("add.i32", 8, 7, 9),
        ("buffer.store.i32", ref(0), 2, 9),
        ("return", ()),
    ]
    module = made(function(*code, convention="0II_v", words=12, export="f"))
    loaded, stored = same(module, engine, "f", 2, 0), same(module, engine, "f", 0, -1)
    assert (loaded.status_name, stored.status_name) == ("OUT_OF_RANGE", "OUT_OF_RANGE")
    assert stored.frames[0].offset - loaded.frames[0].offset == 7 + 7
    program = open_interpreter(module, options=engine.options())
    assert program["f"](1, 1) is None


@engines
@pytest.mark.parametrize("status", (1, 9, 17, 32, 41))
def test_fail_ends_with_status_and_message(engine: Engine, status: int) -> None:
    code = ["entry", ("fail", 0, b"bad \x00 luck"), "next", ("return", (0,))]
    module = made(function(*code, convention="0i_i", export="f"))
    assert same(module, engine, "f", status).frames[0].offset == 1


@engines
def test_fail_with_status_zero_goes_on(engine: Engine) -> None:
    code = ["entry", ("fail", 0, b"no"), "next", ("const.i32", 7, 1), ("return", (1,))]
    last = ["entry", ("br", "last", ()), "last", ("fail", 0, b"no")]
    module = made(
        function(*code, convention="0i_i", export="f"), function(*last, convention="0i_v", export="g")
    )
    for program in both(module, engine):
        assert program["f"](0) == 7
    found = same(module, engine, "g", 0)
    assert (found.status_name, found.message) == ("INTERNAL", "execution ran past the end of the function")


@engines
def test_recursion_ends_where_that_of_emitted_c_does(engine: Engine) -> None:
    """The depth at which the stack ends is the same; the instance goes on afterwards."""
    code = [
        "entry",
        ("global.load.i32", 0, 1),
        ("const.i32", 1, 2),
        ("add.i32", 1, 2, 1),
        ("global.store.i32", 0, 1),
        ("cond_br", 0, "deeper", (), "end", ()),
        "deeper",
        ("sub.i32", 0, 2, 0),
        ("call", 0, (0,), (3,)),
        ("return", (3,)),
        "end",
        ("return", (1,)),
    ]
    module = made(function(*code, convention="0i_i", export="f"), global_bytes=4)
    found = same(module, engine, "f", -1)
    assert found.status_name == "RESOURCE_EXHAUSTED"
    depths = []
    for program in both(module, engine):
        failure(program, "f", -1)
        depths.append(program["f"](3) - 4)
    assert depths[0] == depths[1] > 1000


@engines
def test_failures_of_imports(engine: Engine) -> None:
    def refuse(x: int) -> int:
        raise ValueError(f"not {x}")

    code = ["entry", ("add.i32", 0, 0, 1), ("call", imported(0), (1,), (2,)), ("return", (2,))]
    module = made(function(*code, convention="0i_i", export="f"), imports=[("host.refuse", "0i_i")])
    found = same(module, engine, "f", 21, imports={"host.refuse": refuse})
    assert "not 42" in found.message
    assert [frame.offset for frame in found.frames] == [8]
    assert isinstance(found.__cause__, ValueError)


@engines
def test_an_import_may_call_back(engine: Engine) -> None:
    """The inner call has a stack of its own."""
    code = ["entry", ("cond_br", 0, "ask", (), "end", ()), "ask", ("call", imported(0), (0,), (1,)), ("return", (1,))]
    code += ["end", ("const.i32", 100, 2), ("return", (2,))]
    module = made(function(*code, convention="0i_i", export="f"), imports=[("host.again", "0i_i")])
    programs: list[Program] = []
    imports = {"host.again": lambda n: programs[0]["f"](n - 1) + 1}
    programs.append(open_interpreter(module, imports=imports, options=engine.options()))
    assert programs[0]["f"](5) == 105


@engines
def test_locations_of_the_source(engine: Engine) -> None:
    from tests.corpus.programs import ENTRIES

    failing = 0
    for entry in ENTRIES:
        calls = [call for session in entry.sessions if len(session) == 1 for call in session if call.status]
        if entry.major != 16 or not calls or entry.flavour != "vm":
            continue
        module = container.load(entry.path)
        for call in calls[:3]:
            arguments = [int(value["bits"], 16) for value in call.inputs if value.get("type") == "i32"]
            if len(arguments) == len(call.inputs):
                found = same(module, engine, call.function, *arguments)
                failing += any(frame.location for frame in found.frames)
    assert failing


@engines
def test_a_hostile_debug_database_names_places_all_the_same(engine: Engine) -> None:
    """Offsets before the function's start, twice: the last one counts, in both engines."""
    places: list[Any] = [(2, Table({0: f"{name}.mlir", 1: i32(7), 2: i32(1)})) for name in "abc"]
    maps = [source_map("f", (-100, 0), (-5, 1), (90, 2))]
    code = ["entry", DIVIDE, ("return", (2,))]
    module = made(
        function(*code, convention="0ii_i", export="f"), slots={15: debug_database(places, maps)}
    )
    assert same(module, engine, "f", 1, 0).frames[0].location == "b.mlir:7:1"


@engines
def test_an_instruction_without_a_place_has_none(engine: Engine) -> None:
    """Not that of the one before it, which in C may not be there any more."""
    places: list[Any] = [(2, Table({0: "a.mlir", 1: i32(7), 2: i32(1)})), (9, Table({}))]
    code = ["entry", ("const.i32", 5, 3), DIVIDE, ("return", (2,))]
    maps = [source_map("f", (1, 0), (8, 1), (90, 0))]
    module = made(function(*code, convention="0ii_i", export="f"), slots={15: debug_database(places, maps)})
    assert same(module, engine, "f", 1, 0).frames[0].location is None


@engines
def test_initialisers_fail_with_a_stack(engine: Engine) -> None:
    code = ["entry", ("const.i32", 9, 0), ("fail", 0, b"not today"), "next", ("return", ())]
    module = made(function(*code, export="__init"))
    with pytest.raises(VmError, match="not today") as caught:
        open_interpreter(module, options=engine.options())
    assert [frame.function for frame in caught.value.frames] == ["__init"]
