"""The disclosure certificate of a release: which bytes were audited, by what rules, with what verdict.

Belongs here: the certificate as JSON and as a page, and checking a folder against it. Does not belong here: the audit
itself, or anything the certificate says it does not cover.

It names suppressed cells by number only. How many of them are small ones is not said: where every suppressed cell is
known to be small, each one is known to within the threshold.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.release.audit import AuditReport
from assets.release.pages import render
from assets.release.spec import ReleaseSpec
from assets.release.tables import Attacker, CountRule, Hierarchy
from orchestration.failures import Permanent

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 1
CERTIFICATE = "certificate.json"
CERTIFICATE_PAGE = "certificate.html"
SUMS = "SHA256SUMS"
UNCOVERED_FILES = (CERTIFICATE, CERTIFICATE_PAGE, SUMS)

NOT_COVERED = (
    "Differences with other releases: earlier or later periods of this dataset, and versions not named at the audit. "
    "Two tables that are safe one by one can give a figure away together.",
    "Other products, of this office or of anybody else, that show the same people by other breakdowns.",
    "Percentages, means, rates and medians, and what follows from them together with a known base.",
    "Knowledge an outsider has beyond the published tables, above all of a person who is in them, and knowledge of how "
    "cells are chosen for suppression.",
    "What a whole group has in common: a total in one category alone says something about everybody in it.",
    "Rows about single persons, households or interviews: none may be in a release.",
    "Names of places and organisations, and whether showing them is safe; the sensitivity rules decide that before.",
    "Whether the figures are right.",
)


@dataclass(frozen=True)
class Audited:
    """One count rule with the reports of its columns."""

    rule: CountRule
    reports: tuple[AuditReport, ...]


def certificate(spec: ReleaseSpec, audited: Sequence[Audited], files: Mapping[str, str]) -> dict[str, Any]:
    """The certificate of a release whose files have the given sha256."""
    tables = [_table(a.rule, report) for a in audited for report in a.reports]
    return {
        "format": FORMAT,
        "dataset": spec.dataset,
        "title": spec.title,
        "country": spec.country,
        "version": spec.version,
        "as_of": spec.as_of.isoformat(),
        "period": spec.period,
        "audience": spec.audience,
        "topic": spec.topic,
        "verdict": "pass" if all(table["verdict"] == "pass" for table in tables) else "fail",
        "rules": [_rule(a.rule) for a in audited],
        "tables": tables,
        "no_count_of_people": dict(sorted(spec.harmless.items())),
        "files": dict(sorted(files.items())),
        "does_not_cover": list(NOT_COVERED),
    }


def write_certificate(document: Mapping[str, Any], folder: Path) -> None:
    """Write the certificate for machines and for people."""
    words = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / CERTIFICATE).write_text(words + "\n", encoding="utf-8")
    (folder / CERTIFICATE_PAGE).write_text(render("certificate.html.jinja", c=document), encoding="utf-8")


def verify_certificate(folder: Path) -> None:
    """Refuse a folder unless a passing certificate covers exactly the bytes that lie in it."""
    document = _read(folder)
    problems = [*_verdict_problems(document), *_file_problems(folder, document), *_sum_problems(folder)]
    if problems:
        raise Permanent(
            f"The release in {folder.name} must not leave: {'; '.join(problems)}. Build the release again from its "
            "inputs; a file changed by hand is never certified."
        )


def audit_again(folder: Path, stem: str) -> tuple[AuditReport, ...]:
    """Attack a released folder from its own files alone, by the rules its certificate states."""
    import pandas as pd

    from assets.release.disclosure import audit_columns

    frame: pd.DataFrame = pd.read_parquet(folder / f"{stem}.parquet", dtype_backend="pyarrow").astype(object)
    rules = [read_rule(entry) for entry in _read(folder)["rules"]]
    return tuple(report for rule in rules for report in audit_columns(frame, rule))


def read_rule(entry: Mapping[str, Any]) -> CountRule:
    """A count rule as a certificate states it."""
    return CountRule(
        value=entry["value"],
        keys=tuple(entry["keys"]),
        hierarchies=tuple(Hierarchy(h["column"], h["parents"]) for h in entry["hierarchies"]),
        threshold=entry["threshold"],
        width=entry["width"],
        parts=tuple(entry["parts"]),
        derived=tuple(entry["derived"]),
        status=entry["status"],
        attacker=Attacker(zeros_published=entry["zeros_published"]),
        why=entry["why"],
    )


def sha256(path: Path) -> str:
    """The hash of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _rule(rule: CountRule) -> dict[str, Any]:
    return {
        "value": rule.value,
        "keys": list(rule.keys),
        "hierarchies": [{"column": h.column, "parents": dict(sorted(h.parents.items()))} for h in rule.hierarchies],
        "threshold": rule.threshold,
        "width": rule.width,
        "parts": list(rule.parts),
        "derived": list(rule.derived),
        "status": rule.status,
        "zeros_published": rule.attacker.zeros_published,
        "why": rule.why,
    }


