"""The pure instructions against IREE's own interpreter, bit for bit, over values at every edge."""

import ctypes
import itertools
import math
import random
import struct
from collections.abc import Callable

import pytest

from tests.csupport.mnemonics import SEMANTIC, helper_name
from tests.csupport.support import COMPILERS, CSUPPORT, EXACT, Helper, helpers, run

compiler = pytest.importorskip("iree.compiler")
runtime = pytest.importorskip("iree.runtime")

TYPES = {"int32_t": "i32", "int64_t": "i64", "float": "f32", "double": "f64"}
SAME_BITS = {"i32": "i32", "i64": "i64", "f32": "i32", "f64": "i64"}
SIZE = {"i32": 4, "i64": 8, "f32": 4, "f64": 8}

# The compiler has no operation for these; the values in test_ops.c were seen in assembled modules.
NOT_COMPILED = {f"cast.{pair}" for pair in ("f64.si32", "f64.ui32", "si32.f64", "ui32.f64")}

INT_EDGES = [0, 1, 2, 3, 5, 7, 31, 32, 33, 63, 64, 100, 127, 128, 255, 256, 32767, 32768, 65535, 65536]


def _integers(bits: int) -> list[int]:
    top = 1 << (bits - 1)
    values = [*INT_EDGES, *(-v for v in INT_EDGES), top - 1, -top, 1 - top, 0x12345678, 0x5EADBEEF, top // 2]
    return sorted(set(values))


def _floats(t: str) -> list[int]:
    edges = [0.0, 0.25, 0.5, 0.49999997, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 1e-3, 3.14159265, 10.0, 127.5, 1e6]
    edges += [2147483646.5, 2147483647.0, 2147483648.0, 3e9, 4294967295.0, 4294967296.0, 1e10, 8388607.5, 16777217.0]
    edges += [2.0**52 + 0.5, 2.0**53 + 1, 2.0**62, 2.0**63 - 512, 2.0**63, 2.0**63 + 2048, 2.0**64 - 2048]
    edges += [2.0**64, 1e20, 1e38, 1e-38, 1e-45, math.inf]
    values = [sign * v for v in edges for sign in (1.0, -1.0)] + [math.nan]
    return [_bits(v, t) for v in values]


def _bits(value: float, t: str) -> int:
    return int.from_bytes(struct.pack("<f" if t == "f32" else "<d", value), "little", signed=True)


def _float(bits: int, t: str) -> float:
    packed = bits.to_bytes(SIZE[t], "little", signed=True)
    return float(struct.unpack("<f" if t == "f32" else "<d", packed)[0])


def _edges(t: str) -> list[int]:
    return _integers(32 if t == "i32" else 64) if t in ("i32", "i64") else _floats(t)


def _is_pure(helper: Helper) -> bool:
    return helper.result in TYPES and all(p in TYPES for p in helper.parameters)


def _pure() -> dict[str, Helper]:
    known = {name: helpers()[helper_name(name)] for name in sorted(SEMANTIC - NOT_COMPILED)}
    return {name: helper for name, helper in known.items() if _is_pure(helper)}


PURE = _pure()


def _wrapper(name: str, helper: Helper) -> str:
    """All types pass as bits, so that neither side's calling convention touches a NaN."""
    types = [TYPES[p] for p in helper.parameters]
    inputs = ", ".join(f"int64_t b{k}" for k in range(len(types)))
    loads = "".join(f"{c} v{k}; memcpy(&v{k}, &b{k}, sizeof v{k}); " for k, c in enumerate(helper.parameters))
    call = f"{helper.name}({', '.join(f'v{k}' for k in range(len(types)))})"
    store = f"{helper.result} r = {call}; int64_t out = 0; memcpy(&out, &r, sizeof r); return out;"
    return f"int64_t w_{helper.name}({inputs}) {{ {loads}{store} }}\n"


def _mlir(name: str, helper: Helper) -> str:
    types = [TYPES[p] for p in helper.parameters]
    result = TYPES[helper.result]
    arguments = ", ".join(f"%b{k}: {SAME_BITS[t]}" for k, t in enumerate(types))
    lines, values = [], []
    for k, t in enumerate(types):
        lines.append(f'%v{k} = "vm.bitcast.{SAME_BITS[t]}.{t}"(%b{k}) : ({SAME_BITS[t]}) -> {t}' if t[0] == "f" else "")
        values.append(f"%v{k}" if t[0] == "f" else f"%b{k}")
    signature = f"({', '.join(types)}) -> {result}"
    lines.append(f'%r = "vm.{name}"({", ".join(values)}) : {signature}')
    if result[0] == "f":
        lines.append(f'%o = "vm.bitcast.{result}.{SAME_BITS[result]}"(%r) : ({result}) -> {SAME_BITS[result]}')
    out = "%o" if result[0] == "f" else "%r"
    body = "\n".join(lines)
    return (
        f"vm.export @{helper.name}\nvm.func @{helper.name}({arguments}) -> {SAME_BITS[result]} {{\n"
        f"{body}\nvm.return {out} : {SAME_BITS[result]}\n}}\n"
    )


def _compile(text: str) -> bytes:
    flags = ["--compile-mode=vm", "--iree-vm-target-extension-f32", "--iree-vm-target-extension-f64"]
    return bytes(compiler.compile_str(text, extra_args=flags))


@pytest.fixture(scope="module", params=COMPILERS)
def ours(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    folder = tmp_path_factory.mktemp("ours")
    source = folder / "wrappers.c"
    source.write_text('#include "ops.h"\n' + "".join(_wrapper(n, h) for n, h in PURE.items()))
    command = [request.param, "-std=c99", "-O3", *EXACT, "-shared", "-fPIC", "-I", CSUPPORT, source]
    run(*command, *CSUPPORT.glob("*.c"), "-o", folder / "ours.so", "-lm")
    return ctypes.CDLL(str(folder / "ours.so"))


@pytest.fixture(scope="module")
def theirs() -> Callable[[str, tuple[int, ...]], int]:
    image = _compile("vm.module @m {\n" + "".join(_mlir(n, h) for n, h in PURE.items()) + "}\n")
    instance = runtime.VmInstance()
    module = runtime.VmModule.copy_buffer(instance, image)
    context = runtime.VmContext(instance, [module])

    def call(name: str, values: tuple[int, ...]) -> int:
        arguments, results = runtime.VmVariantList(len(values)), runtime.VmVariantList(1)
        for value in values:
            arguments.push_int(value)
        context.invoke(module.lookup_function(name), arguments, results)
        return int(results.get_variant(0))

    return call


def _cases(types: list[str], limit: int = 1500) -> list[tuple[int, ...]]:
    every = list(itertools.product(*(_edges(t) for t in types))) if len(types) < 3 else []
    chance = random.Random(7)
    if not every or len(every) > limit:
        pick = [_edges(t) for t in types]
        every = [tuple(chance.choice(values) for values in pick) for _ in range(limit)]
    return every


def _same(mine: int, other: int, result: str) -> bool:
    """Equal bits; only which NaN it is does not count.  libm is the host's on both sides, so it is exact as well."""
    if mine == other:
        return True
    return result[0] == "f" and math.isnan(_float(mine, result)) and math.isnan(_float(other, result))


def _signed(value: int, t: str) -> int:
    bits = 8 * SIZE[t]
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


@pytest.mark.parametrize("name", sorted(PURE))
def test_same_bits_as_iree(name: str, ours: ctypes.CDLL, theirs: Callable[[str, tuple[int, ...]], int]) -> None:
    helper = PURE[name]
    types, result = [TYPES[p] for p in helper.parameters], TYPES[helper.result]
    function = getattr(ours, "w_" + helper.name)
    function.restype, function.argtypes = ctypes.c_int64, [ctypes.c_int64] * len(types)
    wrong = []
    for values in _cases(types):
        mine, other = _signed(function(*values), result), _signed(theirs(helper.name, values), result)
        if not _same(mine, other, result):
            wrong.append((values, mine, other))
    assert not wrong, f"{len(wrong)} differ, first: {wrong[:5]}"
