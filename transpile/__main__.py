"""`python -m transpile`: the command, where its script is not on the path."""

from transpile.cli import main

main(prog_name="python -m transpile")
