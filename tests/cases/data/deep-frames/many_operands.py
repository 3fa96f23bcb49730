"""many_operands.py LEVEL OPERANDS: recursion in a function that makes one wide variadic call."""

import sys

import transpile
from tests.support.modules import build_module, function, imported, ref

level, count = sys.argv[1], int(sys.argv[2])
wide = ("call.variadic", imported(0), (count,), tuple([ref(0)] * count), (ref(1),))
recurse = [("sub.i32", 0, 1, 4), ("call", 0, (4,), (5,)), ("const.i32", -1, 6), wide, ("return", (5,))]
start = ["entry", ("const.i32", 1, 1), ("cond_br", 0, "go", (), "end", ()), "go"]
code = function(*start, *recurse, "end", ("return", (0,)), convention="0i_i", export="f")
image = build_module([code], imports=[("hal.fence.join", "0CrD_r")], types=("!hal.fence",))
how = {"engine": level} if level == "interpreter" else {"optimize": level}
program = transpile.load(image, **how)
for depth in (1, 10, 100, 1000, 3000):
    try:
        print(level, depth, program.f(depth), flush=True)
    except transpile.VmError as problem:
        print(level, depth, problem.status_name, flush=True)
