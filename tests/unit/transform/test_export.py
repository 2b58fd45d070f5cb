"""From the warehouse to open files: the same rows give the same bytes, and readers never meet half a file."""

from __future__ import annotations

import random
import stat
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import crashing
import duckdb
import pytest

from assets.transform import export
from assets.transform.export import Mart
from orchestration import duck
from orchestration.lake import Lake

PRESENCE = Mart(
    "presence", "operational_presence", "Who works where. One row per sector, place and organisation.",
    {"sector": "The sector's code.", "pcode": "It's the place.", "people": "People reached."}, "public", {},
)  # fmt: skip
HIDDEN = Mart("needs", "people_in_need", "Needs.", {"pcode": "Place."}, "internal", {})
Rows = Sequence[tuple[Any, ...]]
ROWS = [("WSH", "XV0101", 5), ("HEA", "XV0101", None), ("WSH", None, 0), ("WSH", "XV0101", 5)]


def _warehouse(lake: Lake, rows: Rows = ROWS) -> None:
    lake.warehouse.parent.mkdir(parents=True, exist_ok=True)
    with duck.warehouse(lake.warehouse, lake.zone_key("warehouse"), lake.zone_key("checked")) as connection:
        connection.execute("CREATE SCHEMA IF NOT EXISTS presence")
        connection.execute(
            "CREATE OR REPLACE TABLE presence.operational_presence (sector VARCHAR, pcode VARCHAR, people BIGINT, secret VARCHAR)"
        )
        if rows:
            connection.executemany("INSERT INTO presence.operational_presence VALUES (?, ?, ?, 'kept inside')", rows)


def _exported(lake: Lake) -> Path:
    return lake.folder("presence", "operational_presence.parquet")


def _in_analyst(lake: Lake, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(lake.analyst), read_only=True) as connection:
        return connection.execute(query).fetchall()


# -- parquet --------------------------------------------------------------------------------------------------


def test_the_same_rows_in_any_order_give_the_same_bytes(lake: Lake) -> None:
    seen = set()
    for seed in range(5):
        shuffled = list(ROWS)
        random.Random(seed).shuffle(shuffled)
        _warehouse(lake, shuffled)
        assert export.export(lake, [PRESENCE]) == {"presence/operational_presence": 4}
        seen.add(_exported(lake).read_bytes())
    assert len(seen) == 1


def test_several_row_groups_give_the_same_bytes_too(lake: Lake) -> None:
    seen = set()
    for seed in (3, 5):
        _warehouse(lake, [])
        with duck.warehouse(lake.warehouse, lake.zone_key("warehouse"), lake.zone_key("checked")) as connection:
            connection.execute(
                f"INSERT INTO presence.operational_presence SELECT 'S' || (i % {7}), 'P' || i, i, '' "
                f"FROM range(300000) t(i) ORDER BY hash(i * {seed})"
            )
        export.export(lake, [PRESENCE])
        seen.add(_exported(lake).read_bytes())
    assert len(seen) == 1


def test_only_described_columns_leave_in_their_order_and_nothing_stays_nothing(lake: Lake) -> None:
    _warehouse(lake)
    export.export(lake, [PRESENCE])
    found = duckdb.read_parquet(str(_exported(lake)))
    assert found.columns == ["sector", "pcode", "people"]
    assert found.fetchall() == [("HEA", "XV0101", None), ("WSH", "XV0101", 5), ("WSH", "XV0101", 5), ("WSH", None, 0)]
    assert b"kept inside" not in _exported(lake).read_bytes()


def test_an_empty_mart_is_an_empty_file_and_not_a_row_of_nothing(lake: Lake) -> None:
    _warehouse(lake, [])
    assert export.export(lake, [PRESENCE]) == {"presence/operational_presence": 0}
    assert duckdb.read_parquet(str(_exported(lake))).fetchall() == []


def test_a_mart_that_is_not_built_leaves_the_last_file(lake: Lake) -> None:
    _warehouse(lake)
    export.export(lake, [PRESENCE])
    before = _exported(lake).read_bytes()
    with duck.warehouse(lake.warehouse, lake.zone_key("warehouse"), lake.zone_key("checked")) as connection:
        connection.execute("DROP TABLE presence.operational_presence")
    with pytest.raises(duckdb.Error):
        export.export(lake, [PRESENCE])
    assert _exported(lake).read_bytes() == before
    assert list(lake.folder(".tmp").iterdir()) == []


