"""A year of monitoring interviews through server, client, pull and rules: each planted trouble is found, no other."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from assets.kobo.arrivals import document, fold
from assets.kobo.forms import Form, build_form, questions_table
from assets.kobo.interviews import Interviews, Place, Rules, read_interviews
from assets.kobo.pull import Limits, pull
from demo.country.deliveries import Trouble
from demo.country.geography import build_geography
from demo.country.hsm import kobo_project
from demo.country.hsm_form import RENAMED, ROUNDS
from demo.kobo.project import KoboProject, from_json, to_json
from demo.kobo.server import KoboServer
from orchestration.kobo_api import KoboClient

SEED = 7
ALL_ROUNDS = frozenset(number for numbers in ROUNDS.values() for number in numbers)


@cache
def world(size: str) -> tuple[KoboProject, list[Trouble]]:
    return kobo_project(build_geography(), SEED, size)


def resolve(code: str, on: date) -> Place | None:
    version = "v01" if on < date(2025, 7, 1) else "v02"
    place = build_geography().by_pcode(version).get(code)
    return Place(code, code[:9], code[:6], code[:4], version) if place and place.level == 4 else None


def read(server: KoboServer, uid: str, today: date) -> tuple[Interviews, Form]:
    """One asset, pulled at some month-ends of the year and read as of the last."""
    client = KoboClient(server.token(), server.endpoint)
    documents: list[bytes] = []
    for month in sorted({1, 3, 6, 7, 9, today.month} & set(range(1, today.month + 1))):
        server.set_clock(datetime(2025, month, 28, 23, tzinfo=UTC).isoformat())
        if uid not in {row["uid"] for row in client.list_assets()["results"]}:
            continue
        stored = fold(documents)
        result = pull(client, uid, stored.known, stored.versions, Limits(drop_share=0.1))
        documents.append(document(result, previous=str(month)))
    stored = fold(documents)
    form = build_form(uid, stored.versions.values(), RENAMED.get(uid))
    rules = Rules(ALL_ROUNDS, today, ZoneInfo("Europe/Kyiv"))
    return read_interviews(stored.rows.values(), form, lambda root: root, resolve, rules), form


@pytest.mark.parametrize(("size", "today"), [("small", date(2025, 4, 30)), ("country", date(2025, 12, 31))])
def test_every_planted_trouble_is_found_and_nothing_else(size: str, today: date) -> None:
    project, key = world(size)
    found: set[tuple[str, int | None]] = set()
    few = 0
    texts = []
    with KoboServer(project) as server:
        for asset in project.assets:
            if not asset.submissions:
                continue
            read_now, form = read(server, asset.uid, today)
            found |= {(f.rule, f.row) for f in read_now.findings if f.rule != "H-FEW"}
            few += sum(f.rule == "H-FEW" for f in read_now.findings)
            texts.append(str((read_now.interviews, read_now.answers, read_now.findings)))
            assert not read_now.unknown_paths
            assert len(read_now.interviews) > 20
            asked = {row["question"] for row in questions_table(form, ["R01"])}
            assert {"started_school", "end_displacement_plan", "health_facility_open", "mobile_network"} <= asked
            assert not {"ki_household_size", "comment", "gps", "draft_question"} & asked
            assert {a["question"] for a in read_now.answers} == asked
    expected = {(t.rule, t.row) for t in key if t.rule and t.rule != "H-FEW"}
    assert found == expected
    assert few == sum(t.rule == "H-FEW" for t in key)
    rows = [e.row for a in project.assets for s in a.submissions for e in s.events if e.row]
    secrets = {row[name] for row in rows for name in ("ki/ki_name", "ki/ki_phone", "comment") if name in row}
    assert not [secret for secret in secrets if any(secret in text for text in texts)]
    assert len(secrets) > 10


def test_the_project_survives_being_saved() -> None:
    project, _ = world("small")
    assert from_json(to_json(project)) == project
