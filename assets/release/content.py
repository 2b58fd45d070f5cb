"""The rows of a release with exact types and one order, whatever library they came through.

Belongs here: turning a DataFrame into typed, sorted rows, their canonical text and its hash. Does not belong here: file
formats (`files`), what may be shown (`disclosure`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from assets.release.dictionary import Column
from orchestration.failures import Permanent

if TYPE_CHECKING:
    import pandas as pd

Value = str | int | float | bool | Decimal | date | None

_DECIMAL = re.compile(r"^(?:DECIMAL|NUMERIC)\((\d+), ?(\d+)\)$")
_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "INT", "BIGINT", "HUGEINT", "UINTEGER", "UBIGINT")
_KINDS = {
    **dict.fromkeys(_WHOLE, "whole"),
    **dict.fromkeys(("VARCHAR", "TEXT", "STRING", "JSON"), "text"),
    **dict.fromkeys(("DOUBLE", "FLOAT", "REAL"), "real"),
    "BOOLEAN": "truth",
    "DATE": "day",
}


@dataclass(frozen=True)
class Content:
    """Typed rows in the order of their keys. Equal content has equal canonical text under any library version."""

    columns: tuple[Column, ...]
    keys: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(column.name for column in self.columns)

    @cached_property
    def texts(self) -> tuple[tuple[str, ...], ...]:
        """The canonical text of every value: hashed, written and compared, and worked out once."""
        return tuple(tuple(map(text, row)) for row in self.rows)

    def without(self, name: str | None) -> Content:
        """The same rows without one column (a geometry has no place in a spreadsheet)."""
        if name is None:
            return self
        keep = [i for i, column in enumerate(self.columns) if column.name != name]
        rows = tuple(tuple(row[i] for i in keep) for row in self.rows)
        return Content(tuple(self.columns[i] for i in keep), self.keys, rows)


def read_content(frame: pd.DataFrame, columns: Sequence[Column], keys: Sequence[str]) -> Content:
    """Typed rows of a frame, sorted by all keys; a row without a full key, or with another's, is refused."""
    missing = [key for key in keys if key not in [c.name for c in columns]]
    if missing or not keys:
        raise Permanent(
            f"A release is sorted by its keys, but {missing or 'none'} of them are published columns. Opt the key "
            "columns in, or correct the keys of the release."
        )
    columns_of_values = [_read_column(frame, column) for column in columns]
    rows = list(zip(*columns_of_values, strict=True)) if columns_of_values else []
    at = [[c.name for c in columns].index(key) for key in keys]
    _require_keys([tuple(row[i] for i in at) for row in rows], keys)
    rows.sort(key=lambda row: tuple(row[i] for i in at))
    return Content(tuple(columns), tuple(keys), tuple(rows))


def kind(column: Column) -> str:
    """What the values of a column are: whole, decimal, real, text, truth or day."""
    name = column.data_type.strip().upper()
    if _DECIMAL.match(name):
        return "decimal"
    if name not in _KINDS:
        raise Permanent(
            f"Column {column.name!r} has the type {column.data_type!r}, which no release format carries faithfully. "
            f"Cast it in the mart to one of {', '.join(sorted({*_KINDS, 'DECIMAL(p,s)'}))}."
        )
    return _KINDS[name]


def decimal_places(column: Column) -> tuple[int, int]:
    """Precision and scale of a DECIMAL column."""
    found = _DECIMAL.match(column.data_type.strip().upper())
    return (int(found[1]), int(found[2])) if found else (38, 0)


def text(value: Value) -> str:
    """The canonical text of a value: what the CSV shows and what is hashed. Nothing at all is the empty text."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, date) else str(value)


def content_hash(content: Content, words: Mapping[str, object]) -> str:
    """One hash for what a reader gets: rows, columns, and the words that explain them.

    Not in it: version, dates of making, commit, hashes of inputs. A release made again from other bytes that says the
    same thing is the same release, and no new version is made of it.
    """
    digest = hashlib.sha256()
    head = {"columns": [asdict(c) for c in content.columns], "keys": content.keys, "words": words}
    digest.update(json.dumps(head, sort_keys=True, ensure_ascii=False, default=str).encode())
    for row in content.texts:
        digest.update(("\n" + "\x1f".join(row)).encode())
    return digest.hexdigest()


def _read_column(frame: pd.DataFrame, column: Column) -> list[Value]:
    read, out, bad = _READERS[kind(column)](column), [], 0
    values = frame[column.name].astype(object).tolist()
    for value, missing in zip(values, frame[column.name].isna().tolist(), strict=True):
        try:
            out.append(None if missing else read(value))
        except (ValueError, TypeError, ArithmeticError):
            bad += 1
    if bad:
        raise Permanent(
            f"{bad} values of column {column.name!r} are not of its declared type {column.data_type}. Correct the "
            "type in the mart's YAML or the cast in its SQL."
        )
    return out


Reader = Callable[[object], Value]


def _whole(value: object) -> Value:
    number = int(value)  # type: ignore[call-overload]
    if number != value or isinstance(value, str):
        raise ValueError
    return int(number)


def _decimal(column: Column) -> Reader:
    places = Decimal(1).scaleb(-decimal_places(column)[1])
    # By way of its text: DuckDB hands a DECIMAL to pandas as a float, whose own digits would all be kept.
    return lambda value: Decimal(str(value)).quantize(places)


def _text(value: object) -> Value:
    if not isinstance(value, str):
        raise TypeError
    # The empty text and nothing are one in every spreadsheet; a release does not pretend otherwise.
    return value or None


def _truth(value: object) -> Value:
    if value not in (True, False):
        raise ValueError
    return bool(value)


def _day(value: object) -> Value:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else date.fromisoformat(str(value))


_READERS: dict[str, Callable[[Column], Reader]] = {
    "whole": lambda _: _whole,
    "decimal": _decimal,
    "real": lambda _: float,  # type: ignore[dict-item,return-value]
    "text": lambda _: _text,
    "truth": lambda _: _truth,
    "day": lambda _: _day,
}


def _require_keys(keys: Sequence[tuple[Value, ...]], names: Sequence[str]) -> None:
    empty = sum(None in key for key in keys)
    repeated = len(keys) - len(set(keys))
    if empty or repeated:
        raise Permanent(
            f"A release has one row per {', '.join(names)}: {empty} rows have an empty key and {repeated} repeat "
            "another's. Mend the grain of the mart or the keys of the release."
        )
