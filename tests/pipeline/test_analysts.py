"""Analysts keep their database open while it is rebuilt: nobody waits, nobody fails, nobody sees half a table."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import duckdb
import pytest
from small_year import SmallYear

from assets.transform import export
from assets.transform.export import Mart
from orchestration import dbt_build
from orchestration.lake import Lake

# An analyst's whole session in a process of its own: open, look, go on looking until told to stop, look once more.
ANALYST = """
import sys, threading, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
tables = [row[0] for row in connection.execute(
    "SELECT schema_name || '.' || table_name FROM duckdb_tables() ORDER BY ALL").fetchall()]
def look():
    rows = sum(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables)
    as_of = connection.execute("SELECT value FROM about WHERE name = 'as of'").fetchone()[0]
    return f"{as_of} {len(tables)} {rows}"
print(look(), flush=True)
stop = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), stop.set()), daemon=True).start()
seen = {look()}
while not stop.is_set():
    seen.add(look())
print(";".join(sorted(seen)), flush=True)
"""


@contextmanager
def analyst(lake: Lake) -> Iterator[tuple[str, Callable[[], str]]]:
    """What an analyst saw at first, and how to ask what else they saw until now."""
    process = subprocess.Popen(
        [sys.executable, "-c", ANALYST, str(lake.analyst)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        first = process.stdout.readline().strip()

        def ended() -> str:
            said, complained = process.communicate("stop\n", timeout=60)
            assert (process.returncode, complained) == (0, "")
            return said.strip()

        yield first, ended
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def marts() -> Sequence[Mart]:
    return export.marts(dbt_build.manifest())


def rebuild(lake: Lake, marts: Sequence[Mart], as_of: str) -> int:
    return sum(export.build_analyst_database(lake, marts, {"as of": as_of}).values())


def test_two_analysts_hold_the_database_open_through_rebuilds(own_year: SmallYear, marts: Sequence[Mart]) -> None:
    lake = own_year.lake
    with ExitStack() as stack:
        early = [stack.enter_context(analyst(lake)) for _ in range(2)]
        assert early[0][0] == early[1][0] and early[0][0].startswith(f"{own_year.last_day} ")
        for day in ("2025-05-01", "2025-05-02", "2025-05-03"):
            rebuild(lake, marts[:5], day)
        late = stack.enter_context(analyst(lake))
        assert [ended() for _, ended in early] == [early[0][0]] * 2, "an open reader saw something change"
        assert late[0].startswith("2025-05-03 6 ") and late[1]() == late[0]


def test_nobody_can_lock_the_others_out(own_year: SmallYear) -> None:
    assert own_year.lake.analyst.stat().st_mode & 0o777 == 0o444


def test_it_holds_every_mart_as_exported_and_nothing_else(small_year: SmallYear, marts: Sequence[Mart]) -> None:
    with duckdb.connect(str(small_year.lake.analyst), read_only=True) as connection:
        found = connection.execute(
            "SELECT schema_name, table_name, comment, estimated_size FROM duckdb_tables() WHERE table_name <> 'about'"
        ).fetchall()
        bare = connection.execute("SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name <> 'main'"
                                  " AND NOT internal AND coalesce(comment, '') = ''").fetchall()  # fmt: skip
        for schema, name, _, _ in found:
            path = small_year.home.lake / schema / f"{name}.parquet"
            differing = f"SELECT * FROM {schema}.{name} EXCEPT ALL SELECT * FROM read_parquet(?)"
            assert connection.execute(differing, [str(path)]).fetchall() == []
    assert {(schema, name) for schema, name, _, _ in found} == {(mart.schema, mart.name) for mart in marts}
    assert all(comment for _, _, comment, _ in found) and bare == []


def test_it_says_as_of_when_and_from_what_it_was_made(small_year: SmallYear) -> None:
    with duckdb.connect(str(small_year.lake.analyst), read_only=True) as connection:
        about = dict(connection.execute("SELECT name, value FROM about").fetchall())
    assert set(about) == {"operation", "as of", "code", "config", "lock file"}
    assert about["as of"] == small_year.last_day and all(about.values())
