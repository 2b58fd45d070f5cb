"""The yearly calendar: pure questions about days. What is due, for which cycle, which week or month a day is in.

Belongs here: rules over dates, without a clock, a lake or dagster. Does not belong here: whether something is good
enough to go out (`assets/release/readiness.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import yaml
from dateutil.rrule import rrulestr
from pydantic import Field, TypeAdapter, ValidationError, field_validator

from orchestration.failures import Permanent
from orchestration.settings import Setting, months_between


class Event(Setting):
    """One line of `calendar.yml`: a product and the rule by which it comes due."""

    product: str
    rule: str
    starts: date
    release_at: str = Field(default="18:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    covers: Literal["month", "previous_month", "quarter", "previous_quarter", "year"]
    when_late: Literal["hold", "flag", "skip"]

    @field_validator("rule")
    @classmethod
    def _understood(cls, value: str) -> str:
        """A rule that can't be followed is told when the calendar is read, not on the day nothing comes out."""
        try:
            start = datetime(2000, 1, 1)  # noqa: DTZ001 - rules are local, without a zone
            rrulestr(value, dtstart=start).after(start)
        except (ValueError, TypeError, AttributeError) as cause:
            raise ValueError(f"no iCalendar rule in local time (FREQ=MONTHLY;BYMONTHDAY=-1 is one): {cause}") from cause
        return value


@dataclass(frozen=True)
class Due:
    """One product that comes due once."""

    product: str
    cycle: str
    at: datetime
    covers: str
    when_late: str


def load_calendar(path: Path) -> list[Event]:
    """Read `calendar.yml`; all problems at once."""
    if not path.exists():
        raise Permanent(f"{path.parent.name}/calendar.yml is missing; `imu new-operation` writes a commented one.")
    try:
        return TypeAdapter(list[Event]).validate_python(yaml.safe_load(path.read_text(encoding="utf-8"))["events"])
    except yaml.YAMLError as cause:
        raise Permanent(f"{path.parent.name}/calendar.yml is not valid YAML: {cause}") from cause
    except (ValidationError, KeyError, TypeError) as cause:
        problems = (
            [f"key events.{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in cause.errors()]
            if isinstance(cause, ValidationError)
            else ["expected a list under the key `events`"]
        )
        raise Permanent(f"{path.parent.name}/calendar.yml: " + "; ".join(problems)) from cause


def due_between(events: list[Event], after: date, until: date, zone: ZoneInfo) -> list[Due]:
    """Everything that comes due after one day and up to another, in the order of its time."""
    found = [due for event in events for due in _occurrences(event, after, until, zone)]
    return sorted(found, key=lambda due: (due.at, due.product))


def _occurrences(event: Event, after: date, until: date, zone: ZoneInfo) -> list[Due]:
    hour, minute = (int(part) for part in event.release_at.split(":"))
    rule = rrulestr(event.rule, dtstart=datetime.combine(event.starts, time(hour, minute)))  # local, without a zone
    first = datetime.combine(after, time(23, 59, 59))
    last = datetime.combine(until, time(23, 59, 59))
    return [
        Due(event.product, day.strftime("%Y-%m"), day.replace(tzinfo=zone), covered(event, day.date()), event.when_late)
        for day in rule.between(first, last, inc=True)
    ]


def covered(event: Event, day: date) -> str:
    """The period a release of that day speaks about."""
    month = day.strftime("%Y-%m")
    if event.covers == "month":
        return month
    if event.covers == "previous_month":
        return (day.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    if event.covers == "quarter":
        return f"{day.year}-Q{(day.month - 1) // 3 + 1}"
    if event.covers == "previous_quarter":
        quarter = (day.month - 1) // 3
        return f"{day.year}-Q{quarter}" if quarter else f"{day.year - 1}-Q4"
    return str(day.year)


def month_ends(first: str, last: str) -> list[date]:
    """The last day of each month."""
    ends = []
    for key in months_between(first, last):
        year, month = (int(part) for part in key.split("-"))
        following = date(year + month // 12, month % 12 + 1, 1)
        ends.append(following - timedelta(days=1))
    return ends


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The last second of a local day."""
    return datetime.combine(day, time(23, 59, 59), tzinfo=zone)


def week_key(day: date) -> str:
    """The ISO week: 2026 has 53 of them, and 1 January may belong to the year before."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def weeks_between(first: date, last: date) -> list[str]:
    """ISO week keys, both ends included."""
    keys = [week_key(first + timedelta(days=offset)) for offset in range((last - first).days + 1)]
    return sorted(set(keys))


def deadline(month: str, due_day: int, zone: ZoneInfo) -> datetime:
    """The last second in which a month's workbook is on time: a day of the following month."""
    year, number = (int(part) for part in month.split("-"))
    day = date(year + number // 12, number % 12 + 1, due_day)
    return end_of_day(day, zone)
