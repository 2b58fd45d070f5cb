"""Which answer a request gets: paths, rights and the different ways KoBo says no.

Belongs here: from method, path, parameters and caller to a `Reply`. Does not belong here: sockets, faults and the
demo's own switches (`server.py`), the shapes of pages and rows (`pages.py`, `data.py`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from demo.kobo import data, pages
from demo.kobo.accounts import ANONYMOUS, User, partial_filter, token_of, who_is
from demo.kobo.project import Asset
from demo.kobo.query import matches
from demo.kobo.state import Playback

_JSON = "application/json"
_HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Reply:
    """What goes back over the wire."""

    status: int
    body: bytes = b""
    content_type: str = _JSON
    headers: dict[str, str] = field(default_factory=dict)


def json_reply(body: Any, status: int = 200, **headers: str) -> Reply:
    """JSON, as the real server writes it: UTF-8, no spaces."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Reply(status, text.encode(), _JSON, {name.replace("_", "-"): value for name, value in headers.items()})


def html_reply(text: str, status: int) -> Reply:
    """A page meant for people, sent to a program."""
    return Reply(status, text.encode(), _HTML)


NOT_FOUND = json_reply({"detail": "Not found."}, 404)
FORBIDDEN = json_reply({"detail": "You do not have permission to perform this action."}, 403)
BAD_TOKEN = json_reply({"detail": "Invalid token."}, 401, WWW_Authenticate="Session")
V1_GONE = "The V1 API has been removed. Please read the migration article at https://support.kobotoolbox.org/migrating_api.html"


@dataclass(frozen=True)
class Request:
    """One call, already parsed."""

    method: str
    path: str
    params: Mapping[str, str]
    base: str
    authorization: str | None


@dataclass(frozen=True)
class _Call:
    state: Playback
    request: Request
    user: User
    asset: Asset
    rest: tuple[str, ...]


def answer(state: Playback, request: Request) -> Reply:
    """The whole server as one function of its memory and a request."""
    user = who_is(request.authorization)
    if user is None:
        return BAD_TOKEN
    try:
        return _route(state, request, user)
    except data.BadParameterError as refused:
        return json_reply(refused.body, 400)


def _route(state: Playback, request: Request, user: User) -> Reply:
    path = re.sub(r"\.json$", "/", request.path)
    if path in ("/me/", "/token/"):
        return _account(state, user, path)
    if path == "/environment/":
        return json_reply({"detail": V1_GONE}, 410)
    if not path.startswith("/api/v2/assets/") or not path.endswith("/"):
        return html_reply(pages.NOT_FOUND_HTML, 404)
    parts = tuple(part for part in path.removeprefix("/api/v2/assets/").split("/") if part)
    if not parts:
        return _asset_list(state, request, user)
    if parts == ("hash",):
        return _hash(state, user)
    return _asset_call(state, request, user, parts)


def _account(state: Playback, user: User, path: str) -> Reply:
    if user is ANONYMOUS:
        return json_reply({"detail": "Authentication credentials were not provided."}, 401, WWW_Authenticate="Session")
    if path == "/token/":
        return json_reply({"token": token_of(user.name)})
    return json_reply({"username": user.name, "server_time": state.now.strftime("%Y-%m-%dT%H:%M:%SZ")})


def _asset_list(state: Playback, request: Request, user: User) -> Reply:
    assets = (
        [pages.list_row(request.base, state, a, user) for a in state.visible_assets()] if user.may("view_asset") else []
    )
    search = request.params.get("q", "")
    if "_deployment_status:deployed" in search:
        assets = [asset for asset in assets if asset["has_deployment"]]
    page = data.page_of(assets, request.base + request.path, request.params, state.dialect)
    if request.params.get("metadata") == "on":
        page["metadata"] = pages.metadata(assets)
    return json_reply(page)


def _hash(state: Playback, user: User) -> Reply:
    seen = state.visible_assets() if user.may("view_asset") else []
    text = " ".join(f"{asset.uid}:{state.current(asset)[0]}:{len(state.versions(asset))}" for asset in seen)
    return json_reply({"hash": hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()})


def _asset_call(state: Playback, request: Request, user: User, parts: tuple[str, ...]) -> Reply:
    asset = state.assets.get(parts[0])
    if asset is None or not state.exists(asset):
        return html_reply(pages.NOT_FOUND_HTML, 404) if parts[1:2] == ("data",) else NOT_FOUND
    if not user.may("view_asset"):
        return NOT_FOUND
    call = _Call(state, request, user, asset, parts[2:])
    handlers: dict[tuple[str, ...], Callable[[_Call], Reply]] = {
        (): _detail,
        ("versions",): _versions,
        ("data",): _data,
        ("counts",): _counts,
        ("history",): _history,
    }
    handler = handlers.get(parts[1:2])
    return handler(call) if handler else html_reply(pages.NOT_FOUND_HTML, 404)


def _detail(call: _Call) -> Reply:
    return json_reply(pages.detail(call.request.base, call.state, call.asset, call.user))


def _versions(call: _Call) -> Reply:
    rows = pages.version_rows(call.request.base, call.state, call.asset)
    if not call.rest:
        url = call.request.base + call.request.path
        return json_reply(data.page_of(rows, url, call.request.params, call.state.dialect))
    contents = {version.vid: version.content for version in call.state.versions(call.asset)}
    for row in rows:
        if row["uid"] == call.rest[0]:
            return json_reply({**row, "content": contents[row["uid"]]})
    return NOT_FOUND


def _data(call: _Call) -> Reply:
    if not call.user.sees_rows:
        return NOT_FOUND
    if not call.state.versions(call.asset):
        return json_reply({"detail": "The specified asset has not been deployed"}, 400)
    rows = call.state.rows(call.asset)
    if not call.user.may("view_submissions"):
        rows = [row for row in rows if matches(row, partial_filter(rows))]
    if not call.rest:
        url = call.request.base + call.request.path
        return json_reply(data.data_page(rows, url, call.request.params, call.state.dialect))
    return _submission(call, data.one_row(rows, call.rest[0]))


def _submission(call: _Call, row: dict[str, Any] | None) -> Reply:
    if row is None:
        return NOT_FOUND
    if call.request.method == "DELETE":
        if not call.user.may("delete_submissions"):
            return FORBIDDEN
        call.state.vanished.add((call.asset.uid, int(row["_id"])))
        return Reply(204)
    if call.rest[1:] == ("validation_status",):
        return json_reply(row["_validation_status"])
    return json_reply(row) if len(call.rest) == 1 else html_reply(pages.NOT_FOUND_HTML, 404)


def _counts(call: _Call) -> Reply:
    if not call.user.may("view_submissions"):
        return NOT_FOUND
    return json_reply(data.counts(call.state, call.asset, call.request.params))


def _history(call: _Call) -> Reply:
    if not call.user.may("manage_asset"):
        return FORBIDDEN
    entries = data.history(call.state, call.asset, call.request.base, call.request.params)
    url = call.request.base + call.request.path
    return json_reply(data.page_of(entries, url, call.request.params, call.state.dialect))
