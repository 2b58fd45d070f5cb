"""Verdicts on common operational datasets: from a sealed arrival to checked tables.

Belongs here: putting `boundaries.py` and `population.py` together with the verdict. Does not belong here: their rules.
"""

from __future__ import annotations

from collections.abc import Iterable

from assets.geography import boundaries, population
from assets.quality.ledger import Outcome
from assets.quality.verdict import Finding, conclude
from orchestration.failures import Permanent
from orchestration.lake import Arrival

Found = tuple[str, int | None, str]


def findings(found: Iterable[Found]) -> list[Finding]:
    """Our short notes as findings."""
    return [Finding(rule, row, column or None) for rule, row, column in found]


def check_boundaries(arrival: Arrival, content: bytes) -> Outcome:
    """The verdict on one COD-AB version."""
    try:
        read = boundaries.read(content)
    except Permanent as problem:
        return _refused(arrival, "G-UNREADABLE", str(problem))
    verdict = conclude(
        source=arrival.source,
        arrival_id=arrival.arrival_id,
        sender=arrival.sender,
        partition=read.version,
        subject=arrival.file_name,
        rows_total=len(read.places),
        findings=findings(read.found),
    )
    return Outcome(verdict, boundaries.frames(read))


def check_population(arrival: Arrival, content: bytes, cod_version: str, known: set[tuple[int, str]]) -> Outcome:
    """The verdict on one COD-PS version against the units of its COD-AB version."""
    try:
        read = population.read(content, cod_version, known)
    except Permanent as problem:
        return _refused(arrival, "G-UNREADABLE", str(problem))
    verdict = conclude(
        source=arrival.source,
        arrival_id=arrival.arrival_id,
        sender=arrival.sender,
        partition=cod_version,
        subject=arrival.file_name,
        rows_total=len({(row["level"], row["pcode"]) for row in read.rows}),
        findings=findings(read.found),
    )
    return Outcome(verdict, {"population": population.frame(read)})


def _refused(arrival: Arrival, rule: str, why: str) -> Outcome:
    verdict = conclude(
        source=arrival.source,
        arrival_id=arrival.arrival_id,
        sender=arrival.sender,
        partition=arrival.partition,
        subject=arrival.file_name,
        rows_total=0,
        findings=[Finding(rule, detail=why)],
    )
    return Outcome(verdict)
