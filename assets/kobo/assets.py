"""The survey as Dagster assets: pulled, checked round by round."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import dagster as dg

from assets import verdicts
from assets.collect import take
from assets.geography.reference import Reference, reference
from assets.kobo import collect
from assets.kobo.cleaning import Cleaned, Line, clean, prove, read_log
from assets.kobo.forms import Form, build_form, questions_table
from assets.kobo.interviews import Interviews, Place, Rules, read_interviews
from assets.kobo.renames import suggest_renames
from assets.quality.checked_tables import TABLES
from assets.quality.ledger import Outcome
from assets.quality.verdict import Finding, conclude
from assets.sheets.workbook import UnreadableWorkbook, read_workbook
from assets.unquoted import unquoted
from orchestration import inbox, partitions
from orchestration.failures import Transient
from orchestration.lake import Arrival
from orchestration.office import Office
from orchestration.settings import HsmAsset, Operation


@dg.asset(
    key=["raw", "hsm"],
    group_name="1_collect",
    owners=["team:imu"],
    kinds={"http"},
    tags={"source": "hsm", "sector": "all"},
    pool="lake",
    description=(
        "Answers of the humanitarian situation monitoring, pulled from the survey server: every new, edited, "
        "validated and deleted interview since the last pull, sealed; and cleaning logs from the inbox. One arrival "
        "per pull and round, one per log."
    ),
)
def raw_hsm(office: dg.ResourceParam[Office]) -> dg.MaterializeResult[None]:
    """Take the logs that lie ready, then pull every form; the counts prove that nothing was left behind."""
    with unquoted("Taking cleaning logs"):
        logs = _take_logs(office)
    try:
        with unquoted("The pull from the survey server"):
            done = collect.collect(office)
    except Transient as cause:
        raise dg.RetryRequested(max_retries=2, seconds_to_wait=60) from cause
    totals: dict[str, int] = {}
    for result, _ in done:
        for name, count in result.counts.items():
            totals[name] = totals.get(name, 0) + count
    taken = [arrival for _, part in done for arrival in part]
    return dg.MaterializeResult(
        metadata={**totals, "arrivals": len(taken), "cleaning_logs": len(logs), "as_of": office.now.isoformat()}
    )


def _take_logs(office: Office) -> Sequence[Arrival]:
    new, _ = take(office, collect.SOURCE, route)
    for arrival in office.lake.arrivals(collect.SOURCE, office.now):
        if arrival.partition is None:
            rounds = ", ".join(key for asset in collect.source_of(office).assets for key in asset.rounds)
            verdicts.refuse_at_the_door(office, arrival, Finding("H-LOG-ROUND", detail=f"There are: {rounds}."))
    return new


def route(office: Office, file: inbox.Ready) -> tuple[str | None, Mapping[str, Any]]:
    """The round in the name of a cleaning log: its lines hold identifiers only."""
    words = re.split(r"[^0-9A-Za-z]+", file.path.stem)
    rounds = [key for asset in collect.source_of(office).assets for key in asset.rounds if key in words]
    return (rounds[0] if len(rounds) == 1 else None), {"kind": collect.CLEANING_LOG}


def _form_of(operation: Operation, round_key: str) -> HsmAsset:
    source = operation.sources.hsm
    assert source is not None  # noqa: S101 - the asset exists only where the source does
    return next(asset for asset in source.assets if round_key in asset.rounds)


def _checker(office: Office, partition: str) -> verdicts.Check:
    asset, places = _form_of(office.operation, partition), reference(office)
    return lambda arrival: _outcome(office, arrival, asset, partition, places)


def _outcome(office: Office, arrival: Arrival, asset: HsmAsset, partition: str, places: Reference) -> Outcome:
    """The round as it stood with this pull: all pulls up to it, put together."""
    stored = collect.round_state(office, asset, partition)
    versions = collect.state(office, asset).versions.values()
    renames = _renames(office.operation, asset)
    local = next((language for language in office.operation.languages if language != "en"), None)
    form = build_form(asset.uid, versions, renames, local)
    source = collect.source_of(office)
    rules = Rules(
        rounds=frozenset(asset.rounds),
        today=office.today,
        zone=office.operation.zone,
        keep_on_hold=source.on_hold == "keep_flagged",
    )
    if arrival.facts.get("kind") == collect.CLEANING_LOG and _lines(office, arrival) is None:
        return _no_log(arrival, partition)
    cleaned = clean(stored.rows.values(), _all_lines(office, partition), form)
    prove(stored.rows.values(), cleaned)
    found = read_interviews(
        cleaned.rows,
        form,
        lambda root: office.lake.pseudonym("interview", root),
        lambda code, day: resolve(places, code, day),
        rules,
    )
    remarks = [*_about_form(form, found), *_suggestions(office, asset, form)]
    return _conclude(arrival, partition, found, cleaned, remarks, questions_table(form, [partition]))


def _about_form(form: Form, found: Interviews) -> Iterator[Finding]:
    """What became of the form itself; names of questions only, never an answer."""
    for remark in form.remarks:
        yield Finding("H-FORM", detail=remark)
    if found.unknown_paths:
        yield Finding("H-PATH", detail=", ".join(sorted(found.unknown_paths)))


def _suggestions(office: Office, asset: HsmAsset, form: Form) -> Iterator[Finding]:
    """Questions that look like one the form before had under another name; nothing is renamed unasked."""
    forms = collect.source_of(office).assets
    at = forms.index(asset)
    if at == 0:
        return
    last = forms[at - 1]
    before = build_form(last.uid, collect.versions(office, last), _renames(office.operation, last))
    for one in suggest_renames(before, form):
        yield Finding("H-RENAME", detail=f"{one.xpath} looks like {one.canonical}")


def _lines(office: Office, arrival: Arrival) -> list[Line] | None:
    """The lines of a log; None where it is none."""
    name = collect.source_of(office).cleaning_log
    try:
        sheets = [sheet.rows for sheet in read_workbook(office.lake.read_arrival(arrival)).sheets]
    except UnreadableWorkbook:
        return None
    return read_log(sheets, office.operation.table(f"column_maps/{name}")) if name else None


def _all_lines(office: Office, round_key: str) -> list[Line]:
    return [one for arrival in collect.cleaning_logs(office, round_key) for one in _lines(office, arrival) or []]


def _no_log(arrival: Arrival, partition: str) -> Outcome:
    verdict = conclude(
        source=arrival.source, arrival_id=arrival.arrival_id, sender=arrival.sender, partition=partition,
        subject=partition, rows_total=0, findings=[Finding("H-LOG-TEMPLATE")],
    )  # fmt: skip
    return Outcome(verdict)


def resolve(places: Reference, code: str, day: date) -> Place | None:
    """A settlement's code as a place with its parents, in the version in force that day."""
    match = places.gazetteer.resolve(code, {}, day)
    if match.problem or match.level != 4:
        return None
    adm1, adm2, adm3 = (match.ancestor(level) or "" for level in (1, 2, 3))
    return Place(match.pcode or "", adm3, adm2, adm1, match.version or "")


