"""Every rule of a registration extract, and the fast way against a slow one in plain Python."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
import register_rows
from hypothesis import given, settings
from hypothesis import strategies as st
from register_rows import DAY, Record, person, written

from assets.quality.rules import Severity, rules_of
from assets.registry import rules


def _told(*records: Record, day: date = DAY) -> dict[str, list[int]]:
    return register_rows.read(written(records), day)[0].rows


def test_a_good_record_raises_nothing_and_leaves_nothing_personal() -> None:
    result, (row,) = register_rows.read(written([person()]))
    assert (result.counts, result.refusals) == ({}, [])
    assert (result.rows_total, result.rows_accepted, result.rows_refused) == (1, 1, 0)
    assert {name: row[name] for name in row if name not in {"person", "family"}} == {
        "extract": "2025-03-31", "register": "register", "sex": "f", "age_years": 34, "adm1_pcode": "XV01",
        "adm2_pcode": "XV0101", "cod_version": "v01", "origin": "QQQ", "legal_status": "REF", "record_status": "active",
        "registered_month": "2021-02", "card_expiry_month": "2026-01", "is_focal": True,
    }  # fmt: skip
    assert not {"R1", "G1", "Somebody Invented", "1990-05-17", "+000 11 222"} & {str(value) for value in row.values()}
    assert len(row["person"]) == len(row["family"]) == 32


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("R-ID-MISSING", {"record_id": " ", "registration_group_id": ""}),
        ("R-BIRTH-FUTURE", {"date_of_birth": "2025-04-01"}),
        ("R-PLACE-UNKNOWN", {"residence_adm2_code": "XV0999"}),
        ("R-PLACE-UNKNOWN", {"residence_adm2_code": ""}),
        ("R-SEX", {"sex": ""}),
        ("R-SEX", {"sex": "X"}),
        ("R-CODE", {"legal_status": "stateless"}),
        ("R-BIRTH-OLD", {"date_of_birth": "1925-03-30"}),
        ("R-BIRTH-MISSING", {"date_of_birth": ""}),
        ("R-BIRTH-MISSING", {"date_of_birth": "2025-02-30"}),
        ("R-CARD-DATES", {"card_issue": "2025-01-02", "card_expiry": "2025-01-01"}),
        ("R-NO-FOCAL", {"family_role": "spouse"}),
        ("R-SIZE", {"family_size_declared": "2"}),
    ],
)
def test_each_rule_alone(rule: str, changes: Record) -> None:
    assert _told(person(**changes)) == {rule: [2]}


@pytest.mark.parametrize(
    "changes",
    [
        {"date_of_birth": "2025-03-31"}, {"date_of_birth": "1925-03-31"}, {"sex": " male "},
        {"residence_adm2_code": " xv0102 "}, {"card_issue": ""}, {"card_issue": "2026-01-01"},
        {"family_role": "Focal point"}, {"family_size_declared": ""}, {"family_size_declared": "one"},
        {"registration_group_id": "", "family_role": "", "family_size_declared": "7"},
    ],
)  # fmt: skip
def test_what_is_on_the_right_side_of_each_border(changes: Record) -> None:
    assert _told(person(**changes)) == {}


def test_the_second_record_of_a_number_waits_and_counts_nowhere() -> None:
    result, people = register_rows.read(written([person(), person(record_id=" R1 "), person(record_id="R1", sex="M")]))
    assert result.rows == {"R-ID-DUPLICATE": [3, 4]}
    assert [row["sex"] for row in people] == ["f"]
    assert (result.rows_accepted, result.rows_refused, result.totals["records"]) == (1, 2, 3)


def test_a_record_that_breaks_two_rules_waits_once() -> None:
    result, _ = register_rows.read(
        written([person(date_of_birth="2090-01-01", residence_adm2_code="?"), person(record_id="R2")])
    )
    assert result.rows_refused == 1
    assert result.rows == {"R-BIRTH-FUTURE": [2], "R-PLACE-UNKNOWN": [2], "R-NO-FOCAL": [2], "R-SIZE": [2]}


def test_families_count_those_who_are_active() -> None:
    gone = person(record_id="R2", record_status="deceased", family_role="spouse")
    assert _told(person(), gone) == {}
    assert _told(person(family_size_declared="2"), gone) == {"R-SIZE": [2]}
    assert _told(person(record_status="inactive"), gone) == {}  # left as a whole


def test_two_focal_points_are_as_wrong_as_none() -> None:
    two = [person(record_id=name, family_size_declared="2") for name in ("R1", "R2")]
    assert _told(*two) == {"R-NO-FOCAL": [2]}


def test_a_family_scattered_over_the_file_is_one_family() -> None:
    others = [person(record_id=f"X{n}", registration_group_id=f"Y{n}") for n in range(50)]
    late = person(record_id="R2", family_role="child", family_size_declared="2")
    assert _told(person(family_size_declared="2"), *others, late) == {}


def test_an_old_district_code_is_carried_over_with_its_region() -> None:
    _, (row,) = register_rows.read(written([person(residence_adm1_code="XV09", residence_adm2_code="XV0109")]))
    assert (row["adm1_pcode"], row["adm2_pcode"]) == ("XV01", "XV0102")


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        ("2004-02-29", date(2025, 2, 28), 20), ("2004-02-29", date(2025, 3, 1), 21), ("2004-02-29", date(2024, 2, 29), 20),
        ("2004-02-29", date(2024, 2, 28), 19), ("2004-02-28", date(2025, 2, 28), 21), ("2003-03-01", date(2024, 2, 29), 20),
        ("2024-12-31", date(2024, 12, 31), 0), ("2023-12-31", date(2024, 12, 30), 0), ("1925-03-31", date(2025, 3, 31), 100),
        ("", date(2025, 3, 31), None),
    ],
)  # fmt: skip
def test_ages_turn_on_the_birthday_also_on_leap_days(born: str, day: date, age: int | None) -> None:
    _, (row,) = register_rows.read(written([person(date_of_birth=born)]), day)
    assert row["age_years"] == age


def test_every_rule_of_the_register_is_raised_somewhere_with_the_severity_it_has() -> None:
    by_file = {"R-UNREADABLE", "R-TEMPLATE", "R-DAY", "R-FORBIDDEN", "R-TOTALS"}
    by_row = {**rules.ROW_RULES, **rules.FAMILY_RULES}
    others = {name for name in rules_of("register") if name.startswith("R-COUNT-")} | {"R-SNAPSHOT", "R-CUSTODY"}
    assert set(rules_of("register")) == by_file | set(by_row) | others
    severities = {name: rule.severity for name, rule in rules_of("register").items()}
    assert {name: severity for name, (severity, _) in by_row.items()} == {name: severities[name] for name in by_row}
    assert all(severities[name] is Severity.REFUSE for name in by_file)


def test_only_so_many_rows_are_listed_and_all_are_counted() -> None:
    many = [
        person(record_id=f"R{n}", registration_group_id="", family_role="", sex="")
        for n in range(rules.LISTED_ROWS + 7)
    ]
    result, people = register_rows.read(written(many))
    assert result.counts == {"R-SEX": rules.LISTED_ROWS + 7}
    assert result.rows["R-SEX"] == list(range(2, rules.LISTED_ROWS + 2))
    assert len(people) == len(many)


# -- fast against slow ----------------------------------------------------------------------------------------

_DATES = [
    "1990-05-17", "2004-02-29", "1924-02-29", "1925-03-31", "1925-03-30", "1900-01-01", "2025-03-31", "2025-04-01", "2052-01-01",
    "", "2025-02-30", "unknown", "31/12/1990",
]  # fmt: skip
_RECORDS = st.fixed_dictionaries(
    {
        "record_id": st.sampled_from(["R1", "R2", "R3", "R4", " R1", "r1", "", " "]),
        "registration_group_id": st.sampled_from(["G1", "G2", "G2 ", "", " "]),
        "family_role": st.sampled_from(["focal_point", "HEAD", "child", "spouse", ""]),
        "full_name": st.sampled_from(["Ana", 'Quote " and, comma', "Ім'я", "two\nlines", "", '"', "\\", "a\r\nb"]),
        "sex": st.sampled_from(["F", "m", "female", " Male", "X", ""]),
        "date_of_birth": st.sampled_from(_DATES),
        "legal_status": st.sampled_from(["REF", "asy ", ""]),
        "record_status": st.sampled_from(["active", "Active ", "inactive", "deceased", ""]),
        "registration_date": st.sampled_from(_DATES),
        "residence_adm1_code": st.sampled_from(["XV01", ""]),
        "residence_adm2_code": st.sampled_from(["XV0101", " xv0102", "XV0109", "XV9999", ""]),
        "family_size_declared": st.sampled_from(["1", "2", "3", "", "two"]),
        "card_issue": st.sampled_from(_DATES),
        "card_expiry": st.sampled_from(_DATES),
    }
)


@settings(max_examples=60, deadline=None)
@given(st.lists(_RECORDS, max_size=12), st.sampled_from([DAY, date(2024, 2, 29), date(2025, 2, 28)]), st.booleans())
def test_the_fast_way_finds_what_the_slow_way_finds(records: list[Record], day: date, once: bool) -> None:
    records = [person() | record for record in records]
    content = written(records)
    result, people = register_rows.read(iter([content]) if once else [content], day)
    expected = register_rows.slowly(records, day)
    assert result.rows == dict(expected.rows)
    assert result.totals == expected.totals
    assert people == expected.people
    assert result.rows_refused == len(records) - len(expected.people)


def test_many_rows_keep_their_numbers_and_their_order() -> None:
    """Several threads read the file; a row number must still be the one the sender sees."""
    records = [person(record_id=f"R{n}", registration_group_id=f"G{n}", full_name="x" * 200) for n in range(12_000)]
    for n in (0, 5_000, 11_999):
        records[n]["sex"] = ""
    content = written(records)
    result, people = register_rows.read([content[at : at + 65_536] for at in range(0, len(content), 65_536)])
    assert result.rows == {"R-SEX": [2, 5_002, 12_001]}
    expected = register_rows.slowly(records)
    assert [row["person"] for row in people] == [row["person"] for row in expected.people]


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(register_rows.HEADER),
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=12),
    )
)
def test_no_cell_whatever_makes_a_record_disappear(cells: dict[str, str]) -> None:
    records: list[Any] = [person(), person(record_id="R2") | cells, person(record_id="R3")]
    result, _ = register_rows.read(written(records))
    assert result.rows_total == 3


@pytest.mark.parametrize(
    "odd", ["infinity", "-infinity", "epoch", "0001-01-01", "9999-12-31", "1990-05-17 10:00", "5000000-01-01"]
)
def test_odd_dates_stop_nothing(odd: str) -> None:
    result, _ = register_rows.read(
        written([person(date_of_birth=odd, registration_date=odd, card_issue=odd, card_expiry=odd)])
    )
    assert result.rows_total == 1
