"""The registration databases as Dagster assets: extracts taken or fetched, minimised, checked."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import dagster as dg

from assets import collect, verdicts
from assets.geography.reference import reference
from assets.quality.ledger import Outcome
from assets.quality.verdict import Finding, conclude
from assets.registry import checks, columns, counts, custody, pull
from assets.registry.unreadable import Unreadable
from orchestration import chunks, duck, partitions
from orchestration.failures import ImuError, Permanent
from orchestration.inbox import Ready
from orchestration.lake import Arrival
from orchestration.office import Office
from orchestration.settings import Operation, RegisterSource, RegisterSystem


def route(office: Office, file: Ready) -> tuple[str | None, Mapping[str, Any]]:
    """The register its account sends for, and the extract date in the file's name, as far as one is expected."""
    source, day = source_of(office.operation), checks.extract_day(file.path.name)
    system = source.system_of(file.sender)
    if source.custody == "none" and system:
        known = column_map(office.operation, system)
        if away := custody.turned_away(file.path, known, source.never_ingest):
            return None, away
    expected = {one.isoformat() for one in office.operation.period.extracts}
    facts = {"totals": checks.is_totals(file.path.name)}
    return (f"{day}|{system.name}" if system and day in expected else None), facts


def source_of(operation: Operation) -> RegisterSource:
    """The register settings, or a clear word that there are none."""
    source = operation.sources.register_extracts
    if source is None:
        raise Permanent(f"Operation {operation.name} has no register (sources.register_extracts).")
    return source


def _refuse(office: Office, arrival: Arrival) -> None:
    if refused := arrival.facts.get("refused"):
        verdicts.refuse_at_the_door(office, arrival, Finding(refused, detail=arrival.facts["detail"]))
        return
    days = ", ".join(day.isoformat() for day in office.operation.period.extracts) or "none"
    verdicts.refuse_at_the_door(office, arrival, Finding("R-DAY", detail=f"Agreed days: {days}."))


def _settings(office: Office, day: date, system: RegisterSystem) -> checks.Settings:
    operation, places = office.operation, reference(office)
    source, version = source_of(operation), operation.cod_version_on(day)
    regions = {code for units in places.units.values() for level, code in units if level == 1}
    return checks.Settings(
        column_map=column_map(operation, system),
        never_ingest=tuple(source.never_ingest),
        cod_version=version,
        places=tuple(sorted(code for level, code in places.units.get(version, set()) if level == 2)),
        regions=tuple(sorted(regions)),
        register=system.name,
        recoded=places.recoded(day),
    )


def column_map(operation: Operation, system: RegisterSystem) -> columns.ColumnMap:
    """A register's column map with its code lists."""
    lists = operation.table(f"code_lists/{system.code_lists}") if system.code_lists else []
    return columns.load(operation.table(f"column_maps/{system.column_map}"), lists)


def _checker(office: Office, partition: str) -> verdicts.Check:
    day, system = _meant(office, partition)
    settings = _settings(office, day, system)
    return lambda arrival: _outcome(office, arrival, day, settings, control_totals(office, arrival))


def _meant(office: Office, partition: str) -> tuple[date, RegisterSystem]:
    day, name = partition.split("|")
    systems = source_of(office.operation).systems
    return date.fromisoformat(day), next(one for one in systems if one.name == name)


def _counts_checker(office: Office, partition: str) -> verdicts.Check:
    """For an office without custody: tables of counts, and nothing else, even if the door let it pass."""
    day, system = _meant(office, partition)
    version, reached = office.operation.cod_version_on(day), reference(office)
    places = counts.Places({**reached.recoded(day), **_districts(reached.regions[version])}, version)
    known, forbidden = column_map(office.operation, system), source_of(office.operation).never_ingest

    def check(arrival: Arrival) -> Outcome:
        if arrival.facts.get("totals"):
            return _accepted_totals(arrival)
        with duck.connect() as connection:
            try:
                found = counts.read(
                    connection, office.lake.open_arrival(arrival), column_map=known, never_ingest=forbidden,
                    extract=day, register=system.name, places=places, expected_totals=control_totals(office, arrival),
                )  # fmt: skip
            except Unreadable as problem:
                found = counts.Counts(findings=[Finding("R-UNREADABLE", detail=problem.reason)])
        return checks.counts_outcome(arrival, found)

    return check


