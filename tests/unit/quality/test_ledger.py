"""The ledger of verdicts: rows count once their verdict is written, and not a moment earlier."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import crashing
import pandas as pd
import pytest

from assets.quality import ledger
from assets.quality.checked_tables import TABLES
from assets.quality.ledger import Entry, Outcome
from assets.quality.verdict import Finding, conclude
from orchestration import duck
from orchestration.failures import Permanent
from orchestration.lake import Arrival, Lake

MARCH = datetime(2025, 3, 5, 9, tzinfo=UTC)
CONFIG = "0123456789abcdef"


def _arrival(lake: Lake, content: bytes = b"a", *, day: int = 0, source: str = "needs") -> Arrival:
    at = MARCH + timedelta(days=day)
    return lake.take(
        source, content, sender="group", file_name="n.xlsx", partition="2025", received_at=at, taken_at=at
    )[0]  # fmt: skip


def _frame(*populations: int) -> pd.DataFrame:
    rows = [dict.fromkeys(TABLES["needs"]) | {"plan_year": 2025, "population": number} for number in populations]
    return pd.DataFrame(rows, columns=list(TABLES["needs"]), dtype=object)


def _outcome(arrival: Arrival, *populations: int, refused: pd.DataFrame | None = None, rule: str = "") -> Outcome:
    verdict = conclude(
        source=arrival.source, arrival_id=arrival.arrival_id, sender=arrival.sender, partition="2025", subject=None,
        rows_total=len(populations), findings=[Finding(rule, 1)] if rule else [],
    )  # fmt: skip
    return Outcome(verdict, {"needs": _frame(*populations)}, refused)


def _store(lake: Lake, arrival: Arrival, *populations: int, config: str = CONFIG, **more: Any) -> Entry:
    return ledger.store(lake, arrival, "2025", config, _outcome(arrival, *populations, **more))


def _populations(lake: Lake, entry: Entry) -> list[int]:
    path = lake.root / entry.tables["needs"]
    with duck.connect(lake.zone_key("checked")) as connection:
        found = connection.execute(f"SELECT population FROM {duck.sealed_scan([path])}").fetchall()
    return [number for (number,) in found]


def test_a_stored_verdict_reads_back_whole(lake: Lake) -> None:
    arrival = _arrival(lake)
    stored = _store(lake, arrival, 1, 2)
    assert ledger.entry(lake, "needs", arrival.arrival_id) == replace(stored, tables=dict(stored.tables))
    assert ledger.entries(lake) == [stored]
    assert _populations(lake, stored) == [1, 2]


def test_an_arrival_without_verdict_has_none(lake: Lake) -> None:
    assert ledger.entry(lake, "needs", "00") is None
    assert ledger.entries(lake) == []
    assert ledger.entries(lake, "needs") == []


def test_the_verdict_file_holds_no_value_and_the_rows_are_sealed(lake: Lake) -> None:
    refused = pd.DataFrame([{"row_number": 7, "text": "Somebody Invented"}])
    _store(lake, _arrival(lake), 424242, refused=refused)
    for path in lake.folder("quality").rglob("*.json"):
        assert "424242" not in path.read_text()
        assert "Somebody" not in path.read_text()
    parquet = sorted(lake.folder("checked").rglob("*.parquet"))
    assert len(parquet) == 2
    for path in parquet:
        lake.require_sealed(path)
        assert b"Somebody" not in path.read_bytes()


def test_refused_rows_stay_readable_for_those_with_the_key(lake: Lake) -> None:
    arrival = _arrival(lake)
    _store(lake, arrival, refused=pd.DataFrame([{"row_number": 7, "text": None}, {"row_number": 9, "text": "x"}]))
    path = lake.folder("checked", "refused", "needs", f"{arrival.arrival_id}.parquet")
    with duck.connect(lake.zone_key("checked")) as connection:
        assert connection.execute(f"FROM {duck.sealed_scan([path])}").fetchall() == [("7", None), ("9", "x")]


def test_verdicts_count_from_the_moment_the_file_was_taken(lake: Lake) -> None:
    for day, name in ((2, b"c"), (0, b"a"), (1, b"b")):
        _store(lake, _arrival(lake, name, day=day), day)
    order = [_populations(lake, one) for one in ledger.entries(lake)]
    assert order == [[0], [1], [2]]
    assert len(ledger.entries(lake, "needs", MARCH + timedelta(days=1))) == 2
    assert ledger.entries(lake, "needs", MARCH - timedelta(seconds=1)) == []
    assert ledger.entries(lake, "clusters") == []


def test_notes_beside_the_verdicts_are_no_verdicts(lake: Lake) -> None:
    stored = _store(lake, _arrival(lake), 1)
    lake.write_json(lake.folder("quality", "needs", "again", "a.json"), {"arrival_id": "x"})
    assert ledger.entries(lake) == [stored]


# -- what waits -----------------------------------------------------------------------------------------------


def test_an_arrival_waits_until_its_verdict_and_again_when_the_config_changed(lake: Lake) -> None:
    old, new = _arrival(lake, b"a"), _arrival(lake, b"b", day=1)
    assert ledger.pending(lake, "needs", CONFIG) == [old, new]
    _store(lake, old, 1)
    assert ledger.pending(lake, "needs", CONFIG) == [new]
    assert ledger.pending(lake, "needs", CONFIG, MARCH) == []
    assert ledger.pending(lake, "needs", "another") == [old, new]


def test_another_config_gives_another_file_and_one_verdict(lake: Lake) -> None:
    arrival = _arrival(lake)
    first = _store(lake, arrival, 1)
    second = _store(lake, arrival, 2, config="f" * 16)
    assert ledger.entries(lake) == [second]
    assert first.tables != second.tables
    assert _populations(lake, second) == [2]
    # A run that began before the change may still be reading the old file.
    assert _populations(lake, first) == [1]


# -- what is in force -----------------------------------------------------------------------------------------


def test_the_newest_version_that_let_rows_pass_is_in_force(lake: Lake) -> None:
    first = _store(lake, _arrival(lake, b"a", day=0), 1)
    second = _store(lake, _arrival(lake, b"b", day=1), 2)
    other = _store(lake, _arrival(lake, b"c", day=2, source="displacement"), 3)
    refused = _store(lake, _arrival(lake, b"d", day=3), 4, rule="N-SEVERITY")
    assert refused.verdict["verdict"] == "refused"
    found = ledger.entries(lake)
    assert ledger.in_force(found) == [second, other]
    assert ledger.in_force(found[:1]) == [first]
    assert ledger.in_force([refused]) == []


# -- crashes --------------------------------------------------------------------------------------------------


def test_wherever_the_power_fails_there_is_a_whole_verdict_or_none(tmp_path: Path, lake: Lake) -> None:
    assert lake.keys
    for moment in range(0, 20, 2):  # every other fsync: enough to fall before, between and after each file
        own = Lake(tmp_path / str(moment), lake.keys).open()
        arrival = _arrival(own)
        refused = pd.DataFrame([{"row_number": 1}])
        crashed = crashing.killed_at(lambda o=own, a=arrival, r=refused: _store(o, a, 1, 2, refused=r), moment)  # type: ignore[misc]
        found = ledger.entries(own)
        assert [_populations(own, one) for one in found] in ([], [[1, 2]])
        assert ledger.pending(own, "needs", CONFIG) == ([] if found else [arrival])
        own.open()
        _store(own, arrival, 1, 2, refused=refused)
        assert [_populations(own, one) for one in ledger.entries(own)] == [[1, 2]]
        assert list(own.folder(".tmp").iterdir()) == []
        if not crashed:
            break
    assert 4 <= moment < 18


def test_a_table_that_does_not_fit_leaves_no_verdict(lake: Lake) -> None:
    arrival = _arrival(lake)
    outcome = replace(_outcome(arrival, 1), tables={"needs": _frame(1).assign(population=["Somebody Invented"])})
    with pytest.raises(Permanent):
        ledger.store(lake, arrival, "2025", CONFIG, outcome)
    assert ledger.entries(lake) == []


def test_files_sealed_by_the_check_itself_are_listed_by_their_place_in_the_lake(lake: Lake) -> None:
    arrival = _arrival(lake)
    target = lake.folder("checked", "individuals", "2025", "x.parquet")
    entry = ledger.store(
        lake, arrival, "2025", CONFIG, replace(_outcome(arrival), tables={}, sealed={"individuals": target})
    )
    assert entry.tables == {"individuals": "checked/individuals/2025/x.parquet"}
    text = ledger.path_of(lake, "needs", arrival.arrival_id).read_text()
    assert str(lake.root) not in text
    assert json.loads(text)["tables"] == entry.tables


@pytest.mark.parametrize("change", [lambda e: {"taken_at": e.taken_at}, lambda e: {"received_at": e.received_at}])
def test_moments_keep_their_time_zone(lake: Lake, change: Callable[[Entry], dict[str, datetime]]) -> None:
    entry = _store(lake, _arrival(lake), 1)
    stored = ledger.entry(lake, "needs", entry.arrival_id)
    assert stored
    assert change(stored) == change(entry)
    assert all(moment.tzinfo for moment in change(stored).values())
