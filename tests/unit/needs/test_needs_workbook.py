"""The needs workbook: which rows count, and that nothing doubtful counts in silence."""

from __future__ import annotations

from datetime import date

import demo_places
import pytest
import small_country

from assets.geography.places import Gazetteer
from assets.needs import workbook
from assets.needs.workbook import CONSTANT_FROM, Needs
from assets.quality.rules import rules_of
from assets.sheets.workbook import read_workbook
from demo.country import needs
from demo.country.geography import build_geography

MAP = demo_places.office_table("column_maps/needs_v1")
CODES = {"sector": {"wsh": "WSH", "water": "WSH", "hea": "HEA"}, "population_group": {"idp": "IDP", "ret": "RET"}}
HEADER = ["District P-code", "Population group", "Sector", "Population", "Severity", "People in need", "Targeted"]


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer(small_country.places(), small_country.crosswalk(), iso3="QZA", level_words=("region", "district"))


def _row(pcode: str = "QZ0101", group: str = "IDP", sector: str = "WSH", **more: object) -> list[object]:
    given = {"population": 1000, "severity": 3, "pin": 600, "targeted": 500} | more
    return [pcode, group, sector, *given.values()]


def _read(gazetteer: Gazetteer, *rows: list[object]) -> Needs:
    read = workbook.read([[["Needs"], HEADER, *rows]], MAP, CODES, gazetteer, 2025, small_country.MARCH)
    assert read
    return read


def _rules(read: Needs) -> list[tuple[str, int | None, str]]:
    return read.found


def test_a_good_row_is_taken_as_it_is(gazetteer: Gazetteer) -> None:
    read = _read(gazetteer, _row())
    assert (read.found, read.refused, read.rows_total) == ([], [], 1)
    assert read.rows == [
        {
            "plan_year": 2025, "pcode": "QZ0101", "cod_version": "v01", "sector": "WSH", "population_group": "IDP",
            "population": 1000, "people_in_need": 600, "targeted": 500, "severity": 3,
        }
    ]  # fmt: skip


def test_another_table_is_not_recognised(gazetteer: Gazetteer) -> None:
    for sheet in ([HEADER[:-1], _row()], [[*HEADER, "Target"], _row()], []):
        assert workbook.read([sheet], MAP, CODES, gazetteer, 2025, small_country.MARCH) is None


@pytest.mark.parametrize(
    ("row", "rule", "column"),
    [
        (_row("QZ0999"), "N-PLACE-UNKNOWN", "pcode"), (_row("XXX"), "N-PLACE-UNKNOWN", "pcode"),
        (_row(""), "N-PLACE-UNKNOWN", "pcode"), (_row("QZ01"), "N-PLACE-UNKNOWN", "pcode"),
        (_row(severity=0), "N-SEVERITY", "severity"), (_row(severity=6), "N-SEVERITY", "severity"),
        (_row(severity=3.5), "N-SEVERITY", "severity"), (_row(severity="severe"), "N-SEVERITY", "severity"),
        (_row(severity="3+"), "N-SEVERITY", "severity"), (_row(severity=-1), "N-SEVERITY", "severity"),
        (_row(targeted=-1), "N-NEGATIVE", "targeted"), (_row(pin="many"), "N-NUMBER", "people_in_need"),
        (_row(population="1,000"), "N-NUMBER", "population"), (_row(pin=0.5), "N-NUMBER", "people_in_need"),
        (_row(pin=1001), "N-PIN-OVER-POPULATION", "people_in_need"),
        (_row(sector="Nutri"), "N-CODE", "sector"), (_row(group=""), "N-CODE", "population_group"),
    ],
)  # fmt: skip
def test_a_row_that_can_not_be_used_waits(gazetteer: Gazetteer, row: list[object], rule: str, column: str) -> None:
    read = _read(gazetteer, row, _row("QZ0201"))
    assert read.found == [(rule, 3, column)]
    assert read.refused == [{"row_number": 3, "rule": rule}]
    assert [one["pcode"] for one in read.rows] == ["QZ0201"]


