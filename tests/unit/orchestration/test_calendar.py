"""Days, weeks and months as an office counts them, in its own time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration import calendar
from orchestration.calendar import Event, due_between
from orchestration.failures import Permanent
from orchestration.settings import months_between

KYIV, KARACHI, KABUL, YANGON = map(ZoneInfo, ("Europe/Kyiv", "Asia/Karachi", "Asia/Kabul", "Asia/Yangon"))
DAYS = st.dates(date(2000, 1, 1), date(2060, 12, 31))


def _event(rule: str, starts: date = date(2025, 1, 1), **changes: str) -> Event:
    given = {"product": "presence", "covers": "month", "when_late": "hold", **changes}
    return Event(rule=rule, starts=starts, **given)  # type: ignore[arg-type]


def _days(rule: str, after: date, until: date, zone: ZoneInfo = KYIV, **changes: str) -> list[str]:
    return [due.at.date().isoformat() for due in due_between([_event(rule, **changes)], after, until, zone)]


# -- weeks ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "key"),
    [
        (date(2026, 12, 31), "2026-W53"), (date(2027, 1, 3), "2026-W53"), (date(2027, 1, 4), "2027-W01"),
        (date(2024, 12, 30), "2025-W01"), (date(2025, 12, 28), "2025-W52"), (date(2025, 12, 29), "2026-W01"),
        (date(2020, 12, 31), "2020-W53"),
    ],
)  # fmt: skip
def test_a_week_belongs_to_the_year_of_its_thursday(day: date, key: str) -> None:
    assert calendar.week_key(day) == key


@given(DAYS, st.integers(0, 800))
def test_every_day_lies_in_exactly_one_listed_week(first: date, length: int) -> None:
    last = first + timedelta(days=length)
    weeks = calendar.weeks_between(first, last)
    assert weeks == sorted(set(weeks))
    assert weeks[0] == calendar.week_key(first)
    assert weeks[-1] == calendar.week_key(last)
    assert len(weeks) == (_monday(last) - _monday(first)).days // 7 + 1


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


# -- months ---------------------------------------------------------------------------------------------------


def test_month_ends_know_short_months_and_leap_years() -> None:
    assert [day.isoformat() for day in calendar.month_ends("2023-11", "2024-03")] == [
        "2023-11-30", "2023-12-31", "2024-01-31", "2024-02-29", "2024-03-31",
    ]  # fmt: skip
    assert calendar.month_ends("2025-02", "2025-02") == [date(2025, 2, 28)]
    assert calendar.month_ends("2025-02", "2025-01") == []


@given(DAYS, st.integers(0, 60))
def test_month_ends_are_the_days_before_a_first(first: date, months: int) -> None:
    start = f"{first:%Y-%m}"
    last = f"{(first + timedelta(days=30 * months)):%Y-%m}"
    ends = calendar.month_ends(start, last)
    assert [f"{day:%Y-%m}" for day in ends] == list(months_between(start, last))
    assert all((day + timedelta(days=1)).day == 1 for day in ends)


@pytest.mark.parametrize(("month", "day"), [("2025-12", date(2026, 1, 10)), ("2025-01", date(2025, 2, 10))])
def test_a_month_is_due_on_a_day_of_the_next(month: str, day: date) -> None:
    assert calendar.deadline(month, 10, KYIV) == datetime.combine(day, datetime.max.time(), KYIV).replace(microsecond=0)


def test_the_deadline_is_the_offices_midnight_on_either_side_of_summer_time() -> None:
    assert calendar.deadline("2025-02", 28, KYIV).astimezone(UTC).hour == 21
    assert calendar.deadline("2025-03", 28, KYIV).astimezone(UTC).hour == 20
    assert calendar.deadline("2025-03", 28, YANGON).astimezone(UTC).isoformat() == "2025-04-28T17:29:59+00:00"


@given(DAYS)
def test_the_end_of_a_day_is_that_day_everywhere(day: date) -> None:
    for zone in (KYIV, KARACHI, KABUL, YANGON):
        end = calendar.end_of_day(day, zone)
        assert end.date() == day
        assert (end.astimezone(UTC) + timedelta(seconds=1)).astimezone(zone).date() == day + timedelta(days=1)


@pytest.mark.parametrize(
    ("covers", "day", "period"),
    [
        ("month", date(2025, 1, 31), "2025-01"), ("previous_month", date(2025, 1, 31), "2024-12"),
        ("previous_month", date(2024, 3, 31), "2024-02"), ("quarter", date(2025, 3, 31), "2025-Q1"),
        ("quarter", date(2025, 4, 1), "2025-Q2"), ("quarter", date(2025, 12, 31), "2025-Q4"),
        ("year", date(2025, 7, 31), "2025"),
    ],
)  # fmt: skip
def test_what_a_release_covers(covers: str, day: date, period: str) -> None:
    assert calendar.covered(_event("FREQ=MONTHLY", covers=covers), day) == period


# -- what comes due -------------------------------------------------------------------------------------------


def test_the_last_day_of_each_month_comes_due_also_in_february() -> None:
    found = _days("FREQ=MONTHLY;BYMONTHDAY=-1", date(2023, 12, 31), date(2024, 4, 29), starts=date(2023, 1, 31))  # type: ignore[arg-type]
    assert found == ["2024-01-31", "2024-02-29", "2024-03-31"]


def test_the_cut_off_keeps_its_hour_when_the_clocks_change() -> None:
    found = due_between([_event("FREQ=WEEKLY;BYDAY=WE")], date(2025, 3, 25), date(2025, 4, 2), KYIV)
    assert [due.at.isoformat() for due in found] == ["2025-03-26T18:00:00+02:00", "2025-04-02T18:00:00+03:00"]
    autumn = due_between([_event("FREQ=WEEKLY;BYDAY=WE")], date(2025, 10, 21), date(2025, 10, 29), KYIV)
    assert [due.at.isoformat() for due in autumn] == ["2025-10-22T18:00:00+03:00", "2025-10-29T18:00:00+02:00"]


def test_an_hour_the_clocks_leave_out_still_comes_due_once_and_in_order() -> None:
    events = [_event("FREQ=DAILY", release_at="03:30"), _event("FREQ=DAILY", product="later", release_at="05:00")]
    found = due_between(events, date(2025, 3, 29), date(2025, 3, 30), KYIV)
    assert [due.product for due in found] == ["presence", "later"]
    assert found[0].at.astimezone(UTC) <= found[1].at.astimezone(UTC)


@pytest.mark.parametrize("zone", [KYIV, KARACHI, KABUL, YANGON])
def test_a_rule_means_local_days_in_every_zone(zone: ZoneInfo) -> None:
    found = due_between(
        [_event("FREQ=MONTHLY;BYDAY=-1TH", release_at="00:15")], date(2024, 12, 31), date(2025, 3, 31), zone
    )
    assert [due.at.date().isoformat() for due in found] == ["2025-01-30", "2025-02-27", "2025-03-27"]
    assert all(due.at.tzinfo is zone and (due.at.hour, due.at.minute) == (0, 15) for due in found)
    assert {due.cycle for due in found} == {"2025-01", "2025-02", "2025-03"}


def test_quarterly_by_months_and_the_winter_pause() -> None:
    quarterly = "FREQ=YEARLY;BYMONTH=1,4,7,10;BYMONTHDAY=-1"
    assert _days(quarterly, date(2025, 1, 30), date(2025, 12, 31)) == [
        "2025-01-31",
        "2025-04-30",
        "2025-07-31",
        "2025-10-31",
    ]
    pause = "FREQ=MONTHLY;BYMONTH=3,4,5,6,7,8,9,10,11;BYMONTHDAY=1"
    assert _days(pause, date(2025, 11, 1), date(2026, 3, 1)) == ["2026-03-01"]


def test_week_53_comes_due() -> None:
    assert _days("FREQ=YEARLY;BYWEEKNO=53;BYDAY=SU", date(2025, 1, 1), date(2033, 1, 31)) == [
        "2027-01-03",
        "2033-01-02",
    ]


@settings(max_examples=25, deadline=None)
@given(DAYS, st.integers(0, 300), st.integers(0, 300))
def test_days_are_neither_asked_twice_nor_left_out(first: date, one: int, two: int) -> None:
    middle, last = first + timedelta(days=one), first + timedelta(days=one + two)
    rule = "FREQ=WEEKLY;BYDAY=MO,TH"
    starts = date(1999, 1, 1)
    parts = [*_days(rule, first, middle, starts=starts), *_days(rule, middle, last, starts=starts)]  # type: ignore[arg-type]
    assert parts == _days(rule, first, last, starts=starts)  # type: ignore[arg-type]
    assert len(parts) == len(set(parts))


def test_nothing_comes_due_before_it_starts() -> None:
    assert _days("FREQ=DAILY", date(2024, 12, 1), date(2025, 1, 2)) == ["2025-01-01", "2025-01-02"]


def test_products_due_at_once_come_in_the_order_of_their_names() -> None:
    events = [_event("FREQ=DAILY", product=name) for name in ("b", "a")]
    assert [due.product for due in due_between(events, date(2025, 1, 1), date(2025, 1, 2), KYIV)] == ["a", "b"]


# -- calendar.yml ---------------------------------------------------------------------------------------------

GOOD = '{product: a, rule: "FREQ=DAILY", starts: 2025-01-01, covers: month, when_late: hold}'


def _load(tmp_path: Path, *lines: str) -> list[Event]:
    path = tmp_path / "calendar.yml"
    path.write_text("events:\n" + "".join(f"  - {line}\n" for line in lines))
    return calendar.load_calendar(path)


def test_a_calendar_is_read(tmp_path: Path) -> None:
    assert [event.release_at for event in _load(tmp_path, GOOD)] == ["18:00"]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('"FREQ=DAILY"', '"FREQ=OFTEN"', "rule"),
        ('"FREQ=DAILY"', '"FREQ=MONTHLY;BYMONTHDAY"', "rule"),
        ('"FREQ=DAILY"', '"FREQ=DAILY;UNTIL=20250601T000000Z"', "rule"),
        ('"FREQ=DAILY"', '"DTSTART:20250101T000000Z\\nRRULE:FREQ=DAILY"', "rule"),
        ('"FREQ=DAILY"', '"BYDAY=MO"', "rule"),
        ('"FREQ=DAILY"', '""', "rule"),
        ("covers: month", 'covers: month, release_at: "24:00"', "release_at"),
        ("covers: month", "covers: fortnight", "covers"),
        ("when_late: hold", "when_late: hold, colour: red", "colour"),
    ],
)
def test_a_line_that_can_not_be_followed_is_told_when_the_calendar_is_read(
    tmp_path: Path, old: str, new: str, key: str
) -> None:
    with pytest.raises(Permanent, match=rf"calendar\.yml: key events\.1\.{key}"):
        _load(tmp_path, GOOD, GOOD.replace(old, new))


@pytest.mark.parametrize("text", ["", "other: 1", "events: [", "- 1"])
def test_another_kind_of_file_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "calendar.yml"
    path.write_text(text)
    with pytest.raises(Permanent, match=r"calendar\.yml"):
        calendar.load_calendar(path)
    with pytest.raises(Permanent, match="missing"):
        calendar.load_calendar(tmp_path / "elsewhere" / "calendar.yml")
