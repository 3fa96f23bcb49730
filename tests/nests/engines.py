"""What runs a suite: IREE's interpreter, the literal C, and C with its nests raised, which counts them."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Mapping
from dataclasses import replace

from tests.behaviour.witnesses import Emitted, Interpreter, Outcome, Witness
from tests.nests.suite import Call, Case, Suite
from transpile import container
from transpile.emit import EmitOptions, Output, emit
from transpile.native.build import Options, compile_library
from transpile.native.cdef import runtime_cdef
from transpile.native.toolchain import DISPATCH, Optimize
from transpile.program import open_library
from transpile.verify import check

__all__ = ["Interpreter", "Literal", "Raised", "answer", "answers"]

Answer = tuple[Outcome, Outcome]
"""How the kernel ended, and the digest of all buffers behind it."""

_CPU = {64: 2, 32: 1, 16: 0}
"""What versions for vectors of these bytes need: VM_CPU_… of `csupport/nest.h`."""
_CALL = re.compile(r"!(\w+_nest_[0-9a-f]{12})\(")
_PROBE = "nest_probe.c"
_MACRO = "int nest_probe(int taken);\n#define NEST_PROBE(f, ...) nest_probe(f(__VA_ARGS__))\n"
_PARTS = "int nest_probe_threads(int width, const void* vm, double work);\n"
_WIDTH = re.compile(r"_nests_(\d+)_")
_PROBE_TEXT = """
__attribute__((visibility("default"))) long nest_entered;
__attribute__((visibility("default"))) long nest_taken;
int nest_probe(int taken);
int nest_probe(int taken) { ++nest_entered; nest_taken += taken != 0; return taken; }
__attribute__((visibility("default"))) int nest_threads = 1;
__attribute__((visibility("default"))) int nest_widths;
int nest_probe_threads(int width, const void* vm, double work);
int nest_probe_threads(int width, const void* vm, double work) {
  (void)vm, (void)work;
  nest_widths |= width;
  return nest_threads;
}
"""


class Literal(Emitted):
    """C that is the bytecode's loops; `level` is what the C compiler does with it."""

    def __init__(self, image: bytes, conventions: dict[str, str], level: Optimize = "none") -> None:
        super().__init__(image, conventions, level, options=EmitOptions(optimize="none"))


class Raised(Emitted):
    """C with raised nests for vectors of so many bytes; `level` is what the C compiler does with it.  For "dispatch"
    there are wider versions too."""

    def __init__(
        self,
        image: bytes,
        conventions: dict[str, str],
        vector_bytes: int,
        level: Optimize = "speed",
        target_cpu: str = "native",
        sanitize: bool = False,
        defines: Mapping[str, int] | None = None,
        target: str | None = None,
    ) -> None:
        module = container.load(image)
        check(module)
        dispatch = target_cpu == DISPATCH
        emitted = EmitOptions(optimize="speed", vector_bytes=vector_bytes, target=target, dispatch=dispatch)
        output = instrumented(emit(module, emitted))
        options = Options(
            optimize=level, target_cpu=target_cpu, openmp=False, sanitize=sanitize, defines=defines or {}
        )
        path = compile_library(output, options)
        self.library = open_library(path, runtime_cdef(), output.prefix)
        self.conventions = conventions
        self.callables = {}
        ffi = self.library.ffi
        self.arguments, self.results = ffi.new("vm_value[]", 64), ffi.new("vm_value[]", 64)
        counters = ctypes.CDLL(str(path))
        self._entered = ctypes.c_long.in_dll(counters, "nest_entered")
        self._taken = ctypes.c_long.in_dll(counters, "nest_taken")
        self._threads = ctypes.c_int.in_dll(counters, "nest_threads")
        self._widths = ctypes.c_int.in_dll(counters, "nest_widths")
        self.reset()

    def split(self, threads: int) -> None:
        """Nests are cut into parts for so many threads from now on; they run one after another, without OpenMP."""
        self._threads.value = threads

    def widest(self) -> int:
        """Bytes of the vectors that a fresh instance uses, of those that there are versions for."""
        self.reset()
        return next(width for width, bit in _CPU.items() if not bit or self.program._instance.cpu & bit)

    def force(self, vector_bytes: int) -> None:
        """From now on versions for wider vectors are not run."""
        self.program._instance.cpu = sum(bit for width, bit in _CPU.items() if width <= vector_bytes)

    def widths(self) -> set[int]:
        """Of the versions whose guards held, since the last time; 16 are all nests without others."""
        found = self._widths.value
        self._widths.value = 0
        return {width for width in (16, 32, 64) if found & width}

    def counts(self) -> tuple[int, int]:
        """How often a raised nest was entered, and how often its guard held, since the last time."""
        found = self._entered.value, self._taken.value
        self._entered.value = self._taken.value = 0
        return found


def instrumented(output: Output) -> Output:
    """The same C with every call of a nest function going through a counter, and the number of threads ours."""
    files = dict(output.files)
    raised = any("_nests" in name for name in output.sources)
    for name, text in output.files.items():
        if isinstance(text, str) and _CALL.search(text):
            files[name] = _MACRO + _CALL.sub(r"!NEST_PROBE(\1, ", text)
            raised = False
        elif isinstance(text, str) and "_nests" in name:
            width = int(found[1]) if (found := _WIDTH.search(name)) else 16
            files[name] = _PARTS + text.replace("vm_nest_threads(", f"nest_probe_threads({width}, ")
    assert not raised, "nests are called in a way that is not counted"
    return replace(output, files={**files, _PROBE: _PROBE_TEXT}, sources=(*output.sources, _PROBE))


def answer(witness: Witness, name: str, call: Call, *, canonical: bool = False) -> Answer:
    """One call on fresh buffers; `canonical`: which NaN is where does not count."""
    begun = witness.call("setup", (call.offset,))
    assert begun == (), begun
    ended = witness.call(name, call.arguments)
    if canonical:
        replaced = witness.call("canonicalize", ())
        assert replaced == (), replaced
    return ended, witness.call("digest", ())


def answers(witness: Witness, suite: Suite) -> dict[tuple[str, Call], Answer]:
    """All calls of a suite."""
    return {(case.kernel.name, call): answer(witness, case.kernel.name, call) for case, call in calls(suite)}


def calls(suite: Suite) -> list[tuple[Case, Call]]:
    return [(case, call) for case in suite.cases for call in case.calls]
