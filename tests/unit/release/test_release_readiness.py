"""The gate: every hold has a reason and somebody who can resolve it; without a decision nothing goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from assets.release.readiness import Approval, Candidate, Check, Delivery, Evidence, holds
from assets.release.sensitivity import Sensitivity, hide_organisations, named_in_hiding, read_sensitivity
from orchestration.failures import Permanent

TODAY = date(2025, 4, 30)
CANDIDATE = Candidate("operational-presence", "Kalvoria: who does what where", "2025-03", "presence", "public", 2)
READY = Evidence(
    content_hash="abc",
    deliveries=(
        Delivery("WSH workbook", "wsh-focal", "accepted"),
        Delivery("Food security workbook", "fsc-focal", "partly_accepted"),
    ),
    certified=True,
    approvals=(Approval("head-of-unit", "abc", date(2025, 4, 29)),),
    approvers=("head-of-unit",),
)


def rules(*more: dict) -> Sensitivity:
    base = {"topic": "presence", "max_level": 2, "audience": "public", "why": "agreed as harmless"}
    return read_sensitivity([base, *more], "sensitivity.yml")


AREA = {"area_class": "contested", "audience": "public", "max_level": 1, "hide": "organisations", "why": "danger"}


def codes(evidence: Evidence, candidate: Candidate = CANDIDATE, table: Sensitivity | None = None) -> list[str]:
    found = holds(candidate, evidence, table or rules(), TODAY)
    assert all(hold.who and len(hold.reason) > 20 for hold in found)
    return [hold.code for hold in found]


def test_what_is_complete_safe_and_signed_off_goes() -> None:
    assert codes(READY) == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"deliveries": (Delivery("WSH workbook", "wsh-focal", None, required=True),), "least_share": 0.0}, "input"),
        ({"deliveries": (Delivery("WSH workbook", "wsh-focal", "refused"),), "least_share": 0.5}, "completeness"),
        ({"checks": (Check("totals", False, "two totals are off"),)}, "quality"),
        ({"named_in_hiding": 3}, "areas"),
        ({"expired_agreements": ("registration-unit",)}, "agreement"),
        ({"certified": False}, "certificate"),
        ({"approvals": ()}, "approval"),
        ({"approvals": (Approval("somebody-else", "abc", date(2025, 4, 29)),)}, "approval"),
        ({"approvals": (Approval("head-of-unit", "abc", date(2025, 5, 1)),)}, "approval"),
        ({"approvals": (Approval("head-of-unit", "old", date(2025, 4, 29)),)}, "approval"),
        ({"approvers": ()}, "approval"),
    ],
)
def test_each_reason_alone_holds_the_release(change: dict, code: str) -> None:
    assert codes(replace(READY, **change)) == [code]


def test_all_reasons_are_told_at_once() -> None:
    found = codes(replace(READY, certified=False, approvals=(), checks=(Check("totals", False, "two are off"),)))
    assert found == ["quality", "certificate", "approval"]


def test_completeness_names_who_owes_and_counts_partly_accepted() -> None:
    late = (*READY.deliveries, Delivery("Health workbook", "hea-focal", None))
    (hold,) = holds(CANDIDATE, replace(READY, deliveries=late, least_share=0.9), rules(), TODAY)
    assert hold.who == "hea-focal"
    assert "2 of 3" in hold.reason
    assert "90%" in hold.reason
    assert codes(replace(READY, deliveries=late, least_share=0.6)) == []


def test_figures_that_changed_after_the_sign_off_say_so() -> None:
    (hold,) = holds(CANDIDATE, replace(READY, content_hash="new"), rules(), TODAY)
    assert "changed since" in hold.reason


@pytest.mark.parametrize(
    ("change", "held"),
    [
        ({"finest_level": 2}, False),
        ({"finest_level": 3}, True),
        ({"topic": "access"}, True),
        ({"audience": "partners", "finest_level": 2}, False),
        ({"audience": "partners", "finest_level": 3}, True),
        ({"audience": "everybody"}, True),
    ],
)
def test_sensitivity_is_topic_by_level_by_audience(change: dict, held: bool) -> None:
    assert codes(READY, replace(CANDIDATE, **change)) == (["sensitivity"] if held else [])


def test_the_strictest_of_several_rules_holds_and_a_narrower_circle_has_its_own() -> None:
    strict = {"topic": "presence", "max_level": 1, "audience": "public", "why": "this spring"}
    inner = {"topic": "presence", "max_level": 3, "audience": "partners", "why": "they know"}
    table = rules(strict, inner)
    assert table.finest_level("presence", "public") == (1, "this spring")
    assert table.finest_level("presence", "partners") == (3, "they know")
    assert codes(READY, replace(CANDIDATE, finest_level=1), table) == []
    never = {"topic": "presence", "max_level": -1, "audience": "public", "why": "never"}
    assert codes(READY, replace(CANDIDATE, finest_level=0), rules(never)) == ["sensitivity"]


def presence() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "org_name": ["Alpha", "Beta", "Alpha", "Alpha", None],
            "sector": ["WSH", "WSH", "WSH", "HEA", "WSH"],
            "admin_level": [2, 2, 1, 2, 2],
            "pcode": ["XV0101", "XV0101", "XV01", "XV0202", "XV0202"],
            "n_activities": [4, 7, 11, 2, 1],
        }
    )


CLASSES = {"XV0101": "contested", "XV01": "contested", "XV0202": "accessible"}
KEYS = ("org_name", "sector", "admin_level", "pcode")


def test_names_are_withheld_below_the_level_in_contested_areas_and_nowhere_else() -> None:
    table = rules(AREA)
    named = ["org_name"]
    assert named_in_hiding(presence(), table.area_rules("public"), CLASSES, named) == 2
    out = hide_organisations(presence(), table.area_rules("public"), CLASSES, named, KEYS, ["n_activities"])
    assert out.to_dict("list") == {
        "org_name": ["withheld", "Alpha", "Alpha", None],
        "sector": ["WSH", "WSH", "HEA", "WSH"],
        "admin_level": [2, 1, 2, 2],
        "pcode": ["XV0101", "XV01", "XV0202", "XV0202"],
        "n_activities": [None, 11, 2, 1],
    }
    assert named_in_hiding(out, table.area_rules("public"), CLASSES, named) == 0


def test_an_area_rule_for_partners_binds_the_public_too_but_not_the_other_way_round() -> None:
    for_partners = rules(AREA | {"audience": "partners"})
    assert len(for_partners.area_rules("public")) == 1
    assert len(for_partners.area_rules("partners")) == 1
    assert rules(AREA).area_rules("partners") == []
    assert hide_organisations(presence(), (), CLASSES, ["org_name"], KEYS).equals(presence())


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"rules": []}, "must be a list"),
        ([{"topic": "presence", "max_level": 9, "audience": "public", "why": "x"}], "rule 1, max_level"),
        ([{"topic": "presence", "max_level": 2, "audience": "world", "why": "x"}], "rule 1, audience"),
        ([{"topic": "presence", "max_level": 2, "audience": "public"}], "rule 1, why"),
        ([{"topic": "presence", "max_level": 2, "audience": "public", "why": "x", "extra": 1}], "rule 1, extra"),
    ],
)
def test_rules_that_cannot_be_read_name_the_rule_and_the_key(document: object, words: str) -> None:
    with pytest.raises(Permanent, match=words):
        read_sensitivity(document, "sensitivity.yml")
