"""Whatever happens to submissions and whenever we look: the pulls folded together are what the server shows."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from kobo_samples import START, UID, answers, direct_client, moment, project

from assets.kobo.arrivals import Stored, document, fold
from assets.kobo.pull import Limits, pull
from demo.kobo.project import Event, Submission
from demo.kobo.state import Playback

STATUS = st.sampled_from(["approved", "not_approved", "on_hold", None])


@st.composite
def a_life(draw: st.DrawFn) -> Submission:
    """Submitted, then edited and validated in any order and number, then perhaps deleted; minutes 0 to 100."""
    kinds = draw(st.lists(st.sampled_from(["edit", "validate"]), max_size=3))
    kinds = ["submit", *kinds, *(["delete"] if draw(st.booleans()) else [])]
    minutes = sorted(draw(st.lists(st.integers(0, 100), min_size=len(kinds), max_size=len(kinds))))
    events = []
    for kind, minute in zip(kinds, minutes, strict=True):
        row = answers(draw(st.integers(0, 50))) if kind in ("submit", "edit") else None
        status = draw(STATUS) if kind == "validate" else None
        events.append(Event(moment(minute), kind, row, by="enumerator-1", status=status))
    return Submission(events)


@settings(max_examples=60, deadline=None)
@given(st.lists(a_life(), min_size=1, max_size=12), st.lists(st.integers(0, 100), max_size=5), st.integers(1, 7))
def test_pulls_at_any_moments_add_up(lives: list[Submission], looks: list[int], page_size: int) -> None:
    state = Playback(project(lives), START)
    client = direct_client(state, page_size=page_size)
    documents: list[bytes] = []
    for minute in [*sorted(looks), 101]:
        state.now = START + timedelta(minutes=minute)
        stored = fold(documents)
        before = {root: stored.known[root] for root in stored.rows}
        result = pull(client, UID, stored.known, stored.versions, Limits(drop_share=1.0))
        truth = {str(row["meta/rootUuid"]).removeprefix("uuid:"): row for row in state.rows(state.assets[UID])}
        changed = {r.root for r in result.new_revisions} | set(result.tombstones)
        assert len(changed) == len(result.new_revisions) + len(result.tombstones)
        documents.append(document(result, previous=str(len(documents))))
        after = fold(documents)
        assert after.rows == truth
        assert {root for root in before if before[root] != after.known.get(root)} <= changed
        assert result.counts["form"] == result.counts["swept"] == len(truth)
    assert isinstance(fold(documents), Stored)
