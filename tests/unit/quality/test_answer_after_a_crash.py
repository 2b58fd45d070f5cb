"""A sender's answer is complete when their page is there; what a crash cut short is asked for again, and only that."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assets.quality import feedback, ledger
from assets.quality.feedback import Addressee
from assets.quality.ledger import Entry, Outcome
from assets.quality.verdict import Finding, conclude
from orchestration.lake import Lake
from sensors import inbox, verdicts

WHEN = datetime.fromisoformat("2025-03-05T10:00:00+02:00")
TO = Addressee("WASH cluster", "wash@partners.example", "Kalvoria", "imu@kalvoria.example")
CONFIG = "0123456789abcdef"


def _judged(lake: Lake, partition: str | None, *findings: Finding) -> Entry:
    arrival, _ = lake.take(
        "clusters", b"no workbook", sender="wsh-focal", file_name="5W.xlsx", partition=partition,
        received_at=WHEN, taken_at=WHEN,
    )  # fmt: skip
    verdict = conclude(
        source="clusters", arrival_id=arrival.arrival_id, sender="wsh-focal", partition="2025-02", subject="WSH",
        rows_total=0, findings=findings or [Finding("C-UNREADABLE", detail="it is damaged")],
    )  # fmt: skip
    return ledger.store(lake, arrival, partition or "unrouted|2025-02", CONFIG, Outcome(verdict))


def _office(lake: Lake) -> Any:
    return SimpleNamespace(lake=lake, config=CONFIG, now=WHEN)


def test_a_verdict_nobody_was_told_is_asked_for_again(lake: Lake) -> None:
    entry = _judged(lake, "WSH|2025-02")
    assert verdicts.waiting_partitions(_office(lake), "clusters") == {"WSH|2025-02": [entry.arrival_id]}
    feedback.write(lake, entry, b"no workbook", TO, [])
    assert verdicts.waiting_partitions(_office(lake), "clusters") == {}


def test_at_the_door_too(lake: Lake) -> None:
    entry = _judged(lake, None)
    assert inbox._left_at_the_door(_office(lake), "clusters") == [entry.arrival_id]
    assert verdicts.waiting_partitions(_office(lake), "clusters") == {}
    feedback.write(lake, entry, b"no workbook", TO, [])
    assert inbox._left_at_the_door(_office(lake), "clusters") == []


def test_a_message_that_was_sent_and_moved_away_is_not_written_again(lake: Lake) -> None:
    entry = _judged(lake, "WSH|2025-02")
    feedback.write(lake, entry, b"no workbook", TO, [])
    feedback.message_path(lake, entry).unlink()
    assert feedback.is_written(lake, entry)


def test_another_verdict_on_the_same_file_is_told(lake: Lake) -> None:
    first = _judged(lake, "WSH|2025-02")
    feedback.write(lake, first, b"no workbook", TO, [])
    second = _judged(lake, "WSH|2025-02", Finding("C-UNREADABLE", detail="it is protected by a password"))
    assert not feedback.is_written(lake, second)


def test_the_page_is_written_last(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = _judged(lake, "WSH|2025-02")
    written: list[Path] = []
    real = Lake.write
    monkeypatch.setattr(Lake, "write", lambda self, path, how: (written.append(path), real(self, path, how))[1])
    feedback.write(lake, entry, b"no workbook", TO, [])
    assert [path.suffix for path in written] == [".eml", ".html"]
