"""Which sheet of a workbook is the table, which row its header, and which column holds what.

Belongs here: matching headings against the reviewed column maps (operations/<name>/column_maps) and refusing both
the unknown and the missing. Not here: the maps themselves (column_maps.py), what the cells below mean.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from assets.clusters.column_maps import ColumnMap
from assets.geography.codes import cell_text
from assets.geography.scripts import has_mixed_word, name_key
from assets.sheets.workbook import Cell, Sheet, Workbook

_SEARCHED_ROWS = 40
_FEWEST_HEADINGS = 3
_STRAY_CELLS = 3  # a column without a heading counts as unknown once it is used, not for one stray note
_AIDS = re.compile(r"\b(example|sample|instruction|guid|template|list|look ?up|read ?me|help|pryklad|dovidnyk)")
_HASHTAG = re.compile(r"\s*#[A-Za-z][\w+ ]*$")


def is_hashtag(text: str) -> bool:
    """Whether a text is an HXL hashtag ("#adm1 +code") and not a heading such as "# Targeted"."""
    return _HASHTAG.match(text) is not None


@dataclass(frozen=True)
class Table:
    """Where the table is. Rows and columns count from zero; `header_rows` are one or two."""

    sheet: Sheet
    map: ColumnMap
    header_at: int
    header_rows: int
    columns: Mapping[str, int]
    unknown: tuple[tuple[int, str], ...] = ()
    twice: tuple[str, ...] = ()
    lookalikes: tuple[str, ...] = ()

    @property
    def first_row(self) -> int:
        """Index of the first row below the header."""
        return self.header_at + self.header_rows

    @property
    def missing(self) -> tuple[str, ...]:
        """Required columns that are not there, in the order of the template."""
        return tuple(name for name, column in self.map.columns.items() if column.required and name not in self.columns)

    @property
    def faults(self) -> int:
        """How far the table is from the template."""
        return len(self.missing) + len(self.unknown) + len(self.twice)


def find_table(workbook: Workbook, maps: Sequence[ColumnMap]) -> Table | None:
    """Return the table that fits one of the templates best, None where nothing resembles any of them."""
    found = list(_tables(workbook, maps))
    serious = [table for table in found if not _AIDS.search(name_key(table.sheet.name))] or found
    best = max(serious, key=_fit, default=None)
    return _with_unnamed(best) if best else None


def rival_sheets(workbook: Workbook, table: Table) -> list[str]:
    """Return other visible sheets that hold a whole table of the same template, with rows in it.

    Which of them counts is the sender's to say; choosing one would drop the other in silence.
    """
    others = (other for other in _tables(workbook, [table.map]) if other.sheet is not table.sheet)
    return [
        other.sheet.name
        for other in others
        if not other.missing
        and not _AIDS.search(name_key(other.sheet.name))
        and any(map(_is_filled, other.sheet.rows[other.first_row :]))
    ]


def _tables(workbook: Workbook, maps: Sequence[ColumnMap]) -> Iterator[Table]:
    for sheet in workbook.sheets:
        found = [table for column_map in maps for table in _headers(sheet, column_map)]
        if found:
            yield max(found, key=_fit)


def _fit(table: Table) -> tuple[int, int, int, int]:
    """Fewest faults, then most columns, then the highest header, then the one that leaves no second header row."""
    return -table.faults, len(table.columns), -table.header_at, table.header_rows


def _headers(sheet: Sheet, column_map: ColumnMap) -> Iterator[Table]:
    for at in range(min(len(sheet.rows), _SEARCHED_ROWS)):
        top = _texts(sheet, at)
        single = _read(sheet, column_map, at, [(text,) for text in top])
        if len(single.columns) >= _FEWEST_HEADINGS:
            yield single
        double = _with_second_row(sheet, column_map, at, top)
        if double and len(double.columns) >= max(_FEWEST_HEADINGS, len(single.columns)):
            yield double


def _with_second_row(sheet: Sheet, column_map: ColumnMap, at: int, top: list[str]) -> Table | None:
    """Read two rows as one header: groups above columns, or one language above the other."""
    if at + 1 >= len(sheet.rows) or not any(top):
        return None
    below = _texts(sheet, at + 1)
    width = max(len(top), len(below))
    top, below = top + [""] * (width - len(top)), below + [""] * (width - len(below))
    pairs = [(f"{first} {second}", second, first) for first, second in zip(top, below, strict=True)]
    seconds = [text for text in below if text]
    if sum(map(is_hashtag, seconds)) * 2 > len(seconds):
        return None
    known = [pair for pair in pairs if pair[1] and column_map.find(*pair[:2])]
    if len(known) < 2 or len(known) * 5 < len(seconds) * 2:
        return None  # the second row is data, or hashtags
    return _read(sheet, column_map, at, pairs, rows=2)


def _read(sheet: Sheet, column_map: ColumnMap, at: int, texts: Sequence[tuple[str, ...]], rows: int = 1) -> Table:
    columns: dict[str, int] = {}
    unknown: list[tuple[int, str]] = []
    twice: list[str] = []
    lookalikes: list[str] = []
    for index, cell in enumerate(texts):
        canonical = column_map.find(*cell)
        if canonical is None:
            if any(cell):
                unknown.append((index, next(text for text in cell if text.strip())))
        elif canonical in columns:
            twice.append(canonical)
        else:
            columns[canonical] = index
            if any(map(has_mixed_word, cell)):
                lookalikes.append(canonical)
    return Table(sheet, column_map, at, rows, columns, tuple(unknown), tuple(twice), tuple(lookalikes))


def _with_unnamed(table: Table) -> Table:
    """Add the columns that have no heading and are used all the same."""
    headed = {*table.columns.values(), *(index for index, _ in table.unknown)}
    counts: dict[int, int] = {}
    for row in table.sheet.rows[table.first_row :]:
        for index, cell in enumerate(row):
            if index not in headed and cell is not None and cell_text(cell):
                counts[index] = counts.get(index, 0) + 1
    unnamed = ((index, "") for index, count in sorted(counts.items()) if count >= _STRAY_CELLS)
    return replace(table, unknown=(*table.unknown, *unnamed))


def _texts(sheet: Sheet, at: int) -> list[str]:
    """Return the texts of a row; a cell merged to the right counts for all its columns.

    A heading merged downwards stands in its first row only, so that it is not read twice.
    """
    row: list[Cell] = list(sheet.rows[at])
    for first_row, first, _last_row, last in sheet.merged:
        if first_row == at and last > first and first < len(row):
            row += [None] * (last + 1 - len(row))
            row[first : last + 1] = [row[first]] * (last + 1 - first)
    return [cell if isinstance(cell, str) else cell_text(cell) for cell in row]


def _is_filled(row: Sequence[Cell]) -> bool:
    return any(cell is not None and cell_text(cell) for cell in row)


def letter(index: int) -> str:
    """Return the spreadsheet's letter of a column counted from zero: 0 is A, 26 is AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def described_faults(table: Table) -> Iterator[str]:
    """Yield what is wrong with the columns. A sender's own heading is pointed at, never quoted: nothing can tell a
    person's name among them.
    """
    for index, text in table.unknown:
        if text.strip():
            yield f"The heading of column {letter(index)} is not in the template."
        else:
            yield f"Column {letter(index)} has no heading but holds cells."
    for name in table.missing:
        yield f'The column "{table.map.columns[name].title}" is missing.'
    for name in table.twice:
        yield f'The column "{table.map.columns[name].title}" is there twice.'
