"""What becomes of memory: which arguments of an export are written, kept or returned, and which results and constants
are shared with the module's own state.

`points` computes which memory each reference may be to, `constraints` derives that from the functions of a module and
`imports.py`, `commands` what command buffers and kernels write, and `summary` reads off the answer.  All of it errs on
the side of saying that something may be written or kept.
"""

from transpile.effects.summary import Effects, analyse, lift_all, lifted_effects

__all__ = ["Effects", "analyse", "lift_all", "lifted_effects"]
