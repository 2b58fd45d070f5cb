"""What other published frames say about a table: earlier versions of it, and sibling products with the same cells.

Belongs here: lining another frame up with today's figures. Does not belong here: what is done about it (`protect`
keeps old patterns and does not hide behind cells that are public; `audit` attacks with them).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from assets.release.tables import REPORTED, SUPPRESSED, CountRule, CountTable, Key, read_keys, read_status

if TYPE_CHECKING:
    import pandas as pd


def still_true(frame: pd.DataFrame, other: pd.DataFrame, rule: CountRule) -> pd.DataFrame:
    """The rows of another frame that hold today: a figure corrected since gives nothing away. A part that changed
    while its total did not is emptied."""
    now = dict(zip(read_keys(frame, rule), _counts(frame, rule), strict=True))
    nothing = (None,) * (1 + len(rule.parts))
    rows = []
    for key, then, status in zip(read_keys(other, rule), _counts(other, rule), read_status(other, rule), strict=True):
        same = [a == b for a, b in zip(then, now.get(key, nothing), strict=True)]
        if key in now and (status == SUPPRESSED or same[0]):
            parts = [value if ok else None for value, ok in zip(then[1:], same[1:], strict=True)]
            rows.append((*key, then[0], *parts, status))
    return type(other)(rows, columns=[*rule.keys, rule.value, *rule.parts, rule.status], dtype=object)


def seen_before(table: CountTable, rule: CountRule, elsewhere: Sequence[pd.DataFrame]) -> tuple[set[int], set[int]]:
    """Cells that earlier versions suppressed, and cells they show."""
    position = {key: i for i, key in enumerate(table.keys)}
    hidden: set[Key] = set()
    shown: set[Key] = set()
    for frame in elsewhere:
        for key, status in zip(read_keys(frame, rule), read_status(frame, rule), strict=True):
            (shown if status == REPORTED else hidden if status == SUPPRESSED else set()).add(key)
    return {position[k] for k in hidden if k in position}, {position[k] for k in shown if k in position}


def _counts(frame: pd.DataFrame, rule: CountRule) -> list[tuple[object, ...]]:
    """The value and the parts of each row, missing as None whatever pandas calls it."""
    columns = [frame[c].astype(object).where(frame[c].notna(), None).tolist() for c in (rule.value, *rule.parts)]
    return list(zip(*columns, strict=True))
