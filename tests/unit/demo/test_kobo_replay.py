"""Every recorded call that reads is sent to the demo server, which must answer as the real one did."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from kobo_recordings import RECORDED_BASE, UID, body, folder, recorded_project, recording

from demo.kobo.accounts import token_of
from demo.kobo.server import KoboServer

pytestmark = pytest.mark.skipif(folder() is None, reason="the KoBo recordings are not on this machine (IMU_SHARED)")

OWNER = {"Authorization": f"Token {token_of('im_officer')}"}
HEADERS = ("Content-Type", "Retry-After", "WWW-Authenticate")


@pytest.fixture(scope="module")
def server() -> Iterator[KoboServer]:
    with KoboServer(recorded_project()) as running:
        yield running


def replay(server: KoboServer, name: str, clock: str, headers: dict[str, str]) -> tuple[requests.Response, Any, Any]:
    """Send the recorded request at the recorded moment; both bodies come back with one and the same address."""
    server.set_clock(f"2026-11-21T{clock}+00:00")
    call, wanted = recording(name)["request"], recording(name)["response"]
    got = requests.request(call["method"], call["url"].replace(RECORDED_BASE, server.url), headers=headers, timeout=10)
    assert got.status_code == wanted["status"]
    assert {h: got.headers.get(h) for h in HEADERS} == {h: wanted["headers"].get(h) for h in HEADERS}
    if not got.headers.get("Content-Type", "").startswith("application/json"):
        return got, got.text, wanted["body"]
    return got, json.loads(got.text.replace(server.url, RECORDED_BASE)), wanted["body"]


# One line per recorded call whose whole answer is determined: name, moment, what it shows.
EXACT = [
    ("04", "07:42:03.99", "deployed, no data yet"),
    ("06", "07:42:30", "six submissions"),
    ("08", "07:43:05.5", "edited once"),
    ("10", "07:43:05.9", "edited twice"),
    ("11", "07:43:05.9", "one row by _id"),
    ("12", "07:43:05.9", "one row by root uuid"),
    ("13", "07:43:05.9", "one row by current uuid"),
    ("14", "07:43:05.9", "an old uuid is a 404"),
    ("16", "07:43:06.1", "validation status"),
    ("17", "07:43:06.1", "filtered by validation status"),
    ("19", "07:43:06.45", "a deleted row is a 404"),
    ("20", "07:43:06.45", "index sweep after a deletion"),
    ("22", "07:43:06.6", "bulk edit keeps the validation status"),
    ("30", "07:43:07", "bad JSON"),
    ("31", "07:43:07", "negative limit"),
    ("31b", "07:43:07", "limit 0"),
    ("32", "07:43:07", "negative start"),
    ("33", "07:43:07", "count parameter"),
    ("35", "07:43:07", "start beyond the end"),
    ("41", "07:43:07", "stranger, asset"),
    ("42", "07:43:07", "unknown asset"),
    ("55", "07:43:08", "counts"),
    ("77", "07:50:00", "a row of the second version"),
    ("78", "07:50:00", "rows of one version"),
    ("84", "07:50:00", "100 by default"),
    ("85", "07:50:00", "30000 is cut to 1000"),
    ("86", "07:50:00", "last page"),
    ("87", "07:50:00", "page=2 repeats page 1"),
    ("88", "07:50:00", "page_size"),
    ("89", "07:50:00", "sort descending"),
    ("90", "07:50:00", "keyset"),
    ("91", "07:50:00", "$in"),
    ("92", "07:50:00", "$gt loses the rows of the same second"),
    ("93", "07:50:00", "$gte"),
    ("94", "07:50:00", "no _date_modified"),
]
STRANGER = {"Authorization": f"Token {token_of('stranger')}"}
CALLERS: dict[str, dict[str, str]] = {"41": STRANGER}


@pytest.mark.parametrize(("name", "clock"), [pytest.param(n, c, id=f"{n} {why}") for n, c, why in EXACT])
def test_the_answer_is_the_recorded_one(server: KoboServer, name: str, clock: str) -> None:
    _, got, wanted = replay(server, name, clock, CALLERS.get(name, OWNER))
    assert got == wanted


DENIED = [
    ("36", "bad token, data", {"Authorization": "Token 0000"}),
    ("37", "bad token, list", {"Authorization": "Token 0000"}),
    ("38", "anonymous, data", {}),
    ("39", "anonymous, list: 200 and empty", {}),
    ("39b", "anonymous, asset", {}),
    ("40", "stranger, data", STRANGER),
    ("44", "Bearer scheme", {"Authorization": f"Bearer {token_of('im_officer')}"}),
    ("46", "sees the form, not the data", {"Authorization": f"Token {token_of('viewer')}"}),
    ("49", "row-level right: 200 with fewer rows", {"Authorization": f"Token {token_of('partial')}"}),
    ("51", "view_submissions", {"Authorization": f"Token {token_of('imu')}"}),
    ("52", "may not delete", {"Authorization": f"Token {token_of('imu')}"}),
    ("53", "may not read the history", {"Authorization": f"Token {token_of('imu')}"}),
]


@pytest.mark.parametrize(("name", "who"), [pytest.param(n, h, id=f"{n} {why}") for n, why, h in DENIED])
def test_each_way_of_saying_no(server: KoboServer, name: str, who: dict[str, str]) -> None:
    _, got, wanted = replay(server, name, "07:43:08", who)
    assert got == wanted


def shape(value: Any) -> Any:
    """Keys and types; of a list, the shape of its first item."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


# Free-form parts: their keys are the form's own, or differ with what was clicked in the recorded project.
_LOOSE = ("summary", "settings", "report_styles", "content", "assignable_permissions", "permissions", "downloads")


