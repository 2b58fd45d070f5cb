"""The manners of a shared folder: what is taken, what waits and why, and that nothing is lost on the way."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import crashing
import pytest

from orchestration import inbox
from orchestration.inbox import Ready
from orchestration.lake import Lake

KYIV = ZoneInfo("Europe/Kyiv")
NOW = datetime(2025, 3, 10, 12, 0, tzinfo=KYIV)


def _put(lake: Lake, name: str, content: bytes = b"rows", *, age: float = 3600, source: str = "clusters") -> Path:
    path = lake.folder("inbox", source, *name.split("/"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    stamp = NOW.timestamp() - age
    os.utime(path, (stamp, stamp))
    return path


def _month(_file: Ready) -> tuple[str | None, Mapping[str, Any]]:
    return "2025-02", {"about": "test"}


def _take(lake: Lake, now: datetime = NOW) -> tuple[list[str], list[str]]:
    new, known = inbox.take_all(lake, "clusters", now, _month)
    return [one.file_name for one in new], [one.file_name for one in known]


def test_an_absent_inbox_is_empty(lake: Lake) -> None:
    assert inbox.look(lake, "clusters", NOW) == ([], [])


def test_a_quiet_file_is_ready_with_sender_and_its_own_time(lake: Lake) -> None:
    path = _put(lake, "wsh-focal/5W.xlsx", age=7200)
    ready, waiting = inbox.look(lake, "clusters", NOW)
    assert (ready, waiting) == ([Ready(path, "clusters", "wsh-focal", NOW - timedelta(hours=2))], [])
    assert ready[0].modified.utcoffset() == timedelta(hours=2)


@pytest.mark.parametrize(
    "name",
    [
        "~$5W.xlsx", ".~lock.5W.xlsx#", ".hidden", "Thumbs.db", "desktop.ini", ".DS_Store", "5W.xlsx.part", "5W.tmp",
        "5W.xlsx.crdownload", "5W.PARTIAL", ".stversions/5W~20250301.xlsx", ".sync/Archive/5W.xlsx",
    ],
)  # fmt: skip
def test_locks_and_leftovers_are_nobodys_submission(lake: Lake, name: str) -> None:
    _put(lake, f"wsh-focal/{name}")
    _put(lake, name)
    assert inbox.look(lake, "clusters", NOW)[0] == []
    assert [one.file_name for one in inbox.look(lake, "clusters", NOW)[1]] == []


@pytest.mark.parametrize(
    "name", ["part of the report.xlsx", "template.xlsx", "5W~final.xlsx", "Copy of 5W.xlsx", "a.parts"]
)
def test_ordinary_names_are_taken(lake: Lake, name: str) -> None:
    _put(lake, f"wsh-focal/{name}")
    assert _take(lake) == ([name], [])


@pytest.mark.parametrize(
    "name",
    [
        "5W (conflicted copy 2025-03-09 101112).xlsx", "5W (Ana's conflicted copy 2025-03-09).xlsx",
        "5W.sync-conflict-20250309-101112-ABCDEFG.xlsx", "5W [Conflict].xlsx", "5W-DESKTOP-A1B2C3D.xlsx",
    ],
)  # fmt: skip
def test_conflict_copies_wait_for_a_person(lake: Lake, name: str) -> None:
    path = _put(lake, f"wsh-focal/{name}")
    assert _take(lake) == ([], [])
    waiting = inbox.look(lake, "clusters", NOW)[1]
    assert [(one.sender, one.file_name) for one in waiting] == [("wsh-focal", name)]
    assert "conflict copy" in waiting[0].reason
    assert path.exists()


@pytest.mark.parametrize("age", [0, 1, 59.5])
def test_a_file_that_is_still_being_copied_waits(lake: Lake, age: float) -> None:
    _put(lake, "wsh-focal/5W.xlsx", age=age)
    assert "still for 60 seconds" in inbox.look(lake, "clusters", NOW)[1][0].reason
    assert _take(lake) == ([], [])
    assert _take(lake, NOW + timedelta(seconds=61)) == (["5W.xlsx"], [])


def test_an_empty_file_waits_and_says_so(lake: Lake) -> None:
    _put(lake, "wsh-focal/5W.xlsx", b"")
    assert "empty" in inbox.look(lake, "clusters", NOW)[1][0].reason
    assert _take(lake) == ([], [])


def test_a_file_in_no_senders_folder_waits_and_says_so(lake: Lake) -> None:
    path = _put(lake, "5W.xlsx")
    assert inbox.look(lake, "clusters", NOW)[1][0].sender == ""
    assert "no sender's folder" in inbox.look(lake, "clusters", NOW)[1][0].reason
    assert _take(lake) == ([], [])
    assert path.exists()


def test_a_link_is_not_followed_wherever_it_leads(lake: Lake, tmp_path: Path) -> None:
    """Its target would be read and come back to the sender as a marked workbook."""
    secret = tmp_path / "keys.env"
    secret.write_text("IMU_HDX_KEY=secret")
    for name, target in (("a.csv", secret), ("b.csv", tmp_path / "nowhere")):
        link = lake.folder("inbox", "clusters", "wsh-focal", name)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(target)
    ready, waiting = inbox.look(lake, "clusters", NOW)
    assert (ready, [one.file_name for one in waiting]) == ([], ["a.csv", "b.csv"])
    assert all("not followed" in one.reason for one in waiting)
    assert _take(lake) == ([], [])


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("WASH 2025-03 call +380 67 123 45 67.xlsx", "WASH 2025-03 call ….xlsx"),
        ("5W from o.vymyshlena@kalvoria.example.xlsx", "5W from ….xlsx"),
        ("list 067 123-45-67 v2.csv", "list … v2.csv"),
        ("WASH_20250331_v2 (1).xlsx", "WASH_20250331_v2 (1).xlsx"),
        ("register_2025-03-31_totals.csv", "register_2025-03-31_totals.csv"),
        ("5W 31.03.2025 12-05-44.xlsx", "5W 31.03.2025 12-05-44.xlsx"),
    ],
)
def test_whom_a_files_name_reaches_is_not_kept(lake: Lake, name: str, shown: str) -> None:
    _put(lake, f"wsh-focal/{name}")
    (taken,), _ = _take(lake)
    assert taken == shown


def test_what_lies_in_no_sources_folder_is_named(lake: Lake) -> None:
    for place in ("report.xlsx", "cluster/wsh-focal/report.xlsx", "~$report.xlsx"):
        path = lake.folder("inbox") / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"rows")
    _put(lake, "wsh-focal/5W.xlsx")
    found = inbox.misplaced(lake, ["clusters", "needs"])
    assert [(one.source, one.file_name) for one in found] == [("cluster", "report.xlsx"), ("", "report.xlsx")]
    assert all("inbox/clusters/, inbox/mail/, inbox/needs/" in one.reason for one in found)


def test_a_file_of_a_clock_that_runs_ahead_counts_as_received_now(lake: Lake) -> None:
    _put(lake, "wsh-focal/5W.xlsx", age=-86400)
    assert inbox.look(lake, "clusters", NOW)[0][0].modified == NOW


def test_files_are_taken_in_the_order_of_their_own_time(lake: Lake) -> None:
    for name, age in (("b", 300), ("a", 200), ("c", 400)):
        _put(lake, f"wsh-focal/{name}", name.encode(), age=age)
    assert _take(lake)[0] == ["c", "b", "a"]


def test_taking_seals_notes_and_clears(lake: Lake) -> None:
    path = _put(lake, "wsh-focal/deep/er/5W.xlsx", b"rows", age=7200)
    _take(lake)
    arrival = lake.arrivals("clusters")[0]
    assert not path.exists()
    assert lake.read_arrival(arrival) == b"rows"
    assert (arrival.sender, arrival.partition, arrival.facts) == ("wsh-focal", "2025-02", {"about": "test"})
    assert (arrival.received_at, arrival.taken_at) == (NOW - timedelta(hours=2), NOW)


def test_one_source_does_not_take_anothers_files(lake: Lake) -> None:
    path = _put(lake, "statistics-office/w07.xlsx", source="displacement")
    assert _take(lake) == ([], [])
    assert path.exists()


def test_the_same_bytes_again_are_known_and_told_each_time(lake: Lake) -> None:
    _put(lake, "wsh-focal/5W.xlsx", age=500)
    assert _take(lake) == (["5W.xlsx"], [])
    _put(lake, "wsh-focal/5W (2).xlsx", age=400)
    _put(lake, "hea-focal/5W.xlsx", age=400)
    assert _take(lake) == ([], ["5W.xlsx", "5W.xlsx"])
    assert len(lake.arrivals("clusters")) == 1
    notes = [json.loads(path.read_text()) for path in lake.folder("quality", "clusters", "again").iterdir()]
    told = {(note["sender"], note["file_name"]) for note in notes}
    assert told == {("wsh-focal", "5W (2).xlsx"), ("hea-focal", "5W.xlsx")}
    assert {note["arrival_id"] for note in notes} == {lake.arrivals("clusters")[0].arrival_id}


def test_a_file_saved_anew_while_it_is_taken_stays_for_the_next_time(lake: Lake) -> None:
    path = _put(lake, "wsh-focal/5W.xlsx", b"first")

    def somebody_saves(_file: Ready) -> tuple[str | None, Mapping[str, Any]]:
        path.write_bytes(b"corrected")
        return "2025-02", {}

    inbox.take_all(lake, "clusters", NOW, somebody_saves)
    assert path.read_bytes() == b"corrected"
    assert lake.arrivals("clusters") == []  # what was read is not what lies there now


def test_a_file_that_vanishes_does_not_hold_up_the_others(lake: Lake) -> None:
    for name in ("a", "b", "c"):
        _put(lake, f"wsh-focal/{name}.xlsx", name.encode())

    def somebody_takes_b_away(file: Ready) -> tuple[str | None, Mapping[str, Any]]:
        if file.path.name == "b.xlsx":
            file.path.unlink()
        return "2025-02", {}

    new, _ = inbox.take_all(lake, "clusters", NOW, somebody_takes_b_away)
    assert [one.file_name for one in new] == ["a.xlsx", "c.xlsx"]


def test_a_crash_between_sealing_and_clearing_finds_the_file_known(lake: Lake) -> None:
    path = _put(lake, "wsh-focal/5W.xlsx")

    def die(*_: object) -> None:
        crashing.kill_self()

    def take_and_die() -> None:
        Path.unlink = die  # type: ignore[method-assign, assignment]
        _take(lake)

    assert crashing.killed_at(take_and_die, 99)
    assert path.exists()
    assert len(lake.arrivals("clusters")) == 1
    assert _take(lake) == ([], ["5W.xlsx"])
    assert not path.exists()
    assert not lake.folder("quality", "clusters", "again").exists()  # nobody sent it twice


def test_a_crash_before_sealing_leaves_the_file_in_the_inbox(lake: Lake) -> None:
    path = _put(lake, "wsh-focal/5W.xlsx")
    assert crashing.killed_at(lambda: _take(lake), 0)
    assert lake.arrivals("clusters") == []
    assert path.exists()
    assert _take(lake) == (["5W.xlsx"], [])
