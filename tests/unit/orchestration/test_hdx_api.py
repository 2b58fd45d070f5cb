"""The publisher without a server: the latch on hosts, problems told beforehand, differences, errors without the key."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests

from orchestration.failures import Permanent, Transient
from orchestration.hdx_api import HdxPublisher
from orchestration.hdx_checks import Changes, Publication, ReleaseFile, compare, fingerprint, problems, wanted_fields
from orchestration.hdx_session import Connection, NameTakenError, NotAllowedError, is_loopback, literal

KEY = "a-key-nobody-may-see"
OUTSIDE = "https://hdx.invalid"


@pytest.fixture
def release(tmp_path: Path) -> Publication:
    path = tmp_path / "xkv_presence.csv"
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    return Publication(
        name="kalvoria-presence",
        title="Kalvoria - presence",
        notes="About",
        source="IMU",
        methodology="Registry",
        caveats="None",
        licence="cc-by-igo",
        frequency_days=30,
        tags=("geodata",),
        iso3="XKV",
        period_start=date(2025, 1, 1),
        period_end=date(2025, 1, 31),
        resources=(ReleaseFile("presence", "CSV", "Rows", path),),
        private=False,
    )


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Where requests wanted to go; none gets there."""
    seen: list[str] = []

    def refused(self: Any, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        seen.append(str(request.url))
        raise requests.ConnectionError("no network in this test")

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", refused)
    return seen


def publisher(url: str, **changed: Any) -> HdxPublisher:
    given: dict[str, Any] = {"user_agent": "imu-test", "organisation": "o", "maintainer": "m", "attempts": 1}
    return HdxPublisher(url, KEY, **given | changed)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:5000", "http://127.9.9.9", "http://localhost:80", "http://[::1]:5000", "https://127.0.0.1"],
)
def test_this_computer(url: str) -> None:
    assert is_loopback(url)
    assert "localhost" not in literal(url)


@pytest.mark.parametrize(
    "url",
    [
        OUTSIDE, "https://127.0.0.1.hdx.invalid", "https://localhost.hdx.invalid", "https://10.0.0.1", "https://0.0.0.0",
        "https://2130706433", "https://0x7f000001", "https://[fe80::1]", "https://loopback", "https://128.0.0.1",
    ],
)  # fmt: skip
@pytest.mark.parametrize("what", ["publish", "plan", "preflight"])
def test_every_other_host_is_refused_without_a_certificate(
    release: Publication, sent: list[str], url: str, what: str
) -> None:
    with pytest.raises(Permanent, match="is not this computer; nothing was sent"):
        getattr(publisher(url), what)(release)
    assert sent == []


@pytest.mark.parametrize("url", ["https://127.0.0.1@hdx.invalid", "ftp://127.0.0.1", "127.0.0.1", "https://h/?a=b", ""])
def test_an_address_that_could_be_read_in_two_ways_is_refused(url: str) -> None:
    with pytest.raises(Permanent, match="must look like"):
        publisher(url)


def test_a_certificate_that_is_refused_keeps_the_latch_shut(release: Publication, sent: list[str]) -> None:
    def refuse(copy: Publication) -> None:
        raise ValueError("it is for other bytes")

    with pytest.raises(Permanent, match="certificate was not accepted: it is for other bytes"):
        publisher(OUTSIDE, verify_certificate=refuse).publish(release)
    with pytest.raises(Permanent, match="over https only"):
        publisher("http://hdx.invalid", verify_certificate=lambda copy: None).publish(release)
    with pytest.raises(Permanent, match="needs a release"):
        publisher(OUTSIDE, verify_certificate=lambda copy: None).preflight()
    assert sent == []


