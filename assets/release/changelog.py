"""What changed since the previous version, in words and in numbers, from the published files alone.

Belongs here: comparing two published tables by key. Does not belong here: why it changed, or anything a reader of both
versions could not see: a figure that is suppressed in either is never told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from assets.release.content import Content, Value, text

BIGGEST = 10

Row = Mapping[str, Value]


@dataclass(frozen=True)
class Change:
    """One figure that moved."""

    key: dict[str, str]
    column: str
    before: str
    after: str
    difference: str


@dataclass(frozen=True)
class ChangeLog:
    """The difference between two versions; `first` when there is no earlier one to compare with."""

    first: bool
    rows: int
    added: int = 0
    removed: int = 0
    changed: int = 0
    columns_added: tuple[str, ...] = ()
    columns_removed: tuple[str, ...] = ()
    changed_by_column: tuple[tuple[str, int], ...] = ()
    biggest: tuple[Change, ...] = ()
    comparable: bool = True

    def as_json(self) -> dict[str, Any]:
        """The change log for machines."""
        return {**asdict(self), "changed_by_column": dict(self.changed_by_column), "words": self.words()}

    def words(self) -> list[str]:
        """The change log for people."""
        if self.first:
            return [f"First version, {_rows(self.rows)}."]
        if not self.comparable:
            return ["The key columns changed, so rows cannot be compared with the version before.", *self._columns()]
        if not (self.added or self.removed or self.changed or self._columns()):
            return [f"No figure changed; {_rows(self.rows)} as before."]
        counts = f"{_rows(self.added)} added, {self.removed} removed, {self.changed} changed; {_rows(self.rows)} now."
        columns = [f"{name} changed in {_rows(count)}." for name, count in self.changed_by_column]
        return [counts, *self._columns(), *columns, *(_sentence(change) for change in self.biggest)]

    def _columns(self) -> list[str]:
        named = (("New columns", self.columns_added), ("Columns gone", self.columns_removed))
        return [f"{label}: {', '.join(names)}." for label, names in named if names]


def compare(previous: Path | None, content: Content) -> ChangeLog:
    """Compare with the Parquet file of the previous version."""
    if previous is None:
        return ChangeLog(first=True, rows=len(content.rows))
    import pyarrow.parquet as pq

    table = pq.read_table(previous)
    before_names, now_names = list(table.column_names), list(content.names)
    gone = tuple(n for n in before_names if n not in now_names)
    fresh = tuple(n for n in now_names if n not in before_names)
    if any(key in fresh for key in content.keys):
        return ChangeLog(False, len(content.rows), columns_added=fresh, columns_removed=gone, comparable=False)
    before = _by_key(table.to_pylist(), content.keys)
    after = _by_key([dict(zip(now_names, row, strict=True)) for row in content.rows], content.keys)
    shared = [n for n in now_names if n in before_names and n not in content.keys]
    changes = _changes(before, after, shared)
    return ChangeLog(
        first=False,
        rows=len(after),
        added=len(after.keys() - before.keys()),
        removed=len(before.keys() - after.keys()),
        changed=len({key for key, _ in changes}),
        columns_added=fresh,
        columns_removed=gone,
        changed_by_column=tuple((n, c) for n in shared if (c := sum(name == n for _, name in changes))),
        biggest=_biggest(before, after, changes, content.keys),
    )


def _by_key(rows: Sequence[Row], keys: Sequence[str]) -> dict[tuple[str, ...], Row]:
    return {tuple(text(row[key]) for key in keys): row for row in rows}


def _changes(
    before: Mapping[tuple[str, ...], Row], after: Mapping[tuple[str, ...], Row], columns: Sequence[str]
) -> list[tuple[tuple[str, ...], str]]:
    both = [key for key in after if key in before]
    return [(key, n) for key in both for n in columns if text(before[key][n]) != text(after[key][n])]


def _biggest(
    before: Mapping[tuple[str, ...], Row],
    after: Mapping[tuple[str, ...], Row],
    changes: Sequence[tuple[tuple[str, ...], str]],
    keys: Sequence[str],
) -> tuple[Change, ...]:
    moved = []
    for key, name in changes:
        old, new = _number(before[key][name]), _number(after[key][name])
        if old is not None and new is not None:
            moved.append((-abs(new - old), key, name, old, new))
    moved.sort(key=lambda m: m[:3])
    return tuple(
        Change(dict(zip(keys, key, strict=True)), name, format(old, "f"), format(new, "f"), format(new - old, "+f"))
        for _, key, name, old, new in moved[:BIGGEST]
    )


def _number(value: Value) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return Decimal(str(value))


def _rows(count: int) -> str:
    return f"{count} row" if count == 1 else f"{count} rows"


def _sentence(change: Change) -> str:
    where = ", ".join(f"{name} {value}" for name, value in change.key.items())
    return f"{where}: {change.column} from {change.before} to {change.after} ({change.difference})."