def _districts(regions: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    return {district: (district, region) for district, region in regions.items()}


def _outcome(
    office: Office, arrival: Arrival, day: date, settings: checks.Settings, totals: dict[str, int] | None
) -> Outcome:
    if arrival.facts.get("totals"):
        return _accepted_totals(arrival)
    target = checks.store_target(office.lake, arrival, office.config)
    try:
        verdict = checks.check(office.lake, arrival, day, settings, totals, target)
    except Unreadable as problem:
        return Outcome(checks.unreadable(arrival, problem.reason))
    return Outcome(verdict, sealed={"individuals": target} if target.exists() else {})


def _accepted_totals(arrival: Arrival) -> Outcome:
    return Outcome(
        conclude(
            source=arrival.source, arrival_id=arrival.arrival_id, sender=arrival.sender,
            partition=arrival.partition, subject=arrival.file_name, rows_total=0, findings=[],
        )
    )  # fmt: skip


def fetch_due(office: Office) -> list[Arrival]:
    """Read every extract that is due and can be; one register that can't be read keeps no other waiting."""
    source, done = source_of(office.operation), []
    failures: list[ImuError] = []
    due = pull.due(office, source)[0]
    chunks.forget_but(office.lake, [one.transfer for one in due])
    for wanted in due:
        try:
            known = column_map(office.operation, wanted.system)
            database = office.register(wanted.system.name)
            done.append(pull.pull(office.lake, database, wanted, known, source.never_ingest, office.now))
        except ImuError as failure:
            failures.append(failure)
    if failures:
        raise failures[0]
    return done


def control_totals(office: Office, extract: Arrival) -> dict[str, int] | None:
    """The control total sent with an extract: under its own name with `totals` added, else that date's newest."""
    same_day = [one for one in office.lake.arrivals("register", office.now) if one.partition == extract.partition]
    totals = [one for one in same_day if one.facts.get("totals")]
    stem = extract.file_name.rsplit(".", 1)[0].casefold()
    own = [one for one in totals if one.file_name.casefold().startswith(f"{stem}_totals")]
    chosen = (own or totals)[-1:]
    return checks.read_totals(office.lake.read_arrival(chosen[0])) if chosen else None


def assets(operation: Operation) -> list[dg.AssetsDefinition]:
    """Raw and checked register extracts: of individual records where the office has custody of them, else of counts."""
    raw = collect.inbox_asset(
        "register",
        "Extracts of the registration databases, sent as files or read from the database once they are due; "
        "sealed as they came, never opened in the clear. One arrival per file or reading.",
        owner="registration", sector="PRO", route=route, door=_refuse, fetch=fetch_due,
    )  # fmt: skip
    return [raw, (_counts if source_of(operation).custody == "none" else _individuals)(operation)]


def _individuals(operation: Operation) -> dg.AssetsDefinition:
    return verdicts.checked_asset(
        "individuals", "register", partitions.extracts(operation), _checker,
        "Registered records of an extract without direct identifiers: keyed hashes, ages and months instead of "
        "names, numbers and dates; checked and control totals compared. One row per record.",
        owner="registration", after=["boundaries"],
    )  # fmt: skip


def _counts(operation: Operation) -> dg.AssetsDefinition:
    return verdicts.checked_asset(
        "register_counts", "register", partitions.extracts(operation), _counts_checker,
        "Counts of a register whose records do not come in: records, active individuals and families, checked. "
        "One row per district, sex, age bracket and status.",
        owner="registration", after=["boundaries"],
    )  # fmt: skip
