"""What dbt is given to read: what had arrived by the day and counts, sealed, and the day itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import pytest

from assets.quality import ledger
from assets.quality.checked_tables import TABLES
from assets.quality.ledger import Entry, Outcome
from assets.quality.verdict import Finding, conclude
from assets.transform import sources
from orchestration import duck
from orchestration.failures import NotSealed
from orchestration.lake import Lake
from orchestration.settings import REPO, Operation, load_operation

KYIV = ZoneInfo("Europe/Kyiv")
NOW = datetime(2025, 3, 31, 23, 59, 59, tzinfo=KYIV)
TABLE_OF = {"needs": "needs", "displacement": "displacement", "register": "individuals"}


@pytest.fixture(scope="module")
def operation() -> Operation:
    return load_operation(REPO / "operations" / "demo")


def _store(
    lake: Lake, source: str, partition: str, mark: str, *, days_ago: int = 0, rule: str = "", sender: str = "a"
) -> Entry:
    """A verdict with one row, whose `cod_version` is the mark."""
    at = NOW - timedelta(days=days_ago)
    arrival = lake.take(
        source, f"{source}{mark}{days_ago}".encode(), sender=sender, file_name="f", partition=partition, received_at=at,
        taken_at=at,
    )[0]  # fmt: skip
    table = TABLE_OF[source]
    rows = [dict.fromkeys(TABLES[table]) | {"cod_version": mark}]
    if "arrival_id" in TABLES[table]:
        rows[0]["arrival_id"] = arrival.arrival_id
    verdict = conclude(
        source=source, arrival_id=arrival.arrival_id, sender=sender, partition=partition, subject=None, rows_total=1,
        findings=[Finding(rule, 1)] if rule else [],
    )  # fmt: skip
    frame = pd.DataFrame([] if rule else rows, columns=list(TABLES[table]), dtype=object)
    return ledger.store(lake, arrival, partition, "c" * 16, Outcome(verdict, {table: frame}))


@contextmanager
def _warehouse(lake: Lake) -> Iterator[duckdb.DuckDBPyConnection]:
    keys = lake.zone_key("warehouse"), lake.zone_key("checked")
    with duck.warehouse(lake.warehouse, *keys, read_only=True) as connection:
        yield connection


def _marks(lake: Lake, table: str) -> list[str]:
    with _warehouse(lake) as connection:
        return [
            mark for (mark,) in connection.execute(f"SELECT cod_version FROM checked.{table} ORDER BY 1").fetchall()
        ]


def _asked(lake: Lake, query: str) -> list[tuple[Any, ...]]:
    with _warehouse(lake) as connection:
        return connection.execute(query).fetchall()


def test_an_empty_lake_gives_every_table_its_shape(lake: Lake, operation: Operation) -> None:
    assert sources.register(lake, operation, NOW) == 0
    with _warehouse(lake) as connection:
        for table, shape in TABLES.items():
            found = connection.execute(f"SELECT column_name, column_type FROM (DESCRIBE checked.{table})").fetchall()
            assert found == list(shape.items())
            assert connection.execute(f"SELECT count(*) FROM checked.{table}").fetchall() == [(0,)]


def test_only_what_had_arrived_by_the_day_is_read(lake: Lake, operation: Operation) -> None:
    _store(lake, "needs", "2025", "old", days_ago=20)
    _store(lake, "displacement", "2025-W10", "late", days_ago=3)
    assert sources.register(lake, operation, NOW - timedelta(days=10)) == 1
    assert (_marks(lake, "needs"), _marks(lake, "displacement")) == (["old"], [])
    assert sources.register(lake, operation, NOW) == 2


def test_a_whole_state_is_replaced_and_not_added_to(lake: Lake, operation: Operation) -> None:
    """Rows without an arrival can't be told apart later: a corrected workbook would double the needs."""
    _store(lake, "needs", "2025", "first", days_ago=9)
    _store(lake, "needs", "2025", "second", days_ago=5, sender="another")
    _store(lake, "needs", "2026", "next", days_ago=7)
    _store(lake, "register", "2025-03-31", "march", days_ago=2)
    _store(lake, "register", "2025-03-31", "corrected", days_ago=1)
    sources.register(lake, operation, NOW)
    assert _marks(lake, "needs") == ["next", "second"]
    assert _marks(lake, "individuals") == ["corrected"]


