"""A raised nest as C functions: guard, then the work of its plan.  It returns 0, having done nothing, when the guard
does not hold; the caller then runs the literal loop.

    int nest_1f…(vm_instance* vm, uint8_t* s0, uint64_t s0_writable, int64_t v0) {
      … bounds of every access, and that the written bytes are apart from the read ones …
      for (int64_t t0 = 0; t0 < 64; t0++) { … }
      return 1;
    }
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from transpile.emit.guards import Argument, GuardWriter
from transpile.emit.works import ROWS, FunctionWriter, scratch
from transpile.isa.operations import Operation
from transpile.nests.loops.nodes import Apply, Let, Store, statements
from transpile.nests.loops.nodes import Function as Kernel
from transpile.nests.loops.tree import canonical, functions
from transpile.nests.plan.plans import Plan


@dataclass(frozen=True)
class Symbol:
    """A C function: its name, parameters and lines, and the functions that are in these besides."""

    name: str
    parameters: tuple[str, ...]
    lines: tuple[str, ...]
    parts: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def declaration(self) -> str:
        return f"{self.name}({', '.join(self.parameters)})"

    def call(self) -> str:
        """A call from a function with the same parameters."""
        return f"{self.name}({', '.join(map(_name_of, self.parameters))})"


Digests = dict[tuple[int, tuple[str, ...], tuple[str, ...]], str]
"""Of nests' texts, by the identity of the work, which stays alive, its guard and its parameters."""


class NestWriter:
    """Prints the function of one nest, which calls `tiles`, by their names in the plan.  `named` makes a name of a
    digest; `target` stands before each function; `digests` are those of the texts of a target, each made once, by work
    and guard."""

    def __init__(
        self,
        plan: Plan,
        tiles: Mapping[str, Symbol],
        named: Callable[[str], str],
        target: str = "",
        digests: Digests | None = None,
    ) -> None:
        self.plan, self.tiles, self.target = plan, tiles, target
        self._guard = GuardWriter(plan.nest, plan.literal, plan.schedule.dims)
        self._guarded = tuple(self._guard.lines())
        digests = {} if digests is None else digests
        key = id(plan.work), self._guarded, tuple(self._guard.parameters.declarations())
        if key not in digests:
            digests[key] = _digest(self._nest("nest", ()).text)
        self.name = named(digests[key])
        """Equal for nests that have the same text."""

    @property
    def arguments(self) -> tuple[Argument, ...]:
        """What the nest's function is called with: values, or the named members of spans."""
        return self._guard.parameters.values()

    def nest(self, ways: Sequence[str]) -> Symbol:
        """The nest's own function; `ways` are statements at its entry."""
        return self._nest(self.name, ways)

    def _nest(self, name: str, ways: Sequence[str]) -> Symbol:
        main, kernels = self.plan.work.main, self.plan.work.kernels
        writer = FunctionWriter(main, name, kernels, {plan: tile.name for plan, tile in self.tiles.items()})
        parameters = tuple(self._guard.parameters.declarations())
        head = f"{self.target}int {name}({', '.join(parameters)}) {{"
        choice = ["#if VM_DISPATCH", *ways, "#endif"] if ways else []
        unfused = ["if (VM_FUSED_FMA) return 0;"] if _has_vector_fma(self.plan) else []
        work = writer.body()
        body = [*choice, *self._guarded]
        if main.body:
            body += [*unfused, *scratch(main, writer), *work, "return 1;"]
        lines = [*(line for part in writer.parts for line in part.printed(self.target)), head, *body, "}"]
        if _has_vectors(self.plan):
            unused = ", ".join(f"(void){_name_of(text)}" for text in parameters)
            lines = ["#if VM_VECTORS", *lines, "#else", head, f"{unused};", "return 0;", "}", "#endif"]
        return Symbol(name, parameters, tuple(lines), tuple(part.name for part in writer.parts))


class Tile:
    """A kernel, printed without its name: equal ones have equal digests."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self._vectors = _vectors_in(kernel)
        writer = FunctionWriter(canonical(kernel), "tile", {}, {})
        self._parameters = tuple(writer.parameters())
        self._lines = [f"({', '.join(self._parameters)}) {{", *writer.body(), "}"]
        self._digest = _digest("\n".join(self._lines))

    def symbol(self, named: Callable[[str], str], target: str = "") -> Symbol:
        """The function of the kernel under a name; `target` stands before it."""
        name = named(self._digest)
        lines = [f"{target}void {name}{self._lines[0]}", *self._lines[1:]]
        whole = ["#if VM_VECTORS", *lines, "#endif"] if self._vectors else lines
        return Symbol(name, self._parameters, tuple(whole))


class Tiles:
    """Prints kernels, each once."""

    def __init__(self) -> None:
        self._printed: dict[int, Tile] = {}  # by the identity of the kernel, which stays alive

    def of(self, kernel: Kernel) -> Tile:
        """The kernel as C."""
        if id(kernel) not in self._printed:
            self._printed[id(kernel)] = Tile(kernel)
        return self._printed[id(kernel)]


def _name_of(declaration: str) -> str:
    return declaration.split()[-1].lstrip("*")


def _vectors_in(function: Kernel) -> bool:
    return any(isinstance(s, Store) and s.lanes > 1 for s in statements(function.body))


def _has_vectors(plan: Plan) -> bool:
    return any(map(_vectors_in, functions(plan.work)))


def _has_vector_fma(plan: Plan) -> bool:
    """Whether the work has a product and a sum in one instruction as two operators."""
    vectors = [function for function in functions(plan.work) if _vectors_in(function)]
    computed = (s.value for function in vectors for s in statements(function.body) if isinstance(s, Let))
    rows = (ROWS[value.mnemonic] for value in computed if isinstance(value, Apply))
    return any(row.does is Operation.FMA and row.type in ("f32", "f64") for row in rows)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