def test_what_is_verified_is_a_copy_nobody_can_change(release: Publication, sent: list[str]) -> None:
    seen: list[bytes] = []

    def verify(copy: Publication) -> None:
        release.resources[0].path.write_text("swapped", encoding="utf-8")
        seen.append(copy.resources[0].path.read_bytes())
        assert copy.resources[0].path.name == release.resources[0].path.name

    with pytest.raises(Transient, match="publishing again is safe"):
        publisher(OUTSIDE, verify_certificate=verify).publish(release)
    assert seen == [b"a,b\n1,2\n"]
    assert sent == [f"{OUTSIDE}/api/action/user_show"]


def test_files_changed_during_verification_are_refused(release: Publication, sent: list[str]) -> None:
    def tamper(copy: Publication) -> None:
        copy.resources[0].path.write_text("other", encoding="utf-8")

    with pytest.raises(Permanent, match="changed while their certificate was verified"):
        publisher(OUTSIDE, verify_certificate=tamper).publish(release)
    assert sent == []


def test_on_this_computer_no_request_can_leave_it() -> None:
    """Neither a redirect nor an address in a dataset leads outside, and no proxy from the environment is asked."""
    connection = Connection("http://127.0.0.1:9", KEY, "imu-test", (1, 1), {}, 1, 0)
    with connection.library() as session:
        web = session.configuration.get_session()
        assert web.trust_env is False
        with pytest.raises(Permanent, match="about to leave this computer"):
            web.get(f"{OUTSIDE}/file.csv")


def test_lists_come_from_hdx_itself_or_from_here() -> None:
    assert publisher("http://127.0.0.1:9", lists={"tags_list_url": "http://127.0.0.1:9/tags.csv"})
    for lists in ({"tags_list_url": "https://elsewhere.invalid/tags.csv"}, {"other": "http://127.0.0.1:9"}):
        with pytest.raises(Permanent, match="on HDX's own host or on this computer"):
            publisher("http://127.0.0.1:9", lists=lists)


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"name": "Bad Name"}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"source": " "}, "source"),
        ({"methodology": "Other"}, "methodology"),
        ({"licence": "hdx-other"}, "licence"),
        ({"frequency_days": 0}, "frequency_days"),
        ({"frequency_days": 31}, "frequency_days"),
        ({"period_end": date(2024, 12, 31)}, "period_end"),
        ({"tags": ()}, "tags"),
        ({"tags": ("Geodata",)}, "tags"),
        ({"tags": ("crisis-somewhere",)}, "tags"),
        ({"resources": ()}, "resources"),
    ],
)
def test_what_hdx_would_refuse_is_told_beforehand(release: Publication, changed: Any, where: str) -> None:
    assert problems(release) == []
    assert [problem.where for problem in problems(replace(release, **changed))] == [where]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda file: file._replace(name=" presence"), "blanks"),
        (lambda file: file._replace(description=""), "description"),
        (lambda file: file._replace(format="docx"), "format 'docx'"),
        (lambda file: file._replace(path=file.path.with_name("no.csv")), "does not exist"),
        (lambda file: file._replace(path=file.path.rename(file.path.with_name("Two Words.csv"))), "file name"),
        (lambda file: file._replace(path=file.path.rename(file.path.with_name("a--b.csv"))), "file name"),
    ],
)
def test_files_hdx_would_refuse_or_rename(
    release: Publication, change: Callable[[ReleaseFile], ReleaseFile], told: str
) -> None:
    found = problems(replace(release, resources=(change(release.resources[0]),)))
    assert len(found) == 1
    assert told in found[0].message


def test_two_resources_of_one_name_and_an_empty_file(release: Publication) -> None:
    twice = replace(release, resources=release.resources * 2)
    assert [problem.message[:25] for problem in problems(twice)] == ["two resources have this n"]
    release.resources[0].path.write_bytes(b"")
    assert "must hold 1 to" in problems(release)[0].message


def test_the_fingerprint_follows_bytes_and_metadata(release: Publication) -> None:
    first = fingerprint(release)
    assert fingerprint(replace(release, version="another label")) == first
    assert fingerprint(replace(release, caveats="Some")) != first
    release.resources[0].path.write_text("a,b\n1,3\n", encoding="utf-8")
    assert fingerprint(release) != first


