"""What a producer hands over: files that arrive at a moment, and the troubles planted in them.

Here belong the two records every producer returns and the clock words they share (Kyiv time, a week's Tuesday).
Here does not belong what is inside a file: that is each producer's own module.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

KYIV = ZoneInfo("Europe/Kyiv")
SIZES = ("small", "country")


@dataclass(frozen=True)
class Delivery:
    """One file, as it reaches the office. One per arrival; the same bytes sent twice are two deliveries."""

    at: datetime
    source: str
    sender: str
    name: str
    content: bytes

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError(f"the delivery {self.name} has a moment without time zone; use deliveries.at()")


@dataclass(frozen=True)
class Trouble:
    """One planted trap and the rule expected to find it; rule "" means it must pass unharmed and raise nothing.

    row is 1-based as the spreadsheet or CSV shows it (the header counts); None when the trouble is the file's.
    """

    kind: str
    source: str
    file: str
    row: int | None
    rule: str
    note: str


def at(day: date, hour: int = 11, minute: int = 0) -> datetime:
    """The moment of that day on Kyiv's clocks, with its time zone."""
    return datetime.combine(day, time(hour, minute), tzinfo=KYIV)


def week_key(sunday: date) -> str:
    """The ISO week that ends on this Sunday: 2025-01-05 is 2025-W01 although it began in December."""
    year, week, _ = sunday.isocalendar()
    return f"{year}-W{week:02d}"


def sundays(year: int, weeks: int) -> list[date]:
    """The last days of the first so many ISO weeks of a year, in order."""
    return [date.fromisocalendar(year, week, 7) for week in range(1, weeks + 1)]


def tuesday_after(sunday: date) -> datetime:
    """When the weekly figures are due: Tuesday 11:00 after the week, summer time or not."""
    return at(sunday + timedelta(days=2))
