"""Pulls that are complete, or stop and say why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from kobo_samples import UID, answers, client_for, content, life, moment, project

from assets.kobo.arrivals import Stored, document, fold
from assets.kobo.pull import Limits, mark_of, pull
from demo.kobo.project import Event, FormVersion, KoboProject
from demo.kobo.server import KoboServer
from orchestration.failures import Permanent, Transient

ROWS = 2_350  # more than two pages of any size the server allows


def eventful() -> KoboProject:
    """2,350 rows; later one is edited, one validated, one deleted, one added."""
    edit = Event(moment(60), "edit", answers(10, access="full"), by="enumerator-1")
    verdict = Event(moment(61), "validate", by="im_officer", status="approved")
    gone = Event(moment(62), "delete", by="im_officer")
    again = Event(moment(64), "edit", answers(10, access="dnk"), by="enumerator-1")
    later = {10: [edit, again], 20: [verdict], 30: [gone]}
    lives = [life(n, *later.get(n, [])) for n in range(ROWS)]
    late = life(ROWS)
    fresh = type(late)([Event(moment(63), "submit", answers(7), by="enumerator-2")])
    versions = [
        FormVersion("vOne", "2025-01-01T00:00:00+00:00", content()),
        FormVersion("vTwo", moment(90), content(kuid="n")),
    ]
    return project([*lives, fresh], versions)


@pytest.fixture(scope="module")
def running() -> Iterator[KoboServer]:
    with KoboServer(eventful(), now=moment(30)) as server:
        yield server


@pytest.fixture
def server(running: KoboServer) -> Iterator[KoboServer]:
    running.set_clock(moment(30))
    running.requests.clear()
    yield running
    running.switch("/demo/reset", {})


def first_pull(server: KoboServer) -> Stored:
    return fold([document(pull(client_for(server.endpoint), UID, {}))])


def test_the_first_pull_is_complete_and_proves_it(server: KoboServer) -> None:
    result = pull(client_for(server.endpoint), UID, {})
    assert result.counts == {
        "form": ROWS, "swept": ROWS, "known": 0, "new": ROWS, "edited": 0, "validated": 0, "deleted": 0, "passes": 1,
    }  # fmt: skip
    stored = fold([document(result)])
    assert (len(stored.rows), sorted(stored.versions)) == (ROWS, ["vOne"])
    assert result.form_versions[0]["content"] == content()
    # One look at the asset, three pages, one version: no more than a plain fetch of the same pages needs.
    assert len(server.requests) == 5


def test_nothing_changed_costs_an_index_sweep_and_nothing_else(server: KoboServer) -> None:
    stored = first_pull(server)
    server.requests.clear()
    result = pull(client_for(server.endpoint), UID, stored.known, stored.versions)
    assert not result.changed
    assert [line.split("?")[0] for line in server.requests] == [
        f"GET /api/v2/assets/{UID}.json",
        *[f"GET /api/v2/assets/{UID}/data.json"] * 3,
    ]
    assert all("fields=" in line for line in list(server.requests)[1:])


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        (60, {"edited": 1}),
        (61, {"edited": 1, "validated": 1}),
        (62, {"edited": 1, "validated": 1, "deleted": 1}),
        (63, {"edited": 1, "validated": 1, "deleted": 1, "new": 1}),
    ],
)
def test_each_change_is_exactly_one_revision_or_tombstone(
    server: KoboServer, until: int, expected: dict[str, int]
) -> None:
    stored = first_pull(server)
    server.set_clock(moment(until))
    server.requests.clear()
    result = pull(client_for(server.endpoint), UID, stored.known, stored.versions)
    assert {k: result.counts[k] for k in ("new", "edited", "validated", "deleted") if result.counts[k]} == expected
    assert len(result.new_revisions) + len(result.tombstones) == sum(expected.values())
    assert len(server.requests) == 5


def test_folding_the_pulls_gives_what_the_server_shows(server: KoboServer) -> None:
    documents = [document(pull(client_for(server.endpoint), UID, {}))]
    for minute in (60, 61, 62, 63, 95):
        server.set_clock(moment(minute))
        stored = fold(documents)
        result = pull(client_for(server.endpoint), UID, stored.known, stored.versions)
        documents.append(document(result, previous=str(minute)))
    truth = fold([document(pull(client_for(server.endpoint), UID, {}))])
    assert fold(documents) == truth
    assert sorted(truth.versions) == ["vOne", "vTwo"]
    # An earlier day can be put together too.
    assert len(fold(documents[:1]).rows) == ROWS


def test_a_deployed_version_is_fetched_once_and_a_draft_never() -> None:
    versions = [FormVersion("vOne", "2025-01-01T00:00:00+00:00", content())]
    draft = content([{"type": "text", "name": "unfinished"}])
    with KoboServer(project([life(0)], versions, draft)) as small:
        client = client_for(small.endpoint)
        result = pull(client, UID, {})
        assert [version["uid"] for version in result.form_versions] == ["vOne"]
        assert client.get_asset(UID)["content"] == draft
        assert "unfinished" not in str(result.form_versions)
        small.requests.clear()
        assert not pull(client, UID, fold([document(result)]).known, ["vOne"]).form_versions
        assert not [line for line in small.requests if "/versions/" in line]


FAULTS: list[dict[str, Any]] = [
    {"kind": "429", "times": 2, "retry_after": 1},
    {"kind": "500", "times": 1, "after": 1},
    {"kind": "502html", "times": 3},
    {"kind": "cut", "times": 2},
    {"kind": "html200", "times": 1, "after": 2},
]


@pytest.mark.parametrize("fault", FAULTS, ids=[fault["kind"] for fault in FAULTS])
def test_a_pull_through_trouble_equals_a_pull_without(server: KoboServer, fault: dict[str, Any]) -> None:
    clean = pull(client_for(server.endpoint), UID, {})
    server.order_fault(path=UID, **fault)
    assert document(pull(client_for(server.endpoint), UID, {})) == document(clean)
    server.set_clock(moment(63))
    known = fold([document(clean)]).known
    server.order_fault(path="/data", **fault)
    troubled = pull(client_for(server.endpoint), UID, known, ["vOne"])
    assert document(troubled) == document(pull(client_for(server.endpoint), UID, known, ["vOne"]))


def test_rows_deleted_while_we_read_are_seen_at_the_next_pull_at_the_latest(server: KoboServer) -> None:
    stored = first_pull(server)
    server.order_fault(path="/data", kind="vanish", times=1, after=1, which="last")
    result = pull(client_for(server.endpoint), UID, stored.known, stored.versions)
    # The row vanished behind page 2 and was missing on page 3: the counts disagreed, so the sweep was repeated.
    assert (result.counts["deleted"], result.counts["passes"], result.counts["form"]) == (1, 2, ROWS - 1)
    server.order_fault(path="/data", kind="vanish", times=1, which="first")
    early = pull(client_for(server.endpoint), UID, stored.known, stored.versions)
    late = pull(client_for(server.endpoint), UID, stored.known, stored.versions)
    assert (early.counts["deleted"], late.counts["deleted"]) == (1, 2)


@pytest.mark.parametrize("which", ["first", "last"])
def test_rows_that_appear_while_we_read_are_not_lost(server: KoboServer, which: str) -> None:
    server.order_fault(path="/data", kind="appear", times=1, after=1, which=which)
    result = pull(client_for(server.endpoint), UID, {})
    assert len({revision.root for revision in result.new_revisions}) == ROWS


def test_rows_that_never_reach_the_data_stop_the_pull(server: KoboServer) -> None:
    server.order_fault(path="/never-asked", kind="appear", times=2)
    with pytest.raises(Permanent, match="Fewer rows than the form has"):
        pull(client_for(server.endpoint), UID, {})


def test_rows_that_never_rest_are_pulled_all_the_same(server: KoboServer) -> None:
    server.order_fault(path="/data", kind="vanish", times=99, which="last")
    result = pull(client_for(server.endpoint), UID, {})
    assert result.counts["passes"] > 1
    rows = {int(revision.row["_id"]) for revision in result.new_revisions}
    # Only the rows that vanished while we read may be missing: the last ones, three a sweep.
    assert rows == set(range(1, len(rows) + 1))
    assert ROWS - 3 * result.counts["passes"] <= len(rows) < ROWS


def test_a_row_deleted_between_sweep_and_fetch_is_gone_and_not_kept_half(server: KoboServer) -> None:
    stored = first_pull(server)
    server.set_clock(moment(60))
    client = client_for(server.endpoint)
    edited = next(r for r in pull(client, UID, stored.known, stored.versions).new_revisions)
    fetch = client.submissions
    client.submissions = lambda uid, ids: [row for row in fetch(uid, ids) if row["_id"] != edited.row["_id"]]
    result = pull(client, UID, stored.known, stored.versions)
    assert (result.new_revisions, result.tombstones) == ([], [edited.root])


def test_an_edit_between_sweep_and_fetch_is_read_again(server: KoboServer) -> None:
    stored = first_pull(server)
    server.set_clock(moment(60))
    client = client_for(server.endpoint)
    fetch = client.submissions

    def meanwhile(asset_uid: str, ids: Any) -> Any:
        server.set_clock(moment(64))
        return fetch(asset_uid, ids)

    client.submissions = meanwhile
    result = pull(client, UID, stored.known, stored.versions)
    assert "dnk" in result.new_revisions[0].row.values()  # as it was when it was fetched
    # What else happened meanwhile comes with the next pull, and the edit does not come again.
    (edited,) = result.new_revisions
    rest = pull(client_for(server.endpoint), UID, {**stored.known, edited.root: mark_of(edited.row)})
    assert {k: rest.counts[k] for k in ("edited", "validated", "deleted", "new")} == {
        "edited": 0, "validated": 1, "deleted": 1, "new": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("user", "words"),
    [
        ("viewer", "view submissions"),
        ("partial", "view submissions"),
        ("stranger", "404"),
        ("nobody", "401"),
    ],
)
def test_a_right_that_was_taken_away_is_never_a_deletion(server: KoboServer, user: str, words: str) -> None:
    stored = first_pull(server)
    with pytest.raises(Permanent, match=words) as error:
        pull(client_for(server.endpoint, user), UID, stored.known, stored.versions)
    assert f"{ROWS} submissions are stored and none was marked deleted" in str(error.value)


def test_data_that_became_a_404_stops_the_pull(server: KoboServer) -> None:
    stored = first_pull(server)
    server.order_fault(path="/data", kind="404", times=1)
    with pytest.raises(Permanent, match="none was marked deleted"):
        pull(client_for(server.endpoint), UID, stored.known, stored.versions)


def test_an_emptied_form_and_a_great_loss_are_asked_about() -> None:
    def deleted(n: int) -> Event:
        return Event(moment(10 if n < 30 else 20), "delete", by="im_officer")

    with KoboServer(project([life(n, deleted(n)) for n in range(40)]), now=moment(5)) as small:
        client = client_for(small.endpoint)
        known = fold([document(pull(client, UID, {}))]).known
        small.set_clock(moment(15))
        with pytest.raises(Permanent, match="30 of 40"):
            pull(client, UID, known)
        assert len(pull(client, UID, known, limits=Limits(drop_share=0.8)).tombstones) == 30
        small.set_clock(moment(25))
        with pytest.raises(Permanent, match="no submission at all"):
            pull(client, UID, known, limits=Limits(drop_share=0.9))
        assert len(pull(client, UID, known, limits=Limits(drop_share=1.0)).tombstones) == 40


def test_a_form_that_was_never_deployed_is_told() -> None:
    empty = project([])
    undeployed = KoboProject([type(empty.assets[0])(UID, "draft only", [], content())])
    with KoboServer(undeployed) as small, pytest.raises(Permanent, match="never deployed"):
        pull(client_for(small.endpoint), UID, {})


def test_an_encrypted_form_is_told(server: KoboServer) -> None:
    client = client_for(server.endpoint)
    page = {**client.get_asset(UID), "deployment__encrypted": True}
    client.get_asset = lambda _uid: page
    with pytest.raises(Permanent, match="encrypted"):
        pull(client, UID, {})


def test_the_right_to_see_all_rows_is_asked_for_by_name(server: KoboServer) -> None:
    client = client_for(server.endpoint)
    page = client.get_asset(UID)
    assert isinstance(page["deployment__submission_count"], int)
    client.get_asset = lambda _uid: {**page, "effective_permissions": [{"codename": "partial_submissions"}]}
    with pytest.raises(Permanent, match="view submissions"):
        pull(client, UID, {})


def test_a_sweep_shorter_than_announced_is_not_believed_even_if_the_form_counts_less(server: KoboServer) -> None:
    client = client_for(server.endpoint)
    short = client.everything(UID)
    page = {**client.get_asset(UID), "deployment__submission_count": ROWS - 1}
    client.get_asset = lambda _uid: page
    client.everything = client.index = lambda _uid: {**short, "results": short["results"][:-1]}
    with pytest.raises(Transient, match=f"announced {ROWS}, {ROWS - 1} came"):
        pull(client, UID, {})


def test_two_rows_under_one_lasting_identifier_are_told(server: KoboServer) -> None:
    client = client_for(server.endpoint)
    rows = client.everything(UID)["results"]
    client.everything = lambda _uid: {"count": ROWS, "results": [*rows[:-1], rows[0]]}
    with pytest.raises(Permanent, match="1 rows share"):
        pull(client, UID, {})


def test_a_new_form_without_data_is_no_error() -> None:
    with KoboServer(project([]), now="2025-01-05T00:00:00+00:00") as small:
        result = pull(client_for(small.endpoint), UID, {})
    assert (result.new_revisions, result.tombstones, result.counts["form"]) == ([], [], 0)


def test_both_dialects_give_the_same_knowledge(server: KoboServer) -> None:
    server.set_clock(moment(63))
    new = first_pull(server)
    try:
        server.switch("/demo/dialect", {"dialect": "2026-02"})
        old = first_pull(server)
        result = pull(client_for(server.endpoint), UID, new.known, new.versions)
    finally:
        server.switch("/demo/dialect", {"dialect": "2026-08"})
    assert old.known == new.known
    assert not result.changed
