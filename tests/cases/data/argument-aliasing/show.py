"""What becomes of the caller's arrays."""

import subprocess

import numpy as np

import transpile

FLAGS = ["--iree-hal-target-device=local", "--iree-hal-local-target-device-backends=vmvx"]
for name in ("matmul_into", "keep"):
    subprocess.run(["iree-compile", *FLAGS, f"{name}.mlir", "-o", f"{name}.vmfb"], check=True)

program = transpile.load("matmul_into.vmfb")
a = np.arange(16, dtype=np.float32).reshape(4, 4)
kept, want = a.copy(), a @ a + a
got = program.h(a, a, a)
print("h(a, a, a) is A@A+A:", np.array_equal(got, want), "  a is what it was:", np.array_equal(a, kept))
x = np.zeros(4, np.float32)
result = program.id(x)
x[:] = 9
print("identity, x changed afterwards, result still 0:", not result.any())

program = transpile.load("keep.vmfb")
x = np.arange(5, dtype=np.float32)
program.put(x)
x[:] = -1
print("state kept from x:", np.asarray(program.get()), "expected [0 1 2 3 4]")
