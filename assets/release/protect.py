"""Which cells of a count table are hidden: the small ones, and the company that keeps them from being worked out.

Belongs here: primary suppression, and the order of repair and clean-up. Does not belong here: the linear models
themselves (`repair`, `cleanup`) and the proof (`audit`), which never sees this module's reasons.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assets.release.blocks import Block, restrict, split_table
from assets.release.cleanup import CleanUp
from assets.release.repair import Repair
from assets.release.solver import Floats
from assets.release.tables import CountRule, CountTable

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Pattern:
    """What is hidden. `primary` never leaves the house: small cells and their company must look alike."""

    primary: Mask
    hidden: Mask


def primary_cells(table: CountTable, rule: CountRule) -> Mask:
    """Cells that may not be shown, at every level: at least one person and fewer than the threshold."""
    return np.asarray(table.counted & (table.values > 0) & (table.values < rule.threshold))


def choose_pattern(
    table: CountTable, rule: CountRule, hidden_before: Collection[int] = (), public: Collection[int] = ()
) -> Pattern:
    """Hide every primary cell and, at little loss of people, enough others.

    `hidden_before` stay hidden (a pattern that moves between versions gives its secrets away); `public` cells are
    known already, so hiding them protects nobody.
    """
    primary = primary_cells(table, rule)
    hidden = primary.copy()
    hidden[[c for c in hidden_before if table.counted[c] and table.values[c] > 0]] = True
    kept = _mask(len(hidden), public)
    for block in split_table(table):
        cells = list(block.cells)
        if hidden[cells].any():
            hidden[cells] = _protect_block(block, hidden[cells], kept[cells], rule)
    return Pattern(primary, hidden)


def widen(
    table: CountTable, rule: CountRule, pattern: Pattern, short: Mapping[int, int], public: Collection[int] = ()
) -> Pattern:
    """Hide more around the cells the audit found short, asking for `short[cell]` more people of width.

    Nothing is shown again, so every cell that had passed passes still.
    """
    hidden, kept = pattern.hidden.copy(), _mask(len(pattern.hidden), public)
    width = np.full(len(hidden), float(rule.width))
    for cell, more in short.items():
        width[cell] += more
    for block in split_table(table):
        cells = np.array(block.cells)
        ask = [i for i, cell in enumerate(block.cells) if cell in short]
        if ask:
            repair = Repair(block, hidden[cells], kept[cells], rule.attacker.least)
            repair.protect(ask, width[cells])
            hidden[cells] = repair.hidden
    return Pattern(pattern.primary, hidden)


def _mask(size: int, cells: Collection[int]) -> Mask:
    mask = np.zeros(size, dtype=bool)
    mask[list(cells)] = True
    return mask


def _protect_block(block: Block, forced: Mask, kept: Mask, rule: CountRule) -> Mask:
    width = np.full(len(block.cells), float(rule.width))
    repair = Repair(block, forced, kept, rule.attacker.least)
    repair.protect(np.flatnonzero(forced).tolist(), width)
    hidden = repair.hidden
    for piece in restrict(block, np.flatnonzero(hidden).tolist()):
        _clean(piece, forced, hidden, width, rule.attacker.least)
    return hidden


def _clean(piece: Block, forced: Mask, hidden: Mask, width: Floats, least: int) -> None:
    """Show again, in `hidden`, what this piece does not need."""
    cells = np.array(piece.cells)
    free = np.flatnonzero(~forced[cells])
    if len(free):
        cleanup = CleanUp(piece, width[cells], least)
        cleanup.show_again(free[np.argsort(-piece.values[free], kind="stable")].tolist())
        hidden[cells] = cleanup.hidden
