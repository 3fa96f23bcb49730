"""C from verified modules."""

from transpile.emit.files import EmitOptions, Output, Shown, emit, runtime_sources, show

__all__ = ["EmitOptions", "Output", "Shown", "emit", "runtime_sources", "show"]
