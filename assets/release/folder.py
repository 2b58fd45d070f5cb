"""A release as a folder: data, dictionary, words, change log, lineage, certificate, sums; written once, never changed.

Belongs here: putting the parts together in the right order, and the refusals that stand in front of the certificate.
Does not belong here: the parts themselves, moving the folder into place, publishing it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.release.certificate import (
    SUMS,
    UNCOVERED_FILES,
    Audited,
    certificate,
    sha256,
    verify_certificate,
    write_certificate,
)
from assets.release.changelog import ChangeLog, compare
from assets.release.content import Content, content_hash, read_content
from assets.release.dictionary import Column, Dictionary, dictionary_rows, select_published
from assets.release.disclosure import audit_columns
from assets.release.files import csv_rows, read_back, write_csv, write_geojson, write_parquet, write_table, write_xlsx
from assets.release.pages import render
from assets.release.spec import ReleaseSpec, complete_dictionary, require_rules
from assets.release.tables import SUPPRESSED
from orchestration.failures import Permanent

if TYPE_CHECKING:
    import pandas as pd

LINEAGE = "lineage.json"


@dataclass(frozen=True)
class ReleaseManifest:
    """What was built, for the metadata of the run. Nothing in it says more than the folder does."""

    dataset: str
    version: str
    content_hash: str
    files: Mapping[str, str]
    rows: int
    suppressed: int
    smallest_width: int | None
    changes: tuple[str, ...]


@dataclass(frozen=True)
class _Draft:
    """Everything decided before the first byte is written."""

    spec: ReleaseSpec
    dictionary: Dictionary
    content: Content
    audited: tuple[Audited, ...]
    digest: str
    changes: ChangeLog


def release_hash(spec: ReleaseSpec, table: pd.DataFrame, dictionary: Dictionary) -> str:
    """The content hash a release of this table would have; equal to the last one means there is nothing to release."""
    full = complete_dictionary(dictionary, spec, list(table.columns))
    content = read_content(select_published(table, full), full.columns, spec.keys)
    return content_hash(content, spec.words(full))


def read_content_hash(folder: Path) -> str | None:
    """The content hash of a finished release, or None where there is none."""
    try:
        return str(json.loads((folder / LINEAGE).read_text(encoding="utf-8"))["content_hash"])
    except (OSError, ValueError, KeyError):
        return None


def build_release(
    spec: ReleaseSpec,
    table: pd.DataFrame,
    dictionary: Dictionary,
    previous: Path | None,
    into: Path,
    elsewhere: Mapping[str, Sequence[pd.DataFrame]] | None = None,
) -> ReleaseManifest:
    """Write the release into an empty folder; the caller renames it into place.

    `table` is the protected mart. It is audited here once more, on exactly the rows and columns that are written, so
    that no path leads around the audit. `previous` is the folder of the version before; `elsewhere` holds, by count
    column, what other published frames give away (`Protected.elsewhere`).
    """
    _require_empty(into)
    draft = _draft(spec, table, dictionary, previous, elsewhere or {})
    into.mkdir(parents=True, exist_ok=True)
    _write_data(draft, into)
    _write_words(draft, into)
    files = {p.name: sha256(p) for p in sorted(into.iterdir()) if p.name not in UNCOVERED_FILES}
    write_certificate(certificate(spec, draft.audited, files), into)
    _write_sums(into)
    _settle(into)
    verify_certificate(into)
    return _manifest(draft, into)


def _draft(
    spec: ReleaseSpec,
    table: pd.DataFrame,
    dictionary: Dictionary,
    previous: Path | None,
    elsewhere: Mapping[str, Sequence[pd.DataFrame]],
) -> _Draft:
    full = complete_dictionary(dictionary, spec, list(table.columns))
    require_rules(spec, full)
    chosen = select_published(table, full)
    _require_emptied(spec, chosen)
    content = read_content(chosen, full.columns, spec.keys)
    audited = tuple(Audited(r, audit_columns(chosen, r, elsewhere.get(r.value, ()))) for r in spec.counts)
    _require_pass(spec, audited)
    before = None if previous is None else previous / f"{spec.stem}.parquet"
    digest = content_hash(content, spec.words(full))
    return _Draft(spec, full, content, audited, digest, compare(before, content.without(spec.geometry)))


def _require_emptied(spec: ReleaseSpec, table: pd.DataFrame) -> None:
    """A hidden row whose change or share is still there tells what was hidden."""
    left = []
    for rule in spec.counts:
        if rule.status in table.columns:
            hidden = table[rule.status] == SUPPRESSED
            figures = [c for c in (rule.value, *rule.parts, *rule.derived) if c in table.columns]
            left += [c for c in figures if table.loc[hidden, c].notna().any()]
    if left:
        raise Permanent(
            f"Suppressed rows of release {spec.dataset} still hold something in {', '.join(left)}. Run disclosure "
            "control on the table with these columns in its rule."
        )


def _require_pass(spec: ReleaseSpec, audited: Sequence[Audited]) -> None:
    failed = [r for a in audited for r in a.reports if not r.passed]
    if failed:
        found = "; ".join(
            f"{r.value}: {r.small_shown} small counts shown, {len(r.exposed)} suppressed cells can be worked out to "
            f"within fewer than {r.required_width} people"
            for r in failed
        )
        raise Permanent(
            f"Release {spec.dataset} {spec.version} was not built, because its audit failed. {found}. Run disclosure "
            "control on the table first, or publish a coarser level."
        )


def _require_empty(into: Path) -> None:
    if into.exists() and any(into.iterdir()):
        raise Permanent(f"A release is written into an empty folder, and {into.name} is not empty. Use a fresh one.")


def _write_data(draft: _Draft, into: Path) -> None:
    spec, flat = draft.spec, draft.content.without(draft.spec.geometry)
    stem = into / spec.stem
    if "csv" in spec.formats:
        write_csv(flat, stem.with_suffix(".csv"))
    if "parquet" in spec.formats:
        write_parquet(flat, stem.with_suffix(".parquet"))
    if "xlsx" in spec.formats:
        columns = _dictionary_content(draft)
        write_xlsx(flat, _cover(draft), columns, spec.as_of, stem.with_suffix(".xlsx"))
    if spec.geometry:
        write_geojson(draft.content, spec.geometry, stem.with_suffix(".geojson"))
    _require_same(flat, [stem.with_suffix(f".{f}") for f in ("csv", "parquet") if f in spec.formats])


def _require_same(content: Content, paths: Sequence[Path]) -> None:
    """What was audited is what was written: the files are read again, cell by cell."""
    expected = {".csv": csv_rows(content)}
    expected[".parquet"] = [list(content.names), *map(list, content.texts)]
    wrong = [path.name for path in paths if read_back(path) != expected[path.suffix]]
    if wrong:
        raise Permanent(f"Read again, {', '.join(wrong)} does not hold the audited rows. The release is not built.")


def _write_words(draft: _Draft, into: Path) -> None:
    spec, rows = draft.spec, dictionary_rows(draft.dictionary, draft.spec.keys)
    write_table([list(rows[0]), *(list(row.values()) for row in rows)], into / "dictionary.csv")
    _write_json(draft.changes.as_json(), into / "changelog.json")
    lines = [f"# Changes in {spec.title}, version {spec.version}", "", *(f"- {w}" for w in draft.changes.words()), ""]
    (into / "CHANGELOG.md").write_text("\n".join(lines), encoding="utf-8")
    lineage = {**asdict(spec.lineage), "as_of": spec.as_of.isoformat(), "content_hash": draft.digest}
    _write_json({**lineage, "dataset": spec.dataset, "version": spec.version}, into / LINEAGE)
    readme = render("readme.md.jinja", spec=spec, dictionary=draft.dictionary, caveats=_caveats(draft), rows=rows)
    (into / "README.md").write_text(readme, encoding="utf-8")


def _write_json(document: Mapping[str, Any], path: Path) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _caveats(draft: _Draft) -> list[str]:
    return [*draft.dictionary.caveats, *draft.spec.caveats, *(_suppression(draft))]


def _suppression(draft: _Draft) -> list[str]:
    return [
        f"Counts of {a.rule.value} of at least one and fewer than {a.rule.threshold} are suppressed, and further cells "
        "with them, so that nobody can be singled out. A suppressed cell is empty, and its status says so."
        for a in draft.audited
        if a.rule.threshold > 1
    ]


def _cover(draft: _Draft) -> list[tuple[str, str]]:
    spec, d = draft.spec, draft.dictionary
    fixed = [
        ("Title", spec.title), ("Country", spec.country), ("What it is", d.description), ("One row is", d.grain),
        ("Unit", d.unit), ("Period", spec.period), ("As of", spec.as_of.isoformat()), ("Version", spec.version),
        ("Source", d.source), ("Method", d.method), ("Who it is for", spec.audience), ("Licence", spec.licence),
    ]  # fmt: skip
    return [row for row in [*fixed, *(("Caveat", c) for c in _caveats(draft)), ("Contact", spec.contact)] if row[1]]


def _dictionary_content(draft: _Draft) -> Content:
    rows = dictionary_rows(draft.dictionary, draft.spec.keys)
    columns = tuple(Column(name, "VARCHAR", "") for name in rows[0])
    return Content(columns, ("column",), tuple(tuple(value or None for value in row.values()) for row in rows))


def _write_sums(into: Path) -> None:
    lines = [f"{sha256(path)}  {path.name}\n" for path in sorted(into.iterdir()) if path.name != SUMS]
    (into / SUMS).write_text("".join(lines), encoding="utf-8")


def _settle(into: Path) -> None:
    """Every byte on the disk before anybody renames the folder, and nobody writes in it again."""
    for path in [*sorted(into.iterdir()), into]:
        handle = os.open(path, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)
        if path != into:
            path.chmod(0o444)


def _manifest(draft: _Draft, into: Path) -> ReleaseManifest:
    reports = [report for a in draft.audited for report in a.reports]
    widths = [r.smallest_width for r in reports if r.smallest_width is not None]
    return ReleaseManifest(
        dataset=draft.spec.dataset,
        version=draft.spec.version,
        content_hash=draft.digest,
        files={path.name: sha256(path) for path in sorted(into.iterdir())},
        rows=len(draft.content.rows),
        suppressed=sum(report.suppressed for report in reports),
        smallest_width=min(widths, default=None),
        changes=tuple(draft.changes.words()),
    )
