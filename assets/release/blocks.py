"""Count tables cut into pieces that share no sum, so that each is protected (or attacked) by a small model.

Belongs here: the piece's own numbering, its sums as rows of a linear model, connected components. Does not belong
here: what is hidden and why.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.release.tables import CountTable

Row = dict[int, float]


@dataclass(frozen=True)
class Block:
    """Cells tied together by sums. `cells` are positions in the whole table; rows use the block's own numbers."""

    cells: tuple[int, ...]
    values: NDArray[np.float64]
    rows: tuple[Row, ...]


def split_table(table: CountTable) -> list[Block]:
    """The table's non-zero cells in independent blocks. A zero is published and moves nothing, so it links nothing."""
    alive = table.counted & (table.values > 0)
    rows = [_alive_row(e.parent, e.children, alive) for e in table.equations]
    cells = np.flatnonzero(alive).tolist()
    return cut(cells, table.values.astype(np.float64), [row for row in rows if row])


def cut(cells: Sequence[int], values: NDArray[np.float64], rows: Sequence[Row]) -> list[Block]:
    """Cut numbered cells and their rows into connected pieces, in the order of their first cell."""
    groups = components(cells, rows)
    home = {cell: g for g, group in enumerate(groups) for cell in group}
    local = {cell: i for group in groups for i, cell in enumerate(group)}
    parts: list[list[Row]] = [[] for _ in groups]
    for row in rows:
        parts[home[next(iter(row))]].append({local[cell]: sign for cell, sign in row.items()})
    return [Block(tuple(g), values[list(g)], tuple(p)) for g, p in zip(groups, parts, strict=True)]


def components(cells: Iterable[int], rows: Iterable[Iterable[int]]) -> list[list[int]]:
    """Connected components, each sorted, by union-find."""
    root = {cell: cell for cell in cells}
    for row in rows:
        first, *others = (_find(root, cell) for cell in row)
        for other in others:
            low, high = sorted((_find(root, first), _find(root, other)))
            root[high] = first = low
    groups: dict[int, list[int]] = {}
    for cell in sorted(root):
        groups.setdefault(_find(root, cell), []).append(cell)
    return [groups[head] for head in sorted(groups)]


def restrict(block: Block, chosen: Sequence[int]) -> list[Block]:
    """The block seen only through some of its cells (local numbers), cut again; the new `cells` are local numbers."""
    inside = set(chosen)
    rows = [{c: s for c, s in row.items() if c in inside} for row in block.rows]
    return cut(sorted(inside), block.values, [row for row in rows if row])


def _alive_row(parent: int, children: tuple[int, ...], alive: NDArray[np.bool_]) -> Row:
    row: Row = {child: 1.0 for child in children if alive[child]}
    if alive[parent]:
        row[parent] = -1.0
    return row


def _find(root: dict[int, int], cell: int) -> int:
    while root[cell] != cell:
        root[cell] = root[root[cell]]
        cell = root[cell]
    return cell
