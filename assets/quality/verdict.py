"""What was found in one arrival, and what follows from it: data, without a single value of the sender's.

Belongs here: findings, the verdict and its way to JSON and back. Not here: how findings are made (the sources),
how they are shown (report.py), how they compare with the last version's (progress.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from assets.quality.rules import Severity, rule


class Word(StrEnum):
    """The verdict in one word."""

    ACCEPTED = "accepted"
    WITH_WARNINGS = "accepted_with_warnings"
    PARTLY = "partly_accepted"
    REFUSED = "refused"


@dataclass(frozen=True)
class Finding:
    """One broken rule at one place.

    `row` is the number the spreadsheet shows, None for the file as a whole; `column` the canonical name.
    `suggestion` and `detail` are our own words and reference lists (a P-code and its official name, a heading),
    never a cell. `key` identifies the row across versions of a file without telling what is in it. `count` is the
    number of rows where there are too many to be listed one by one.
    """

    rule: str
    row: int | None = None
    column: str | None = None
    suggestion: str | None = None
    detail: str | None = None
    key: str | None = None
    count: int = 1

    @property
    def severity(self) -> Severity:
        """The severity its rule has."""
        return rule(self.rule).severity


@dataclass(frozen=True)
class Column:
    """Where a canonical column stands in the sender's sheet: its letter and the heading of our template."""

    letter: str
    heading: str


@dataclass(frozen=True)
class Verdict:
    """The outcome for one arrival. One per arrival; goes to quality/<source>/<partition>/<arrival_id>.json.

    `partition` is None where the file did not even say which period it is for. `counts` tells what was left out
    on purpose (totals rows, blank rows). `template`, `sheet` and `columns` say how the file was read.
    """

    source: str
    arrival_id: str
    sender: str
    partition: str | None
    subject: str | None
    verdict: Word
    summary: str
    rows_total: int
    rows_accepted: int
    rows_refused: int
    findings: tuple[Finding, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    template: str | None = None
    sheet: str | None = None
    columns: Mapping[str, Column] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the verdict as what JSON can hold: the same for the same verdict, and without a value."""
        data = asdict(self)
        data["verdict"] = self.verdict.value
        data["findings"] = [_without_empty(finding) for finding in data["findings"]]
        return data

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Verdict:
        """Read back what to_json gave."""
        data = dict(stored)
        data["verdict"] = Word(data["verdict"])
        data["findings"] = tuple(Finding(**finding) for finding in data["findings"])
        data["columns"] = {name: Column(**column) for name, column in data["columns"].items()}
        return cls(**data)

    def count_by_rule(self) -> dict[str, int]:
        """Return how often each rule was broken, the gravest rules first."""
        counts: dict[str, int] = {}
        for finding in self.findings:
            counts[finding.rule] = counts.get(finding.rule, 0) + finding.count
        return counts


def _without_empty(finding: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in finding.items() if value is not None and (name, value) != ("count", 1)}


def conclude(
    *,
    source: str,
    arrival_id: str,
    sender: str,
    partition: str | None,
    subject: str | None,
    rows_total: int,
    findings: Iterable[Finding],
    rows_refused: int | None = None,
    **read_as: Any,
) -> Verdict:
    """Draw the verdict: one refusing finding refuses the file, a quarantining one its row.

    `rows_refused` is given by sources too large to list every row; otherwise it is counted from the findings.
    """
    ordered = tuple(sorted(findings, key=_order))
    held = {finding.row for finding in ordered if finding.severity is Severity.QUARANTINE} - {None}
    refused = any(finding.severity is Severity.REFUSE for finding in ordered)
    if rows_refused is None:
        rows_refused = len(held)
    rows_refused = rows_total if refused else rows_refused
    accepted = rows_total - rows_refused
    warned = any(finding.severity is Severity.WARN for finding in ordered)
    word = _word(refused, accepted, rows_refused, warned)
    return Verdict(
        source=source,
        arrival_id=arrival_id,
        sender=sender,
        partition=partition,
        subject=subject,
        verdict=word,
        summary=_summary(word, refused, rows_total, accepted, ordered),
        rows_total=rows_total,
        rows_accepted=accepted,
        rows_refused=rows_refused,
        findings=ordered,
        **read_as,
    )


def _order(finding: Finding) -> tuple[Any, ...]:
    at = finding.row if finding.row is not None else -1
    return finding.severity.rank, finding.rule, at, finding.column or "", finding.suggestion or "", finding.detail or ""


def _word(refused: bool, accepted: int, held: int, warned: bool) -> Word:
    if refused or (held and not accepted):
        return Word.REFUSED
    if held:
        return Word.PARTLY
    return Word.WITH_WARNINGS if warned else Word.ACCEPTED


def _summary(word: Word, refused: bool, total: int, accepted: int, findings: tuple[Finding, ...]) -> str:
    if refused:
        cause = rule(findings[0].rule).title
        return f"The file was not accepted: {cause[0].lower()}{cause[1:]}. Please correct it and send it again."
    if word is Word.REFUSED:
        return f"None of the {_rows(total)} could be used. Please correct them and send the file again."
    if word is Word.PARTLY:
        held = total - accepted
        verb = "waits" if held == 1 else "wait"
        return f"{accepted:,} of {_rows(total)} were accepted; {_rows(held)} {verb} for your correction."
    if not total:
        return "The file was accepted; it reports no activity."
    if word is Word.WITH_WARNINGS:
        count = len({f.row for f in findings if f.severity is Severity.WARN})
        return f"All {_rows(total)} were accepted; {_rows(count)} should be looked at again."
    return f"All {_rows(total)} were accepted. Thank you."


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
