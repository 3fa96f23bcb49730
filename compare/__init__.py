"""Measures what `transpile` makes of a module against the bytecode's interpreters: equality, speed and size.

    python -m compare examples/matmul/matmul.vmfb

Outputs are compared bit for bit before any time is printed.  `literal` and `size` are two fixed measurements; see
docs/reading-reports.md for what the figures mean.
"""
