"""What comes up, what was kept long enough, and who may send: the small questions behind `imu status`."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from orchestration import reminders, retention, senders, settings
from orchestration.calendar import load_calendar
from orchestration.lake import Lake
from orchestration.settings import Retention

KYIV = ZoneInfo("Europe/Kyiv")
UKRAINE = settings.REPO / "operations" / "ukraine"
AGREED = Retention(raw=24, checked=12, releases=36)


# -- reminders, on the calendar of a real office ----------------------------------------------------------------


def days_of(words: str, first: date, last: date) -> list[tuple[str, int]]:
    found = reminders.between(reminders.load(UKRAINE / "calendar.yml"), first, last, KYIV)
    return [(f"{at:%Y-%m-%d %H:%M}", at.isoweekday()) for at, one in found if words in one.what]


def test_inputs_are_due_every_other_wednesday_and_the_report_goes_out_that_friday() -> None:
    inputs = days_of("inputs to the situation report", date(2014, 12, 31), date(2015, 12, 31))
    reports = days_of("situation report goes out", date(2014, 12, 31), date(2015, 12, 31))
    assert {weekday for _, weekday in inputs} == {3}
    assert {weekday for _, weekday in reports} == {5}
    assert len(inputs) == len(reports) == 26
    gaps = {
        date.fromisoformat(out[:10]) - date.fromisoformat(due[:10])
        for (due, _), (out, _) in zip(inputs, reports, strict=True)
    }
    assert {gap.days for gap in gaps} == {2}


def test_the_year_ends_with_assessments_overview_and_plan() -> None:
    whole = (date(2014, 12, 31), date(2015, 12, 31))
    assert [day for day, _ in days_of("assessments are final", *whole)] == ["2015-08-31 18:00"]
    assert [day for day, _ in days_of("(HNO) is final", *whole)] == ["2015-10-31 18:00"]
    assert [day[:7] for day, _ in days_of("(SRP)", *whole)] == ["2015-10", "2015-11"]
    assert [day[:7] for day, _ in days_of("raw round", *whole)] == ["2015-01", "2015-02", "2015-03"]
    assert [day for day, _ in days_of("funding", date(2014, 1, 1), date(2030, 1, 1))] == ["2015-03-31 18:00"]


def test_a_cut_off_keeps_its_local_hour_when_the_clocks_change() -> None:
    found = reminders.between(reminders.load(UKRAINE / "calendar.yml"), date(2015, 3, 1), date(2015, 4, 30), KYIV)
    inputs = [at for at, one in found if "inputs to" in one.what]
    assert {f"{at:%H:%M}" for at in inputs} == {"23:59"}
    assert {at.utcoffset() for at in inputs} == {
        at.utcoffset() for at in (datetime(2015, 3, 1, tzinfo=KYIV), datetime(2015, 4, 30, tzinfo=KYIV))
    }


def test_the_monitoring_report_comes_in_april_and_every_quarter_after() -> None:
    events = [event for event in load_calendar(UKRAINE / "calendar.yml") if event.product == "situation-monitoring"]
    from orchestration.calendar import due_between

    due = due_between(events, date(2014, 12, 31), date(2015, 12, 31), KYIV)
    assert [(one.cycle, one.covers) for one in due] == [
        ("2015-04", "2015-Q1"),
        ("2015-07", "2015-Q2"),
        ("2015-10", "2015-Q3"),
    ]


def test_the_day_itself_is_not_ahead_and_the_last_one_is() -> None:
    one = reminders.Reminder(what="w", who="x", rule="FREQ=DAILY", starts=date(2025, 1, 1), at="00:00")
    found = reminders.between([one], date(2025, 1, 1), date(2025, 1, 3), KYIV)
    assert [at.date() for at, _ in found] == [date(2025, 1, 2), date(2025, 1, 3)]


# -- retention --------------------------------------------------------------------------------------------------


def take(lake: Lake, source: str, sender: str, at: datetime, content: bytes = b"x") -> None:
    lake.take(source, content, sender=sender, file_name="f", partition=None, received_at=at, taken_at=at)


def verdict(lake: Lake, name: str, at: str, tables: dict[str, str]) -> None:
    rest = {"source": "needs", "partition": "2025", "arrival_id": name, "received_at": at, "config": "c", "verdict": {}}
    lake.write_json(lake.folder("quality", "needs", f"{name}.json"), {**rest, "taken_at": at, "tables": tables})


def test_what_is_older_than_agreed_is_counted_by_room(lake: Lake) -> None:
    take(lake, "needs", "x", datetime(2023, 3, 31, tzinfo=UTC), b"old")
    take(lake, "needs", "x", datetime(2023, 4, 1, tzinfo=UTC), b"younger")
    verdict(lake, "a", "2024-03-31T10:00:00+00:00", {"needs": "checked/needs/a.parquet"})
    verdict(lake, "b", "2020-01-01T10:00:00+00:00", {})  # refused: nothing of it was kept
    lake.folder("release", "displacement", "2022-03").mkdir(parents=True)
    lake.folder("release", "displacement", "held").mkdir()
    found = retention.due_for_review(lake, AGREED, date(2025, 3, 31))
    assert [(one.room, one.count, one.oldest) for one in found] == [
        ("raw", 1, date(2023, 3, 31)),
        ("checked", 1, date(2024, 3, 31)),
        ("release", 1, date(2022, 3, 1)),
    ]
    assert retention.due_for_review(lake, AGREED, date(2025, 3, 30))[0].room == "release"


def test_an_empty_lake_has_nothing_to_review(tmp_path: Path) -> None:
    assert retention.due_for_review(Lake(tmp_path), AGREED, date(2025, 1, 1)) == []


# -- senders ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "account"),
    [
        ("clusters", "wsh-focal"),
        ("displacement", "statistics-office"),
        ("register", "registration-unit"),
        ("boundaries", "mapping-agency"),
        ("population", "statistics-office"),
        ("needs", "needs-working-group"),
    ],
)
def test_the_accounts_of_a_source_are_those_the_operation_names(source: str, account: str) -> None:
    operation = settings.load_operation(settings.REPO / "operations" / "demo")
    names = senders.allowed(operation, source)
    assert names is not None
    assert account in names
    assert "ngo-somebody" not in names


def test_surveys_are_fetched_and_only_files_about_them_are_sent() -> None:
    operation = settings.load_operation(settings.REPO / "operations" / "demo")
    assert senders.at_the_inbox(operation, "hsm") == {"survey-team"}
    assert senders.allowed(operation, "hsm") == {"survey-team", senders.SURVEY_SERVER}
    ukraine = settings.load_operation(settings.REPO / "operations" / "ukraine")
    assert senders.at_the_inbox(ukraine, "hsm") == frozenset()


def test_arrivals_of_strangers_are_counted_by_account(lake: Lake) -> None:
    operation, at = settings.load_operation(settings.REPO / "operations" / "demo"), datetime(2025, 1, 1, tzinfo=UTC)
    take(lake, "needs", "needs-working-group", at)
    take(lake, "register", "ngo-somebody", at, b"one")
    take(lake, "register", "ngo-somebody", at, b"two")
    take(lake, "hsm", "anybody", at)
    take(lake, "hsm", senders.SURVEY_SERVER, at)
    assert senders.strangers(Lake(lake.root), operation) == [
        senders.Stranger("hsm", "anybody", 1), senders.Stranger("register", "ngo-somebody", 2),
    ]  # fmt: skip
