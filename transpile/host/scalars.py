"""Numbers that are not known ahead of time, where they are only data: arguments, and elements that are computed outside
of loops.  They are expressions until they are stored, or until loops take them from memory.

    p = sitofp n                        T[0] = sitofp n
    for i < 64                  =>      for i < 64
      Y[i] = X[i] * p                     Y[i] = X[i] * T[0]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from transpile.host.recorder import Recorder
from transpile.host.schedule import Run, Walked
from transpile.host.values import Item, NotStatic, Storage, number
from transpile.ir.nodes import Op, Value
from transpile.isa.operations import Operation
from transpile.isa.table import Trait, row_of
from transpile.nests.find.place import Place
from transpile.nests.loops.index import Index, index
from transpile.nests.loops.nodes import Apply, Array, Constant, Function, Let, Load, Operand, Statement, Store, Work
from transpile.nests.nest import element_bytes


@dataclass(eq=False, frozen=True)
class Scalar:
    """An element as it was when it was loaded, or an instruction on such."""

    op: Op
    loaded_from: Walked | None = None
    written: int = 0
    """How often the storage had been written then."""
    operands: tuple[Item, ...] = ()
    is_fixed: bool = False
    """Whether it is computed from arguments and constants alone: the same at every place of a call."""
    least: int | None = None
    """Where it is one of several known numbers, the least of them."""

    @staticmethod
    def loaded(op: Op, walked: Walked, written: int) -> Scalar:
        return Scalar(op, walked, written)

    @staticmethod
    def argument(storage: Storage, kind: str, least: int | None = None) -> Scalar:
        """A number that is all of a storage, which no step writes that reads it."""
        return Scalar(load_op(Value(kind)), all_of(storage, kind), is_fixed=True, least=least)

    @staticmethod
    def computed(op: Op, items: Sequence[Item]) -> Scalar:
        if Trait.MAY_FAIL in op.row.traits:
            raise NotStatic(f"{op.mnemonic} of data may fail")
        if any(operand.kind.group == "list" for operand in op.row.operands):
            raise NotStatic(f"{op.mnemonic} of data")
        return Scalar(op, operands=tuple(items), is_fixed=all(map(_is_fixed, items)))

    @property
    def kind(self) -> str:
        """Its type in the program."""
        return self.op.result.type


def _is_fixed(item: Item) -> bool:
    return item.is_fixed if isinstance(item, Scalar) else not isinstance(item, Index) or item.known is not None


def all_of(storage: Storage, kind: str) -> Walked:
    """A storage as one element."""
    return Walked(storage, index(0), kind, (), ())


def load_op(result: Value) -> Op:
    """What loads a value from memory."""
    return Op(row_of(Operation.BUFFER_LOAD, result.type), [Value("span"), Value("i64")], {}, [result])


def data(item: Item, what: str = "a number") -> Item:
    """A number that is known, or one that is data."""
    return item if isinstance(item, Scalar) else index(number(item, what))


def in_memory(scalar: Scalar, recorder: Recorder, place: Place) -> Walked:
    """Where a number is while the steps that follow run: it is an argument, or is computed before them."""
    found = scalar.loaded_from
    if found is not None and scalar.is_fixed:
        return found
    size = element_bytes(scalar.kind)
    made = all_of(Storage("transient", size, home="" if scalar.is_fixed else recorder.home), scalar.kind)
    run = scalar_run(scalar, made, place, recorder.written)
    if scalar.is_fixed:
        recorder.first.append(run)
    else:
        recorder.add(run)
    return made


def scalar_run(value: Item, target: Walked, place: Place, written: Mapping[Storage, int]) -> Run:
    """A store of one element, with all that it is computed from."""
    writer = _Writer(target, written)
    stored = writer.operand(value, target.element)
    arrays = (Array("out", target.element), *(Array(n, w.element) for n, w in writer.arrays.items()))  # type: ignore[arg-type]
    body = (*writer.body, Store("out", index(0), stored))
    main = Function("scalar", arrays, (), (), body)
    reads_out = any(isinstance(s, Let) and isinstance(s.value, Load) and s.value.array == "out" for s in body)
    return Run(Work(main), {"out": target, **writer.arrays}, place, reads_out=reads_out)


@dataclass
class _Writer:
    target: Walked
    written: Mapping[Storage, int]
    arrays: dict[str, Walked] = field(default_factory=dict)
    body: list[Statement] = field(default_factory=list)
    names: dict[Scalar, str] = field(default_factory=dict)

    def operand(self, item: Item, kind: str) -> Operand:
        match item:
            case Constant():
                return item
            case Index() if item.known is not None:
                return Constant(kind if kind in ("i32", "i64") else "i32", item.known)
            case Scalar():
                return self._name(item)
        raise NotStatic("an element is computed from the turns of a loop")

    def _name(self, scalar: Scalar) -> str:
        stack = [scalar]
        while stack:
            top = stack[-1]
            waiting = [o for o in top.operands if isinstance(o, Scalar) and o not in self.names]
            if waiting:
                stack += waiting
                continue
            stack.pop()
            if top not in self.names:
                name = f"x{len(self.body)}"
                self.body.append(Let(name, self._value(top)))
                self.names[top] = name
        return self.names[scalar]

    def _value(self, scalar: Scalar) -> Load | Apply:
        walked = scalar.loaded_from
        if walked is None:
            kinds = [field_.kind.type for field_ in scalar.op.row.operands]
            found = tuple(self.operand(item, kind) for item, kind in zip(scalar.operands, kinds, strict=True))
            return Apply(scalar.op.mnemonic, found, tuple(sorted(scalar.op.attrs.items())))
        if self.written.get(walked.storage, 0) != scalar.written:
            raise NotStatic("an element outside of loops is used after its buffer was written")
        if walked.storage is self.target.storage:
            if walked.offset != self.target.offset or walked.element != self.target.element:
                raise NotStatic("an element is computed from others of the same buffer outside of loops")
            return Load("out", index(0))
        name = f"in{len(self.arrays) + 1}"
        self.arrays[name] = walked
        return Load(name, index(0))
