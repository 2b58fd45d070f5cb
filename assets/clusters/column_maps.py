"""The reviewed column maps (operations/<name>/column_maps): what a template has, and what it leaves unsaid.

Belongs here: reading a map, and what makes one unusable. Not here: finding its headings in a workbook (template.py).

A map has one line per column of the template: canonical, header (alternatives separated by "|"), required, type, and
where it is needed `says`. A line without a heading gives every row the same value (`status`, says `ongoing`), for
templates that do not ask. A line with both is a column whose heading is itself a value, as in a matrix of sectors or
months (`reached`, heading `Education`, says `sector=EDU`): each filled cell of it becomes a row of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from assets.clusters.canonical import CODES, FIGURES, KNOWN, MARK, MONTH, NAMES, TEXTS, YEAR
from assets.geography.scripts import lookalike_keys, name_key
from orchestration.failures import Permanent

# Columns of the template that nothing of ours is made from: their headings are known, their cells only searched for
# personal data. Coordinates look like phone numbers and codes like those of documents: the type tells them apart.
UNREAD, UNREAD_NUMBER, UNREAD_CODE = "unread", "unread_number", "unread_code"
_NOT_READ = frozenset({UNREAD, UNREAD_NUMBER, UNREAD_CODE})
TYPES = ("text", "code", "month", "year", "date", "integer", "mark", UNREAD, UNREAD_NUMBER, UNREAD_CODE)
_SAYABLE = frozenset({MONTH, YEAR, *TEXTS, *CODES.values(), *NAMES.values()})
_WIDE = frozenset({MARK, *FIGURES})


@dataclass(frozen=True)
class MapColumn:
    """One column of a template. `key` tells columns of one canonical name apart, `says` is what the heading adds."""

    canonical: str
    headings: tuple[str, ...]
    required: bool
    kind: str
    says: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The canonical name, and in a matrix what the heading says."""
        return " ".join([self.canonical, *(f"{name}={value}" for name, value in self.says.items())])

    @property
    def title(self) -> str:
        """The heading as the template itself writes it."""
        return self.headings[0]

    @property
    def is_unread(self) -> bool:
        """Whether nothing is made from what stands in it."""
        return self.kind in _NOT_READ


@dataclass(frozen=True)
class ColumnMap:
    """One version of a template: its columns by key, and what every row says without a column.

    `most_months` is how many months one file may hold.
    """

    name: str
    columns: Mapping[str, MapColumn]
    by_key: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    most_months: int = 1

    @property
    def required(self) -> frozenset[str]:
        """Keys of the columns that must be there."""
        return frozenset(key for key, column in self.columns.items() if column.required)

    @property
    def said(self) -> frozenset[str]:
        """Canonical names a row can have a value for."""
        stated = {name for column in self.columns.values() for name in (column.canonical, *column.says)}
        return frozenset(stated | set(self.fixed))

    def find(self, *texts: str) -> str | None:
        """Return the key of the column that the first known of these headings stands for."""
        for text in texts:
            keys = (heading_key(text), *(heading_key(key) for key in lookalike_keys(text)))
            for key in keys:
                if key and key in self.by_key:
                    return self.by_key[key]
        return None


def heading_key(text: str) -> str:
    """Return the key on which headings are compared: no case, line breaks, stars, brackets or look-alikes."""
    return name_key(text)


def column_map(name: str, rows: Iterable[Mapping[str, str]], most_months: int = 1) -> ColumnMap:
    """Read one column map, as it stands in its CSV file."""
    columns: dict[str, MapColumn] = {}
    by_key: dict[str, str] = {}
    fixed: dict[str, str] = {}
    for row in rows:
        column = _column(row)
        if not column.headings:
            fixed[column.canonical] = row.get("says", "").strip()
            continue
        columns[column.key] = column
        for key in map(heading_key, column.headings):
            if by_key.setdefault(key, column.key) != column.key:
                raise Permanent(
                    f"Column map {name}: one heading stands for both {by_key[key]} and {column.key}. Mend the map."
                )
    return ColumnMap(name, columns, by_key, fixed, most_months)


def _column(row: Mapping[str, str]) -> MapColumn:
    headings = tuple(part.strip() for part in row["header"].split("|") if part.strip())
    says = dict(_pairs(row.get("says") or "")) if headings else {}
    return MapColumn(row["canonical"], headings, row["required"] == "yes", row.get("type") or "", says)


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Read "sector=EDU; population_group=IDP"; what has no "=" is left to `problems`."""
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        if equals:
            yield name.strip(), value.strip()


# --- what is wrong with a map ---------------------------------------------------------------------------------

_Found = Iterator[tuple[str, str, str]]


def problems(rows: Sequence[Mapping[str, str]]) -> _Found:
    """Yield (where, what was found, what is expected) for everything that makes a map useless."""
    seen: set[str] = set()
    for number, row in enumerate(rows, start=2):
        for where, found, expected in (*_in_row(row), *_in_says(row)):
            yield f"row {number}, {where}", found, expected
        key = _column(row).key
        if key in seen:
            yield f"row {number}, canonical", repr(key), "each column once"
        seen.add(key)
    yield from _unsaid(rows)


def _in_row(row: Mapping[str, str]) -> _Found:
    column = _column(row)
    if column.kind not in TYPES:
        yield "type", repr(column.kind), f"one of {', '.join(TYPES)}"
    elif column.canonical not in KNOWN and not column.is_unread:
        names = ", ".join(sorted(KNOWN))
        yield "canonical", repr(column.canonical), f"one of {names}; or a type {UNREAD}"
    if row["required"] not in {"yes", "no"}:
        yield "required", repr(row["required"]), "yes or no"


def _in_says(row: Mapping[str, str]) -> _Found:
    column, text = _column(row), (row.get("says") or "").strip()
    if not column.headings:
        if not text or column.canonical not in _SAYABLE:
            yield "header", "nothing", f"a heading, or for {', '.join(sorted(_SAYABLE))} what every row says"
    elif text and (column.canonical not in _WIDE or not column.says or not set(column.says) <= _SAYABLE):
        yield "says", repr(text), "for a figure or a mark: sector=EDU, or another column and its value"
    elif column.canonical == MARK and not column.says:
        yield "says", "nothing", "what a mark in this column stands for, for example sector=EDU"


def _unsaid(rows: Sequence[Mapping[str, str]]) -> _Found:
    """A row must say who, where and how far along, or it can never count."""
    columns = [_column(row) for row in rows]
    said = {name for column in columns if not column.is_unread for name in (column.canonical, *column.says)}
    for name, words in (("org", "who reports"), ("status", "whether work goes on; planned work is no presence")):
        if name not in said:
            yield "canonical", f"no {name}", f"a column, or a line without heading that says {words}"
    if "reached" in said and "population_group" not in said:
        words = "a column, or a line without heading that says for which group of the plan people count"
        yield "canonical", "reached without population_group", words
    if not said & {*CODES.values(), *NAMES.values()}:
        yield "canonical", "no place", "a column with a code or a name of a place"
