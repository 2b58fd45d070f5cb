"""`imu status`: what arrived, what became of it, what is held and why, who owes what, what comes up.

Belongs here: showing the overview, which is the officer's page in a terminal, and the ages. Does not belong here:
finding out any of it (`assets/portal/overview.py`, `retention.py`).

All of it stands in plain files without personal data, so that whoever answers the telephone can ask without the keys.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from assets.portal import overview
from assets.portal.ahead import DAYS_AHEAD
from orchestration import retention
from orchestration.cli_say import table
from orchestration.lake import Lake
from orchestration.office import Office

if TYPE_CHECKING:
    from rich.console import Console

_SHORT = {"accepted": "yes", "accepted_with_warnings": "look", "partly_accepted": "part", "refused": "no"}


class FrontDesk(Office):
    """The office seen from outside its safe: the same desk, with the lake left closed."""

    @cached_property
    def lake(self) -> Lake:
        """The lake, unopened: plain folders can be read, sealed ones cannot."""
        return Lake(self.environment.lake, operation=self.environment.operation)


@dataclass(frozen=True)
class Status:
    """Everything `imu status` shows."""

    overview: overview.Overview
    title_local: str | None
    due_for_review: tuple[retention.DueForReview, ...]

    @property
    def problems(self) -> int:
        """How many things wait for somebody to act."""
        return self.overview.problems

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        own = asdict(self)
        return {**own.pop("overview"), **own, "problems": self.problems}


def gather(office: FrontDesk) -> Status:
    """The state of the office as of today."""
    return Status(
        overview=overview.gather(office),
        title_local=office.operation.title_local,
        due_for_review=tuple(retention.due_for_review(office.lake, office.operation.retention, office.today)),
    )


def show(status: Status, console: Console) -> None:
    """The state as tables; what needs nobody's attention stays out of sight."""
    view = status.overview
    local = f" / {status.title_local}" if status.title_local else ""
    console.print(f"{view.operation}{local}, as of {view.as_of}", style="bold", markup=False)
    for words in view.remarks:
        console.print(words, style="bold", markup=False)
    if view.sources:
        console.print(_sources(view))
    if view.grid:
        console.print(_grid(view))
    for title, columns, rows in _lists(status):
        if rows:
            console.print(table(title, columns, rows))
    console.print("Nothing waits for anybody." if not status.problems else f"{status.problems} thing(s) to act on.")


def _sources(view: overview.Overview) -> Any:
    rows = [
        (one.source, one.arrivals, *map(one.verdicts.get, _SHORT), one.rows_accepted, one.rows_refused)
        for one in view.sources
    ]
    words = [overview.VERDICT_WORDS[verdict] for verdict in _SHORT]
    return table("What arrived", ("source", "files", *words, "rows accepted", "rows refused"), rows)


def _grid(view: overview.Overview) -> Any:
    """A table a year: twelve months fit into 80 columns."""
    from rich.console import Group

    months = sorted({month for row in view.grid.values() for month in row})
    return Group(*(_grid_of(view, [month for month in months if month[:4] == year])
                   for year in dict.fromkeys(month[:4] for month in months)))  # fmt: skip


def _grid_of(view: overview.Overview, months: list[str]) -> Any:
    rows = [
        (cluster, *(_SHORT.get(found.get(month, ""), "-") for month in months)) for cluster, found in view.grid.items()
    ]
    title = f"Workbooks by cluster and month of {months[0][:4]} (part: partly accepted, no: refused, -: nothing came)"
    return table(title, ("cluster", *(month[5:] for month in months)), rows)


def _by_cluster(view: overview.Overview) -> list[tuple[object, ...]]:
    """One line for each telephone call, not one for each file."""
    clusters = {one["cluster"]: one for one in view.owing}
    months = {code: [one["month"] for one in view.owing if one["cluster"] == code] for code in clusters}
    return [(code, one["name"], ", ".join(months[code]), one["reach"]) for code, one in clusters.items()]


def _lists(status: Status) -> list[tuple[str, tuple[str, ...], list[tuple[object, ...]]]]:
    view = status.overview
    out = [line for line in view.releases if line.is_out]
    held = [line for line in view.releases if not line.is_out]
    newest = {one.product: one for one in out}
    return [
        (
            "Damaged files: everything else goes without them",
            ("file and what to do",),
            [(one,) for one in view.damaged],
        ),
        (
            f"Published: the newest of each product, {len(out)} in all",
            ("product", "month", "about", "rows", "proof"),
            [(one.product, one.cycle, one.covers, one.rows, one.proof) for _, one in sorted(newest.items())],
        ),
        (
            "Not out, and why",
            ("product", "month", "state", "why", "who can act"),
            [(one.product, one.cycle, one.state, one.words, one.who) for one in held],
        ),
        (
            "Files in the inbox that cannot be taken",
            ("source", "sender", "file", "why"),
            [(one["source"], one["sender"], one["file"], one["why"]) for one in view.waiting],
        ),
        (
            "Sent by accounts that operation.yml does not name",
            ("source", "account", "files"),
            [(one.source, one.sender, one.files) for one in view.strangers],
        ),
        (
            "Who owes what",
            ("cluster", "name", "months", "reach"),
            _by_cluster(view),
        ),
        (
            f"The next {DAYS_AHEAD} days",
            ("when", "what", "who"),
            [(one["when"], one["what"], one["who"]) for one in view.coming_up],
        ),
        (
            "Kept for as long as agreed: review",
            ("room", "how many", "oldest", "agreed months"),
            [(one.room, one.count, one.oldest, one.months) for one in status.due_for_review],
        ),
    ]
