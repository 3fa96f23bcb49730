"""An ONNX model made ready for import: sizes fixed, operators brought up to date, arithmetic on shapes done.

loaded model -> fix_sizes -> upgrade -> (infer -> fold)* -> padding that IREE takes -> model that the importer takes
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx

from transpile.errors import Diagnostic, Status, UnsupportedError, UsageError
from transpile.front.fold import fold
from transpile.front.model import ModelOptions
from transpile.front.pads import select_padding
from transpile.front.windows import trim_padding

OPSET = 17
"""What older models are brought to: what IREE's importer is tested with."""
_ROUNDS = 8
"""Of inference and folding: each makes shapes known that the next one uses."""
_STANDARD = ("", "ai.onnx")


def load(path: Path) -> onnx.ModelProto:
    """Read a model with the weights it keeps in other files."""
    try:
        return onnx.load(str(path))
    except FileNotFoundError as problem:
        message = f"a file of its weights is missing: {problem.filename or problem}"
        raise _refused(message, "put all files of the model into one folder") from None
    except Exception as problem:  # protobuf's own, and those of onnx for external data
        raise _refused(f"this cannot be read as ONNX: {_first_line(problem)}", "export it again") from None


def prepare(model: onnx.ModelProto, options: ModelOptions, progress: Callable[[str], None]) -> onnx.ModelProto:
    """The model with sizes fixed, a supported operator set, and all shapes that can be known."""
    if not model.graph.name:
        model.graph.name = "main"
    fix_sizes(model, options)
    model = upgraded(model, options.opset)
    for index, node in enumerate(model.graph.node):
        node.name = node.name or f"{node.op_type}_{index}"  # by which errors find it
    for _ in range(_ROUNDS):
        progress("inferring shapes")
        model = inferred(model)
        if not fold(model):
            break
    trim_padding(model)
    return inferred(model) if select_padding(model) else model


def inputs(model: onnx.ModelProto) -> list[onnx.ValueInfoProto]:
    """What a call passes: old models list their weights among the inputs."""
    weights = {tensor.name for tensor in model.graph.initializer}
    return [value for value in model.graph.input if value.name not in weights]


def sizes(value: onnx.ValueInfoProto) -> list[int | str | None]:
    """The sizes of a tensor: numbers, names, or None for what is open; [] where even the rank is."""
    tensor = value.type.tensor_type
    return [_size(dim) for dim in tensor.shape.dim] if tensor.HasField("shape") else []


def fix_sizes(model: onnx.ModelProto, options: ModelOptions) -> None:
    """Write the sizes that were asked for into inputs, and into everything that shares their names."""
    named = dict(options.dims)
    known = {value.name: value for value in inputs(model)}
    for name, wanted in options.shapes.items():
        if name not in known:
            raise _usage(f"there is no input {name!r}", _listed(model))
        _fix_shape(known[name], wanted, named)
    used = {size for value in known.values() for size in sizes(value) if isinstance(size, str)}
    for name in options.dims:
        if name not in used:
            raise _usage(f"there is no dimension {name!r} in the inputs", _listed(model))
    if not named and not options.shapes:
        return
    for value in (*model.graph.input, *model.graph.output):
        for dim in value.type.tensor_type.shape.dim:
            if _name(dim) in named:
                dim.dim_value = named[dim.dim_param]  # also clears the name: they are a union
    del model.graph.value_info[:]  # was inferred for other sizes


def _fix_shape(value: onnx.ValueInfoProto, wanted: tuple[int, ...], named: dict[str, int]) -> None:
    tensor = value.type.tensor_type
    if tensor.HasField("shape") and len(tensor.shape.dim) != len(wanted):
        raise _usage(f"input {value.name!r} has {len(tensor.shape.dim)} dimensions, not {len(wanted)}", shown(value))
    if not tensor.HasField("shape"):
        for size in wanted:
            tensor.shape.dim.add().dim_value = size
    for dim, size in zip(tensor.shape.dim, wanted, strict=True):
        name, known = _name(dim), dim.dim_value if dim.dim_value > 0 else size
        found = named.setdefault(name, size) if name else known
        if found != size:
            which = f"dimension {name!r} is" if name else "the model has a dimension fixed at"
            raise _usage(f"input {value.name!r}: {which} {found} and not {size}", shown(value))
        if not name:
            dim.dim_value = size


def upgraded(model: onnx.ModelProto, opset: int | None) -> onnx.ModelProto:
    """With at least the operator set asked for; without one, an older model that cannot be converted stays."""
    now = next((item.version for item in model.opset_import if item.domain in _STANDARD), 0)
    if now >= (opset or OPSET) or not now:
        return model
    try:
        return onnx.version_converter.convert_version(model, opset or OPSET)
    except Exception as problem:  # the converter is C++ with exceptions of its own
        if opset is None:
            return model
        raise _refused(
            f"its operators of set {now} cannot be converted to set {opset}: {_first_line(problem)}",
            "export it with that set, or leave --opset out",
        ) from None


def inferred(model: onnx.ModelProto) -> onnx.ModelProto:
    """With the shapes that onnx can infer."""
    try:
        return onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    except onnx.shape_inference.InferenceError as problem:
        if _is_contradiction(str(problem)):
            raise _refused(
                f"its shapes contradict each other: {_first_line(problem)}", "check the sizes given"
            ) from None
    except ValueError:  # larger than a message of protobuf may be
        return model
    return onnx.shape_inference.infer_shapes(model, data_prop=True)


def _is_contradiction(text: str) -> bool:
    return any(word in text for word in ("Incompatible dimensions", "Dimension mismatch", "axis must be in"))


def signature(model: onnx.ModelProto) -> dict[str, Any]:
    """Names and sizes of inputs and outputs, as they travel with the module."""
    return {
        "inputs": [[value.name, sizes(value)] for value in inputs(model)],
        "outputs": [[value.name, sizes(value)] for value in model.graph.output],
    }


def is_dynamic(model: onnx.ModelProto) -> bool:
    """Whether an input has a size that is left to the call."""
    return any(not isinstance(size, int) for value in inputs(model) for size in sizes(value))


def shown(value: onnx.ValueInfoProto) -> str:
    """An input as `image: batch x 3 x 224 x 224`."""
    return f"{value.name}: {' x '.join('?' if size is None else str(size) for size in sizes(value)) or 'one value'}"


def _listed(model: onnx.ModelProto) -> str:
    return "the inputs are " + "; ".join(shown(value) for value in inputs(model))


def _size(dim: Any) -> int | str | None:
    if dim.HasField("dim_value"):
        return int(dim.dim_value) if dim.dim_value >= 0 else None
    return _name(dim) or None


def _name(dim: Any) -> str:
    """The name of a dimension; exporters that have none write `?` for it, or -1 as its size."""
    return str(dim.dim_param).strip("?")


def _first_line(problem: Exception) -> str:
    return " ".join(str(problem).split())[:300] or type(problem).__name__


def _refused(message: str, hint: str) -> UnsupportedError:
    return UnsupportedError(Diagnostic(Status.INVALID_ARGUMENT, message, hint=hint))


def _usage(message: str, hint: str) -> UsageError:
    return UsageError(Diagnostic(Status.INVALID_ARGUMENT, message, hint=hint))
