"""The formulas of the empty workbook: codes that follow names, lists that follow the level above, cells that colour.

Belongs here: Excel's formulas as text, in the words every spreadsheet program reads. Not here: laying out (blank.py).
The colours repeat the main rules of rules/clusters.yml, so that a mistake is seen before it is sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from assets.clusters.canonical import CODES, NAMES, SADD
from assets.clusters.template import letter

_LISTS = "Lists"
_OVER_TARGET = "1.2"


@dataclass(frozen=True)
class Column:
    """One column of the sheet, from zero. `kind`: number, date, list, place, text; code and filled fill themselves."""

    at: int
    name: str
    kind: str
    required: bool

    @property
    def is_filled(self) -> bool:
        """Whether a formula writes it."""
        return self.kind in {"code", "filled"}


@dataclass
class Sheet:
    """Where everything stands. `lists`: column on the list sheet and length; `places`: the same by level, its first of
    four columns (code above, label, code, both).
    """

    columns: dict[str, Column]
    first_row: int
    rows: int
    lists: dict[str, tuple[int, int]] = field(default_factory=dict)
    places: dict[int, tuple[int, int]] = field(default_factory=dict)

    @property
    def last_row(self) -> int:
        """Index of the last prepared row."""
        return self.first_row + self.rows - 1

    def cell(self, name: str, row: int | None = None) -> str:
        """A cell's address, its column fixed; without a row, of the first prepared one."""
        return f"${letter(self.columns[name].at)}{(self.first_row if row is None else row) + 1}"

    def list_range(self, name: str) -> str:
        """The cells of a list."""
        at, length = self.lists[name]
        return _area(at, length)

    def begun(self, row: int | None = None) -> str:
        """Whether somebody wrote anything into a row."""
        cells = [self.cell(name, row) for name, column in self.columns.items() if not column.is_filled]
        return f"COUNTA({','.join(_runs(cells))})>0"


def _area(at: int, length: int) -> str:
    return f"{_LISTS}!${letter(at)}$1:${letter(at)}${length}"


def _runs(cells: list[str]) -> list[str]:
    """Neighbours as one range: a formula with thirty arguments is hard to read for whoever looks."""
    runs: list[list[str]] = []
    for cell in cells:
        if runs and _column_number(cell) == _column_number(runs[-1][-1]) + 1:
            runs[-1].append(cell)
        else:
            runs.append([cell])
    return [run[0] if len(run) == 1 else f"{run[0]}:{run[-1]}" for run in runs]


def _column_number(cell: str) -> int:
    number = 0
    for sign in cell.lstrip("$"):
        if sign.isalpha():
            number = number * 26 + ord(sign) - ord("A") + 1
    return number


def month_formula(sheet: Sheet, row: int, month: str) -> str:
    """The month, once the row is begun: an empty row must stay empty."""
    return f'=IF({sheet.begun(row)},"{month}","")'


def sector_formula(sheet: Sheet, row: int, sector: str) -> str:
    """The only sector of the cluster, once the row is begun."""
    quoted = sector.replace('"', '""')
    return f'=IF({sheet.begun(row)},"{quoted}","")'


def code_formula(sheet: Sheet, column: Column, row: int) -> str:
    """The P-code of the chosen name, inside the unit of the level above."""
    level = next(level for level, name in CODES.items() if name == column.name)
    name = sheet.cell(NAMES[level], row)
    above = f'{_parent_cell(sheet, level, row)}&"|"&{name}' if level > 1 else f'"|"&{name}'
    at, length = sheet.places[level]
    codes, keys = _area(at + 2, length), _area(at + 3, length)
    return f'=IF({name}="","",IFERROR(INDEX({codes},MATCH({above},{keys},0)),""))'


def _parent_cell(sheet: Sheet, level: int, row: int | None = None) -> str:
    return sheet.cell(CODES[level - 1], row)


def place_list(sheet: Sheet, column: Column) -> str:
    """The list of a name's cell: all units of the first level, then those inside the unit chosen before."""
    level = next(level for level, name in NAMES.items() if name == column.name)
    at, length = sheet.places[level]
    if level == 1:
        return f"={_area(at + 1, length)}"
    parents, first = _area(at, length), f"{_LISTS}!${letter(at + 1)}$1"
    parent = _parent_cell(sheet, level)
    return f"=OFFSET({first},MATCH({parent},{parents},0)-1,0,COUNTIF({parents},{parent}),1)"


def colours(sheet: Sheet) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    """Formula, the columns it colours, and whether the row would be stopped."""
    begun = sheet.begun()
    for name, column in sheet.columns.items():
        cell = sheet.cell(name)
        if column.required and not column.is_filled:
            yield f'=AND({begun},{cell}="")', (name,), True
        if column.kind == "number":
            wrong = f"IF(ISNUMBER({cell}),OR({cell}<0,{cell}<>INT({cell})),TRUE)"
            yield f'=IF({cell}="",FALSE,{wrong})', (name,), True
        if column.kind == "code":
            level = next(level for level, code in CODES.items() if code == name)
            yield f'=AND({sheet.cell(NAMES[level])}<>"",{cell}="")', (name, NAMES[level]), True
        if column.kind == "list":
            yield f'=AND({cell}<>"",COUNTIF({sheet.list_range(name)},{cell})=0)', (name,), True
    yield from _between_columns(sheet)


def _between_columns(sheet: Sheet) -> Iterator[tuple[str, tuple[str, ...], bool]]:
    # Compared only once all of them are numbers: of a text or an empty cell each program thinks its own.
    has = sheet.columns.keys()
    for part, whole, grave in (("reached_new", "reached", False), ("with_disability", "reached", True)):
        if {part, whole} <= has:
            one, other = sheet.cell(part), sheet.cell(whole)
            yield f"=IF(COUNT({one},{other})=2,{one}>{other},FALSE)", (part,), grave
    if {"targeted", "reached"} <= has:
        one, other = sheet.cell("reached"), sheet.cell("targeted")
        yield f"=IF(COUNT({one},{other})=2,{one}>{_OVER_TARGET}*{other},FALSE)", ("reached",), False
    if {"reached", *SADD} <= has:
        groups = ",".join(_runs([sheet.cell(name) for name in SADD]))
        total = sheet.cell("reached")
        yield f"=IF(COUNT({groups},{total})={len(SADD) + 1},SUM({groups})<>{total},FALSE)", SADD, False
    if {"start_date", "end_date"} <= has:
        first, last = sheet.cell("start_date"), sheet.cell("end_date")
        yield f"=IF(COUNT({first},{last})=2,{last}<{first},FALSE)", ("end_date",), True
