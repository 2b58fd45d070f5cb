"""What a publication on HDX is, what HDX will refuse in it, and how it differs from what HDX shows.

Belongs here: pure functions and dataclasses, so that every problem can be told before the first call and a dry run
can print exactly what would change. Does not belong here: any call to HDX (`hdx_api.py`, `hdx_session.py`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

PLACEHOLDER = "updated_by_file_upload_step"  # what hdx-python-api writes where a file's address will be
METHODOLOGIES = frozenset({"Census", "Sample Survey", "Direct Observational Data/Anecdotal Data", "Registry", "Other"})
FREQUENCIES = frozenset({-2, -1, 1, 2, 7, 14, 30, 60, 90, 120, 180, 300, 365, 730})
FORMATS = frozenset({"csv", "xlsx", "json", "geojson", "shp", "pdf", "txt", "xml", "png", "parquet", "zip"})
MAX_FILE = 300 * 2**20  # HDX's limit for one file
GUARDED_TAG = "crisis-"  # set and taken away by HDX's own staff only
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{1,99}")
# what HDX makes of any other file name is not this name, so reading back could not recognise it
FILE_NAME = re.compile(r"(?!.*--)[a-z0-9][a-z0-9_.-]{0,90}\.[a-z0-9]{1,10}")


class ReleaseFile(NamedTuple):
    """One file of a publication, and what HDX says of it."""

    name: str
    format: str
    description: str
    path: Path


@dataclass(frozen=True)
class Publication:
    """One dataset as it shall stand on HDX. `version` is the publisher's own label; HDX does not keep it."""

    name: str
    title: str
    notes: str
    source: str
    methodology: str  # one of HDX's own, or a text, which HDX keeps as "Other"
    caveats: str
    licence: str
    frequency_days: int
    tags: tuple[str, ...]
    iso3: str
    period_start: date
    period_end: date | None  # None: HDX shows "today"
    resources: tuple[ReleaseFile, ...]
    private: bool
    subnational: bool = True
    version: str = ""


@dataclass(frozen=True)
class Problem:
    """One reason why HDX would refuse, or has refused; `where` names the field, the file or the right."""

    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}"


@dataclass(frozen=True)
class FieldChange:
    """One field of the dataset or of a resource that is not as it shall be."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class ResourceChange:
    """What has to happen to one resource: `add`, `change` or `remove`; `upload` tells that its file is sent."""

    name: str
    action: str
    resource_id: str | None
    upload: bool
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True)
class Changes:
    """The difference between HDX and a publication; nothing in it means HDX is whole."""

    dataset: str
    exists: bool
    fields: tuple[FieldChange, ...]
    resources: tuple[ResourceChange, ...]
    reorder: bool

    @property
    def empty(self) -> bool:
        """Tell that HDX already shows exactly this publication, bytes included."""
        return self.exists and not (self.fields or self.resources or self.reorder)

    def lines(self) -> Iterator[str]:
        """Yield one line for each change, for a person to read before agreeing."""
        if not self.exists:
            yield f"create dataset {self.dataset}"
        for change in self.fields:
            yield f"{change.field}: {_short(change.before)} -> {_short(change.after)}"
        for resource in self.resources:
            what = [f"{item.field}: {_short(item.before)} -> {_short(item.after)}" for item in resource.fields]
            what += ["file is sent"] if resource.upload else []
            yield f"{resource.action} resource {resource.name}" + (f" ({'; '.join(what)})" if what else "")
        if self.reorder:
            yield "put the resources in order"


def problems(release: Publication) -> list[Problem]:
    """Return everything HDX would refuse that can be seen without asking it."""
    return [*_text_problems(release), *_choice_problems(release), *_file_problems(release)]


def _text_problems(release: Publication) -> Iterator[Problem]:
    if not NAME.fullmatch(release.name) or release.name in {"new", "edit", "search"}:
        yield Problem("name", "needs 2 to 100 characters out of a-z, 0-9, - and _")
    for field in ("title", "notes", "source", "methodology", "caveats", "licence", "iso3"):
        if not str(getattr(release, field)).strip():
            yield Problem(field, "is empty; HDX requires it")
    if release.methodology.strip() == "Other":
        yield Problem("methodology", 'write what was done; HDX does not take "Other" alone')
    if release.licence == "hdx-other":
        yield Problem("licence", "hdx-other needs a text of its own; choose a listed licence")


def _choice_problems(release: Publication) -> Iterator[Problem]:
    if release.frequency_days == 0:
        yield Problem("frequency_days", "0 (live) is refused by HDX for uploaded files")
    elif release.frequency_days not in FREQUENCIES:
        yield Problem("frequency_days", f"{release.frequency_days} is not one of {sorted(FREQUENCIES)}")
    if release.period_end is not None and release.period_end < release.period_start:
        yield Problem("period_end", "is before period_start")
    if not release.tags:
        yield Problem("tags", "at least one is required")
    for tag in release.tags:
        if tag != tag.strip().lower() or not tag:
            yield Problem("tags", f"{tag!r} must be lower case without blanks around it")
        elif tag.startswith(GUARDED_TAG):
            yield Problem("tags", f"{tag!r} may be set by HDX's staff only")


def _file_problems(release: Publication) -> Iterator[Problem]:
    if not release.resources:
        yield Problem("resources", "at least one file is required")
    names = [file.name for file in release.resources]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(f"resource {name}", "two resources have this name; names must differ to keep their addresses")
    for file in release.resources:
        where = f"resource {file.name}"
        if file.name != file.name.strip() or not file.name or not file.description.strip():
            yield Problem(where, "needs a name without blanks around it, and a description")
        if file.format.lower() not in FORMATS:
            yield Problem(where, f"format {file.format!r} is not one of {sorted(FORMATS)}")
        if not FILE_NAME.fullmatch(file.path.name):
            yield Problem(where, f"file name {file.path.name!r} must be of a-z, 0-9, _ - . with an ending")
        if not file.path.is_file():
            yield Problem(where, "its file does not exist")
        elif not 0 < file.path.stat().st_size <= MAX_FILE:
            yield Problem(where, f"its file must hold 1 to {MAX_FILE:,} bytes")


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint(release: Publication) -> str:
    """Return one hash over everything a visitor of HDX would see: the metadata and the bytes of each file."""
    fields = wanted_fields(release, owner_org="", maintainer="")
    files = [
        (file.name, file.format, file.description, file.path.name, sha256_of(file.path)) for file in release.resources
    ]
    text = json.dumps([fields, files], sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def wanted_fields(release: Publication, owner_org: str, maintainer: str) -> dict[str, Any]:
    """Return HDX's fields as they shall be; None means that the field must not be there."""
    other = release.methodology.strip() not in METHODOLOGIES
    end = "*" if release.period_end is None else f"{release.period_end.isoformat()}T23:59:59"
    return {
        "title": release.title.strip(),
        "notes": _tidy(release.notes),
        "dataset_source": release.source.strip(),
        "methodology": "Other" if other else release.methodology.strip(),
        "methodology_other": _tidy(release.methodology) if other else None,
        "caveats": _tidy(release.caveats),
        "license_id": release.licence,
        "data_update_frequency": str(release.frequency_days),
        "dataset_date": f"[{release.period_start.isoformat()}T00:00:00 TO {end}]",
        "tags": sorted(set(release.tags)),
        "groups": [release.iso3.lower()],
        "owner_org": owner_org,
        "maintainer": maintainer,
        "private": release.private,
        "subnational": "1" if release.subnational else "0",
    }


