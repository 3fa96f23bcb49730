"""Functions of the loop IR as C: what each node is printed as.

    for (int64_t t2 = 0; t2 < 512; t2++) {
      const float x0 = in1[t2];
      const vm_f32x8 x1 = *(const vm_f32x8*)(in2 + t2 * 64);
      acc_0 = x0 * x1 + acc_0;
    }

Multiplication and addition round separately (the build says -ffp-contract=off).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import singledispatchmethod
from itertools import groupby

from transpile.c.literals import C_TYPES
from transpile.emit.expressions import Expressions
from transpile.emit.indexes import double_text, index_text, place_text
from transpile.emit.lines import marked
from transpile.emit.registers import Registers
from transpile.emit.substitution import substituted
from transpile.ir.derived import DERIVED
from transpile.ir.nodes import Op, Value
from transpile.isa.operations import Operation
from transpile.isa.table import BY_NAME, row_of
from transpile.nests.loops.index import Index, index
from transpile.nests.loops.nodes import (
    LANE,
    WIDENED,
    Allocate,
    Apply,
    Array,
    Body,
    Call,
    Define,
    Function,
    If,
    Let,
    Load,
    Loop,
    Number,
    Operand,
    Pack,
    Places,
    Statement,
    Store,
    Transpose,
    Walk,
    statements,
)
from transpile.nests.loops.team import is_once, is_team
from transpile.nests.loops.tree import entries, free, written
from transpile.nests.nest import element_bytes

ROWS = BY_NAME | DERIVED
VECTORS = {"f32": "float", "f64": "double", "i32": "uint32_t", "i64": "uint64_t"}
"""The C type of one lane: integers wrap."""


@dataclass
class _Locals:
    """What `Expressions` is told about values: names of C variables, and which are written where they are used."""

    names: dict[Value, str] = field(default_factory=dict)
    inlined: set[Value] = field(default_factory=set)


@dataclass(frozen=True)
class Part:
    """A loop over the shares of threads, as a function of its own: what `restrict` says would be lost otherwise."""

    name: str
    parameters: tuple[str, ...]
    lines: tuple[str, ...]

    def printed(self, target: str) -> list[str]:
        """The C function; `target` stands before it."""
        head = f"static VM_NOINLINE {target}void {self.name}({', '.join(self.parameters)}) {{"
        return [head, *self.lines, "}"]


class FunctionWriter:
    """Prints the body of one function under a name.  `kernels` are the functions that it calls, `callees` their names
    in C; `integer` is the C type of loops and places."""

    def __init__(
        self,
        function: Function,
        name: str,
        kernels: Mapping[str, Function],
        callees: Mapping[str, str],
        integer: str = "int64_t",
    ) -> None:
        self.function, self.name, self.callees, self.integer = function, name, callees, integer
        self.parts: list[Part] = []
        self.registers = Registers(function.body)
        self._arrays = {array.name: array for array in function.arrays}
        self._arrays |= {s.array.name: s.array for s in statements(function.body) if isinstance(s, Allocate)}
        self._tables = {entry.table for entry in entries(function.body)}
        self._tables |= {s.table for s in statements(function.body) if isinstance(s, Places)}
        self._written = written(function, kernels)
        self._substituted = substituted(function.body, self.registers)
        self._locals = _Locals()
        self._expressions = Expressions(self._locals, lambda n: "", lambda n: ("", 0))  # type: ignore[arg-type]
        self._values: dict[str, Value] = {}
        self._lanes: dict[Value, int] = {}
        self._slot = "0"
        self._inside: dict[str, tuple[str, ...]] = {}  # what expressions are made from that stand where they are used
        for element, kind in function.elements:
            self._values[element] = self._named(Value(kind), element)

    # ---- declarations ------------------------------------------------------------------------------------------------

    def parameters(self) -> list[str]:
        """Declarations of what the function is given."""
        return [
            *(self.declared(array) for array in self.function.arrays),
            *(f"const {self.integer} {name}" for name in self.function.numbers),
            *(f"const {C_TYPES[kind]} {name}" for name, kind in self.function.elements),
        ]

    def declared(self, array: Array) -> str:
        """A pointer to an array's first element."""
        if array.name in self._tables:
            filled = any(isinstance(s, Places) and s.table == array.name for s in statements(self.function.body))
            return f"{'' if filled else 'const '}int64_t* VM_RESTRICT const {array.name}"
        qualifier = "" if array.name in self._written else "const "
        return f"{qualifier}vm_elem_{array.element}* VM_RESTRICT const {array.name}"

    def body(self) -> list[str]:
        """The statements, and the zero that they may need."""
        return self._with_zero(self.function.body)

    def _with_zero(self, body: Body) -> list[str]:
        outside, self._expressions.uses_zero = self._expressions.uses_zero, False
        lines = self._team(body) if is_team(body) else self.lines(body)
        zero = ["const uint32_t zero = vm_opaque_zero();"] if self._expressions.uses_zero else []
        self._expressions.uses_zero = outside
        return [*zero, *lines]

    def _team(self, body: Body) -> list[str]:
        """The statements for a team of threads: shares are dealt out, and what stands beside them is done once."""
        lines: list[str] = []
        for once, group in groupby(body, key=is_once):
            inside = self.lines(tuple(group))
            lines += as_single(inside) if once else inside
        return lines

    def lines(self, body: Body) -> list[str]:
        return [line for statement in body for line in marked(self._write(statement), self._made_from(statement))]

    def _made_from(self, statement: Statement) -> tuple[str, ...]:
        """The arrays and instructions of a statement, those in its expressions with them."""
        names = _touched(statement)
        operands = [operand for operand in _operands(statement) if isinstance(operand, str)]
        names += tuple(name for operand in operands for name in self._inside.get(operand, ()))
        if isinstance(statement, Let) and statement.name in self._substituted:
            self._inside[statement.name] = names
        return tuple(dict.fromkeys(names))

    # ---- statements --------------------------------------------------------------------------------------------------

    @singledispatchmethod
    def _write(self, statement: Statement) -> Iterator[str]:
        raise TypeError(f"no C for {statement}")

    @_write.register
    def _(self, let: Let) -> Iterator[str]:
        value, text = self._value(let)
        self._values[let.name] = value
        if let.name not in self._substituted:
            yield f"const {self._type(value)} {let.name} = {text};"
            self._named(value, let.name)
        elif isinstance(let.value, Apply):
            self._locals.inlined.add(value)
        else:
            self._named(value, text)

    @_write.register
    def _(self, vectors: Transpose) -> Iterator[str]:
        array = self._arrays[vectors.array]
        for name in vectors.names:
            value = self._values[name] = self._named(Value(array.type), name)
            self._lanes[value] = vectors.lanes
        first, stride = vectors.index.put({LANE: index(0)}), vectors.index.stride(LANE)
        given = [*vectors.names, place_text(array.name, first), index_text(stride)]
        yield f"VM_TRANSPOSE_{vectors.lanes}({_vector(array.type, vectors.lanes)}, {', '.join(given)});"

    @_write.register
    def _(self, store: Store) -> Iterator[str]:
        assert store.valid is None, f"lanes of {store.array} that are not all stored"
        array = self._arrays[store.array]
        text = self._operand(store.operand, store.lanes, array)
        variable = self.registers.variable(store.array, store.index, store.lanes)
        if variable is None:
            yield f"{self._place(array, store.index, store.lanes)} = {text};"
        elif self.registers.stored_first.get(variable.name) is store:
            yield f"{_vector(array.type, store.lanes)} {variable.name} = {text};"
        else:
            yield f"{variable.name} = {text};"

    @_write.register
    def _(self, loop: Loop) -> Iterator[str]:
        if loop.kind == "threads":
            if loop.count.known is None:
                yield from self._threads(loop)
                return
            yield "VM_OMP(omp for schedule(static))"
        yield f"for ({self.integer} {loop.name} = 0; {loop.name} < {index_text(loop.count)}; {loop.name}++) {{"
        yield from self.lines(loop.body)
        yield "}"

    @_write.register
    def _(self, define: Define) -> Iterator[str]:
        yield f"const {self.integer} {define.name} = {self._number(define.index)};"

    def _number(self, number: Index) -> str:
        """In the type of loops and places, which is not that of minima and of tables."""
        text = index_text(number)
        if self.integer == "int64_t" or number.known is not None or text.isidentifier():
            return text
        return f"({self.integer})({text})"

    @_write.register
    def _(self, choice: If) -> Iterator[str]:
        yield f"if ({index_text(choice.index)} < {index_text(choice.limit)}) {{"
        yield from self.lines(choice.then)
        if choice.otherwise:
            yield "} else {"
            yield from self.lines(choice.otherwise)
        yield "}"

    @_write.register
    def _(self, allocate: Allocate) -> Iterator[str]:
        array = allocate.array
        if array.name in self.registers:
            for variable in self.registers.of(array.name):
                if variable.name not in self.registers.stored_first:
                    yield f"{_vector(array.type, variable.lanes)} {variable.name};"
        elif array.space in ("registers", "stack"):
            assert array.size is not None and array.size.known is not None
            yield f"{self.element(array)} {array.name}[{array.size.known}];"
        elif array.space == "thread":
            own = f"all_{array.name} + size_{array.name} * {self._slot}"
            yield f"{self.element(array)}* const {array.name} = {own};"

    @_write.register
    def _(self, pack: Pack) -> Iterator[str]:
        to, source = self._arrays[pack.to], self._arrays[pack.source]
        narrow = source.element if source.element in WIDENED else str(8 * element_bytes(source.element))
        given = [
            *(pack.to, place_text(pack.source, pack.base), index_text(pack.first), index_text(pack.count)),
            *(str(pack.width), _walk(pack.lanes), _walk(pack.turns)),
        ]
        yield f"vm_nest_pack_{8 * element_bytes(to.element)}_{narrow}({', '.join(given)});"

    @_write.register
    def _(self, places: Places) -> Iterator[str]:
        first, count = index_text(places.first), index_text(places.count)
        yield f"vm_nest_places({places.table}, {first}, {count}, {_walk(places.walk)});"

    @_write.register
    def _(self, call: Call) -> Iterator[str]:
        given = [place_text(name, start) for name, start in call.arrays]
        given += [self._number(number) for number in call.numbers]
        given += [self._operand(operand) for operand in call.operands]
        yield f"{self.callees[call.function]}({', '.join(given)});"

    # ---- threads -----------------------------------------------------------------------------------------------------

    def _threads(self, loop: Loop) -> Iterator[str]:
        """A call for each thread; the threads have the float mode of the caller."""
        name = f"{self.name}_part{len(self.parts)}"
        unbound = free(loop.body) | {loop.name}
        self._slot = loop.name
        lines = self._with_zero(loop.body)
        self._slot = "0"
        declared = dict(self._passed(loop, unbound))
        self.parts.append(Part(name, tuple(declared.values()), tuple(lines)))
        yield from ("if (threads == 1) {", f"{name}({', '.join('0' if n == loop.name else n for n in declared)});")
        yield "} else {"
        yield "VM_OMP(omp parallel num_threads(threads))"
        yield from ("{", "const uint64_t own = vm_float_mode();", "vm_float_mode_set(mode);")
        yield "VM_OMP(omp for schedule(static))"
        yield f"for (int {loop.name} = 0; {loop.name} < threads; {loop.name}++) {{"
        yield from (f"{name}({', '.join(declared)});", "}", "vm_float_mode_set(own);", "}", "}")

    def _passed(self, loop: Loop, unbound: set[str]) -> Iterator[tuple[str, str]]:
        """Names and declarations of what a part is given."""
        for array in self._arrays.values():
            if array.name in unbound:
                yield array.name, self.declared(array)
        for statement in statements(loop.body):
            if isinstance(statement, Allocate) and statement.array.space == "thread":
                name = statement.array.name
                yield f"all_{name}", f"{self.element(statement.array)}* const all_{name}"
                yield f"size_{name}", f"const int64_t size_{name}"
        for name in (*self.function.numbers, loop.name):
            if name in unbound:
                yield name, f"const int64_t {name}"
        for name, kind in self.function.elements:
            if name in unbound:
                yield name, f"const {C_TYPES[kind]} {name}"

    # ---- values ------------------------------------------------------------------------------------------------------

    def _named(self, value: Value, name: str) -> Value:
        self._locals.names[value] = name
        return value

    def _type(self, value: Value) -> str:
        return _vector(value.type, self._lanes.get(value, 1))

    def _value(self, let: Let) -> tuple[Value, str]:
        """A new value and its text."""
        match let.value:
            case Load(name, place, lanes, None):
                array = self._arrays[name]
                variable = self.registers.variable(name, place, lanes)
                value = Value(array.type)
                self._lanes[value] = lanes
                return value, variable.name if variable else self._place(array, place, lanes, "const ")
            case Number(number):
                return Value("i64"), index_text(number)
            case Apply(mnemonic, operands, attrs):
                row = ROWS[mnemonic]
                assert row.result is not None
                op = Op(row, [self._operand_value(operand) for operand in operands], dict(attrs))
                value = Value(row.result.kind.type, op)
                op.results.append(value)
                self._lanes[value] = max((self._lanes.get(v, 1) for v in op.operands), default=1)
                return value, "" if let.name in self._substituted else self._computed(op)
        raise TypeError(f"no C for {let.value}")

    def _operand_value(self, operand: Operand) -> Value:
        if isinstance(operand, str):
            return self._values[operand]
        op = Op(row_of(Operation.CONST, operand.type), [], {"value": operand.value})
        op.results.append(Value(operand.type, op))
        self._locals.inlined.add(op.result)
        return op.result

    def _computed(self, op: Op) -> str:
        if self._lanes[op.result] == 1:
            return self._expressions.pure(op)[0]
        return op.row.vector.format(*(self._lane_operand(op, value) for value in op.operands))

    def _lane_operand(self, op: Op, value: Value) -> str:
        """An operand of a vector operation; one element is for all lanes."""
        if self._lanes.get(value, 1) == 1:
            kind = VECTORS[value.type]
            cast = "" if kind == C_TYPES[value.type] else f"({kind})"
            return f"{cast}{self._expressions.inside(op, value, 100)}"
        text = self._vector(value)
        return text if value in self._locals.names else f"({text})"

    def _vector(self, value: Value) -> str:
        name = self._locals.names.get(value)
        if name is None:
            assert value.op is not None
            return self._computed(value.op)
        return name

    def _operand(self, operand: Operand, lanes: int = 1, array: Array | None = None) -> str:
        """What is stored in an array, or passed."""
        value = self._operand_value(operand)
        if self._lanes.get(value, 1) > 1:
            return self._vector(value)
        if lanes > 1:
            text = self._expressions.inside(None, value, 100)
            return f"({_vector(value.type, lanes)}){{{', '.join([f'({VECTORS[value.type]}){text}'] * lanes)}}}"
        if array is not None and array.element in WIDENED:
            return f"(vm_elem_{array.element}){self._expressions.inside(None, value, 61)}"
        return self._expressions.text(value)

    # ---- memory ------------------------------------------------------------------------------------------------------

    def element(self, array: Array) -> str:
        """The C type of an array's elements."""
        return "int64_t" if array.name in self._tables else f"vm_elem_{array.element}"

    def _place(self, array: Array, place: Index, lanes: int, qualifier: str = "") -> str:
        if lanes == 1:
            return f"{array.name}[{index_text(place)}]"
        first = place - index(LANE)
        assert LANE not in first.names, f"lanes of {array.name} are not side by side: {place}"
        return f"*({qualifier}{_vector(array.type, lanes)}*)({place_text(array.name, first)})"


