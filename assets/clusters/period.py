"""Which month a cluster workbook is for.

Belongs here: weighing rows, file name and hint. The month comes from the sheet; a file name that says otherwise, or
rows of several months, refuse the file, because nobody can tell which of them is the mistake.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from assets.clusters.activities import Row
from assets.clusters.days import Month, months_in_name


@dataclass(frozen=True)
class Period:
    """The month of a file ("2025-03", None if nothing says it) and what contradicts it, in words without values."""

    month: str | None
    contradiction: str | None = None

    @property
    def last_day(self) -> date | None:
        """The last day of the month: the list of places in force on it is the one that counts."""
        if self.month is None:
            return None
        year, month = int(self.month[:4]), int(self.month[5:])
        return date(year, month, monthrange(year, month)[1])


def year_stated(file_name: str, hint: str | None) -> int | None:
    """Return the year that completes months named without one."""
    years = {year for year, _ in months_in_name(file_name) if year}
    return min(years) if len(years) == 1 else int(hint[:4]) if hint else None


def period_of(rows: Sequence[Row], file_name: str, hint: str | None) -> Period:
    """Return the month most rows state; on a tie the one the file name states too, else the earlier one."""
    named = months_in_name(file_name)
    counts = Counter(row.month for row in rows if row.month)
    if not counts:
        return _without_rows(rows, named, hint)
    month = min(counts, key=lambda one: (-counts[one], not _fits(one, named), one))
    if named and not _fits(month, named):
        return Period(month, "The month in the file name is not the month in the rows.")
    return Period(month)


def _without_rows(rows: Sequence[Row], named: set[Month], hint: str | None) -> Period:
    """A file without any activity still says for which month: in its name, or by when it was asked for."""
    full = sorted(f"{year:04d}-{month:02d}" for year, month in named if year)
    month = full[0] if len(full) == 1 else hint
    if rows:
        return Period(month, "No row says for which month it is.")
    return Period(month, None if month else "Neither a row nor the file name says for which month the file is.")


def _fits(month: str, named: set[Month]) -> bool:
    year, number = int(month[:4]), int(month[5:])
    return any(number == other and stated in {None, year} for stated, other in named)
