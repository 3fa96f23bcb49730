"""many_values.py LEVEL OPERATIONS: recursion in a function with many values."""

import sys

import transpile
from tests.support.modules import build_module, function

level, count = sys.argv[1], int(sys.argv[2])
start = ["entry", ("const.i32", 1, 1), ("cond_br", 0, "go", (), "end", ()), "go"]
body = [("const.i32", 7, 2), ("const.i32", 9, 3)]
for k in range(count):
    body += [("mul.i32", 2, 0, 2), ("xor.i32", 2, 3, 2)] if k % 2 else [("add.i32", 3, 2, 3)]
body += [("sub.i32", 0, 1, 4), ("call", 0, (4,), (5,)), ("xor.i32", 5, 3, 5), ("xor.i32", 5, 2, 5), ("return", (5,))]
image = build_module([function(*start, *body, "end", ("return", (0,)), convention="0i_i", export="f")])
how = {"engine": level} if level == "interpreter" else {"optimize": level}
program = transpile.load(image, **how)
for depth in (10, 1000, 3000, 100000):
    try:
        print(level, depth, program.f(depth), flush=True)
    except transpile.VmError as problem:
        print(level, depth, problem.status_name, flush=True)
