"""Interviews: what is carried on, what is refused, and that nothing about a person has anywhere to go."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from kobo_samples import PERSONAL, QUESTIONS, UID, answers, content, direct_client, life, moment, project

from assets.kobo.arrivals import document, fold
from assets.kobo.forms import Form, build_form
from assets.kobo.interviews import Finding, Interviews, Place, Rules, read_interviews
from assets.kobo.pull import pull
from demo.kobo.project import Event, FormVersion, Submission
from demo.kobo.state import Playback
from orchestration.failures import Permanent

RULES = Rules(frozenset({"R01", "R02"}), date(2025, 1, 31), ZoneInfo("Europe/Kyiv"))
VERSION = {"uid": "vOne", "date_deployed": "2025-01-01T00:00:00Z", "content": content()}


def form() -> Form:
    return build_form(UID, [VERSION])


def resolve(code: str, _on: date) -> Place | None:
    return Place(code, code[:9], code[:6], code[:4], "v01") if code.startswith("XV") and len(code) == 12 else None


def raw(number: int, status: str = "", **changed: str | None) -> dict[str, Any]:
    """A row as KoBo sends it."""
    uid = {"uid": f"validation_status_{status}", "by_whom": "im_officer"} if status else {}
    return {
        "_id": number,
        "_uuid": f"u{number}",
        "meta/rootUuid": f"uuid:root-{number}",
        "_submission_time": "2025-01-10T09:00:00",
        "_submitted_by": "enumerator-1",
        "_geolocation": [50.123456, 36.654321],
        "_validation_status": uid,
        "__version__": "vOne",
        **answers(number, **changed),
    }


def read(*rows: dict[str, Any], rules: Rules = RULES) -> Interviews:
    return read_interviews(rows, form(), lambda root: f"hash-of-{root}", resolve, rules)


def raised(found: Interviews) -> list[tuple[str, int | None, str]]:
    return [(f.rule, f.row, f.severity) for f in found.findings if f.rule != "H-FEW"]


def test_one_interview_becomes_one_row_and_its_answers() -> None:
    found = read(raw(7))
    assert found.interviews == [
        {
            "round": "R01", "interview_id": "hash-of-root-7", "settlement_pcode": "XV0101001007",
            "adm3_pcode": "XV0101001", "adm2_pcode": "XV0101", "adm1_pcode": "XV01", "cod_version": "v01",
            "ki_role": "leader", "ki_sex": "f", "interview_date": date(2025, 1, 10), "validation": "none",
            "form_version": "vOne",
        }
    ]  # fmt: skip
    assert [(a["question"], a["option"]) for a in found.answers] == [
        ("access", "partial"), ("needs", "food"), ("needs", "water"), ("wells", "7"),
    ]  # fmt: skip
    assert {(a["round"], a["interview_id"]) for a in found.answers} == {("R01", "hash-of-root-7")}
    assert dict(found.counts["R01"]) == {"rows": 1, "on_hold": 0, "accepted": 1}


def test_nothing_about_a_person_is_carried_on() -> None:
    found = read(raw(7), raw(8, consent="no"), raw(9, "not_approved"), raw(10, settlement="Kvitneve, Lisova 3"))
    told = json.dumps([found.interviews, found.answers, found.findings, found.counts], default=str)
    secrets = [
        *PERSONAL.values(),
        "50.123456",
        "36.654321",
        "The mayor",
        "enumerator-1",
        "im_officer",
        "Lisova",
        'root-7"',
    ]
    assert [secret for secret in secrets if secret in told.replace("hash-of-root-7", "")] == []
    assert "hash-of-root-7" in told


def test_without_consent_only_the_fact_is_counted() -> None:
    found = read(raw(1, consent="no"), raw(2, consent=None), raw(3, "approved", consent="no", round="R02"))
    assert (found.interviews, found.answers) == ([], [])
    assert raised(found) == [("H-NO-CONSENT", n, "info") for n in (1, 2, 3)]
    assert (found.counts["R01"]["no_consent"], found.counts["R02"]["no_consent"]) == (2, 1)


def test_validation_decides_who_counts() -> None:
    rows = [raw(1, "approved"), raw(2, "not_approved"), raw(3, "on_hold"), raw(4)]
    found = read(*rows)
    assert [(i["interview_id"][-1], i["validation"]) for i in found.interviews] == [
        ("1", "approved"), ("3", "on_hold"), ("4", "none"),
    ]  # fmt: skip
    assert raised(found) == [("H-NOT-APPROVED", 2, "info")]
    assert (found.counts["R01"]["not_approved"], found.counts["R01"]["on_hold"]) == (1, 1)
    strict = Rules(RULES.rounds, RULES.today, RULES.zone, keep_on_hold=False)
    assert [i["validation"] for i in read(*rows, rules=strict).interviews] == ["approved", "none"]


@pytest.mark.parametrize(
    ("changed", "rule", "severity"),
    [
        ({"end": "2025-01-10T10:05:00.000+02:00"}, "H-DURATION", "warn"),
        ({"end": "2025-01-10T13:00:00.000+02:00"}, "H-DURATION", "warn"),
        ({"end": "2025-01-10T09:00:00.000+02:00"}, "H-DURATION", "warn"),
        ({"today": "2025-01-12"}, "H-FUTURE", "quarantine"),
        ({"today": "2026-01-10"}, "H-FUTURE", "quarantine"),
        ({"today": None, "start": "2025-01-12T10:00:00+0200"}, "H-FUTURE", "quarantine"),
        ({"settlement": "XV9"}, "H-PLACE-UNKNOWN", "quarantine"),
        ({"settlement": None}, "H-PLACE-UNKNOWN", "quarantine"),
        ({"round": "R77"}, "H-ROUND", "quarantine"),
        ({"round": None}, "H-ROUND", "quarantine"),
        ({"access": "whatever"}, "H-OPTION", "warn"),
        ({"needs": "water +380501234567"}, "H-OPTION", "warn"),
        ({"wells": "many"}, "H-OPTION", "warn"),
        ({"wells": "380501234567"}, "H-OPTION", "warn"),
        ({"wells": "--5"}, "H-OPTION", "warn"),
    ],
)
def test_each_rule_is_raised_once_and_keeps_or_refuses_the_row(
    changed: dict[str, str | None], rule: str, severity: str
) -> None:
    found = read(raw(5, **changed))
    assert [f for f in raised(found) if f[0] != "H-DURATION" or rule == "H-DURATION"] == [(rule, 5, severity)]
    assert len(found.interviews) == (0 if severity == "quarantine" else 1)
    assert bool(found.answers) == bool(found.interviews)
    assert "38050" not in json.dumps([found.answers, found.findings], default=str)
    known = changed.get("round", "R01") == "R01"
    assert found.counts["R01" if known else ""]["refused" if severity == "quarantine" else "accepted"] == 1


@pytest.mark.parametrize("minutes", [10, 45, 90])
def test_a_usual_duration_raises_nothing(minutes: int) -> None:
    end = f"2025-01-10T{10 + minutes // 60}:{minutes % 60:02d}:00.000+02:00"
    assert raised(read(raw(1, start="2025-01-10T10:00:00.000+02:00", end=end))) == []


def test_the_same_interview_sent_twice_counts_once() -> None:
    twin = {**raw(2), **answers(1), "end": "2025-01-10T10:50:00.000+02:00", "deviceid": "another"}
    found = read(raw(1), twin, {**raw(3), **answers(1, access="full")}, {**raw(4), **answers(1, ki_role="teacher")})
    assert raised(found) == [("H-DUPLICATE", 2, "quarantine")]
    assert [i["interview_id"] for i in found.interviews] == ["hash-of-root-1", "hash-of-root-3", "hash-of-root-4"]


def test_two_informants_who_agree_are_no_duplicate() -> None:
    other = {**raw(2), **answers(1, ki_name="Other Person")}
    assert raised(read(raw(1), other)) == []


def test_too_few_interviews_in_a_settlement_are_told_after_refusals() -> None:
    one = {"settlement": "XV0101001001"}
    found = read(raw(1, **one), raw(2, **one, today="2025-03-01"), raw(3), raw(43, access="full"), raw(4, round="R02"))
    few = [(f.round, f.message.split(":")[0], f.row) for f in found.findings if f.rule == "H-FEW"]
    assert few == [("R01", "XV0101001001", None), ("R02", "XV0101001004", None)]


def test_a_role_that_is_not_on_the_list_could_be_anything() -> None:
    [interview] = read(raw(1, ki_role="Olena, the mayor", ki_sex=None)).interviews
    assert (interview["ki_role"], interview["ki_sex"]) == (None, None)


def test_an_interview_after_the_day_we_look_from_is_in_the_future() -> None:
    earlier = Rules(RULES.rounds, date(2025, 1, 9), RULES.zone)
    assert raised(read(raw(1), rules=earlier)) == [("H-FUTURE", 1, "quarantine")]


def test_a_form_without_consent_question_is_refused() -> None:
    bare = [q for q in QUESTIONS if q.get("name") != "consent"]
    mute = build_form(UID, [{**VERSION, "content": content(bare)}])
    with pytest.raises(Permanent, match="consent"):
        read_interviews([raw(1)], mute, str, resolve, RULES)


def test_a_renamed_question_and_another_group_end_in_one_column() -> None:
    questions = [{**q, "name": "water_access"} if q.get("name") == "access" else q for q in QUESTIONS]
    newer = {"uid": "vTwo", "date_deployed": "2025-01-05T00:00:00Z", "content": content(questions, kuid="n")}
    both = build_form(UID, [VERSION, newer], {"wash/water_access": "access"})
    row = {**raw(2), "wash/water_access": "full"}
    del row["wash/access"]
    found = read_interviews([raw(1), row], both, str, resolve, RULES)
    assert [a["option"] for a in found.answers if a["question"] == "access"] == ["partial", "full"]
    assert not found.unknown_paths


def test_a_missing_version_shows() -> None:
    found = read({**raw(1), "wash/brand_new": "yes", "wash/other_new": "no"})
    assert dict(found.unknown_paths) == {"wash/brand_new": 1, "wash/other_new": 1}


def test_the_order_of_the_rows_does_not_matter() -> None:
    rows = [raw(n) for n in range(1, 30)]
    assert read(*rows) == read(*reversed(rows))


def test_the_place_is_looked_up_as_of_the_interview() -> None:
    days: list[date] = []

    def noting(code: str, on: date) -> Place | None:
        days.append(on)
        return resolve(code, on)

    # 23:30 UTC on the 9th is the 10th in Kyiv.
    row = raw(1, today=None, start="2025-01-09T23:30:00.000-00:00", end="2025-01-10T00:10:00Z")
    read_interviews([row], form(), str, noting, RULES)
    assert days == [date(2025, 1, 10)]


def test_both_dialects_give_the_same_tables() -> None:
    verdict = Event(moment(20), "validate", by="im_officer", status="on_hold")
    edit = Event(moment(30), "edit", answers(3, today=None), by="enumerator-1")
    data = project([life(n) for n in range(3)] + [life(3, verdict, edit), life(4, Event(moment(9), "delete"))])
    tables = []
    for dialect in ("2026-08", "2026-02"):
        state = Playback(data, datetime(2025, 1, 31, tzinfo=UTC), dialect)
        stored = fold([document(pull(direct_client(state), UID, {}))])
        both = build_form(UID, stored.versions.values())
        found = read_interviews(stored.rows.values(), both, lambda root: root, resolve, RULES)
        tables.append((found, both, stored))
    assert tables[0][0] == tables[1][0]
    assert tables[0][1] == tables[1][1]
    # They were not the same to begin with.
    assert tables[0][2].rows != tables[1][2].rows
    assert any(row["start"].endswith("-00:00") for row in tables[1][2].rows.values())
    assert len(tables[0][0].interviews) == 4


def test_a_finding_starts_with_rule_and_row() -> None:
    assert Finding._fields[:2] == ("rule", "row")


def test_late_rows_of_an_old_version_are_read_by_that_version() -> None:
    moved = [q for q in QUESTIONS if q.get("name") != "needs"]
    versions = [
        FormVersion("vOne", "2025-01-01T00:00:00+00:00", content()),
        FormVersion("vTwo", moment(5), content(moved)),
    ]
    early = life(1)
    late = Submission([Event(moment(10), "submit", {**answers(2, needs=None)}, by="enumerator-1")])
    state = Playback(project([early, late], versions), datetime(2025, 1, 10, tzinfo=UTC) + timedelta(days=5))
    stored = fold([document(pull(direct_client(state), UID, {}))])
    both = build_form(UID, stored.versions.values())
    found = read_interviews(stored.rows.values(), both, str, resolve, RULES)
    assert sorted(i["form_version"] for i in found.interviews) == ["vOne", "vTwo"]
    assert len([a for a in found.answers if a["question"] == "needs"]) == 2
