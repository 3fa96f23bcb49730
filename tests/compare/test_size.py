"""Sizes are what the tools of the system say, and lead back to the source."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from compare import hotspots
from compare.builds import LEVELS, LITERAL, compiled, emitted
from compare.cases import from_module
from compare.flops import Work, count
from compare.footprint import runtime_bytes
from compare.hotspots import _add_work, _parts, _Place
from compare.leg import Facts
from compare.legs import IREE, OURS
from compare.resources import EXAMPLES
from compare.results import Hot
from compare.size import build_size, functions, module_size, sections
from compare.source_map import NOWHERE, SourceMap, places
from transpile import loader
from transpile.cli import main
from transpile.emit import Output
from transpile.native.build import Options, write_files
from transpile.native.cache import Cache
from transpile.native.toolchain import find_compiler, flags
from transpile.resources import CSUPPORT

pytest.importorskip("elftools")
MATMUL = EXAMPLES / "matmul" / "matmul.vmfb"


def test_the_size_of_a_module() -> None:
    found = module_size(loader.read(MATMUL))
    assert found.vmfb == MATMUL.stat().st_size
    assert 0 < found.bytecode < found.vmfb


def test_nested_modules_count() -> None:
    outer = loader.read(EXAMPLES / "digits" / "digits_vmvx.vmfb")
    assert module_size(outer).bytecode > len(outer.bytecode)


def test_a_build_is_weighed() -> None:
    found = build_size(loader.read(MATMUL), LEVELS[1], detail=True)
    assert found.own.text > 0 and found.text_ratio == found.own.text / module_size(loader.read(MATMUL)).bytecode
    assert found.linked > found.linked_without_runtime
    assert sum(found.functions.values()) <= found.own.text
    assert "matmul.mlir:6:8" in found.locations
    assert sum(found.locations.values()) == pytest.approx(found.own.text, rel=0.05)


def test_literal_c_is_emitted_small_and_compiled_fast() -> None:
    assert (LITERAL.emitted, LITERAL.compiled, LITERAL.name) == ("size", "speed", "literal")


@pytest.mark.skipif(shutil.which("size") is None, reason="binutils are not installed")
def test_sections_agree_with_the_size_tool(tmp_path: Path) -> None:
    source, target = tmp_path / "a.c", tmp_path / "a.o"
    source.write_text("int zero[7]; int one = 1; const int two[2] = {2, 2}; int f(void) { return one; }\n")
    subprocess.run([*find_compiler().command, "-c", str(source), "-o", str(target)], check=True)
    printed = subprocess.run(["size", "-A", str(target)], capture_output=True, text=True, check=True).stdout
    said = {words[0]: int(words[1]) for words in map(str.split, printed.splitlines()) if words and words[0][0] == "."}
    found = sections(target)
    assert (found.text, found.data, found.bss) == (said[".text"], said[".data"], said[".bss"])
    assert found.rodata >= said[".rodata"] == 8
    assert list(functions([target])) == ["f"]


MODULES = Path(__file__).parents[1] / "modules" / "v17"
TEXT = """\
int f(void) {
  /* a/b.mlir:1:2 */
  one();
  {
    /* a/b.mlir:3:4 */
    two();
  }
}
int g(void) {
"""


def test_lines_have_the_location_above_them() -> None:
    assert places(TEXT)[2] == "b.mlir:1:2"
    assert places(TEXT)[5] == "b.mlir:3:4"
    assert places(TEXT)[8] == NOWHERE


@pytest.mark.parametrize("target", ["baseline", "dispatch"])
@pytest.mark.parametrize(
    ("path", "line"), [(MATMUL, "matmul.mlir:6:8"), (MODULES / "conv_depthwise.vmfb", "conv_depthwise.mlir:8:8")]
)
def test_every_function_of_a_raised_nest_has_its_place_in_the_source(path: Path, line: str, target: str) -> None:
    """That is, all symbols of the objects but those of the module's own functions, whose lines have places."""
    output = emitted(loader.read(path), LEVELS[0], target)
    sources, symbols = SourceMap(output), defined(output, target)
    nests = {symbol for symbol in symbols if "_nest" in symbol or "_tile" in symbol}
    assert nests and nests <= set(output.places)
    assert line in {location for symbol in nests for location in sources.nest(symbol)}
    assert all(re.fullmatch(r"[\w.]+\.mlir:\d+:\d+", place) for symbol in nests for place in sources.nest(symbol))
    assert not any(sources.nest(symbol) for symbol in symbols - nests)


def defined(output: Output, target: str) -> set[str]:
    """The functions of a module's objects."""
    compiler = find_compiler()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_files(output.files, folder)
        command = [*compiler.command, *flags(compiler, "speed", target).compile, "-g1", "-I.", f"-I{CSUPPORT}", "-c"]
        subprocess.run([*command, *output.sources], cwd=folder, check=True)
        found = functions([folder / Path(source).with_suffix(".o") for source in output.sources])
        return {symbol.partition(".")[0] for symbol in found}  # without what the compiler splits off


def test_a_kernel_without_a_place_is_named() -> None:
    output = emitted(loader.read(EXAMPLES / "digits" / "digits_vmvx.vmfb"), LEVELS[0], "baseline")
    shown = {place for symbol in output.places for place in SourceMap(output).nest(symbol)}
    assert "@classify_dispatch_0_matmul_1x48x64_f32" in shown


def test_hot_spots_have_a_place_and_are_explained() -> None:
    case = from_module(MATMUL)
    found = hotspots.find(loader.read(MATMUL), case.timed, "native", 1.0, count(MATMUL.with_suffix(".mlir")))
    hot = found.hot
    assert (hot[0].location, hot[0].name) == ("matmul.mlir:6:8", "matmul")
    assert hot[0].function in CliRunner().invoke(main, ["explain", str(MATMUL)]).output
    assert 0 <= found.outside < 1 and sum(each.share for each in hot) > 0.9


def test_the_functions_of_a_nest_are_one_hot_spot() -> None:
    tile, rest, other = (
        _Place("nest_8x8", ("m.mlir:1:1",), nest=True),
        _Place("nest_part0", ("m.mlir:1:1",), nest=True),
        _Place("vm_release", ("runtime",)),
    )
    assert _parts(Counter({rest: 30, tile: 50, other: 60})) == [(tile, 80), (other, 60)]


ONNX = (
    '    %52 = torch.operator "onnx.Conv"(%arg0, %3, %2) {torch.onnx.group = 1 : si64} : '
    "(!torch.vtensor<[1,3,224,224],f32>, !torch.vtensor<[64,3,3,3],f32>, !torch.vtensor<[64],f32>)"
    " -> !torch.vtensor<[1,64,111,111],f32> \n"
)


def test_work_of_a_convolution(tmp_path: Path) -> None:
    path = tmp_path / "net.mlir"
    path.write_text("module {\n" + ONNX)
    (found,) = count(path)
    assert found.location == "net.mlir:2:11"
    assert found.flops == 2 * 64 * 111 * 111 * 3 * 3 * 3


def test_work_of_a_product() -> None:
    (found,) = count(EXAMPLES / "matmul" / "matmul.mlir")
    assert (found.location, found.flops, found.bytes) == ("matmul.mlir:6:8", 2 * 64**3, 3 * 4 * 64**2)


def test_what_is_measured_is_what_load_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a cache of its own the library that `load` compiled must be found again."""
    monkeypatch.setenv("TRANSPILE_CACHE", str(tmp_path / "cache"))
    module, made = loader.read(MATMUL), Cache()
    output, library = loader.compile_module(module, Options())
    assert compiled(module, LEVELS[0], Facts()).library == library
    assert build_size(module, LEVELS[0], "native").c_bytes == sum(
        len(text) for text in output.files.values() if isinstance(text, str)
    )
    assert len(list(made.entries())) == 2  # the module's library, and the runtime's objects


def test_what_each_leg_loads_beside_the_module() -> None:
    module = loader.read(MATMUL)
    build = build_size(module, LEVELS[0])
    c = runtime_bytes("C speed, 2 threads", module, [build])
    assert c == runtime_bytes("C speed", module, [build]) and c is not None and 8_000 < c < 200_000
    interpreter, iree = (runtime_bytes(name, module, [build]) for name in (OURS, IREE))
    assert interpreter is not None and interpreter > c
    assert iree is not None and iree > 1_000_000
    assert runtime_bytes("somebody", module, [build]) is None


def test_maps_of_a_product_are_not_its_types(tmp_path: Path) -> None:
    path = tmp_path / "t.mlir"
    maps = "indexing_maps = [affine_map<(i, j, k) -> (i, k)>,\n affine_map<(i, j, k) -> (j, k)>]"
    text = (EXAMPLES / "matmul" / "matmul.mlir").read_text()
    path.write_text(text.replace("linalg.matmul ins(", f"linalg.matmul {maps} ins("))
    assert [found.flops for found in count(path)] == [2 * 64**3]


def test_an_operation_in_several_places_has_one_rate() -> None:
    work = [Work("m.mlir:1:2", "matmul", 900, 9)]
    rows = [(_Place("nest", ("a/m.mlir:1:2",)), 8.0), (_Place("f", ("a/m.mlir:1:2",)), 1.0), (_Place("g", ()), 1.0)]
    hot = [Hot(place.function, "", spent, spent / 10) for place, spent in rows]
    _add_work(hot, rows, work)
    assert [each.flops for each in hot] == [100.0, None, None]
    assert hot[0].intensity == 100.0
