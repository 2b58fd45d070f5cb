"""Where everything ends up on the sheet: lines of cells and the number Excel shows beside each row.

Belongs here: putting titles, header, tags, rows, blank rows and totals below one another. Does not belong here: bytes
(writing.py).
"""

from dataclasses import dataclass
from datetime import date
from random import Random

from demo.country.clusters.dresses import Dress
from demo.country.clusters.headers import Merge, columns_of, header_lines, hxl_line, title_lines
from demo.country.clusters.rows import FIGURES, Cell, Row
from demo.country.clusters.spelling import excel_serial, typed_month


@dataclass(frozen=True)
class Book:
    """A file before it is laid out."""

    cluster: str
    month: str
    name: str
    template: str
    dress: Dress
    rows: list[Row]
    seed: int


@dataclass(frozen=True)
class Laid:
    """The sheet's lines; `numbers[i]` is the row number of the i-th data row, `header` of the last header row."""

    columns: list[str]
    lines: list[list[Cell]]
    merges: list[Merge]
    header: int
    numbers: list[int]
    totals: int | None


def lay_out(book: Book) -> Laid:
    """Everything on its line."""
    columns = columns_of(book.template, book.dress)
    lines = title_lines(book.cluster, str(typed_month(book.month, "english"))) if book.dress.titles else []
    top = len(lines)
    header, merges = header_lines(book.cluster, book.template, book.dress, Random(f"{book.seed}/header/{book.name}"))
    lines += header
    bottom = len(lines)
    if book.dress.hxl:
        lines.append(hxl_line(columns, book.dress))
    numbers = []
    for place, row in enumerate(book.rows):
        if "blank_row_inside" in book.dress.extras and place in (7, 15):
            lines.append([])
        lines.append([_dated(row.cells[column], book.dress) for column in columns])
        numbers.append(len(lines))
    totals = len(lines) + 1 if "totals_row" in book.dress.extras else None
    shifted = [(first + top, left, last + top, right) for first, left, last, right in merges]
    return Laid(columns, lines, shifted, bottom, numbers, totals)


def _dated(value: Cell, dress: Dress) -> Cell:
    """Dates as the dress has them; everything else as it is."""
    if not isinstance(value, date):
        return value
    if dress.dates == "serial_dates":
        return excel_serial(value)
    return f"{value:%d.%m.%Y}" if dress.dates == "text_dates" else value


def totals_of(laid: Laid, column: str) -> int:
    """What SUM() shows under a column: whole numbers count, text and errors don't."""
    if column not in FIGURES:
        raise ValueError(f"column {column} is not a figure and has no total")
    place = laid.columns.index(column)
    cells = [laid.lines[number - 1][place] for number in laid.numbers]
    return sum(int(cell) for cell in cells if isinstance(cell, int | float))
