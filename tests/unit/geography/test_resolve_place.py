"""What a row says about its place, and the place or the reason that comes out."""

from __future__ import annotations

from typing import Any

import pytest
from small_country import MARCH, SEPTEMBER

from assets.geography.places import Gazetteer


@pytest.mark.parametrize(
    ("cell", "notes"),
    [
        ("QZ0101001", ()),
        ("qz0101001 ", ()),
        ("QZ101001", ("CODE-NUMBER",)),
        ("0101001", ("CODE-NUMBER",)),
        (101001, ("CODE-NUMBER",)),
        (101001.0, ("CODE-NUMBER",)),
        ("101001.0", ("CODE-NUMBER",)),
        ("1.01001E+05", ("CODE-NUMBER",)),
        ("QZA0101001", ("CODE-NUMBER",)),
        ("QZ-01-01-001", ("CODE-NUMBER",)),
        ("QZ0101001".replace("Q", "Q").replace("Z", "Ζ"), ("LOOKALIKE",)),  # Greek capital zeta
    ],
)
def test_damaged_code_is_read(gazetteer: Gazetteer, cell: Any, notes: tuple[str, ...]) -> None:
    match = gazetteer.resolve(cell, {}, MARCH)
    assert (match.pcode, match.level, match.version) == ("QZ0101001", 3, "v01")
    assert match.notes == notes


@pytest.mark.parametrize("cell", ["1.01E+05", "QZ0109001", "QZ01-XXX", "#N/A", "AB0101001", "nothing"])
def test_code_that_is_none_is_refused(gazetteer: Gazetteer, cell: str) -> None:
    match = gazetteer.resolve(cell, {}, MARCH)
    assert match.pcode is None
    assert match.problem == "PLACE-UNKNOWN"


def test_unknown_code_with_a_name_only_suggests(gazetteer: Gazetteer) -> None:
    match = gazetteer.resolve("QZ0101009", {3: "Marganets"}, MARCH, parents={2: "QZ0101"})
    assert match.pcode is None
    assert match.suggestion == "QZ0101001 Marhanets"


def test_code_outside_its_stated_parent(gazetteer: Gazetteer) -> None:
    match = gazetteer.resolve("QZ0101001", {}, MARCH, parents={1: "QZ02", 2: "QZ0201"})
    assert match.problem == "PLACE-PARENT"
    assert match.pcode is None
    assert match.suggestion == "QZ0101001 Marhanets"


def test_stated_parent_may_be_damaged_too(gazetteer: Gazetteer) -> None:
    match = gazetteer.resolve("QZ0101001", {1: "Green Region"}, MARCH, parents={1: 1, 2: "0101"})
    assert (match.pcode, match.notes) == ("QZ0101001", ())


def test_parent_stated_by_name_alone_counts(gazetteer: Gazetteer) -> None:
    match = gazetteer.resolve("QZ0101001", {2: "Ozernyi"}, MARCH)
    assert match.problem == "PLACE-PARENT"


@pytest.mark.parametrize(
    "name",
    ["Marhanets", "MARHANETS", "Марганець", "Marganets", "Marhanets’", " Marhanets\u00a0", "Marhanets commune"],
)
def test_name_in_any_spelling_agrees(gazetteer: Gazetteer, name: str) -> None:
    match = gazetteer.resolve("QZ0101001", {3: name}, MARCH)
    assert (match.pcode, match.notes) == ("QZ0101001", ())


def test_half_cyrillic_name_agrees_and_is_told(gazetteer: Gazetteer) -> None:
    match = gazetteer.resolve("QZ0101001", {3: "Маrhаnets"}, MARCH)
    assert (match.pcode, match.notes) == ("QZ0101001", ("LOOKALIKE",))


def test_name_wholly_in_lookalikes_is_told(gazetteer: Gazetteer) -> None:
    match = gazetteer.resolve("QZ0102002", {3: "Рора"}, MARCH)  # all four letters are Cyrillic
    assert (match.pcode, match.notes) == ("QZ0102002", ("LOOKALIKE",))


def test_another_name_is_a_warning_and_the_code_counts(gazetteer: Gazetteer) -> None:
    match = gazetteer.resolve("QZ0101001", {3: "Stepove"}, MARCH)
    assert (match.pcode, match.notes) == ("QZ0101001", ("PLACE-NAME",))
    assert match.problem is None


def test_neighbours_name_is_a_warning_however_alike(gazetteer: Gazetteer) -> None:
    assert gazetteer.resolve("QZ0201002", {3: "Stepove"}, MARCH).notes == ("PLACE-NAME",)


def test_name_alone_in_two_districts_is_ambiguous(gazetteer: Gazetteer) -> None:
    match = gazetteer.resolve(None, {3: "Nove"}, MARCH)
    assert match.problem == "PLACE-AMBIGUOUS"
    assert match.pcode is None
    assert match.suggestion == "QZ0101002 Nove; QZ0102001 Nove"


@pytest.mark.parametrize("names", [{2: "Lisovyi", 3: "Nove"}, {1: "Зеленська", 2: "Лісовий", 3: "Нове"}])
def test_name_with_its_parent_is_enough(gazetteer: Gazetteer, names: dict[int, str]) -> None:
    match = gazetteer.resolve(None, names, MARCH)
    assert (match.pcode, match.how, match.notes) == ("QZ0102001", "name", ())


