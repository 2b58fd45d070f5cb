"""The verdict on one registration extract: from the sealed arrival to sealed, minimised rows.

Belongs here: putting the reading, the rules and the verdict together. Does not belong here: SQL (`rules.py`).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from assets.quality.checked_tables import TABLES
from assets.quality.ledger import Outcome
from assets.quality.rules import Severity, rule
from assets.quality.verdict import Finding, Verdict, conclude
from assets.registry import columns, extract, text
from assets.registry.counts import Counts
from orchestration import duck
from orchestration.lake import Arrival, Lake

DAY = re.compile(r"(20\d\d)[-_]?(\d\d)[-_]?(\d\d)")
TOTALS = re.compile(r"totals", re.IGNORECASE)
MEMORY = "768MiB"


@dataclass(frozen=True)
class Settings:
    """What the operation decided about its register."""

    column_map: columns.ColumnMap
    never_ingest: tuple[str, ...]
    cod_version: str
    places: tuple[str, ...]
    regions: tuple[str, ...] = ()
    register: str = "register"
    recoded: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def extract_day(file_name: str) -> str | None:
    """The extract's date, from its file name."""
    found = DAY.search(file_name)
    return f"{found[1]}-{found[2]}-{found[3]}" if found else None


def is_totals(file_name: str) -> bool:
    """Whether a file is the control total of an extract rather than an extract."""
    return bool(TOTALS.search(file_name))


def read_totals(content: bytes) -> dict[str, int]:
    """The control total's counts by name: `records,families,active` in one row, or one name and count a line."""
    try:
        lines = b"".join(text.utf8(iter([content]))).decode("utf-8-sig", errors="replace").splitlines()
    except UnicodeDecodeError:
        return {}  # what can't be read is no count, and is told as such
    mark = max(text.DELIMITERS, key=lambda one: sum(line.count(one) for line in lines))
    rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=mark) if len(row) > 1]
    across = len(rows) == 2 and not any(cell.isdecimal() for cell in rows[0])
    pairs = zip(rows[0], rows[1], strict=False) if across else ((row[0], row[1]) for row in rows)
    return {name.lower(): int(count) for name, count in pairs if count.isdecimal()}


def check(
    lake: Lake, arrival: Arrival, day: date, settings: Settings, totals: dict[str, int] | None, target: Path
) -> Verdict:
    """The verdict on one extract; rows that passed are sealed at `target`."""
    with duck.instance(lake.zone_key("checked")) as connection, lake.scratch() as aside:
        # Beyond this much DuckDB works on disk, encrypted; without a limit it takes what the computer has.
        connection.execute(f"SET memory_limit = {duck.quote(MEMORY)}; SET temp_directory = {duck.quote(str(aside))}")
        result = extract.read(
            connection,
            lake.open_arrival(arrival),
            column_map=settings.column_map,
            never_ingest=settings.never_ingest,
            extract=day,
            register=settings.register,
            cod_version=settings.cod_version,
            known_places=settings.places,
            known_regions=settings.regions,
            recoded=settings.recoded,
            pseudonym_key=lake.pseudonym("register"),
            expected_totals=totals,
        )
        if not result.refusals:
            rows = "SELECT * FROM individuals"
            lake.write(target, lambda draft: connection.execute(duck.sealed_copy(rows, draft)))
    return _conclude(arrival, result)


def counts_outcome(arrival: Arrival, found: Counts) -> Outcome:
    """The verdict on a table of counts, and its rows."""
    import pandas as pd

    verdict = conclude(
        source=arrival.source,
        arrival_id=arrival.arrival_id,
        sender=arrival.sender,
        partition=arrival.partition,
        subject=arrival.file_name,
        rows_total=found.rows_total,
        findings=found.findings,
        counts=found.totals,
    )
    rows = pd.DataFrame(found.rows, columns=list(TABLES["register_counts"]), dtype=object)
    return Outcome(verdict, {"register_counts": rows} if found.rows or not found.findings else {})


def unreadable(arrival: Arrival, reason: str) -> Verdict:
    """The verdict on a file that is no table at all."""
    return _conclude(arrival, extract.Extract(refusals=[columns.Refusal("R-UNREADABLE", (reason,))]))


def _conclude(arrival: Arrival, result: extract.Extract) -> Verdict:
    return conclude(
        source=arrival.source,
        arrival_id=arrival.arrival_id,
        sender=arrival.sender,
        partition=arrival.partition,
        subject=arrival.file_name,
        rows_total=result.rows_total,
        findings=[*_in_pieces(arrival), *_findings(result)],
        rows_refused=result.rows_refused,
        counts={**result.totals, "columns_dropped": len(result.dropped)},
    )


def _in_pieces(arrival: Arrival) -> Iterator[Finding]:
    """An extract whose reading was cut and gone on with is no state of one moment: told, with what is known of it."""
    readings = int(arrival.facts.get("readings", 1))
    if readings > 1:
        changed = arrival.facts.get("changed_meanwhile")
        known = "How many is unknown" if changed is None else f"Changed meanwhile: {changed:,}"
        yield Finding("R-SNAPSHOT", detail=f"Read in {readings} parts. {known}.")


def _findings(result: extract.Extract) -> Iterator[Finding]:
    """Rows are listed up to a limit; the rest of a rule is one finding with its count."""
    for refusal in result.refusals:
        yield Finding(refusal.rule, detail=", ".join(refusal.columns) or None)
    if result.refusals:
        return  # the whole file comes again: its rows are judged then
    for name, rows in result.rows.items():
        listed = [] if rule(name).severity is Severity.INFO else rows
        yield from (Finding(name, row) for row in listed)
        if more := result.counts[name] - len(listed):
            yield Finding(name, count=more)


def store_target(lake: Lake, arrival: Arrival, config: str) -> Path:
    """Where the accepted rows of an extract are sealed."""
    place = (arrival.partition or "").split("|")
    return lake.folder("checked", "individuals", *place, f"{arrival.arrival_id}-{config[:8]}.parquet")
