"""What a pull is stored as, and what is told of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from kobo_samples import UID, direct_client, life, project

from assets.kobo.arrivals import document, fold
from assets.kobo.collect import _by_round
from assets.kobo.pull import PullResult, Revision, pull
from demo.kobo.state import Playback
from orchestration.failures import Permanent


def pulled() -> PullResult:
    state = Playback(project([life(1), life(2)]), datetime(2025, 1, 31, tzinfo=UTC))
    return pull(direct_client(state), UID, {})


def test_the_same_pull_is_the_same_bytes_and_another_place_in_the_chain_others() -> None:
    assert document(pulled()) == document(pulled())
    assert document(pulled(), "a1") != document(pulled(), "b2")
    assert fold([document(pulled(), "a1")]) == fold([document(pulled())])


def test_a_row_that_moves_leaves_its_old_round_before_it_enters_the_new_one() -> None:
    """If the power fails between the two, the next pull finds it new; the other way round it would stay in both."""
    asset = SimpleNamespace(rounds=["R9", "R10"])
    source = SimpleNamespace(round_question="round")
    before = {"k": {"round": "R9"}, "gone": {"round": "R9"}}
    revision = Revision("k", "u2", "", "edited", {"round": "R10"})
    found = replace(pulled(), new_revisions=[revision], tombstones=["gone"])
    parts = [
        (key, [one.root for one in part.new_revisions], part.tombstones)
        for key, part in _by_round(found, before, asset, source)  # type: ignore[arg-type]
    ]
    assert parts == [("R9", [], ["k"]), ("R10", ["k"], []), ("R9", [], ["gone"])]


def test_a_server_that_moved_gives_the_same_bytes() -> None:
    here, there = pulled(), pulled()
    for version in there.form_versions:
        version["url"] = str(version["url"]).replace("http://", "https://moved.")
    assert here.form_versions != there.form_versions
    assert document(here) == document(there)


def test_a_document_of_another_format_is_refused() -> None:
    with pytest.raises(Permanent, match="document 2 has format 7"):
        fold([document(pulled()), b'{"format": 7}'])


def test_a_revision_shows_no_answers_when_it_is_printed() -> None:
    revision: Revision = pulled().new_revisions[0]
    assert "Olena" in str(revision.row)
    assert "Olena" not in repr(revision)