def _table(rule: CountRule, report: AuditReport) -> dict[str, Any]:
    return {
        "value": report.value,
        "threshold": rule.threshold,
        "required_width": report.required_width,
        "cells": report.cells,
        "shown": report.shown,
        "suppressed": report.suppressed,
        "without_figure": report.without_figure,
        "small_shown": report.small_shown,
        "exposed": len(report.exposed),
        "smallest_width": report.smallest_width,
        "solver": report.solver,
        "status": report.status,
        "verdict": report.verdict,
    }


def _read(folder: Path) -> dict[str, Any]:
    try:
        document = json.loads((folder / CERTIFICATE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Permanent(
            f"The release in {folder.name} has no readable {CERTIFICATE}, and without one nothing leaves. Build the "
            "release again."
        ) from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise Permanent(f"The certificate in {folder.name} has a format this platform does not know ({FORMAT}).")
    return document


def _verdict_problems(document: Mapping[str, Any]) -> list[str]:
    """The verdict, recomputed from the certificate's own figures: an edited word is not enough."""
    try:
        bad = [table["value"] for table in document["tables"] if not _table_passes(table)]
        rules = {name for rule in document["rules"] for name in (rule["value"], *rule["parts"])}
        unaudited = sorted(rules - {table["value"] for table in document["tables"]})
        verdict = document["verdict"]
    except (KeyError, TypeError):
        return ["its certificate is incomplete"]
    out = [f"the audit of {', '.join(bad)} did not pass"] if bad else []
    out += [f"{', '.join(unaudited)} has a rule but no audit"] if unaudited else []
    return out + ([f"the verdict is {verdict!r}"] if verdict != "pass" else [])


def _table_passes(table: Mapping[str, Any]) -> bool:
    wide = table["suppressed"] == 0 or table["smallest_width"] >= max(table["required_width"], 1)
    whole = table["shown"] + table["suppressed"] + table["without_figure"] == table["cells"]
    return bool(table["verdict"] == "pass" and wide and whole and table["small_shown"] == table["exposed"] == 0)


def _file_problems(folder: Path, document: Mapping[str, Any]) -> list[str]:
    covered = document.get("files") or {}
    links = sorted(p.name for p in folder.rglob("*") if p.is_symlink())
    if links:
        return [f"links instead of files: {', '.join(links)}"]
    present = {p.relative_to(folder).as_posix(): p for p in sorted(folder.rglob("*")) if not p.is_dir()}
    data = {name: path for name, path in present.items() if name not in UNCOVERED_FILES}
    stray = sorted(set(data) - set(covered))
    missing = sorted(set(covered) - set(data))
    changed = sorted(name for name in set(covered) & set(data) if sha256(data[name]) != covered[name])
    named = (("not covered by the certificate", stray), ("missing", missing), ("changed since the audit", changed))
    return [f"{label}: {', '.join(names)}" for label, names in named if names]


def _sum_problems(folder: Path) -> list[str]:
    """The sums hold the certificate itself, which cannot hold its own hash."""
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
        stated = {name: digest for digest, name in (line.split("  ", 1) for line in lines)}
    except (OSError, ValueError):
        return [f"{SUMS} is missing or unreadable"]
    present = {p.relative_to(folder).as_posix(): sha256(p) for p in folder.rglob("*") if p.is_file()}
    present.pop(SUMS, None)
    return [] if stated == present else [f"{SUMS} does not describe these files"]
