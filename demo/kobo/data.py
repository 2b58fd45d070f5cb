"""The data endpoint: reading parameters, filtering, paging, and the links that KPI writes.

Belongs here: everything between a list of rows and a page of them, with KPI's own messages for wrong parameters, its
silent cap and its broken `page`. Also the history feed and the counts. Does not belong here: permissions and HTTP
(`server.py`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from demo.kobo.project import Asset, Event, Submission, parse_time
from demo.kobo.query import UnsupportedQueryError, check, lookup, matches, ordered, within_reach
from demo.kobo.state import LABELS, OWNER, Dialect, Playback

_ALWAYS = ("_uuid", "meta/rootUuid", "_id", "_validation_status")
_ACTIONS = {
    "submit": "add-submission",
    "edit": "modify-submission",
    "validate": "modify-submission",
    "delete": "delete-submission",
}


class BadParameterError(ValueError):
    """A parameter KPI refuses; `body` is the JSON it answers with, status 400."""

    def __init__(self, body: Any) -> None:
        super().__init__("bad parameter")
        self.body = body


def page_of(total: list[Any], url: str, params: Mapping[str, str], dialect: Dialect) -> dict[str, Any]:
    """A page with `count`, `next`, `previous`. The limit is cut without a word; `page` moves the links but
    not the rows.
    """
    limit = min(_number(params, "limit", dialect.default_limit), dialect.max_limit)
    start = _start(params)
    results = total[start : start + limit]
    if "page" in params:
        limit = min(_number(params, "page_size", limit), dialect.max_limit)
        start = (max(int(params["page"]), 1) - 1) * limit
    following = start + limit if start + limit < len(total) else None
    return {
        "count": len(total),
        "next": _link(url, params, limit, following) if following is not None else None,
        "previous": _link(url, params, limit, max(start - limit, 0)) if start > 0 else None,
        "results": results,
    }


def _number(params: Mapping[str, str], name: str, default: int) -> int:
    text = params.get(name)
    if text is None:
        return default
    if not re.fullmatch(r"\d+", text) or int(text) == 0:
        raise BadParameterError({name: "A positive integer is required"})
    return int(text)


def _start(params: Mapping[str, str]) -> int:
    text = params.get("start", "0")
    if not re.fullmatch(r"\d+", text):
        raise BadParameterError({"start": "A positive integer is required."})
    return int(text)


def _link(url: str, params: Mapping[str, str], limit: int, start: int) -> str:
    wanted = {**params, "limit": str(limit), "start": str(start)}
    if start == 0:
        del wanted["start"]
    return f"{url}?{urlencode(sorted(wanted.items()))}"


def data_page(rows: list[dict[str, Any]], url: str, params: Mapping[str, str], dialect: Dialect) -> dict[str, Any]:
    """One answer of `/data/`."""
    if "count" in params:
        raise BadParameterError(
            {"count": "This param is not implemented. Use `count` property of the response instead."}
        )
    query = _json(params, "query", {})
    try:
        check(query)
    except UnsupportedQueryError as cause:
        raise BadParameterError(["Unsupported query"]) from cause
    found = [row for row in within_reach(rows, query) if matches(row, query)]
    page = page_of(ordered(found, _json(params, "sort", {})), url, params, dialect)
    fields = _json(params, "fields", None)
    if fields:
        page["results"] = [_only(row, fields) for row in page["results"]]
    return page


def _only(row: dict[str, Any], fields: list[str]) -> dict[str, Any]:
    """The wanted keys and those KPI adds unasked. A validation status that was not asked for reads `{}`, set
    or not.
    """
    chosen = {name: value for name, value in row.items() if name in fields or name in _ALWAYS}
    return chosen if "_validation_status" in fields else {**chosen, "_validation_status": {}}


def _json(params: Mapping[str, str], name: str, default: Any) -> Any:
    if name not in params:
        return default
    try:
        value = json.loads(params[name])
    except ValueError as cause:
        raise BadParameterError({name: "Value must be valid JSON."}) from cause
    wanted = list if name == "fields" else dict
    if not isinstance(value, wanted):
        raise BadParameterError({name: "Value must be valid JSON."})
    return value


def one_row(rows: list[dict[str, Any]], key: str) -> dict[str, Any] | None:
    """A submission by `_id`, by its root uuid or its current uuid; an older uuid of an edited row finds
    nothing.
    """
    for row in rows:
        if key in (str(row["_id"]), row["_uuid"], str(lookup(row, "meta/rootUuid")).removeprefix("uuid:")):
            return row
    return None


def counts(state: Playback, asset: Asset, params: Mapping[str, str]) -> dict[str, Any]:
    """Submissions per day (deleted ones stay counted, as in KPI) and the live total."""
    since = state.now - timedelta(days=int(params.get("days", "31")))
    daily: dict[str, int] = {}
    for submission in asset.submissions:
        arrived = parse_time(submission.events[0].at)
        if since <= arrived <= state.now:
            day = arrived.astimezone(UTC).date().isoformat()
            daily[day] = daily.get(day, 0) + 1
    return {
        "daily_submission_counts": dict(sorted(daily.items())),
        "total_submission_count": state.submission_count(asset),
    }


def history(state: Playback, asset: Asset, base: str, params: Mapping[str, str]) -> list[dict[str, Any]]:
    """The change feed, the newest first. Reads the two filters a change sensor uses: actions and
    `date_created__gte`.
    """
    actions = set(re.findall(r"action:([a-z-]+)", params.get("q", "")))
    since = re.search(r'date_created__gte:"([^"]+)"', params.get("q", ""))
    floor = parse_time(since.group(1)) if since else datetime(1970, 1, 1, tzinfo=UTC)
    entries = []
    for number, submission in enumerate(asset.submissions):
        for event in state.happened(submission):
            moment = parse_time(event.at)
            if moment >= floor and (not actions or _ACTIONS[event.kind] in actions):
                entries.append((moment, number, _entry(state, asset, base, submission, number, event)))
    entries.sort(key=lambda entry: (entry[0], entry[1]), reverse=True)
    return [entry for _, _, entry in entries]


def _entry(
    state: Playback, asset: Asset, base: str, submission: Submission, number: int, event: Event
) -> dict[str, Any]:
    who = event.by or OWNER
    status = {"status": LABELS[event.status]} if event.kind == "validate" and event.status else {}
    root = state.root_uuid(asset, number)
    return {
        "user": f"{base}/api/v2/users/{who}/?format=json",
        "user_uid": "u" + root.replace("-", "")[:21],
        "username": who,
        "action": _ACTIONS[event.kind],
        "metadata": {
            "source": "Enketo",
            "asset_uid": asset.uid,
            "ip_address": "127.0.0.1",
            "submission": {**status, "root_uuid": root, "submitted_by": submission.events[0].by},
            "log_subtype": "project",
            "project_owner": OWNER,
        },
        "date_created": parse_time(event.at).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