def as_single(lines: Sequence[str]) -> list[str]:
    """What any one of a team's threads does, while the others wait."""
    return ["VM_OMP(omp single)", "{", *lines, "}"]


def _touched(statement: Statement) -> tuple[str, ...]:
    """The arrays and the instruction that a statement names itself."""
    match statement:
        case Let(_, Load(array)) | Store(array) | Transpose(_, array):
            return (array,)
        case Let(_, Apply(mnemonic)):
            return (mnemonic,)
        case Pack(to, source):
            return (to, source)
        case Call(_, arrays):
            return tuple(name for name, _ in arrays)
    return ()


def _operands(statement: Statement) -> tuple[Operand, ...]:
    match statement:
        case Let(_, Apply(_, operands)):
            return operands
        case Store(_, _, operand):
            return (operand,)
        case Call(_, _, _, operands):
            return operands
    return ()


# ---- scratch memory --------------------------------------------------------------------------------------------------


def scratch(function: Function, writer: FunctionWriter) -> Iterator[str]:
    """Memory of the instance for all arrays of a function that are not on the stack: tables that threads share, then
    what each thread has for itself.  Without it the nest is not run."""
    arrays = [s.array for s in statements(function.body) if isinstance(s, Allocate)]
    shared = [array for array in arrays if array.space == "shared"]
    own = [array for array in arrays if array.space == "thread"]
    for array in (*shared, *own):
        yield from _measured(array)
    if not shared and not own:
        return
    tables = [f"(uint64_t)size_{array.name} * {element_bytes(array.element)}" for array in shared]
    panels = [f"(uint64_t)size_{array.name} * {element_bytes(array.element)} * (uint64_t)threads" for array in own]
    yield f"uint8_t* const scratch = (uint8_t*)vm_nest_scratch(vm, {' + '.join([*tables, *panels])});"
    yield "if (!scratch) return 0;"
    at = ["scratch"]
    for array, size in zip((*shared, *own), (*tables, *panels), strict=True):
        name = array.name if array.space == "shared" else f"all_{array.name}"
        kind = writer.element(array)
        yield f"{kind}* const {name} = ({kind}*)(void*)({' + '.join(reversed(at))});"
        at.append(size)


def _measured(array: Array) -> Iterator[str]:
    """How many elements an array has, in whole lines of the cache."""
    assert array.size is not None
    if array.size.known is None:
        yield f"if ({double_text(array.size)} > 1e9) return 0;"
    line = 64 // element_bytes(array.element)
    if array.size.known is not None:
        yield f"const int64_t size_{array.name} = {-(-array.size.known // line) * line};"
    else:
        yield f"const int64_t size_{array.name} = ({index_text(array.size)} + {line - 1}) / {line} * {line};"


def _vector(kind: str, lanes: int) -> str:
    return f"vm_{kind}x{lanes}" if lanes > 1 else C_TYPES[kind]


def _walk(walk: Walk) -> str:
    """Loops for the runtime: how many, their counts, and what a turn of each adds to an offset."""
    counts = [index_text(count) for _, count in walk.dims] or ["1"]
    strides = [index_text(walk.index.stride(name)) for name, _ in walk.dims] or ["0"]
    lists = [f"(const int64_t[]){{{', '.join(items)}}}" for items in (counts, strides)]
    return f"{len(counts)}, {', '.join(lists)}"