def test_not_assessed_is_neither_zero_nor_wrong(gazetteer: Gazetteer) -> None:
    read = _read(gazetteer, _row(severity="", pin="", targeted=None), _row("QZ0102", severity=1, pin=0, targeted=0))
    assert read.found == []
    assert [(one["severity"], one["people_in_need"], one["targeted"]) for one in read.rows] == [
        (None, None, None),
        (1, 0, 0),
    ]


def test_everybody_in_need_is_possible(gazetteer: Gazetteer) -> None:
    assert _read(gazetteer, _row(pin=1000, targeted=1000)).found == []


def test_more_targeted_than_in_need_is_told_and_counted(gazetteer: Gazetteer) -> None:
    read = _read(gazetteer, _row(targeted=601))
    assert read.found == [("N-TARGET-OVER-PIN", 3, "targeted")]
    assert len(read.rows) == 1


def test_spellings_become_codes_before_anything_is_compared(gazetteer: Gazetteer) -> None:
    read = _read(gazetteer, _row(sector="Water"), _row(sector="wsh"), _row(sector="WSH", group="ret"))
    assert read.found == [("N-DUPLICATE-SERIES", 4, "sector")]
    assert [(one["sector"], one["population_group"]) for one in read.rows] == [("WSH", "IDP"), ("WSH", "RET")]


def test_the_plan_keeps_the_boundaries_it_was_made_on(gazetteer: Gazetteer) -> None:
    grid = [HEADER, _row("QZ0101")]
    in_autumn = workbook.read([grid], MAP, CODES, gazetteer, 2025, date(2025, 9, 1))
    assert in_autumn
    assert {row["cod_version"] for row in in_autumn.rows} == {"v02"}
    assert _read(gazetteer, _row("QZ0101")).rows[0]["cod_version"] == "v01"


@pytest.mark.parametrize(
    ("districts", "odd", "told"), [(CONSTANT_FROM, 0, True), (CONSTANT_FROM - 1, 0, False), (30, 1, False)]
)
def test_one_severity_everywhere_is_told_for_the_sector(districts: int, odd: int, told: bool) -> None:
    rows = [
        {"sector": "FSC", "pcode": f"QZ{n:04d}", "severity": 4 if n < odd else 3}
        for n in range(districts)
        for _ in range(2)
    ]
    assert workbook._constants(rows) == ([("N-CONSTANT", None, "FSC")] if told else [])


def test_districts_without_severity_do_not_count_as_the_same() -> None:
    assert workbook._constants([{"sector": "FSC", "pcode": f"QZ{n}", "severity": None} for n in range(40)]) == []


def test_the_fictional_country_raises_what_was_planted_and_nothing_else() -> None:
    (sent,), troubles = needs.deliver(build_geography(), 1, "country")
    codes: dict[str, dict[str, str]] = {"sector": {}, "population_group": {}}
    for row in demo_places.office_table("aliases/values"):
        if row["field"] in codes:
            codes[row["field"]][row["value"].casefold()] = row["code"]
    for name, table in (("sector", "sectors"), ("population_group", "population_groups")):
        codes[name] |= {row[name].casefold(): row[name] for row in demo_places.office_table(table)}
    sheets = [sheet.rows for sheet in read_workbook(sent.content).sheets]
    read = workbook.read(sheets, MAP, codes, demo_places.demo_places().gazetteer, 2025, small_country.MARCH)
    assert read
    assert sorted((rule, row or 0) for rule, row, _ in read.found) == sorted(
        (trouble.rule, trouble.row or 0) for trouble in troubles if trouble.rule
    )
    assert {rule for rule, _, _ in read.found} | {"N-UNREADABLE", "N-TEMPLATE", "N-CODE", "N-NUMBER"} == set(
        rules_of("needs")
    )
