"""The verifier's rules as data: what `verify --explain V29` prints, and what findings refer to by number.

V1 to V43 are the checks of IREE's own loader, in its order.  V44 and above are checks that IREE leaves to run time or
to luck and that the lifter relies on.
"""

from __future__ import annotations

from transpile.verify.rule import Rule
from transpile.verify.rulebook_functions import FUNCTION_RULES
from transpile.verify.rulebook_module import MODULE_RULES
from transpile.verify.rulebook_operands import OPERAND_RULES

RULES: dict[str, Rule] = {
    rule.number: rule
    for rule in sorted((*MODULE_RULES, *FUNCTION_RULES, *OPERAND_RULES), key=lambda rule: int(rule.number[1:]))
}


def explain(number: str) -> str:
    """The full text of a rule; KeyError if there is none of that number."""
    rule = RULES[number.upper()]
    return f"{rule.number}: {rule.title} ({rule.status.name})\n\n{rule.explanation}\n"
