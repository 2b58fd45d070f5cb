"""What a cell or a file name says as a day or a month.

Belongs here: the dialects of dates. Not here: which month a file is for (activities.py decides from all rows).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import yaml

from assets.geography.scripts import name_key, squeeze, unmix

_EPOCH = date(1899, 12, 30)  # Excel counts 1900 as a leap year; from March 1900 on this day gives the right date
_SERIALS = range(20000, 80000)  # 1954 to 2119
_ISO = re.compile(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})(?:[T ].*)?")
_PARTS = re.compile(r"(\d{1,2})[-./](\d{1,2})[-./](\d{4}|\d{2})(?:[T ].*)?")
_YEAR_MONTH = re.compile(r"(20\d{2})[-./ ]?(0[1-9]|1[0-2]|[1-9])")
_MONTH_YEAR = re.compile(r"(0?[1-9]|1[0-2])[-./ ](20\d{2})")
_WORDS = re.compile(r"[^\W\d_]+|\d+")
_FULL_DATE = re.compile(r"(?<!\d)(?:20\d{2} ?(?:0[1-9]|1[0-2]) ?[0-3]\d|[0-3]?\d (?:0?[1-9]|1[0-2]) 20\d{2})(?!\d)")
_NAMED = re.compile(r"(?<!\d)(?:(20\d{2}) ?(0[1-9]|1[0-2])|(0[1-9]|1[0-2]) ?(20\d{2}))(?!\d)")
_QUARTER = re.compile(r"\b(?:(?:Q|T|КВ)\s?([1-4])\s(20\d{2})|(20\d{2})\s?(?:Q|T|КВ)([1-4]))\b", re.IGNORECASE)
_SHORT = 4  # "may", "mar", "sept": too much like other words to mean a month in a file name without a year

Month = tuple[int | None, int]


def read_day(cell: object, *, month_first: bool = False) -> date | None:
    """Return the day a cell means: a date, an Excel serial number, or text in one of the usual orders."""
    if isinstance(cell, date):
        return cell
    if isinstance(cell, bool) or cell is None:
        return None
    if isinstance(cell, int | float):
        return _of_serial(float(cell))
    text = squeeze(str(cell)).rstrip(".")
    if text.replace(".0", "").isdecimal() and len(text.replace(".0", "")) == 5:
        return _of_serial(float(text))
    if match := _ISO.fullmatch(text):
        return _day(match.group(1), match.group(2), match.group(3))
    if match := _PARTS.fullmatch(text):
        first, second, year = match.groups()
        day, month = (second, first) if month_first else (first, second)
        return _day(year, month, day) or _day(year, day, month)
    return _in_words(text)


def writes_month_first(cells: Iterable[object]) -> bool:
    """Whether a column can only have been written month first (03/25/2025): one cell decides for all."""
    found = [match for cell in cells if isinstance(cell, str) and (match := _PARTS.fullmatch(squeeze(cell)))]
    return any(int(m.group(2)) > 12 for m in found) and not any(int(m.group(1)) > 12 for m in found)


def read_month(cell: object, year: int | None = None) -> str | None:
    """Return the month a cell means as "2025-03"; a month without a year takes the year given."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = squeeze(str(cell)) if isinstance(cell, str | int) and not isinstance(cell, bool) else ""
    for pattern, order in ((_YEAR_MONTH, (1, 2)), (_MONTH_YEAR, (2, 1))):
        if match := pattern.fullmatch(text):
            return _key(int(match.group(order[0])), int(match.group(order[1])))
    if text.isdecimal() and 1 <= int(text) <= 12:
        return _key(year, int(text))
    named = _month_in_words(text)
    if named:
        return _key(named[0] or year, named[1])
    day = read_day(cell)
    return _key(day.year, day.month) if day else None


def months_in_name(file_name: str) -> set[Month]:
    """Return the months a file name states; the year is None where only the month is named."""
    return months_in_text(Path(file_name).stem)


def months_in_text(words: str) -> set[Month]:
    """Return the months a name or a title states, a quarter ("Q4 2023") as its three months.

    Full dates are left out: they say when a file was sent, which is a month later.
    """
    text = re.sub(r"[^\w]+|_", " ", words)
    text = _FULL_DATE.sub(" ", text)
    found: set[Month] = set()
    for match in _QUARTER.finditer(text):
        quarter, year = (int(match[1]), match[2]) if match[1] else (int(match[4]), match[3])
        found |= {(int(year), month) for month in range(3 * quarter - 2, 3 * quarter + 1)}
    for match in _NAMED.finditer(text):
        year, month = (match.group(1), match.group(2)) if match.group(1) else (match.group(4), match.group(3))
        found.add((int(year), int(month)))
    return found or _named_in_words(text)


def _named_in_words(text: str) -> set[Month]:
    words = _WORDS.findall(text)
    found: set[Month] = set()
    for at, word in enumerate(words):
        month = _month_names().get(name_key(word))
        years = [y for near in words[max(at - 1, 0) : at + 2] if (y := _year(near))]
        if month and (years or len(word) > _SHORT):
            found.add((years[0] if years else None, month))
    return found


def _of_serial(number: float) -> date | None:
    return _EPOCH + timedelta(days=int(number)) if int(number) in _SERIALS else None


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
    except ValueError:
        return None


def _in_words(text: str) -> date | None:
    """Read "3 March 2025", "March 3, 2025" and "March 2025" (its first day)."""
    words = _WORDS.findall(unmix(text))
    months = [month for word in words if (month := _month_names().get(name_key(word)))]
    numbers = [word for word in words if word.isdecimal()]
    years = [number for number in numbers if len(number) == 4]
    days = [number for number in numbers if len(number) <= 2]
    if len(months) != 1 or len(years) != 1 or len(days) > 1 or len(words) > 5:
        return None
    return _day(years[0], str(months[0]), days[0] if days else "1")


def _month_in_words(text: str) -> Month | None:
    words = _WORDS.findall(unmix(text))
    months = [month for word in words if (month := _month_names().get(name_key(word)))]
    years = [year for word in words if (year := _year(word))]
    if len(months) != 1 or len(years) > 1 or len(words) > 3:
        return None
    return (years[0] if years else None), months[0]


def _year(word: str) -> int | None:
    if not word.isdecimal() or len(word) not in {2, 4}:
        return None
    year = int(word) + (2000 if len(word) == 2 else 0)
    return year if 2000 <= year < 2100 and (len(word) == 4 or int(word) >= 15) else None


def _key(year: int | None, month: int) -> str | None:
    return f"{year:04d}-{month:02d}" if year else None


@cache
def _month_names() -> dict[str, int]:
    languages = yaml.safe_load(Path(__file__).with_name("month_names.yml").read_text(encoding="utf-8"))
    return {
        name_key(name): number
        for months in languages.values()
        for number, names in enumerate(months, start=1)
        for name in names.split()
    }
