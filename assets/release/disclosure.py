"""Disclosure control of one count table, from the complete mart to the table that may be shown.

Belongs here: the order of the steps (hide, attack, hide more, attack again), the published frame, and the counts that
share a row with the value. Does not belong here: the models (`protect`, `audit`), the certificate, or anything about
percentages, means and microdata.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from assets.release.audit import AuditReport, audit
from assets.release.elsewhere import seen_before, still_true
from assets.release.protect import Pattern, choose_pattern, primary_cells, widen
from assets.release.tables import (
    NOT_REPORTED,
    REPORTED,
    SUPPRESSED,
    Attacker,
    CountRule,
    CountTable,
    read_status,
    read_table,
    require_columns,
)
from orchestration.failures import Permanent

if TYPE_CHECKING:
    import pandas as pd

# Whole numbers can leave a cell one or two short of what the linear model promised; each round asks for a little more.
ROUNDS = 5


@dataclass(frozen=True)
class Protected:
    """The table that may be shown, and what only the house may know about it.

    `primary_cells` and `people_hidden` stay inside: whoever knows that every suppressed cell is a small one, or how
    many people stand in the others, has narrower intervals than the audit granted. `elsewhere` is what other
    published frames still give away today; the release is audited with it once more.
    """

    published: pd.DataFrame
    reports: tuple[AuditReport, ...]
    elsewhere: tuple[pd.DataFrame, ...]
    primary_cells: int
    suppressed_cells: int
    people_hidden: int


@dataclass(frozen=True)
class _Column:
    """One count column of the table with the rule it is judged by."""

    rule: CountRule
    table: CountTable


def protect_table(frame: pd.DataFrame, rule: CountRule, elsewhere: Sequence[pd.DataFrame] = ()) -> Protected:
    """Suppress what the rule asks for and prove it.

    `elsewhere` are published frames with the same keys that show the same figures, earlier versions or sibling
    products: what they suppressed stays suppressed, what they show is known to everybody.
    """
    require_columns(frame, rule)
    columns = [_Column(r, read_table(column_view(frame, r, r.value != rule.value), r)) for r in column_rules(rule)]
    main = columns[0]
    primary = _primary_rows(columns)
    known = tuple(still_true(frame, other, rule) for other in elsewhere)
    hidden_before, public = seen_before(main.table, rule, known)
    pattern = choose_pattern(main.table, rule, hidden_before | set(np.flatnonzero(primary).tolist()), public)
    for extra in range(1, ROUNDS + 1):
        published = suppress(frame, rule, pattern.hidden)
        reports = audit_columns(published, rule, known)
        if all(report.passed for report in reports):
            return _protected(main.table, Pattern(primary, pattern.hidden), published, reports, known)
        for column, report in zip(columns, reports, strict=True):
            pattern = _hide_more(column, pattern, report, 2 * extra, public)
    raise Permanent(
        f"After {ROUNDS} rounds of suppression {sum(len(r.exposed) for r in reports)} cells of {rule.value!r} can "
        f"still be worked out to within {rule.width} people. Publish a coarser level or fewer breakdowns of this table."
    )


def audit_columns(
    published: pd.DataFrame, rule: CountRule, elsewhere: Sequence[pd.DataFrame] = ()
) -> tuple[AuditReport, ...]:
    """The audit of the value and of each part, as an outsider would attack them.

    One by one is enough: parts are hidden in the same rows as their total, so any alternative parts add up to an
    alternative total.
    """
    require_columns(published, rule)
    reports = []
    for alone in column_rules(rule):
        part = alone.value != rule.value
        others = [column_view(other, alone, part) for other in elsewhere]
        reports.append(audit(column_view(published, alone, part), alone, others))
    return tuple(reports)


def column_rules(rule: CountRule) -> list[CountRule]:
    """The rule of the value and those of its parts. A hidden row may hold a part of zero, so an outsider who sees
    that a part is hidden does not know that anybody is in it."""
    alone = replace(rule, parts=(), derived=())
    outsider = Attacker(zeros_published=False)
    return [alone, *(replace(alone, value=part, attacker=outsider) for part in rule.parts)]


def column_view(frame: pd.DataFrame, rule: CountRule, part: bool = False) -> pd.DataFrame:
    """Keys, one count column and its own status: a part may be missing in a row whose total is reported, while a
    reported total without a figure stays what it is, a mistake that the reader refuses."""
    status = read_status(frame, rule)
    if part:
        missing = frame[rule.value].isna()
        status = [_part_status(s, bool(m)) for s, m in zip(status, missing, strict=True)]
    return frame[[*rule.keys, rule.value]].assign(**{rule.status: status})


def suppress(frame: pd.DataFrame, rule: CountRule, hidden: NDArray[np.bool_]) -> pd.DataFrame:
    """The frame with hidden rows emptied. Small cells and their company look exactly alike."""
    import pandas as pd

    status = [SUPPRESSED if h else s for h, s in zip(hidden, read_status(frame, rule), strict=True)]
    emptied: dict[str, Any] = {rule.status: status}
    for count in (rule.value, *rule.parts):
        shown = [None if h or pd.isna(v) else int(v) for v, h in zip(frame[count].astype(object), hidden, strict=True)]
        emptied[count] = pd.array(shown, dtype="Int64")
    for column in rule.derived:
        emptied[column] = frame[column].astype(object).mask(hidden, None)
    return frame.assign(**emptied)


def _part_status(row_status: str, missing: bool) -> str:
    if row_status == SUPPRESSED:
        return SUPPRESSED
    return NOT_REPORTED if missing else REPORTED


def _primary_rows(columns: Sequence[_Column]) -> NDArray[np.bool_]:
    """Rows with a small count in the value or in a part."""
    main = columns[0].table
    small = np.zeros(len(main.keys), dtype=bool)
    for column in columns:
        small |= primary_cells(column.table, column.rule)
    orphans = int((small & ~(main.counted & (main.values > 0))).sum())
    if orphans:
        raise Permanent(
            f"{orphans} rows hold a small count in a part of {columns[0].rule.value!r} but nobody in the total, so "
            "the total cannot be suppressed with it. Mend the rows, or publish the parts in a table of their own."
        )
    return small


def _hide_more(column: _Column, pattern: Pattern, report: AuditReport, more: int, public: set[int]) -> Pattern:
    if not report.exposed:
        return pattern
    position = {key: i for i, key in enumerate(column.table.keys)}
    return widen(column.table, column.rule, pattern, {position[key]: more for key in report.exposed}, public)


def _protected(
    table: CountTable,
    pattern: Pattern,
    published: pd.DataFrame,
    reports: tuple[AuditReport, ...],
    elsewhere: tuple[pd.DataFrame, ...],
) -> Protected:
    company = pattern.hidden & ~pattern.primary
    return Protected(
        published=published,
        reports=reports,
        elsewhere=elsewhere,
        primary_cells=int(pattern.primary.sum()),
        suppressed_cells=int(pattern.hidden.sum()),
        people_hidden=int(table.values[company].sum()),
    )
