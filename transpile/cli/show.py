"""Commands that look into a module: inspect, disasm, verify."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from transpile.cli.common import REFUSED, USAGE, Failure, module_argument, printable_lines, progress, reports_errors
from transpile.front.options import takes_models
from transpile.symbols import named

if TYPE_CHECKING:
    from transpile.container import Module
    from transpile.front import ModelOptions
    from transpile.program.signature import Declared


@click.command(short_help="Show what is in a module.")
@module_argument
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@reports_errors
@takes_models
def inspect(module: str, as_json: bool, model: ModelOptions) -> None:
    """Show what is in a module: exports with their types, imports and who supplies them, constants, sizes.

    Nothing is verified or compiled, so modules that `verify` rejects are shown as well.  Executables are listed only
    where the code that creates them follows the verifier's rules.

    \b
    Examples:
        transpile inspect model.vmfb
        transpile inspect model.vmfb --json | jq .exports
    """
    facts = describe(_opened(module, model))
    if as_json:
        click.echo(json.dumps(facts, indent=2))
    else:
        _print_facts(facts)


@click.command(short_help="Print a module's code as text.")
@module_argument
@click.option("--function", metavar="NAME", help="Print only the functions or exports of this name.")
@reports_errors
@takes_models
def disasm(module: str, function: str | None, model: ModelOptions) -> None:
    """Print a module's code as text, one line for each instruction, with its byte offset.

    A malformed module is printed as far as it can be decoded.

    \b
    Examples:
        transpile disasm model.vmfb | less
        transpile disasm model.vmfb --function=main
    """
    from transpile.isa.disasm import module_lines, placed_function_lines

    opened = _opened(module, model)
    if function is None:
        for line in module_lines(opened):
            click.echo(line)
        return
    for index in _indices(opened, function):
        for _, line in placed_function_lines(opened, index):
            click.echo(line)


def _indices(module: Module, name: str) -> list[int]:
    """The functions that have a name, exported or not."""
    names = [module.function_name(index) for index in range(len(module.functions))]
    exports = {export.name: export.ordinal for export in reversed(module.exports) if export.ordinal < len(names)}
    found = named(name, {*names, *exports})
    if found is None:
        raise Failure(f"there is no function {name!r}; there are {', '.join(dict.fromkeys(names))}", USAGE)
    return [exports[found]] if found in exports else [k for k, known in enumerate(names) if known == found]


@click.command(short_help="Check a module against the verifier's rules.")
@click.argument("module", type=click.Path(exists=True), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--listing", is_flag=True, help="Print the code of functions that have errors, with each error next to its line."
)
@click.option("--explain", metavar="RULE", help="Explain a rule, such as V12, and exit.")
@reports_errors
@takes_models
def verify(module: str | None, as_json: bool, listing: bool, explain: str | None, model: ModelOptions) -> None:
    """Check a module against the verifier's rules and report all errors at once.

    Programs that contain no executable for the VM are reported too, since `emit` and `build` reject them.  The exit
    code is 0 if there is nothing to report, else 1.

    \b
    Examples:
        transpile verify model.vmfb
        transpile verify --listing model.vmfb
        transpile verify --explain V12
    """
    from transpile.emit.executables import foreign_executables
    from transpile.errors import UnsupportedError
    from transpile.front import module_file
    from transpile.verify import listing as lines_of
    from transpile.verify import load_and_verify

    if explain is not None:
        click.echo(_explanation(explain))
        return
    if module is None:
        raise click.UsageError("Missing argument 'MODULE'.")
    with progress() as told:
        file = module_file(module, model, told)
    loaded, report = load_and_verify(file)
    foreign = foreign_executables(loaded) if loaded is not None and report.ok else []
    if as_json:
        facts = report.as_dict() | {"ok": report.ok and not foreign, "foreign": [str(item) for item in foreign]}
        click.echo(json.dumps(facts, indent=2))
    elif listing and loaded is not None and not report.ok:
        for line in lines_of(report, loaded):
            click.echo(printable_lines(line))
    else:
        click.echo(printable_lines(str(report)))
    if foreign and not as_json:
        raise UnsupportedError(*foreign)
    if foreign or not report.ok:
        raise SystemExit(REFUSED)


def _opened(module: str, model: ModelOptions) -> Module:
    from transpile.front import open_module

    with progress() as told:
        return open_module(module, model, told)


def describe(module: Module) -> dict[str, Any]:
    """The facts `inspect` shows."""
    from transpile.imports import NATIVE
    from transpile.loader import export_signature
    from transpile.signatures import declarations
    from transpile.verify import verify as report_on

    ok = report_on(module).ok
    declared = declarations(module) if ok else {}
    exports: list[dict[str, Any]] = []
    for export in module.exports:
        signature = export_signature(module, export)
        attrs = dict(signature.attrs) if signature else {}
        convention = signature.calling_convention if signature else ""
        entry: dict[str, Any] = {"name": export.name, "convention": convention, "attributes": attrs}
        exports.append(entry | _signature(convention, declared.get(export.name)))
    imports = []
    for item in module.imports:
        convention = item.signature.calling_convention if item.signature else ""
        supplied = "runtime" if (item.full_name, convention) in NATIVE else "embedder"
        entry = {"name": item.full_name, "convention": convention, "optional": item.optional, "supplied_by": supplied}
        imports.append(entry)
    return {
        "name": module.name,
        "bytecode_version": f"{module.major}.{module.minor}",
        "bytes": module.archive.size,
        "bytecode_bytes": len(module.bytecode),
        "functions": len(module.functions),
        "global_bytes": module.global_bytes,
        "global_refs": module.global_refs,
        "types": list(module.types),
        "exports": exports,
        "imports": imports,
        "rodata": [
            {"bytes": segment.length, "embedded": segment.embedded, "nested_module": segment.is_module}
            for segment in module.rodata
        ],
        "executables": _executables(module) if ok else [],
    }


def _executables(module: Module) -> list[dict[str, Any]]:
    """What the code makes executables of."""
    from transpile.emit.executables import executables

    found = executables(module)
    return [{"format": item.format, "target": item.target, "segment": item.segment} for item in found]


def _signature(convention: str, declared: Declared | None) -> dict[str, Any]:
    """What a function takes and returns, as far as that is known."""
    from transpile.program.signature import shape_of

    if declared is None:
        return {"declaration": "", "inputs": [], "outputs": []}
    shape = shape_of(convention, declared)
    return {
        "declaration": declared.text,
        "inputs": [item.as_dict() for item in shape.inputs],
        "outputs": [item.as_dict() for item in shape.outputs],
    }


def _print_facts(facts: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    from transpile.program.signature import is_real

    console = Console(highlight=False)
    constants = facts["rodata"]
    summary = Table(box=None, show_header=False, pad_edge=False)
    for title, value in (
        ("module", facts["name"]),
        ("bytecode", f"version {facts['bytecode_version']}, {facts['bytecode_bytes']:,} of {facts['bytes']:,} bytes"),
        ("functions", f"{facts['functions']}"),
        ("globals", f"{facts['global_bytes']} bytes, {facts['global_refs']} references"),
        ("constants", f"{len(constants)}, {sum(item['bytes'] for item in constants):,} bytes"),
        ("nested modules", f"{sum(item['nested_module'] for item in constants)}"),
    ):
        summary.add_row(_text(title), _text(value))
    console.print(summary)
    names = {item["name"] for item in facts["exports"]}
    real = [item for item in facts["exports"] if is_real(item["name"], names)]
    exports = [(item["name"], item["convention"], item["declaration"]) for item in real]
    _print_table(console, ("function", "convention", "declaration"), exports)
    _print_table(console, ("of", "", "name", "dtype", "shape"), [row for item in real for row in _arguments(item)])
    imports = [
        (item["name"], item["convention"], item["supplied_by"] + (", optional" if item["optional"] else ""))
        for item in facts["imports"]
    ]
    _print_table(console, ("import", "convention", "supplied by"), imports)
    executables = [
        (item["format"] or "?", item["target"], "?" if item["segment"] is None else str(item["segment"]))
        for item in facts["executables"]
    ]
    _print_table(console, ("executable", "target", "constant"), executables)


def _arguments(export: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """Rows for the inputs and outputs of a function."""
    for title in ("input", "output"):
        for item in export[f"{title}s"]:
            sizes = item["shape"]
            shown = "?" if sizes is None else " x ".join("?" if size is None else str(size) for size in sizes) or "one"
            yield export["name"], title, item["name"], item["dtype"] or "?", shown


def _print_table(console: Any, titles: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    from rich.table import Table

    if not rows:
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in titles:
        table.add_column(title, overflow="fold")
    for row in rows:
        table.add_row(*map(_text, row))
    console.print()
    console.print(table)


def _text(value: str) -> Any:
    """Text of a module for the terminal: no control characters, no markup."""
    from rich.text import Text

    return Text(printable_lines(value).replace("\n", "\\n"))


def _explanation(rule: str) -> str:
    from transpile.verify import RULES, explain

    try:
        return explain(rule)
    except KeyError:
        raise Failure(f"there is no rule {rule!r}; rules are {', '.join(RULES)}", 2) from None
