"""DuckDB as the office opens it: sealed files stay sealed, plain ones are refused, nothing comes from the network."""

from __future__ import annotations

import base64
import os
from pathlib import Path

import crashing
import duckdb
import pytest

from orchestration import duck
from orchestration.failures import NotSealed, Permanent, Transient, WrongKey

KEY, OTHER = (base64.b64encode(letter * 32).decode() for letter in (b"a", b"b"))
NAME = "Somebody Invented"


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    target = tmp_path / "it's.parquet"
    with duck.connect(KEY) as connection:
        connection.execute(duck.sealed_copy(f"SELECT '{NAME}' AS name", target))
    return target


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with duck.warehouse(path, KEY, KEY) as connection:
        connection.execute(f"CREATE TABLE people AS SELECT '{NAME}' AS name")
    return path


def test_sealed_parquet_reads_back_and_is_encrypted_with_its_footer(sealed: Path) -> None:
    content = sealed.read_bytes()
    assert content.startswith(b"PARE")
    assert content.endswith(b"PARE")
    assert NAME.encode() not in content
    with duck.connect(KEY) as connection:
        assert connection.execute(f"FROM {duck.sealed_scan([sealed])}").fetchall() == [(NAME,)]


@pytest.mark.parametrize("key", [OTHER, None])
def test_sealed_parquet_opens_with_its_key_only(sealed: Path, key: str | None) -> None:
    with duck.connect(key) as connection, pytest.raises(duckdb.Error) as caught:
        connection.execute(f"FROM {duck.sealed_scan([sealed])}").fetchall()
    assert NAME not in str(caught.value)
    with duckdb.connect() as plain, pytest.raises(duckdb.Error):
        plain.execute(f"FROM read_parquet({duck.quote(str(sealed))})").fetchall()


def test_scanning_lists_files_and_takes_no_pattern(tmp_path: Path, sealed: Path) -> None:
    with duck.connect(KEY) as connection, pytest.raises(duckdb.Error):
        connection.execute(f"FROM {duck.sealed_scan([sealed, tmp_path / 'not-there.parquet'])}").fetchall()


def test_the_warehouse_keeps_its_tables_and_shows_nothing(warehouse: Path) -> None:
    assert NAME.encode() not in warehouse.read_bytes()
    assert not warehouse.with_name("warehouse.duckdb.wal").exists()
    with duck.warehouse(warehouse, KEY, KEY, read_only=True) as connection:
        assert connection.execute("FROM people").fetchall() == [(NAME,)]


def test_a_read_only_warehouse_takes_no_writes(warehouse: Path) -> None:
    with (
        pytest.raises(duckdb.Error, match="read-only"),
        duck.warehouse(warehouse, KEY, KEY, read_only=True) as connection,
    ):
        connection.execute("CREATE TABLE more AS SELECT 1")


def test_a_plain_database_in_place_of_the_warehouse_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE people AS SELECT 1")
    before = path.read_bytes()
    for read_only in (True, False):
        with (
            pytest.raises(NotSealed, match=r"plain DuckDB file .* not used"),
            duck.warehouse(path, KEY, KEY, read_only=read_only),
        ):
            pass
    with pytest.raises(NotSealed):
        duck.refuse_plain_database(path)
    assert path.read_bytes() == before


def test_an_encrypted_or_absent_warehouse_is_not_taken_for_a_plain_one(tmp_path: Path, warehouse: Path) -> None:
    duck.refuse_plain_database(warehouse)
    duck.refuse_plain_database(tmp_path / "none.duckdb")
    assert not (tmp_path / "none.duckdb").exists()


def test_a_warehouse_of_another_key_says_so_without_the_key(warehouse: Path) -> None:
    with pytest.raises(WrongKey, match="another lake's key") as caught, duck.warehouse(warehouse, OTHER, KEY):
        pass
    assert OTHER not in str(caught.value) + str(caught.value.__cause__)


@pytest.mark.parametrize("size", [0, 100, 5000])
def test_a_warehouse_cut_short_is_damaged_not_busy(warehouse: Path, size: int) -> None:
    """'Busy, try again' would send an officer waiting for ever."""
    warehouse.write_bytes(warehouse.read_bytes()[:size])
    with pytest.raises(Permanent, match="damaged"), duck.warehouse(warehouse, KEY, KEY):
        pass


