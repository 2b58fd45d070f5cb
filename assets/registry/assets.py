"""The registration database as Dagster assets: extracts taken, minimised, checked."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import dagster as dg

from assets import collect, verdicts
from assets.geography.reference import reference
from assets.quality.ledger import Outcome
from assets.quality.verdict import Finding, conclude
from assets.registry import checks, columns
from assets.registry.extract import Unreadable
from orchestration import partitions
from orchestration.failures import Permanent
from orchestration.inbox import Ready
from orchestration.lake import Arrival
from orchestration.office import Office
from orchestration.settings import Operation, RegisterSource


def route(office: Office, file: Ready) -> tuple[str | None, Mapping[str, Any]]:
    """The extract date in the file's name, as far as this operation expects such an extract."""
    day = checks.extract_day(file.path.name)
    expected = {one.isoformat() for one in office.operation.period.extracts}
    return (day if day in expected else None), {"totals": checks.is_totals(file.path.name)}


def _refuse_unexpected(office: Office, arrival: Arrival) -> None:
    days = ", ".join(day.isoformat() for day in office.operation.period.extracts) or "none"
    verdicts.refuse_at_the_door(office, arrival, Finding("R-DAY", detail=f"Agreed days: {days}."))


def _source(operation: Operation) -> RegisterSource:
    source = operation.sources.register_extracts
    if source is None or source.custody != "owner":
        raise Permanent(
            f"Operation {operation.name} does not hold individual records (sources.register_extracts.custody). "
            f"Only tables of counts may be sent to it."
        )
    return source


def _checker(office: Office, partition: str) -> verdicts.Check:
    source = _source(office.operation)
    day = date.fromisoformat(partition)
    version, places = office.operation.cod_version_on(day), reference(office)
    settings = checks.Settings(
        column_map=columns.load(office.operation.table(f"column_maps/{source.column_map}")),
        never_ingest=tuple(source.never_ingest),
        cod_version=version,
        places=tuple(sorted(code for level, code in places.units.get(version, set()) if level == 2)),
        recoded=places.recoded(day),
    )
    return lambda arrival: _outcome(office, arrival, day, settings, control_totals(office, arrival))


def _outcome(
    office: Office, arrival: Arrival, day: date, settings: checks.Settings, totals: dict[str, int] | None
) -> Outcome:
    if arrival.facts.get("totals"):
        verdict = conclude(
            source=arrival.source, arrival_id=arrival.arrival_id, sender=arrival.sender,
            partition=day.isoformat(), subject=arrival.file_name, rows_total=0, findings=[],
        )  # fmt: skip
        return Outcome(verdict)
    target = checks.store_target(office.lake, arrival, day.isoformat(), office.config)
    try:
        verdict = checks.check(office.lake, arrival, day, settings, totals, target)
    except Unreadable:
        return Outcome(checks.unreadable(arrival, day))
    return Outcome(verdict, sealed={"individuals": target} if target.exists() else {})


def control_totals(office: Office, extract: Arrival) -> dict[str, int] | None:
    """The control total sent with an extract: under its own name with `totals` added, else that date's newest."""
    same_day = [one for one in office.lake.arrivals("register", office.now) if one.partition == extract.partition]
    totals = [one for one in same_day if one.facts.get("totals")]
    stem = extract.file_name.rsplit(".", 1)[0].casefold()
    own = [one for one in totals if one.file_name.casefold().startswith(f"{stem}_totals")]
    chosen = (own or totals)[-1:]
    return checks.read_totals(office.lake.read_arrival(chosen[0])) if chosen else None


def assets(operation: Operation) -> list[dg.AssetsDefinition]:
    """Raw and checked register extracts."""
    return [
        collect.inbox_asset(
            "register",
            "Extracts of the registration database, sealed as they came; never opened in the clear. "
            "One arrival per file.",
            owner="registration", sector="PRO", route=route, door=_refuse_unexpected,
        ),
        verdicts.checked_asset(
            "individuals", "register", partitions.extracts(operation), _checker,
            "Registered records of an extract without direct identifiers: keyed hashes, ages and months instead of "
            "names, numbers and dates; checked and control totals compared. One row per record.",
            owner="registration", after=["boundaries"],
        ),
    ]  # fmt: skip
