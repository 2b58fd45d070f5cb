"""An attacker of our own: whole-number programs by scipy over the entire table, blind to how it was protected.

It shares no code with the platform: sums are read from the rows by brute force, nothing is split, rounded or pooled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix

CEILING = 100_000

Cell = tuple[str, ...]


def attack(
    frame: pd.DataFrame,
    keys: Sequence[str],
    value: str,
    parents: Mapping[str, Mapping[str, str]],
    least: int = 1,
    greatest: Mapping[Cell, int] | None = None,
) -> dict[Cell, tuple[int, int]]:
    """The least and greatest whole number of every suppressed cell that fits everything else in the frame."""
    cells = [tuple(row) for row in frame[list(keys)].itertuples(index=False)]
    hidden = (frame["value_status"] == "suppressed").tolist()
    known = {c: int(v) for c, v, h in zip(cells, frame[value], hidden, strict=True) if not h}
    unknown = [c for c, h in zip(cells, hidden, strict=True) if h]
    matrix, right = _equations(cells, known, unknown, keys, parents)
    limits = np.array([(greatest or {}).get(cell, CEILING) for cell in unknown], dtype=float)
    constraints = [LinearConstraint(matrix, right, right)] if len(right) else []
    found = {}
    for i, cell in enumerate(unknown):
        ends = [_extreme(i, sign, constraints, least, limits) for sign in (1.0, -1.0)]
        found[cell] = (ends[0], ends[1])
    return found


def _equations(
    cells: Sequence[Cell], known: Mapping[Cell, int], unknown: Sequence[Cell], keys: Sequence[str],
    parents: Mapping[str, Mapping[str, str]],
) -> tuple[csr_matrix, np.ndarray]:  # fmt: skip
    rows, right = [], []
    for slot, key in enumerate(keys):
        for total in cells:
            parts = [
                c
                for c in cells
                if parents.get(key, {}).get(c[slot]) == total[slot]
                and c[:slot] + c[slot + 1 :] == total[:slot] + total[slot + 1 :]
            ]
            if parts:
                sides = {total: -1, **dict.fromkeys(parts, 1)}
                rows.append([sides.get(u, 0) for u in unknown])
                right.append(-sum(sign * known[c] for c, sign in sides.items() if c in known))
    return csr_matrix(np.array(rows, dtype=float).reshape(len(rows), len(unknown))), np.array(right, dtype=float)


def _extreme(i: int, sign: float, constraints: list[LinearConstraint], least: int, limits: np.ndarray) -> int:
    cost = np.zeros(len(limits))
    cost[i] = sign
    bounds = Bounds(np.full(len(limits), float(least)), limits)
    found = milp(cost, constraints=constraints, integrality=np.ones(len(limits)), bounds=bounds)
    assert found.success, "the attacker's own program must have an answer: the true table is one"
    return round(sign * found.fun)


def exact(found: Mapping[Cell, tuple[int, int]]) -> set[Cell]:
    """Cells the attacker knows to the person."""
    return {cell for cell, (low, high) in found.items() if low == high}


def narrow(found: Mapping[Cell, tuple[int, int]], width: int) -> set[Cell]:
    """Cells the attacker knows to within fewer people than the rule demands."""
    return {cell for cell, (low, high) in found.items() if high - low < width}
