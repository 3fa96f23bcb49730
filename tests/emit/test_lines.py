"""`#line` directives change nothing but what a debugger shows, and lead where the instruction is."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

import transpile
from tests.emit.support import written
from transpile import container
from transpile.emit import EmitOptions, Output, emit
from transpile.emit.directives import directive, repeated, resolved
from transpile.native.toolchain import find_compiler
from transpile.resources import CSUPPORT

EXAMPLES = Path(__file__).parents[2] / "examples"
MATMUL = EXAMPLES / "matmul" / "matmul.vmfb"
NESTED = EXAMPLES / "digits" / "digits_vmvx.vmfb"

_DIRECTIVE = re.compile(r'#line (\d+) "(.*)"')
_PLACE = re.compile(r" *(/\* .+:\d+:\d+ \*/|#line .*)")


def emitted(path: Path, lines: str) -> Output:
    return emit(container.load(path), EmitOptions(prefix="m", lines=lines))  # type: ignore[arg-type]


def code(text: object) -> list[str]:
    """A file's lines without places in either form."""
    return [line for line in str(text).split("\n") if not _PLACE.fullmatch(line)]


@pytest.mark.parametrize("path", [MATMUL, NESTED])
@pytest.mark.parametrize("lines", ["source", "bytecode"])
def test_the_code_is_the_same(path: Path, lines: str) -> None:
    plain, led = emitted(path, "comment"), emitted(path, lines)
    assert plain.sources == led.sources
    for name in plain.sources:
        assert code(plain.files[name]) == code(led.files[name])
    assert any("#line" in str(led.files[name]) for name in led.sources)


def test_bytecode_lines_lead_to_the_instruction() -> None:
    output = emitted(MATMUL, "bytecode")
    listing = str(output.files["m.vmasm"])
    assert listing == transpile.disassemble(MATMUL)
    found = re.findall(r'#line (\d+) "m.vmasm"\n *VM_TRY\(.*, (0x[0-9a-f]+)\);', str(output.files["m_0.c"]))
    assert len(found) > 10
    for number, offset in found:
        assert listing.split("\n")[int(number) - 1].startswith(f"[{int(offset, 16):08X}]  ")


def test_nested_modules_have_listings_of_their_own() -> None:
    output = emitted(NESTED, "bytecode")
    listings = [name for name in output.files if name.endswith(".vmasm")]
    assert len(listings) == 2
    named = {match[2] for name in output.sources for match in _DIRECTIVE.finditer(str(output.files[name]))}
    assert named == {*listings} | {name for name in output.sources if "#line" in str(output.files[name])}


def test_behind_a_function_the_lines_are_its_own_again() -> None:
    lines = str(emitted(MATMUL, "source").files["m_0.c"]).split("\n")
    back = [
        (number, match)
        for number, line in enumerate(lines, 1)
        if (match := _DIRECTIVE.match(line)) and match[2] == "m_0.c"
    ]
    assert back and all(int(match[1]) == number + 1 for number, match in back)


def test_debug_information_names_the_source(tmp_path: Path) -> None:
    elffile = pytest.importorskip("elftools.elf.elffile")
    output = written(container.load(MATMUL), tmp_path, EmitOptions(prefix="m", lines="source"))
    assert "m_0.c" in output.sources
    warnings = ["-Wall", "-Wextra", "-Werror", "-pedantic", "-std=c99"]
    command = [*find_compiler().command, *warnings, "-g", "-I.", f"-I{CSUPPORT}", "-c", "m_0.c", "-o", "m.o"]
    subprocess.run(command, cwd=tmp_path, check=True)
    with (tmp_path / "m.o").open("rb") as file:
        dwarf = elffile.ELFFile(file).get_dwarf_info()
        (unit,) = dwarf.iter_CUs()
        program = dwarf.line_program_for_CU(unit)
        first = 1 if program.header["version"] < 5 else 0
        names = [entry.name.decode() for entry in program.header["file_entry"]]
        states = [entry.state for entry in program.get_entries() if entry.state]
        lines = {state.line for state in states if names[state.file - first] == "matmul.mlir"}
    assert lines == {2, 5, 6}  # the function, the fill, the product


def test_what_c_cannot_express_is_left_out() -> None:
    assert directive(('a"\n??/', 7)) == '#line 7 "a\\042\\012\\077\\077/"'
    assert directive(("a", 0)) == directive(("a", 1 << 31)) == ""


def test_directives_are_repeated_for_every_line() -> None:
    body = ["a;", '#line 3 "f"', "b;", "c;"]
    assert list(repeated(body)) == ["a;", '#line 3 "f"', "b;", '#line 3 "f"', "c;", "#line back"]
    assert resolved("x.c", "a\n#line back\n}") == 'a\n#line 3 "x.c"\n}'
