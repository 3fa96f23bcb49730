"""Networks out of packages: the table, archives, what is refused, and what is told of a stored result. No network."""

from __future__ import annotations

import io
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from compare import report_html
from compare.cli import PROBLEM, compare
from compare.cli.zoo import _exit_code
from compare.costs import costs
from compare.engines import Unavailable
from compare.legs import NATIVE, ONNX
from compare.report_terminal import console, hot_table
from compare.report_zoo import costs_table, rows, summary, zoo_markdown, zoo_table
from compare.results import CaseResult, Hot, Report
from compare.suite import builders
from compare.zoo import archive
from compare.zoo.cases import build
from compare.zoo.table import Model, models
from tests.compare.samples import case, leg, report
from transpile.front import ModelOptions


def quiet(text: str) -> None:
    """Progress goes nowhere."""


# ---- the table -------------------------------------------------------------------------------------------------------


def test_the_table_names_each_model_once_and_can_build_it() -> None:
    found = models()
    assert len({model.name for model in found}) == len(found) > 12
    assert {model.program for model in found if model.program} <= builders(Path("nowhere")).keys()
    assert {model.variant_of for model in found} <= {"", *(model.name for model in found)}
    assert all(len(model.name) <= 14 for model in found)  # what a terminal of 80 columns has room for


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('name = "a"\nabout = "b"\npackage = "c==1"\nfile = "d"\nsahpes = {}', "a has sahpes"),
        ('name = "a"\nabout = "b"\npackage = "c"\nfile = "d"', "neither a package==version"),
        ('name = "a"\nabout = "b"\npackage = "c==1"', "neither a package==version"),
    ],
)
def test_rows_that_mean_nothing(tmp_path: Path, text: str, words: str) -> None:
    table = tmp_path / "models.toml"
    table.write_text(f"[[model]]\n{text}\n")
    with pytest.raises(Unavailable, match=words):
        models(table=table)


def test_a_row(tmp_path: Path) -> None:
    table = tmp_path / "models.toml"
    text = "shapes = { x = [1, 3] }\ndims = { n = 4 }\nranges = { x = [0, 7] }\nopen_size = 5"
    table.write_text(f'[[model]]\nname = "a"\nabout = "b"\npackage = "c==1"\nfile = "d"\n{text}\n')
    (found,) = models(["a"], table)
    assert found.options == ModelOptions({"n": 4}, {"x": (1, 3)})
    assert (found.draw.ranges, found.draw.open_size) == ({"x": (0, 7)}, 5)
    with pytest.raises(Unavailable, match="there is no z; there are a"):
        models(["z"], table)


# ---- archives --------------------------------------------------------------------------------------------------------


def model_file(folder: Path, *, external: bool = False) -> bytes:
    """A small network, whose weights may be in another file beside it."""
    onnx = pytest.importorskip("onnx")
    from tests.front import models as small

    path = small.dense(folder / "net.onnx")
    if external:
        onnx.save(onnx.load(str(path)), str(path), save_as_external_data=True, location="net.data", size_threshold=0)
    return path.read_bytes()


def wheel(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as made:
        for name, contents in files.items():
            made.writestr(name, contents)
    return path


def test_a_file_out_of_a_wheel_with_its_weights(tmp_path: Path) -> None:
    net = model_file(tmp_path, external=True)
    weights = (tmp_path / "net.data").read_bytes()
    files = {"p/models/net.onnx": net, "p/models/net.data": weights, "p/models/other.data": b"x", "p/code.py": b"y"}
    found = archive.unpacked(wheel(tmp_path / "p.whl", files), "net.onnx", tmp_path / "out")
    assert found.read_bytes() == net
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}.keys() == {"net.onnx", "net.data"}
    assert (tmp_path / "out" / "net.data").read_bytes() == weights


def test_a_file_out_of_a_source_archive(tmp_path: Path) -> None:
    net = model_file(tmp_path)
    with tarfile.open(tmp_path / "p-1.tar.gz", "w:gz") as made:
        entry = tarfile.TarInfo("p-1/p/net.onnx")
        entry.size = len(net)
        made.addfile(entry, io.BytesIO(net))
    assert archive.unpacked(tmp_path / "p-1.tar.gz", "net.onnx", tmp_path / "out").read_bytes() == net