def test_a_warehouse_at_work_in_another_process_is_busy(warehouse: Path) -> None:
    def hold(here: object) -> None:
        with duck.warehouse(warehouse, KEY, KEY):
            here()  # type: ignore[operator]

    with crashing.at_work(hold):
        with pytest.raises(Transient, match="in use"), duck.warehouse(warehouse, KEY, KEY):
            pass
    with duck.warehouse(warehouse, KEY, KEY) as connection:
        assert connection.execute("FROM people").fetchall() == [(NAME,)]


def test_a_second_look_from_the_same_process_does_not_break_the_lock(warehouse: Path) -> None:
    """Closing any handle on a file drops the process's POSIX locks on it: nothing may open the file before ATTACH."""
    with duck.warehouse(warehouse, KEY, KEY) as first:
        first.execute("CREATE TABLE more AS SELECT 1")
        with pytest.raises(Transient, match="in use"), duck.warehouse(warehouse, KEY, KEY):
            pass
        assert _locked_for_others(warehouse)


def _locked_for_others(path: Path) -> bool:
    def attach() -> None:
        with duck.warehouse(path, KEY, KEY):
            crashing.kill_self()

    try:
        return not crashing.killed_at(attach, 99)
    except AssertionError:  # the child was refused, as it should be
        return True


def test_connections_are_offline_sealed_and_on_one_clock() -> None:
    names = ("autoinstall_known_extensions", "autoload_known_extensions", "temp_file_encryption", "TimeZone")
    with duck.connect(KEY) as connection:
        found = dict(connection.execute("SELECT name, value FROM duckdb_settings()").fetchall())
        assert [found[name] for name in names] == ["false", "false", "true", "UTC"]
        loaded = connection.execute("SELECT extension_name FROM duckdb_extensions() WHERE loaded").fetchall()
        assert ("httpfs",) in loaded
        assert ("spatial",) not in loaded


def test_nothing_made_in_a_connection_outlives_it() -> None:
    with duck.connect(KEY) as first:
        first.execute("CREATE TABLE kept AS SELECT 1; CREATE TEMP TABLE passing AS SELECT 2")
        with duck.connect(KEY) as second, pytest.raises(duckdb.Error, match="does not exist"):
            second.execute("FROM kept")
    with duck.connect(KEY) as third:
        assert third.execute("SELECT count(*) FROM duckdb_tables()").fetchone() == (0,)
        assert third.execute("SELECT count(*) FROM duckdb_databases() WHERE NOT internal").fetchone() == (2,)


def test_the_error_inside_is_the_one_that_is_told() -> None:
    with pytest.raises(duckdb.ConversionException), duck.connect(KEY) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT CAST('x' AS INTEGER)")
    with duck.connect(KEY) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_an_instance_of_its_own_leaves_the_kept_one_alone(tmp_path: Path) -> None:
    for folder in ("first", "second"):
        (tmp_path / folder).mkdir()
        with duck.instance(KEY) as connection:
            connection.execute(f"SET memory_limit='60MB'; SET temp_directory='{tmp_path / folder}'")
            connection.execute("CREATE TABLE big AS SELECT range AS n, uuid()::VARCHAR AS t FROM range(2000000)")
    with duck.connect(KEY) as connection:
        limit = connection.execute("SELECT current_setting('memory_limit')").fetchone()
    assert limit != ("57.2 MiB",)


def test_a_fork_opens_its_own(tmp_path: Path) -> None:
    with duck.connect(KEY):
        pass
    child = os.fork()
    if child == 0:
        status = 1
        try:
            with duck.connect(KEY) as connection:
                connection.execute(duck.sealed_copy("SELECT range AS n FROM range(100000)", tmp_path / "n.parquet"))
            status = 0
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0
    with duck.connect(KEY) as connection:
        scan = duck.sealed_scan([tmp_path / "n.parquet"])
        assert connection.execute(f"SELECT count(*) FROM {scan}").fetchone() == (100000,)


def test_an_extension_that_is_not_installed_is_named() -> None:
    with pytest.raises(Permanent, match="duckdb-extension-nosuch"):
        duck.extension_path("nosuch")


def test_an_extension_for_another_duckdb_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duckdb, "__version__", "9.9.9")
    with pytest.raises(Permanent, match=r"does not fit DuckDB 9\.9\.9"):
        duck.extension_path("httpfs")


@pytest.mark.parametrize("text", ["plain", "it's", "''", "a\nb", "'; DROP TABLE x; --"])
def test_quoted_text_stays_text(text: str) -> None:
    assert duckdb.sql(f"SELECT {duck.quote(text)}").fetchall() == [(text,)]
