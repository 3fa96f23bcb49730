"""Calls that cross into C once.

Where a function takes and returns numbers and arrays of declared types, and only reads its arguments, its first call
makes a Python function for it, with no loop over the arguments and no frame for each.  Given C-contiguous arrays of
just these types it writes their addresses into a plan that C keeps (`plans.Memory`); C shows the arrays to the module,
calls it and copies the results out.  Everything else goes the general way (`Function._general`), with its errors.

The source of such a function says only how many arguments and results there are, of what kind and which dimensions are
open.  Whatever a module says (names, element types, sizes) is a value in its namespace.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from types import CodeType
from typing import TYPE_CHECKING, Any

import _cffi_backend  # what cffi itself calls, without a frame of Python around it
import numpy as np

from .outputs import Targets, fill, packed, targets_of
from .plans import Direct, Item, Memory
from .values import F32_LIMIT, FIELDS

if TYPE_CHECKING:
    from .function import Function

Entry = tuple[Any, ...]
"""What a call needs of its memory, at hand: the plan, the addresses, numbers and open dimensions, the memory itself."""

_MISSING = object()
_TYPES = {"i": int, "I": int, "f": float, "F": float}
_LEAST = {"i": -(1 << 31), "I": -(1 << 63), "f": -F32_LIMIT, "F": float("-inf")}
_BEYOND = {"i": 1 << 31, "I": 1 << 63, "f": F32_LIMIT, "F": float("inf")}


def direct_call(function: Function, direct: Direct) -> Callable[..., Any]:
    """The function that is to be the `__call__` of a function's class."""
    program, free = function._program, list[Entry]()
    names: dict[str, Any] = {
        "missing": _MISSING, "array": np.ndarray, "empty": np.empty, "bytes_of": _cffi_backend.from_buffer,
        "chars": program.library.ffi.typeof("char[]"),
        "null": program.library.ffi.NULL, "call": program.library.lib.binding_call,
        "take": program.library.lib.binding_take, "lock": program._lock,
        "retained": program._retained, "sweep": program._sweep, "imports": program._imports,
        "pop": free.pop, "push": free.append, "memory": functools.partial(_entry, function, direct),
        "general": _general, "finish": functools.partial(_finish, free.append), "targets_of": targets_of,
    }  # fmt: skip
    for k, item in enumerate(direct.arguments):
        names |= _expected(k, item)
    for k, item in enumerate(direct.results):
        names |= {f"v{k}": item.argument.dtype, f"u{k}": item.argument.shape}
    source = "\n".join(_lines(direct, calls_back=program._imports.calls_back))
    exec(_compiled(source), names)
    call: Callable[..., Any] = names["direct"]
    return call


@functools.lru_cache(maxsize=256)
def _compiled(source: str) -> CodeType:
    return compile(source, "<a direct call>", "exec")


def _expected(k: int, item: Item) -> dict[str, Any]:
    """What an argument is compared with."""
    if item.is_array:
        return {f"t{k}": item.argument.dtype, f"s{k}": item.argument.shape}
    return {f"t{k}": _TYPES[item.kind], f"l{k}": _LEAST[item.kind], f"b{k}": _BEYOND[item.kind]}


# ---- the source ------------------------------------------------------------------------------------------------------


def _lines(direct: Direct, *, calls_back: bool) -> Iterator[str]:
    arguments, results = list(enumerate(direct.arguments)), list(enumerate(direct.results))
    given = "".join(f"a{k}, " for k, _ in arguments)
    general = f"return general(self, ({given}*rest,), out, named)"
    parameters = "".join(f"a{k}=missing, " for k, _ in arguments)
    positional = f"{parameters}/, " if arguments else ""
    yield f"def direct(self, {positional}*rest, out=None, **named):"
    refusals = [_refusal(k, item) for k, item in arguments]
    yield f"    if {' or '.join(['rest', 'named', *refusals, *_no_out(direct)])}: {general}"
    yield from _targets(direct)
    yield "    try: entry = pop()"
    yield "    except IndexError: entry = memory()"
    yield f"    {', '.join(_names(direct))} = entry"
    yield from _writes(direct, general)
    yield "    with lock:"
    yield "        if retained: sweep()"
    if calls_back:
        yield "        imports.raised = None"
    arrays = "".join(f"r{k}, " for k, item in results if item.is_array)
    finish = f"return finish(self, entry, ({given}), ({arrays}), out)"
    if any(item.open for item in direct.results):
        yield "        if not call(plan):"
        yield f"            if out is not None or not plan.is_sized: {finish}"
        yield from (f"            {line}" for line in _sized(direct))
        yield f"            if not take(plan): {finish}"
    else:
        yield f"        if not call(plan): {finish}"
    yield from (f"    r{k} = m{k}.{FIELDS[item.kind]}" for k, item in results if not item.is_array)
    yield "    push(entry)"
    yield f"    return {', '.join(f'r{k}' for k, _ in results) or None}"


def _refusal(k: int, item: Item) -> str:
    """When an argument is not what the direct way takes."""
    if item.is_array:
        return _other(f"a{k}", f"t{k}", f"s{k}", item)
    least = "<=" if item.kind in "iI" else "<"
    return f"type(a{k}) is not t{k} or not (l{k} {least} a{k} and a{k} < b{k})"


def _other(name: str, dtype: str, shape: str, item: Item) -> str:
    """When something is not an array of just this type and shape."""
    unlike = f"type({name}) is not array or {name}.dtype != {dtype}"
    if not item.open:
        return f"{unlike} or {name}.shape != {shape}"
    fixed = [axis for axis, size in enumerate(item.sizes) if size is not None]
    sizes = "".join(f" or {name}.shape[{axis}] != {shape}[{axis}]" for axis in fixed)
    return f"{unlike} or len({name}.shape) != {len(item.sizes)}{sizes}"