def test_a_path_tells_files_of_one_name_apart(tmp_path: Path) -> None:
    made = wheel(tmp_path / "p.whl", {"p/a/net.onnx": b"a", "p/b/net.onnx": b"b"})
    assert archive.unpacked(made, "b/net.onnx", tmp_path / "b").read_bytes() == b"b"
    with pytest.raises(Unavailable, match=r"p\.whl has 2 files net\.onnx"):
        archive.unpacked(made, "net.onnx", tmp_path / "all")
    with pytest.raises(Unavailable, match=r"p\.whl has no files other\.onnx"):
        archive.unpacked(made, "other.onnx", tmp_path / "none")


def test_nothing_is_written_or_read_outside(tmp_path: Path) -> None:
    """Neither by names in an archive, nor by those that a model says its weights are in."""
    (tmp_path / "secret").write_bytes(b"secret")
    onnx = pytest.importorskip("onnx")
    model_file(tmp_path, external=True)
    net = onnx.load(str(tmp_path / "net.onnx"), load_external_data=False)
    for entry in (entry for tensor in net.graph.initializer for entry in tensor.external_data):
        entry.value = "../../secret" if entry.key == "location" else entry.value
    made = wheel(tmp_path / "p.whl", {"p/net.onnx": net.SerializeToString(), "../outside": b"x"})
    archive.unpacked(made, "net.onnx", tmp_path / "out")
    assert not (tmp_path.parent / "outside").exists() and not (tmp_path / "outside").exists()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["net.onnx"]


def test_what_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "p.tar.gz").write_bytes(b"nothing")
    with pytest.raises(Unavailable, match="cannot be unpacked"):
        archive.unpacked(tmp_path / "p.tar.gz", "net.onnx", tmp_path / "out")


def downloader(source: Path) -> tuple[str, ...]:
    """A command with pip's arguments that copies a file."""
    to = "sys.argv[sys.argv.index('--dest') + 1]"
    script = f"import os, shutil, sys; os.mkdir({to}); shutil.copy({str(source)!r}, {to})"
    return (sys.executable, "-c", script)


def test_a_package_is_downloaded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = wheel(tmp_path / "p.whl", {"p/net.onnx": b"net"})
    monkeypatch.setattr(archive, "_PIP", downloader(made))
    assert archive.fetched("p==1", "net.onnx", tmp_path / "cache").read_bytes() == b"net"
    made.unlink()
    assert archive.fetched("p==1", "net.onnx", tmp_path / "cache").read_bytes() == b"net"
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["p==1"]


def test_what_pip_says_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failing = (sys.executable, "-c", "import sys; sys.exit('WARNING: x\\nERROR: No matching distribution')")
    monkeypatch.setattr(archive, "_PIP", failing)
    with pytest.raises(Unavailable, match=r"p==1 cannot be downloaded: ERROR: No matching distribution"):
        archive.fetched("p==1", "net.onnx", tmp_path)
    assert list(tmp_path.iterdir()) == []


# ---- cases -----------------------------------------------------------------------------------------------------------


