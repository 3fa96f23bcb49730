"""Faults that were seen once, each by the command that showed it: `python -m tests.cases`.

A folder of `data/` has what one case needs, `catalogue.CASES` how it is run and what is right.
"""
