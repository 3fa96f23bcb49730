"""Statements of one function as lines of C.  Lines carry no indentation: `indent` counts the braces."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain

from transpile.c.literals import C_TYPES, comment, string
from transpile.emit import moves
from transpile.emit.calls import Calls
from transpile.emit.directives import Place, directive
from transpile.emit.expressions import Expressions
from transpile.emit.held import Held
from transpile.emit.lines import Line, Offsets, marked
from transpile.emit.loops import parts
from transpile.emit.scopes import Declarations
from transpile.emit.structure import Assign, Exit, If, Jump, Label, Operation, Repeat, Statement, Structured, Switch
from transpile.emit.values import Values
from transpile.ir.derived import REF_RELEASE
from transpile.ir.nodes import Block, Op, Terminator, Value
from transpile.isa.operations import CALLS
from transpile.isa.operations import Operation as Does
from transpile.isa.table import Trait, row_of

_LESS = (row_of(Does.CMP_LT, "i32", signed=True), row_of(Does.CMP_LT, "i64", signed=True))
_ADD = (row_of(Does.ADD, "i32"), row_of(Does.ADD, "i64"))
_FEW_TURNS = 1 << 14
"""Turns of a loop, those of the loops in it counted, that go by without a look at interrupts: some microseconds."""


def indent(lines: Iterable[str], depth: int = 1) -> Iterator[str]:
    """Lines with two blanks for every open brace; labels stand one level further out."""
    for line in lines:
        if line.startswith("}"):
            depth -= 1
        outdent = 1 if line.endswith(":;") or line.startswith(("case ", "default:")) else 0
        blanks = "  " * max(depth - outdent, 0)
        yield line.indented(blanks) if isinstance(line, Line) else blanks + line
        if line.endswith("{"):
            depth += 1


class Statements:
    """Writes the statements of one function."""

    def __init__(
        self,
        structured: Structured,
        declarations: Declarations,
        expressions: Expressions,
        calls: Calls,
        location: Callable[[int], str | None],
        place: Callable[[int], Place | None] | None,
        recursive: bool,
        nests: Mapping[Block, tuple[str, tuple[tuple[Value, str], ...]]],
        held: Held | None = None,
    ) -> None:
        self.structured = structured
        self.declarations = declarations
        self.expressions = expressions
        self.values: Values = expressions.values
        self.calls = calls
        self.location = location
        self.place = place
        self.recursive = recursive
        self.nests = nests
        self.held = held
        self.labels = {block: number for number, block in enumerate(self._labelled())}
        self.can_fail = recursive
        self.uses_vm = recursive
        self.turns = False
        self.known_turns: dict[Repeat, float] = {}
        self.last_location: str | None = None

    def _labelled(self) -> Iterator[object]:
        for block in self.values.fn.blocks:
            if block in self.structured.labels or block in self.structured.continues:
                yield block

    def lines(self) -> list[str]:
        """The body, between the declarations at the top and the failing path."""
        return [*self._declared(self.declarations.top), *self._list(self.structured.body)]

    def _declared(self, values: Iterable[Value]) -> Iterator[str]:
        """Initialised: compilers cannot see that a failing call never gets to the uses of its outputs."""
        for value in values if self.held is None else ():
            yield f"{C_TYPES[value.type]} {self.values.names[value]} = {'{0}' if value.type == 'span' else '0'};"

    def address(self, value: Value) -> str:
        """The address of a variable."""
        return f"&{self.values.names[value]}"

    def _list(self, body: list[Statement]) -> Iterator[str]:
        for statement in body:
            lines = chain(self._declared(self.declarations.before.get(statement, ())), self._statement(statement))
            yield from marked(lines, self._made_from(statement))

    def _made_from(self, statement: Statement) -> Offsets:
        """The instructions that the lines of a statement stand for, those written inside its expressions with them."""
        values, offsets = _reads(statement)
        return tuple(sorted({*offsets, *(op.offset for value in values for op in self.values.written_in(value))} - {0}))

    def _statement(self, statement: Statement) -> Iterator[str]:
        if isinstance(statement, Operation):
            yield from self._operation(statement)
        elif isinstance(statement, Assign):
            yield from self._assign(statement)
        elif isinstance(statement, If):
            yield from self._if(statement)
        elif isinstance(statement, Switch):
            yield from self._switch(statement)
        elif isinstance(statement, Repeat):
            yield from self._repeat(statement)
        elif isinstance(statement, Label):
            if statement.block in self.structured.labels:
                yield f"block_{self.labels[statement.block]}:;"
                if not self.structured.scoped:  # it may be jumped back to
                    yield self._turn(statement.block)
        elif isinstance(statement, Jump):
            yield self._jump(statement)
        elif isinstance(statement, Exit):
            yield from self._exit(statement.end)

    # ---- ops -----------------------------------------------------------------------------------------------------

    def _operation(self, statement: Operation) -> Iterator[str]:
        op = statement.op
        if op.results and all(r in self.values.inlined for r in op.results):
            return
        yield from self._where(op.offset)
        if op.row.does in CALLS:
            yield from self._fallible(statement, self.calls.text(op, self.expressions))
        elif op.row is REF_RELEASE:
            yield f"vm_release({self.address(op.operands[0])});"
        elif Trait.MAY_FAIL in op.row.traits:
            text = f"{op.row.helper}({', '.join([*self._arguments(op)])}"
            yield from self._fallible(statement, text)
        else:
            yield from self._plain(statement)

    def _arguments(self, op: Op) -> list[str]:
        return self.expressions.arguments(op)

    def _fallible(self, statement: Operation, opened: str) -> Iterator[str]:
        """`opened` is the call without its output parameters and closing parenthesis."""
        op = statement.op
        own = self.declarations.at.get(statement, set())
        yield from self._declared(result for result in op.results if result in own)
        outputs = [self.address(r) for r in op.results]
        comma = "" if opened.endswith("(") or not outputs else ", "
        self.can_fail = self.uses_vm = True
        call = f"{opened}{comma}{', '.join(outputs)})"
        if self.expressions.lists:
            yield from self._with_lists(op, [f"status = {call};"], [f"VM_TRY(status, {op.offset:#x});"])
        else:
            yield f"VM_TRY({call}, {op.offset:#x});"

    def _with_lists(self, op: Op, call: list[str], behind: list[str]) -> Iterator[str]:
        """A call whose operands are too many for the C stack."""
        lists = self.expressions.lists
        members = " ".join(f"{c_type} l{n}[{len(texts)}];" for n, (c_type, texts) in enumerate(lists))
        self.can_fail = self.uses_vm = True
        yield "{"
        yield f"struct {{ {members} }}* lists;"
        yield "void* claimed;"
        yield f"VM_TRY(vm_claim(vm, sizeof *lists, &claimed), {op.offset:#x});"
        yield "lists = claimed;"
        for number, (_, texts) in enumerate(lists):
            yield from (f"lists->l{number}[{at}] = {text};" for at, text in enumerate(texts))
        yield from call
        yield "vm_unclaim(vm, lists);"
        yield from behind
        yield "}"
        lists.clear()

    def _plain(self, statement: Operation) -> Iterator[str]:
        op = statement.op
        self.uses_vm |= "vm" in self.expressions.helpers[op.row.helper or ""].params
        if self.held and op.results and op.result.type == "span":
            yield f"{self.held.maker(op)}({', '.join([self.address(op.result), *self._arguments(op)])});"
            return
        text = self.expressions.pure(op)[0]
        if not op.results:
            assigned = f"{text};"
        elif self.expressions.lists:
            yield from self._declared(self.declarations.at.get(statement, ()))
            assigned = f"{self.values.names[op.result]} = {text};"
        else:
            assigned = f"{self._target(statement, op.result)} = {text};"
        if self.expressions.lists:
            yield from self._with_lists(op, [assigned], [])
        else:
            yield assigned

    def _target(self, statement: Statement, value: Value) -> str:
        name = self.values.names[value]
        own = self.held is None and value in self.declarations.at.get(statement, ())
        return f"{C_TYPES[value.type]} {name}" if own else name

    def _where(self, offset: int) -> Iterator[str]:
        """A comment where the source location changes; or a directive for a debugger."""
        if self.place is not None:
            found = self.place(offset)
            yield from filter(None, [directive(found)] if found else [])
            return
        text = self.location(offset)
        if text is not None and text != self.last_location:
            self.last_location = text
            yield comment(text)

    def _made(self, value: Value) -> Iterator[str]:
        """For a debugger: where an expression comes from that is no statement of its own."""
        if self.place is not None and value.op is not None:
            yield from self._where(value.op.offset)

    # ---- control flow --------------------------------------------------------------------------------------------

    def _assign(self, statement: Assign) -> Iterator[str]:
        plan = moves.sequence(statement.pairs, self.values)
        old: dict[Value, str] = {}
        for position, (target, value) in enumerate(plan.steps):
            if position in plan.saved:
                name, c_type = self.values.locals.fresh("old"), C_TYPES[target.type]
                old[target] = self.held.add(name, c_type) if self.held else name
                yield f"{'' if self.held else f'{c_type} '}{old[target]} = {self.values.names[target]};"
            yield from self._made(value)
            yield f"{self._target(statement, target)} = {self._with_old(value, old)};"
            if target.type == "ref":
                yield from self._handed_on(value, old)

    def _handed_on(self, value: Value, old: dict[Value, str]) -> Iterator[str]:
        """A reference that moved to a parameter is no longer held by its old variable."""
        if value not in self.values.inlined and value not in self.values.fn.args and value not in old:
            yield f"{self.values.names[value]} = NULL;"

    def _with_old(self, value: Value, old: dict[Value, str]) -> str:
        names = self.values.names
        kept = {v: names[v] for v in self.values.leaves(value) if v in old}
        names.update((v, old[v]) for v in kept)
        text = self.expressions.text(value)
        names.update(kept)
        return text

    def _if(self, statement: If) -> Iterator[str]:
        then, orelse, negated = statement.then, statement.orelse, statement.negated
        first, second = list(self._list(then)), list(self._list(orelse))
        if not first and not second:
            return
        if not first:
            first, second, negated = second, [], not negated
        yield from self._made(statement.condition)
        yield f"if ({self.expressions.condition(statement.condition, negated)}) {{"
        yield from first
        if second:
            yield "} else {"
            yield from second
        yield "}"

    def _switch(self, statement: Switch) -> Iterator[str]:
        yield f"switch ({self.expressions.text(statement.index)}) {{"
        for numbers, body in statement.cases:
            yield from (f"case {n}:" for n in numbers[:-1])
            yield f"case {numbers[-1]}: {{"
            yield from self._list(body)
            yield "break;"
            yield "}"
        yield "default: {"
        yield from self._list(statement.default)
        yield "break;"
        yield "}"
        yield "}"

    def _repeat(self, loop: Repeat) -> Iterator[str]:
        """A loop; one that was raised runs only when the guard of its fast version does not hold.

        Behind the fast version comes what stands behind the loop, so the loop must end there: by its condition.
        """
        if loop.header not in self.nests or loop.condition is None:
            yield from self._literal(loop)
            return
        function, arguments = self.nests[loop.header]
        self.uses_vm = True
        texts = [self.expressions.text(v) + (f".{member}" if member else "") for v, member in arguments]
        call = f"{function}({', '.join(['vm', *texts])})"
        yield f"if (VM_UNLIKELY(!{call})) {{"
        yield from self._literal(loop)
        yield "}"

    def _literal(self, loop: Repeat) -> Iterator[str]:
        if loop.condition is not None:
            yield from self._made(loop.condition)
        yield f"{self._head(loop)} {{"
        if self._turns(loop) > _FEW_TURNS:
            yield self._turn(loop.header)
        yield from self._list(loop.body)
        if loop.header in self.structured.continues:
            yield f"next_{self.labels[loop.header]}:;"
        yield "}"

    def _turns(self, loop: Repeat) -> float:
        """The most turns that a loop takes with the loops in it: infinity where that is not known."""
        if loop not in self.known_turns:
            self.known_turns[loop] = _counted(loop) * max(sum(map(self._turns, _loops(loop.body))), 1)
        return self.known_turns[loop]

    def _turn(self, header: Block) -> str:
        """Every way around a loop comes by here, so that a loop without end can be interrupted."""
        self.turns = self.can_fail = self.uses_vm = True
        return f"VM_TURN({next((op.offset for op in header.ops), header.end.offset):#x});"

    def _head(self, loop: Repeat) -> str:
        if loop.condition is None:
            return "for (;;)"
        test = self.expressions.condition(loop.condition, loop.negated)
        if loop.counter is None:
            return f"while ({test})"
        counter, initial, following = loop.counter
        name = self.values.names[counter]
        declared = "" if self.held else f"{C_TYPES[counter.type]} "
        start = f"{declared}{name} = {self.expressions.text(initial)}" if initial else ""
        return f"for ({start}; {test}; {self._step(loop, counter, following)})"

    def _step(self, loop: Repeat, counter: Value, following: Value) -> str:
        name = self.values.names[counter]
        if _counts_up(loop, counter, following):
            return f"{name}++"
        return f"{name} = {self.expressions.text(following)}"

    def _jump(self, jump: Jump) -> str:
        if jump.kind == "goto":
            return f"goto block_{self.labels[jump.target]};"
        if jump.kind == "next":
            return f"goto next_{self.labels[jump.target]};"
        return f"{jump.kind};"

    def _exit(self, end: Terminator) -> Iterator[str]:
        yield from self._where(end.offset)
        if end.kind == "return":
            for number, value in enumerate(end.operands):
                yield f"*result{number} = {self.expressions.text(value)};"
            if self.recursive:
                yield f"vm_leave(vm, {self.values.fn.frame_bytes}u);"
            yield "return VM_OK;"
            return
        self.can_fail = self.uses_vm = True
        message = end.attrs["message"]
        status = self.expressions.text(end.operands[0])
        yield f"VM_TRY(vm_fail(vm, {status}, {string(message)}, {len(message)}u), {end.offset:#x});"
        if not end.edges:
            # A status of zero goes on behind the last instruction: there is nothing to go on with.
            yield f'VM_TRY(vm_raise(vm, VM_INTERNAL, "execution ran past the end of the function"), {end.offset:#x});'


def _number(value: Value | None) -> int | None:
    """The value of a constant."""
    op = value.op if value is not None else None
    return None if op is None or op.row.helper is not None else op.attrs.get("value")


def _reads(statement: Statement) -> tuple[Iterable[Value], Iterable[int]]:
    """The values that a statement writes out itself, and the offsets of its own instructions."""
    match statement:
        case Operation(op):
            return op.operands, (op.offset,)
        case Assign(pairs, offset):
            return (value for _, value in pairs), (offset,)
        case If(condition, offset=offset):
            return (condition,), (offset,)
        case Switch(index, offset=offset):
            return (index,), (offset,)
        case Repeat(header, condition=condition, counter=counter):
            return filter(None, (condition, *(counter or ())[1:])), (header.offset, header.end.offset)
        case Exit(end):
            return end.operands, (end.offset,)
        case Label(block):
            return (), (block.offset,)
    return (), ()


def _loops(body: Iterable[Statement]) -> Iterator[Repeat]:
    """The outermost loops of some statements."""
    for statement in body:
        if isinstance(statement, Repeat):
            yield statement
        else:
            for part in parts(statement):
                yield from _loops(part)


def _counted(loop: Repeat) -> float:
    """The most turns that a loop takes, at least one: infinity unless it counts from one constant to another."""
    if loop.condition is None or loop.condition.op is None or loop.counter is None:
        return math.inf
    counter, initial, following = loop.counter
    first, last = _number(initial), _number(loop.condition.op.operands[-1])
    if first is None or last is None or not _counts_up(loop, counter, following):
        return math.inf
    return max(last - first, 1)


def _counts_up(loop: Repeat, counter: Value, following: Value) -> bool:
    """Whether the step is +1 under a signed `counter < bound`: then it cannot overflow and `++` is exact."""
    condition, step = loop.condition, following.op
    if condition is None or condition.op is None or step is None or loop.negated:
        return False
    bounded = condition.op.row in _LESS and condition.op.operands[0] is counter
    adds = step.row in _ADD and counter in step.operands
    other = next((v for v in step.operands if v is not counter), None)
    one = other is not None and other.op is not None and other.op.attrs.get("value") == 1
    return bounded and adds and one and other is not None and other.op is not None and other.op.row.helper is None
