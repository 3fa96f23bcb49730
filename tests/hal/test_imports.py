"""The table of imports against every convention that IREE's modules have had since 2023, and against the headers."""

from __future__ import annotations

import re

import pytest

from tests.hal.support import DATA
from transpile.c.literals import C_TYPES
from transpile.container.convention import Span, parse
from transpile.imports import NATIVE, Native
from transpile.ir.registers import PRIMITIVE_TYPES
from transpile.resources import CSUPPORT

# Refused by name when C is generated: collectives, and what no compiler's VMVX code calls.
REFUSED = re.compile(r"hal\.(channel\.|command_buffer\.(collective|execute\.commands)$)")
REFUSED_FORMS = {
    ("hal.command_buffer.dispatch.indirect", "0rrirI_v"),
    ("hal.command_buffer.dispatch.indirect", "0rriirII_v"),
}


def _documented() -> set[tuple[str, str]]:
    rows = [line.split("\t") for line in (DATA / "imports.tsv").read_text().splitlines()[1:]]
    return {(f"{module}.{name}", form) for module, name, *forms in rows for form in forms if form}


def test_every_convention_is_implemented_or_refused() -> None:
    documented = {pair for pair in _documented() if not pair[0].startswith("vmvx.")}
    refused = {pair for pair in documented if REFUSED.match(pair[0])} | REFUSED_FORMS
    assert documented - refused == set(NATIVE)


_HEADERS = ("hal.h", "hal_module.h", "hal_compat.h", "io_parameters.h")
_DECLARED = {
    name: [re.sub(r"\s*\b\w+$", "", parameter.strip()) for parameter in parameters.replace("\n", " ").split(",")]
    for header in _HEADERS
    for name, parameters in re.findall(r"^vm_status (\w+)\(([^)]*)\);", (CSUPPORT / header).read_text(), re.M)
}


@pytest.mark.parametrize("row", NATIVE.values(), ids=lambda row: f"{row.name}-{row.convention}")
def test_the_c_function_takes_what_the_convention_says(row: Native) -> None:
    convention = parse(row.convention)
    expected = ["vm_instance*"]
    for item in convention.arguments:
        if isinstance(item, Span):
            expected += ["uint32_t", *(f"const {C_TYPES[PRIMITIVE_TYPES[kind]]}*" for kind in item.elements)]
        else:
            expected.append(C_TYPES[PRIMITIVE_TYPES[item]])
    expected += [f"{C_TYPES[PRIMITIVE_TYPES[kind]]}*" for kind in convention.results]
    assert _DECLARED[row.function] == expected