def test_a_refused_version_replaces_nothing_even_if_it_left_a_file(lake: Lake, operation: Operation) -> None:
    _store(lake, "needs", "2025", "good", days_ago=9)
    assert _store(lake, "needs", "2025", "bad", days_ago=5, rule="N-SEVERITY").tables
    sources.register(lake, operation, NOW)
    assert _marks(lake, "needs") == ["good"]


def test_rows_that_name_their_arrival_are_all_handed_on(lake: Lake, operation: Operation) -> None:
    for days, mark in ((9, "first"), (5, "second")):
        _store(lake, "displacement", "2025-W10", mark, days_ago=days)
    sources.register(lake, operation, NOW)
    assert _marks(lake, "displacement") == ["first", "second"]


def test_a_plain_file_in_the_sealed_zone_stops_the_build(lake: Lake, operation: Operation) -> None:
    entry = _store(lake, "needs", "2025", "good")
    path = lake.root / entry.tables["needs"]
    duckdb.sql("SELECT 'Somebody Invented' AS cod_version").write_parquet(str(path))
    with pytest.raises(NotSealed, match=r"plain file") as caught:
        sources.register(lake, operation, NOW)
    assert "Invented" not in str(caught.value)


def test_a_file_nobody_lists_is_not_read(lake: Lake, operation: Operation) -> None:
    entry = _store(lake, "needs", "2025", "good")
    stray = (lake.root / entry.tables["needs"]).with_name("stray.parquet")
    stray.write_bytes((lake.root / entry.tables["needs"]).read_bytes())
    assert sources.register(lake, operation, NOW) == 1


def test_submissions_show_the_offices_own_clock(lake: Lake, operation: Operation) -> None:
    utc = datetime.fromisoformat("2025-03-10T21:30:00+00:00")  # half past eleven in Kyiv: on time for the 10th
    arrival = lake.take("needs", b"x", sender="a", file_name="f", partition="2025", received_at=utc, taken_at=utc)[0]
    verdict = conclude(
        source="needs", arrival_id=arrival.arrival_id, sender="a", partition="2025", subject=None, rows_total=3,
        findings=[Finding("N-SEVERITY", 2)],
    )  # fmt: skip
    ledger.store(lake, arrival, "2025", "c" * 16, Outcome(verdict))
    _store(lake, "displacement", "2025-W12", "b")
    sources.register(lake, operation, NOW)
    columns = "source, received_at::VARCHAR, verdict, rows_total, rows_accepted, rows_refused, sequence"
    assert _asked(lake, f"SELECT {columns} FROM checked.submissions ORDER BY sequence") == [
        ("needs", "2025-03-10 23:30:00", "partly_accepted", 3, 2, 1, 1),
        ("displacement", "2025-03-31 23:59:59", "accepted", 1, 1, 0, 2),
    ]


def test_the_day_is_the_operations_day(lake: Lake, operation: Operation) -> None:
    sources.register(lake, operation, datetime.fromisoformat("2025-06-30T21:30:00+00:00"))  # July in Kyiv
    found = _asked(lake, "SELECT as_of, operation, iso3, reporting_cod_version, plan_cod_version FROM lake.context")
    assert found == [(date(2025, 7, 1), "demo", "XKV", "v02", "v01")]
    assert _asked(lake, "SELECT count(*), min(month), max(month) FROM office.months") == [(12, "2025-01", "2025-12")]
    assert _asked(lake, "SELECT count(*) FROM office.clusters") == [(14,)]


def test_office_tables_arrive_with_blanks_as_nothing(lake: Lake, operation: Operation) -> None:
    sources.register(lake, operation, NOW)
    for table, columns in sources.OFFICE_TABLES.items():
        shown = _asked(lake, f"SELECT count(*), {', '.join(f'count(*) FILTER ({name}::VARCHAR = $$$$)' for name in columns)} "
                             f"FROM office.{table}")[0]  # fmt: skip
        assert shown[0] == len(operation.table(table))
        assert not any(shown[1:])
    assert _asked(lake, "SELECT DISTINCT typeof(is_core) FROM office.sectors") == [("BOOLEAN",)]


def test_registering_again_changes_nothing(lake: Lake, operation: Operation) -> None:
    _store(lake, "needs", "2025", "good")
    for _ in range(2):
        assert sources.register(lake, operation, NOW) == 1
    assert _marks(lake, "needs") == ["good"]
