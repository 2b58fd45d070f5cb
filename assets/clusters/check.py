"""One cluster workbook from its bytes to a verdict, the rows that may go on and those that wait.

Belongs here: the order of the steps and the rules about a file as a whole. Not here: rules about rows
(assets/quality/suites/clusters.py), storing (the asset). Pure: the same bytes and lists give the same verdict.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from assets.clusters import intruders
from assets.clusters.activities import Activities, read_activities
from assets.clusters.canonical import FIGURES
from assets.clusters.column_maps import ColumnMap
from assets.clusters.facts import Against, derive, described, facts_table
from assets.clusters.office_lists import OfficeLists
from assets.clusters.period import Period, last_day, period_of, year_stated
from assets.clusters.row_facts import RowFacts, Told
from assets.clusters.template import Table, described_faults, find_table, letter, rival_sheets
from assets.geography.places import Gazetteer
from assets.quality.rules import Severity
from assets.quality.verdict import Column, Finding, Verdict, conclude
from assets.sheets.workbook import REASONS, Limits, UnreadableWorkbook, Workbook, read_workbook

if TYPE_CHECKING:
    import pandas

SOURCE = "clusters"
# The columns of checked/activities, in its order.
ACTIVITY_COLUMNS = (
    "arrival_id", "cluster", "month", "row_number", "org_id", "impl_org_id", "donor_org_id", "sector",
    "activity_code", "status", "pcode", "level", "adm1_pcode", "adm2_pcode", "adm3_pcode", "cod_version",
    "start_date", "end_date", "population_group", *FIGURES,
)  # fmt: skip
_WHOLE_NUMBERS = ("row_number", "level", *FIGURES)


@dataclass(frozen=True)
class Tables:
    """What the operation decided: its lists, the templates it understands, how detailed a place must be."""

    lists: OfficeLists
    maps: Sequence[ColumnMap]
    min_level: int = 1


@dataclass(frozen=True)
class Checked:
    """The outcome for one workbook.

    `rows` has the columns of checked/activities, one row per accepted activity row. `refused` has row_number, rule
    and what the row says; one row per refused row and rule. Both are empty when the file as a whole was refused.
    """

    verdict: Verdict
    rows: pandas.DataFrame
    refused: pandas.DataFrame
    template: str | None = None


@dataclass
class _Work:
    """What is known so far about the file."""

    arrival_id: str
    sender: str
    cluster: str | None
    findings: list[Finding] = field(default_factory=list)
    month: str | None = None
    table: Table | None = None
    activities: Activities = field(default_factory=lambda: Activities(()))
    rows: list[RowFacts] = field(default_factory=list)


def check_submission(
    content: bytes,
    file_name: str,
    sender: str,
    cluster: str | None,
    *,
    tables: Tables,
    gazetteer: Gazetteer,
    on: date | None = None,
    month_hint: str | None = None,
    known_arrivals: Collection[str] = (),
    limits: Limits | None = None,
) -> Checked:
    """Check one workbook.

    `cluster` may be left open: the account says it. `on` is the day whose list of places counts, by default the last
    day of the reporting month. `month_hint` completes months named without a year and dates a file without rows.
    `known_arrivals` are the ids of what was received before.
    """
    arrival_id = hashlib.sha256(content).hexdigest()[:16]
    work = _Work(arrival_id, sender, cluster or tables.lists.submitters.get(sender))
    if arrival_id in known_arrivals:
        work.findings.append(Finding("C-SAME-FILE"))
    work.findings.extend(_about_sender(sender, cluster, tables.lists))
    workbook = _opened(content, work, limits) if not _is_refused(work) else None
    known = intruders.known_words(tables.lists, gazetteer)
    table = _found_table(workbook, tables.maps, work, known) if workbook else None
    if table:
        work.table = table
        work.activities = read_activities(table, year_stated(file_name, month_hint))
        period = period_of(table, work.activities.rows, file_name, month_hint)
        _about_period(period, work)
        personal = intruders.personal_cells(table, known)
        if work.month and work.cluster and not table.faults:
            day = on or last_day(work.month)
            against = Against(tables.lists, gazetteer, work.cluster, period.months, day, tables.min_level)
            _check_rows(work, against, personal)
        _add_personal_elsewhere(work, personal)
    return _checked(work)


def _about_sender(sender: str, cluster: str | None, lists: OfficeLists) -> Iterator[Finding]:
    """An organisation that sends directly would be counted twice: its cluster reports it too."""
    entitled = lists.submitters.get(sender)
    if lists.submitters and (entitled is None or (cluster is not None and cluster != entitled)):
        words = f"It reports for {entitled}." if entitled else "It is on no cluster's list of submitters."
        yield Finding("C-SUBMITTER", detail=words)
    elif cluster is None and entitled is None:
        yield Finding("C-SUBMITTER", detail="It is not said for which cluster the file is.")


def _opened(content: bytes, work: _Work, limits: Limits | None) -> Workbook | None:
    try:
        return read_workbook(content, limits)
    except UnreadableWorkbook as problem:
        work.findings.append(Finding("C-UNREADABLE", detail=REASONS[problem.reason]))
        return None


def _is_refused(work: _Work) -> bool:
    return any(finding.severity is Severity.REFUSE for finding in work.findings)


def _found_table(
    workbook: Workbook, maps: Sequence[ColumnMap], work: _Work, known: Callable[[str], bool]
) -> Table | None:
    """Return the table if there is one to be read at all, with everything wrong about its columns noted."""
    table = find_table(workbook, maps)
    if table is None or len(table.missing) * 2 > len(table.map.required):
        work.findings.append(Finding("C-TEMPLATE", detail=_no_table(table)))
        people = intruders.looks_like_a_list_of_people(workbook, known)
        if people:
            work.findings.append(Finding("C-PERSONAL", detail=people))
        return None
    for words in described_faults(table):
        work.findings.append(Finding("C-TEMPLATE", row=table.first_row, detail=words))
    rivals = rival_sheets(workbook, table)
    if rivals:
        words = f"{len(rivals) + 1} sheets hold the whole table. Keep one and delete or hide the others."
        work.findings.append(Finding("C-TEMPLATE", detail=words))
    for column in table.lookalikes:
        work.findings.append(Finding("C-LOOKALIKE", row=table.first_row, column=column))
    elsewhere = intruders.beside_the_table(workbook, table, known)
    if elsewhere:
        words = f"{elsewhere}, on another sheet (perhaps a hidden one) or in a remark beside a cell"
        work.findings.append(Finding("C-PERSONAL", detail=words))
    for told in intruders.personal_headings(table):
        work.findings.append(Finding("C-PERSONAL", row=table.first_row, column=told.column, detail=told.detail))
    return table


def _no_table(table: Table | None) -> str:
    if table is None:
        return "No sheet has the headings of the template."
    titles = ", ".join(f'"{table.map.columns[name].title}"' for name in table.missing)
    return f"No sheet has the headings of the template. The nearest is row {table.first_row}, without {titles}."


def _about_period(period: Period, work: _Work) -> None:
    work.month = period.month
    if period.contradiction:
        work.findings.append(Finding("C-PERIOD", column="reporting_month", detail=period.contradiction))
    elif period.taken and work.activities.rows:
        work.findings.append(Finding("C-MONTH", detail=period.month))


def _check_rows(work: _Work, against: Against, personal: Mapping[int, Sequence[Told]]) -> None:
    from assets.quality.expectations import broken_rows
    from assets.quality.suites.clusters import clusters_suite

    work.rows = derive(work.activities.rows, against, personal)
    sectors = against.lists.sectors_of(against.cluster)
    suite = clusters_suite(against.months, sectors, against.lists.activities_of(sectors))
    broken = broken_rows(suite, facts_table(work.rows), index="position")
    told_once: dict[tuple[Any, ...], Finding] = {}  # what a row of a matrix says once is not told for each filled cell
    for rule, one, told in described(work.rows, broken):
        finding = _finding(rule, one, told)
        told_once.setdefault((rule, finding.row, finding.column, told.suggestion, told.detail), finding)
    work.findings.extend(told_once.values())


def _finding(rule: str, one: RowFacts, told: Told) -> Finding:
    """Point at the column as it stands in the sheet: in a matrix one canonical column is many."""
    column = one.row.keys.get(told.column or "", told.column)
    return Finding(rule, one.row.number, column, told.suggestion, told.detail, one.key)


def _add_personal_elsewhere(work: _Work, personal: Mapping[int, Sequence[Told]]) -> None:
    """Add what stands in rows that were not judged: below the table, in a totals row, under wrong columns."""
    judged = {one.row.number for one in work.rows}
    for number, cells in personal.items():
        if number not in judged:
            work.findings.extend(Finding("C-PERSONAL", number, told.column, detail=told.detail) for told in cells)


# --- what is handed on ----------------------------------------------------------------------------------------


def _checked(work: _Work) -> Checked:
    verdict = conclude(
        source=SOURCE,
        arrival_id=work.arrival_id,
        sender=work.sender,
        partition=work.month,
        subject=work.cluster,
        rows_total=work.activities.sheet_rows,
        findings=work.findings,
        counts=work.activities.left_out,
        template=work.table.map.name if work.table else None,
        sheet=work.table.sheet.name if work.table else None,
        columns=_columns(work),
    )
    usable = [] if _is_refused(work) else work.rows
    return Checked(verdict, _accepted(work, usable, verdict), _refused(usable, verdict), verdict.template)


def _columns(work: _Work) -> dict[str, Column]:
    if work.table is None:
        return {}
    table = work.table
    own = {name: Column(letter(at), table.map.columns[name].title) for name, at in sorted(table.columns.items())}
    others = {finding.column for finding in work.findings if finding.column} - set(own)
    beside = {name: Column(name.removeprefix("column "), "") for name in sorted(others) if name.startswith("column ")}
    return own | beside


def _held(verdict: Verdict) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for finding in verdict.findings:
        if finding.severity is Severity.QUARANTINE and finding.row is not None:
            rules = found.setdefault(finding.row, [])
            if finding.rule not in rules:
                rules.append(finding.rule)
    return found


def _accepted(work: _Work, rows: Sequence[RowFacts], verdict: Verdict) -> pandas.DataFrame:
    import pandas as pd

    held = _held(verdict)
    kept = [
        {**one.codes, "arrival_id": work.arrival_id, "cluster": work.cluster, "row_number": one.row.number}
        for one in rows
        if one.row.number not in held
    ]
    frame = pd.DataFrame(kept, columns=list(ACTIVITY_COLUMNS), dtype=object)
    return frame.astype(dict.fromkeys(_WHOLE_NUMBERS, "Int64"))


def _refused(rows: Sequence[RowFacts], verdict: Verdict) -> pandas.DataFrame:
    """Return the rows that wait, as their sender wrote them but without remarks, for whoever mends them."""
    import pandas as pd

    held = _held(verdict)
    said = ["month", *_SAID_TEXTS, "codes", "names", "start_date", "end_date", *FIGURES]
    kept = [
        {"row_number": one.row.number, "rule": rule, **_what_it_says(one)}
        for one in rows
        for rule in held.get(one.row.number, ())
    ]
    return pd.DataFrame(kept, columns=["row_number", "rule", *said], dtype=object)


_SAID_TEXTS = ("org", "impl_org", "donor", "sector", "activity", "status", "population_group")


def _what_it_says(one: RowFacts) -> dict[str, Any]:
    row = one.row
    return {
        "month": row.month,
        **{name: row.texts.get(name) for name in _SAID_TEXTS},
        "codes": " / ".join(str(code) for _, code in sorted(row.codes.items())),
        "names": " / ".join(name for _, name in sorted(row.names.items())),
        **{name: one.codes.get(name) for name in ("start_date", "end_date", *FIGURES)},
    }
