"""What lies ahead: the dates of the next two weeks, and the end of the period the operation is set up for.

Belongs here: putting releases and reminders in one line. Does not belong here: rules over dates (`calendar.py`,
`reminders.py`).
"""

from __future__ import annotations

from datetime import timedelta

from orchestration import reminders
from orchestration.calendar import due_between, month_ends
from orchestration.office import Office

DAYS_AHEAD = 14


def coming_up(office: Office) -> list[dict[str, str]]:
    """Dates people keep, and the releases a sensor will ask for: none after the operation's period."""
    today, until, zone = office.today, office.today + timedelta(days=DAYS_AHEAD), office.operation.zone
    dates = reminders.between(reminders.load(office.operation.folder / "calendar.yml"), today, until, zone)
    due = [one for one in due_between(office.calendar, today, until, zone) if one.cycle in office.operation.months]
    found = [(at, one.what, one.who) for at, one in dates]
    found += [(one.at, f"release of {one.product}", "IMU") for one in due]
    return [{"when": f"{at:%Y-%m-%d %H:%M}", "what": what, "who": who} for at, what, who in sorted(found)]


def period_ends(office: Office) -> str | None:
    """What to do about the end of the period, once it is near or over."""
    last = office.operation.period.last_month
    ends = month_ends(last, last)[0]
    if ends > office.today + timedelta(days=DAYS_AHEAD):
        return None
    word = "ended" if ends < office.today else "ends"
    return (
        f"The period of operation.yml {word} with {last}: of later months nothing is asked for, checked or released. "
        "Set last_month, and what else the next year needs (docs/new-country.md)."
    )
