"""What dbt reads: the sealed checked files as of a day, the office tables, and the day itself, as relations.

Belongs here: choosing the explicit list of files that had arrived by the day, and handing them to the warehouse.
Does not belong here: any rule about the data (dbt models).

The list comes from the verdicts, never from a folder listing: a file without a verdict does not exist, and a file
taken after the day does not count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from assets.quality import checked_tables, ledger
from orchestration import duck

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    import duckdb
    import pandas as pd

    from assets.quality.ledger import Entry
    from orchestration.lake import Lake
    from orchestration.settings import Operation

OFFICE_TABLES: dict[str, Sequence[str]] = {
    "organisations": ("org_id", "name", "acronym", "type_code", "type_name"),
    "sectors": ("sector", "name", "is_core", "parent"),
    "activities": ("activity_code", "sector", "name", "unit"),
    "population_groups": ("population_group", "name"),
    "areas": ("pcode", "cod_version", "area_class"),
}


def register(lake: Lake, operation: Operation, now: datetime) -> int:
    """Point the warehouse's source relations at everything that had arrived by now; returns the files listed."""
    entries = ledger.entries(lake, until=now)
    lake.warehouse.parent.mkdir(parents=True, exist_ok=True)
    keys = lake.zone_key("warehouse"), lake.zone_key("checked")
    with duck.warehouse(lake.warehouse, *keys) as connection:
        for schema in ("checked", "office", "lake"):
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        listed = _checked_views(connection, lake, entries)
        _submissions(connection, entries, operation.zone)
        _office(connection, operation)
        _context(connection, operation, now.astimezone(operation.zone).date())
    return listed


def files_of(lake: Lake, entries: Sequence[Entry]) -> Mapping[str, list[Path]]:
    """The checked files behind some verdicts, by table, in the order of the verdicts.

    Rows that name their arrival are all handed on, and staging chooses the newest submission of each sender. The
    other tables are whole states (a survey round, an extract, a COD version): only a partition's newest one counts.
    A refused submission replaces nothing, even if it left a file without rows.
    """
    files: dict[str, dict[object, Path]] = {table: {} for table in checked_tables.TABLES}
    for entry in (one for one in entries if one.verdict["verdict"] != "refused"):
        for table, path in entry.tables.items():
            several = "arrival_id" in checked_tables.TABLES[table]
            key = (entry.source, entry.partition, entry.arrival_id if several else "")
            files[table].pop(key, None)
            files[table][key] = lake.root / path
    return {table: list(paths.values()) for table, paths in files.items()}


def _checked_views(connection: duckdb.DuckDBPyConnection, lake: Lake, entries: Sequence[Entry]) -> int:
    listed = 0
    for table, paths in files_of(lake, entries).items():
        if table == "submissions":
            continue
        for path in paths:
            lake.require_sealed(path)
        body = f"SELECT * FROM {duck.sealed_scan(paths)}" if paths else checked_tables.empty(table)
        connection.execute(f"CREATE OR REPLACE VIEW checked.{table} AS {body}")
        listed += len(paths)
    return listed


def _submissions(connection: duckdb.DuckDBPyConnection, entries: Sequence[Entry], zone: ZoneInfo) -> None:
    rows = [_submission(entry, sequence, zone) for sequence, entry in enumerate(entries, start=1)]
    _replace(connection, "checked.submissions", checked_tables.select_typed("submissions", "frame"),
             _frame(rows, list(checked_tables.TABLES["submissions"])))  # fmt: skip


def _submission(entry: Entry, sequence: int, zone: ZoneInfo) -> tuple[object, ...]:
    """Times as the office's clock showed them, whichever clock wrote them down: deadlines are local."""
    verdict = entry.verdict
    received, taken = (moment.astimezone(zone).replace(tzinfo=None) for moment in (entry.received_at, entry.taken_at))
    return (
        entry.source, entry.partition, entry.arrival_id, entry.sender, received, taken, verdict["verdict"],
        verdict["rows_total"], verdict["rows_accepted"], verdict["rows_refused"], sequence,
    )  # fmt: skip


def _office(connection: duckdb.DuckDBPyConnection, operation: Operation) -> None:
    for table, columns in OFFICE_TABLES.items():
        rows = [tuple(row.get(column) or None for column in columns) for row in operation.table(table)]
        typed = ", ".join(
            f'"{column}" = \'yes\' AS "{column}"'
            if column == "is_core"
            else f'CAST("{column}" AS VARCHAR) AS "{column}"'
            for column in columns
        )
        _replace(connection, f"office.{table}", f"SELECT {typed} FROM frame", _frame(rows, list(columns)))


def _context(connection: duckdb.DuckDBPyConnection, operation: Operation, today: date) -> None:
    plan = operation.plan
    connection.execute(
        "CREATE OR REPLACE TABLE lake.context AS SELECT CAST($1 AS DATE) AS as_of, $2 AS operation, $3 AS iso3, "
        "$4 AS reporting_cod_version, CAST($5 AS INTEGER) AS plan_year, $6 AS plan_cod_version, $7 AS plan_cycle",
        [
            today,
            operation.name,
            operation.iso3,
            operation.cod_version_on(today),
            plan.year,
            plan.cod_version,
            plan.cycle,
        ],
    )
    clusters = [(cluster.code, cluster.name, cluster.submitters[0]) for cluster in operation.clusters]
    _replace(connection, "office.clusters", "SELECT * FROM frame", _frame(clusters, ["cluster", "name", "submitter"]))
    due_day = operation.sources.clusters.due_day if operation.sources.clusters else 10
    months = [(month, due_day) for month in operation.months]
    _replace(connection, "office.months", "SELECT * FROM frame", _frame(months, ["month", "due_day"]))


def _frame(rows: Sequence[tuple[object, ...]], columns: list[str]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(rows, columns=columns, dtype=object)


def _replace(connection: duckdb.DuckDBPyConnection, name: str, select: str, frame: pd.DataFrame) -> None:
    connection.register("frame", frame)
    connection.execute(f"CREATE OR REPLACE TABLE {name} AS {select}")
    connection.unregister("frame")
