"""A table in a workbook: where it begins, which column is which, and when a cell is a number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.sheets.table import Grid, locate, text, whole_number

MAP = [
    {"canonical": "pcode", "header": "Код|Code", "required": "yes"},
    {"canonical": "idps", "header": "ВПО осіб|IDPs", "required": "yes"},
    {"canonical": "note", "header": "Note", "required": "no"},
]
HEADER = ["Code", "IDPs"]


def _rows(grid: Grid) -> list[tuple[int, dict[str, object]]]:
    table = locate([grid], MAP)
    assert table
    return list(table.rows())


def test_rows_carry_the_number_people_see() -> None:
    grid = [["Displaced people"], [], ["Week", "2025-W07"], HEADER, ["XV0101", 5], [None, ""], ["XV0102", 7]]
    assert _rows(grid) == [(5, {"pcode": "XV0101", "idps": 5}), (7, {"pcode": "XV0102", "idps": 7})]


def test_what_stands_above_the_header_is_kept_for_its_titles() -> None:
    table = locate([[["Week 2025-W07"], HEADER]], MAP)
    assert table
    assert table.titles == [["Week 2025-W07"]]


def test_columns_may_stand_anywhere_and_unknown_ones_are_left_out() -> None:
    grid = [["Other", "IDPs", "", "Note", "Code"], ["x", 5, "y", "n", "XV0101"]]
    assert _rows(grid) == [(2, {"pcode": "XV0101", "idps": 5, "note": "n"})]


@pytest.mark.parametrize("heading", ["Код", "код", " CODE ", "Code\n", "code\u00a0"])
def test_headings_are_known_in_either_language_and_any_dress(heading: str) -> None:
    assert _rows([[heading, "ВПО\nосіб"], ["XV0101", 1]])[0][1]["pcode"] == "XV0101"


def test_a_heading_that_stands_twice_is_not_guessed_at() -> None:
    assert locate([[["Code", "IDPs", "ВПО осіб"], ["XV0101", 1, 2]]], MAP) is None
    assert locate([[["Code", "Code", "IDPs"], ["XV0101", "XV0102", 2]]], MAP) is None


def test_the_first_sheet_that_has_the_table_is_read() -> None:
    sheets: list[Grid] = [[["Read me"]], [HEADER, ["XV0101", 1]], [HEADER, ["XV0102", 2]]]
    table = locate(sheets, MAP)
    assert table
    assert [row["pcode"] for _, row in table.rows()] == ["XV0101"]


@pytest.mark.parametrize("grid", [[], [[]], [["Code"]], [["IDPs", "Note"]], [[""]] * 20 + [HEADER]])
def test_no_table_is_found_where_there_is_none(grid: Grid) -> None:
    assert locate([grid], MAP) is None


def test_a_header_is_looked_for_in_the_first_twenty_rows() -> None:
    assert locate([[[""]] * 19 + [HEADER]], MAP) is not None


def test_short_rows_have_blank_cells() -> None:
    assert _rows([HEADER, ["XV0101"]]) == [(2, {"pcode": "XV0101", "idps": None})]


# -- numbers --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        (5, 5), (5.0, 5), ("5", 5), (" 5 ", 5), ("1204,0", 1204), ("1 204", 1204), ("1\u00a0204,0", 1204),
        ("1\u202f204.00", 1204), ("1\u2009204", 1204), ("-3", -3), (-3.0, -3), ("0", 0), (0, 0), ("0.0", 0), (1e15, 10**15),
    ],
)  # fmt: skip
def test_what_is_a_whole_number(cell: object, number: int) -> None:
    assert whole_number(cell) == (number, True)


@pytest.mark.parametrize("cell", [None, "", "  ", "\u00a0"])
def test_nothing_is_nothing_and_not_zero(cell: object) -> None:
    assert whole_number(cell) == (None, True)


@pytest.mark.parametrize(
    "cell",
    [
        "about 1200", "бл. 1200", 120.5, "120,5", "1e3", "#N/A", "-", "12-13", float("nan"), float("inf"), True, "1.2.3", "+5",
        "1'204", "--5", "5 people",
    ],
)  # fmt: skip
def test_what_is_none(cell: object) -> None:
    assert whole_number(cell) == (None, False)


@pytest.mark.parametrize("cell", ["1,000", "12.000", "1,204", "1.204", "1,000,000", "250.000"])
def test_a_thousands_mark_is_never_taken_for_a_decimal_point(cell: str) -> None:
    """`1,000` read as one person would pass every other rule."""
    assert whole_number(cell) == (None, False)


@given(st.integers(-(10**12), 10**12))
def test_every_way_to_write_a_number_reads_the_same(number: int) -> None:
    grouped = f"{number:,}".replace(",", "\u00a0")
    written = [number, str(number), float(number), grouped, f"{number},0", f"{grouped}.00"]
    assert {whole_number(cell) for cell in written} == {(number, True)}


@given(st.one_of(st.none(), st.text(), st.integers(), st.floats(), st.booleans(), st.dates()))
def test_no_cell_makes_it_fail_and_only_numbers_come_out(cell: object) -> None:
    number, readable = whole_number(cell)
    assert number is None or (readable and isinstance(number, int))
    assert isinstance(text(cell), str)
