"""A table somewhere in a workbook, found by the headings a column map knows.

Belongs here: where the header is and which column holds what, and cells as text or whole numbers. Does not belong
here: templates with several versions and two-row headers (`assets/clusters/template.py`), meaning of values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

Grid = Sequence[Sequence[object]]
HEADER_WITHIN = 20
_SPACES = re.compile(r"[\s\u00a0\u202f]")


@dataclass(frozen=True)
class Table:
    """A found table: the rows above its header, and the cells below by our names."""

    titles: Grid
    columns: Mapping[str, int]
    body: Grid
    first_row: int

    def rows(self) -> Iterator[tuple[int, dict[str, object]]]:
        """Each filled row with the number people see."""
        for number, cells in enumerate(self.body, start=self.first_row):
            row = {name: cells[at] if at < len(cells) else None for name, at in self.columns.items()}
            if any(text(value) for value in row.values()):
                yield number, row


def locate(sheets: Sequence[Grid], column_map: Sequence[Mapping[str, str]]) -> Table | None:
    """The first sheet and row that hold all required headings (canonical, header with | alternatives, required).

    A heading that stands there twice is none we know: nobody could say which of the two columns counts.
    """
    names = {_heading(spelling): row["canonical"] for row in column_map for spelling in row["header"].split("|")}
    required = {row["canonical"] for row in column_map if row["required"] == "yes"}
    for grid in sheets:
        for at, row in enumerate(grid[:HEADER_WITHIN]):
            found = [(names[key], place) for place, cell in enumerate(row) if (key := _heading(cell)) in names]
            columns = dict(found)
            if required <= set(columns) and len(found) == len(columns):
                return Table(grid[:at], columns, grid[at + 1 :], at + 2)
    return None


def _heading(cell: object) -> str:
    """Headings are compared without regard to capitals, line breaks and doubled spaces."""
    return " ".join(text(cell).split()).casefold()


def text(cell: object) -> str:
    """A cell as people read it; a whole number stored as a decimal loses its `.0`."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def whole_number(cell: object) -> tuple[int | None, bool]:
    """A count, and whether the cell could be read: `1 204,0` and `1204` are the same; `about 1200` is none.

    `1,000` is none either: it is a thousand in some offices and one, to three places, in others.
    """
    written = _SPACES.sub("", text(cell)).replace(",", ".")
    if not written:
        return None, True
    found = re.fullmatch(r"(-?\d+)(?:\.0{1,2})?", written)
    return (int(found[1]), True) if found else (None, False)
