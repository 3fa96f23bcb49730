"""eighteen.py COUNT: a reduction over so many loops, literal and raised."""

import sys

from tests.nests.engines import Literal, Raised, answer
from tests.nests.kernel import Kernel, Load, Store, Var, number, op
from tests.nests.known import loop
from tests.nests.suite import SLOTS, Call, Case, Suite

names = [f"k{n}" for n in range(int(sys.argv[1]))]
i, j = Var("i"), Var("j")
left, right = op("mul.i64", i, number(64)), op("mul.i64", j, number(64))
for name in names:
    left, right = op("add.i64", left, Var(name)), op("add.i64", right, Var(name))
place = op("fma.i64", i, number(32), j)
body = Store(0, "f32", place, op("fma.f32", Load(1, "f32", left), Load(2, "f32", right), Load(0, "f32", place)))
for name in reversed(names):
    body = loop(name, 2, body)
kernel = Kernel("deep", 3, (), (loop("i", 12, loop("j", 32, body)),))
slots = [n for n, slot in enumerate(SLOTS) if slot.kind == "f32" and slot.length >= 16384]
call = Call((slots[0], slots[1], slots[1]), ())
suite = Suite("m", [Case(kernel, (call,))])
print("literal", answer(Literal(suite.image(), suite.conventions, "speed"), "deep", call))
raised = Raised(suite.image(), suite.conventions, 32, "speed")
print("raised", answer(raised, "deep", call), "entered/taken", raised.counts())
