"""The interpreter in all the forms it is tested in, and as a witness of the behaviour tests."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass

from tests.behaviour.witnesses import Emitted, Imports
from transpile import container
from transpile.interp import open_module
from transpile.native.build import Options
from transpile.native.toolchain import Optimize, find_compiler
from transpile.verify import check


@dataclass(frozen=True)
class Engine:
    """One way to build and to feed the interpreter."""

    name: str
    threaded: bool = True
    fused: bool = True
    optimize: Optimize = "speed"
    compiler: str = ""

    def options(self) -> Options:
        compiler = find_compiler({"CC": self.compiler}) if self.compiler else None
        defines = {"INTERP_THREADED": int(self.threaded)}
        return Options(optimize=self.optimize, target_cpu="baseline", openmp=False, defines=defines, compiler=compiler)


ENGINES = [
    Engine("threaded"),
    Engine("threaded, not fused", fused=False),
    Engine("switch", threaded=False),
    Engine("switch, not optimised", threaded=False, optimize="none"),
    *([Engine("clang", compiler="clang")] if shutil.which("clang") else []),
]


class Interpreted(Emitted):
    """Our interpreter, called as emitted C is."""

    def __init__(
        self, image: bytes, conventions: Mapping[str, str], engine: Engine, imports: Imports | None = None
    ) -> None:
        module = container.load(image)
        check(module)
        self.library = open_module(module, engine.options(), fused=engine.fused)
        self.conventions = conventions
        self.callables = {name: function for name, (_, function) in (imports or {}).items()}
        ffi = self.library.ffi
        self.arguments, self.results = ffi.new("vm_value[]", 64), ffi.new("vm_value[]", 64)
        self.reset()
