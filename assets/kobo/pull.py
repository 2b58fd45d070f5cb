"""Complete and provable pulls: what changed on the KoBo server since the last one, and why we believe that
is all.

Belongs here: comparing the server with what is already stored, and the guards that stop a pull rather than lose rows.
Does not belong here: HTTP (`orchestration/kobo_api.py`), storing (`orchestration/lake.py`), what an answer means
(`interviews.py`).

KoBo has no "changed since": edits keep `_id` and `_submission_time`, deletions leave nothing behind, and a right that
was taken away looks like an empty form. So each pull reads a small index of all rows and compares.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from orchestration.failures import Permanent, Transient

Json = dict[str, Any]
Known = Mapping[str, tuple[str, str]]


class Client(Protocol):
    """What a pull asks of the server; `KoboClient` is one."""

    def get_asset(self, asset_uid: str) -> Json:
        """One asset with its counts, rights and deployed versions."""
        ...

    def index(self, asset_uid: str) -> Json:
        """`count` and `results`: all rows, only what tells them apart."""
        ...

    def everything(self, asset_uid: str) -> Json:
        """`count` and `results`: all rows in full."""
        ...

    def submissions(self, asset_uid: str, ids: Collection[int]) -> list[Json]:
        """The rows with these `_id`s that still exist."""
        ...

    def versions(self, asset_uid: str) -> list[Json]:
        """Every deployed version, without content."""
        ...

    def version(self, asset_uid: str, version_uid: str) -> Json:
        """One deployed version with its content."""
        ...


@dataclass(frozen=True)
class Limits:
    """When a pull stops instead of believing the server, and how often it looks again while rows move."""

    passes: int = 4
    drop_share: float = 0.2
    drop_floor: int = 5


@dataclass(frozen=True)
class Revision:
    """A submission as it is now, because it is new, was edited, or its validation status changed."""

    root: str
    uuid: str
    validation: str
    reason: str  # new | edited | validated
    row: Json = field(repr=False)


@dataclass(frozen=True)
class PullResult:
    """What one pull found. `counts` is the proof: what the form says it has, what the sweep saw, what became
    of it.
    """

    asset_uid: str
    name: str
    new_revisions: list[Revision]
    tombstones: list[str]
    counts: dict[str, int]
    form_versions: list[Json]

    @property
    def changed(self) -> bool:
        """Whether there is anything to store."""
        return bool(self.new_revisions or self.tombstones or self.form_versions)


def pull(
    client: Client, asset_uid: str, known: Known, known_versions: Collection[str] = (), limits: Limits | None = None
) -> PullResult:
    """Everything that changed against `known` (root uuid -> `mark_of` the stored row) and `known_versions`."""
    bounds = limits or Limits()
    try:
        sweep = _settled(client, asset_uid, known, bounds)
    except Permanent as cause:
        raise Permanent(
            f"Pulling KoBo asset {asset_uid} stopped; {len(known)} submissions are stored and none was marked "
            f"deleted. {cause}"
        ) from cause
    versions = [
        client.version(asset_uid, str(row["uid"]))
        for row in _deployed(client, sweep.asset)
        if row["uid"] not in known_versions
    ]
    return PullResult(
        asset_uid=asset_uid,
        name=str(sweep.asset.get("name", "")),
        new_revisions=sweep.revisions,
        tombstones=sweep.gone,
        counts={
            "form": sweep.form_count,
            "swept": sweep.swept,
            "known": len(known),
            **{reason: sum(r.reason == reason for r in sweep.revisions) for reason in ("new", "edited", "validated")},
            "deleted": len(sweep.gone),
            "passes": sweep.passes,
        },
        form_versions=sorted(versions, key=lambda version: (str(version["date_deployed"]), str(version["uid"]))),
    )


@dataclass(frozen=True)
class _Sweep:
    asset: Json
    form_count: int
    swept: int
    passes: int
    revisions: list[Revision]
    gone: list[str]


def root_of(row: Json) -> str:
    """The identifier a submission keeps through all edits. Servers too old for it keep `_id`, which is as
    lasting there.
    """
    root = str(row.get("meta/rootUuid") or "").removeprefix("uuid:")
    return root or f"id:{row['_id']}"


def validation_of(row: Json) -> str:
    """`approved`, `not_approved`, `on_hold`, or nothing."""
    status = row.get("_validation_status") or {}
    return str(status.get("uid", "")).removeprefix("validation_status_")


def mark_of(row: Json) -> tuple[str, str]:
    """What moves when a submission changes: its uuid with an edit, its status or its time with a validation."""
    since = (row.get("_validation_status") or {}).get("timestamp")
    return str(row["_uuid"]), f"{validation_of(row)}@{since}" if since else validation_of(row)


def _settled(client: Client, asset_uid: str, known: Known, limits: Limits) -> _Sweep:
    """Look until the form's own count, the sweep and the fetched rows tell one story.

    While people are at work the three never agree to the row. What they may then differ by is what was seen to come
    and go between two sweeps, and no more: an account that sees only part of the rows, or a page that was cut, shows
    the same gap however often one looks.
    """
    story, stuck = "", False
    held: dict[str, Json] = {}
    before: set[str] | None = None
    for number in range(1, limits.passes + 1):
        asset = client.get_asset(asset_uid)
        form_count = _readable_count(asset)
        whole = not known and not held
        page = client.everything(asset_uid) if whole else client.index(asset_uid)
        seen = _by_root(page["results"])
        held = seen if whole else held
        moved = len(before ^ set(seen)) if before is not None else 0
        before = set(seen)
        if abs(page["count"] - len(seen)) <= moved and form_count - len(seen) <= moved:
            revisions, gone = _fetch(client, asset_uid, known, seen, held)
            _believe_deletions(known, seen, gone, limits)
            return _Sweep(asset, form_count, len(seen), number, revisions, gone)
        story = f"the form counts {form_count}, the server announced {page['count']}, {len(seen)} came"
        stuck = page["count"] == len(seen) < form_count
    if stuck:
        raise Permanent(
            f"Fewer rows than the form has, {limits.passes} times over ({story}). The account sees only part of the "
            "submissions, or rows are stuck on the server. Give the service account the full right to view "
            "submissions; trying again does not help."
        )
    raise Transient(
        f"Pulled KoBo asset {asset_uid} {limits.passes} times and the counts never agreed ({story}). Nothing was "
        "stored; trying again later helps."
    )


def _by_root(rows: Collection[Json]) -> dict[str, Json]:
    found = {root_of(row): row for row in rows}
    if len(found) < len(rows):
        raise Permanent(
            f"{len(rows) - len(found)} rows share their lasting identifier (meta/rootUuid) with another. KoBo promises "
            "that none do; ask the server's administrator. Trying again does not help."
        )
    return found


def _readable_count(asset: Json) -> int:
    """The number of submissions the form itself reports, after the checks that make a pull worth starting."""
    rights = {right.get("codename") for right in asset.get("effective_permissions", [])}
    if asset.get("deployment__encrypted"):
        raise Permanent(
            "The form is encrypted; its answers cannot be read through the API. Trying again does not help."
        )
    if not asset.get("has_deployment"):
        raise Permanent("The form was never deployed. Deploy it in KoBo first; trying again does not help.")
    count = asset.get("deployment__submission_count")
    if "view_submissions" not in rights or not isinstance(count, int):
        raise Permanent(
            "The account may see the form but not all of its submissions. Ask the owner to share `view submissions` "
            "with the service account; trying again does not help."
        )
    return count


def _fetch(
    client: Client, asset_uid: str, known: Known, seen: Mapping[str, Json], held: Mapping[str, Json]
) -> tuple[list[Revision], list[str]]:
    """The full rows of what changed, and what is gone. A row edited since the sweep is taken as it is now; one that
    cannot be fetched any more is asked for a second time before it counts as deleted.
    """
    changed = {root: row for root, row in seen.items() if known.get(root) != mark_of(row)}
    full = {root: held[root] for root, row in changed.items() if root in held and mark_of(held[root]) == mark_of(row)}
    for _ in range(2):
        missing = [int(row["_id"]) for root, row in changed.items() if root not in full]
        full |= {root_of(row): row for row in client.submissions(asset_uid, missing)} if missing else {}
    gone = sorted((set(known) - set(seen)) | (set(known) & (set(changed) - set(full))))
    # Taken back since the sweep: it is again what is stored.
    moved = [root for root, row in full.items() if known.get(root) != mark_of(row)]
    return [_revision(root, known, full[root]) for root in sorted(moved, key=lambda root: int(full[root]["_id"]))], gone


def _revision(root: str, known: Known, row: Json) -> Revision:
    before = known.get(root)
    reason = "new" if before is None else "edited" if before[0] != str(row["_uuid"]) else "validated"
    return Revision(root, str(row["_uuid"]), validation_of(row), reason, row)


def _believe_deletions(known: Known, seen: Mapping[str, Json], gone: Collection[str], limits: Limits) -> None:
    """KoBo answers a lost right with an empty list; a form that lost many rows at once is asked about, not
    believed.
    """
    if known and not seen and limits.drop_share < 1:
        raise Permanent(
            f"The server shows no submission at all where {len(known)} were stored. Either the account lost its right "
            "or the form was emptied: check in KoBo. If it was emptied on purpose, set the limit to 1 for one pull; "
            "trying again does not help."
        )
    if len(gone) > max(limits.drop_floor, limits.drop_share * len(known)):
        raise Permanent(
            f"{len(gone)} of {len(known)} stored submissions are gone from the server, more than the limit of "
            f"{limits.drop_share:.0%}. Check in KoBo whether they were deleted on purpose; if so, raise the limit for "
            "this pull. Trying again does not help."
        )


def _deployed(client: Client, asset: Json) -> list[Json]:
    """The deployed versions; the asset's page already lists them unless they fill more than one page."""
    listed = asset.get("deployed_versions") or {}
    rows: list[Json] = listed.get("results", [])
    return rows if len(rows) >= int(listed.get("count", 0)) else client.versions(str(asset["uid"]))
