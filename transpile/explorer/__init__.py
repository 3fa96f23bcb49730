"""One page that shows what the optimiser did with a module: `transpile explain --html`."""

from transpile.explorer.collect import collect
from transpile.explorer.page import render_page

__all__ = ["collect", "render_page"]
