"""The shape of emitted C: golden functions, files, prefixes, the same bytes every time."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.behaviour import flow
from tests.behaviour.programs import batch
from tests.behaviour.witnesses import Emitted, Interpreter
from tests.conftest import Golden
from tests.emit.support import hostile, loaded
from tests.ir.cases import assemble, blessed
from transpile.emit import EmitOptions, emit
from transpile.emit.nests import NestWriter, Tile
from transpile.emit.statements import indent
from transpile.emit.structure import structure
from transpile.errors import UnsupportedError
from transpile.ir import Registers, lift_function, parse_function
from transpile.ir.graph import analyse
from transpile.nests.find.recognise import find
from transpile.nests.plan.plans import plan
from transpile.nests.plan.target import row_of
from transpile.passes import optimise

DATA = Path(__file__).parent / "data"


def function_text(text: str) -> str:
    """The first function of a module as C, without its signature."""
    output = emit(assemble(text), EmitOptions(optimize="size"))
    body = str(output.files["m_0.c"])
    found = re.search(r"^/\* @f\w* \*/\n.*?^}", body, re.MULTILINE | re.DOTALL)
    assert found, body
    return found[0]


@pytest.mark.parametrize("name", ["structure", "loops", "expressions", "references"])
def test_functions(name: str, golden: Golden) -> None:
    golden(DATA / f"{name}.txt", blessed(DATA / f"{name}.txt", function_text))


def _nests(text: str) -> str:
    """The C of a function's nests, planned for the processor in the first line."""
    target, _, function = text.partition("\n")
    lines: list[str] = []
    for nest in find(parse_function(function)).nests.values():
        chosen = plan(nest, row_of(target))
        kernels = {name: Tile(kernel).symbol(lambda _, name=name: name) for name, kernel in chosen.work.kernels.items()}
        lines += [text for tile in kernels.values() for text in tile.text.split("\n")]
        lines += NestWriter(chosen, kernels, lambda _: "nest").nest(()).text.split("\n")
    return "\n".join(indent(lines, 0))


def test_nests(golden: Golden) -> None:
    golden(DATA / "nests.txt", blessed(DATA / "nests.txt", _nests))


def test_irreducible_graphs_cost_gotos_and_others_none() -> None:
    made = flow.suite()
    module = loaded(made.image())
    registers = Registers(module)
    irreducible = set()
    for index, item in enumerate(made.functions):
        fn = lift_function(module, index, registers)
        optimise(fn)
        if not structure(analyse(fn.entry)).scoped:
            irreducible.add(item.export)
    assert {"graph.two-entries", "graph.irreducible-nest", "graph.clique-without-self"} <= irreducible
    assert not {"graph.nested-loops", "graph.chain", "graph.diamond", "nest.loops", "nest.ifs"} & irreducible


MODULES = Path(__file__).parents[1] / "modules"
HANDFUL = ("v16/matmul_vmvx", "v17/dynamic_shapes", "v17/reductions", "v17/tensor_globals_vmvx")
OPTIONS = (EmitOptions(optimize="none"), EmitOptions(optimize="size"), EmitOptions(dispatch=True, lines="bytecode"))
_PROGRAMS = """
from tests.behaviour import calls, flow
from tests.behaviour.programs import batch
from tests.emit.test_emit import digest
for made in (flow.suite(), calls.suite(), batch("hash", 0, 10)):
    print(digest(made.image()))
"""
_MODULES = """
import sys
from pathlib import Path
from tests.emit.test_emit import digest
for path in sys.argv[1:]:
    print(digest(Path(path).read_bytes()))
"""


def digest(image: bytes) -> str:
    """A hash of everything that is generated for a module, in each way."""
    state = hashlib.sha256()
    try:
        for options in OPTIONS:
            for name, content in emit(loaded(image), options).files.items():
                state.update(name.encode())
                state.update(content.encode() if isinstance(content, str) else content)
    except UnsupportedError as problem:
        return str(problem)
    return state.hexdigest()


def _printed(script: str, seed: int, *arguments: str) -> str:
    """What a script prints in a process whose sets have another order."""
    environment = {**os.environ, "PYTHONHASHSEED": str(seed)}
    command = [sys.executable, "-c", script, *arguments]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def test_the_same_bytes_in_every_process() -> None:
    assert _printed(_PROGRAMS, 0) == _printed(_PROGRAMS, 4711)


@pytest.mark.parametrize("names", [HANDFUL, pytest.param((), marks=pytest.mark.slow, id="all")])
def test_modules_have_the_same_bytes_in_every_process(names: tuple[str, ...]) -> None:
    paths = [str(MODULES / f"{name}.vmfb") for name in names] or sorted(map(str, MODULES.rglob("*.vmfb")))
    first = _printed(_MODULES, 0, *paths)
    assert first.count("\n") == len(paths) and first == _printed(_MODULES, 4711, *paths)


def test_no_path_and_no_date() -> None:
    text = "".join(str(content) for content in emit(hostile()).files.values())
    assert str(Path.cwd()) not in text and str(Path.home()) not in text
    assert not re.search(r"20\d\d-\d\d", text)


def test_several_files() -> None:
    """Functions spread over files: each in one, the same text as in one file, and the results stay."""
    made = batch("split", 0, 6)
    module = loaded(made.image())
    whole, parts = emit(module), emit(module, EmitOptions(prefix="parts", split_bytes=6000))
    files = [str(text) for name, text in parts.files.items() if re.fullmatch(r"parts_\d+\.c", name)]
    assert len(files) > 2
    heads = [re.findall(r"^\w.*? vmc_parts_f(\d+)_", text, re.MULTILINE) for text in files]
    assert sorted(int(n) for head in heads for n in set(head)) == list(range(len(made.functions)))
    assert set(parts.sources) <= set(parts.files)
    single = str(whole.files["programs_0.c"]).replace("vmc_programs_", "vmc_parts_")
    bodies = [body for text in files for body in re.findall(r"^/\* @.*?^}", text, re.MULTILINE | re.DOTALL)]
    assert all(body in single for body in bodies)
    split = Emitted(made.image(), made.conventions, "none", options=EmitOptions(optimize="none", split_bytes=6000))
    interpreter = Interpreter(made.image(), made.conventions)
    for probe in made.probes:
        for arguments in probe.calls[:2]:
            split.reset()
            interpreter.reset()
            assert split.call(probe.name, arguments) == interpreter.call(probe.name, arguments)


@pytest.mark.parametrize(("chosen", "prefix"), [("p", "p"), ("MyModel2", "MyModel2"), ("a_b", "a_b_x")])
def test_prefix(chosen: str, prefix: str) -> None:
    """Every symbol with linkage has the prefix."""
    output = emit(assemble("0i_i\nentry:\n  return (0,)"), EmitOptions(prefix=chosen))
    assert output.prefix == prefix
    assert all(name.startswith(prefix) for name in output.files)
    text = str(output.files[f"{prefix}.h"])
    assert set(re.findall(r"^VM_EXPORT.*?(\w+)[(;]", text, re.MULTILINE)) == {f"{prefix}_f", f"{prefix}_module"}


def test_messages_of_a_module_are_kept_whole() -> None:
    text = "".join(str(content) for name, content in emit(hostile()).files.items() if name.endswith(".c"))
    assert '"\\077\\077/\\012\\077\\077)", 7u' in text
