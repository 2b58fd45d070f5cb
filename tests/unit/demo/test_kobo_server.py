"""The demo server by itself: clock, faults, rights, both dialects, and that it says nothing it should not."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from demo.kobo.accounts import USERS, token_of
from demo.kobo.faults import Faults, read_fault
from demo.kobo.project import (
    Asset,
    Event,
    FormVersion,
    KoboProject,
    Submission,
    load_project,
    save_project,
)
from demo.kobo.server import KoboServer

UID = "aSmall"
CONTENT = {
    "survey": [
        {"type": "start", "name": "start", "$xpath": "start"},
        {"type": "text", "name": "name", "$xpath": "who/name", "label": ["Name"]},
    ],
    "translations": ["English (en)"],
}


def at(minute: int) -> str:
    return f"2025-03-01T10:{minute:02d}:00+02:00"


def row(name: str) -> dict[str, Any]:
    return {"start": "2025-03-01T09:30:00.000+02:00", "who/name": name}


def small() -> KoboProject:
    lives = [
        Submission([Event(at(1), "submit", row("Ann"), "enum_a"), Event(at(20), "edit", row("Anna"), "enum_a")]),
        Submission([Event(at(2), "submit", row("Bo"), "enum_b"), Event(at(21), "validate", by="boss", status="on_hold"),
                    Event(at(22), "validate", by="boss", status=None)]),
        Submission([Event(at(3), "submit", row("Cy"), "enum_a"), Event(at(30), "delete", by="boss")]),
    ]  # fmt: skip
    versions = [FormVersion("v1", at(0), CONTENT), FormVersion("v2", at(10), {**CONTENT, "choices": []})]
    later = Asset("aLater", "Second form", [FormVersion("w1", at(40), CONTENT)])
    return KoboProject([Asset(UID, "Small", versions, {"survey": []}, lives, draft_at=at(15)), later])


@pytest.fixture
def server() -> Iterator[KoboServer]:
    with KoboServer(small(), now=at(25)) as running:
        yield running


def get(server: KoboServer, path: str, user: str = "im_officer", **options: Any) -> requests.Response:
    headers = {"Authorization": f"Token {token_of(user)}"}
    return requests.get(f"{server.endpoint}{path}", headers=headers, timeout=5, **options)


def names(server: KoboServer, user: str = "im_officer") -> list[str]:
    return [found["who/name"] for found in get(server, f"/assets/{UID}/data/", user).json()["results"]]


def tell(server: KoboServer, switch: str, **body: Any) -> requests.Response:
    return requests.post(f"{server.url}/demo/{switch}", json=body, timeout=5)


def test_the_clock_decides_what_is_there(server: KoboServer) -> None:
    seen = []
    for minute in (0, 1, 3, 20, 30):
        assert tell(server, "clock", now=at(minute)).status_code == 200
        seen.append(names(server))
    assert seen == [[], ["Ann"], ["Ann", "Bo", "Cy"], ["Anna", "Bo", "Cy"], ["Anna", "Bo"]]


def test_an_asset_is_not_there_before_its_time(server: KoboServer) -> None:
    assert [found["uid"] for found in get(server, "/assets/").json()["results"]] == [UID]
    assert get(server, "/assets/aLater/").status_code == 404
    tell(server, "clock", now=at(41))
    assert [found["uid"] for found in get(server, "/assets/").json()["results"]] == ["aLater", UID]


def test_a_draft_shows_in_the_asset_and_in_no_version(server: KoboServer) -> None:
    detail = get(server, f"/assets/{UID}/").json()
    assert (detail["content"], detail["deployed_version_id"]) == ({"survey": []}, "v2")
    assert detail["version_id"] not in ("v1", "v2")
    tell(server, "clock", now=at(12))
    assert get(server, f"/assets/{UID}/").json()["version_id"] == "v2"


def test_a_row_keeps_the_version_it_was_made_with(server: KoboServer) -> None:
    versions = [found["__version__"] for found in get(server, f"/assets/{UID}/data/").json()["results"]]
    assert versions == ["v2", "v1", "v1"]  # the first was edited after the second deployment


def test_a_validation_status_can_be_taken_away(server: KoboServer) -> None:
    tell(server, "clock", now=at(21))
    status = get(server, f"/assets/{UID}/data/2/validation_status/").json()
    assert (status["uid"], status["by_whom"]) == ("validation_status_on_hold", "boss")
    tell(server, "clock", now=at(22))
    assert get(server, f"/assets/{UID}/data/2/validation_status/").json() == {}


def test_the_older_dialect(server: KoboServer) -> None:
    tell(server, "clock", now=at(21))
    tell(server, "dialect", dialect="2026-02")
    rows = get(server, f"/assets/{UID}/data/").json()["results"]
    assert {(found["start"], str(found["_tags"]), str(found["_notes"])) for found in rows} == {
        ("2025-03-01T07:30:00.000-00:00", "[]", "[]"),
    }  # fmt: skip
    assert rows[1]["_validation_status"]["color"] == "#0000ff"
    assert "version_number" not in get(server, f"/assets/{UID}/versions/").json()["results"][0]
    assert tell(server, "dialect", dialect="2014").status_code == 400


@pytest.mark.parametrize(
    ("user", "asset", "data", "history"),
    [("im_officer", 200, 200, 200), ("imu", 200, 200, 403), ("viewer", 200, 404, 403), ("partial", 200, 200, 403),
     ("stranger", 404, 404, 404), ("nobody", 401, 401, 401)],
)  # fmt: skip
def test_rights(server: KoboServer, user: str, asset: int, data: int, history: int) -> None:
    statuses = [get(server, f"/assets/{UID}/{part}", user).status_code for part in ("", "data/", "history/")]
    assert statuses == [asset, data, history]


def test_row_level_rights_hide_rows_and_the_count(server: KoboServer) -> None:
    assert names(server, "partial") == ["Anna", "Cy"]
    assert get(server, f"/assets/{UID}/", "partial").json()["deployment__submission_count"] is None
    assert get(server, f"/assets/{UID}/", "imu").json()["deployment__submission_count"] == 3


def test_only_who_may_deletes(server: KoboServer) -> None:
    def delete(user: str) -> int:
        headers = {"Authorization": f"Token {token_of(user)}"}
        return requests.delete(f"{server.endpoint}/assets/{UID}/data/2/", headers=headers, timeout=5).status_code

    assert (delete("imu"), names(server)) == (403, ["Anna", "Bo", "Cy"])
    assert (delete("im_officer"), names(server)) == (204, ["Anna", "Cy"])
    tell(server, "reset")
    assert names(server) == ["Anna", "Bo", "Cy"]


@pytest.mark.parametrize(
    ("kind", "status", "content"),
    [
        ("429", 429, "application/json"),
        ("500", 500, "text/html"),
        ("502html", 502, "text/html"),
        ("404", 404, "application/json"),
        ("401", 401, "application/json"),
        ("html200", 200, "text/html"),
    ],
)
def test_a_fault_is_met_as_often_as_ordered(server: KoboServer, kind: str, status: int, content: str) -> None:
    assert tell(server, "fault", path="/data", kind=kind, times=2, after=1).status_code == 200
    answers = [get(server, f"/assets/{UID}/data/") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, status, status, 200]
    assert answers[1].headers["Content-Type"].startswith(content)
    assert ("Retry-After" in answers[1].headers) == (kind == "429")
    assert get(server, "/assets/").status_code == 200


def test_a_cut_answer_and_a_slow_one(server: KoboServer) -> None:
    tell(server, "fault", path="/data", kind="cut")
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        names(server)
    tell(server, "fault", path="/data", kind="slow", seconds=0.3)
    with pytest.raises(requests.Timeout):
        requests.get(f"{server.endpoint}/assets/{UID}/data/", timeout=0.05)
    assert names(server) == ["Anna", "Bo", "Cy"]


def test_rows_vanish_after_the_answer_and_appear_after_it(server: KoboServer) -> None:
    tell(server, "fault", path="/data", kind="vanish", which="last")
    assert [names(server), names(server)] == [["Anna", "Bo", "Cy"], ["Anna", "Bo"]]
    tell(server, "reset")
    tell(server, "fault", path="/data", kind="appear", which="first")
    assert get(server, f"/assets/{UID}/").json()["deployment__submission_count"] == 3
    assert [names(server), names(server)] == [["Bo", "Cy"], ["Anna", "Bo", "Cy"]]


@pytest.mark.parametrize("order", [{"kind": "503"}, {"kind": "cut", "time": 2}, {"kind": "cut", "times": 0}, {}])
def test_a_misspelt_order_is_refused(server: KoboServer, order: dict[str, Any]) -> None:
    assert tell(server, "fault", path="/", **order).status_code == 400
    with pytest.raises((ValueError, TypeError)):
        read_fault({"path": "/", **order})


def test_orders_are_met_one_after_the_other() -> None:
    faults = Faults()
    for kind in ("500", "429"):
        faults.add(read_fault({"path": "/data", "kind": kind}))
    met = [faults.meet("/x/data/?a=1") for _ in range(3)]
    assert [fault.kind if fault else None for fault in met] == ["500", "429", None]


def test_it_listens_on_loopback_only_and_says_nothing(server: KoboServer, capfd: pytest.CaptureFixture[str]) -> None:
    assert server._http.server_address[0] == "127.0.0.1"
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as other:
        other.settimeout(1)
        # Another loopback address of this machine: a server on all addresses would answer there too.
        assert other.connect_ex(("127.0.0.2", server._http.server_port)) != 0
    get(server, f"/assets/{UID}/data/", params={"query": '{"who/name": "Anna"}'})
    get(server, "/nowhere/")
    output = capfd.readouterr()
    assert (output.out, output.err) == ("", "")
    assert not [line for line in server.requests if token_of("im_officer") in line]


def test_by_hand_it_prints_address_and_token(tmp_path: Path) -> None:
    save_project(small(), tmp_path / "kobo.json")
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-m", "demo.kobo", "--project", str(tmp_path / "kobo.json"), "--port", "0"]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True, env={**os.environ}) as process:
        try:
            assert process.stdout is not None
            address, token = (process.stdout.readline().strip().partition("=")[2] for _ in range(2))
            answer = requests.get(f"{address}/assets/", headers={"Authorization": f"Token {token}"}, timeout=5)
            assert {found["uid"] for found in answer.json()["results"]} == {UID, "aLater"}
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 0


def test_the_same_project_is_saved_as_the_same_bytes(tmp_path: Path) -> None:
    save_project(small(), tmp_path / "one.json")
    save_project(load_project(tmp_path / "one.json"), tmp_path / "two.json")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


@pytest.mark.parametrize(
    "events",
    [
        [],
        [Event(at(1), "edit", {})],
        [Event(at(2), "submit", {}), Event(at(1), "delete")],
        [Event("2025-03-01T10:00:00", "submit", {})],
        [Event(at(1), "submit")],
        [Event(at(1), "submit", {}), Event(at(2), "validate", status="fine")],
    ],
)
def test_a_life_that_cannot_be_played_back_is_refused(tmp_path: Path, events: list[Event]) -> None:
    project = KoboProject([Asset(UID, "Bad", [], None, [Submission(events)])])
    with pytest.raises(ValueError, match=r"submission 0|offset"):
        save_project(project, tmp_path / "bad.json")
    with pytest.raises(ValueError, match="uid"):
        save_project(KoboProject([Asset(UID, "A"), Asset(UID, "B")]), tmp_path / "bad.json")


def test_every_user_has_a_token_of_their_own() -> None:
    assert len({token_of(name) for name in USERS}) == len(USERS) == 5
