"""The imports that the runtime implements: one row a function, keyed by name and calling convention.

The C function's name is the import's with dots as underscores, unless the row names another: functions that two modules
share are there once.  Its parameters follow the convention: refs are vm_ref (borrowed), a span is a count and an array
for each element, results are output parameters.

A row also says what the function does with the memory behind its arguments: one letter of `Use` an argument, in the
order of the convention, those of a span in brackets.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from transpile.container import Module
from transpile.errors import Diagnostic, Status, UnsupportedError


class Use(enum.Enum):
    """What a function does with an argument, as far as it concerns memory."""

    NOTHING = "."  # a number, an object without bytes, or bytes that are only read, and only now
    SHARES = "s"  # the result is of the same memory
    WRITES = "w"  # bytes are written, now or when what is recorded runs
    RECORDS = "c"  # the command buffer that keeps the other arguments
    READS = "r"  # bytes are read when what is recorded runs
    SLOT = "W"  # the place in a binding table that is written, where a buffer is null
    CODE = "m"  # the constant that an executable is made of
    EXECUTABLE = "x"  # whose kernel runs, now or later
    KERNEL = "k"  # which of them
    BINDS = "b"  # a binding of the kernel, the tuple's number in its span
    BINDS_SLOT = "B"  # the place in a binding table for it, where a buffer is null
    RUNS = "e"  # a command buffer that runs
    TABLE = "t"  # an entry of its binding table, the tuple's number in its span
    NAMES = "n"  # the constant that names a kernel; the result is its number
    ARCHIVES = "a"  # where the results come from, which may be memory that is not the module's


@dataclass(frozen=True)
class Native:
    """One import of the runtime."""

    name: str
    convention: str
    uses: tuple[Use | tuple[Use, ...], ...]
    """Of each argument; a span has those of its tuples."""
    function: str


def _module(prefix: str, rows: str) -> list[Native]:
    return [_row(prefix, *row.split()) for row in rows.split("\n")]


def _row(module: str, name: str, convention: str, uses: str, function: str = "") -> Native:
    full_name = f"{module}.{name}"
    return Native(full_name, convention, tuple(_uses(iter(uses))), function or full_name.replace(".", "_"))


def _uses(letters: Iterator[str]) -> Iterator[Use | tuple[Use, ...]]:
    for letter in letters:
        if letter == "[":
            yield tuple(Use(inner) for inner in iter(letters.__next__, "]"))
        elif letter != "-":  # no arguments
            yield Use(letter)


_HAL_INLINE = """\
buffer.allocate              0iI_rr       ..
buffer.allocate.initialized  0irII_rr     ....
buffer.length                0r_I         .
buffer.storage               0r_r         s
buffer.subspan               0rII_r       s..
buffer.wrap                  0rII_r       s..
buffer_view.assert           0rriiCID_v   ....[.]
buffer_view.buffer           0r_r         s
buffer_view.create           0rIIiiCID_r  s....[.]
buffer_view.dim              0ri_I        ..
buffer_view.element_type     0r_i         .
buffer_view.encoding_type    0r_i         .
buffer_view.rank             0r_i         .
buffer_view.trace            0rCrD_v      .[.]
device.query.i64             0rr_iI       .."""

_HAL = """\
devices.count                     0v_i                  -
devices.get                       0i_r                  .
device.allocator                  0r_r                  .
device.query.i64                  0rrr_iI               ...
allocator.allocate                0rIiiI_r              .....
allocator.import                  0riIiirII_r           .....s..
allocator.select                  0iiICrID_rI           ...[..]
buffer.assert                     0rrrIii_v             ......
buffer.subspan                    0rII_r                s..                hal_inline_buffer_subspan
buffer.length                     0r_I                  .                  hal_inline_buffer_length
buffer.load                       0rIi_i                ...
buffer.store                      0irIi_v               .w..
buffer.allocation.preserve        0r_v                  .
buffer.allocation.discard         0r_i                  .
buffer.allocation.is_terminal     0r_i                  .
ex.file.from_memory               0rIirIIi_r            ...s...
buffer_view.assert                0rriiCID_v            ....[.]            hal_inline_buffer_view_assert
buffer_view.buffer                0r_r                  s                  hal_inline_buffer_view_buffer
buffer_view.create                0rIIiiCID_r           s....[.]           hal_inline_buffer_view_create
buffer_view.dim                   0ri_I                 ..                 hal_inline_buffer_view_dim
buffer_view.element_type          0r_i                  .                  hal_inline_buffer_view_element_type
buffer_view.encoding_type         0r_i                  .                  hal_inline_buffer_view_encoding_type
buffer_view.rank                  0r_i                  .                  hal_inline_buffer_view_rank
buffer_view.trace                 0rCrD_v               .[.]               hal_inline_buffer_view_trace
command_buffer.create             0riiIi_r              .....
command_buffer.finalize           0r_v                  .
command_buffer.begin_debug_group  0rr_v                 ..
command_buffer.end_debug_group    0r_v                  .
command_buffer.execution_barrier  0riiI_v               ....
command_buffer.advise_buffer      0rrIIIi_v             ......
command_buffer.flush_buffer       0rirII_v              .....
command_buffer.invalidate_buffer  0rirII_v              .....              hal_command_buffer_flush_buffer
command_buffer.fill_buffer        0rrIIiIiI_v           cw..W...
command_buffer.update_buffer      0rrIrIIiI_v           c..w..W.
command_buffer.copy_buffer        0riirIrIII_v          c.Wr.w...
command_buffer.dispatch           0rrIiiiICiDCiirIID_v  cxk....[.][.Bb..]
command_buffer.dispatch.indirect  0rrIirIICiDCiirIID_v  cxk.r..[.][.Bb..]
device.queue.alloca               0rIrrIiiII_r          .........
device.queue.dealloca             0rIrrrI_v             ......
device.queue.fill                 0rIrrrIIIiI_v         ....w.....
device.queue.update               0rIrrrIrIII_v         ......w...
device.queue.copy                 0rIrrrIrIII_v         ......w...
device.queue.read                 0rIrrrIrIII_v         ......w...
device.queue.write                0rIrrrIrIII_v         ......w...
device.queue.barrier              0rIrrI_v              .....
device.queue.execute              0rIrrrI_v             ....e.
device.queue.execute.indirect     0rIrrrICrIID_v        ....e.[t..]
device.queue.flush                0rI_v                 ..
executable.create                 0rIrrr_r              ...ms
executable.lookup.function        0rr_I                 xn
fence.create                      0rI_r                 ..
fence.join                        0ICrD_r               .[.]
fence.query                       0r_i                  .
fence.signal                      0r_v                  .
fence.fail                        0ri_v                 ..
fence.await                       0iICrD_i              ..[.]"""

_HAL_OLDER = """\
command_buffer.dispatch             0rriiiiICiDCiirIID_v  cxk....[.][.Bb..]  hal_command_buffer_dispatch_v6
command_buffer.dispatch.indirect    0rriirIICiDCiirIID_v  cxk.r..[.][.Bb..]  hal_command_buffer_dispatch_indirect_v6
executable.create                   0rrrr_r               ..ms               hal_executable_create_v5
fence.create                        0ri_r                 ..                 hal_fence_create_v5
fence.join                          0CrD_r                [.]                hal_fence_join_v5
fence.await                         0iCrD_i               .[.]               hal_fence_await_v5
command_buffer.execution_barrier    0riii_v               ....               hal_command_buffer_execution_barrier_v5
command_buffer.fill_buffer          0rrIIiii_v            cw..W..            hal_command_buffer_fill_buffer_v5
command_buffer.update_buffer        0rrIrIIi_v            c..w..W            hal_command_buffer_update_buffer_v5
command_buffer.copy_buffer          0riirIrII_v           c.Wr.w..           hal_command_buffer_copy_buffer_v5
device.queue.alloca                 0rIrriiiI_r           ........           hal_device_queue_alloca_v5
device.queue.dealloca               0rIrrr_v              .....              hal_device_queue_dealloca_v5
device.queue.read                   0rIrrrIrIIi_v         ......w...         hal_device_queue_read_v5
device.queue.write                  0rIrrrIrIIi_v         ......w...         hal_device_queue_write_v5
device.queue.execute                0rIrrCrD_v            ....[e]            hal_device_queue_execute_v5
device.queue.execute.indirect       0rIrrrCrIID_v         ....e[t..]         hal_device_queue_execute_indirect_v5
command_buffer.dispatch2            0rriiiiICiDCiirIID_v  cxk....[.][.Bb..]  hal_command_buffer_dispatch_v6
command_buffer.dispatch2.indirect   0rriirIICiDCiirIID_v  cxk.r..[.][.Bb..]  hal_command_buffer_dispatch_indirect_v6
executable.create2                  0rrrr_r               ..ms               hal_executable_create_v5
descriptor_set_layout.create        0riCiiiD_r            ..[...]
pipeline_layout.create              0riCrD_r              ..[.]
executable.create                   0rrrrCrD_r            ..ms[.]            hal_executable_create_v4
command_buffer.push_constants       0rriCiD_v             ...[.]
command_buffer.push_descriptor_set  0rriCiirIID_v         c..[.Ww..]
command_buffer.dispatch             0rriiiiI_v            .......            hal_command_buffer_dispatch_v4
command_buffer.dispatch             0rriiii_v             ......             hal_command_buffer_dispatch_v2
command_buffer.create               0riii_r               ....               hal_command_buffer_create_v2
command_buffer.fill_buffer          0rrIIii_v             cw....             hal_command_buffer_fill_buffer_v2
command_buffer.copy_buffer          0rrIrII_v             cr.w..             hal_command_buffer_copy_buffer_v2
ex.shared_device                    0v_r                  -
allocator.allocate                  0riiI_r               ....               hal_allocator_allocate_v0
allocator.allocate.initialized      0riirII_r             ......
allocator.map.byte_buffer           0riiirII_r            ....s.."""

_HAL_LOADER = """\
executable.query_support    0r_i              .
executable.load             0rrr_r            .ms
executable.lookup.function  0rr_I             xn             hal_executable_lookup_function
executable.dispatch         0rIiiiCiDCrIID_v  xk...[.][b..]
executable.dispatch         0riiiiCiDCrIID_v  xk...[.][b..]  hal_loader_executable_dispatch_v6"""

_IO_PARAMETERS = """\
load     0rIrrrIiirrr_r  ....a......
gather   0rIrrrrrrr_v    .....w...
scatter  0rIrrrrrrr_v    ........."""

NATIVE: dict[tuple[str, str], Native] = {
    (row.name, row.convention): row
    for row in (
        *_module("hal_inline", _HAL_INLINE),
        *_module("hal", f"{_HAL}\n{_HAL_OLDER}"),
        *_module("hal_loader", _HAL_LOADER),
        *_module("io_parameters", _IO_PARAMETERS),
    )
}

EXECUTABLES = {"hal.executable.create", "hal.executable.create2", "hal_loader.executable.load"}
"""What makes executables out of nested modules."""


def check_imports(module: Module, supplied: frozenset[str] = frozenset()) -> None:
    """Raises UnsupportedError for required imports that neither the runtime nor the embedder has.

    An import of a module the runtime does not know at all is left to the embedder."""
    known_modules = {name.split(".")[0] for name, _ in NATIVE} | {"vmvx"}
    problems = []
    for number, item in enumerate(module.imports):
        convention = item.signature.calling_convention if item.signature else ""
        native = (item.full_name, convention) in NATIVE or item.full_name in supplied or item.optional
        if not native and item.module_name in known_modules:
            problems.append(
                Diagnostic(
                    Status.UNIMPLEMENTED,
                    f"import {item.full_name!r} with convention {convention!r} has no implementation in the runtime",
                    f"import {number} of module {module.name!r}",
                    "compile the program without microkernels, or supply the import yourself",
                )
            )
    if problems:
        raise UnsupportedError(*problems)
