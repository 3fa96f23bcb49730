"""The process that imports a model: `python -m transpile.front.worker`, with a job as JSON on its standard input.

Reading a model loads onnx and IREE's libraries, which may crash on what they are given; here they take nothing with
them.  What is being done is printed as lines of JSON, and so is what went wrong; the last line has what was found out.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from transpile.errors import TranspileError, UsageError
from transpile.front.model import ModelOptions

NAMES = "transpile.signature"
"""The reflection attribute that carries names and sizes of inputs and outputs to the module."""

OUTLINE = "outline.mlir"


def say(**fact: Any) -> None:
    """One line for the parent."""
    print(json.dumps(fact), flush=True)


def main() -> int:
    """Import the model that the job names; 1 where that failed, with the reason said."""
    job = json.load(sys.stdin)
    options = ModelOptions(job["dims"], {k: tuple(v) for k, v in job["shapes"].items()}, opset=job["opset"])
    try:
        say(**import_model(Path(job["source"]), options, Path(job["target"]), job["name"]))
    except TranspileError as problem:
        found = problem.diagnostics[0]
        say(problem=found.message, hint=found.hint, usage=isinstance(problem, UsageError))
        return 1
    return 0


def import_model(source: Path, options: ModelOptions, target: Path, name: str) -> dict[str, Any]:
    """Write a model as MLIR bytecode of torch operators, in a module of this name, and say what is known about it."""
    from transpile.front import graph

    model = graph.load(source)
    say(step=f"reading {len(model.graph.node)} nodes")
    model = graph.prepare(model, options, lambda text: say(step=text))
    say(step=f"importing {len(model.graph.node)} nodes")
    signature = graph.signature(model)
    mlir, outline = imported(model, name, signature)
    target.write_bytes(mlir)
    target.with_name(OUTLINE).write_text(outline, encoding="utf-8")
    nodes = {node.name: node.op_type for node in model.graph.node}
    return {"signature": signature, "dynamic": graph.is_dynamic(model), "nodes": nodes}


def imported(model: Any, name: str, signature: dict[str, Any]) -> tuple[bytes, str]:
    """A model as MLIR bytecode, and as text without its weights."""
    import io

    from iree.compiler.extras import onnx_importer
    from iree.compiler.ir import Context, DictAttr, StringAttr

    context = Context()
    info = onnx_importer.ModelInfo(model)
    module = info.create_module(context=context).operation
    importer = onnx_importer.NodeImporter.define_function(info.main_graph, module)
    try:
        importer.import_all()
    except onnx_importer.OnnxImportError as problem:
        raise _not_imported(str(problem)) from None
    module.attributes["sym_name"] = StringAttr.get(name, context)
    function = next(op for op in module.regions[0].blocks[0].operations if op.operation.name == "func.func")
    reflection = {NAMES: StringAttr.get(json.dumps(signature), context)}
    function.attributes["iree.reflection"] = DictAttr.get(reflection, context)
    written = io.BytesIO()
    module.write_bytecode(written)
    return written.getvalue(), module.get_asm(large_elements_limit=16, large_resource_limit=16)


def _not_imported(text: str) -> TranspileError:
    from transpile.errors import Diagnostic, Status, UnsupportedError

    hint = "fix open sizes with --dim and --shape, or try another --opset"
    return UnsupportedError(
        Diagnostic(Status.UNIMPLEMENTED, f"the importer says: {' '.join(text.split())[:300]}", hint=hint)
    )


if __name__ == "__main__":
    sys.exit(main())
