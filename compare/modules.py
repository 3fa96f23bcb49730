"""What the comparison needs to know of a module."""

from __future__ import annotations

from transpile.container import Module


def result_kinds(module: Module) -> dict[str, str]:
    """The kinds of each export's results, as letters of the calling convention."""
    return {
        export.name: signature.calling_convention.partition("_")[2].replace("v", "")
        for export in module.exports
        if (signature := module.signatures[export.ordinal])
    }


def is_inline(module: Module) -> bool:
    """Whether the module needs what IREE's Python interface does not offer."""
    return any(item.module_name in ("hal_inline", "hal_loader") for item in module.imports if not item.optional)
