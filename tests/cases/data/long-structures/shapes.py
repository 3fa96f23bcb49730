"""Functions of many shapes and sizes, through every stage: what is refused or fails is printed."""

import transpile
from tests.support.modules import build_module, function
from tests.support.shapes import SHAPES
from transpile.emit import EmitOptions

for name, shape in SHAPES.items():
    for size in (100, 1500):
        code, words = shape(size)
        image = build_module([function(*code, convention="0i_i", export="f", words=words)])
        try:
            for level in ("none", "speed"):
                transpile.emit(image, EmitOptions(optimize=level))
        except BaseException as problem:
            print(name, size, "EXC", type(problem).__name__, str(problem)[:200])
print("done")
