"""The columns of an extract: which may come in, which must not, and nothing told of a file without headings."""

from __future__ import annotations

import demo_places
import pytest
from register_rows import HEADER, MAP, person, read, written

from assets.registry import columns
from orchestration.failures import Permanent


def _refused(content: bytes) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.rule, one.columns) for one in read(content)[0].refusals]


def test_headings_may_stand_in_any_order_and_dress() -> None:
    assert _refused(written([person()], sorted(HEADER)).replace(b"record_id", b" Record_ID ")) == []


@pytest.mark.parametrize(
    ("heading", "word"),
    [
        ("fingerprint", "fingerprint"),
        ("Left fingerprint", "fingerprint"),
        ("IRIS_code", "iris"),
        ("Case notes", "case_notes"),
        ("case-notes", "case_notes"),
        ("CaseNotes Quandorf Axbryth", "case_notes"),  # the word that refuses it is told, not whose notes they are
    ],
)
def test_a_column_that_must_never_come_in_refuses_the_file(heading: str, word: str) -> None:
    told = f"{word} (column {len(HEADER) + 1})"
    assert _refused(written([person()], [*HEADER, heading])) == [("R-FORBIDDEN", (told,))]


def test_our_columns_are_told_by_name_and_a_strange_one_by_its_place() -> None:
    last = f"the heading of column {len(HEADER) + 1}"
    assert _refused(written([person()], [*HEADER, "blood_group"])) == [("R-TEMPLATE", (last,))]
    assert _refused(written([person()], HEADER[1:])) == [("R-TEMPLATE", ("record_id",))]
    assert _refused(written([person()], [*HEADER, "sex"])) == [("R-TEMPLATE", ("sex",))]
    assert _refused(written([person()], [*HEADER, "Sex"])) == [("R-TEMPLATE", ("sex",))]
    renamed = written([person()]).replace(b"residence_adm2_code", b"district_code", 1)
    place = f"the heading of column {HEADER.index('residence_adm2_code') + 1}"
    assert _refused(renamed) == [("R-TEMPLATE", (place, "residence_adm2_code"))]


def test_two_faults_of_the_columns_are_both_told() -> None:
    assert [rule for rule, _ in _refused(written([person()], [*HEADER[1:], "iris"]))] == ["R-FORBIDDEN", "R-TEMPLATE"]


def test_a_file_without_headings_does_not_have_its_first_person_told() -> None:
    """The 'unknown columns' of such a file are somebody's name and telephone number."""
    body = written([person(full_name="Iris Invented"), person()]).split(b"\n", 1)[1]
    refused = _refused(body)
    assert [rule for rule, _ in refused] == ["R-TEMPLATE"]
    assert "Invented" not in str(refused)
    assert "222" not in str(refused)


def test_columns_the_map_does_not_require_may_be_missing() -> None:
    needed = [name for name in HEADER if name in MAP.required]
    result, (row,) = read(written([person()], needed))
    assert result.counts == {}
    assert row["card_expiry_month"] is None


def test_an_unknown_handling_in_the_map_is_told() -> None:
    with pytest.raises(Permanent, match="unknown handling"):
        columns.load([{"canonical": "a", "header": "a", "required": "yes", "handling": "publish"}])


def test_what_is_dropped_is_named() -> None:
    assert read(written([person()]))[0].dropped == sorted(
        row["canonical"] for row in demo_places.office_table("column_maps/register_v1") if row["handling"] == "drop"
    )
