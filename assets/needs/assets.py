"""The needs workbook as Dagster assets: taken, checked."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from assets import collect, verdicts
from assets.geography.reference import reference
from assets.needs import workbook
from assets.quality.checked_tables import TABLES
from assets.quality.ledger import Outcome
from assets.quality.verdict import Finding, conclude
from assets.sheets.workbook import UnreadableWorkbook, read_workbook
from orchestration import partitions
from orchestration.inbox import Ready
from orchestration.lake import Arrival
from orchestration.office import Office
from orchestration.settings import Operation


def route(office: Office, _file: Ready) -> tuple[str | None, Mapping[str, Any]]:
    """The plan this operation measures against."""
    return str(office.operation.plan.year), {}


def spellings(operation: Operation) -> dict[str, dict[str, str]]:
    """Codes and known spellings of sectors and population groups."""
    found: dict[str, dict[str, str]] = {"sector": {}, "population_group": {}}
    for row in operation.table("aliases/values"):
        if row["field"] in found:
            found[row["field"]][row["value"].strip().casefold()] = row["code"]
    for name, table in (("sector", "sectors"), ("population_group", "population_groups")):
        found[name] |= {row[name].casefold(): row[name] for row in operation.table(table)}
    return found


def _checker(office: Office, _partition: str) -> verdicts.Check:
    return lambda arrival: _outcome(office, arrival)


def _outcome(office: Office, arrival: Arrival) -> Outcome:
    import pandas as pd

    operation, read = office.operation, None
    try:
        sheets = [sheet.rows for sheet in read_workbook(office.lake.read_arrival(arrival)).sheets]
        frozen = next(v for v in operation.cod_versions if v.version == operation.plan.cod_version)
        read = workbook.read(
            sheets, operation.table("column_maps/needs_v1"), spellings(operation),
            reference(office).gazetteer, operation.plan.year, frozen.valid_on,
        )  # fmt: skip
        found = [Finding("N-TEMPLATE")] if read is None else [Finding(*one) for one in _plain(read)]
    except UnreadableWorkbook as problem:
        found = [Finding("N-UNREADABLE", detail=problem.reason)]
    verdict = conclude(
        source=arrival.source,
        arrival_id=arrival.arrival_id,
        sender=arrival.sender,
        partition=arrival.partition,
        subject=arrival.file_name,
        rows_total=read.rows_total if read else 0,
        findings=found,
    )
    if read is None:
        return Outcome(verdict)
    frame = pd.DataFrame(read.rows, columns=list(TABLES["needs"]), dtype=object)
    return Outcome(verdict, {"needs": frame}, pd.DataFrame(read.refused) if read.refused else None)


def _plain(read: workbook.Needs) -> list[tuple[Any, ...]]:
    return [
        (rule, row, None, None, column) if rule == "N-CONSTANT" else (rule, row, column)
        for rule, row, column in read.found
    ]


def assets(operation: Operation) -> list[dg.AssetsDefinition]:
    """Raw and checked needs."""
    return [
        collect.inbox_asset(
            "needs",
            "The needs workbook as the working group agreed it, sealed. One arrival per version sent.",
            owner="imu", sector="all", route=route,
        ),
        verdicts.checked_asset(
            "needs", "needs", partitions.plan_years(operation), _checker,
            "People in need, severity and targets of a plan year, checked: known district and sector, severity 1 to "
            "5, need not above population, no series twice. One row per district, sector and population group.",
            owner="imu", after=["boundaries"],
        ),
    ]  # fmt: skip
