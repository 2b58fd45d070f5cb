"""The canonical table: every row of a workbook with typed values and the row number its sender sees.

Belongs here: which rows are data, and what each cell says by its type. Not here: whether it is right (facts.py), nor
what codes it stands for (office_lists.py, geography). Rows left out on purpose are counted, never just gone. A row of a
matrix becomes one row for each of its filled cells.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from assets.clusters.canonical import CODES, DATES, FIGURES, MARK, MONTH, NAMES, TEXTS, YEAR
from assets.clusters.days import read_day, read_month, writes_month_first
from assets.clusters.numbers import Number, is_error, whole_number
from assets.clusters.template import Table, is_hashtag
from assets.geography.codes import cell_text
from assets.geography.scripts import name_key
from assets.sheets.workbook import Cell

_TOTALS = frozenset(
    name_key(word)
    for word in (
        "Total", "Totals", "Grand total", "Sub total", "Subtotal", "Sum", "Total general", "Всього", "Усього", "Разом",
        "Підсумок", "Итого", "Всего", "Total général", "Sous-total",
    )
)  # fmt: skip
_NOTHING = frozenset({"-", "–", "—", "n/a", "na", "none", "nil", "."})
_NO_MARK = frozenset({"", "0", "no", "n", "non", "ні", "нет"})


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table; `number` as the spreadsheet shows it. One per data row of the sheet, in a matrix one per
    filled cell.

    `texts` holds what stands in text columns, placeholders such as "-" read as nothing. `errors` are the columns in
    which a formula failed. `unread` is what stands in columns nothing is made from. `keys` tells, in a matrix, which
    column of the sheet a canonical name means in this row.
    """

    number: int
    month: str | None
    codes: Mapping[int, Cell]
    names: Mapping[int, str]
    texts: Mapping[str, str]
    dates: Mapping[str, date | None]
    figures: Mapping[str, Number]
    errors: tuple[str, ...] = ()
    unread_dates: tuple[str, ...] = ()
    month_given: bool = False
    unread: tuple[str, ...] = ()
    keys: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Activities:
    """All rows of a table, and how many were left out and why."""

    rows: tuple[Row, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def sheet_rows(self) -> int:
        """How many rows of the sheet they are: what the sender counts."""
        return len({row.number for row in self.rows})


def read_activities(table: Table, year: int | None = None) -> Activities:
    """Return the data rows of a table; `year` completes months that are named without one."""
    left_out: Counter[str] = Counter()
    kept: list[tuple[int, Mapping[str, Cell]]] = []
    for number, cells in _cells(table):
        reason = _no_data(cells, table, kept)
        if reason:
            left_out[reason] += 1
        else:
            kept.append((number, cells))
    month_first = {name: writes_month_first(cells.get(name) for _, cells in kept) for name in DATES}
    rows: list[Row] = []
    for number, filled in kept:
        spread = [_row(number, one, keys, table, month_first, year) for one, keys in _spread(filled, table)]
        left_out["rows_without_a_mark"] += not spread
        rows.extend(spread)
    return Activities(tuple(rows), {name: count for name, count in sorted(left_out.items()) if count})


def _cells(table: Table) -> Iterator[tuple[int, dict[str, Cell]]]:
    """Yield row number and cells by the key of their column; a cell merged downwards counts for all its rows."""
    merged = _merged_texts(table)
    for index in range(table.first_row, len(table.sheet.rows)):
        row = table.sheet.rows[index]
        yield (
            index + 1,
            {name: merged.get((index, at), row[at] if at < len(row) else None) for name, at in table.columns.items()},
        )


def _merged_texts(table: Table) -> dict[tuple[int, int], Cell]:
    """Spread merged texts over their rows; never figures, because a merged total would be counted again."""
    spread = {at for name, at in table.columns.items() if not _is_figure(name, table)}
    found: dict[tuple[int, int], Cell] = {}
    for first_row, first, last_row, last in table.sheet.merged:
        if first_row < table.first_row or first != last or first not in spread:
            continue
        row = table.sheet.rows[first_row] if first_row < len(table.sheet.rows) else []
        for index in range(first_row, last_row + 1):
            found[index, first] = row[first] if first < len(row) else None
    return found


def _is_figure(key: str, table: Table) -> bool:
    return table.map.columns[key].canonical in FIGURES


def _no_data(cells: Mapping[str, Cell], table: Table, before: Sequence[tuple[int, Mapping[str, Cell]]]) -> str | None:
    texts = {name: text for name, cell in cells.items() if (text := cell_text(cell))}
    if not texts:
        return "blank_rows"
    plain = {name for name in texts if not isinstance(cells[name], int | float) and not _is_figure(name, table)}
    words = [texts[name] for name in plain]
    if words and sum(map(is_hashtag, words)) * 2 > len(words):
        return "hashtag_rows"
    if _repeats_header(texts, table):
        return "repeated_headers"
    return "totals_rows" if _is_total(texts, words, cells, before) else None


def _repeats_header(texts: Mapping[str, str], table: Table) -> bool:
    if not any(table.map.find(text) == name for name, text in list(texts.items())[:3]):
        return False
    same = sum(table.map.find(text) == name for name, text in texts.items())
    return same > 2 and same * 2 > len(texts)


def _is_total(
    texts: Mapping[str, str],
    words: Sequence[str],
    cells: Mapping[str, Cell],
    before: Sequence[tuple[int, Mapping[str, Cell]]],
) -> bool:
    """A totals row says so, or has no word at all and repeats the sum of what stands above it."""
    if any(_says_total(word) for word in words):
        return not _is_placed(texts, cells) and ("activity" not in texts or _says_total(texts["activity"]))
    if words or not before:
        return False
    sums = {name: sum(whole_number(row[name]).value or 0 for _, row in before) for name in FIGURES if name in cells}
    given = {name: whole_number(cells[name]).value for name in sums}
    return any(given.values()) and all(value in {None, sums[name]} for name, value in given.items())


def _is_placed(texts: Mapping[str, str], cells: Mapping[str, Cell]) -> bool:
    """Whether a row says where: by a code; by a name where the template has no codes, since subtotals name theirs."""
    codes = [name for name in CODES.values() if name in cells]
    return any(name in texts and not _says_total(texts[name]) for name in codes or NAMES.values())


def _says_total(word: str) -> bool:
    key = name_key(word)
    return key in _TOTALS or key.split(" ")[0] in _TOTALS


def _spread(cells: Mapping[str, Cell], table: Table) -> Iterator[tuple[dict[str, Cell], dict[str, str]]]:
    """Yield the cells by canonical name, once, or in a matrix once for each filled cell with what its heading says."""
    columns = table.map.columns
    wide = [key for key in table.columns if columns[key].says]
    shared: dict[str, Cell] = {**table.map.fixed, **{key: cell for key, cell in cells.items() if not columns[key].says}}
    if not wide:
        yield shared, {}
    for key in wide:
        column, cell = columns[key], cells[key]
        if cell_text(cell) and (column.canonical != MARK or _is_marked(cell)):
            names = (column.canonical, *column.says)
            yield {**shared, **column.says, column.canonical: cell}, dict.fromkeys(names, key)


def _is_marked(cell: Cell) -> bool:
    """Whether a cell of a matrix says that somebody is there: a cross, a word, a number that is not zero."""
    return _text(cell).casefold() not in _NO_MARK


def _row(
    number: int,
    cells: Mapping[str, Cell],
    keys: Mapping[str, str],
    table: Table,
    month_first: Mapping[str, bool],
    year: int | None,
) -> Row:
    errors = tuple(name for name, cell in cells.items() if is_error(cell))
    clean = {name: None if name in errors else cell for name, cell in cells.items()}
    dates = {name: read_day(clean.get(name), month_first=month_first[name]) for name in DATES if name in clean}
    month_cell = clean.get(MONTH)
    return Row(
        number=number,
        month=read_month(month_cell, whole_number(clean.get(YEAR)).value or year),
        codes={level: cell for level, name in CODES.items() if _said(cell := clean.get(name))},
        names={level: text for level, name in NAMES.items() if (text := _text(clean.get(name)))},
        texts={name: _text(clean.get(name)) for name in TEXTS if name in clean},
        dates=dates,
        figures={name: whole_number(cells[name]) for name in FIGURES if name in cells},
        errors=tuple(name for name in errors if _is_needed(name, table)),
        unread_dates=tuple(_unread(dates, clean, errors, table)),
        month_given=bool(cell_text(month_cell)),
        unread=tuple(cell_text(cell) for name, cell in cells.items() if _is_unread(name, table)),
        keys=keys,
    )


def _said(cell: Cell) -> bool:
    return bool(_text(cell))


def _text(cell: Cell) -> str:
    text = cell_text(cell)
    return "" if text.casefold() in _NOTHING else text


def _is_unread(name: str, table: Table) -> bool:
    column = table.map.columns.get(name)
    return column is not None and column.is_unread


def _is_needed(name: str, table: Table) -> bool:
    """A failed formula matters where the template asks for a value, or where a number or a date was meant."""
    column = table.map.columns.get(name)
    return name in FIGURES or name in DATES or name == MARK or bool(column and column.required)


def _unread(
    dates: Mapping[str, date | None], cells: Mapping[str, Cell], errors: Sequence[str], table: Table
) -> Iterator[str]:
    for name, day in dates.items():
        given = bool(_text(cells.get(name)))
        wanted = table.map.columns[name].required and name not in errors
        if day is None and (given or wanted):
            yield name