def _tidy(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def compare(
    release: Publication,
    wanted: Mapping[str, Any],
    found: Mapping[str, Any] | None,
    differing: frozenset[str],
) -> Changes:
    """Compare with what `package_show` answered; `differing` names the resources whose bytes on HDX are not ours."""
    if found is None:
        fields = [FieldChange(name, None, value) for name, value in wanted.items() if value is not None]
        added = [ResourceChange(file.name, "add", None, True) for file in release.resources]
        return Changes(release.name, False, tuple(fields), tuple(added), False)
    shown = {name: _shown(name, found) for name in wanted}
    fields = [FieldChange(name, shown[name], wanted[name]) for name in wanted if shown[name] != wanted[name]]
    resources = found.get("resources") or []
    changes = [*_resource_changes(release, resources, differing), *_removals(release, resources)]
    kept = [item["name"] for item in first_of_each(resources) if item["name"] in {f.name for f in release.resources}]
    order = [file.name for file in release.resources if file.name in kept]
    added_before = any(change.action == "add" for change in changes) and not _adds_at_end(release, kept)
    return Changes(release.name, True, tuple(fields), tuple(changes), kept != order or added_before)


def _shown(name: str, found: Mapping[str, Any]) -> Any:
    value = found.get(name)
    if name == "tags":  # tags of HDX's own staff are theirs to keep
        return sorted(tag["name"] for tag in value or [] if not tag["name"].startswith(GUARDED_TAG))
    if name == "groups":
        return sorted(group["name"] for group in value or [])
    if name == "private":
        return str(value).lower() == "true"
    return None if value in (None, "") else _tidy(str(value))


def first_of_each(resources: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the first resource of each name: the one that keeps its id and address; the others are strays."""
    seen: dict[str, Mapping[str, Any]] = {}
    for resource in resources:
        seen.setdefault(resource["name"], resource)
    return list(seen.values())


def _resource_changes(
    release: Publication, resources: Sequence[Mapping[str, Any]], differing: frozenset[str]
) -> Iterator[ResourceChange]:
    by_name = {resource["name"]: resource for resource in first_of_each(resources)}
    for file in release.resources:
        resource = by_name.get(file.name)
        if resource is None:
            yield ResourceChange(file.name, "add", None, True)
            continue
        pairs = (
            ("format", str(resource.get("format") or "").lower(), file.format.lower()),
            ("description", _tidy(str(resource.get("description") or "")), _tidy(file.description)),
            ("file name", str(resource.get("url") or "").rsplit("/", 1)[-1], file.path.name),
        )
        fields = tuple(FieldChange(name, before, after) for name, before, after in pairs if before != after)
        upload = file.name in differing or any(field.field == "file name" for field in fields)
        if fields or upload:
            yield ResourceChange(file.name, "change", resource["id"], upload, fields)


def _removals(release: Publication, resources: Sequence[Mapping[str, Any]]) -> Iterator[ResourceChange]:
    wanted = {file.name for file in release.resources}
    first = {resource["id"] for resource in first_of_each(resources)}
    for resource in resources:
        if resource["name"] not in wanted or resource["id"] not in first:
            yield ResourceChange(resource["name"], "remove", resource["id"], False)


def _adds_at_end(release: Publication, kept: Sequence[str]) -> bool:
    """New resources land at the end; tell whether that is where they belong."""
    return all(file.name in kept for file in release.resources[: len(kept)])


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else f"{text[:117]}..."
