"""The way to a register's database, as far as it needs no server: PostgreSQL itself is in tests/servers."""

from __future__ import annotations

import sqlite3
import traceback
from datetime import date, datetime
from pathlib import Path

import pytest
import register_rows

from assets.registry import pull
from orchestration.failures import NotThere, Permanent, Transient
from orchestration.lake import Lake
from orchestration.registry_source import RegistrySource
from orchestration.settings import RegisterConnection, RegisterSystem

SECRET = "a-password-nobody-may-see"  # pragma: allowlist secret
CONNECTION = RegisterConnection(table="extract", key="record_id", chunk_rows=100)
SYSTEM = RegisterSystem(name="anr", column_map="register_v1", connection=CONNECTION)
DUE = pull.Due(date(2025, 3, 31), SYSTEM, CONNECTION)
NOW = datetime.fromisoformat("2025-03-31T22:00:00+02:00")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "register.db"
    header = register_rows.HEADER
    people = [register_rows.person(record_id=f"R{n:04d}", full_name='A "quoted",\r\nname') for n in range(250)]
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE TABLE extract ({', '.join(f'{name} TEXT' for name in header)})")
        marks = ", ".join("?" * len(header))
        connection.executemany(
            f"INSERT INTO extract VALUES ({marks})", [[one[name] or None for name in header] for one in people]
        )
    return path


def _source(path: Path) -> RegistrySource:
    return RegistrySource(f"sqlite:///{path}", None, name="anr")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("register.example", "expected driver://user@host/database"),
        (f"postgresql+psycopg2://imu:{SECRET}@register.example/anr", "IMU_REGISTER_ANR_PASSWORD"),
        ("mssql+pyodbc://register.example/anr", "no read-only transactions"),
        ("postgresql+nosuchdriver://register.example/anr", "is not installed"),
    ],
)
def test_a_wrong_address_is_told_without_a_secret(address: str, words: str) -> None:
    with pytest.raises(Permanent, match=words) as caught:
        RegistrySource(address, SECRET, name="anr")
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_server_that_does_not_answer_is_worth_another_try() -> None:
    source = RegistrySource("postgresql+psycopg2://imu@127.0.0.1:1/anr", SECRET, name="anr")
    with pytest.raises(Transient, match="did not answer") as caught, source.reading("imu.extract", "record_id"):
        pass
    assert SECRET not in "".join(traceback.format_exception(caught.value)) + repr(source)


def test_records_travel_encrypted_unless_they_stay_on_this_computer() -> None:
    import sqlalchemy as sa

    from orchestration.registry_source import _manners

    def mode(address: str) -> str | None:
        return _manners(sa.make_url(f"postgresql+psycopg2://{address}")).get("sslmode")

    assert [mode("a@register.example/x"), mode("a@127.0.0.1/x"), mode("/x?host=/run/postgresql")] == [
        "require",
        None,
        None,
    ]
    assert mode("a@register.example/x?sslmode=verify-full") is None  # what the address says is not overruled


@pytest.mark.parametrize(
    "statement", ["DELETE FROM extract", "PRAGMA query_only = OFF", " insert into extract values (1)"]
)
def test_no_statement_that_does_not_only_read_is_sent(database: Path, statement: str) -> None:
    with _source(database).reading("extract", "record_id") as reading:
        with pytest.raises(Permanent, match="was about to be sent"):
            reading._connection.exec_driver_sql(statement)
        with pytest.raises(sqlite3.OperationalError, match="readonly"):  # and if one were
            reading._connection.connection.cursor().execute("DELETE FROM extract")
    with _source(database).reading("extract", "record_id") as reading:
        assert reading.count() == 250


@pytest.mark.parametrize(("table", "key"), [("extracts", "record_id"), ("extract", "number")])
def test_a_missing_table_or_key_is_named(database: Path, table: str, key: str) -> None:
    with pytest.raises(NotThere, match=r"extracts|'number'"), _source(database).reading(table, key):
        pass


def test_a_reading_gives_the_records_of_the_register(database: Path, lake: Lake) -> None:
    arrival = pull.pull(lake, _source(database), DUE, register_rows.MAP, register_rows.NEVER, NOW)
    result, people = register_rows.read(lake.read_arrival(arrival))
    assert (result.refusals, result.rows_total) == ([], 250)
    file = register_rows.written(register_rows.person(record_id=f"R{n:04d}") for n in range(250))
    assert people == register_rows.read(file)[1]


def test_an_empty_register_is_an_extract_of_nobody(database: Path, lake: Lake) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("DELETE FROM extract")
    arrival = pull.pull(lake, _source(database), DUE, register_rows.MAP, register_rows.NEVER, NOW)
    assert arrival.facts["rows"] == 0
    assert register_rows.read(lake.read_arrival(arrival))[0].rows_total == 0
