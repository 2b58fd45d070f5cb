"""Times as devices and servers write them.

Belongs here: reading `+02:00`, `+0200`, `-00:00`, `Z` and KoBo's own offset-less UTC into one kind of moment. Does not
belong here: what a moment means for an interview (`interviews.py`).
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def moment_of(text: str) -> datetime | None:
    """A moment, or None when the text is none. A time without offset is KoBo's `_submission_time`, which is
    UTC.

    >>> moment_of("2026-10-01T09:00:00.000+0200") == moment_of("2026-10-01T07:00:00.000-00:00") True
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def day_of(text: str, zone: ZoneInfo) -> date | None:
    """The day in the operation's time zone; a bare date (`today`) is that day already."""
    if len(text) == 10:
        try:
            return date.fromisoformat(text)
        except ValueError:
            return None
    moment = moment_of(text)
    return moment.astimezone(zone).date() if moment else None
