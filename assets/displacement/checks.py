"""The verdict on one week's displacement table: from the sealed arrival to checked rows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assets.displacement import figures
from assets.geography.reference import Reference
from assets.quality.ledger import Outcome
from assets.quality.verdict import Finding, Verdict, conclude
from assets.sheets.workbook import UnreadableWorkbook, read_workbook
from orchestration.lake import Arrival


@dataclass(frozen=True)
class Tables:
    """The operation's tables this check needs."""

    column_map: Sequence[Mapping[str, str]]
    labels: Mapping[str, str]


def labels(values: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Words for kinds of place, from `aliases/values.csv`."""
    own = {"camp": "camp", "non_camp": "non_camp", "unknown": "unknown"}
    found = {row["value"].strip().casefold(): row["code"] for row in values if row["field"] == "location_type"}
    return own | found


def week_in_name(file_name: str) -> str | None:
    """The ISO week a file is named after."""
    return figures.week_in(file_name)


def check(
    arrival: Arrival,
    content: bytes,
    tables: Tables,
    places: Reference,
    previous: Mapping[tuple[str, str], int],
) -> Outcome:
    """The verdict on one file."""
    import pandas as pd

    from assets.quality.checked_tables import TABLES

    try:
        book = read_workbook(content)
    except UnreadableWorkbook as problem:
        return Outcome(_conclude(arrival, 0, [Finding("D-UNREADABLE", detail=problem.reason)]))
    read = figures.read(
        [sheet.rows for sheet in book.sheets],
        arrival.file_name,
        column_map=tables.column_map,
        labels=tables.labels,
        gazetteer=places.gazetteer,
        previous=previous,
        districts=places.regions,
    )
    found = [
        Finding(rule, row, _column(rule, column), detail=_detail(rule, column)) for rule, row, column in read.found
    ]
    verdict = _conclude(arrival, read.rows_total, found)
    if read.week is None:
        return Outcome(verdict)
    rows = [{**row, "arrival_id": arrival.arrival_id} for row in read.rows]
    frame = pd.DataFrame(rows, columns=list(TABLES["displacement"]), dtype=object)
    return Outcome(verdict, {"displacement": frame}, pd.DataFrame(read.refused) if read.refused else None)


def _column(rule: str, column: str) -> str | None:
    return None if rule == "D-NOT-REPORTED" else column or None


def _detail(rule: str, column: str) -> str | None:
    # A district's code comes from our own list; it is no cell of the sender's.
    return column if rule == "D-NOT-REPORTED" and re.fullmatch(r"[A-Z]{2,3}\d+", column) else None


def _conclude(arrival: Arrival, rows: int, found: list[Finding]) -> Verdict:
    return conclude(
        source=arrival.source,
        arrival_id=arrival.arrival_id,
        sender=arrival.sender,
        partition=arrival.partition,
        subject=arrival.file_name,
        rows_total=rows,
        findings=found,
    )
