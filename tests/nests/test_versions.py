"""Versions of nests for several widths of vectors, and nests without vectors: the bits of the literal loops."""

from __future__ import annotations

import platform
import re
import subprocess
from pathlib import Path

import pytest

from tests.emit.support import COMPILERS, written
from tests.nests.engines import Answer, Literal, Raised, answers
from tests.nests.known import suite
from tests.nests.random import batch
from tests.nests.suite import Call, Suite
from transpile import container
from transpile.emit import EmitOptions, emit
from transpile.resources import CSUPPORT

SUITES = {"known": suite(), "random": batch("versions", 0, 6)}
PRODUCT = Path(__file__).parents[1] / "modules" / "v17" / "matmul.vmfb"
X86 = pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="other processors have one version")


@pytest.fixture(scope="module", params=SUITES)
def made(request: pytest.FixtureRequest) -> Suite:
    return SUITES[request.param]


@pytest.fixture(scope="module")
def literal(made: Suite) -> dict[tuple[str, Call], Answer]:
    return answers(Literal(made.image(), made.conventions), made)


@pytest.fixture(scope="module")
def versions(made: Suite) -> Raised:
    return Raised(made.image(), made.conventions, 16, target_cpu="dispatch")


@X86
@pytest.mark.parametrize("width", [16, 32, 64])
def test_every_version(width: int, made: Suite, versions: Raised, literal: dict[tuple[str, Call], Answer]) -> None:
    if width > versions.widest():
        pytest.skip(f"this processor has no vectors of {width} bytes")
    versions.widths()
    versions.force(width)
    assert answers(versions, made) == literal
    # Where the text for wider vectors is that for narrower ones, there is one version of both.
    ran = versions.widths()
    assert ran and max(ran) <= width
    assert width in ran or made is not SUITES["known"]


@X86
def test_a_limit_is_kept(versions: Raised) -> None:
    ffi, lib = versions.library.ffi, versions.library.lib
    options, result = ffi.new("vm_options*"), ffi.new("vm_instance**")
    for limit in (0, 16):
        options.vector_bytes = limit
        assert lib.vm_instance_create(versions.library.module, options, result) == 0
        assert bool(result[0].cpu) == (not limit and versions.widest() > 16)
        lib.vm_instance_destroy(result[0])


def test_without_vectors(made: Suite, literal: dict[tuple[str, Call], Answer]) -> None:
    plain = Raised(made.image(), made.conventions, 32, "none", "baseline", defines={"VM_VECTORS": 0})
    assert answers(plain, made) == literal
    entered, taken = plain.counts()
    assert 0 < taken < entered  # maps and strips are plain C


def test_one_width_has_one_version() -> None:
    output = emit(container.load(PRODUCT), EmitOptions(prefix="m"))
    assert not [name for name, text in output.files.items() if isinstance(text, str) and "VM_DISPATCH" in text]


def test_nests_have_all_versions_and_share_equal_ones() -> None:
    files = emit(container.load(PRODUCT), EmitOptions(prefix="m", dispatch=True)).files
    narrow, middle, wide = (str(files[f"m_nests{part}0.c"]) for part in ("", "_32_", "_64_"))
    entries = re.findall(r"^int (\w+)\(.*\n  #if VM_DISPATCH\n((?:  if .*\n)+)", narrow, re.M)
    assert len(entries) == len(set(re.findall(r"^int (\w+)\(", narrow, re.M)))
    assert all("vm_cpu_has(vm, VM_CPU_AVX2)" in ways for _, ways in entries)
    both = [ways for _, ways in entries if "vm_cpu_has(vm, VM_CPU_AVX512)" in ways]
    assert 0 < len(both) < len(entries)  # products differ, fills do not
    found = [len(set(re.findall(r"^VM_TARGET_\d+ int (\w+)\(", text, re.M))) for text in (middle, wide)]
    assert found == [len(entries), len(both)]


@X86
@pytest.mark.parametrize("compiler", COMPILERS)
def test_registers(compiler: str, tmp_path: Path) -> None:
    """Compiled without a word about the processor, each file has the registers of its width."""
    written(container.load(PRODUCT), tmp_path, EmitOptions(prefix="m", dispatch=True))
    for part, register in (("", "xmm"), ("_32_", "ymm"), ("_64_", "zmm")):
        flags = ["-std=c99", "-O2", "-ffp-contract=off", f"-I{CSUPPORT}", "-S", "-o", "-"]
        command = [compiler, *flags, f"m_nests{part}0.c"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        found = set(re.findall(r"%([xyz]mm)\d", done.stdout))
        assert register in found and not {r for r in found if r > register}
        assert "vfmadd" not in done.stdout
