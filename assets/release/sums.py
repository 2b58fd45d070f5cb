"""A published table as an outsider reads it: known cells, suppressed cells, and the sums that tie them together.

Belongs here: turning published rows and hierarchies into small systems of equations, with nothing but what is
published. Does not belong here: unsuppressed values, solving. Written apart from `tables` on purpose: the audit must
not inherit a sum that the protection forgot.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assets.release.tables import (
    REPORTED,
    SUPPRESSED,
    CountRule,
    Key,
    integers,
    read_keys,
    read_status,
    require_columns,
    require_silence,
)
from orchestration.failures import Permanent

if TYPE_CHECKING:
    import pandas as pd

Ints = NDArray[np.int64]
Sum = dict[int, int]


@dataclass(frozen=True)
class Piece:
    """Suppressed cells tied together by published sums: signs @ cells = right, row by row."""

    cells: tuple[int, ...]
    row: Ints
    column: Ints
    sign: Ints
    right: Ints

    def agrees(self, table: Ints) -> bool:
        """Whether whole numbers for the cells fit every published figure, exactly."""
        total = np.zeros(len(self.right), dtype=np.int64)
        np.add.at(total, self.row, self.sign * table[self.column])
        return bool((total == self.right).all())

    def row_maps(self) -> list[dict[int, float]]:
        """The rows as a linear model takes them."""
        rows: list[dict[int, float]] = [{} for _ in self.right]
        for row, column, sign in zip(self.row.tolist(), self.column.tolist(), self.sign.tolist(), strict=True):
            rows[row][column] = float(sign)
        return rows


@dataclass(frozen=True)
class Outsider:
    """Everything an outsider holds. `given_away` are suppressed cells that another version shows openly."""

    rows: int
    keys: tuple[Key, ...]
    known: dict[int, int]
    shown_values: tuple[int, ...]
    given_away: tuple[int, ...]
    pieces: tuple[Piece, ...]


def read_published(published: pd.DataFrame, rule: CountRule, elsewhere: Sequence[pd.DataFrame] = ()) -> Outsider:
    """Read a published table; refuse one whose visible figures contradict each other."""
    require_columns(published, rule)
    keys, status = read_keys(published, rule), read_status(published, rule)
    require_silence(published, rule, status)
    shown = [s == REPORTED for s in status]
    values = integers(published[rule.value].astype(object), shown, rule.value)
    alive = [i for i, s in enumerate(status) if s in (REPORTED, SUPPRESSED)]
    known = {i: int(values[i]) for i in alive if shown[i]}
    given = _given_away(keys, [i for i in alive if not shown[i]], rule, elsewhere)
    everything = known | given
    sums = list(_published_sums({keys[i]: i for i in alive}, rule))
    _refuse_contradictions(sums, known, rule)
    unknown = [i for i in alive if i not in everything]
    return Outsider(
        rows=len(keys),
        keys=tuple(keys),
        known=everything,
        shown_values=tuple(known.values()),
        given_away=tuple(sorted(given)),
        pieces=tuple(_pieces(sums, unknown, everything)),
    )


def _given_away(
    keys: list[Key], hidden: list[int], rule: CountRule, elsewhere: Sequence[pd.DataFrame]
) -> dict[int, int]:
    """Suppressed cells whose value stands in another published frame."""
    stands: dict[Key, int] = {}
    for frame in elsewhere:
        shown = [s == REPORTED for s in read_status(frame, rule)]
        values = integers(frame[rule.value].astype(object), shown, rule.value).tolist()
        rows = zip(read_keys(frame, rule), values, shown, strict=True)
        stands |= {key: value for key, value, visible in rows if visible}
    return {i: stands[keys[i]] for i in hidden if keys[i] in stands}


def _published_sums(position: Mapping[Key, int], rule: CountRule) -> Iterator[Sum]:
    """Every published total with its parts, top down: a part that is not shown is replaced by its own parts."""
    for hierarchy in rule.hierarchies:
        slot = rule.keys.index(hierarchy.column)
        below: dict[str, list[str]] = {}
        for code in sorted(hierarchy.parents):
            below.setdefault(hierarchy.parents[code], []).append(code)
        for key, cell in position.items():
            parts = list(_parts(key, slot, below, position))
            if parts:
                yield {cell: -1} | dict.fromkeys(parts, 1)


def _parts(key: Key, slot: int, below: Mapping[str, list[str]], position: Mapping[Key, int]) -> Iterator[int]:
    for code in below.get(key[slot], ()):
        part = (*key[:slot], code, *key[slot + 1 :])
        if part in position:
            yield position[part]
        else:
            yield from _parts(part, slot, below, position)


def _refuse_contradictions(sums: Iterable[Sum], known: Mapping[int, int], rule: CountRule) -> None:
    full = [s for s in sums if all(cell in known for cell in s)]
    wrong = sum(sum(sign * known[cell] for cell, sign in s.items()) != 0 for s in full)
    if wrong:
        raise Permanent(
            f"{wrong} of {len(full)} fully published totals of {rule.value!r} are not the sum of their parts, so "
            "nothing can be proven about the suppressed cells. Mend the table, then build the release again."
        )


def _pieces(sums: Sequence[Sum], unknown: list[int], known: Mapping[int, int]) -> Iterator[Piece]:
    """Connected pieces of unknown cells, each with its rows and the published rest on the right."""
    rows = [row for row in sums if any(cell not in known for cell in row)]
    rows_of: dict[int, list[int]] = {cell: [] for cell in unknown}
    for number, row in enumerate(rows):
        for cell in row:
            if cell not in known:
                rows_of[cell].append(number)
    left = dict.fromkeys(unknown)
    while left:
        cells, used = _spread(next(iter(left)), rows, rows_of)
        for cell in cells:
            del left[cell]
        yield _piece(sorted(cells), [rows[r] for r in sorted(used)], known)


def _spread(start: int, rows: Sequence[Sum], rows_of: Mapping[int, list[int]]) -> tuple[set[int], set[int]]:
    """All unknown cells that a change in one of them may touch, and the sums that carry it."""
    cells, used, edge = {start}, set[int](), [start]
    while edge:
        for number in rows_of[edge.pop()]:
            if number not in used:
                used.add(number)
                fresh = [c for c in rows[number] if c in rows_of and c not in cells]
                cells.update(fresh)
                edge.extend(fresh)
    return cells, used


def _piece(cells: list[int], rows: list[Sum], known: Mapping[int, int]) -> Piece:
    inside = {cell: i for i, cell in enumerate(cells)}
    entries = [(r, inside[c], sign) for r, row in enumerate(rows) for c, sign in row.items() if c in inside]
    right = [-sum(sign * known[c] for c, sign in row.items() if c not in inside) for row in rows]
    table = np.array(entries, dtype=np.int64).reshape(-1, 3)
    return Piece(tuple(cells), table[:, 0], table[:, 1], table[:, 2], np.array(right, dtype=np.int64))
