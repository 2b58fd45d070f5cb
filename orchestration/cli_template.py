"""`imu template`: the empty workbook for one cluster and month, from the operation's own lists and places.

Belongs here: gathering what goes into it. Does not belong here: its layout (`assets/clusters/blank.py`).
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from assets.clusters.assets import tables
from assets.clusters.blank import Blank, PlaceRow, blank_workbook
from assets.clusters.column_maps import column_map
from assets.clusters.office_lists import STATUSES, OfficeLists
from assets.geography.reference import Reference, reference
from orchestration.cluster_month import chosen
from orchestration.failures import Permanent
from orchestration.office import Office
from orchestration.settings import Cluster, Operation


def write(office: Office, cluster: str, month: str, out: Path | None = None) -> Path:
    """Write the workbook; the file's name says cluster and month, so that it comes back with them."""
    operation = office.operation
    found = chosen(operation, cluster, month)
    target = out or Path(f"{operation.name} {cluster} {month}.xlsx")
    content = blank_workbook(blank(operation, found, month, reference(office)))
    try:
        target.write_bytes(content)
    except OSError as cause:
        words = f"{target} cannot be written: {cause.strerror}. Close it if it is open, or name another file."
        raise Permanent(words) from cause
    return target


def blank(operation: Operation, cluster: Cluster, month: str, places: Reference) -> Blank:
    """The newest template with the lists of this cluster and the places in force at the month's end."""
    lists = tables(operation).lists
    newest = operation.sources.clusters.column_maps[0]  # type: ignore[union-attr]
    return Blank(
        map=column_map(newest, operation.table(f"column_maps/{newest}")),
        cluster=cluster.name,
        month=month,
        operation=operation.title,
        contact=operation.contact,
        languages=operation.languages,
        lists=_lists(operation, lists.sectors_of(cluster.code), lists),
        places=list(_places(places, _last_day(month))),
    )


def _last_day(month: str) -> date:
    year, number = (int(part) for part in month.split("-"))
    return date(year, number, calendar.monthrange(year, number)[1])


def _lists(operation: Operation, sectors: frozenset[str], lists: OfficeLists) -> dict[str, Sequence[str]]:
    """What each cell may hold, in words that the check reads back as one code."""
    organisations = sorted(_named(row) for row in operation.table("organisations"))
    activities = [row for row in operation.table("activities") if row["sector"] in sectors]
    return {
        "org": organisations,
        "impl_org": organisations,
        "donor": organisations,
        "sector": [row["name"] for row in operation.table("sectors") if row["sector"] in sectors],
        "activity": [f"{row['activity_code']} - {row['name']}" for row in activities],
        "status": STATUSES,
        "population_group": [row["name"] for row in operation.table("population_groups")],
    }


def _named(row: dict[str, str]) -> str:
    return f"{row['name']} ({row['acronym']})" if row.get("acronym") else row["name"]


def _places(places: Reference, day: date) -> Iterator[PlaceRow]:
    index = places.gazetteer.index
    for place in index.by_code[index.version_on(day).name].values():
        if 1 <= place.level <= 3:
            yield PlaceRow(place.level, place.pcode, place.names[0], place.ancestor(place.level - 1))
