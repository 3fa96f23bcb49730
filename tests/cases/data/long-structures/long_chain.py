"""long_chain.py index|value|nest COUNT: a loop whose index, or value, is a chain of additions, or that is a nest."""

import sys

from tests.nests.kernel import Kernel, Let, Load, Store, Var, number, op
from tests.nests.known import loop
from tests.nests.suite import Case, Suite
from transpile import container
from transpile.emit import EmitOptions, emit
from transpile.verify import check

kind, count = sys.argv[1], int(sys.argv[2])
i, one, lets = Var("i"), number(1.0, "f32"), []
last = Load(1, "f32", i) if kind == "value" else i
for n in range(count if kind != "nest" else 0):
    more = op("add.i64", last, Var("p")) if kind == "index" else op("add.f32", last, number(1.5, "f32"))
    lets.append(Let(f"a{n}", more))
    last = Var(f"a{n}") if kind == "index" else Var(f"a{n}", "f32")
body = (*lets, Store(0, "f32", last, one) if kind == "index" else Store(0, "f32", i, last if kind == "value" else one))
for n in range(count if kind == "nest" else 0):
    body = (loop(f"k{n}", 1, *body),)
module = container.load(Suite("m", [Case(Kernel("chain", 2, ("p",), (loop("i", 8, *body),)), ())]).image())
check(module)
for level in ("none", "size", "speed"):
    emit(module, EmitOptions(prefix="m", optimize=level))
    print(kind, count, level, "ok")
