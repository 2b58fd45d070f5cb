"""What HDX may do to a publication, call by call, on both catalogues; after each a plain rerun, and HDX is whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from hdx_catalogue import NAME, READS, WRITES, Catalogue, Make, assert_whole, ids, rewrite, with_third

from orchestration.failures import Permanent, Transient
from orchestration.hdx_checks import PLACEHOLDER, Publication


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("action", [*READS, "package_create", "package_revise"])
def test_one_failed_call_while_creating_then_a_plain_rerun(
    catalogue: Catalogue, make: Make, release: Publication, action: str, when: str
) -> None:
    catalogue.set_fault(action, when=when, status=503, times=1)
    if (action, when) == ("package_revise", "after"):  # all was done, and the reading afterwards says so
        assert_whole(catalogue, release, make().publish(release))
    else:
        with pytest.raises(Transient) as told:
            make().publish(release)
        assert catalogue.credentials["editor_token"] not in str(told.value)
    assert_whole(catalogue, release, make().publish(release))
    assert make().publish(release).unchanged


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("action", sorted({*READS, *WRITES} - {"package_create"}))
def test_one_failed_call_while_changing_then_a_plain_rerun(
    catalogue: Catalogue, make: Make, release: Publication, tmp_path: Path, action: str, when: str
) -> None:
    first = make().publish(release)
    rewrite(release, 1, "dictionary,newer\r\n")
    more = with_third(release, tmp_path)
    catalogue.set_fault(action, when=when, status=502, times=1)
    if action in READS:
        with pytest.raises(Transient):
            make().publish(more)
    else:
        with suppress(Transient):  # whether the reading afterwards finds all done depends on which call was lost
            make().publish(more)
    receipt = make().publish(more)
    assert ids(first).items() < ids(receipt).items()
    assert_whole(catalogue, more, receipt)


@pytest.mark.parametrize("action", [*READS, "package_create", "package_revise"])
def test_with_patience_one_failed_call_is_not_even_noticed(
    catalogue: Catalogue, make: Make, release: Publication, action: str
) -> None:
    catalogue.set_fault(action, when="after", status=504, times=1)
    assert_whole(catalogue, release, make(attempts=3).publish(release))


def test_a_half_failed_creation_is_healed(catalogue: Catalogue, make: Make, release: Publication) -> None:
    """HDX keeps the hash of a file that never arrived; the library alone would never send it again."""
    catalogue.set_fault("package_revise", when="before", status=503, times=50)
    with pytest.raises(Transient):
        make(attempts=2).publish(release)
    half = catalogue.api("package_show", id=NAME)
    assert all(item["url"].endswith(PLACEHOLDER) and item["hash"] for item in half["resources"])
    catalogue.clear_faults()
    receipt = make().publish(release)
    assert [file.resource_id for file in receipt.files] == [item["id"] for item in half["resources"]]
    assert_whole(catalogue, release, receipt)


def test_a_lost_answer_to_the_creation_leaves_one_dataset(
    catalogue: Catalogue, make: Make, release: Publication
) -> None:
    catalogue.set_fault("package_create", when="after", status=502, times=1)
    receipt = make(attempts=2).publish(release)
    assert catalogue.api("package_list") == [NAME]
    assert_whole(catalogue, release, receipt)


def hold_back_the_next_change(monkeypatch: pytest.MonkeyPatch) -> list[requests.PreparedRequest]:
    """Hold the next change back on its way, as a slow network does, after the publisher's patience has ended."""
    held: list[requests.PreparedRequest] = []
    send = requests.adapters.HTTPAdapter.send

    def slow(self: Any, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if not held and str(request.url).endswith("/package_revise"):
            held.append(request)
            raise requests.ReadTimeout
        return send(self, request, *args, **kwargs)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", slow)
    return held


def test_a_change_that_arrives_late_is_refused_and_does_no_harm(
    catalogue: Catalogue, make: Make, release: Publication, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    make().publish(release)
    late = hold_back_the_next_change(monkeypatch)
    more = with_third(release, tmp_path)
    with pytest.raises(Transient, match="no answer in time"):
        make().publish(more)
    receipt = make().publish(more)
    with requests.Session() as network:
        answer = network.send(late[0], timeout=30)
    assert (answer.status_code, answer.json()["error"]["match"]) == (409, ["metadata_modified"])
    assert_whole(catalogue, more, receipt)


def test_a_server_too_slow_is_not_waited_for(catalogue: Catalogue, make: Make, release: Publication) -> None:
    make().publish(release)
    catalogue.set_fault("package_revise", when="slow", seconds=1.0, times=1)
    with pytest.raises(Transient, match="no answer in time"):
        make(read_timeout=0.3).publish(replace(release, title="Another title"))


def test_hdx_down_then_up(catalogue: Catalogue, make: Make, release: Publication) -> None:
    catalogue.set_fault("user_show", when="before", status=503, times=99)
    with pytest.raises(Transient, match="publishing again is safe"):
        make(attempts=3).publish(release)
    catalogue.clear_faults()
    assert catalogue.api("package_show", id=NAME) == 404
    assert_whole(catalogue, release, make().publish(release))


def test_a_file_that_rots_on_hdx_is_found_and_sent_again(
    catalogue: Catalogue, make: Make, release: Publication
) -> None:
    first = make().publish(release)
    stored = catalogue.stored_file(first.files[0].resource_id)
    content = bytearray(stored.read_bytes())
    content[0] ^= 1  # the same length, so that only reading the bytes can tell
    stored.write_bytes(content)
    second = make().publish(release)
    assert second.changed == ("change resource XKV presence (file is sent)",)
    assert ids(second) == ids(first)
    assert_whole(catalogue, release, second)
    catalogue.stored_file(first.files[0].resource_id).unlink()
    assert_whole(catalogue, release, make().publish(release))


@pytest.fixture
def served_wrong(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    from orchestration import hdx_api

    monkeypatch.setattr(hdx_api._Round, "_downloaded", lambda self, url: "0" * 64)
    yield


@pytest.mark.usefixtures("served_wrong")
def test_bytes_that_never_come_back_right_are_no_receipt(make: Make, release: Publication) -> None:
    with pytest.raises(Permanent, match="does not show what was sent: change resource XKV presence"):
        make(attempts=3).publish(release)
