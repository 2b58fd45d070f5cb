"""What has been kept for as long as the operation said it would be, and is due for a review.

Belongs here: counting by age, from names and dates only. Does not belong here: deleting anything; people decide that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from orchestration import records
from orchestration.lake import Lake
from orchestration.settings import Retention


@dataclass(frozen=True)
class DueForReview:
    """One room of the lake in which something is older than agreed."""

    room: str
    count: int
    oldest: date
    months: int


def due_for_review(lake: Lake, retention: Retention, today: date) -> list[DueForReview]:
    """Arrivals, their checked rows and releases that were kept longer than agreed."""
    found = []
    for room, months, days in (
        ("raw", retention.raw, list(_arrivals(lake))),
        ("checked", retention.checked, list(_verdicts(lake))),
        ("release", retention.releases, list(_releases(lake))),
    ):
        old = [day for day in days if _months_between(day, today) >= months]
        if old:
            found.append(DueForReview(room, len(old), min(old), months))
    return found


def _months_between(earlier: date, later: date) -> int:
    whole = (later.year - earlier.year) * 12 + later.month - earlier.month
    return whole - (later.day < earlier.day)


def _arrivals(lake: Lake) -> Iterator[date]:
    for path in records.sound(lake.root, "raw/*/*/manifest.json"):
        yield _day(records.read(path)["taken_at"])


def _verdicts(lake: Lake) -> Iterator[date]:
    """Checked rows exist as long as their verdict lists them."""
    for path in records.sound(lake.root, "quality/*/*.json"):
        content = records.read(path)
        if content.get("tables"):
            yield _day(content["taken_at"])


def _releases(lake: Lake) -> Iterator[date]:
    for path in sorted(lake.folder("release").glob("*/20??-??")):
        if path.is_dir():
            yield date.fromisoformat(f"{path.name}-01")


def _day(stamp: str) -> date:
    return datetime.fromisoformat(stamp).date()
