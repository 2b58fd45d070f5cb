"""Which month a cluster workbook is for, and which months its rows may be of.

Belongs here: weighing rows, file name, titles and hint. The month comes from the sheet; a file name that says
otherwise, or rows of more months than the template holds, refuse the file, because nobody can tell which of them is
the mistake. A file of several months is filed under the last of them.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from assets.clusters.activities import Row
from assets.clusters.canonical import MONTH
from assets.clusters.days import Month, months_in_name, months_in_text
from assets.clusters.template import Table
from assets.geography.codes import cell_text


@dataclass(frozen=True)
class Period:
    """The month of a file ("2025-03", None if nothing says it) and what contradicts it, in words without values.

    `most_months` is how many months rows may be of, the file's own included. `taken` says that nothing named the
    month: it is the one before the file came.
    """

    month: str | None
    contradiction: str | None = None
    most_months: int = 1
    taken: bool = False

    @property
    def months(self) -> tuple[str, ...]:
        """The months rows may be of, the file's own last."""
        return tuple(_ending_in(self.month, self.most_months)) if self.month else ()


def last_day(month: str) -> date:
    """The last day of a month: the list of places in force on it is the one that counts."""
    year, number = int(month[:4]), int(month[5:])
    return date(year, number, monthrange(year, number)[1])


def year_stated(file_name: str, hint: str | None) -> int | None:
    """Return the year that completes months named without one."""
    years = {year for year, _ in months_in_name(file_name) if year}
    return min(years) if len(years) == 1 else int(hint[:4]) if hint else None


def period_of(table: Table, rows: Sequence[Row], file_name: str, hint: str | None) -> Period:
    """Return the month whose span holds most rows; on a tie the one the file name states too, else the earlier one."""
    named, most = months_in_name(file_name), table.map.most_months
    counts = Counter(row.month for row in rows if row.month)
    if not counts:
        asked = _asks(table)
        stated = _completed(named if asked or named else _in_titles(table), hint)
        return _without_months(stated, hint, most, nobody_says=bool(rows) and asked)
    inside = {month: [one for one in _ending_in(month, most) if one in counts] for month in counts}
    sizes = {month: sum(counts[one] for one in months) for month, months in inside.items()}
    month = min(counts, key=lambda one: (-sizes[one], not _fits(inside[one], named), one))
    if named and not _fits(inside[month], named):
        return Period(month, "The month in the file name is not the month in the rows.", most)
    return Period(month, None, most)


def _asks(table: Table) -> bool:
    """Whether the sheet has a place for the month; a template without one states it in its title or name."""
    columns = [table.map.columns[key] for key in table.columns]
    return any(MONTH in {column.canonical, *column.says} for column in columns)


def _in_titles(table: Table) -> set[Month]:
    """What the lines above the rows say, else the name of the sheet. A title right above the headings looks like the
    first of two header rows.
    """
    above = [cell_text(cell) for row in table.sheet.rows[: table.first_row] for cell in row]
    return set().union(*map(months_in_text, above)) or months_in_text(table.sheet.name)


def month_named(file_name: str, hint: str | None) -> str | None:
    """The month in a file's name: all that is known of a file that cannot be read."""
    named = _completed(months_in_name(file_name), hint)
    return named[-1] if named else None


def _completed(named: set[Month], hint: str | None) -> list[str]:
    """Write months out; in "January to March 2024" one year stands for both, without any it is the last one past."""
    years = {year for year, _ in named if year}
    only = min(years) if len(years) == 1 else None
    if hint and not years:
        only = max((int(hint[:4]) - (month > int(hint[5:])) for _, month in named), default=None)
    return sorted(f"{year or only:04d}-{month:02d}" for year, month in named if year or only)


def _without_months(stated: Sequence[str], hint: str | None, most: int, *, nobody_says: bool) -> Period:
    """A file whose rows say no month: its name or title says it, or when it was asked for."""
    month = stated[-1] if stated else hint
    if month is None:
        return Period(None, "Neither a row nor the file name says for which month the file is.", most)
    if nobody_says:
        return Period(month, "No row says for which month it is.", most)
    if stated and stated[0] not in _ending_in(month, most):
        return Period(month, "The file's name or title states several months.", most)
    return Period(month, None, most, taken=not stated)


def _ending_in(month: str, count: int) -> Iterator[str]:
    """The months up to this one, the earliest first."""
    last = int(month[:4]) * 12 + int(month[5:]) - 1
    for number in range(last - count + 1, last + 1):
        yield f"{number // 12:04d}-{number % 12 + 1:02d}"


def _fits(months: Sequence[str], named: set[Month]) -> bool:
    return any((year, int(one[5:])) in named for one in months for year in (int(one[:4]), None))
