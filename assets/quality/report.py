"""The page a sender gets after each submission: the verdict in a sentence, what to fix first, every finding.

Belongs here: grouping, ranking and putting into words. Not here: looks (templates/), sending. The page holds no cell
of the sender's file, so it may lie in a mailbox or on a shared printer.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.quality.progress import Progress, compare
from assets.quality.rules import Rule, Severity, rule
from assets.quality.verdict import Finding, Verdict, Word

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = Path(__file__).with_name("templates")
_FIRST = 5
_ROWS_SHOWN = 60  # row numbers in one cell of the page; the workbook lists all
HEADLINES = {
    Word.ACCEPTED: "Accepted",
    Word.WITH_WARNINGS: "Accepted, with something to look at",
    Word.PARTLY: "Partly accepted",
    Word.REFUSED: "Not accepted",
}
EFFECTS = {
    Severity.REFUSE: "The file waits",
    Severity.QUARANTINE: "The row waits",
    Severity.WARN: "Used, please check",
    Severity.INFO: "Used, for your information",
}
LEFT_OUT = {
    "blank_rows": "blank rows between the others",
    "hashtag_rows": "rows of hashtags",
    "repeated_headers": "repeated heading rows",
    "rows_without_a_mark": "rows of the matrix without any filled cell",
    "totals_rows": "totals rows (we add up ourselves)",
}


@dataclass(frozen=True)
class About:
    """What the page says about the submission besides its verdict; all of it is handed in, nothing is looked up."""

    operation: str
    sender_name: str
    period: str
    file_name: str
    received: str
    contact: str
    sequence: int = 1


@dataclass(frozen=True)
class Place:
    """One place of a group: which column, in which rows, what is suggested."""

    column: str
    rows: str
    count: int
    words: str


@dataclass(frozen=True)
class Group:
    """All findings of one rule."""

    rule: Rule
    effect: str
    count: int
    rows: str
    places: tuple[Place, ...]

    @property
    def anchor(self) -> str:
        """The id of the group's section in the page."""
        return self.rule.id.lower()


def partner_page(verdict: Verdict, about: About, previous: Verdict | None = None) -> str:
    """Return the page as one self-contained HTML file; the same verdicts give the same page."""
    groups = grouped(verdict)
    template = _environment().get_template("partner_page.html.jinja")
    return template.render(
        about=about,
        mark=mark_of(verdict.to_json()),
        verdict=verdict,
        headline=HEADLINES[verdict.verdict],
        groups=groups,
        first=fix_first(verdict, groups),
        progress=_told_progress(compare(previous, verdict)) if previous else None,
        left_out=[(LEFT_OUT.get(name, name.replace("_", " ")), n) for name, n in sorted(verdict.counts.items()) if n],
        returned=may_be_returned(verdict),
        to_check=len({f.row for f in verdict.findings if f.severity is Severity.WARN and f.row is not None}),
    )