def _no_out(direct: Direct) -> list[str]:
    """A function without results, or with numbers among them, takes no `out`."""
    return [] if direct.results and all(item.is_array for item in direct.results) else ["out is not None"]


def _targets(direct: Direct) -> Iterator[str]:
    """Where results go; None is for those that are left where they are."""
    arrays = [k for k, item in enumerate(direct.results) if item.is_array]
    if not arrays:
        return
    made = [f"r{k} = empty(u{k}, v{k})" if direct.copies else f"r{k} = None" for k in arrays]
    if _no_out(direct):
        yield f"    {'; '.join(made)}"
        return
    yield f"    if out is None: {'; '.join(made)}"
    if len(arrays) == 1:
        yield f"    elif {_other('out', 'v0', 'u0', direct.results[0])}: r0, = targets_of(self, out)"
        yield "    else: r0 = out"
    else:
        yield f"    else: {', '.join(f'r{k}' for k in arrays)} = targets_of(self, out)"


def _names(direct: Direct) -> Iterator[str]:
    """Of what is in an `Entry`."""
    yield from ("plan", "data")
    yield from (f"n{k}" for k, item in enumerate(direct.arguments) if not item.is_array)
    yield from (f"g{k}" for k, item in enumerate(direct.arguments) if item.is_array)
    yield from (f"m{k}" for k, item in enumerate(direct.results) if not item.is_array)
    yield from (f"h{k}" for k, item in enumerate(direct.results) if item.is_array)
    yield "_"


def _writes(direct: Direct, general: str) -> Iterator[str]:
    """Numbers, addresses and open dimensions into the memory."""
    arrays = [(k, item) for k, item in enumerate(direct.arguments) if item.is_array]
    yield from (f"    n{k}.{FIELDS[i.kind]} = a{k}" for k, i in enumerate(direct.arguments) if not i.is_array)
    yield from (f"    g{k}[{axis}] = a{k}.shape[{axis}]" for k, item in arrays for axis in item.open)
    results = [(k, item) for k, item in enumerate(direct.results) if item.is_array]
    addresses = [f"bytes_of(chars, a{k})" for k, _ in arrays]
    for k, _ in results:
        address = f"bytes_of(chars, r{k}, True)"
        addresses.append(address if direct.copies else f"null if r{k} is None else {address}")
    if addresses:
        yield f"    try: {'; '.join(f'data[{at}] = {address}' for at, address in enumerate(addresses))}"
        yield "    except (BufferError, ValueError): entry = push(entry)"  # not C-contiguous, or read-only
        yield f"    if entry is None: {general}"
    for k, item in results:
        if item.open:
            yield f"    if r{k} is not None: {'; '.join(f'h{k}[{axis}] = r{k}.shape[{axis}]' for axis in item.open)}"


def _sized(direct: Direct) -> Iterator[str]:
    """Arrays for results whose sizes only the call has found."""
    first = sum(item.is_array for item in direct.arguments)
    results = [(k, item) for k, item in enumerate(direct.results) if item.is_array]
    for at, (k, item) in enumerate(results, first):
        sizes = "".join(f"h{k}[{axis}], " for axis in range(len(item.sizes)))
        yield f"r{k} = empty(({sizes}), v{k}); data[{at}] = bytes_of(chars, r{k}, True)"


# ---- what it calls ---------------------------------------------------------------------------------------------------


def _entry(function: Function, direct: Direct) -> Entry:
    memory = Memory(function, direct)
    arguments, results = list(enumerate(direct.arguments)), list(enumerate(direct.results))
    shown = [memory.arguments[at].dims for at in range(memory.plan.argument_count)]
    expected = [memory.results[at].dims for at in range(memory.plan.result_count)]
    numbers = [memory.number(k) for k, item in arguments if not item.is_array]
    returned = [memory.result(k) for k, item in results if not item.is_array]
    return (memory.plan, memory.data, *numbers, *shown, *returned, *expected, memory)


def _general(function: Function, arguments: tuple[Any, ...], out: Any, named: dict[str, Any]) -> Any:
    return function._general(tuple(a for a in arguments if a is not _MISSING), out, named)


def _finish(
    push: Callable[[Entry], None],
    function: Function,
    entry: Entry,
    arguments: tuple[Any, ...],
    targets: Targets,
    out: Any,
) -> Any:
    """What becomes of a call that is not over when C returns; the instance is locked."""
    memory: Memory = entry[-1]
    plan, program = memory.plan, function._program
    if plan.is_refused:
        push(entry)
        return function._general(arguments, out, {})
    if plan.is_kept:  # what the module holds is of this memory, which is given up
        program._retained += memory.kept([a for a in arguments if isinstance(a, np.ndarray)])
    failure = program._failure(program._instance, plan.status) if plan.status else None
    values = [] if failure else _values(function, memory, targets)
    is_left = plan.is_left
    if not plan.is_kept:
        push(entry)
    if failure:
        raise failure
    if is_left and out is not None:
        fill(function, targets, values)
        return packed(targets)
    return packed(values)


def _values(function: Function, memory: Memory, targets: Targets) -> list[Any]:
    """The results of a call that went well."""
    if memory.plan.is_left:
        return function._program._results(function, memory.returned)
    arrays = iter(targets)
    kinds = enumerate(function.result_kinds)
    return [next(arrays) if kind == "r" else getattr(memory.result(k), FIELDS[kind]) for k, kind in kinds]
