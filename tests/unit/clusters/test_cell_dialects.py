"""Numbers, days and months as people type them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.clusters.days import months_in_name, read_day, read_month
from assets.clusters.numbers import Number, Wrong, is_error, whole_number


@given(st.integers(0, 10**9), st.sampled_from([" ", "\u00a0", "\u202f", ",", "'"]))
def test_thousands_in_any_dress(number: int, gap: str) -> None:
    assert whole_number(f"{number:,}".replace(",", gap)) == Number(number, amount=number)
    assert whole_number(f"{number}.0").value == whole_number(float(number)).value == number


@given(st.integers(1, 10**6), st.integers(1, 9), st.sampled_from([".", ","]))
def test_decimals_are_never_rounded(whole: int, tenth: int, mark: str) -> None:
    found = whole_number(f"{whole}{mark}{tenth}")
    assert (found.value, found.wrong) == (None, Wrong.DECIMAL)


@given(st.text())
def test_any_text_has_an_answer(text: str) -> None:
    found = whole_number(text)
    assert found.value is None or found.wrong is None
    assert read_day(text) is None or isinstance(read_day(text), date)
    month = read_month(text)
    assert month is None or (len(month) == 7 and "01" <= month[5:] <= "12")


@pytest.mark.parametrize(
    ("cell", "wrong"),
    [
        ("1.200", Wrong.NUMBER),
        ("-", Wrong.NUMBER),
        ("n/a", Wrong.NUMBER),
        ("12 %", Wrong.NUMBER),
        (True, Wrong.NUMBER),
        ("12-15", Wrong.NUMBER),
        ("#N/A", Wrong.ERROR),
        ("#DIV/0!", Wrong.ERROR),
        ("<Null>", Wrong.ERROR),
        ("NaN", Wrong.ERROR),
        ("Err:502", Wrong.ERROR),
        ("(40)", Wrong.NEGATIVE),
        ("−40", Wrong.NEGATIVE),
        (-40.0, Wrong.NEGATIVE),
        ("0.125", Wrong.DECIMAL),
        (119.5, Wrong.DECIMAL),
        (1e15, Wrong.NUMBER),
    ],
)
def test_what_is_no_number_of_people(cell: Any, wrong: Wrong) -> None:
    assert (whole_number(cell).value, whole_number(cell).wrong) == (None, wrong)


@pytest.mark.parametrize("cell", [None, "", "   "])
def test_blank_is_nothing_and_no_mistake(cell: Any) -> None:
    assert whole_number(cell) == Number()


def test_what_floating_point_leaves_of_a_whole_number() -> None:
    assert whole_number(0.1 + 0.2 + 119.7).value == 120


def test_zero_is_a_value() -> None:
    assert whole_number("0").value == whole_number(0.0).value == 0


@pytest.mark.parametrize(
    ("cell", "error"), [("#REF!", True), ("N/A", False), ("# Targeted", False), ("null", True), (5, False)]
)
def test_errors_of_formulas(cell: Any, error: bool) -> None:
    assert is_error(cell) is error


@pytest.mark.parametrize(
    "cell",
    [
        "2025-03-07",
        "2025/3/7",
        "07.03.2025",
        "7/3/2025",
        "7.3.25",
        "7 March 2025",
        "March 7, 2025",
        "7 березня 2025 р",
        "2025-03-07T00:00:00",
        45723,
        45723.0,
        "45723",
        date(2025, 3, 7),
    ],
)
def test_one_day_in_many_ways(cell: Any) -> None:
    assert read_day(cell) == date(2025, 3, 7)


@pytest.mark.parametrize("cell", ["31.02.2025", "soon", "", None, True, 12, "2025", "7 March", 4_000_000])
def test_no_day(cell: Any) -> None:
    assert read_day(cell) is None


@given(st.dates(date(2010, 1, 1), date(2030, 12, 31)))
def test_serial_numbers_count_from_the_same_day_as_excel(day: date) -> None:
    assert read_day(float((day - date(1899, 12, 30)).days)) == day


@pytest.mark.parametrize(
    "cell",
    [
        "2025-03",
        "2025/3",
        "03.2025",
        "3/2025",
        "202503",
        202503.0,
        "March 2025",
        "Mar-25",
        "березень 2025",
        "Мarch 2025",
        "2025-03-15",
        date(2025, 3, 1),
        45717.0,
        "mars 2025",
        "2025 March",
    ],
)
def test_one_month_in_many_ways(cell: Any) -> None:
    assert read_month(cell) == "2025-03"


def test_month_without_year_takes_the_one_given_or_none() -> None:
    assert read_month("March", 2025) == read_month(3, 2025) == read_month(3.0, 2025) == "2025-03"
    assert read_month("March") is None
    assert read_month("2025-13") is None


@pytest.mark.parametrize(
    ("name", "months"),
    [
        ("WSH_5W_2025-03_v2.xlsx", {(2025, 3)}),
        ("5W 03.2025 final.xlsx", {(2025, 3)}),
        ("wash_202503.csv", {(2025, 3)}),
        ("5W March 2025 (sent 2025-04-08).xlsx", {(2025, 3)}),
        ("5W березень.xlsx", {(None, 3)}),
        ("hea-mar25.xlsx", {(2025, 3)}),
        ("2025-02 and 2025-03.xlsx", {(2025, 2), (2025, 3)}),
        ("report 08.04.2025.xlsx", set()),
        ("5W_2025_v12.xlsx", set()),
        ("you may open this.xlsx", set()),
    ],
)
def test_months_in_a_file_name(name: str, months: set[Any]) -> None:
    assert months_in_name(name) == months
