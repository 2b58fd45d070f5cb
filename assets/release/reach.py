"""How far a hidden cell can move: the small model of one connected piece of hidden cells.

Belongs here: the deviations from the true table that leave every visible cell and every sum as it is. Does not belong
here: what to hide or show because of it (`repair`, `cleanup`).
"""

from __future__ import annotations

import numpy as np

from assets.release.blocks import Block
from assets.release.solver import Floats, LinearModel

MOVED = 1e-6
# A deviation beyond this many widths proves nothing more; without a limit an unanchored piece has no finite answer.
FAR = 100.0


class Reach:
    """One piece. A deviation is one number per cell of the piece; the truth itself is the deviation of zeros."""

    def __init__(self, piece: Block, width: float, least: int) -> None:
        self.cells, self.n = piece.cells, len(piece.cells)
        self.fall = -np.maximum(piece.values - least, 0.0)
        self.rise = np.full(self.n, FAR * width)
        zeros = np.zeros(len(piece.rows))
        self._model = LinearModel(self.fall, self.rise, piece.rows, zeros, zeros, primal=True)

    def extreme(self, cell: int, sense: float) -> Floats:
        """The deviation that moves `cell` furthest, upwards for -1 and downwards for 1."""
        self._model.aim(cell, sense)
        answer = self._model.solve()
        return np.zeros(self.n) if answer.values is None else answer.values

    def fix(self, cell: int) -> None:
        """Treat the cell as shown: it cannot move."""
        self._model.set_bounds(cell, 0.0, 0.0)

    def release(self, cell: int) -> None:
        """Treat the cell as hidden again."""
        self._model.set_bounds(cell, float(self.fall[cell]), float(self.rise[cell]))
