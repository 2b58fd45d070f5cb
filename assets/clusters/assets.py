"""Cluster workbooks as Dagster assets: taken, checked, answered."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import dagster as dg

from assets import collect, verdicts
from assets.clusters.activities import read_activities
from assets.clusters.check import Tables, check_submission
from assets.clusters.column_maps import column_map
from assets.clusters.office_lists import OfficeLists
from assets.clusters.period import month_named, period_of, year_stated
from assets.clusters.template import find_table
from assets.geography.reference import reference
from assets.quality import feedback, ledger
from assets.quality.ledger import Entry, Outcome
from assets.sheets.workbook import UnreadableWorkbook, read_workbook
from assets.unquoted import unquoted
from orchestration import partitions
from orchestration.failures import Permanent
from orchestration.inbox import Ready
from orchestration.lake import Arrival
from orchestration.office import Office
from orchestration.settings import Operation

SOURCE = "clusters"


def tables(operation: Operation) -> Tables:
    """The operation's lists and templates."""
    source = operation.sources.clusters
    if source is None:
        raise Permanent(f"Operation {operation.name} takes no cluster workbooks (sources.clusters).")
    lists = OfficeLists(
        organisations=operation.table("organisations"),
        sectors=operation.table("sectors"),
        activities=operation.table("activities"),
        population_groups=operation.table("population_groups"),
        values=operation.table("aliases/values"),
        submitters={account: cluster.code for cluster in operation.clusters for account in cluster.submitters},
        reports_for={cluster.code: cluster.reports_for for cluster in operation.clusters},
    )
    maps = [
        column_map(name, operation.table(f"column_maps/{name}"), source.months_in_a_file.get(name, 1))
        for name in source.column_maps
    ]
    return Tables(lists, maps)


def route(office: Office, file: Ready) -> tuple[str | None, Mapping[str, Any]]:
    """Cluster by the account, month by the sheet; an account that belongs to no cluster has no place in the grid."""
    cluster = office.operation.cluster_of(file.sender)
    if cluster is None:
        return None, {}
    hint = _month_before(file)
    month = _month_in(office, file, hint) or hint
    known = office.operation.months
    return f"{cluster.code}|{month if month in known else min(max(hint, known[0]), known[-1])}", {"hint": hint}


def _month_before(file: Ready) -> str:
    """Reports come in the month after: what a file is about when it does not say so."""
    return (file.modified.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")


def _month_in(office: Office, file: Ready, hint: str) -> str | None:
    try:
        table = find_table(read_workbook(file.path.read_bytes()), tables(office.operation).maps)
    except UnreadableWorkbook:
        table = None
    if table is None:
        return month_named(file.path.name, hint)
    rows = read_activities(table, year_stated(file.path.name, hint)).rows
    return period_of(table, rows, file.path.name, hint).month


def _checker(office: Office, _partition: str) -> verdicts.Check:
    lists, gazetteer = tables(office.operation), reference(office).gazetteer
    return lambda arrival: _outcome(office, arrival, lists, gazetteer)


def _outcome(office: Office, arrival: Arrival, lists: Tables, gazetteer: Any) -> Outcome:
    checked = check_submission(
        office.lake.read_arrival(arrival),
        arrival.file_name,
        arrival.sender,
        None,
        tables=lists,
        gazetteer=gazetteer,
        month_hint=arrival.facts.get("hint"),
    )
    accepted = {} if checked.verdict.verdict == "refused" else {"activities": checked.rows}
    return Outcome(checked.verdict, accepted, checked.refused if len(checked.refused) else None)


def at_the_door(office: Office, arrival: Arrival) -> Outcome:
    """The verdict on a file from an account of no cluster: refused, with the word where to send it."""
    return _outcome(office, arrival, tables(office.operation), None)


def answer(office: Office, entry: Entry) -> None:
    """Write page and message for one verdict."""
    operation = office.operation
    cluster = operation.cluster_of(entry.sender)
    to = feedback.Addressee(
        name=cluster.name if cluster else entry.sender,
        email=cluster.email if cluster else "",  # nobody knows it: whoever sends the message fills it in
        operation=operation.title,
        contact=operation.contact,
    )
    same = [one for one in ledger.entries(office.lake, SOURCE, office.now) if one.partition == entry.partition]
    earlier = [one for one in same if one.sender == entry.sender and one.taken_at <= entry.taken_at]
    before = [one for one in earlier if one.arrival_id != entry.arrival_id and one.received_at <= entry.received_at]
    arrival = office.lake.arrival(SOURCE, entry.arrival_id)
    feedback.write(office.lake, entry, office.lake.read_arrival(arrival), to, before)


def partner_pages(operation: Operation) -> dg.AssetsDefinition:
    """The page, the marked workbook and the drafted message of every verdict of a cluster and month."""

    @dg.asset(
        key=["quality", "partner_pages"],
        group_name=verdicts.ROOM,
        description=(
            "What each cluster gets back within minutes: a page that says what to mend first, their own workbook with "
            "coloured cells, and a message ready to send. One page per submission."
        ),
        owners=["team:imu"],
        kinds={"html", "excel"},
        tags={"source": SOURCE},
        partitions_def=partitions.cluster_months(operation),
        deps=[["checked", "activities"]],
    )
    def _pages(context: dg.AssetExecutionContext, office: dg.ResourceParam[Office]) -> dg.MaterializeResult[None]:
        partition = verdicts.partition_name(context.partition_key)
        entries = [one for one in ledger.entries(office.lake, SOURCE, office.now) if one.partition == partition]
        waiting = [one for one in entries if not feedback.is_written(office.lake, one)]
        for entry in waiting:
            with unquoted(f"The answer to arrival {entry.arrival_id} ({partition})"):
                answer(office, entry)
        pages = [feedback.page_path(office.lake, one) for one in entries]
        return dg.MaterializeResult(
            metadata={
                "written": len(waiting),
                "newest_page": dg.MetadataValue.path(str(pages[-1])) if pages else "nothing has arrived",
            }
        )

    return _pages


def assets(operation: Operation) -> list[dg.AssetsDefinition]:
    """Raw workbooks, checked activities, partners' pages."""
    return [
        collect.inbox_asset(
            SOURCE,
            "Cluster workbooks (who does what where) as they came, sealed. One arrival per file.",
            owner="imu", sector="all", route=route, door=_refuse_at_the_door,
        ),
        verdicts.checked_asset(
            "activities", SOURCE, partitions.cluster_months(operation), _checker,
            "Activities a cluster reported for a month: rows that passed every check, with codes for places, "
            "organisations and activities, without free text. One row per activity row of a workbook.",
            owner="imu", after=["boundaries"],
        ),
        partner_pages(operation),
    ]  # fmt: skip


def _refuse_at_the_door(office: Office, arrival: Arrival) -> None:
    entry = ledger.entry(office.lake, SOURCE, arrival.arrival_id)
    if entry is None:
        partition = f"{feedback.UNROUTED}|{_month_of(arrival)}"
        entry = ledger.store(office.lake, arrival, partition, office.config, at_the_door(office, arrival))
    if not feedback.is_written(office.lake, entry):
        answer(office, entry)


def _month_of(arrival: Arrival) -> str:
    return (arrival.received_at.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
