"""The recorded KoBo conversations, and the project they were recorded from, rebuilt out of them."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from demo.kobo.project import Asset, Event, FormVersion, KoboProject, Submission

UID = "afWzJggnLaE9sHARaLRupT"
RECORDED_BASE = "http://127.0.0.1:58000"
V1, V2 = "vEybcjrqkTGQZBSxnRmaZF", "vx6xArSe7diZLA5HAmE3up"
# What the server adds by itself; the replay proves that ours derives the same.
_DERIVED = {
    "__version__",
    "meta/instanceID",
    "meta/rootUuid",
    "meta/deprecatedID",
    "_xform_id_string",
    "_status",
    "_geolocation",
    "_submission_time",
    "_validation_status",
    "_submitted_by",
}


def folder() -> Path | None:
    """Where the recordings are, if they are on this machine at all."""
    root = Path(__file__).resolve().parents[3]
    shared = Path(os.environ.get("IMU_SHARED", root.parent / "shared"))
    found = shared / "recordings" / "kobo"
    return found if found.is_dir() else None


def recording(name: str) -> dict[str, Any]:
    """One recorded call, by the beginning of its file name."""
    place = folder()
    assert place is not None
    [path] = sorted(place.glob(f"{name}_*.json"))
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def body(name: str) -> Any:
    """The recorded answer's body."""
    return recording(name)["response"]["body"]


def at(clock: str, micro: int = 0) -> str:
    """A moment of the day of the recording."""
    return f"2026-11-21T{clock}.{micro:06d}+00:00"


def _answers(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in _DERIVED}


def _event(row: dict[str, Any], moment: str, kind: str = "submit") -> Event:
    return Event(at=moment, kind=kind, row=_answers(row), by="im_officer")


def _first_six() -> list[Submission]:
    rows = {row["_id"]: row for row in body("06")["results"]}
    lives = {number: [_event(row, row["_submission_time"] + "+00:00")] for number, row in rows.items()}
    lives[2].append(_event(body("08")["results"][0], at("07:43:05", 454760), "edit"))
    lives[2].append(_event(body("10")["results"][0], at("07:43:05", 624486), "edit"))
    for number, status in ((1, "approved"), (3, "not_approved"), (4, "on_hold")):
        lives[number].append(Event(at("07:43:06"), "validate", by="im_officer", status=status))
    lives[6].append(Event(at("07:43:06", 400000), "delete", by="im_officer"))
    lives[3].append(_event(body("22"), at("07:43:06", 500000), "edit"))
    return [Submission(lives[number]) for number in sorted(lives)]


def _many() -> list[Submission]:
    """Rows 8 to 1257 of the paging recordings: only their identifiers were kept, their answers are those of row 5."""
    pattern = _answers(body("06")["results"][4])
    start = datetime(2026, 11, 21, 7, 43, 10, tzinfo=UTC)
    lives = []
    for place, row in enumerate(r for name in ("85", "86") for r in body(name)["results"] if 7 < r["_id"] < 1258):
        moment = start + timedelta(seconds=101 * place / 1249)
        answers = {**pattern, "_id": row["_id"], "_uuid": row["_uuid"]}
        lives.append(Submission([Event(moment.isoformat(), "submit", answers, by="im_officer")]))
    return lives


def recorded_project() -> KoboProject:
    """The form, its two versions, its draft, and every submission of the recordings."""
    first = FormVersion(V1, at("07:42:03", 975350), body("75")["content"])
    second = FormVersion(V2, at("07:45:18", 950137), body("73")["content"])
    duplicate = body("23")
    submissions = [
        *_first_six(),
        Submission([_event(duplicate, at("07:43:06", 891640))]),
        *_many(),
        Submission([_event(body("77")["results"][0], at("07:45:19", 267650))]),
    ]
    draft_at = at("07:45:18", 528822)
    recorded = Asset(UID, "HSM Ukraine R1 (rig)", [first, second], second.content, submissions, draft_at)
    undeployed = Asset("aUndeployed", "never deployed", [], first.content)
    return KoboProject([recorded, undeployed])
