"""The part of MongoDB's query language that KoBo lets through, over plain dicts.

Belongs here: matching and sorting rows. Does not belong here: reading parameters from a URL, paging, anything about
assets. The operators are KPI's whitelist, no more: a server more generous than the real one would hide mistakes of our
client.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from typing import Any

_MISSING = object()


class UnsupportedQueryError(ValueError):
    """An operator KPI does not let through (it answers 400 `["Unsupported query"]`)."""


WHITELIST = frozenset(
    ("$and", "$or", "$not", "$in", "$all", "$gt", "$gte", "$lt", "$lte", "$regex", "$options", "$exists")
) | {"$elemMatch"}


def check(query: Any) -> None:
    """Refuse an operator outside the whitelist, wherever it stands, before any row is looked at."""
    if isinstance(query, Mapping):
        for key, wanted in query.items():
            if str(key).startswith("$") and key not in WHITELIST:
                raise UnsupportedQueryError(key)
            check(wanted)
    elif isinstance(query, list):
        for part in query:
            check(part)


def matches(row: Mapping[str, Any], query: Mapping[str, Any]) -> bool:
    """Whether one row fits the query.

    >>> matches({"_id": 7, "hh/size": "2"}, {"_id": {"$gt": 5}, "hh/size": "2"}) True
    """
    return all(_clause(row, key, wanted) for key, wanted in query.items())


def _clause(row: Mapping[str, Any], key: str, wanted: Any) -> bool:
    if key == "$and":
        return all(matches(row, part) for part in wanted)
    if key == "$or":
        return any(matches(row, part) for part in wanted)
    return _fits(lookup(row, key), wanted)


def lookup(row: Any, key: str) -> Any:
    """The value under a key: the key itself first (KoBo's keys hold slashes), then a dotted path through
    dicts and lists.
    """
    if isinstance(row, list):
        found = [value for value in (lookup(item, key) for item in row) if value is not _MISSING]
        return found or _MISSING
    if not isinstance(row, Mapping):
        return _MISSING
    if key in row:
        return row[key]
    head, dot, rest = key.partition(".")
    return lookup(row[head], rest) if dot and head in row else _MISSING


def _fits(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, Mapping) and any(str(name).startswith("$") for name in wanted):
        return all(_operator(value, name, operand, wanted) for name, operand in wanted.items())
    return _equal(value, wanted)


def _equal(value: Any, wanted: Any) -> bool:
    if value is _MISSING:
        return wanted is None
    # MongoDB: a list fits when it equals the wanted value or holds it.
    return bool(value == wanted or (isinstance(value, list) and wanted in value))


def _compare(value: Any, operand: Any, test: Callable[[Any, Any], bool]) -> bool:
    """Compare only within one type, as BSON does: a number is never greater than a text."""
    for item in value if isinstance(value, list) else [value]:
        numbers = isinstance(item, (int, float)) and isinstance(operand, (int, float))
        if (numbers or (isinstance(item, str) and isinstance(operand, str))) and test(item, operand):
            return True
    return False


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "$gt": lambda a, b: bool(a > b),
    "$gte": lambda a, b: bool(a >= b),
    "$lt": lambda a, b: bool(a < b),
    "$lte": lambda a, b: bool(a <= b),
}


def _operator(value: Any, name: str, operand: Any, siblings: Mapping[str, Any]) -> bool:
    if name in _COMPARISONS:
        return _compare(value, operand, _COMPARISONS[name])
    if name == "$regex":
        flags = re.IGNORECASE if "i" in str(siblings.get("$options", "")) else 0
        return isinstance(value, str) and re.search(str(operand), value, flags) is not None
    simple: dict[str, Callable[[], bool]] = {
        "$options": lambda: True,
        "$in": lambda: any(_equal(value, item) for item in operand),
        "$all": lambda: all(_equal(value, item) for item in operand),
        "$not": lambda: not _fits(value, operand),
        "$exists": lambda: (value is not _MISSING) == bool(operand),
        "$elemMatch": lambda: isinstance(value, list) and any(matches(item, operand) for item in value),
    }
    return simple[name]()


def within_reach(rows: list[dict[str, Any]], query: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The part of rows (in the order of `_id`) that MongoDB's index on `_id` leaves to be looked at."""
    parts = [query, *query.get("$and", [])]
    wanted: Mapping[str, Any] = next((part["_id"] for part in parts if isinstance(part.get("_id"), Mapping)), {})
    ids = wanted.get("$in")
    if isinstance(wanted.get("$gt"), int):
        rows = rows[bisect_right(rows, wanted["$gt"], key=lambda row: int(row["_id"])) :]
    if isinstance(ids, list) and all(isinstance(one, int) for one in ids):
        places = [bisect_left(rows, one, key=lambda row: int(row["_id"])) for one in sorted(set(ids))]
        rows = [rows[place] for place in dict.fromkeys(places) if place < len(rows)]
    return rows


def ordered(rows: list[dict[str, Any]], sort: Mapping[str, int]) -> list[dict[str, Any]]:
    """Rows in the wanted order; rows without the key come first, as in MongoDB. Equal rows keep their `_id`
    order.
    """
    result = sorted(rows, key=lambda row: int(row["_id"]))
    if sort == {"_id": 1}:
        return result
    for key, direction in reversed(list(sort.items())):
        result = sorted(result, key=lambda row, k=key: _rank(lookup(row, k)), reverse=int(direction) < 0)  # type: ignore[misc]
    return result


def _rank(value: Any) -> tuple[int, float, str]:
    if value is _MISSING or value is None:
        return (0, 0.0, "")
    if isinstance(value, (int, float)):
        return (1, float(value), "")
    return (2, 0.0, str(value))
