"""20,000 interviews while a whole country is at work on them: nothing lost, nothing twice, against the server's own
list.
"""

from __future__ import annotations

import random

import pytest
import requests
from kobo_samples import UID, answers, client_for, life, moment, project

from assets.kobo.arrivals import document, fold
from assets.kobo.pull import Limits, pull
from demo.kobo.project import Event, KoboProject, Submission
from demo.kobo.server import KoboServer

ROWS, LATER, MINUTES = 20_000, 400, 50


def busy() -> KoboProject:
    """20,000 rows at the beginning; then 1,500 changes of every kind, spread over less than an hour."""
    draw = random.Random(7)
    minutes = sorted(draw.uniform(1, MINUTES) for _ in range(1_500 + LATER))
    later: dict[int, list[Event]] = {}
    fresh: list[Submission] = []
    for number, minute in enumerate(minutes):
        if number % 5 == 0 and len(fresh) < LATER:
            fresh.append(Submission([Event(moment(minute), "submit", answers(number), by="enumerator-1")]))
            continue
        events = later.setdefault(draw.randrange(ROWS), [])
        if not events or events[-1].kind != "delete":
            events.append(_change(draw, minute))
    return project([*(life(n, *later.get(n, [])) for n in range(ROWS)), *fresh])


def _change(draw: random.Random, minute: float) -> Event:
    kind = draw.choice(["edit", "validate", "delete"])
    if kind == "edit":
        return Event(moment(minute), "edit", answers(draw.randrange(50), access="full"), by="enumerator-1")
    status = draw.choice(["approved", "not_approved", "on_hold"]) if kind == "validate" else None
    return Event(moment(minute), kind, by="im_officer", status=status)


def at_work(server: KoboServer, state: dict[str, float]) -> requests.Session:
    """A session behind whose back time goes on: a minute with every fourth answer."""
    session = requests.Session()

    def meanwhile(*_: object, **__: object) -> None:
        state["answers"] += 1
        if state["answers"] % 4 == 0 and state["minute"] < MINUTES:
            state["minute"] += 1
            server.set_clock(moment(state["minute"]))

    session.hooks["response"].append(meanwhile)
    return session


@pytest.mark.long
def test_nothing_is_lost_and_nothing_comes_twice() -> None:
    with KoboServer(busy(), now=moment(0.5)) as server:
        state = {"minute": 0.5, "answers": 0}
        client = client_for(server.endpoint, session=at_work(server, state))
        documents: list[bytes] = []
        restless = 0
        while state["minute"] < MINUTES:
            stored = fold(documents)
            result = pull(client, UID, stored.known, stored.versions, Limits(drop_share=0.5))
            restless += result.counts["passes"] > 1
            roots = [revision.root for revision in result.new_revisions] + result.tombstones
            assert len(roots) == len(set(roots))
            documents.append(document(result, previous=str(len(documents))))
        stored = fold(documents)
        documents.append(document(pull(client, UID, stored.known, stored.versions), previous="last"))
        rows = {str(row["meta/rootUuid"]).removeprefix("uuid:"): row for row in client.iter_submissions(UID)}
    assert len(documents) > 3
    assert restless > 1  # or the server was not busy enough to prove anything
    assert fold(documents).rows == rows
