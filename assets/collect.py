"""Room 1: how every file source is taken from the inbox. One asset a source, all made alike.

Belongs here: the thin asset around `orchestration.inbox`. Does not belong here: reading a file's content.
"""

from collections.abc import Callable, Mapping
from typing import Any

import dagster as dg

from assets.unquoted import unquoted
from orchestration import inbox, mail, senders
from orchestration.failures import Transient
from orchestration.inbox import Ready
from orchestration.lake import Arrival
from orchestration.office import Office

ROOM = "1_collect"
Door = Callable[[Office, Arrival], None]
Fetch = Callable[[Office], list[Arrival]]
Route = Callable[[Office, Ready], tuple[str | None, Mapping[str, Any]]]


def unrouted(_office: Office, _file: Ready) -> tuple[str | None, Mapping[str, Any]]:
    """For sources whose partition is only known once the file is read."""
    return None, {}


def inbox_asset(
    source: str,
    description: str,
    *,
    owner: str,
    sector: str,
    route: Route = unrouted,
    door: Door | None = None,
    fetch: Fetch | None = None,
) -> dg.AssetsDefinition:
    """The asset `raw/<source>`: everything that lay ready in that inbox, sealed as it came.

    `door` judges at once what belongs to no partition, so that nothing waits unseen. It is shown every such arrival
    each time, so that what a crash cut short is finished. `fetch` gets what is due by another way than a file, once
    the files are in.
    """

    @dg.asset(
        key=["raw", source],
        group_name=ROOM,
        description=description,
        owners=[f"team:{owner}"],
        kinds={"file"},
        tags={"source": source, "sector": sector},
        pool="lake",
    )
    def _collect(office: dg.ResourceParam[Office]) -> dg.MaterializeResult[None]:
        accounts = senders.at_the_inbox(office.operation, source)
        waiting = inbox.look(office.lake, source, office.now, accounts)[1]
        with unquoted(f"Taking what arrived for {source}"):
            new, known = take(office, source, route)
            for arrival in office.lake.arrivals(source, office.now) if door else []:
                if door and arrival.partition is None:
                    door(office, arrival)
        new += _fetched(office, source, fetch) if fetch else []
        return dg.MaterializeResult(
            metadata={
                "new_files": len(new),
                "sent_again": len(known),
                "waiting": [f"{one.sender}: {one.reason}" for one in waiting],
                "arrivals": [arrival.arrival_id for arrival in new],
                "as_of": office.now.isoformat(),
            }
        )

    return _collect


def take(office: Office, source: str, route: Route) -> tuple[list[Arrival], list[Arrival]]:
    """Open the mails for a source, then seal whatever lies ready."""
    mail.unpack(office.lake, senders.by_address(office.operation), source)
    accounts = senders.at_the_inbox(office.operation, source)
    return inbox.take_all(office.lake, source, office.now, lambda file: route(office, file), accounts)


def _fetched(office: Office, source: str, fetch: Fetch) -> list[Arrival]:
    try:
        with unquoted(f"Fetching what is due for {source}"):
            return fetch(office)
    except Transient as cause:
        raise dg.RetryRequested(max_retries=2, seconds_to_wait=60) from cause