def mark_of(verdict: Mapping[str, Any]) -> str:
    """What tells a page of this verdict from one of an earlier verdict on the same file."""
    return hashlib.sha256(json.dumps(verdict, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]


def grouped(verdict: Verdict) -> list[Group]:
    """Return the findings by rule, the gravest first, and within one gravity the most frequent first."""
    by_rule: dict[str, list[Finding]] = defaultdict(list)
    for finding in verdict.findings:
        by_rule[finding.rule].append(finding)
    groups = [_group(rule(rule_id), findings, verdict) for rule_id, findings in by_rule.items()]
    return sorted(groups, key=lambda group: (group.rule.severity.rank, -group.count, group.rule.id))


def fix_first(verdict: Verdict, groups: Sequence[Group]) -> list[tuple[Group, int]]:
    """Return up to five groups with the number of rows that fixing each alone would free, the most useful first."""
    held: dict[int, set[str]] = defaultdict(set)
    for finding in verdict.findings:
        if finding.severity is Severity.QUARANTINE and finding.row is not None:
            held[finding.row].add(finding.rule)
    freed = {group.rule.id: sum(rules == {group.rule.id} for rules in held.values()) for group in groups}
    asking = [group for group in groups if group.rule.severity is not Severity.INFO]
    asking.sort(key=lambda group: (group.rule.severity.rank, -freed[group.rule.id], -group.count, group.rule.id))
    return [(group, freed[group.rule.id]) for group in asking[:_FIRST]]


def _group(of: Rule, findings: Sequence[Finding], verdict: Verdict) -> Group:
    by_place: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        by_place[column_in_words(finding, verdict), _words(finding)].append(finding)
    places = [
        Place(column, ranges(f.row for f in found), sum(f.count for f in found), words)
        for (column, words), found in by_place.items()
    ]
    places.sort(key=lambda place: (-place.count, place.column, place.words))
    rows = ranges(finding.row for finding in findings)
    return Group(of, EFFECTS[of.severity], sum(f.count for f in findings), rows, tuple(places))


def column_in_words(finding: Finding, verdict: Verdict) -> str:
    """Return a column as its sender finds it: heading and letter."""
    if finding.column is None:
        return "the whole row" if finding.row is not None else "the file"
    column = verdict.columns.get(finding.column)
    if column is None:
        return finding.column
    return f"{column.heading} (column {column.letter})" if column.heading else f"column {column.letter}"


def suggested(finding: Finding) -> str:
    """Say what a suggestion is: how the cell was read, what the code stands for, or what may have been meant."""
    if not finding.suggestion:
        return ""
    if finding.severity is Severity.INFO:
        return f"Read as {finding.suggestion}."
    if finding.rule.endswith(("-PLACE-NAME", "-PLACE-PARENT")):
        return f"The code stands for {finding.suggestion}."
    return f"Is it {finding.suggestion}?"


def may_be_returned(verdict: Verdict) -> bool:
    """Personal data is not sent around a second time, and what cannot be opened cannot be marked. Of a file of no known
    shape nobody can say what is in it.
    """
    shut = ("-PERSONAL", "-UNREADABLE", "-SUBMITTER")
    return verdict.template is not None and not any(one.rule.endswith(shut) for one in verdict.findings)


def _words(finding: Finding) -> str:
    """Return what can be added to the rule's own words about one finding."""
    detail = finding.detail or ""
    if finding.rule.endswith("-DUPLICATE-ROW") and detail:
        detail = f"It repeats row {detail}."
    return " ".join(part[0].upper() + part[1:] for part in (detail, suggested(finding)) if part)


def ranges(rows: Iterable[int | None]) -> str:
    """Write row numbers shortly: "7, 9-12, 40".

    >>> ranges([9, 7, 10, 11, 12, 40]) '7, 9\u201312, 40'
    """
    numbers = sorted({row for row in rows if row is not None})
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    shown = [f"{run[0]}" if len(run) == 1 else f"{run[0]}\u2013{run[-1]}" for run in runs[:_ROWS_SHOWN]]
    rest = sum(len(run) for run in runs[_ROWS_SHOWN:])
    return ", ".join(shown) + (f" and {rest} more" if rest else "")


@dataclass(frozen=True)
class ToldProgress:
    """Progress as the page shows it: three counts and, for each, the rules and rows."""

    comparable: bool
    fixed: tuple[tuple[str, str], ...]
    still_open: tuple[tuple[str, str], ...]
    new: tuple[tuple[str, str], ...]
    counts: tuple[int, int, int]


def _told_progress(progress: Progress) -> ToldProgress:
    return ToldProgress(
        progress.comparable,
        _titles(progress.fixed),
        _titles(progress.still_open),
        _titles(progress.new),
        (len(progress.fixed), len(progress.still_open), len(progress.new)),
    )


def _titles(findings: Iterable[Finding]) -> tuple[tuple[str, str], ...]:
    by_rule: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_rule[finding.rule].append(finding)
    return tuple((rule(name).title, ranges(f.row for f in found)) for name, found in sorted(by_rule.items()))


def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
