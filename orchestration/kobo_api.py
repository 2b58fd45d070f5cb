"""The client for KoBoToolbox: koboextractor with its three HTTP methods replaced.

Belongs here: talking to KPI's v2 API completely and carefully (paging by key, retries, checks of status and content
type, typed errors). Does not belong here: what to fetch and what a difference means (`assets/kobo/pull.py`), what a
form or an answer means (`assets/kobo/forms.py`, `interviews.py`).

Why a subclass: koboextractor 0.2.1 returns the first 100 rows of any number without a word, takes an error page for
data, and can wait for ever. Its constructor, attributes, `get_choices` and `get_questions` are used as they are.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import requests
from koboextractor import KoboExtractor

from orchestration.failures import Permanent, Transient
from orchestration.kobo_http import Json, KoboHttp, checked_endpoint

# KPI allows itself 120 s for one answer, so reading must be allowed a little longer.
TIMEOUT = (10.0, 150.0)
# The most one request may ask for today; a server that gives less is followed page by page all the same.
PAGE = 1000
# 200 identifiers keep the address of a GET under the 4 kB that every proxy lets through.
IDS_PER_REQUEST = 200
# What the index sweep asks for. `_validation_status` must be named: unasked, KPI gives `{}` whatever it is.
INDEX_FIELDS = ("_id", "_uuid", "meta/rootUuid", "_validation_status")


class KoboClient(KoboExtractor):  # type: ignore[misc]
    """KoboExtractor whose calls are complete or fail; same methods, same shapes of answer.

    `sleep` is what waits between attempts; a test passes its own.
    """

    def __init__(
        self,
        token: str,
        endpoint: str,
        debug: bool = False,
        *,
        session: requests.Session | None = None,
        timeout: tuple[float, float] = TIMEOUT,
        attempts: int = 5,
        page_size: int = PAGE,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(token, checked_endpoint(endpoint), debug)
        self._http = KoboHttp(token, self.endpoint, session, timeout, attempts, sleep)
        self._page_size = page_size

    def __repr__(self) -> str:
        return f"KoboClient({self.endpoint!r})"

    # What koboextractor offers, with the same addresses and shapes.

    def list_assets(self) -> Json:
        """Every asset the account sees, however many pages they fill."""
        return self._all_pages("/assets.json", {"q": "asset_type:survey"})

    def get_asset(self, asset_uid: str) -> Json:
        """One asset: its DRAFT form, deployed versions, permissions, counts."""
        return self._http.get(f"/assets/{_part(asset_uid)}.json")

    def get_data(
        self,
        asset_uid: str,
        query: str | None = None,
        start: int | None = None,
        limit: int | None = None,
        submitted_after: str | None = None,
    ) -> Json:
        """The submissions; without `limit` all of them. `submitted_after` includes rows of that very
        second.
        """
        wanted = _parsed(query) if query else {}
        if submitted_after and not query:
            wanted = {"_submission_time": {"$gte": submitted_after}}
        first, end = start or 0, (start or 0) + limit if limit else None
        rows: list[Json] = []
        count = 0
        for page in self._pages_by_key(asset_uid, wanted, None):
            count = count or page["count"]
            rows.extend(page["results"])
            if end is not None and len(rows) >= end:
                break
        return {"count": count, "next": None, "previous": None, "results": rows[first:end]}

    # What a complete pull needs.

    def iter_submissions(
        self, asset_uid: str, query: Mapping[str, Any] | None = None, fields: Sequence[str] | None = None
    ) -> Iterator[Json]:
        """Rows in the order of `_id`, by key: rows deleted while we read hide no others, as an offset
        would.
        """
        for page in self._pages_by_key(asset_uid, query, fields):
            yield from page["results"]

    def index(self, asset_uid: str) -> Json:
        """The sweep that sees new, edited, deleted and validated rows at about 200 bytes each."""
        return self._whole(asset_uid, INDEX_FIELDS)

    def everything(self, asset_uid: str) -> Json:
        """All rows in full, with the count the server gave when the reading began."""
        return self._whole(asset_uid, None)

    def submissions(self, asset_uid: str, ids: Iterable[int]) -> list[Json]:
        """The rows with these `_id`s, as many as still exist."""
        wanted = sorted(ids)
        rows: list[Json] = []
        for first in range(0, len(wanted), IDS_PER_REQUEST):
            query = {"_id": {"$in": wanted[first : first + IDS_PER_REQUEST]}}
            rows.extend(self.iter_submissions(asset_uid, query))
        return rows

    def versions(self, asset_uid: str) -> list[Json]:
        """Every deployed version, the newest first, without its content."""
        rows: list[Json] = self._all_pages(f"/assets/{_part(asset_uid)}/versions/", {"format": "json"})["results"]
        return rows

    def version(self, asset_uid: str, version_uid: str) -> Json:
        """One deployed version with its content, which never changes."""
        return self._http.get(f"/assets/{_part(asset_uid)}/versions/{_part(version_uid)}/", {"format": "json"})

    def history(self, asset_uid: str, since: str) -> list[Json]:
        """Edits, validations and deletions since a moment. Needs manage_asset, which the service account should not
        have: an accelerator for those who grant it, never the base of a pull.
        """
        actions = "(action:modify-submission OR action:delete-submission)"
        params = {"format": "json", "q": f'{actions} AND date_created__gte:"{since}"'}
        rows: list[Json] = self._all_pages(f"/assets/{_part(asset_uid)}/history/", params)["results"]
        return rows

    def _whole(self, asset_uid: str, fields: Sequence[str] | None) -> Json:
        rows: list[Json] = []
        count = None
        for page in self._pages_by_key(asset_uid, None, fields):
            count = page["count"] if count is None else count
            rows.extend(page["results"])
        return {"count": count, "results": rows}

    def _pages_by_key(
        self, asset_uid: str, query: Mapping[str, Any] | None, fields: Sequence[str] | None
    ) -> Iterator[Json]:
        path = f"/assets/{_part(asset_uid)}/data.json"
        last = -1
        while True:
            clauses = [dict(query)] if query else []
            clauses += [{"_id": {"$gt": last}}] if last >= 0 else []
            wanted = {"$and": clauses} if len(clauses) > 1 else next(iter(clauses), {})
            params = {"sort": '{"_id":1}', "limit": str(self._page_size)}
            params |= {"query": _compact(wanted)} if wanted else {}
            params |= {"fields": _compact(list(fields))} if fields else {}
            page = self._list_page(path, params)
            ids = [int(row["_id"]) for row in page["results"]]
            if any(later <= earlier for earlier, later in zip([last, *ids], ids, strict=False)):
                raise Permanent(
                    f"Read the submissions of KoBo asset {asset_uid} in order of _id and got some twice or out of "
                    "order. The server does not follow `query` or `sort`; trying again does not help."
                )
            yield page
            if not ids or len(ids) >= page["count"]:
                return
            last = ids[-1]

    def _all_pages(self, path: str, params: Mapping[str, str]) -> Json:
        """A short list (assets, versions, history) by offset, refusing one that shifted while it was read."""
        rows: list[Json] = []
        while True:
            page = self._list_page(path, {**params, "limit": str(self._page_size), "start": str(len(rows))})
            rows.extend(page["results"])
            if len(rows) >= page["count"]:
                return {**page, "next": None, "previous": None, "results": rows}
            if not page["results"]:
                raise Transient(
                    f"Listed {self.endpoint}{path}: {page['count']} announced, {len(rows)} received. The list "
                    "changed while it was read; trying again helps."
                )

    def _list_page(self, path: str, params: Mapping[str, str]) -> Json:
        page = self._http.get(path, params)
        if not isinstance(page.get("results"), list) or not isinstance(page.get("count"), int):
            raise Permanent(
                f"Read {self.endpoint}{path} and got JSON without count and results. This is not a KoBo v2 "
                "endpoint; check the address in the settings. Trying again does not help."
            )
        return page


def _parsed(query: str) -> Json:
    try:
        wanted = json.loads(query)
    except ValueError as cause:
        raise Permanent(
            "Asked for KoBo submissions with a query that is not JSON. Write it like "
            '{"round": "R01"}; trying again does not help.'
        ) from cause
    return dict(wanted)


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _part(uid: str) -> str:
    return quote(uid, safe="")
