"""A cleaning log on its way: taken from the inbox, followed where it can be, told where it can't, sealed throughout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from small_year import SmallYear

from assets.quality import ledger
from assets.quality.ledger import Entry
from demo.country.hsm_log import SENDER
from orchestration import duck

ROUND = "R02"


@pytest.fixture
def judged(small_year: SmallYear) -> Sequence[Entry]:
    """What was said of the round, before and with the log."""
    office = small_year.office(small_year.last_day)
    entries = [one for one in ledger.entries(office.lake, "hsm", office.now) if one.partition == ROUND]
    assert [one.sender == SENDER for one in entries] == [False] * (len(entries) - 1) + [True]
    return entries


def rows(year: SmallYear, entry: Entry, table: str) -> list[tuple[Any, ...]]:
    lake = year.lake
    with duck.connect(lake.zone_key("checked")) as connection:
        scan = duck.sealed_scan([lake.root / entry.tables[table]])
        return connection.execute(f"SELECT * FROM {scan} ORDER BY ALL").fetchall()


def test_lines_are_followed_or_told_by_number(judged: Sequence[Entry]) -> None:
    verdict = judged[-1].verdict
    followed = {name: count for name, count in verdict["counts"].items() if name.startswith("log_")}
    assert followed == {"log_change_response": 2, "log_blank_response": 1, "log_remove_survey": 1}
    told = {(one["row"], one["rule"]) for one in verdict["findings"] if one["rule"].startswith("H-LOG")}
    assert told == {
        (6, "H-LOG-TYPE"), (7, "H-LOG-OLD-VALUE"), (8, "H-LOG-NEW-VALUE"), (9, "H-LOG-QUESTION"),
        (10, "H-LOG-CONFLICT"), (11, "H-LOG-CONFLICT"), (12, "H-LOG-INTERVIEW"),
    }  # fmt: skip


def test_the_round_is_what_it_was_but_for_four_lines(small_year: SmallYear, judged: Sequence[Entry]) -> None:
    before, after = judged[-2], judged[-1]
    gone = {row[1] for row in rows(small_year, before, "interviews")} - {
        row[1] for row in rows(small_year, after, "interviews")
    }
    assert len(gone) == 1
    was, now = (set(rows(small_year, one, "answers")) for one in (before, after))
    lost = [row[2] for row in was - now if row[1] not in gone]
    new = [row[2] for row in now - was]
    assert new == ["water_days_missing"]
    assert sorted(lost) == ["priority_needs", "water_days_missing", "water_days_missing"]


def test_what_the_log_says_lies_open_nowhere(small_year: SmallYear, judged: Sequence[Entry]) -> None:
    """Its lines name interviews by the identifier KoBo gave them, which leads back to the informant."""
    log = (small_year.home.world / "files" / "hsm" / SENDER / f"cleaning log {ROUND}.csv").read_text("utf-8-sig")
    uuids = {line.split(",")[0].encode() for line in log.splitlines()[1:]}
    assert len(uuids) == 5
    lake = small_year.home.lake
    for path in (path for path in lake.rglob("*") if path.is_file()):
        assert not any(uuid in path.read_bytes() for uuid in uuids), path.relative_to(lake).as_posix()
