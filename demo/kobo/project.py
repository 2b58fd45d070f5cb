"""What the demo's KoBo server knows: forms with their deployed versions, and for each submission the events
of its life.

Belongs here: the JSON-able dataclasses that a generator fills and the server plays back, and how they are saved. Does
not belong here: what the server makes of them (`state.py`), anything about HTTP, any generator of answers.

Rules for who fills it:
* every `at` is ISO 8601 with an offset (`2025-01-12T10:03:00+02:00`); events of one submission are in time
order and the first is a `submit`;
* `row` is the WHOLE set of answers after that event (an edit replaces the answers, it does not patch them):
flat keys as KoBo gives
  them (`group/question`), every value a string, unanswered questions absent, repeats as lists of dicts with
  full-path keys;
  `start`, `end`, `today`, `deviceid`, `username` are answers like any other. The server adds `_id`, `_uuid`,
  `meta/…`,
  `_submission_time`, `_validation_status`, `__version__` (the version deployed at that moment) and the other
  system keys;
  a row that brings one of these keys itself keeps its own value (how a recording is played back exactly);
* `status` of a `validate` event is `approved`, `not_approved`, `on_hold`, or None to take the status away.

What `assets/kobo` reads in a form of the settlement monitoring (names are the last part of `$xpath`):
* every row of `survey` has `type`, `name`, `$xpath`, `$kuid`, `label` (parallel to `translations`); selects
have
  `select_from_list_name`; `choices` rows have `list_name`, `name`, `label`;
* questions that may be analysed carry the column `aggregation` (and `sector`); a question without it never
leaves the
  sealed data, whatever it is called;
* `consent` (yes/no), `round`, `settlement` (a level-4 P-code), `ki_role`, `ki_sex`, `enumerator` (or
`username`),
  `today`, `start`, `end` have these names; `ki_name`, `ki_phone`, `deviceid`, geopoints and text are
  personal.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

KINDS = ("submit", "edit", "validate", "delete")
STATUSES = ("approved", "not_approved", "on_hold", None)


@dataclass(frozen=True)
class Event:
    """One thing that happened to one submission."""

    at: str
    kind: str
    row: dict[str, Any] | None = None
    by: str | None = None
    status: str | None = None


@dataclass(frozen=True)
class Submission:
    """The life of one submission: submitted, perhaps edited, validated, deleted."""

    events: list[Event] = field(default_factory=list)


@dataclass(frozen=True)
class FormVersion:
    """A deployed version of a form; `content` is `{survey, choices, translations, settings}` as `GET
    /assets/{uid}/` gives it.
    """

    vid: str
    deployed_at: str
    content: dict[str, Any]


@dataclass(frozen=True)
class Asset:
    """A form and its submissions. `draft_content` is what somebody saved without deploying, seen from
    `draft_at` on (at once if empty).
    """

    uid: str
    name: str
    versions: list[FormVersion] = field(default_factory=list)
    draft_content: dict[str, Any] | None = None
    submissions: list[Submission] = field(default_factory=list)
    draft_at: str = ""


@dataclass(frozen=True)
class KoboProject:
    """Everything on the server."""

    assets: list[Asset] = field(default_factory=list)


def parse_time(text: str) -> datetime:
    """Read an ISO time that must carry its offset: a naive time would move with the machine's time zone."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    if moment.tzinfo is None:
        raise ValueError(f"time {text!r} has no offset; write it like 2025-01-12T10:03:00+02:00")
    return moment


def check_project(project: KoboProject) -> None:
    """Refuse a project the server could not play back in a defined order."""
    uids = [asset.uid for asset in project.assets]
    if len(set(uids)) != len(uids):
        raise ValueError("two assets share one uid")
    for asset in project.assets:
        for version in asset.versions:
            parse_time(version.deployed_at)
        for number, submission in enumerate(asset.submissions):
            _check_submission(f"asset {asset.uid}, submission {number}", submission)


def _check_submission(where: str, submission: Submission) -> None:
    events = submission.events
    if not events or events[0].kind != "submit":
        raise ValueError(f"{where}: the first event must be a submit")
    times = [parse_time(event.at) for event in events]
    if times != sorted(times):
        raise ValueError(f"{where}: events are not in time order")
    for event in events:
        if event.kind not in KINDS or event.status not in STATUSES:
            raise ValueError(f"{where}: unknown kind or status {event.kind!r}, {event.status!r}")
        if event.kind in ("submit", "edit") and event.row is None:
            raise ValueError(f"{where}: a {event.kind} needs its row")


def to_json(project: KoboProject) -> dict[str, Any]:
    """Plain dicts and lists, ready for `json.dumps`."""
    return asdict(project)


def from_json(data: dict[str, Any]) -> KoboProject:
    """The other way round, checked."""
    assets = [
        Asset(
            uid=raw["uid"],
            name=raw["name"],
            versions=[FormVersion(**version) for version in raw.get("versions", [])],
            draft_content=raw.get("draft_content"),
            submissions=[Submission([Event(**event) for event in sub["events"]]) for sub in raw.get("submissions", [])],
            draft_at=raw.get("draft_at", ""),
        )
        for raw in data["assets"]
    ]
    project = KoboProject(assets)
    check_project(project)
    return project


def save_project(project: KoboProject, path: Path) -> None:
    """Write the project so that the same project always gives the same bytes."""
    check_project(project)
    text = json.dumps(to_json(project), ensure_ascii=False, separators=(",", ":"))
    path.write_text(text + "\n", encoding="utf-8")


def load_project(path: Path) -> KoboProject:
    """Read what `save_project` wrote."""
    return from_json(json.loads(path.read_text(encoding="utf-8")))
