"""The demo server's memory: what each asset holds as of a moment that can be set.

Belongs here: playing a `KoboProject` back up to "now" (forms, drafts, submissions with their system keys, the two
dialects). Does not belong here: HTTP, permissions, paging, the look of an asset's page.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from demo.kobo.project import Asset, Event, FormVersion, KoboProject, Submission, check_project, parse_time

OWNER = "im_officer"
LABELS = {"approved": "Approved", "not_approved": "Not Approved", "on_hold": "On Hold"}
COLORS = {"approved": "#00ff00", "not_approved": "#ff0000", "on_hold": "#0000ff"}


@dataclass(frozen=True)
class Dialect:
    """How one generation of servers answers: page limits and the keys it adds or lacks."""

    name: str
    default_limit: int
    max_limit: int
    old: bool


DIALECTS = {"2026-08": Dialect("2026-08", 100, 1000, False), "2026-02": Dialect("2026-02", 30_000, 30_000, True)}


def content_hash(content: Mapping[str, Any]) -> str:
    """The same form gives the same hash, whatever the order of its keys."""
    return hashlib.sha1(
        json.dumps(content, sort_keys=True, ensure_ascii=False).encode(), usedforsecurity=False
    ).hexdigest()


class Playback:
    """Every asset as of `now`. Rows vanish and appear by the events of the project or by a fault's order."""

    def __init__(self, project: KoboProject, now: datetime | None = None, dialect: str = "2026-08") -> None:
        check_project(project)
        self.assets = {asset.uid: asset for asset in project.assets}
        self.ids = _number_submissions(project)
        self.now = now or _last_moment(project)
        self.dialect = DIALECTS[dialect]
        self.vanished: set[tuple[str, int]] = set()
        self.late: set[tuple[str, int]] = set()
        self._cache: dict[str, tuple[tuple[Any, ...], list[dict[str, Any]]]] = {}
        # Most rows do not change when the clock moves: each is made anew only when something has happened to it.
        self._made: dict[tuple[str, int, str], tuple[int, dict[str, Any] | None]] = {}
        self._moments = {id(e): parse_time(e.at) for a in project.assets for s in a.submissions for e in s.events}

    def visible_assets(self) -> list[Asset]:
        """Assets that exist by now, the last changed first."""
        known = [asset for asset in self.assets.values() if self.exists(asset)]
        return sorted(known, key=lambda asset: (self.modified(asset), asset.uid), reverse=True)

    def exists(self, asset: Asset) -> bool:
        """An asset exists from its first deployment or saved draft on; one with neither date has always been
        there.
        """
        moments = [version.deployed_at for version in asset.versions] + ([asset.draft_at] if asset.draft_at else [])
        return not moments or min(parse_time(moment) for moment in moments) <= self.now

    def versions(self, asset: Asset) -> list[FormVersion]:
        """Versions deployed by now, the newest first."""
        done = [version for version in asset.versions if parse_time(version.deployed_at) <= self.now]
        return sorted(done, key=lambda version: parse_time(version.deployed_at), reverse=True)

    def draft(self, asset: Asset) -> dict[str, Any] | None:
        """Content saved but not deployed (yet), or None when the deployed form is the newest."""
        if asset.draft_content is None:
            return None
        if asset.draft_at:
            saved = parse_time(asset.draft_at)
            deployed = self.versions(asset)
            if saved > self.now or (deployed and parse_time(deployed[0].deployed_at) >= saved):
                return None
        return asset.draft_content

    def current(self, asset: Asset) -> tuple[str, dict[str, Any]]:
        """`version_id` and content as the form builder shows them: the draft when there is one."""
        draft = self.draft(asset)
        if draft is not None:
            same = [version.vid for version in asset.versions if version.content == draft]
            return (same[0] if same else "v" + content_hash(draft)[:21]), draft
        deployed = self.versions(asset)
        return (deployed[0].vid, deployed[0].content) if deployed else ("", {})

    def modified(self, asset: Asset) -> datetime:
        """When the form (not its data) last changed."""
        moments = [parse_time(version.deployed_at) for version in self.versions(asset)]
        if self.draft(asset) is not None and asset.draft_at:
            moments.append(parse_time(asset.draft_at))
        return max(moments, default=datetime(2000, 1, 1, tzinfo=UTC))

    def rows(self, asset: Asset) -> list[dict[str, Any]]:
        """Live submissions in `_id` order, as the data endpoint's MongoDB holds them."""
        key = (self.now, self.dialect.name, frozenset(self.vanished), frozenset(self.late))
        cached = self._cache.get(asset.uid)
        if cached is None or cached[0] != key:
            cached = (key, self._build(asset))
            self._cache[asset.uid] = cached
        return cached[1]

    def _build(self, asset: Asset) -> list[dict[str, Any]]:
        rows = []
        for number, submission in enumerate(asset.submissions):
            row = self._row(asset, number, submission)
            mark = (asset.uid, row["_id"]) if row else None
            if row is not None and mark not in self.vanished and mark not in self.late:
                rows.append(row)
        return sorted(rows, key=lambda row: int(row["_id"]))

    def submission_count(self, asset: Asset) -> int:
        """What PostgreSQL counts: a row MongoDB has not got yet is already in it."""
        return len(self.rows(asset)) + sum(1 for uid, _ in self.late if uid == asset.uid)

    def happened(self, submission: Submission) -> list[Event]:
        """The events of a submission that lie in the past."""
        return [event for event in submission.events if self._moments[id(event)] <= self.now]

    def root_uuid(self, asset: Asset, number: int) -> str:
        """The identifier a submission keeps through all its edits."""
        return submission_uuid(asset, number)

    def _row(self, asset: Asset, number: int, submission: Submission) -> dict[str, Any] | None:
        events, key = self.happened(submission), (asset.uid, number, self.dialect.name)
        made = self._made.get(key)
        if made is None or made[0] != len(events):
            made = self._made[key] = (len(events), self._make(asset, number, events))
        return made[1]

    def _make(self, asset: Asset, number: int, events: list[Event]) -> dict[str, Any] | None:
        if not events or events[-1].kind == "delete":
            return None
        written = [(index, event) for index, event in enumerate(events) if event.kind in ("submit", "edit")]
        uuids = [_uuid(asset, number, index, event) for index, event in written]
        answers = dict(written[-1][1].row or {})
        system = self._system_keys(asset, events, written[-1][1], uuids, self.ids[(asset.uid, number)])
        row = {"_id": system["_id"], "formhub/uuid": deployment_uuid(asset), **answers}
        for key, value in system.items():
            row.setdefault(key, value)
        return _aged(row) if self.dialect.old else row

    def _system_keys(
        self, asset: Asset, events: list[Event], last: Event, uuids: list[str], number: int
    ) -> dict[str, Any]:
        submitted = parse_time(events[0].at).astimezone(UTC)
        edited = {"meta/deprecatedID": f"uuid:{uuids[-2]}"} if len(uuids) > 1 else {}
        return {
            "_id": number,
            "__version__": self._version_at(asset, last.at),
            "meta/instanceID": f"uuid:{uuids[-1]}",
            **edited,
            "_xform_id_string": asset.uid,
            "_uuid": uuids[-1],
            "meta/rootUuid": f"uuid:{uuids[0]}",
            "_attachments": [],
            "_status": "submitted_via_web",
            "_geolocation": _geolocation(asset, last.row or {}),
            "_submission_time": submitted.strftime("%Y-%m-%dT%H:%M:%S"),
            "_validation_status": self._validation(events),
            "_submitted_by": events[0].by,
        }

    def _version_at(self, asset: Asset, at: str) -> str:
        moment = parse_time(at)
        before = [version for version in asset.versions if parse_time(version.deployed_at) <= moment]
        return max(before, key=lambda version: parse_time(version.deployed_at)).vid if before else ""

    def _validation(self, events: list[Event]) -> dict[str, Any]:
        verdicts = [event for event in events if event.kind == "validate"]
        if not verdicts or verdicts[-1].status is None:
            return {}
        last = verdicts[-1]
        status = str(last.status)
        stamp = int(parse_time(last.at).timestamp())
        color = {"color": COLORS[status]} if self.dialect.old else {}
        who = last.by or OWNER
        return {
            "timestamp": stamp,
            "uid": f"validation_status_{status}",
            "by_whom": who,
            **color,
            "label": LABELS[status],
        }


