"""Checked tables take exactly their shape, and never tell a value when something does not fit."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets.quality import checked_tables
from assets.quality.checked_tables import TABLES
from orchestration import duck
from orchestration.failures import Permanent
from orchestration.lake import Lake

NEED: dict[str, Any] = {
    "plan_year": 2025, "pcode": "XV0101", "cod_version": "v01", "sector": "WSH", "population_group": "IDP",
    "population": 1200, "severity": None, "people_in_need": 0, "targeted": None,
}  # fmt: skip


@pytest.fixture
def connection(lake: Lake) -> Iterator[duckdb.DuckDBPyConnection]:
    with duck.connect(lake.zone_key("checked")) as opened:
        yield opened


def _frame(*rows: dict[str, Any], table: str = "needs") -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=list(TABLES[table]), dtype=object)


def _write(lake: Lake, connection: duckdb.DuckDBPyConnection, frame: pd.DataFrame, table: str = "needs") -> Path:
    target = lake.folder("checked", table, "2025", "a.parquet")
    checked_tables.write(lake, connection, table, frame, target)
    return target


def _read(connection: duckdb.DuckDBPyConnection, path: Path) -> list[tuple[Any, ...]]:
    return connection.execute(f"FROM {duck.sealed_scan([path])}").fetchall()


@pytest.mark.parametrize("table", sorted(TABLES))
def test_an_empty_table_has_the_shape_of_a_full_one(
    table: str, lake: Lake, connection: duckdb.DuckDBPyConnection
) -> None:
    written = _write(lake, connection, _frame(table=table), table)
    shape = f"SELECT column_name, column_type FROM (DESCRIBE FROM {duck.sealed_scan([written])})"
    assert connection.execute(shape).fetchall() == list(TABLES[table].items())
    assert (
        connection.execute(f"DESCRIBE {checked_tables.empty(table)}").fetchall()
        == connection.execute(f"DESCRIBE FROM {duck.sealed_scan([written])}").fetchall()
    )


def test_rows_keep_order_values_and_nothing(lake: Lake, connection: duckdb.DuckDBPyConnection) -> None:
    rows = [{**NEED, "pcode": f"XV01{n:02d}", "severity": n % 5 or None} for n in range(50, 0, -1)]
    path = _write(lake, connection, _frame(*rows))
    assert _read(connection, path) == [tuple(row.values()) for row in rows]
    assert path.read_bytes()[:4] == b"PARE"


def test_zero_and_nothing_stay_apart(lake: Lake, connection: duckdb.DuckDBPyConnection) -> None:
    path = _write(lake, connection, _frame(NEED))
    names = list(TABLES["needs"])
    row = _read(connection, path)[0]
    assert (row[names.index("people_in_need")], row[names.index("targeted")]) == (0, None)


def test_a_value_seen_once_among_thousands_of_blanks_arrives(lake: Lake, connection: duckdb.DuckDBPyConnection) -> None:
    """DuckDB guesses an object column's type from a sample of a thousand values."""
    rows = [{**NEED, "sector": None, "targeted": None} for _ in range(5001)]
    rows[2501] |= {"sector": "PRO-GBV", "targeted": 7}
    found = _read(connection, _write(lake, connection, _frame(*rows)))[2501]
    assert ("PRO-GBV" in found, 7 in found) == (True, True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(st.lists(st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)), min_size=1, max_size=8))
def test_every_whole_number_arrives_as_it_is(
    lake: Lake, connection: duckdb.DuckDBPyConnection, numbers: list[int | None]
) -> None:
    path = _write(lake, connection, _frame(*({**NEED, "population": number} for number in numbers)))
    at = list(TABLES["needs"]).index("population")
    assert [row[at] for row in _read(connection, path)] == numbers


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("population", "Somebody Invented"), ("population", 120.5), ("population", "120.5"), ("population", 2**70),
        ("severity", 2**40), ("plan_year", date(2025, 1, 1)),
    ],
)  # fmt: skip
def test_a_value_that_does_not_fit_is_refused_and_not_told(
    lake: Lake, connection: duckdb.DuckDBPyConnection, column: str, value: object
) -> None:
    with pytest.raises(Permanent, match="checked/needs: a value does not fit") as caught:
        _write(lake, connection, _frame(NEED, {**NEED, column: value}))
    _tells_nothing(caught.value, str(value))
    assert not list(lake.folder("checked").rglob("*.parquet"))
    assert list(lake.folder(".tmp").iterdir()) == []


def _tells_nothing(error: BaseException, value: str) -> None:
    assert error.__context__ is None
    assert error.__cause__ is None
    for chain in (True, False):
        told = "".join(traceback.TracebackException.from_exception(error, capture_locals=False).format(chain=chain))
        assert value not in told.replace(__file__, "")


def test_dates_and_decimals_that_do_not_fit_are_refused(lake: Lake, connection: duckdb.DuckDBPyConnection) -> None:
    row = dict.fromkeys(TABLES["crosswalk"], "a") | {"level": 3}
    for weight in ("one half", "12345.5"):
        with pytest.raises(Permanent, match="does not fit"):
            _write(lake, connection, _frame({**row, "weight": weight}, table="crosswalk"), "crosswalk")
    day = dict.fromkeys(TABLES["interviews"])
    with pytest.raises(Permanent, match="does not fit"):
        _write(lake, connection, _frame({**day, "interview_date": "2025-02-30"}, table="interviews"), "interviews")


@pytest.mark.parametrize(("drop", "add"), [("severity", None), (None, "full_name"), ("severity", "severity_new")])
def test_another_shape_is_refused_with_its_columns(
    lake: Lake, connection: duckdb.DuckDBPyConnection, drop: str | None, add: str | None
) -> None:
    frame = _frame(NEED).drop(columns=[drop] if drop else [])
    if add:
        frame[add] = "x"
    with pytest.raises(Permanent, match="other columns") as caught:
        _write(lake, connection, frame)
    assert all(repr(name) in str(caught.value) for name in (drop, add) if name)


def test_columns_in_another_order_land_under_their_own_names(lake: Lake, connection: duckdb.DuckDBPyConnection) -> None:
    frame = _frame(NEED)[list(reversed(TABLES["needs"]))]
    assert _read(connection, _write(lake, connection, frame)) == [tuple(NEED.values())]


def test_no_checked_table_has_room_for_names_or_free_text() -> None:
    personal = ("phone", "email", "address", "remark", "comment", "birth", "document", "full_name", "respondent")
    columns = {(table, name) for table, shape in TABLES.items() for name in shape}
    assert not {(table, name) for table, name in columns if any(word in name for word in personal)}
    named = {table for table, name in columns if name in {"name", "name_local"}}
    assert named == {"places"}
