"""The only place that orders the stages between a module and what is printed, measured or explained.

    lift ── effects ── kernels ── passes ── nests ── plans

What comes out is decided: `emit` prints it, `explain` tells it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from transpile.container import Module
from transpile.effects import Effects, analyse, lift_all
from transpile.ir import Function
from transpile.ir.locations import Locations
from transpile.ir.nodes import Block
from transpile.nested import lower as lower_kernels
from transpile.nested import nested_modules
from transpile.nests.find.place import Place, place_of
from transpile.nests.find.recognise import Found, find
from transpile.nests.forms import has_expressions
from transpile.nests.plan.plans import Plan, Plans
from transpile.nests.plan.target import Target
from transpile.passes import Pass, optimise
from transpile.passes.kernel import Get

Observer = Callable[[Module, str, Sequence[Function]], None]
"""Called behind each stage with its name and the functions of a module that it may have changed."""

Wanted = Callable[[Module, int], bool]
"""Whether a function of a module, by its index, is to be taken through the passes."""


@dataclass(frozen=True, eq=False)
class Raised:
    """A nest that C is made of: where it comes from, and its plan for each processor that it has a version for."""

    place: Place
    plans: tuple[Plan, ...]


@dataclass(frozen=True, eq=False)
class Loops:
    """The loops of a function: what was found, and what is raised, by the header of the outermost one."""

    found: Found
    raised: dict[Block, Raised]

    @property
    def covered(self) -> bool:
        """Whether all innermost loops are in a raised nest."""
        inside = {c.header for raised in self.raised.values() for c in raised.plans[0].nest.loops}
        return bool(self.raised) and self.found.innermost <= inside


@dataclass(frozen=True, eq=False)
class Lowered:
    """A verified module as everything behind the passes sees it.

    `effects` is what it does with memory that others may see; `kernels` are the functions over spans and the bindings
    that each takes out of its list; `executables` are the nested modules by the segment they are in.
    """

    module: Module
    nested: bool
    functions: list[Function]
    effects: Effects
    kernels: dict[int, list[Get]]
    executables: dict[int, Lowered]
    loops: dict[int, Loops]
    locations: Locations


def lower(
    module: Module,
    targets: Sequence[Target] = (),
    *,
    nested: bool = False,
    observer: Observer | None = None,
    wanted: Wanted = lambda module, index: True,
) -> Lowered:
    """Lowers a verified module; nests are raised for these processors, where there are any.

    Of functions that are not wanted, only what others must know of them is found out: effects, and which are kernels.
    """

    def told(name: str, functions: Sequence[Function]) -> None:
        if observer is not None:
            observer(module, name, functions)

    executables = {} if nested else nested_modules(module)
    inner = {
        number: lower(each, targets, nested=True, observer=observer, wanted=wanted)
        for number, each in executables.items()
    }
    functions = lift_all(module)
    told("lifted", functions)
    effects = analyse(module, functions, {number: each.effects.bindings for number, each in inner.items()})
    kernels = lower_kernels(module, functions) if nested else {}
    if nested:
        told("kernels as functions over spans", functions)
    functions = [fn for fn in functions if wanted(module, fn.index)]
    for fn in functions:
        optimise(fn, lambda step, done: told(_pass_name(step), [done]))
    locations = Locations(module)
    raising = _Raising(targets, locations)
    loops = {fn.index: raising.loops(fn) for fn in functions} if targets else {}
    return Lowered(module, nested, functions, effects, kernels, inner, loops, locations)


def _pass_name(step: Pass) -> str:
    return f"pass {step.__module__.rpartition('.')[2]}"


class _Raising:
    """Finds and plans nests; equal ones have one plan."""

    def __init__(self, targets: Sequence[Target], locations: Locations) -> None:
        self._plans = Plans(targets)
        self._locations = locations

    def loops(self, fn: Function) -> Loops:
        found = find(fn)
        raised = {
            header: Raised(place_of(fn, header, nest, self._locations.at), self._plans.of(nest))
            for header, nest in found.nests.items()
            if has_expressions(nest)
        }
        return Loops(found, raised)
