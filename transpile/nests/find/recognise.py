"""Finds loop nests in the intermediate form.

A nest is a chain of counted loops, each inside the other, with straight code between their heads, one store in the
innermost body (or several, where no loop is a reduction), and nothing else observable: no calls, no branches, no value
that leaves the loops. Everything the search turns down is reported with its reason (`transpile explain`) and stays the
literal loop it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from transpile.ir.evaluate import evaluate
from transpile.ir.graph import Graph, Loop, analyse
from transpile.ir.nodes import Block, Function, Op, Value
from transpile.isa.operations import Operation
from transpile.isa.table import Trait, row_of
from transpile.limits import NEST_LOOPS
from transpile.nests.find.affine import AffineForms, Product, constant_of
from transpile.nests.find.digits import DIVISIONS, Digits
from transpile.nests.nest import Access, Counter, Nest, element_bytes, element_kind, is_load, is_store

_LESS, _ADD = row_of(Operation.CMP_LT, "i64", signed=True), row_of(Operation.ADD, "i64")

_LARGEST = 1 << 62  # what numbers in the C of a nest stay below


class NotANest(Exception):
    """Why a loop is left as it is."""


@dataclass
class Found:
    """The nests of a function by the header of their outermost loop, and why other loops are none."""

    nests: dict[Block, Nest]
    refused: dict[Block, str]
    innermost: set[Block]  # headers of the loops without a loop inside


def find(fn: Function) -> Found:
    """All nests, outermost first; loops inside a nest are not looked at again."""
    graph = analyse(fn.entry)
    finder = _Finder(fn, graph, graph.loops)
    found = Found({}, {}, {header for header, loop in finder.loops.items() if not loop.inner})
    taken: set[Block] = set()
    for header, loop in finder.loops.items():
        if header in taken:
            continue
        try:
            found.nests[header] = finder.nest(loop)
            taken.update(loop.blocks())
        except NotANest as reason:
            found.refused[header] = str(reason)
    return found


def counted(fn: Function) -> dict[Block, Counter]:
    """The loops that count from one number to another one, by their headers, whatever is in them."""
    graph = analyse(fn.entry)
    finder = _Finder(fn, graph, graph.loops)
    found: dict[Block, Counter] = {}
    for header, loop in graph.loops.items():
        with suppress(NotANest):
            found[header] = finder.counter(loop, loop)
    return found


@dataclass
class _Split:
    """What was computed from the counters of coalesced loops: which values are sums of products of the new counters,
    and the ops that compute them."""

    meaning: dict[Value, list[Product]] = field(default_factory=dict)
    steps: set[Op] = field(default_factory=set)


class _Finder:
    def __init__(self, fn: Function, graph: Graph[Block], loops: dict[Block, Loop[Block]]) -> None:
        self.graph = graph
        self.loops = loops
        self.home = {
            v: b for b in fn.blocks for v in (*b.params, *(r for op in b.ops for r in op.results))
        }
        self.home_of_op = {op: block for block in fn.blocks for op in block.ops}
        self.users: dict[Value, set[Block]] = {}
        for block in fn.blocks:
            for value in _used(block):
                self.users.setdefault(value, set()).add(block)

    def nest(self, loop: Loop[Block]) -> Nest:
        """The nest whose outermost loop this is; raises NotANest."""
        chain = self._chain(loop)
        counters = [self.counter(each, loop) for each in chain]
        blocks = sorted(loop.blocks(), key=self.graph.position.__getitem__)
        ops = [op for block in blocks for op in block.ops]
        counters, split = self._digits(counters, ops, loop)
        self._check_values(loop, blocks, [op for op in ops if op not in split.steps])
        stores = [op for op in ops if is_store(op)]
        if not stores:
            raise NotANest("0 stores")
        if any(self.home_of_op[op] not in chain[-1] for op in stores):
            raise NotANest("the store is not in the innermost loop")
        firsts = {c.value: c.first for c in counters}
        forms = AffineForms(set(firsts), lambda v: v in self.home and self.home[v] not in loop)
        for value, products in split.meaning.items():
            forms.define(value, products)
        store, *others = (self._access(op, forms, firsts, loop) for op in stores)
        body = _slice([op.operands[2] for op in stores], loop, self.home)
        if any(v in split.meaning for op in body for v in op.operands if not is_load(op)):
            raise NotANest("an index of a coalesced loop used as a value")
        loads = [self._access(op, forms, firsts, loop) for op in body if is_load(op)]
        if sum(1 for op in ops if is_load(op)) != len(loads):
            raise NotANest("a load whose value is not used")
        own = {a: stored for stored in (store, *others) for a in loads if _is_own(a, stored)}
        outside = [a for a in loads if self.home_of_op[a.op] not in chain[-1]]
        if not own.keys().isdisjoint(outside):
            raise NotANest("the stored element is loaded outside the innermost loop")
        if any(abs(a.stride(c).known or 0) >= _LARGEST for a in (store, *others, *loads) for c in counters):
            raise NotANest("a stride that is not an element offset")
        nest = Nest(counters, store, loads, body, own, bool(outside), others)
        if nest.reduction and not own:
            raise NotANest("a loop that does not move the store, and no running value")
        _check_stores(nest, ops)
        return nest

    def _digits(self, counters: list[Counter], ops: list[Op], loop: Loop[Block]) -> tuple[list[Counter], _Split]:
        """Takes coalesced loops apart: the new counters, and what they were split from."""
        divisions = [op for op in ops if op.row in DIVISIONS]
        split = _Split()
        found: list[Counter] = []
        for counter in counters if divisions else ():
            digits = Digits(counter.value, counter.bound, lambda v: self.home[v] not in loop)
            whole = constant_of(counter.first) == 0 and counter.step == 1
            if whole and any(digits.of(op.result) is not None for op in divisions):
                found += _apart(counter, digits, ops, split)
            else:
                found.append(counter)
        if any(op not in split.steps for op in divisions):
            raise NotANest("a division in the body that is not an index of a coalesced loop")
        _check_count(found)
        return found or counters, split

    # ---- loops ---------------------------------------------------------------------------------------------------

    def _chain(self, loop: Loop[Block]) -> list[Loop[Block]]:
        """The loops from this one inwards; every block must lie on the chain."""
        chain = [loop]
        while chain[-1].inner:
            if len(chain[-1].inner) > 1:
                raise NotANest("two loops side by side")
            chain += chain[-1].inner
            _check_count(chain)
        for block in (block for each in chain for block in each.own):
            if block.end.kind == "cond_br" and block not in self.loops:
                raise NotANest("a branch in the body")
            if block.end.kind not in ("br", "cond_br"):
                raise NotANest(f"a {block.end.kind} in the body")
        return chain

    def counter(self, loop: Loop[Block], outermost: Loop[Block]) -> Counter:
        header = loop.header
        if len(header.params) != 1:
            raise NotANest(f"{len(header.params)} values carried around the loop")
        counter = header.params[0]
        bound = self._bound(loop, counter)
        entries = [e for p in self.graph.predecessors[header] for e in p.end.edges if e.target is header]
        back = [e for p in loop.latches for e in p.end.edges if e.target is header]
        first = [e.args[0] for e in entries if e not in back]
        if len(back) != 1 or len(first) != 1:
            raise NotANest("several ways into the loop or around it")
        step = self._step(counter, back[0].args[0])
        for value in (first[0], bound):
            if constant_of(value) is None and self.home[value] in outermost:
                raise NotANest("bounds that change inside the nest")
        return Counter(counter, first[0], bound, step, header, _trips(first[0], bound, step))

    def _bound(self, loop: Loop[Block], counter: Value) -> Value:
        end = loop.header.end
        test = end.operands[0].op if end.kind == "cond_br" else None
        if test is None or test.row is not _LESS or test.operands[0] is not counter:
            raise NotANest("no test of a counter against a bound")
        if end.edges[0].target not in loop or end.edges[1].target in loop:
            raise NotANest("a test that does not leave the loop")
        leaving = [b for b in loop.blocks() if any(s not in loop for s in b.successors())]
        if leaving != [loop.header]:
            raise NotANest("more than one way out")
        return test.operands[1]

    def _step(self, counter: Value, following: Value) -> int:
        op = following.op
        if op is None or op.row is not _ADD or counter not in op.operands:
            raise NotANest("a counter that does not advance by a constant")
        other = op.operands[1] if op.operands[0] is counter else op.operands[0]
        step = constant_of(other)
        if step is None or not 0 < step < 1 << 31:
            raise NotANest("a counter that does not advance by a constant")
        return step

    # ---- body ----------------------------------------------------------------------------------------------------

    def _check_values(self, loop: Loop[Block], blocks: list[Block], ops: list[Op]) -> None:
        for op in ops:
            if not is_load(op) and not is_store(op) and Trait.PURE not in op.row.traits:
                raise NotANest(f"a {op.mnemonic} in the body")
            if any(self._is_used_behind(r, loop) for r in op.results):
                raise NotANest("a value that is used behind the loop")
        for block in blocks:
            if any(self._is_used_behind(p, loop) for p in block.params):
                raise NotANest("a counter that is used behind the loop")
            leaving = (v for edge in block.end.edges if edge.target not in loop for v in edge.args)
            if any(v in self.home and self.home[v] in loop for v in leaving):
                raise NotANest("a value that is handed on behind the loop")

    def _is_used_behind(self, value: Value, loop: Loop[Block]) -> bool:
        return any(user not in loop for user in self.users.get(value, ()))

    def _access(self, op: Op, forms: AffineForms, firsts: Mapping[Value, Value], loop: Loop[Block]) -> Access:
        span = op.operands[0]
        if span.type != "span" or self.home[span] in loop:
            raise NotANest("a buffer that is chosen inside the nest")
        offset = forms.of(op.operands[1])
        if offset is None:
            raise NotANest("an element offset that is not affine")
        return Access(op, span, element_bytes(op.row.type), offset, forms.at(offset, firsts))


def _apart(counter: Counter, digits: Digits, ops: list[Op], split: _Split) -> list[Counter]:
    """The counters of a coalesced loop, outermost first."""
    chain = digits.counters([r for op in ops for r in op.results if r.type == "i64"])
    if chain is None:
        raise NotANest("a division in the body that is not an index of a coalesced loop")
    symbols = list(digits.symbols)
    found: list[Counter] = []
    whole: list[Product] = []
    for digit, values in chain:
        value = Value("i64")
        factors = (digit.mod.const, tuple(symbols[n] for n in digit.mod.factors))
        trips = None if digit.mod.factors else digit.mod.const
        found.append(Counter(value, counter.first, counter.bound, 1, counter.header, trips, factors))
        whole.append((digit.div.const, (value, *(symbols[n] for n in digit.div.factors))))
        split.meaning.update({each: [(1, (value,))] for each in values})
    split.meaning[counter.value] = whole
    split.steps.update(op for op in ops if op.results and digits.of(op.results[0]) is not None)
    return found


def _is_own(load: Access, store: Access) -> bool:
    """Whether the load reads back what the store writes, as the type that was written (narrow ones sign-extended)."""
    written, read = (element_kind(a.op) for a in (store, load))
    same_place = load.span is store.span and load.offset == store.offset
    return same_place and read in (written, f"{written}.s")


def _check_stores(nest: Nest, ops: list[Op]) -> None:
    """Several stores go through elements of their own, which nothing loads behind them."""
    if not nest.others:
        return
    if not all(store.stride(c) for store in nest.stores for c in nest.loops):
        raise NotANest(f"{len(nest.stores)} stores in a reduction")
    if len({id(store.span) for store in nest.stores}) < len(nest.stores):
        raise NotANest(f"{len(nest.stores)} stores to one buffer")
    place = {op: number for number, op in enumerate(ops)}
    if any(place[load.op] > place[store.op] for load, store in nest.own.items()):
        raise NotANest("an element that is loaded again after it was stored")


def _used(block: Block) -> list[Value]:
    values = [v for op in block.ops for v in op.operands]
    values += block.end.operands
    return values + [v for edge in block.end.edges for v in edge.args]


def _slice(values: Sequence[Value], loop: Loop[Block], home: dict[Value, Block]) -> list[Op]:
    """Ops inside the nest that the stored values are computed with, definitions first (addresses left out)."""

    def inputs(op: Op) -> list[Op]:
        operands = () if is_load(op) else op.operands
        return [v.op for v in operands if v.op is not None and home[v] in loop]

    order: dict[Op, None] = {}
    for value in values:
        if value.op is not None and home[value] in loop:
            evaluate(value.op, inputs, lambda op: None, order)
    return list(order)


def _check_count(loops: Sequence[object]) -> None:
    if len(loops) > NEST_LOOPS:
        raise NotANest(f"more than {NEST_LOOPS} loops inside each other")


def _trips(first: Value, bound: Value, step: int) -> int | None:
    low, high = constant_of(first), constant_of(bound)
    if low is None or high is None or max(abs(low), abs(high)) >= _LARGEST:
        return None  # the guard looks whether the counter wraps
    return max(0, -((low - high) // step))
