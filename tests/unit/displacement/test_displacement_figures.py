"""The weekly displacement table: what is counted, what waits for a correction, and what is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import demo_places
import pytest
import small_country

from assets.displacement import checks, figures
from assets.displacement.figures import Figures
from assets.geography.places import Gazetteer
from assets.quality.rules import rules_of
from demo.country import displacement
from demo.country.geography import build_geography

MAP = demo_places.office_table("column_maps/displacement_v1")
HEADER = ["Code", "District", "Location type", "IDPs", "Households", "Women", "Men", "Children"]
LABELS = {"camp": "camp", "non_camp": "non_camp"}
V01 = {"QZ0101": "QZ01", "QZ0102": "QZ01", "QZ0201": "QZ02"}
REGIONS = {"v01": V01, "v02": {"QZ0103": "QZ01", "QZ0201": "QZ02"}}
Previous = Mapping[tuple[str, str], int]


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer(small_country.places(), small_country.crosswalk(), iso3="QZA", level_words=("region", "district"))


def _row(code: object = "QZ0101", idps: object = 1000, kind: str = "camp", **more: object) -> list[object]:
    given = {"households": 300, "women": 400, "men": 300, "children": 300, "name": ""} | more
    return [code, given["name"], kind, idps, *(given[name] for name in ("households", "women", "men", "children"))]


def _read(
    gazetteer: Gazetteer, *rows: list[object], week: str = "2025-W07", previous: Previous | None = None
) -> Figures:
    grid = [[f"Week {week}"], HEADER, *rows]
    return figures.read(
        [grid], "figures.xlsx", column_map=MAP, labels=LABELS, gazetteer=gazetteer, previous=previous or {},
        districts=REGIONS,
    )  # fmt: skip


def _rules(read: Figures, *, told: bool = False) -> list[tuple[str, int | None]]:
    return [(rule, row) for rule, row, _ in read.found if told or rule != "D-NOT-REPORTED"]


ALL = [_row("QZ0101"), _row("QZ0102"), _row("QZ0201")]


def test_a_good_week_is_taken_as_it_is(gazetteer: Gazetteer) -> None:
    read = _read(gazetteer, *ALL)
    assert (read.found, read.refused, read.rows_total) == ([], [], 3)
    assert read.rows[0] == {
        "week": "2025-W07", "as_of": date(2025, 2, 16), "adm1_pcode": "QZ01", "pcode": "QZ0101", "cod_version": "v01",
        "location_type": "camp", "idps": 1000, "households": 300, "women": 400, "men": 300, "children": 300,
        "value_status": "reported", "row_number": 3,
    }  # fmt: skip


# -- the week -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "titles", "week"),
    [
        ("idp_2025-W07.xlsx", [], "2025-W07"), ("idp_2025W53.csv", [], None), ("idp_2026-W53.csv", [], "2026-W53"),
        ("idp 2025_w09.csv", [["Week 2025-W08"]], "2025-W08"), ("idp.csv", [["x", "2025-W60"], ["2025-W10"]], "2025-W10"),
        ("2025-W00 2025-W01.csv", [], "2025-W01"), ("idp.csv", [["2025"]], None),
    ],
)  # fmt: skip
def test_the_week_is_the_titles_or_the_names(name: str, titles: list[list[object]], week: str | None) -> None:
    assert figures.week_of(name, titles) == week
    assert titles or checks.week_in_name(name) == week


def test_a_week_that_does_not_exist_refuses_the_file_and_nothing_breaks(gazetteer: Gazetteer) -> None:
    read = _read(gazetteer, *ALL, week="2025-W53")
    assert (read.week, read.rows, _rules(read)) == (None, [], [("D-TEMPLATE", None)])


def test_another_table_is_not_recognised(gazetteer: Gazetteer) -> None:
    for grid in ([["Code", "People"], ["QZ0101", 5]], [HEADER + ["IDPs"], _row()], []):
        read = figures.read(
            [grid],
            "idp_2025-W07.xlsx",
            column_map=MAP,
            labels=LABELS,
            gazetteer=gazetteer,
            previous={},
            districts=REGIONS,
        )
        assert (read.rows, _rules(read)) == ([], [("D-TEMPLATE", None)])


# -- rows -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (_row("QZ0999"), "D-PLACE-UNKNOWN"), (_row("QZ01"), "D-PLACE-UNKNOWN"), (_row("QZ0101001"), "D-PLACE-UNKNOWN"),
        (_row("", name="Nowhere"), "D-PLACE-UNKNOWN"), (_row(idps=-5), "D-NEGATIVE"), (_row(households=-1), "D-NEGATIVE"),
        (_row(idps="about 900"), "D-NUMBER"), (_row(idps="1,000"), "D-NUMBER"), (_row(women=120.5), "D-NUMBER"),
        (_row(idps="#REF!"), "D-NUMBER"),
    ],
)  # fmt: skip
def test_a_row_that_can_not_be_used_waits(gazetteer: Gazetteer, row: list[object], rule: str) -> None:
    read = _read(gazetteer, row, _row("QZ0102"), _row("QZ0201"))
    assert _rules(read) == [(rule, 3)]
    assert [one["rule"] for one in read.refused] == [rule]
    assert [one["row_number"] for one in read.rows if one["value_status"] == "reported"] == [4, 5]


def test_parts_that_do_not_add_up_are_told_and_counted(gazetteer: Gazetteer) -> None:
    read = _read(gazetteer, _row(women=401), *ALL[1:])
    assert _rules(read) == [("D-PARTS", 3)]
    assert len(read.rows) == 3


def test_a_missing_part_is_no_zero(gazetteer: Gazetteer) -> None:
    read = _read(gazetteer, _row(women=""), *ALL[1:])
    assert _rules(read) == []
    assert (read.rows[0]["women"], read.rows[0]["idps"]) == (None, 1000)


def test_a_blank_figure_is_not_reported_and_zero_is_a_figure(gazetteer: Gazetteer) -> None:
    read = _read(gazetteer, _row(idps=""), _row("QZ0102", idps=0, women=0, men=0, children=0), _row("QZ0201"))
    assert [(one["idps"], one["value_status"]) for one in read.rows[:2]] == [(None, "not_reported"), (0, "reported")]


def test_the_same_district_twice_counts_once(gazetteer: Gazetteer) -> None:
    """The models add up what stands in a file: a copied row would count its people twice."""
    read = _read(gazetteer, _row(), _row(idps=900), *ALL[1:])
    assert [rule for rule in _rules(read) if rule[0] == "D-DUPLICATE"] == [("D-DUPLICATE", 4)]
    assert [one["idps"] for one in read.rows if one["pcode"] == "QZ0101"] == [1000]
    assert _rules(_read(gazetteer, _row(), _row(kind="non_camp"), *ALL[1:])) == []


def test_an_unknown_kind_of_place_is_unknown(gazetteer: Gazetteer) -> None:
    assert _read(gazetteer, _row(kind="tents"), *ALL[1:]).rows[0]["location_type"] == "unknown"


# -- districts that are missing -------------------------------------------------------------------------------


def test_a_missing_district_is_not_reported_and_told(gazetteer: Gazetteer) -> None:
    read = _read(gazetteer, *ALL[:2])
    blank = read.rows[-1]
    assert _rules(read, told=True) == [("D-NOT-REPORTED", None)]
    assert (blank["pcode"], blank["adm1_pcode"], blank["value_status"]) == ("QZ0201", "QZ02", "not_reported")
    assert all(blank[name] is None for name in figures.COUNTS)


def test_a_district_whose_row_waits_is_not_missing(gazetteer: Gazetteer) -> None:
    read = _read(gazetteer, *ALL[:2], _row("QZ0201", idps=-3))
    assert _rules(read, told=True) == [("D-NEGATIVE", 5)]
    assert [one["pcode"] for one in read.rows] == ["QZ0101", "QZ0102"]


def test_a_row_that_could_be_anywhere_keeps_us_from_saying_who_is_missing(gazetteer: Gazetteer) -> None:
    read = _read(gazetteer, *ALL[:2], _row("QZ0888"))
    assert _rules(read, told=True) == [("D-PLACE-UNKNOWN", 5)]
    assert read.rows[-1]["value_status"] == "not_reported"


def test_districts_are_those_in_force_in_that_week(gazetteer: Gazetteer) -> None:
    assert _rules(_read(gazetteer, _row("QZ0103"), _row("QZ0201"), week="2025-W36"), told=True) == []
    # Sunday of W26 is 29 June, the last week of v01; W27 ends on 6 July.
    assert {row["cod_version"] for row in _read(gazetteer, *ALL, week="2025-W26").rows} == {"v01"}
    assert {row["cod_version"] for row in _read(gazetteer, _row("QZ0103"), week="2025-W27").rows} == {"v02"}


# -- against last week ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "now", "jumps"),
    [
        (1000, 1500, False), (1000, 1501, True), (1000, 499, True), (1000, 500, False), (400, 900, False), (400, 901, True),
        (0, 501, True), (0, 500, False), (5000, 6000, False),
    ],
)  # fmt: skip
def test_a_jump_is_more_than_half_and_more_than_five_hundred(
    gazetteer: Gazetteer, before: int, now: int, jumps: bool
) -> None:
    row = _row(idps=now, women="", men="", children="")
    read = _read(gazetteer, row, *ALL[1:], previous={("QZ0101", "camp"): before})
    assert _rules(read) == ([("D-JUMP", 3)] if jumps else [])


def test_last_weeks_table_again_is_told_once(gazetteer: Gazetteer) -> None:
    same = {(code, "camp"): 1000 for code in V01}
    assert _rules(_read(gazetteer, *ALL, previous=same)) == [("D-REPEATED", None)]
    assert _rules(_read(gazetteer, *ALL, previous=same | {("QZ0101", "camp"): 1001})) == []
    assert _rules(_read(gazetteer, *ALL, previous={})) == []


# -- the whole way --------------------------------------------------------------------------------------------


def _check(content: bytes, name: str = "idp_2025-W07.csv", previous: Previous | None = None) -> Any:
    labels = checks.labels(demo_places.office_table("aliases/values"))
    return checks.check(
        demo_places.arrival("displacement", name, "2025-W07"), content, checks.Tables(MAP, labels),
        demo_places.demo_places(), previous or {},
    )  # type: ignore[arg-type]  # fmt: skip


@pytest.mark.parametrize("content", [b"", b"%PDF-1.4", b"PK\x03\x04broken"])
def test_a_file_that_is_no_table_is_refused_in_words(content: bytes) -> None:
    outcome = _check(content)
    assert outcome.verdict.count_by_rule() == {"D-UNREADABLE": 1}
    assert outcome.tables == {}


def test_the_fictional_country_raises_what_was_planted_and_nothing_else() -> None:
    planted: dict[str, set[tuple[str, int | None]]] = {}
    for trouble in displacement.deliver(build_geography(), 1, "small")[1]:
        if trouble.rule and trouble.rule != "D-SAME-FILE":
            planted.setdefault(trouble.file, set()).add((trouble.rule, trouble.row))
    found = {name: rules for name, rules in _weeks().items() if rules}
    assert found == planted
    raised = {rule for rules in found.values() for rule, _ in rules}
    assert {"D-JUMP", "D-REPEATED", "D-NEGATIVE", "D-NUMBER", "D-PLACE-UNKNOWN", "D-NOT-REPORTED"} <= raised
    assert raised <= set(rules_of("displacement"))


def _weeks() -> dict[str, set[tuple[str, int | None]]]:
    """Findings of the year's files by name, each compared with the newest accepted file of the week before."""
    said: dict[str, set[tuple[str, int | None]]] = {}
    figures_of: dict[str, dict[tuple[str, str], int]] = {}
    for sent in displacement.deliver(build_geography(), 1, "small")[0]:
        week = checks.week_in_name(sent.name) or ""
        before = max((key for key in figures_of if key < week), default="")
        outcome = _check(sent.content, sent.name, figures_of.get(before))
        said[sent.name] = {(finding.rule, finding.row) for finding in outcome.verdict.findings}
        if outcome.tables:
            frame = outcome.tables["displacement"]
            rows = frame[frame["value_status"] == "reported"]
            keys = zip(rows["pcode"], rows["location_type"], strict=True)
            figures_of[week] = dict(zip(keys, rows["idps"], strict=True))
    return said
