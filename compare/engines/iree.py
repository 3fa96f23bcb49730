"""IREE's own runtime, in this process."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from compare.engines.base import Engine, Unavailable
from compare.values import Call, Outcome, normal

_STATUS = re.compile(r"\b([A-Z]{2,}(?:_[A-Z]+)*)\b(?:;|:|$)")


@dataclass(frozen=True)
class Iree:
    """A module for IREE's own runtime, in this process: bytecode, or native kernels behind a device."""

    module: Path
    device: str = "local-sync"

    def open(self) -> Engine:
        return _IreeEngine(self)


class _IreeEngine:
    def __init__(self, spec: Iree) -> None:
        import iree.runtime as rt

        from transpile import loader

        described = loader.read(spec.module, verified=False)
        wanted = {item.module_name for item in described.imports if not item.optional}
        if unknown := wanted - {"hal"}:
            raise Unavailable(f"IREE's Python interface has no {', '.join(sorted(unknown))} module")
        self._rt = rt
        self._instance = rt.VmInstance()
        self._module = rt.VmModule.mmap(self._instance, str(spec.module))
        self._modules = [self._module]
        self._device: Any = None
        if wanted:
            self._device = rt.get_device(spec.device)
            self._modules.insert(0, rt.create_hal_module(self._instance, self._device))
        self._kinds = {
            export.name: signature.calling_convention.partition("_")[2].replace("v", "")
            for export in described.exports
            if (signature := described.signatures[export.ordinal])
        }
        self.reset()

    def reset(self) -> None:
        self._context = self._rt.VmContext(self._instance, self._modules)

    def call(self, call: Call) -> Outcome:
        kinds = self._kinds[call.function]
        results = self._rt.VmVariantList(len(kinds))
        try:
            self._context.invoke(self._function(call), self._arguments(call.arguments), results)
        except Exception as problem:  # the binding raises whatever Python error is nearest to the status
            return Outcome(failure=status_named(str(problem)))
        return Outcome(tuple(self._result(results, index, kind) for index, kind in enumerate(kinds)))

    def prepare(self, call: Call) -> Callable[[], None]:
        function, arguments = self._function(call), self._arguments(call.arguments)
        count = len(self._kinds[call.function])
        invoke, make = self._context.invoke, self._rt.VmVariantList
        return lambda: invoke(function, arguments, make(count))

    def _function(self, call: Call) -> Any:
        return self._module.lookup_function(call.function)

    def _arguments(self, arguments: Sequence[Any]) -> Any:
        pushed = self._rt.VmVariantList(len(arguments))
        for value in arguments:
            if isinstance(value, np.ndarray):
                pushed.push_ref(self._rt.asdevicearray(self._device, value)._buffer_view)
            elif isinstance(value, (bytes, bytearray)):
                raise Unavailable("plain buffers cannot be passed through IREE's Python interface")
            elif isinstance(value, float):
                pushed.push_float(value)
            else:
                pushed.push_int(value)
        return pushed

    def _result(self, results: Any, index: int, kind: str) -> Any:
        if kind != "r":
            return normal(results.get_variant(index), kind)
        view = results.get_as_object(index, self._rt.HalBufferView) if self._device else None
        if view is None:
            raise Unavailable("results that are references cannot be read through IREE's Python interface")
        return normal(self._rt.DeviceArray(self._device, view, implicit_host_transfer=True).to_host())


def status_named(message: str) -> str:
    """The status in one of the runtime's messages."""
    found = _STATUS.search(message)
    return found[1] if found else message[:200]
