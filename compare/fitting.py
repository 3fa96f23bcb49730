"""Tables that fit the terminal: columns that do not fit are left out, and said."""

from __future__ import annotations

import sys
from collections.abc import Sequence, Set
from dataclasses import dataclass, field

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text


@dataclass
class Fitting:
    """A table of which each line stays one line for as long as there are columns that may be left out.

    Where the terminal is too narrow, columns of `optional` are left out, the first one first, and a line below the
    table names them. If it is still too narrow, cells are folded; nothing is cut.
    """

    title: str
    headings: Sequence[str]
    texts: Set[str]
    """The headings of what is aligned on the left; all others are figures."""
    optional: Sequence[str] = ()
    rows: list[tuple[Sequence[str], str]] = field(default_factory=list)

    def add(self, cells: Sequence[str], style: str = "") -> None:
        """One more row; a cell for each heading."""
        if len(cells) != len(self.headings):
            raise ValueError(f"{len(cells)} cells for {len(self.headings)} headings")
        self.rows.append((cells, style))

    def _table(self, left_out: Set[str]) -> Table:
        table = Table(title=Text(self.title, "table.title"), title_justify="left")
        shown = [index for index, heading in enumerate(self.headings) if heading not in left_out]
        for index in shown:
            heading = self.headings[index]
            table.add_column(Text(heading), justify="left" if heading in self.texts else "right", overflow="fold")
        for cells, style in self.rows:
            table.add_row(*(Text(cells[index], overflow="fold") for index in shown), style=style)
        return table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        empty = {heading for index, heading in enumerate(self.headings) if not any(row[index] for row, _ in self.rows)}
        droppable = [heading for heading in self.optional if heading in self.headings and heading not in empty]
        unlimited = options.update(max_width=sys.maxsize)

        def fits(count: int) -> bool:
            table = self._table({*empty, *droppable[:count]})
            return Measurement.get(console, unlimited, table).maximum <= options.max_width

        count = next(filter(fits, range(len(droppable))), len(droppable))
        yield self._table({*empty, *droppable[:count]})
        if count:
            names = ", ".join(heading for heading in self.headings if heading in droppable[:count])
            yield Text(f"not shown at this width: {names}")
