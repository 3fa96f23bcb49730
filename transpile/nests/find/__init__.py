"""Recognising loop nests in functions: affine offsets, digits of counters, what a body may be."""
