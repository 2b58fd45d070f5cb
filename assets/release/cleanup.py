"""Showing again what was hidden for nothing: the pass after `repair`, dearest cells first.

Belongs here: deciding whether a complementary cell can be shown while every hidden cell keeps its width. Does not
belong here: choosing cells to hide, or the proof.

Each alternative table found so far is kept as a witness. Showing a cell only invalidates the witnesses that move it,
so most trials cost no solver call at all.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from assets.release.blocks import Block
from assets.release.reach import MOVED, Reach
from assets.release.solver import Floats


class CleanUp:
    """One connected piece of hidden cells."""

    def __init__(self, piece: Block, width: Floats, least: int) -> None:
        self.width = width
        self.reach = Reach(piece, float(width.max()), least)
        self.hidden = np.ones(len(piece.cells), dtype=bool)
        self.witnesses: Floats = np.zeros((1, len(piece.cells)))

    def show_again(self, candidates: Iterable[int]) -> None:
        """Try each candidate in the order given and show those nobody needs."""
        for cell in candidates:
            self.reach.fix(cell)
            still = self.witnesses[np.abs(self.witnesses[:, cell]) < MOVED]
            proof = self._proof(still, cell)
            if proof is None:
                self.reach.release(cell)
            else:
                self.witnesses, self.hidden[cell] = proof, False

    def _proof(self, witnesses: Floats, without: int) -> Floats | None:
        """Witnesses that give every other hidden cell its width, or None if one of them loses it."""
        fresh: list[Floats] = []
        high, low = witnesses.max(axis=0), witnesses.min(axis=0)
        # The cells left with least room first: most refusals then take one look.
        order = np.argsort(high - low, kind="stable")
        for cell in order[self.hidden[order] & (order != without)].tolist():
            for sense in (-1.0, 1.0):
                if self._short(high, low, cell):
                    found = self.reach.extreme(cell, sense)
                    fresh.append(found)
                    high, low = np.maximum(high, found), np.minimum(low, found)
            if self._short(high, low, cell):
                self.witnesses = np.vstack([self.witnesses, *fresh])
                return None
        return np.vstack([witnesses, *fresh])

    def _short(self, high: Floats, low: Floats, cell: int) -> bool:
        return bool(high[cell] - low[cell] < self.width[cell] - MOVED)
