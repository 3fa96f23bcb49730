"""Layouts of other build systems: what they would do with the files, with stand-ins for Zephyr and Arduino."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.csupport.support import run as ran
from tests.devices.boards import need
from transpile.cli import main

DIGITS = Path(__file__).parents[2] / "examples/digits/digits_vmvx.vmfb"
ZEPHYR = """\
cmake_minimum_required(VERSION 3.13)
project(application LANGUAGES C)
macro(zephyr_library_named name)
  set(library ${name})
  add_library(${name} STATIC)
endmacro()
function(zephyr_library_sources)
  target_sources(${library} PRIVATE ${ARGN})
endfunction()
function(zephyr_include_directories)
  target_include_directories(${library} PUBLIC ${ARGN})
endfunction()
function(zephyr_library_compile_options)
  target_compile_options(${library} PRIVATE ${ARGN})
endfunction()
add_subdirectory(module)
add_executable(application main.c)
target_link_libraries(application digits m)
"""
ARDUINO = """\
#include <cstdio>
static struct {
  void begin(long) {}
  void println(double value, int) { std::printf("%f\\n", value); }
} Serial;
static void delay(unsigned) {}
"""


def written(folder: Path, device: str) -> None:
    arguments = ["emit", str(DIGITS), "-o", str(folder), "--prefix=digits", "--static", f"--main={device}"]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output


def test_a_module_for_zephyr(tmp_path: Path) -> None:
    need("cmake", "cc")
    written(tmp_path / "module", "zephyr")
    assert "name: digits\nbuild:\n  cmake: .\n" in (tmp_path / "module/zephyr/module.yml").read_text()
    (tmp_path / "CMakeLists.txt").write_text(ZEPHYR)
    (tmp_path / "main.c").write_text('#include "digits.h"\nint main(void) { return DIGITS_ARENA_BYTES != 192; }\n')
    for command in (["-S", tmp_path, "-B", tmp_path / "build"], ["--build", tmp_path / "build"]):
        ran("cmake", *command)
    assert subprocess.run([tmp_path / "build/application"]).returncode == 0


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_a_library_for_arduino(compiler: str, tmp_path: Path) -> None:
    """An example is C++, with what Arduino includes by itself before it."""
    need("cc", compiler)
    written(tmp_path, "arduino")
    assert {path.name for path in (tmp_path / "src").iterdir()} == {"digits.c", "digits.h"}
    properties = dict(line.split("=", 1) for line in (tmp_path / "library.properties").read_text().splitlines())
    assert properties["name"] == "digits" and properties["includes"] == "digits.h"
    (tmp_path / "Arduino.h").write_text(ARDUINO)
    ran("cc", "-std=c99", "-c", tmp_path / "src/digits.c", "-o", tmp_path / "digits.o")
    example = [tmp_path / "Arduino.h", "-x", "c++", tmp_path / "examples/digits/digits.ino"]
    (tmp_path / "run.cpp").write_text("void setup();\nvoid loop();\nint main() {\n  setup();\n  loop();\n}\n")
    flags = ["-Wall", "-Wextra", "-Werror", f"-I{tmp_path / 'src'}", "-include", *example]
    ran(compiler, *flags, "-c", "-o", tmp_path / "example.o")
    ran(compiler, tmp_path / "run.cpp", tmp_path / "example.o", tmp_path / "digits.o", "-lm", "-o", tmp_path / "run")
    assert len(ran(tmp_path / "run").splitlines()) == 10


def test_what_goes_without_the_runtime_alone(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["emit", str(DIGITS), "-o", str(tmp_path / "c"), "--main=zephyr"])
    assert done.exit_code == 2 and "without it there are: desktop" in done.output
    assert not (tmp_path / "c").exists()
