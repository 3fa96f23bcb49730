"""Choosing how a nest is run: the order of its loops, tiles, copies, and the rewrites that get there."""
