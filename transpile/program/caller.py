"""What a call depends on of the thread and the process that make it: room on the stack, signals, threads after a fork.

Python runs the handlers of signals between two steps of Python code on its main thread.  While that thread is in a
long call of C, the call asks from time to time (`binding_poll`), which is such a step; what a handler raises ends the
call and comes out of it.
"""

from __future__ import annotations

import os
import threading
import weakref
from typing import Any, ClassVar

from .errors import CANCELLED
from .library import CData, Library

_PERIOD = 0.05  # seconds between two looks at signals


class _Process:
    """What is known of forks: in a child of a process that had programs, OpenMP's threads do not exist."""

    has_programs = False
    is_forked = False
    callers: ClassVar[weakref.WeakSet[Caller]] = weakref.WeakSet()


class _Thread(threading.local):
    """The lowest address of this thread's stack, and whether signals come to it; found out by its first call."""

    found: tuple[int, bool] | None = None


_thread = _Thread()


def _after_fork() -> None:
    global _thread
    _thread = _Thread()  # the thread that is left is the main one, whichever it was
    _Process.is_forked = _Process.has_programs
    for caller in _Process.callers:
        caller.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class Caller:
    """Calls functions of one instance."""

    def __init__(self, library: Library, threads: int | None) -> None:
        self._library = library
        self._threads = threads or 0
        self.raised: BaseException | None = None
        """What a signal's handler raised in the call that has just failed."""
        ffi = library.ffi
        self._ask = ffi.callback("vm_status(*)(vm_instance *)", _step, error=CANCELLED, onerror=self._note)
        self._look = ffi.callback("void(*)(binding_watch *)", self._see)
        self._watch = ffi.new("binding_watch *", {"ask": self._ask, "look": self._look, "period": _PERIOD})
        self._invoke = library.lib.binding_invoke
        _Process.has_programs = True
        _Process.callers.add(self)

    def options(self) -> dict[str, Any]:
        """For a new instance, whose initialiser is called at once."""
        lib, (stack, gets_signals) = self._library.lib, self._look_around()
        given = {"stack_limit": lib.binding_stack_limit(stack), "threads": self.threads}
        if gets_signals:
            given |= {"poll": lib.binding_poll, "poll_self": self._watch}
        return given

    @property
    def threads(self) -> int:
        """How many an instance may use; 0: all."""
        return 1 if _Process.is_forked else self._threads

    @property
    def watch(self) -> CData:
        """What C needs to know for a call."""
        return self._watch

    def invoke(self, instance: CData, export: CData, arguments: CData, results: CData) -> int:
        """Call an export; returns the status."""
        status: int = self._invoke(instance, export, arguments, results, self._watch)
        return status

    def after_fork(self) -> None:
        """In the child: the thread that calls is another one, and the only one."""
        self._watch.thread, self._watch.threads = 0, 1

    def _see(self, watch: CData) -> None:
        """For a call on another thread than the last one's."""
        watch.stack, watch.gets_signals = self._look_around()

    def _look_around(self) -> tuple[int, bool]:
        if _thread.found is None:
            gets_signals = threading.current_thread() is threading.main_thread()
            _thread.found = (int(self._library.lib.binding_stack()), gets_signals)
        return _thread.found

    def _note(self, kind: object, problem: BaseException, trace: object) -> None:
        self.raised = problem


def _step(vm: CData) -> int:
    """Gives Python the occasion to run handlers; one that raises gets to `_note`."""
    for _ in range(2):
        pass
    return 0