def test_marts_are_the_tables_of_the_manifest() -> None:
    def node(kind: str, name: str, schema: str = "presence", **meta: str) -> dict[str, Any]:
        return {
            "resource_type": "model", "schema": schema, "alias": name, "description": " Words. \n",
            "columns": {"pcode": {"description": " The place. "}}, "config": {"materialized": kind, "meta": meta},
        }  # fmt: skip

    test = {"resource_type": "test", "config": {"materialized": "table"}}
    nodes = [
        node("table", "b"),
        node("view", "c"),
        node("table", "a", audience="public"),
        node("table", "z", "cod"),
        test,
    ]
    found = export.marts({"nodes": {str(number): one for number, one in enumerate(nodes)}})
    assert [(mart.schema, mart.name, mart.audience) for mart in found] == [
        ("cod", "z", "internal"), ("presence", "a", "public"), ("presence", "b", "internal"),
    ]  # fmt: skip
    assert (found[0].description, found[0].columns, found[0].relation) == (
        "Words.",
        {"pcode": "The place."},
        '"cod"."z"',
    )


# -- analyst.duckdb -------------------------------------------------------------------------------------------


@pytest.fixture
def built(lake: Lake) -> Lake:
    _warehouse(lake)
    export.export(lake, [PRESENCE])
    rows = export.build_analyst_database(lake, [PRESENCE, HIDDEN], {"operation": "Kalvoria", "as of": "2025-03-31"})
    assert rows == {"presence.operational_presence": 4}
    return lake


def test_tables_and_columns_carry_their_words(built: Lake) -> None:
    tables = _in_analyst(built, "SELECT schema_name, table_name, comment FROM duckdb_tables() ORDER BY ALL")
    assert tables == [
        ("main", "about", "What this file is and from what it was made. One row per fact."),
        ("presence", "operational_presence", PRESENCE.description),
    ]
    words = "SELECT column_name, comment FROM duckdb_columns() WHERE table_name = 'operational_presence' ORDER BY column_index"
    assert _in_analyst(built, words) == list(PRESENCE.columns.items())


def test_the_file_says_what_it_is(built: Lake) -> None:
    assert _in_analyst(built, "FROM about") == [("as of", "2025-03-31"), ("operation", "Kalvoria")]


def test_the_file_is_whole_read_only_and_alone(built: Lake) -> None:
    assert stat.S_IMODE(built.analyst.stat().st_mode) == 0o444
    assert [path.name for path in built.root.glob("analyst*")] == ["analyst.duckdb"]
    assert _in_analyst(built, "SELECT count(*) FROM presence.operational_presence") == [(4,)]
    assert b"kept inside" not in built.analyst.read_bytes()


def test_a_mart_that_is_gone_is_gone_from_the_next_file(built: Lake) -> None:
    _exported(built).unlink()
    assert export.build_analyst_database(built, [PRESENCE], {"a": "b"}) == {}
    assert _in_analyst(built, "SELECT table_name FROM duckdb_tables()") == [("about",)]


def test_a_build_that_fails_leaves_the_last_file(built: Lake) -> None:
    before = built.analyst.read_bytes()
    _exported(built).write_bytes(b"PAR1 not a table")
    with pytest.raises(duckdb.Error):
        export.build_analyst_database(built, [PRESENCE], {"a": "b"})
    assert built.analyst.read_bytes() == before
    assert list(built.folder(".tmp").iterdir()) == []


def test_wherever_the_power_fails_there_is_the_last_file_or_the_next(built: Lake) -> None:
    for moment in range(6):
        crashed = crashing.killed_at(
            lambda: export.build_analyst_database(built, [PRESENCE], {"operation": "another"}), moment
        )
        assert _in_analyst(built, "SELECT value FROM about WHERE name = 'operation'") in (
            [("Kalvoria",)],
            [("another",)],
        )
        assert len(_in_analyst(built, "FROM presence.operational_presence")) == 4
        if not crashed:
            break
    assert 1 <= moment < 5


# An analyst's own process: it answers each line it is sent with what it finds.
_READER = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
for query in sys.stdin:
    print(connection.execute(query).fetchall(), flush=True)
"""


def _asked(reader: subprocess.Popen[str], query: str) -> str:
    assert reader.stdin
    assert reader.stdout
    reader.stdin.write(query + "\n")
    reader.stdin.flush()
    return reader.stdout.readline().strip()


def test_two_readers_hold_the_file_while_it_is_swapped(built: Lake) -> None:
    people = "SELECT sum(people)::INT FROM presence.operational_presence"
    with ExitStack() as stack:
        readers = [_reader(stack, built.analyst) for _ in range(2)]
        assert [_asked(reader, people) for reader in readers] == ["[(10,)]", "[(10,)]"]
        _warehouse(built, [("WSH", "XV0101", 700)])
        export.export(built, [PRESENCE])
        export.build_analyst_database(built, [PRESENCE], {"operation": "Kalvoria"})
        assert [_asked(reader, people) for reader in readers] == ["[(10,)]", "[(10,)]"], "a reader keeps what it opened"
        assert _asked(_reader(stack, built.analyst), people) == "[(700,)]"
        assert [_asked(reader, "SELECT 1") for reader in readers] == ["[(1,)]", "[(1,)]"]


def _reader(stack: ExitStack, path: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _READER, str(path)]
    return stack.enter_context(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
