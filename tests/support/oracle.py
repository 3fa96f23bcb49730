"""IREE's own loader as a witness, in a process of its own: some modules that it should refuse take it down."""

from __future__ import annotations

import atexit
import importlib.util
import select
import struct
import subprocess
import sys

import pytest

VERSION = 17
"""The only bytecode version that the runtime of the test environment reads."""

_PATIENCE = 30.0
_SERVER = """
import struct, sys
import iree.runtime as rt
instance = rt.VmInstance()
while header := sys.stdin.buffer.read(4):
    contents = sys.stdin.buffer.read(struct.unpack("<I", header)[0])
    try:
        rt.VmModule.copy_buffer(instance, contents)
        answer = b"+"
    except Exception:
        answer = b"-"
    sys.stdout.buffer.write(answer)
    sys.stdout.buffer.flush()
"""

_process: subprocess.Popen[bytes] | None = None


def loads(contents: bytes) -> bool | None:
    """Whether iree.runtime loads the module; None if it crashes or hangs."""
    if importlib.util.find_spec("iree.runtime") is None:
        pytest.skip("iree.runtime is not installed")
    server = _running()
    assert server.stdin is not None and server.stdout is not None
    server.stdin.write(struct.pack("<I", len(contents)) + contents)
    server.stdin.flush()
    ready, _, _ = select.select([server.stdout], [], [], _PATIENCE)
    answer = server.stdout.read(1) if ready else b""
    if not answer:
        _stop()
        return None
    return answer == b"+"


def _running() -> subprocess.Popen[bytes]:
    global _process
    if _process is None:
        command = [sys.executable, "-c", _SERVER]
        pipe = subprocess.PIPE
        _process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
    return _process


def _stop() -> None:
    global _process
    if _process is not None:
        _process.kill()
        _process.communicate()
        _process = None


atexit.register(_stop)
