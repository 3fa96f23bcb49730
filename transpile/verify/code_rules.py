"""Rules about the code of a function: V23 to V28, and through the operand checkers V29 to V43."""

from __future__ import annotations

from typing import NamedTuple

from transpile import limits
from transpile.errors import Status
from transpile.isa import TABLE, DecodeError, Feature, Instruction, Op, Trait, decode
from transpile.verify.call_rules import CALL_CHECKS
from transpile.verify.facts import missing_features
from transpile.verify.operand_rules import CHECKS, Check
from transpile.verify.scope import Scope


class _Plan(NamedTuple):
    """What there is to check about an instruction, prepared once a table row."""

    is_marker: bool
    is_terminator: bool
    feature: int
    checks: tuple[tuple[int, Check], ...]


def _plan(op: Op) -> _Plan:
    whole = CALL_CHECKS.get(op.mnemonic)
    checks = CHECKS[op.mnemonic] + (((0, whole),) if whole else ())
    return _Plan(Trait.MARKER in op.traits, Trait.TERMINATOR in op.traits, op.feature.value, checks)


_PLANS: dict[str, _Plan] = {op.mnemonic: _plan(op) for op in TABLE}


def check_code(scope: Scope) -> None:
    """Walk through a function whose code is known to lie inside the bytecode."""
    walk = _Walk(scope)
    code = scope.module.function_bytecode(scope.index)
    complete = walk.run(code)
    scope.at = None
    if complete:
        walk.finish()
    _check_targets(scope, walk.markers, len(code), None if complete else walk.stopped)


class _Walk:
    """The walk through one function, block by block."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.markers: set[int] = set()
        self.stopped = 0
        self.inside = False
        self.in_order = True
        self.last: Instruction | None = None
        self.lacking: set[int] = set()

    def run(self, code: memoryview) -> bool:
        """Check every instruction; False if some byte cannot be decoded."""
        try:
            for instruction in decode(code, self.scope.facts.major):
                self._step(instruction)
        except DecodeError as problem:
            self._undecodable(problem)
            return False
        return True

    def finish(self) -> None:
        """What can be said only when all blocks are known."""
        scope, declared = self.scope, self.scope.descriptor.block_count
        if self.inside and self.last is not None:
            found = "the last block has no terminator"
            scope.fail_at(self.last.offset, "V26", found, "a terminator", mnemonic=self.last.op.mnemonic)
        if self.in_order and 0 < declared != len(self.markers):
            scope.fail("V27", f"{len(self.markers)} blocks", f"the declared {declared}")

    def _step(self, instruction: Instruction) -> None:
        scope, plan = self.scope, _PLANS[instruction.op.mnemonic]
        scope.at = self.last = instruction
        if plan.is_marker == self.inside:
            self._misplaced()
        if plan.is_marker:
            self.markers.add(instruction.offset)
        self.inside = not plan.is_terminator
        if plan.feature & ~scope.descriptor.requirements & ~sum(self.lacking):
            self._feature(plan.feature)
        fields = instruction.fields
        for index, check in plan.checks:
            check(scope, fields[index])

    def _misplaced(self) -> None:
        self.in_order = False
        if self.inside:
            self.scope.fail("V23", "a block marker inside a block", "a terminator before it")
        else:
            self.scope.fail("V23", "an instruction outside of a block", "a block marker")

    def _feature(self, feature: int) -> None:
        """Once a function and feature: every other use would say the same."""
        self.lacking.add(feature)
        lack = missing_features(feature, Feature(self.scope.descriptor.requirements & 3))
        if lack:
            self.scope.fail("V25", lack[0], f"{lack[1]}, those of the function")

    def _undecodable(self, problem: DecodeError) -> None:
        self.stopped = problem.offset
        if not self.inside:
            self.scope.fail_at(problem.offset, "V23", f"bytes outside of a block: {problem.message}", "a block marker")
        elif problem.overrun:
            self.scope.fail_at(problem.offset, "V24", problem.message, "fields inside the function")
        else:
            self.scope.fail_at(problem.offset, "V25", problem.message, "an instruction of this bytecode version")


def _check_targets(scope: Scope, markers: set[int], length: int, stopped: int | None) -> None:
    """Hold branch targets against the markers seen; beyond a byte that stopped the walk nothing is known."""
    for instruction, target in scope.targets:
        if target in markers and target < limits.BRANCH_TARGET:
            continue
        outside = target >= limits.BRANCH_TARGET or target + 1 >= length
        if stopped is not None and target >= stopped and not outside:
            continue
        status = Status.OUT_OF_RANGE if outside else Status.INVALID_ARGUMENT
        found = f"branch to offset {target:#x}, where no block starts"
        expected = f"the offset of a block marker below {min(length, limits.BRANCH_TARGET):#x}"
        scope.fail_at(instruction.offset, "V28", found, expected, status, instruction.op.mnemonic)
