"""The proof: what an outsider can work out about every suppressed cell, from the published cells alone.

Belongs here: reading a published table as an outsider would, the least and greatest value of each suppressed cell, and
the verdict. Does not belong here: anything that knows a suppressed value. This module shares neither its reading of
the sums nor its judgement with `protect`, so that a mistake there is found here.

A cell passes only by witnesses: two tables of whole numbers that agree with everything published, checked in integer
arithmetic, that differ in this cell by the width. So a wrong answer of the solver can fail a release, never pass one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from assets.release.solver import LinearModel, solver_name
from assets.release.sums import Outsider, Piece, read_published
from assets.release.tables import CountRule, Key

if TYPE_CHECKING:
    import pandas as pd

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Interval:
    """What an outsider knows about one suppressed cell. `high` is None where nothing published limits it.

    `low` and `high` are the limits a linear program gives; `certified` is the span of whole-number tables shown to
    exist, the only one the verdict uses.
    """

    key: Key
    low: int
    high: int | None
    certified: int


@dataclass(frozen=True)
class AuditReport:
    """The outcome for one count column. `intervals` is for the officer; a certificate carries the summary only."""

    value: str
    verdict: str
    cells: int
    shown: int
    suppressed: int
    without_figure: int
    small_shown: int
    exposed: tuple[Key, ...]
    smallest_width: int | None
    required_width: int
    status: str
    solver: str
    programs: int
    intervals: tuple[Interval, ...]

    @property
    def passed(self) -> bool:
        """Whether this table may leave."""
        return self.verdict == "pass"


def audit(published: pd.DataFrame, rule: CountRule, elsewhere: Sequence[pd.DataFrame] = ()) -> AuditReport:
    """Attack a published table. `elsewhere` are published frames with the same keys that show some of
    the same figures (another version, a sibling product): an outsider reads them together."""
    outsider = read_published(published, rule, elsewhere)
    roof = _roof(outsider, rule)
    attacks = [_Attack(piece, rule, roof) for piece in outsider.pieces]
    for attack in attacks:
        attack.run()
    intervals = [i for attack in attacks for i in attack.intervals(outsider.keys)]
    intervals += [Interval(outsider.keys[c], outsider.known[c], outsider.known[c], 0) for c in outsider.given_away]
    return _report(outsider, rule, attacks, sorted(intervals, key=lambda i: i.key))


class _Attack:
    """The attack on one connected piece of suppressed cells."""

    def __init__(self, piece: Piece, rule: CountRule, roof: int) -> None:
        self.piece, self.rule, self.roof = piece, rule, roof
        n = len(piece.cells)
        self.least = rule.attacker.least
        side = piece.right.astype(np.float64)
        floor, ceiling = np.full(n, float(self.least)), np.full(n, float(roof))
        self.model = LinearModel(floor, ceiling, piece.row_maps(), side, side, primal=True)
        self.low, self.high = np.full(n, -np.inf), np.full(n, np.inf)
        self.seen_low, self.seen_high = np.full(n, roof + 1), np.full(n, -1)
        self.statuses: set[str] = set()

    def run(self) -> None:
        """Both limits of each cell by linear programs; where these prove too little, whole-number programs."""
        for cell in range(len(self.piece.cells)):
            self.low[cell] = self._limit(cell, 1.0)
            self.high[cell] = self._limit(cell, -1.0)
        short = np.flatnonzero(self.certified < self._needed)
        if len(short):
            self._search([int(c) for c in short if self.high[c] - self.low[c] >= self._needed - 1e-6])

    @property
    def certified(self) -> Ints:
        """How far apart the whole-number tables found so far lie in each cell."""
        return np.asarray(np.maximum(self.seen_high - self.seen_low, 0))

    @property
    def _needed(self) -> int:
        return max(self.rule.width, 1)

    def intervals(self, keys: tuple[Key, ...]) -> list[Interval]:
        """The piece's cells with their limits, rounded inwards to whole numbers."""
        out = []
        for i, cell in enumerate(self.piece.cells):
            low, high = _ceil(self.low[i], self.least), _floor(self.high[i], self.roof)
            out.append(Interval(keys[cell], low, None if high >= self.roof else high, int(self.certified[i])))
        return out

    def _limit(self, cell: int, sense: float) -> float:
        self.model.aim(cell, sense)
        answer = self.model.solve()
        if not answer.solved:
            self.statuses.add(answer.status)
        if answer.values is None:
            return sense * -np.inf
        self._witness(answer.values)
        return sense * answer.objective

    def _search(self, cells: list[int]) -> None:
        self.model.whole_numbers(len(self.piece.cells), True)
        for cell in cells:
            for sense in (1.0, -1.0):
                if self.certified[cell] < self._needed:
                    self._limit(cell, sense)

    def _witness(self, values: NDArray[np.float64]) -> None:
        """Count a solution only if, rounded, it agrees with every published figure in integer arithmetic."""
        table = np.rint(values).astype(np.int64)
        if (table >= self.least).all() and self.piece.agrees(table):
            self.seen_low, self.seen_high = np.minimum(self.seen_low, table), np.maximum(self.seen_high, table)


def _roof(outsider: Outsider, rule: CountRule) -> int:
    """A ceiling far above anything that matters, so that a cell without limit gives an answer instead of an error."""
    largest = max(outsider.known.values(), default=0)
    return 2 * largest + 1_000 * rule.width


def _ceil(value: float, otherwise: int) -> int:
    return int(np.ceil(value - 1e-6)) if np.isfinite(value) else otherwise


def _floor(value: float, otherwise: int) -> int:
    return int(np.floor(value + 1e-6)) if np.isfinite(value) else otherwise


def _report(outsider: Outsider, rule: CountRule, attacks: list[_Attack], intervals: list[Interval]) -> AuditReport:
    needed = max(rule.width, 1)
    exposed = tuple(i.key for i in intervals if i.certified < needed)
    statuses = sorted({s for a in attacks for s in a.statuses}) or ["Optimal"]
    small = sum(0 < v < rule.threshold for v in outsider.shown_values)
    return AuditReport(
        value=rule.value,
        verdict="fail" if exposed or small else "pass",
        cells=outsider.rows,
        shown=len(outsider.shown_values),
        suppressed=len(intervals),
        without_figure=outsider.rows - len(outsider.shown_values) - len(intervals),
        small_shown=small,
        exposed=exposed,
        smallest_width=min((i.certified for i in intervals), default=None),
        required_width=needed,
        status=", ".join(statuses),
        solver=solver_name(),
        programs=sum(a.model.solved_count for a in attacks),
        intervals=tuple(intervals),
    )
