"""The needs workbook: figures nested in the population, and each planted trouble in its row."""

import io
from collections import defaultdict

import pytest
from python_calamine import load_workbook

from demo.country import needs
from demo.country.geography import Geography, build_geography
from demo.country.needs_workbook import FIRST_ROW, HEADER, HEADER_ROW, SHEET


@pytest.fixture(scope="module")
def geo() -> Geography:
    return build_geography()


@pytest.fixture(scope="module")
def sheet(geo: Geography) -> list[list[object]]:
    (delivery,), _ = needs.deliver(geo, 1, "country")
    sheet = load_workbook(io.BytesIO(delivery.content)).get_sheet_by_name(SHEET)
    return [list(row) for row in sheet.to_python(skip_empty_area=False)]


def whole(cell: object) -> int:
    assert isinstance(cell, int | float)
    return int(cell)


def test_header_stands_under_titles_and_bands(sheet: list[list[object]]) -> None:
    assert tuple(sheet[HEADER_ROW - 1]) == HEADER
    assert sheet[0][0] and not any(sheet[0][1:])
    assert len(sheet) - HEADER_ROW == 45 * 4 * 11 + 8


def test_figures_the_key_does_not_name_are_nested(geo: Geography, sheet: list[list[object]]) -> None:
    _, troubles = needs.deliver(geo, 1, "country")
    troubled = {trouble.row for trouble in troubles}
    for number, row in enumerate(sheet, start=1):
        if number >= FIRST_ROW and number not in troubled:
            population, severity, pin, targeted = (whole(cell) for cell in row[6:10])
            assert 0 <= targeted <= pin <= population
            assert 1 <= severity <= 5


def test_each_trouble_is_in_its_row(geo: Geography, sheet: list[list[object]]) -> None:
    _, troubles = needs.deliver(geo, 1, "country")
    found = {trouble.kind: sheet[trouble.row - 1] for trouble in troubles if trouble.row}
    assert whole(found["pin_over_population"][8]) > whole(found["pin_over_population"][6])
    assert whole(found["target_over_pin"][9]) > whole(found["target_over_pin"][8])
    assert whole(found["severity_six"][7]) == 6
    assert whole(found["severity_zero"][7]) == 0
    assert whole(found["negative"][9]) < 0
    assert found["place_unknown"][0] == "XV99XX"
    seen: set[tuple[object, ...]] = set()
    doubled = set()
    for number, row in enumerate(sheet[HEADER_ROW:], start=FIRST_ROW):
        if (key := (row[0], row[3], row[4])) in seen:
            doubled.add(number)
        seen.add(key)
    assert doubled == {trouble.row for trouble in troubles if trouble.rule == "N-DUPLICATE-SERIES"}


def test_one_sector_alone_is_constant(sheet: list[list[object]]) -> None:
    severities: dict[object, set[int]] = defaultdict(set)
    for row in sheet[HEADER_ROW:]:
        severities[row[4]].add(whole(row[7]))
    assert [sector for sector, found in severities.items() if len(found) == 1] == ["PRO-MIN"]


@pytest.mark.parametrize("seed", (1, 2, 3))
def test_groups_are_the_whole_population(geo: Geography, seed: int) -> None:
    groups = needs.groups_of(geo, seed)
    assert min(groups.values()) >= 0
    for place in geo.places("v01", 2):
        assert sum(groups[place.pcode, group] for group in needs.GROUPS) == place.population