def found_on_hdx(release: Publication, **changed: Any) -> dict[str, Any]:
    """What `package_show` answers when everything is as it shall be."""
    wanted = wanted_fields(release, "org", "me")
    resource = {"id": "r1", "name": "presence", "format": "CSV", "description": "Rows", "url": "x/xkv_presence.csv"}
    shown = wanted | {"tags": [{"name": "geodata"}], "groups": [{"name": "xkv"}], "resources": [resource]}
    return shown | changed


def difference(release: Publication, differing: frozenset[str] = frozenset(), **changed: Any) -> Changes:
    return compare(release, wanted_fields(release, "org", "me"), found_on_hdx(release, **changed), differing)


def test_equal_is_equal_in_hdxs_own_spelling(release: Publication) -> None:
    assert difference(release, private="False", notes="About\n").empty
    assert difference(release, tags=[{"name": "crisis-x"}, {"name": "geodata"}]).empty  # HDX's staff put it there


def test_each_difference_is_one_line(release: Publication) -> None:
    changes = difference(release, frozenset({"presence"}), title="Old", caveats=None, methodology_other="left over")
    assert list(changes.lines()) == [
        'title: "Old" -> "Kalvoria - presence"',
        'methodology_other: "left over" -> null',
        'caveats: null -> "None"',
        "change resource presence (file is sent)",
    ]
    renamed = replace(release, resources=(release.resources[0]._replace(description="Other"),))
    assert list(difference(renamed).lines()) == ['change resource presence (description: "Rows" -> "Other")']


def test_of_two_resources_with_one_name_the_first_keeps_its_address(release: Publication) -> None:
    one = found_on_hdx(release)["resources"][0]
    changes = difference(release, resources=[one, one | {"id": "r2"}, one | {"id": "r3", "name": "old"}])
    assert [(item.action, item.resource_id) for item in changes.resources] == [("remove", "r2"), ("remove", "r3")]
    assert not changes.reorder


def told_by(error: BaseException, cause: BaseException | None = None) -> tuple[Exception, str]:
    from hdx.data.hdxobject import HDXError

    def work() -> None:
        try:
            raise error from cause
        except type(error) as inner:
            raise HDXError(f"Failed with {KEY}") from inner

    connection = Connection("http://127.0.0.1:9", KEY, "imu-test", (1, 1), {}, 1, 0)
    with pytest.raises(Exception) as caught:
        connection.explained("updating dataset x", work)
    return caught.value, f"{caught.value}"


def test_the_librarys_errors_in_our_words_without_the_key() -> None:
    from ckanapi.errors import CKANAPIError, NotAuthorized, ValidationError

    cases: list[tuple[BaseException, type[Exception], str]] = [
        (NotAuthorized({"message": KEY}), NotAllowedError, "editor or admin of the organisation"),
        (ValidationError({"tags": [f"no {KEY}"], "__type": "x"}), Permanent, "tags: \\['no \\*\\*\\*'\\]"),
        (ValidationError({"name": ["That URL is already in use."]}), NameTakenError, "name is taken"),
        (ValidationError({"match": ["metadata_modified"]}), Transient, "somebody else changed it"),
        (requests.ReadTimeout(KEY), Transient, "no answer in time"),
        (requests.ConnectionError(KEY), Transient, "the connection broke"),
        (CKANAPIError(repr(["url", 413, KEY])), Permanent, "unexpected answer"),
    ]
    for error, kind, told in cases:
        caught, text = told_by(error)
        assert type(caught) is kind
        assert KEY not in text
        assert re.search(told, text)
        assert caught.__cause__ is None  # the cause shows the key, so it is not handed on


def test_the_key_is_in_no_repr() -> None:
    assert KEY not in repr(Connection("http://127.0.0.1:9", KEY, "imu-test", (1, 1), {}, 1, 0))
    assert KEY not in repr(publisher("http://127.0.0.1:9"))
