"""Which values become C variables, which are written where they are used, and what the variables are called."""

from __future__ import annotations

from collections.abc import Iterator

from transpile.c.names import Locals
from transpile.ir.derived import KERNEL_BINDING, KERNEL_CONSTANTS, RODATA_SPAN
from transpile.ir.graph import Loop
from transpile.ir.nodes import Block, Function, Op, Value
from transpile.isa.operations import COMPARISONS, CONSTANTS, Operation
from transpile.isa.table import Trait

_MOST_TERMS = 12  # operations in one expression


class Values:
    """The plan for one function's values."""

    def __init__(
        self, fn: Function, loops: dict[Block, Loop[Block] | None], arguments: list[str], taken: str = ""
    ) -> None:
        self.fn = fn
        self.loops = loops
        self.home: dict[Value, Block] = {}
        self.uses: dict[Value, list[Block]] = {}
        self.terms: dict[Value, int] = {}
        self.inlined: set[Value] = set()
        self.locals = Locals()
        self.locals.take(taken)
        self.names: dict[Value, str] = {}
        self._count()
        self._choose()
        self._name(arguments)

    def _count(self) -> None:
        for block in self.fn.blocks:
            for value in (*block.params, *(r for op in block.ops for r in op.results)):
                self.home[value] = block
                self.uses.setdefault(value, [])
            for value in _used(block):
                self.uses.setdefault(value, []).append(block)

    def _choose(self) -> None:
        for block in self.fn.blocks:
            for op in block.ops:
                if len(op.results) == 1 and self._may_inline(op):
                    self.inlined.add(op.result)
                    self.terms[op.result] = 1 + sum(self.terms.get(v, 0) for v in op.operands)

    def _may_inline(self, op: Op) -> bool:
        """Pure, used once, in the same loop; constants and rodata always.  What reads a reference stays where it is:
        the reference may be released before the use."""
        if op.row.does in CONSTANTS:
            return True
        if Trait.PURE not in op.row.traits or op.result.type == "span":
            return False
        if any(f.kind.group == "list" for f in op.row.operands) or any(v.type == "ref" for v in op.operands):
            return False
        uses = self.uses[op.result]
        same_loop = len(uses) == 1 and self.loops.get(uses[0]) is self.loops.get(self.home[op.result])
        return same_loop and 1 + sum(self.terms.get(v, 0) for v in op.operands) <= _MOST_TERMS

    def _name(self, arguments: list[str]) -> None:
        for value, wanted in zip(self.fn.args, arguments, strict=True):
            good = next((name for name in (wanted, f"{wanted}_") if self.locals.take(name)), None)
            self.names[value] = good or self.locals.fresh("arg")
        headers = {loop.header for loop in self.loops.values() if loop is not None}
        for block in self.fn.blocks:
            for param in block.params if block is not self.fn.entry else ():
                self.names[param] = self.locals.fresh(_param_stem(param, block in headers))
            for op in block.ops:
                for value in op.results:
                    if value not in self.inlined:
                        wanted = _wanted(op)
                        taken = wanted and self.locals.take(wanted)
                        self.names[value] = wanted if taken else self.locals.fresh(_result_stem(op, value))

    def rename_counter(self, value: Value, depth: int) -> str:
        """Gives a loop counter its traditional letter; inner loops of different nests share letters."""
        letters = Locals.COUNTERS
        self.names[value] = letters[depth] if depth < len(letters) else f"i{depth}_"
        return self.names[value]

    def leaves(self, value: Value) -> Iterator[Value]:
        """Variables that the expression of a value reads."""
        if value not in self.inlined:
            yield value
        elif value.op is not None:
            for operand in value.op.operands:
                yield from self.leaves(operand)

    def written_in(self, value: Value) -> Iterator[Op]:
        """The operations in the expression of a value."""
        if value in self.inlined and value.op is not None:
            yield value.op
            for operand in value.op.operands:
                yield from self.written_in(operand)

    def variables(self) -> list[Value]:
        """Every value that needs a variable, arguments left out."""
        args = set(self.fn.args)
        return [v for v in self.names if v not in args]


def _used(block: Block) -> Iterator[Value]:
    for op in block.ops:
        yield from op.operands
    yield from block.end.operands
    for edge in block.end.edges:
        yield from edge.args


def _param_stem(param: Value, in_header: bool) -> str:
    if param.type == "ref":
        return "ref"
    if param.type in ("f32", "f64"):
        return "acc" if in_header else "x"
    return "n"


def _wanted(op: Op) -> str:
    """The name of a span whose place is known, "" for other values."""
    if op.row is RODATA_SPAN:
        return f"rodata{op.attrs['rodata']}"
    if op.row is KERNEL_BINDING:
        return f"binding{op.attrs['index']}"
    return "words" if op.row is KERNEL_CONSTANTS else ""


def _result_stem(op: Op, value: Value) -> str:
    if value.type == "span":
        return "buf"
    if value.type == "ref":
        return "list" if op.row.does is Operation.LIST_ALLOC else "ref"
    if value.type in ("f32", "f64"):
        return "x"
    return "cond" if op.row.does in COMPARISONS else "n"