def test_name_under_a_parent_code(gazetteer: Gazetteer) -> None:
    match = gazetteer.resolve("QZ0102", {3: "Nove"}, MARCH)
    assert (match.pcode, match.level) == ("QZ0102001", 3)


def test_name_that_is_nowhere(gazetteer: Gazetteer) -> None:
    match = gazetteer.resolve(None, {1: "Zelenska", 2: "Lisovyi", 3: "Novve"}, MARCH)
    assert match.problem == "PLACE-UNKNOWN"
    assert match.suggestion == "QZ0102001 Nove"


def test_listed_settlement_is_found_and_an_unlisted_one_is_no_error(gazetteer: Gazetteer) -> None:
    assert gazetteer.resolve("QZ0101001", {4: "Dibrova"}, MARCH).pcode == "QZ0101001001"
    unlisted = gazetteer.resolve("QZ0101001", {4: "Somewhere"}, MARCH)
    assert (unlisted.pcode, unlisted.notes) == ("QZ0101001", ())


def test_settlement_name_alone_in_two_communes_is_ambiguous(gazetteer: Gazetteer) -> None:
    assert gazetteer.resolve(None, {4: "Dibrova"}, MARCH).problem == "PLACE-AMBIGUOUS"


def test_nothing_stated_is_unknown(gazetteer: Gazetteer) -> None:
    assert gazetteer.resolve("", {3: "  "}, MARCH).problem == "PLACE-UNKNOWN"


def test_too_coarse_a_place_is_refused(gazetteer: Gazetteer) -> None:
    assert gazetteer.resolve("QZ01", {}, MARCH).pcode == "QZ01"
    assert gazetteer.resolve("QZ01", {}, MARCH, min_level=2).problem == "PLACE-UNKNOWN"


def test_old_code_is_carried_over(gazetteer: Gazetteer) -> None:
    match = gazetteer.resolve("QZ0101001", {3: "Marhanets"}, SEPTEMBER, parents={1: "QZ01", 2: "QZ0101"})
    assert (match.pcode, match.version, match.how) == ("QZ0103001", "v02", "crosswalk")
    assert match.notes == ("OLD-CODE",)
    assert match.lineage == ("QZ01", "QZ0103", "QZ0103001")


def test_reused_code_means_what_its_name_says(gazetteer: Gazetteer) -> None:
    """QZ0201001 is Stepove in v01 and Vysoke in v02; after the split a settlement decides where it went."""
    new = gazetteer.resolve("QZ0201001", {3: "Vysoke"}, SEPTEMBER)
    assert (new.pcode, new.notes) == ("QZ0201001", ())
    old = gazetteer.resolve("QZ0201001", {3: "Stepove", 4: "Krynychky"}, SEPTEMBER)
    assert (old.pcode, old.notes) == ("QZ0201003001", ("OLD-CODE",))


def test_old_code_of_a_split_place_is_ambiguous_without_more(gazetteer: Gazetteer) -> None:
    """One part kept the name; that does not say that the activity was there."""
    match = gazetteer.resolve("QZ0201001", {3: "Stepove", 2: "Ozernyi"}, SEPTEMBER)
    assert (match.pcode, match.problem) == (None, "PLACE-AMBIGUOUS")
    assert match.suggestion == "QZ0201003 Stepove; QZ0201004 Lypove"
    settled = gazetteer.resolve("QZ0201001001", {}, SEPTEMBER)
    assert (settled.pcode, settled.notes) == ("QZ0201003001", ("OLD-CODE",))


def test_old_district_becomes_the_merged_one(gazetteer: Gazetteer) -> None:
    match = gazetteer.resolve("QZ0102", {2: "Lisovyi"}, SEPTEMBER)
    assert (match.pcode, match.notes) == ("QZ0103", ("OLD-CODE",))


def test_old_district_name_beside_a_new_code_is_no_contradiction(gazetteer: Gazetteer) -> None:
    match = gazetteer.resolve("QZ0103001", {2: "Kamianskyi", 3: "Marhanets"}, SEPTEMBER)
    assert (match.pcode, match.notes) == ("QZ0103001", ())


def test_code_from_the_future_is_carried_back(gazetteer: Gazetteer) -> None:
    match = gazetteer.resolve("QZ0103004", {}, MARCH)
    assert (match.pcode, match.version, match.notes) == ("QZ0102002", "v01", ("OLD-CODE",))


def test_former_names_are_carried_over_too(gazetteer: Gazetteer) -> None:
    match = gazetteer.resolve(None, {1: "Zelenska", 2: "Lisovyi", 3: "Popa"}, SEPTEMBER)
    assert (match.pcode, match.notes) == ("QZ0103004", ("OLD-CODE",))


def test_version_follows_the_day(gazetteer: Gazetteer) -> None:
    assert gazetteer.version_on(MARCH) == "v01"
    assert gazetteer.version_on(SEPTEMBER) == "v02"


def test_answers_do_not_depend_on_what_was_asked_before(gazetteer: Gazetteer) -> None:
    text, number = gazetteer.resolve("101001", {}, MARCH), gazetteer.resolve(101001, {}, MARCH)
    assert text.pcode == number.pcode == "QZ0101001"
