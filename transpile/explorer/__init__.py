"""One page that shows what the optimiser did with a module: `transpile explain --html`."""

from transpile.explorer.collect import collect

__all__ = ["collect"]