def submission_uuid(asset: Asset, number: int) -> str:
    """The identifier the asset's submission of this number keeps through all its edits."""
    return _uuid(asset, number, 0, asset.submissions[number].events[0])


def deployment_uuid(asset: Asset) -> str:
    """The identifier KoBo gives a deployment; made from the asset's own, so that it never changes."""
    return hashlib.md5(asset.uid.encode(), usedforsecurity=False).hexdigest()


def _number_submissions(project: KoboProject) -> dict[tuple[str, int], int]:
    """`_id` per server in the order of arrival, unless the row brings its own."""
    arrivals = sorted(
        (parse_time(submission.events[0].at), place, number)
        for place, asset in enumerate(project.assets)
        for number, submission in enumerate(asset.submissions)
    )
    ids = {}
    for position, (_, place, number) in enumerate(arrivals, start=1):
        asset = project.assets[place]
        own = (asset.submissions[number].events[0].row or {}).get("_id")
        ids[(asset.uid, number)] = int(own) if own is not None else position
    return ids


def _last_moment(project: KoboProject) -> datetime:
    moments = [parse_time(version.deployed_at) for asset in project.assets for version in asset.versions]
    moments += [parse_time(e.at) for asset in project.assets for sub in asset.submissions for e in sub.events]
    return max(moments, default=datetime(2025, 1, 1, tzinfo=UTC))


def _uuid(asset: Asset, number: int, index: int, event: Event) -> str:
    own = (event.row or {}).get("_uuid")
    return str(own) if own else str(uuid.uuid5(uuid.NAMESPACE_URL, f"kobo-demo:{asset.uid}/{number}/{index}"))


def _geolocation(asset: Asset, answers: Mapping[str, Any]) -> list[float | None]:
    for version in asset.versions:
        for question in version.content.get("survey", []):
            value = answers.get(question.get("$xpath", ""))
            if question.get("type") == "geopoint" and isinstance(value, str) and value:
                latitude, longitude = value.split()[:2]
                return [float(latitude), float(longitude)]
    return [None, None]


def _aged(row: dict[str, Any]) -> dict[str, Any]:
    """The production server of February 2026: `_tags`, `_notes`, and times without the device's offset."""
    for key in ("start", "end"):
        if isinstance(row.get(key), str):
            moment = parse_time(row[key]).astimezone(UTC)
            row[key] = moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}-00:00"
    return {**row, "_tags": [], "_notes": []}
