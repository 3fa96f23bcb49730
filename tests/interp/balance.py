"""Every call of the test modules, with an allocator that counts: what an instance has taken it has given back.

`python -m tests.interp.balance [engine]` runs with the sanitizers, in a process that has their libraries: see
`test_sanitizers.py`.
"""

from __future__ import annotations

import gc
import sys
from dataclasses import replace
from typing import Any

from tests.corpus.answers import allowed_ulps, differences
from tests.corpus.programs import ENTRIES, Entry
from tests.interp.engines import ENGINES, Engine
from transpile import container
from transpile.imports import NATIVE
from transpile.interp import InterpretedLibrary, open_module
from transpile.program import Program
from transpile.signatures import declarations


class Counter:
    """An allocator that knows how many blocks are out; `fail_at` lets one allocation fail."""

    def __init__(self, library: InterpretedLibrary) -> None:
        ffi, system = library.ffi, library.allocator[0]
        self.live = self.made = 0
        self.fail_at = -1

        def allocate(_: Any, size: int, alignment: int) -> Any:
            self.made += 1
            if self.made == self.fail_at:
                return ffi.NULL
            self.live += 1
            return system.allocate(system.self, size, alignment)

        def release(_: Any, memory: Any, size: int) -> None:
            self.live -= 1
            system.release(system.self, memory, size)

        self._callbacks = (
            ffi.callback("void *(void *, size_t, size_t)", allocate),
            ffi.callback("void(void *, void *, size_t)", release),
        )
        self.table = ffi.new("vm_allocator *", [ffi.NULL, *self._callbacks])


class CountedProgram(Program):
    """A program whose instance takes its memory from a counter."""

    counter: Counter

    def _create(self) -> Any:
        library = self.library
        ffi, lib = library.ffi, library.lib
        options = ffi.new("vm_options *", {"imports": self._imports.table, "allocator": self.counter.table})
        slot = ffi.new("vm_instance **")
        status = lib.vm_instance_create(library.module, options, slot)
        alive = (self._imports, self._retained, self.counter)
        destroy = lib.vm_instance_destroy
        if not slot[0]:
            raise MemoryError
        instance = ffi.gc(slot[0], lambda vm, kept=alive: destroy(vm))
        if status:
            raise self._failure(instance, status)
        return instance


def counted(library: InterpretedLibrary, declared: Any, counter: Counter) -> CountedProgram:
    """An instance on a counter."""
    made = type("Counted", (CountedProgram,), {"counter": counter})
    program: CountedProgram = made(library, declared)
    return program


def runnable(entry: Entry) -> bool:
    """Whether the runtime has all imports of a test module."""
    imports = container.load(entry.path).imports
    return all((i.full_name, i.signature.calling_convention if i.signature else "") in NATIVE for i in imports)


def check(entry: Entry, engine: Engine) -> list[str]:
    """What is wrong with the calls of a module."""
    module = container.load(entry.path)
    library = open_module(module, engine.options(), fused=engine.fused)
    counter = Counter(library)
    wrong = []
    for session in entry.sessions:
        program = counted(library, declarations(module), counter)
        ulps = allowed_ulps(entry.libm)
        wrong += [text for call in session if (text := differences(program, call, ulps))]
        del program
    gc.collect()
    return [*wrong, *([f"{counter.live} blocks are not given back"] if counter.live else [])]


class Sanitized(Engine):
    """An engine under the address and undefined-behaviour sanitizers."""

    def options(self) -> Any:
        return replace(super().options(), sanitize=True)


def main(arguments: list[str]) -> int:
    """The exit code: 0 if all is well."""
    chosen = next(engine for engine in ENGINES if engine.name == (arguments or ["threaded"])[0])
    engine = Sanitized(**vars(chosen))
    failures = 0
    for entry in filter(runnable, ENTRIES):
        for text in check(entry, engine):
            print(f"{entry.file}: {text}")
            failures += 1
    print(f"{failures} failures")
    return min(failures, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
