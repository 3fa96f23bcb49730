"""The table of models: which there are, and what has to be said of each."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from compare.engines import Unavailable
from compare.inputs import Draw
from transpile.front import ModelOptions

TABLE = Path(__file__).with_name("models.toml")

_PLAIN = ("name", "about", "package", "file", "program", "variant_of")
_OTHERS = ("dims", "shapes", "open_size", "ranges")


@dataclass(frozen=True)
class Model:
    """One row: a file of a package at one version, or a program of the suite."""

    name: str
    about: str
    package: str = ""
    file: str = ""
    program: str = ""
    variant_of: str = ""
    options: ModelOptions = field(default_factory=ModelOptions)
    draw: Draw = field(default_factory=Draw)


def models(names: Sequence[str] = (), table: Path = TABLE) -> list[Model]:
    """The models of these names in the order of the table, or all; `Unavailable` for a name that is not there."""
    known = {model.name: model for model in map(_model, tomllib.loads(table.read_text(encoding="utf-8"))["model"])}
    if unknown := [name for name in names if name not in known]:
        raise Unavailable(f"there is no {', '.join(unknown)}; there are {', '.join(known)}")
    return [model for name, model in known.items() if not names or name in names]


def _model(row: Mapping[str, Any]) -> Model:
    if unknown := row.keys() - {*_PLAIN, *_OTHERS}:
        raise Unavailable(f"{row.get('name', 'a model')} has {', '.join(sorted(unknown))}, which means nothing")
    plain = {key: row[key] for key in _PLAIN if key in row}
    shapes = {name: tuple(sizes) for name, sizes in row.get("shapes", {}).items()}
    ranges = {name: (low, high) for name, (low, high) in row.get("ranges", {}).items()}
    sizes = {"open_size": row["open_size"]} if "open_size" in row else {}
    made = Model(**plain, options=ModelOptions(row.get("dims", {}), shapes), draw=Draw(ranges, **sizes))
    if not (made.program or ("==" in made.package and made.file)):
        raise Unavailable(f"{made.name} has neither a package==version with a file nor a program")
    return made
