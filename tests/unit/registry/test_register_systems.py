"""ANR and proGres (v3, v4) by their column maps and code lists: one population in three dresses is one population."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
import register_rows

from assets.registry import columns
from assets.registry.columns import ColumnMap
from orchestration import office_table
from orchestration.failures import Permanent

PAKISTAN = Path(__file__).parents[2] / "fixtures" / "pakistan"
SYSTEMS = ("progres_v3", "progres_v4", "anr_v1")
# sex, role, legal status and record status of each system, for the same people.
DRESS: dict[str, dict[str, dict[str, str]]] = {
    "progres_v3": {
        "sex": {"f": "F", "m": "M"}, "family_role": {"focal_point": "PRA", "spouse": "WIF", "child": "SON"},
        "legal_status": {"REF": "RF", "OTH": "OC"}, "record_status": {"active": "A", "inactive": "C"},
    },
    "progres_v4": {
        "sex": {"f": "F", "m": "m"}, "family_role": {"focal_point": "Focal point", "spouse": "spouse", "child": "Child"},
        "legal_status": {"REF": "REF", "OTH": "oth"}, "record_status": {"active": "Active", "inactive": "closed"},
    },
    "anr_v1": {
        "sex": {"f": "2", "m": "1"}, "family_role": {"focal_point": "Head", "spouse": "wife", "child": "son"},
        "legal_status": {"REF": "PoR", "OTH": "unreg"}, "record_status": {"active": "expired", "inactive": "corner-cut"},
    },
}  # fmt: skip
PEOPLE = [
    ("R1", "G1", "focal_point", "f", "1980-01-01", "REF", "active", "XV0101"),
    ("R2", "G1", "child", "m", "2015-06-30", "REF", "active", "XV0101"),
    ("R3", "G2", "focal_point", "m", "1955-02-28", "REF", "inactive", "XV0102"),
    ("R4", "G3", "focal_point", "f", "2001-12-31", "OTH", "active", "XV0102"),
    ("R5", "G3", "spouse", "f", "2002-03-01", "OTH", "active", "XV0102"),
]
SIZES = {"G1": "2", "G2": "1", "G3": "2"}
FIELDS = (
    "record_id",
    "registration_group_id",
    "family_role",
    "sex",
    "date_of_birth",
    "legal_status",
    "record_status",
    "residence_adm2_code",
)


def _map(system: str) -> ColumnMap:
    lists = office_table.read(PAKISTAN / "code_lists" / f"{system}.csv")
    return columns.load(office_table.read(PAKISTAN / "column_maps" / f"{system}.csv"), lists)


def _headings(system: str) -> dict[str, str]:
    rows = office_table.read(PAKISTAN / "column_maps" / f"{system}.csv")
    return {row["canonical"]: row["header"].split("|")[0] for row in rows}


def _written(system: str, **changed: str) -> bytes:
    target = io.StringIO(newline="")
    headings = _headings(system)
    writer = csv.DictWriter(target, list(headings.values()), restval="")
    writer.writeheader()
    for values in PEOPLE:
        one = dict(zip(FIELDS, values, strict=True))
        dressed = {name: DRESS[system].get(name, {}).get(value, value) for name, value in one.items()} | changed
        dressed |= {
            "origin_country": "AFG", "registration_date": "2021-05-04", "residence_adm1_code": "XV01",
            "family_size_declared": SIZES[one["registration_group_id"]],
        }  # fmt: skip
        writer.writerow({headings[name]: cell for name, cell in dressed.items()})
    return target.getvalue().encode()


def _read(system: str, **changed: str) -> tuple[Any, list[dict[str, Any]]]:
    return register_rows.read(_written(system, **changed), column_map=_map(system))


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_same_people_are_the_same_rows_whatever_the_system(system: str) -> None:
    result, people = _read(system)
    assert (result.refusals, result.rows) == ([], {})
    assert result.totals == {"records": 5, "families": 3, "active": 4}
    assert [(one["sex"], one["legal_status"], one["record_status"], one["is_focal"], one["origin"]) for one in people] == [
        ("f", "REF", "active", True, "AFG"), ("m", "REF", "active", False, "AFG"), ("m", "REF", "inactive", True, "AFG"),
        ("f", "OTH", "active", True, "AFG"), ("f", "OTH", "active", False, "AFG"),
    ]  # fmt: skip
    assert people == _read("progres_v4")[1]


@pytest.mark.parametrize("system", SYSTEMS)
def test_no_field_of_free_text_or_identity_is_carried_on(system: str) -> None:
    known = _map(system)
    carried = {name for name, how in known.handling.items() if how != "drop"}
    assert not carried & {"full_name", "given_name", "family_name", "phone", "address", "document_number", "card_number",
                          "tribe", "ethnicity", "religion", "specific_needs", "occupation", "father_name"}  # fmt: skip
    assert {known.handling[name] for name in ("record_id", "registration_group_id")} == {"hash"}


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("field", ["legal_status", "record_status", "family_role"])
def test_a_code_that_is_not_in_the_list_is_told_and_left_out(system: str, field: str) -> None:
    result, people = _read(system, **{field: "Quandorf Axbryth"})
    assert result.counts["R-CODE"] == len(PEOPLE)
    assert "Axbryth" not in str(people)


def test_one_version_is_not_taken_for_another() -> None:
    result, _ = register_rows.read(_written("progres_v3"), column_map=_map("progres_v4"))
    assert [one.rule for one in result.refusals] == ["R-TEMPLATE"]


def test_a_register_with_codes_of_its_own_for_places_has_them_in_its_list() -> None:
    own = [{"field": "residence_adm2_code", "value": "PSH-17", "code": "XV0102"}]
    lists = [*office_table.read(PAKISTAN / "code_lists" / "progres_v4.csv"), *own]
    known = columns.load(office_table.read(PAKISTAN / "column_maps" / "progres_v4.csv"), lists)
    content = _written("progres_v4").replace(b"XV0102", b"psh-17")
    result, people = register_rows.read(content, column_map=known)
    assert result.counts == {"R-PLACE-UNKNOWN": 2}  # a list counts for the whole column
    assert {one["adm2_pcode"] for one in people} == {"XV0102"}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"field": "sex", "value": "W", "code": "woman"}, "field 'sex' with code 'woman'"),
        ({"field": "religion", "value": "a", "code": "b"}, "field 'religion'"),
        ({"field": "sex", "value": "f ", "code": "m"}, "stands there twice"),
    ],
)
def test_a_code_list_that_cannot_be_right_is_refused_with_its_row(row: dict[str, str], words: str) -> None:
    lists = [{"field": "sex", "value": "F", "code": "f"}, row]
    with pytest.raises(Permanent, match=f"row 3: .*{words}"):
        columns.load([], lists)
