"""Complementary suppression: the cheapest company for each hidden cell that stands too exposed.

Belongs here: the linear model that looks for two alternative tables far enough apart, and the cells that must be
hidden to allow them. Does not belong here: taking cells out again (`cleanup`), or the proof (`audit`).

Method (Kelly, Golden and Assad 1992; Fischetti and Salazar 2001): an outsider's interval for a cell is as wide as two
tables, both in agreement with everything shown, can differ in it. So for each exposed cell one model holds two such
tables as deviations `up` and `down` from the truth, demands that they differ by the width, and pays for every person
in a visible cell that it moves. What it moved is then hidden.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from assets.release.blocks import Block, Row, restrict
from assets.release.reach import MOVED, Reach
from assets.release.solver import Floats, LinearModel
from orchestration.failures import Permanent

# Above this size asking the piece of hidden cells first costs more than the answer saves.
SMALL_PIECE = 400


class Repair:
    """The state of one block while cells are being hidden."""

    def __init__(self, block: Block, hidden: NDArray[np.bool_], kept: NDArray[np.bool_], least: int) -> None:
        self.block, self.kept, self.least, self.n = block, kept, least, len(block.cells)
        self.hidden = hidden.copy()
        self.highest, self.lowest = np.zeros(self.n), np.zeros(self.n)
        self._rows_of = _rows_of(block)
        self._reaches: dict[int, Reach] = {}
        self._model = self._build()
        self._focus: int | None = None

    def protect(self, cells: Iterable[int], width: Floats) -> None:
        """Hide cells until each given cell, and each cell hidden on the way, can differ by its width."""
        queue = sorted(cells, key=lambda c: (-self.block.values[c], c))
        for cell in queue:
            if self._short(cell, width) and not self._moves_freely(cell, width):
                queue.extend(self._hide_company(cell, float(width[cell])))

    def _short(self, cell: int, width: Floats) -> bool:
        return bool(self.highest[cell] - self.lowest[cell] < width[cell] - MOVED)

    def _moves_freely(self, cell: int, width: Floats) -> bool:
        """Whether the cells hidden so far are company enough: a small model, asked before the large one."""
        reach = self._reach(cell, float(width.max()))
        if reach is None:
            return False
        where = list(reach.cells)
        for sense in (-1.0, 1.0):
            found = reach.extreme(where.index(cell), sense)
            self.highest[where] = np.maximum(self.highest[where], found)
            self.lowest[where] = np.minimum(self.lowest[where], found)
        return not self._short(cell, width)

    def _reach(self, cell: int, width: float) -> Reach | None:
        if cell not in self._reaches:
            members = self._connected(cell)
            if len(members) > SMALL_PIECE:
                return None
            (piece,) = restrict(self.block, members)
            self._reaches |= dict.fromkeys(members, Reach(piece, width, self.least))
        return self._reaches[cell]

    def _connected(self, start: int) -> list[int]:
        found, edge = {start}, [start]
        while edge and len(found) <= SMALL_PIECE:
            near = {c for row in self._rows_of[edge.pop()] for c in self.block.rows[row] if self.hidden[c]}
            edge.extend(sorted(near - found))
            found |= near
        return sorted(found)

    def _hide_company(self, cell: int, width: float) -> list[int]:
        """Hide the cheapest set of further cells that lets `cell` move by `width`; return what was added."""
        self._aim(cell, width)
        answer = self._model.solve()
        if answer.values is None or not answer.solved:
            raise Permanent(
                "A small count cannot be hidden: every way of hiding it needs a cell that is already public "
                f"(solver: {answer.status}). Publish a coarser level, or leave this table out of the release."
            )
        up, down = self._deviations(answer.values)
        moved = (np.abs(up) > MOVED) | (np.abs(down) > MOVED)
        added = np.flatnonzero(moved & ~self.hidden)
        self._hide(added)
        self.highest = np.maximum(self.highest, np.maximum(up, down))
        self.lowest = np.minimum(self.lowest, np.minimum(up, down))
        return [int(c) for c in added]

    def _hide(self, added: NDArray[np.int64]) -> None:
        self.hidden[added] = True
        self._price(added, np.zeros(len(added)))
        for row in {r for cell in added for r in self._rows_of[cell]}:
            for cell in self.block.rows[row]:
                for member in self._reaches[cell].cells if cell in self._reaches else ():
                    del self._reaches[member]

    def _aim(self, cell: int, width: float) -> None:
        """Demand that the two tables differ by `width` in this cell and no longer in the one before."""
        row = 2 * len(self.block.rows)
        if self._focus is not None:
            self._couple(row, self._focus, 0.0)
        self._couple(row, cell, 1.0)
        self._model.set_row(row, width, np.inf)
        self._focus = cell

    def _couple(self, row: int, cell: int, sign: float) -> None:
        for part, direction in enumerate((sign, -sign, -sign, sign)):
            self._model.set_coefficient(row, part * self.n + cell, direction)

    def _deviations(self, values: Floats) -> tuple[Floats, Floats]:
        parts = values.reshape(4, self.n)
        return parts[0] - parts[1], parts[2] - parts[3]

    def _price(self, cells: NDArray[np.int64], costs: Floats) -> None:
        columns = np.concatenate([cells + part * self.n for part in range(4)])
        self._model.set_costs(columns.tolist(), np.tile(costs, 4).tolist())

    def _build(self) -> LinearModel:
        """Columns: up+, up-, down+, down-; rows: every sum holds in both tables, and one row to tell them apart."""
        n, sums = self.n, len(self.block.rows)
        free = np.where(self.kept, 0.0, np.inf)
        fall = np.where(self.kept, 0.0, np.maximum(self.block.values - self.least, 0.0))
        rows = [self._balance(row, table) for table in (0, 2) for row in self.block.rows]
        zeros = np.zeros(2 * sums)
        ceiling = np.concatenate([free, fall, free, fall])
        self._model = LinearModel(
            np.zeros(4 * n), ceiling, [*rows, {}], np.append(zeros, -np.inf), np.append(zeros, np.inf)
        )
        # One person more than the cell holds, so that of two cells of one person neither is free to hide.
        self._price(np.arange(n), np.where(self.hidden, 0.0, self.block.values + 1.0))
        return self._model

    def _balance(self, row: Row, table: int) -> Row:
        plus = {table * self.n + cell: sign for cell, sign in row.items()}
        minus = {(table + 1) * self.n + cell: -sign for cell, sign in row.items()}
        return plus | minus


def _rows_of(block: Block) -> list[list[int]]:
    out: list[list[int]] = [[] for _ in block.cells]
    for number, row in enumerate(block.rows):
        for cell in row:
            out[cell].append(number)
    return out
