"""Weekly displacement figures as Dagster assets: taken, checked."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import dagster as dg

from assets import collect, verdicts
from assets.displacement import checks
from assets.geography.reference import reference
from assets.quality import ledger
from assets.quality.verdict import Finding
from orchestration import duck, partitions
from orchestration.calendar import week_key
from orchestration.inbox import Ready
from orchestration.lake import Arrival
from orchestration.office import Office
from orchestration.settings import Operation


def route(office: Office, file: Ready) -> tuple[str | None, Mapping[str, Any]]:
    """The week named in the file's name or titles; without one, the week before the file's own day."""
    from assets.displacement.figures import week_of
    from assets.sheets.workbook import UnreadableWorkbook, read_workbook

    week = checks.week_in_name(file.path.name)
    if week is None:
        try:
            sheets = read_workbook(file.path.read_bytes()).sheets
        except UnreadableWorkbook:
            sheets = ()
        week = next((found for sheet in sheets if (found := week_of("", sheet.rows[:8]))), None)
    week = week or week_key(file.modified.date() - timedelta(days=7))
    return (week if week in partitions.weeks(office.operation).get_partition_keys() else None), {}


def _refuse_unexpected(office: Office, arrival: Arrival) -> None:
    kept = partitions.weeks(office.operation).get_partition_keys()
    verdicts.refuse_at_the_door(office, arrival, Finding("D-WEEK", detail=f"It keeps {kept[0]} to {kept[-1]}."))


def _checker(office: Office, partition: str) -> verdicts.Check:
    source = office.operation.sources.displacement
    assert source is not None  # noqa: S101 - the asset exists only where the source does
    operation = office.operation
    tables = checks.Tables(
        operation.table(f"column_maps/{source.column_map}"), checks.labels(operation.table("aliases/values"))
    )
    previous = previous_week(office, partition)
    places = reference(office)
    return lambda arrival: checks.check(arrival, office.lake.read_arrival(arrival), tables, places, previous)


def previous_week(office: Office, week: str) -> dict[tuple[str, str], int]:
    """The figures of the week before, from its newest accepted file, by district and kind of place."""
    before = week_key(date.fromisocalendar(int(week[:4]), int(week[6:]), 1) - timedelta(days=7))
    usable = ledger.in_force(ledger.entries(office.lake, "displacement", office.now))
    entry = next((one for one in usable if one.partition == before and "displacement" in one.tables), None)
    if entry is None:
        return {}
    path = office.lake.root / entry.tables["displacement"]
    with duck.connect(office.lake.zone_key("checked")) as connection:
        query = f"SELECT pcode, location_type, idps FROM {duck.sealed_scan([path])} WHERE value_status = 'reported'"
        return {(pcode, kind): int(idps) for pcode, kind, idps in connection.execute(query).fetchall()}


def assets(operation: Operation) -> list[dg.AssetsDefinition]:
    """Raw and checked displacement."""
    return [
        collect.inbox_asset(
            "displacement",
            "Weekly displacement tables as the statistics office sent them, sealed. One arrival per file.",
            owner="imu", sector="all", route=route, door=_refuse_unexpected,
        ),
        verdicts.checked_asset(
            "displacement", "displacement", partitions.weeks(operation), _checker,
            "Displaced people by district and kind of place for a week, checked against the week before; a district "
            "that is missing is 'not reported', never zero. One row per district and kind of place.",
            owner="imu", after=["boundaries"],
        ),
    ]  # fmt: skip
