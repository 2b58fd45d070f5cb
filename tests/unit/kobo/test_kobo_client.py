"""The client: as complete as koboextractor is not, and as quiet about the token as it must be."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from email.message import Message
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from kobo_samples import UID, answers, client_for, content, life, moment, project
from koboextractor import KoboExtractor

from demo.kobo.accounts import token_of
from demo.kobo.project import Event, FormVersion
from demo.kobo.server import KoboServer
from orchestration.failures import Permanent, Transient
from orchestration.kobo_api import IDS_PER_REQUEST, KoboClient
from orchestration.kobo_http import _retry_after

ROWS = 2_350


@pytest.fixture(scope="module")
def running() -> Iterator[KoboServer]:
    versions = [FormVersion("vOne", "2025-01-01T00:00:00+00:00", content())]
    with KoboServer(project([life(n) for n in range(ROWS)], versions)) as server:
        yield server


@pytest.fixture
def server(running: KoboServer) -> Iterator[KoboServer]:
    running.requests.clear()
    yield running
    running.switch("/demo/reset", {})


def test_it_is_a_koboextractor_and_calls_the_same_addresses(
    server: KoboServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    urls: list[str] = []

    def fake_get(url: str, headers: Any) -> Any:
        urls.append(url)
        return SimpleNamespace(json=dict)

    monkeypatch.setattr(requests, "get", fake_get)
    parent = KoboExtractor("token", server.endpoint)
    parent.list_assets(), parent.get_asset(UID), parent.get_data(UID)
    monkeypatch.undo()
    client = client_for(server.endpoint)
    assert isinstance(client, KoboExtractor)
    client.list_assets(), client.get_asset(UID), client.get_data(UID, limit=1)
    ours = [server.url + line.removeprefix("GET ").split("?")[0] for line in server.requests]
    assert ours == urls


def test_every_row_comes_however_many_a_page_holds(server: KoboServer) -> None:
    client = client_for(server.endpoint)
    data = client.get_data(UID)
    assert (data["count"], len(data["results"]), data["next"]) == (ROWS, ROWS, None)
    assert len({row["_id"] for row in data["results"]}) == ROWS
    # The parent, given what its own documentation recommends, gets a thousand and says nothing.
    page = requests.get(
        f"{server.endpoint}/assets/{UID}/data.json?limit=30000",
        headers={"Authorization": f"Token {token_of('imu')}"},
        timeout=10,
    ).json()
    assert len(page["results"]) == 1000


def test_start_limit_and_query_as_in_the_parent(server: KoboServer) -> None:
    client = client_for(server.endpoint)
    assert [row["_id"] for row in client.get_data(UID, start=1499, limit=3)["results"]] == [1500, 1501, 1502]
    found = client.get_data(UID, query='{"where/settlement": "XV0101001007", "_id": {"$lt": 100}}')
    assert [row["_id"] for row in found["results"]] == [8, 48, 88]
    # A plus and an ampersand travel safely: they were read as a space and as a new parameter before.
    assert client.get_data(UID, query='{"start": "2025-01-10T10:07:00.000+02:00"}')["count"] > 0
    assert client.get_data(UID, query='{"wash/comment": "a & b # c"}')["count"] == 0
    # Rows of the very second are not lost, as they were with $gt.
    assert client.get_data(UID, submitted_after="2025-01-10T08:00:00")["count"] == ROWS


def test_a_query_that_is_no_json_is_told_before_anything_is_asked(server: KoboServer) -> None:
    with pytest.raises(Permanent, match="not JSON"):
        client_for(server.endpoint).get_data(UID, query="{bad")
    assert not server.requests


def test_labels_still_come_from_the_parents_methods(server: KoboServer) -> None:
    client = client_for(server.endpoint)
    version = client.version(UID, "vOne")
    choices = client.get_choices(version)
    assert choices["needs"]["water"]["label"] == "Water"
    assert "needs" in client.get_questions(version, True)["groups"]["wash"]["questions"]


def test_rows_deleted_between_pages_hide_no_others(server: KoboServer) -> None:
    server.order_fault(path=f"/assets/{UID}/data", kind="vanish", times=2)
    rows = list(client_for(server.endpoint, page_size=500).iter_submissions(UID))
    # The rows deleted while we read were on the first page; everything else must be there.
    assert {row["_id"] for row in rows} == set(range(1, ROWS + 1))


def test_ids_are_fetched_in_requests_short_enough_for_a_get(server: KoboServer) -> None:
    wanted = list(range(1, 2 * IDS_PER_REQUEST + 50))
    rows = client_for(server.endpoint).submissions(UID, wanted)
    assert [row["_id"] for row in rows] == wanted
    assert len(server.requests) == 3
    assert max(len(line) for line in server.requests) < 4000


def test_assets_and_versions_over_several_pages() -> None:
    versions = [FormVersion(f"v{n:02d}", f"2025-01-01T00:{n:02d}:00+00:00", content()) for n in range(9)]
    with KoboServer(project([life(0)], versions)) as small:
        client = client_for(small.endpoint, page_size=4)
        assert [row["uid"] for row in client.versions(UID)] == [f"v{n:02d}" for n in reversed(range(9))]
        listed = client.list_assets()
        assert ([row["uid"] for row in listed["results"]], listed["next"]) == ([UID], None)
        assert len(small.requests) == 4


@pytest.mark.parametrize(
    ("kind", "waits"), [("429", [7.0, 7.0]), ("500", [1.0, 2.0]), ("502html", [1.0, 2.0]), ("cut", [1.0, 2.0]),
                        ("html200", [1.0, 2.0])],
)  # fmt: skip
def test_trouble_that_passes_is_waited_out(server: KoboServer, kind: str, waits: list[float]) -> None:
    slept: list[float] = []
    server.order_fault(path="/data", kind=kind, times=2, retry_after=7)
    client = client_for(server.endpoint, sleep=slept.append)
    assert client.get_data(UID)["count"] == ROWS
    assert slept == waits


@pytest.mark.parametrize("kind", ["429", "500", "502html", "cut", "html200"])
def test_trouble_that_stays_ends_after_five_attempts(server: KoboServer, kind: str) -> None:
    slept: list[float] = []
    server.order_fault(path="/data", kind=kind, times=99)
    with pytest.raises(Transient, match="5 times"):
        client_for(server.endpoint, sleep=slept.append).get_data(UID)
    assert len(slept) == 4


def test_a_server_that_asks_for_an_hour_is_not_waited_for(server: KoboServer) -> None:
    slept: list[float] = []
    server.order_fault(path="/data", kind="429", times=9, retry_after=3600)
    with pytest.raises(Transient, match="1 times"):
        client_for(server.endpoint, sleep=slept.append).get_data(UID)
    assert slept == []


def test_a_server_that_does_not_answer_is_given_up(server: KoboServer) -> None:
    server.order_fault(path="/data", kind="slow", times=2, seconds=0.6)
    client = client_for(server.endpoint, timeout=(1.0, 0.1), attempts=2)
    with pytest.raises(Transient, match="no answer in time") as error:
        client.get_data(UID, limit=1)
    # The request inside the cause would carry the header with the token.
    assert isinstance(error.value.__cause__, requests.Timeout)
    assert error.value.__cause__.request is None


def test_the_date_form_of_retry_after_is_read_against_the_servers_clock() -> None:
    headers = Message()
    headers["Retry-After"], headers["Date"] = "Fri, 10 Jan 2025 08:00:30 GMT", "Fri, 10 Jan 2025 08:00:00 GMT"
    response: Any = SimpleNamespace(headers=headers)
    assert _retry_after(response, 1.0) == 30.0
    headers.replace_header("Retry-After", "soon")
    assert _retry_after(response, 1.5) == 1.5


@pytest.mark.parametrize(
    ("user", "asset", "words"),
    [("stranger", UID, "404"), ("viewer", UID, "404"), ("nobody at all", UID, "401"), ("imu", "aGone", "404")],
)
def test_each_way_of_saying_no_is_a_typed_error(server: KoboServer, user: str, asset: str, words: str) -> None:
    slept: list[float] = []
    with pytest.raises(Permanent, match=words):
        client_for(server.endpoint, user, sleep=slept.append).get_data(asset)
    assert slept == []


def test_an_endpoint_that_is_not_kobo_is_told(server: KoboServer) -> None:
    with pytest.raises(Permanent, match="404"):
        client_for(f"{server.url}/elsewhere").list_assets()
    with pytest.raises(Permanent, match="https"):
        client_for("http://kobo.example/api/v2")
    with pytest.raises(Permanent, match="No KoBo token"):
        KoboClient(" ", "https://kobo.example/api/v2")
    assert client_for("https://kobo.example/api/v2/").endpoint == "https://kobo.example/api/v2"


def test_history_is_for_those_who_manage_the_form() -> None:
    edit = Event(moment(60), "edit", answers(1), by="enumerator-1")
    gone = Event(moment(70), "delete", by="im_officer")
    with KoboServer(project([life(0), life(1, edit, gone)])) as small:
        entries = client_for(small.endpoint, "im_officer", page_size=1).history(UID, moment(65))
        assert [entry["action"] for entry in entries] == ["delete-submission"]
        assert len(client_for(small.endpoint, "im_officer").history(UID, moment(0))) == 2
        with pytest.raises(Permanent, match="403"):
            client_for(small.endpoint).history(UID, moment(0))


class Deaf(requests.Session):
    """A server that ignores `query` and gives the same page for ever."""

    def get(self, url: Any, **_options: Any) -> Any:
        page = {"count": 5, "next": None, "previous": None, "results": [{"_id": 1}, {"_id": 2}]}
        return SimpleNamespace(status_code=200, headers={"Content-Type": "application/json"}, json=lambda: page)


class Mislabelled(requests.Session):
    """Something in between that answers JSON of its own under another name."""

    def get(self, url: Any, **_options: Any) -> Any:
        page: dict[str, Any] = {"count": 0, "results": []}
        return SimpleNamespace(status_code=200, headers={"Content-Type": "text/html"}, json=lambda: page)


def test_an_empty_list_that_is_not_called_json_is_not_believed() -> None:
    client = client_for("https://kobo.example/api/v2", session=Mislabelled())
    with pytest.raises(Transient, match="not JSON"):
        client.list_assets()


class Redirecting(requests.Session):
    """A server that sends us elsewhere."""

    def get(self, url: Any, **options: Any) -> Any:
        assert options["allow_redirects"] is False
        return SimpleNamespace(status_code=302, headers={"Location": "https://elsewhere.example/"})


def test_a_server_that_does_not_page_by_key_is_refused() -> None:
    client = client_for("https://kobo.example/api/v2", session=Deaf())
    with pytest.raises(Permanent, match="some twice"):
        list(client.iter_submissions(UID))


def test_the_token_follows_no_redirect() -> None:
    client = client_for("https://kobo.example/api/v2", session=Redirecting())
    with pytest.raises(Permanent, match="status 302"):
        client.list_assets()


def test_the_token_is_nowhere_but_in_the_header(
    server: KoboServer, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    token = token_of("imu")
    caplog.set_level(logging.DEBUG)
    session = requests.Session()
    client = client_for(server.endpoint, session=session, debug=True, attempts=2)
    client.get_data(UID, limit=1)
    told = [repr(client), str(client), repr(session.headers), repr(client._http._auth), *server.requests]
    for kind, times in (("404", 1), ("401", 1), ("500", 2), ("cut", 2)):
        server.order_fault(path="/data", kind=kind, times=times)
        with pytest.raises((Permanent, Transient)) as error:
            client.get_data(UID)
        told.append("".join(traceback.format_exception(error.value)))
        cause = error.value.__cause__
        told.append(repr(vars(cause)) if cause else "")
        told.append(repr(getattr(getattr(cause, "request", None), "headers", "")))
    output = capsys.readouterr()
    told += [output.out, output.err, caplog.text]
    assert caplog.text
    assert not [text for text in told if token in text]