def test_models_become_cases_and_what_iree_refuses_is_told(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("iree.compiler")
    from tests.front import models as small

    good = small.dense(tmp_path / "good.onnx", "batch")
    nodes = [onnx.helper.make_node("StringNormalizer", ["x"], ["y"], name="/text")]
    io_ = [[small.value(name, [2], onnx.TensorProto.STRING)] for name in "xy"]
    bad = small.save(tmp_path / "bad.onnx", nodes, *io_)
    wanted = [
        Model("good", "rows", "p==1", "good", options=ModelOptions({"batch": 2}), variant_of="other"),
        Model("bad", "text", "p==1", "bad"),
    ]
    cases, refused = build(wanted, quiet, lambda package, file, folder: {"good": good, "bad": bad}[file])
    assert [(each.name, each.about, each.variant_of, each.onnx) for each in cases] == [("good", "rows", "other", good)]
    assert [np.shape(call.arguments[0]) for (call,) in cases[0].checks] == [(2, 8)] * 3
    assert [(each.name, each.about, each.legs) for each in refused] == [("bad", "text", [])]
    assert "refused: IREE's compiler does not know the ONNX operator StringNormalizer" in refused[0].notes[0]


# ---- what is told of a result ----------------------------------------------------------------------------------------


def measured(name: str, seconds: float, *, variant_of: str = "") -> CaseResult:
    """A model whose C takes so long, ONNX Runtime 10 ms, and IREE's native code 40."""
    found = case(name)
    legs = [leg("IREE interpreter", 1.0, 0.01), leg("C speed", seconds, 0.01)]
    found.legs = [*legs, leg(NATIVE, 0.04, 0.01), leg(ONNX, 0.01, 0.01)]
    found.base, found.about, found.variant_of = ONNX, f"about {name}", variant_of
    found.hot = [
        Hot("f", "@f", 0.006, 0.6, plan="tile"),
        Hot("g", "@g", 0.003, 0.3, plan="strip", reason="no register tile: <b>exp</b>"),
        Hot("vm_release", "runtime", 0.001, 0.1),
    ]
    return found


def result() -> Report:
    refused = CaseResult("no", "", "", "", [], notes=["refused: <b>If</b>"], about="about no")
    found = [measured("quick", 0.005), measured("slow", 0.02), measured("open", 0.5, variant_of="slow"), refused]
    return report(*found)


def test_figures() -> None:
    quick, slow, variant, refused = rows(result())
    assert quick.over_onnx == pytest.approx(0.5) and slow.over_onnx == pytest.approx(2)
    assert quick.native_over == pytest.approx(8) and slow.native_over == pytest.approx(2)
    assert variant.time == pytest.approx(0.5) and refused.time is None and refused.over_onnx is None


def test_means_leave_variants_out_and_refusals_are_listed() -> None:
    assert list(summary(result())) == [
        "C over ONNX Runtime: 1.00x in the geometric mean of 2, 1 above 1.3x, at worst 2.00x (slow)",
        "llvm-cpu over C: 4.00x in the geometric mean of 2, at worst 2.00x (slow)",
        "machine code over bytecode at speed: 2.50x in the median, at most 2.50x",
        "machine code over bytecode at size: 2.50x in the median, at most 2.50x",
        "open takes 25.0x the time of slow",
        "no: refused: <b>If</b>",
    ]


def test_costs_are_shares_by_reason() -> None:
    tile, strip, runtime = costs(result())
    assert (tile.what, strip.what, runtime.what) == (
        "tile",
        "strip: no register tile: <b>exp</b>",
        "runtime: vm_release",
    )
    assert [cost.share for cost in (tile, strip, runtime)] == pytest.approx([0.6, 0.3, 0.1])
    assert strip.missing and not tile.missing
    assert [name for name, _ in strip.programs] == ["quick", "slow"]


def test_the_table_fits_80_columns() -> None:
    out = console()
    out.width = 80
    with out.capture() as written:
        out.print(zoo_table(result()), costs_table(result()))
    text = written.get()
    assert max(map(len, text.splitlines())) <= 80
    assert "not shown" not in text and "2.00x" in text and "no " not in text.split("what the time")[0].split("slow")[1]


def test_loops_are_told_with_their_plans_and_reasons() -> None:
    out = console()
    with out.capture() as written:
        out.print(hot_table(measured("quick", 0.005)))
    lines = [" ".join(line.replace("│", " ").split()) for line in written.get().splitlines()]
    assert "@f f 60.0 % 6.00 ms tile" in lines
    assert "@g g 30.0 % 3.00 ms strip no register tile: <b>exp</b>" in lines
    assert "vm_release vm_release 10.0 % 1.00 ms" in lines


def test_the_table_as_markdown() -> None:
    text = zoo_markdown(result())
    assert "| slow | equal bits | 20.0 ms | 2.00x | 2.00x | 2.50x | 2.50x |" in text
    assert "* open takes 25.0x the time of slow\n" in text


def test_the_page_tells_what_each_model_is_and_what_costs_most() -> None:
    text = report_html.html(result())
    assert "about quick, 5.00 kB" in text and "refused: &lt;b&gt;If&lt;/b&gt;" in text
    assert "at 1.00 times the speed of ONNX Runtime" in text
    assert '<td class="missing">strip: no register tile: &lt;b&gt;exp&lt;/b&gt;</td>' in text
    assert "<td>no register tile: &lt;b&gt;exp&lt;/b&gt;</td>" in text


def test_exit_codes() -> None:
    found = result()
    assert _exit_code(found) == 0
    found.cases.append(CaseResult("x", "f()", "", "", [], notes=["not compared: no compiler"]))
    assert _exit_code(found) == 2
    found.cases.append(case())
    assert _exit_code(found) == 1


def test_the_command_lists_models_and_refuses_other_names() -> None:
    done = CliRunner().invoke(compare, ["zoo", "--list", "silero"])
    assert done.exit_code == 0 and done.output.startswith("silero ") and "silero_vad==" in done.output
    done = CliRunner().invoke(compare, ["zoo", "nobody"])
    assert done.exit_code == PROBLEM and "there is no nobody; there are silero" in done.output