_SAME = (
    *("uid", "name", "content", "asset_type", "version_id", "deployed_version_id", "version_count"),
    *("deployment_status", "deployment__active", "deployment__submission_count", "has_deployment"),
)


def asset_shape(page: dict[str, Any]) -> Any:
    return shape({key: value for key, value in page.items() if key not in _LOOSE})


@pytest.mark.parametrize(
    ("name", "clock", "who"),
    [
        ("03", "07:42:03.99", "im_officer"),
        ("71", "07:45:18.6", "im_officer"),
        ("73", "07:45:19", "im_officer"),
        ("47", "07:43:08", "viewer"),
    ],
)
def test_asset_detail(server: KoboServer, name: str, clock: str, who: str) -> None:
    _, got, wanted = replay(server, name, clock, {"Authorization": f"Token {token_of(who)}"})
    assert asset_shape(got) == asset_shape(wanted)
    assert set(got) == set(wanted)
    assert {key: got[key] for key in _SAME} == {key: wanted[key] for key in _SAME}
    assert got["date_modified"][:19] == wanted["date_modified"][:19]
    rights = [{right["codename"] for right in page["effective_permissions"]} for page in (got, wanted)]
    assert rights[0] == rights[1]
    for key in ("uid", "url", "date_deployed", "version_number"):
        assert [v[key] for v in got["deployed_versions"]["results"]] == [
            v[key] for v in wanted["deployed_versions"]["results"]
        ]
    assert set(got["summary"]) == set(wanted["summary"])
    assert set(got["permissions"][0]) == set(wanted["permissions"][0])


@pytest.mark.parametrize(("name", "extra"), [("60", set()), ("61", {"metadata"})])
def test_asset_list(server: KoboServer, name: str, extra: set[str]) -> None:
    server_uids = {UID, "aUndeployed"}
    _, got, wanted = replay(server, name, "07:43:08", OWNER)
    assert set(got) == set(wanted) == {"count", "next", "previous", "results"} | extra
    assert {row["uid"] for row in got["results"]} <= server_uids
    [ours] = [row for row in got["results"] if row["uid"] == UID]
    assert asset_shape(ours) == asset_shape(wanted["results"][0])


def test_an_asset_list_is_paged_like_the_data(server: KoboServer) -> None:
    server.set_clock("2026-11-21T07:50:00+00:00")
    got = requests.get(f"{server.endpoint}/assets/?format=json&limit=1", headers=OWNER, timeout=10).json()
    assert (got["count"], got["next"]) == (2, f"{server.endpoint}/assets/?format=json&limit=1&start=1")


@pytest.mark.parametrize(("name", "clock"), [("59", "07:43:08"), ("74", "07:46:00")])
def test_versions(server: KoboServer, name: str, clock: str) -> None:
    _, got, wanted = replay(server, name, clock, OWNER)
    assert shape(got) == shape(wanted)
    for page in (got, wanted):
        for row in page["results"]:
            del row["content_hash"]
    assert got == wanted


def test_content_of_an_old_version(server: KoboServer) -> None:
    _, got, wanted = replay(server, "75", "07:50:00", OWNER)
    assert got["content"] == wanted["content"]
    assert shape(got) == shape(wanted)


def test_an_asset_without_deployment(server: KoboServer) -> None:
    got = requests.get(f"{server.endpoint}/assets/aUndeployed/data/?format=json", headers=OWNER, timeout=10)
    assert (got.status_code, got.json()) == (recording("01")["response"]["status"], body("01"))


@pytest.mark.parametrize("name", ["43", "a10"])
def test_data_of_an_unknown_asset_is_a_page_for_people(server: KoboServer, name: str) -> None:
    _, got, wanted = replay(server, name, "07:50:00", OWNER)
    assert "Page not found (404)" in got
    assert "Page not found (404)" in wanted


def test_an_unknown_operator_is_refused_as_a_real_mongodb_would(server: KoboServer) -> None:
    # The recording (34) was made without a real MongoDB; its note says what a real deployment answers.
    assert "400 Unsupported query" in recording("34")["note"]
    url = recording("34")["request"]["url"].replace(RECORDED_BASE, server.url)
    got = requests.get(url, headers=OWNER, timeout=10)
    assert (got.status_code, got.json()) == (400, ["Unsupported query"])


def test_history(server: KoboServer) -> None:
    _, got, wanted = replay(server, "95b", "07:44:00", OWNER)
    assert shape(got) == shape(wanted)
    assert [(e["action"], e["metadata"]["submission"], e["date_created"]) for e in got["results"]] == [
        (e["action"], e["metadata"]["submission"], e["date_created"]) for e in wanted["results"]
    ]


def test_small_pages(server: KoboServer) -> None:
    for name in ("56", "58"):
        _, got, wanted = replay(server, name, "07:43:08", OWNER)
        assert shape(got) == shape(wanted)
    assert body("58") == requests.get(f"{server.url}/environment/?format=json", headers=OWNER, timeout=10).json()


@pytest.mark.parametrize("name", ["99", "99b"])
def test_throttled(server: KoboServer, name: str) -> None:
    wanted = recording(name)["response"]
    wait = int(wanted["headers"]["Retry-After"])
    server.order_fault(path="/data/", kind="429", times=1, retry_after=wait)
    got = requests.get(f"{server.endpoint}/assets/{UID}/data/", headers=OWNER, timeout=10)
    assert got.status_code == wanted["status"]
    assert {h: got.headers.get(h) for h in HEADERS} == {h: wanted["headers"].get(h) for h in HEADERS}
    assert shape(got.json()) == shape(wanted["body"])
