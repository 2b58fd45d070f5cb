"""The door of an office without custody: individual records are turned away before anything of them is kept.

Belongs here: telling a table of counts from anything else by its headings. Does not belong here: judging the counts
(`counts.py`).

What cannot be told for a table of counts is not kept either: an archive nobody can open may hold people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from assets.quality.personal import is_personal_heading
from assets.registry import checks, files
from assets.registry.columns import ColumnMap, forbidden_word
from assets.registry.unreadable import Unreadable

_PIECE = 1 << 20
# Headings that stand for one person or one family; blanks and underlines do not matter.
_PEOPLE = ("individual id", "record id", "registration group", "case number", "card number", "full name", "birth")
# A control total is a handful of counts; a list of people is longer, whatever its name says.
_MOST_TOTALS = 4096


def turned_away(path: Path, column_map: ColumnMap, forbidden: Sequence[str]) -> Mapping[str, Any]:
    """Why a file may not be kept, as facts of its arrival; nothing, where it is a table of counts or control totals."""
    if checks.is_totals(path.name):
        small = path.stat().st_size <= _MOST_TOTALS
        return {} if small and checks.read_totals(path.read_bytes()) else _away("R-CUSTODY", "It is no control total")
    try:
        with files.opened(_pieces(path), column_map.headers) as table:
            return _judged(table.header, column_map, forbidden)
    except Unreadable as problem:
        return _away("R-UNREADABLE", problem.reason)


def _judged(header: Sequence[str], column_map: ColumnMap, forbidden: Sequence[str]) -> Mapping[str, Any]:
    known = [name for name in header if name.strip().lower() in column_map.headers]
    strange = [name for name in header if name.strip().lower() not in column_map.headers]
    personal = [n for n, name in enumerate(header, 1) if name in strange and _of_people(name, forbidden)]
    if personal:
        return _away("R-CUSTODY", f"It has columns about individuals: {', '.join(f'column {n}' for n in personal)}")
    if len(known) * 2 < len(header) or not known:
        return _away("R-CUSTODY", "Its headings are not those of the agreed table of counts")
    return {}


def _of_people(heading: str, forbidden: Sequence[str]) -> bool:
    return bool(forbidden_word(heading, (*forbidden, *_PEOPLE))) or is_personal_heading(heading)


def _away(rule: str, detail: str) -> dict[str, Any]:
    return {"kept": False, "refused": rule, "detail": detail}


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as source:
        while piece := source.read(_PIECE):
            yield piece