def _renames(operation: Operation, asset: HsmAsset) -> dict[str, str]:
    if asset.renames is None:
        return {}
    rows = operation.table(asset.renames)
    return {row["old_xpath"]: row["canonical"] for row in rows if row["asset"] == asset.uid}


def _conclude(
    arrival: Arrival,
    partition: str,
    found: Interviews,
    cleaned: Cleaned,
    remarks: Sequence[Finding],
    questions: Sequence[dict[str, object]],
) -> Outcome:
    import pandas as pd

    counts = {**found.counts[partition], **{f"log_{name}": n for name, n in cleaned.followed.items() if n}}
    lines = [Finding(one.rule, one.line) for one in cleaned.problems]
    verdict = conclude(
        source=arrival.source,
        arrival_id=arrival.arrival_id,
        sender=arrival.sender,
        partition=partition,
        subject=partition,
        rows_total=len(cleaned.rows),
        findings=[*(Finding(one.rule, one.row) for one in found.findings), *lines, *remarks],
        counts=counts,
    )
    tables = {"interviews": found.interviews, "answers": found.answers, "questions": questions}
    frames = {name: pd.DataFrame(list(part), columns=list(TABLES[name]), dtype=object) for name, part in tables.items()}
    return Outcome(verdict, frames)


def assets(operation: Operation) -> list[dg.AssetsDefinition]:
    """Raw answers and checked interviews."""
    return [
        raw_hsm,
        verdicts.checked_asset(
            "interviews", "hsm", partitions.rounds(operation), _checker,
            "Interviews of a survey round with consent and without anything personal, and their answers; checked. "
            "A late or edited interview gives the round a new version. One row per interview.",
            owner="imu", after=["boundaries"],
        ),
    ]  # fmt: skip
