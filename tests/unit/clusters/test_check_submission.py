"""One workbook, one trouble: the rule that answers, and what happens to the row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from small_country import NAMES, activity

from assets.clusters.check import ACTIVITY_COLUMNS, Checked
from assets.quality.checked_tables import TABLES

Check = Callable[..., Checked]


def _found(checked: Checked) -> set[tuple[str, int | None]]:
    return {(finding.rule, finding.row) for finding in checked.verdict.findings}


def test_clean_file_is_accepted_as_it_is(check: Check) -> None:
    checked = check([activity(n) for n in range(4)])
    assert _found(checked) == set()
    assert checked.verdict.verdict == "accepted"
    assert checked.verdict.summary == "All 4 rows were accepted. Thank you."
    assert (checked.verdict.partition, checked.verdict.subject, checked.template) == ("2025-03", "WSH", "new")
    assert list(checked.rows.columns) == list(ACTIVITY_COLUMNS) == list(TABLES["activities"])
    first = checked.rows.iloc[0].to_dict()
    assert first["row_number"] == 2
    assert (first["org_id"], first["donor_org_id"], first["impl_org_id"]) == ("O-1", "O-6", None)
    assert (first["sector"], first["activity_code"], first["status"]) == ("WSH", "WSH-01", "ongoing")
    assert (first["pcode"], first["level"], first["adm2_pcode"], first["cod_version"]) == (
        "QZ0101001001",
        4,
        "QZ0101",
        "v01",
    )
    assert (first["start_date"], first["end_date"]) == (date(2025, 3, 3), date(2025, 3, 28))
    assert (first["targeted"], first["reached"], first["older_men"]) == (150, 100, 8)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"adm3_code": "QZ0101099", "settlement": None}, "C-PLACE-UNKNOWN"),
        ({"adm3_code": "QZ01-XXX"}, "C-PLACE-UNKNOWN"),
        ({"adm3_code": None, "adm3_name": "Nowhere"}, "C-PLACE-UNKNOWN"),
        (
            {
                "adm1_code": None,
                "adm2_code": None,
                "adm3_code": None,
                "adm2_name": None,
                "adm3_name": "Nove",
                "settlement": None,
            },
            "C-PLACE-AMBIGUOUS",
        ),
        ({"adm2_code": "QZ0201"}, "C-PLACE-PARENT"),
        ({"adm3_code": "#N/A"}, "C-EXCEL-ERROR"),
        ({"org": "#REF!"}, "C-EXCEL-ERROR"),
        ({"girls": "<Null>"}, "C-EXCEL-ERROR"),
        ({"org": "Somebody Else"}, "C-ORG-UNKNOWN"),
        ({"org": None}, "C-ORG-UNKNOWN"),
        ({"org": "KAR"}, "C-ORG-UNKNOWN"),
        ({"donor": "A Donor Nobody Knows"}, "C-ORG-UNKNOWN"),
        ({"sector": "Health", "activity": "Mobile clinic"}, "C-SECTOR"),
        ({"sector": "Astronomy"}, "C-SECTOR"),
        ({"activity": "Various"}, "C-ACTIVITY"),
        ({"activity": "Mobile clinic"}, "C-ACTIVITY"),
        ({"status": "Started"}, "C-VALUE"),
        ({"population_group": "Martians"}, "C-VALUE"),
        ({"reached": -100}, "C-NEGATIVE"),
        ({"boys": "-20"}, "C-NEGATIVE"),
        ({"reached": "about 100"}, "C-NUMBER"),
        ({"reached": "1.200"}, "C-NUMBER"),
        ({"men": date(2025, 3, 1)}, "C-NUMBER"),
        ({"reached": 100.5}, "C-DECIMAL"),
        ({"reached": "100,5"}, "C-DECIMAL"),
        ({"end_date": date(2025, 3, 1)}, "C-DATES"),
        ({"start_date": "soon"}, "C-DATES"),
        ({"start_date": None}, "C-DATES"),
        ({"with_disability": 101}, "C-DISABILITY"),
    ],
)
def test_row_that_waits(check: Check, changes: dict[str, Any], rule: str) -> None:
    checked = check([activity(1), activity(0, **changes), activity(2)])
    assert _found(checked) == {(rule, 3)}
    assert checked.verdict.verdict == "partly_accepted"
    assert checked.verdict.summary == "2 of 3 rows were accepted; 1 row waits for your correction."
    assert list(checked.rows["row_number"]) == [2, 4]
    assert [(row["row_number"], row["rule"]) for _, row in checked.refused.iterrows()] == [(3, rule)]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"adm3_name": "Popa"}, "C-PLACE-NAME"),
        ({"girls": 31}, "C-SADD"),
        ({"targeted": 70}, "C-OVER-TARGET"),
        ({"targeted": 0}, "C-OVER-TARGET"),
        (dict.fromkeys(NAMES[17:26]), "C-NO-FIGURE"),
        ({"adm3_name": "Маrhаnets"}, "C-LOOKALIKE"),
        ({"org": "Wеlls for All"}, "C-LOOKALIKE"),
        ({"adm3_code": 101001}, "C-CODE-NUMBER"),
        ({"adm3_code": "1.01001E+05"}, "C-CODE-NUMBER"),
    ],
)
def test_row_that_is_used_and_told_about(check: Check, changes: dict[str, Any], rule: str) -> None:
    checked = check([activity(1), activity(0, **changes)])
    assert _found(checked) == {(rule, 3)}
    assert len(checked.rows) == 2
    expected = "accepted" if rule in {"C-LOOKALIKE", "C-CODE-NUMBER"} else "accepted_with_warnings"
    assert checked.verdict.verdict == expected


@pytest.mark.parametrize(
    "changes",
    [
        {"targeted": 84},  # 100 reached of 84 targeted: 19 per cent above
        {"older_women": None, "older_men": None, "girls": 50},
        {"girls": None, "boys": None, "women": None, "men": None, "older_women": None, "older_men": None},
        {"girls": None},
        {"reached": "100", "girls": "30.0"},
        {"targeted": "1,200"},
        {"targeted": "1\u00a0200"},
        {"start_date": "03/03/2025", "end_date": "28.03.2025"},
        {"start_date": 45719, "end_date": 45719.0},
        {"org": "Wells for All (WFA)"},
        {"org": "Криниці для всіх"},
        {"impl_org": "-", "donor": "n/a"},
        {"activity": "WSH-02 - Training"},
        {"activity": "Training"},
        {"status": "in PROGRESS"},
        {"population_group": "ВПО"},
        {"adm1_name": "Зеленська", "adm3_name": "Марганець"},
        {"settlement": "A hamlet on no list"},
        {"reporting_month": "March 2025"},
        {"reporting_month": date(2025, 3, 1)},
        {"reporting_month": "03.2025"},
        {"reporting_month": "березень 2025"},
        {"reporting_month": None},
        {
            "reached": 0,
            "girls": 0,
            "boys": 0,
            "women": 0,
            "men": 0,
            "older_women": 0,
            "older_men": 0,
            "with_disability": 0,
        },
    ],
)
def test_harmless_dialects_raise_nothing(check: Check, changes: dict[str, Any]) -> None:
    checked = check([activity(1), activity(0, **changes)])
    assert _found(checked) == set()
    assert len(checked.rows) == 2


def test_zero_stays_zero_and_blank_stays_nothing(check: Check) -> None:
    rows = check(
        [activity(reached=0, girls=0, boys=0, women=0, men=0, older_women=0, older_men=0, with_disability=None)]
    ).rows
    assert rows["reached"].iloc[0] == 0
    assert rows["with_disability"].isna().iloc[0]


def test_second_of_two_equal_rows_waits_however_it_is_spelled(check: Check) -> None:
    checked = check([activity(1), activity(2), activity(1, org="Wells for All", adm3_name="Марганець")])
    assert _found(checked) == {("C-DUPLICATE-ROW", 4)}
    assert checked.verdict.findings[0].detail == "2"
    assert _found(check([activity(1), activity(1, remarks="second truck")])) == set()


def test_codes_follow_the_month(check: Check) -> None:
    old = activity(reporting_month="2025-09", start_date=date(2025, 9, 1), end_date=None)
    checked = check([old], "WSH 2025-09.xlsx")
    assert _found(checked) == {("C-OLD-CODE", 2)}
    assert (checked.rows["pcode"].iloc[0], checked.rows["cod_version"].iloc[0]) == ("QZ0103001001", "v02")
    assert checked.verdict.findings[0].suggestion == "QZ0103001001"


def test_overlapping_age_groups_are_named(check: Check) -> None:
    checked = check([activity(women=32, men=18)])
    assert _found(checked) == {("C-SADD", 2)}
    assert "counted among the adults" in (checked.verdict.findings[0].detail or "")
