"""C from verified modules."""

from transpile.emit.files import EmitOptions, Output, emit, runtime_sources

__all__ = ["EmitOptions", "Output", "emit", "runtime_sources"]
