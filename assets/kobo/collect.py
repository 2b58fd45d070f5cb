"""Pulling the operation's surveys into the lake, round by round.

Belongs here: which forms are pulled, splitting a pull by survey round, storing what changed. Does not belong here:
what changed (`pull.py`), what it means (`interviews.py`).
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from assets.kobo import arrivals
from assets.kobo.pull import Limits, PullResult, pull
from orchestration.failures import NotThere, Permanent
from orchestration.kobo_api import KoboClient
from orchestration.lake import Arrival
from orchestration.office import Office
from orchestration.senders import SURVEY_SERVER
from orchestration.settings import HsmAsset, HsmSource

SOURCE = "hsm"
CLEANING_LOG = "cleaning_log"
_versions: dict[str, tuple[tuple[object, ...], list[dict[str, Any]]]] = {}


def source_of(office: Office) -> HsmSource:
    """The survey settings, or a clear word that there are none."""
    source = office.operation.sources.hsm
    if source is None:
        raise Permanent(f"Operation {office.operation.name} has no survey source (sources.hsm).")
    return source


def mark(office: Office) -> str:
    """One short text that moves when anything on the survey server moves: new, edited, validated or deleted rows."""
    client = office.kobo()
    digest = hashlib.sha256()
    for asset in answered(office, client):
        digest.update(str(client.get_asset(asset.uid).get("version_id")).encode())
        for row in client.index(asset.uid)["results"]:
            digest.update(json.dumps(row, sort_keys=True).encode())
    return digest.hexdigest()[:24]


def answered(office: Office, client: KoboClient) -> list[HsmAsset]:
    """The forms that may be pulled: not those that don't exist yet or that nobody has answered. A form that had
    answers is always among them, so that a 404 or an empty list where data was stops the pull.
    """
    return [asset for asset in source_of(office).assets if _stored(office, asset) or _has_answers(client, asset)]


def _has_answers(client: KoboClient, asset: HsmAsset) -> bool:
    try:
        return bool(client.get_asset(asset.uid).get("deployment__submission_count"))
    except NotThere:
        return False


def last_mark(office: Office) -> str | None:
    """The mark as it stood when the last complete pull began."""
    path = office.lake.folder("state", "kobo.json")
    return str(json.loads(path.read_text(encoding="utf-8"))["mark"]) if path.exists() else None


def collect(office: Office) -> list[tuple[PullResult, list[Arrival]]]:
    """Pull every form; what changed becomes one arrival a round. A form nobody has answered yet is passed over."""
    source = source_of(office)
    client = office.kobo()
    before = mark(office)
    done = []
    for asset in answered(office, client):
        stored = state(office, asset)
        limits = Limits(drop_share=source.largest_drop)
        result = pull(client, asset.uid, stored.known, set(stored.versions), limits)
        taken = [_take(office, asset, key, part) for key, part in _by_round(result, stored.rows, asset, source)]
        done.append((result, taken))
    # Remembered only now: a pull that broke off is asked for again.
    office.lake.write_json(office.lake.folder("state", "kobo.json"), {"mark": before})
    return done


def _stored(office: Office, asset: HsmAsset) -> list[Arrival]:
    return [one for one in office.lake.arrivals(SOURCE, office.now) if one.facts.get("asset") == asset.uid]


def _by_round(
    result: PullResult, rows: Mapping[str, Mapping[str, Any]], asset: HsmAsset, source: HsmSource
) -> Iterable[tuple[str, PullResult]]:
    """A pull cut by round. A row that moved to another round is first taken out of its old one: if the power fails in
    between, the next pull finds it new, while the other way round it would stay in both.
    """
    revisions: dict[str, list[Any]] = defaultdict(list)
    gone: dict[str, list[str]] = defaultdict(list)
    moved: dict[str, list[str]] = defaultdict(list)
    for revision in result.new_revisions:
        now = round_of(revision.row, asset, source)
        revisions[now].append(revision)
        before = round_of(rows[revision.root], asset, source) if revision.root in rows else now
        if before != now:
            moved[before].append(revision.root)
    for root in result.tombstones:
        gone[round_of(rows[root], asset, source)].append(root)
    for key in sorted(moved):
        yield key, replace(result, new_revisions=[], tombstones=moved[key])
    keys = sorted(set(revisions) | set(gone)) or ([asset.rounds[0]] if result.form_versions else [])
    for key in keys:
        yield key, replace(result, new_revisions=revisions[key], tombstones=gone[key])


def round_of(row: Mapping[str, Any], asset: HsmAsset, source: HsmSource) -> str:
    """The round an interview says it belongs to; one that says none is judged with the form's first round."""
    said = next((str(value) for key, value in row.items() if key.rsplit("/", 1)[-1] == source.round_question), "")
    return said if said in asset.rounds else asset.rounds[0]


def _take(office: Office, asset: HsmAsset, key: str, part: PullResult) -> Arrival:
    content = json.loads(arrivals.document(part))
    # Two pulls may find the same change twice in a row's life; the moment keeps them apart.
    content["pulled_at"] = office.now.isoformat()
    arrival, _ = office.lake.take(
        SOURCE,
        json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode(),
        sender=SURVEY_SERVER,
        file_name=f"{asset.uid}-{key}.json",
        partition=key,
        received_at=office.now,
        taken_at=office.now,
        facts={"asset": asset.uid, "counts": part.counts},
    )
    return arrival


def state(office: Office, asset: HsmAsset) -> arrivals.Stored:
    """What is known of a form, put together round by round: a row that moved is gone from one and in the other,
    whichever of the two arrivals is read first.
    """
    known = arrivals.Stored()
    for key in asset.rounds:
        part = round_state(office, asset, key)
        known.rows.update(part.rows)
        known.versions.update(part.versions)
    return known


def cleaning_logs(office: Office, round_key: str) -> list[Arrival]:
    """The logs that count for a round: the newest of each sender, whole."""
    newest: dict[str, Arrival] = {}
    for arrival in office.lake.arrivals(SOURCE, office.now):
        if arrival.partition == round_key and arrival.facts.get("kind") == CLEANING_LOG:
            newest[arrival.sender] = arrival
    return [newest[sender] for sender in sorted(newest)]


def versions(office: Office, asset: HsmAsset) -> list[dict[str, Any]]:
    """The deployed versions of a form; read again only when a pull has brought something."""
    stored = _stored(office, asset)
    key = (str(office.lake.root), asset.uid, len(stored), stored[-1].arrival_id if stored else "")
    if _versions.get(asset.uid, ((), []))[0] != key:
        _versions[asset.uid] = (key, list(state(office, asset).versions.values()))
    return _versions[asset.uid][1]


def round_state(office: Office, asset: HsmAsset, round_key: str) -> arrivals.Stored:
    """One round as of now: everything ever pulled of it, in order."""
    mine = [one for one in _stored(office, asset) if one.partition == round_key]
    return arrivals.fold(office.lake.read_arrival(one) for one in mine)
