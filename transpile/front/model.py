"""How a model becomes a module: what the user may say about it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from transpile.errors import Diagnostic, Status, UsageError

Flow = Literal["auto", "vmvx", "inline-static", "inline-dynamic", "vm"]
FLOWS: tuple[Flow, ...] = ("auto", "vmvx", "inline-static", "inline-dynamic", "vm")


@dataclass(frozen=True)
class ModelOptions:
    """What is fixed in a model before it is compiled, and how IREE compiles it.

    `dims` gives sizes to dimensions that have a name in the model (`{"batch": 1}`), `shapes` whole shapes to inputs by
    name (`{"image": (1, 3, 224, 224)}`).  `flow` is "vmvx" (a program for a device of its own, and what "auto" means
    for all but `vm.module`s), "inline-static" or "inline-dynamic" (without one), or "vm".  `opset` is the ONNX operator
    set that an older model is brought to (default: at least 17); `flags` are more options for `iree-compile`.
    """

    dims: Mapping[str, int] = field(default_factory=dict)
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    flow: Flow = "auto"
    opset: int | None = None
    flags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.flow not in FLOWS:
            raise _wrong(f"there is no flow {self.flow!r}", f"flows are {', '.join(FLOWS)}")
        for name, size in [*self.dims.items(), *((name, n) for name, sizes in self.shapes.items() for n in sizes)]:
            if size < 0:
                raise _wrong(f"{name} has the size {size}", "sizes are numbers of at least 0")

    @property
    def given(self) -> bool:
        """Whether anything is said at all."""
        return self != ModelOptions()

    def key(self) -> tuple[str, ...]:
        """What results depend on, the same for options that mean the same."""
        said = (sorted(self.dims.items()), sorted(self.shapes.items()), self.opset)
        return (repr(said), self.flow, *self.flags)


def model_options(
    dims: Iterable[str] = (), shapes: Iterable[str] = (), flow: Flow = "auto", opset: int | None = None,
    flags: Iterable[str] = (),
) -> ModelOptions:  # fmt: skip
    """Options from the words of a command line: `batch=1`, `input0=1x64`."""
    return ModelOptions(
        {name: int(size) for name, size in (_pair(text, r"\d+", "batch=1") for text in dims)},
        {name: _sizes(text) for name, text in (_pair(text, r"\d+(?:x\d+)*|", "image=1x3x224x224") for text in shapes)},
        flow, opset, tuple(flags),
    )  # fmt: skip


def _pair(text: str, pattern: str, example: str) -> tuple[str, str]:
    name, equals, value = text.rpartition("=")
    if not equals or not name or not re.fullmatch(pattern, value):
        raise _wrong(f"{text!r} is not a name and a size", f"write it like {example}")
    return name, value


def _sizes(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split("x"))) if text else ()


def _wrong(message: str, hint: str) -> UsageError:
    return UsageError(Diagnostic(Status.INVALID_ARGUMENT, message, hint=hint))
