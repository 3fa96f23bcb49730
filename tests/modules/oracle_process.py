"""Runs sessions of calls on a module without imports, in the Python of one runtime wheel.

Reads a JSON request from standard input and writes the outcomes to standard output. It runs under old runtimes
too, so it uses nothing but the standard library and the part of their interface that has not changed since 2023.
"""

from __future__ import annotations

import json
import struct
import sys
from typing import Any

import iree.runtime as runtime


def load(path: str) -> tuple[Any, Any]:
    instance = runtime.VmInstance()
    with open(path, "rb") as file:
        data = file.read()
    loader = getattr(runtime.VmModule, "copy_buffer", runtime.VmModule.from_flatbuffer)
    module = loader(instance, data)
    return runtime.VmContext(instance, [module]), module


def number(value: dict[str, str]) -> float:
    """The number to push; the module's own convention narrows it."""
    bits = int(value["bits"], 16)
    if value["type"] == "f32":
        return float(struct.unpack("<f", struct.pack("<I", bits))[0])
    if value["type"] == "f64":
        return float(struct.unpack("<d", struct.pack("<Q", bits))[0])
    sign = 1 << (31 if value["type"] == "i32" else 63)
    return (bits ^ sign) - sign


def bits(kind: str, result: Any) -> str:
    if kind == "f32":
        return f"0x{struct.unpack('<I', struct.pack('<f', result))[0]:08x}"
    if kind == "f64":
        return f"0x{struct.unpack('<Q', struct.pack('<d', result))[0]:016x}"
    if kind == "i32":
        return f"0x{result & 0xFFFFFFFF:08x}"
    return f"0x{result & 0xFFFFFFFFFFFFFFFF:016x}"


def call(context: Any, module: Any, request: dict[str, Any]) -> dict[str, Any]:
    arguments = runtime.VmVariantList(len(request["inputs"]))
    for value in request["inputs"]:
        push = arguments.push_float if value["type"][0] == "f" else arguments.push_int
        push(number(value))
    results = runtime.VmVariantList(1)
    try:
        context.invoke(module.lookup_function(request["function"]), arguments, results)
    except Exception as error:
        return {"error": str(error)}
    kinds = request["result_types"]
    return {"results": [{"type": t, "bits": bits(t, results.get_variant(i))} for i, t in enumerate(kinds)]}


def main() -> None:
    request = json.load(sys.stdin)
    outcomes = []
    for session in request["sessions"]:
        context, module = load(request["module"])
        outcomes.append([call(context, module, item) for item in session])
    json.dump(outcomes, sys.stdout)


main()
