"""Dates that people keep and the platform only reminds them of: cut-offs, meetings, the steps of the plan's year.

Belongs here: the `reminders` of `calendar.yml` and which of them come up. Does not belong here: what the platform
itself releases (`calendar.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from pydantic import Field, TypeAdapter, ValidationError, field_validator

from orchestration.failures import Permanent
from orchestration.operation_file import Problem, problems_of, read_yaml
from orchestration.settings import Setting

KEYS = frozenset({"events", "reminders"})


class Reminder(Setting):
    """One line under `reminders`: what, who keeps it, and the rule by which it returns."""

    what: str
    who: str
    rule: str
    starts: date
    at: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "18:00"

    @field_validator("rule")
    @classmethod
    def _understood(cls, value: str) -> str:
        try:
            start = datetime(2000, 1, 1)  # noqa: DTZ001 - rules are local, without a zone
            rrulestr(value, dtstart=start).after(start)
        except (ValueError, TypeError, AttributeError) as cause:
            raise ValueError("not an iCalendar rule in local time, such as FREQ=WEEKLY;BYDAY=WE") from cause
        return value


def check(path: Path) -> tuple[list[Reminder], list[Problem]]:
    """The reminders of a calendar, and what is wrong with them or with the file's keys."""
    content = read_yaml(path)
    if not isinstance(content, dict):
        return [], [Problem(path.name, "(the whole file)", type(content).__name__, "the keys events and reminders")]
    wrong = [Problem(path.name, str(key), "a key no code reads", "no such key") for key in sorted(set(content) - KEYS)]
    try:
        return _read(content.get("reminders") or []), wrong
    except ValidationError as cause:
        return [], [*wrong, *problems_of(path.name, cause)]


def load(path: Path) -> list[Reminder]:
    """The reminders of a calendar; all problems at once."""
    found, problems = check(path)
    if problems:
        lines = [f"{path.parent.name}/{path.name} has {len(problems)} problem(s):", *map(str, problems)]
        raise Permanent("\n  ".join(lines))
    return found


def _read(content: Any) -> list[Reminder]:
    return TypeAdapter(list[Reminder]).validate_python(content)


def between(reminders: Sequence[Reminder], after: date, until: date, zone: ZoneInfo) -> list[tuple[datetime, Reminder]]:
    """What comes up after one day and up to another, in the order of its time."""
    first, last = (datetime.combine(day, time(23, 59, 59)) for day in (after, until))
    found = [(at.replace(tzinfo=zone), one) for one in reminders for at in _days(one).between(first, last, inc=True)]
    return sorted(found, key=lambda pair: (pair[0], pair[1].what))


def _days(one: Reminder) -> Any:
    hour, minute = (int(part) for part in one.at.split(":"))
    return rrulestr(one.rule, dtstart=datetime.combine(one.starts, time(hour, minute)))  # local, without a zone
