"""COD-PS as it arrives: sums across a row and down the levels, within the rounding that published ones show."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable
from typing import Any

import demo_places
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.geography import checks, population
from assets.geography.population import Population, tolerance
from assets.quality.checked_tables import TABLES
from demo.country import cods
from demo.country.geography import build_geography
from orchestration.failures import Permanent

AGES = ("00_04", "05_17", "18plus")
COLUMNS = [f"{sex}_{age}" for sex in "FMT" for age in ("TL", *AGES)]
Tables = dict[int, list[dict[str, Any]]]


def _unit(level: int, code: str, women: tuple[int, ...], men: tuple[int, ...]) -> dict[str, Any]:
    both = tuple(f + m for f, m in zip(women, men, strict=True))
    counts = [number for ages in (women, men, both) for number in (sum(ages), *ages)]
    return {f"ADM{level}_PCODE": code, **dict(zip(COLUMNS, counts, strict=True))}


def _country() -> Tables:
    return {
        0: [_unit(0, "QZ", (6000, 9000, 15000), (6300, 9600, 14100))],
        1: [_unit(1, "QZ01", (2000, 3000, 5000), (2100, 3200, 4700)), _unit(1, "QZ02", (4000, 6000, 10000), (4200, 6400, 9400))],
    }  # fmt: skip


KNOWN = {(0, "QZ"), (1, "QZ01"), (1, "QZ02")}


def _csv(rows: list[dict[str, Any]], hxl: bool) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    if hxl:
        writer.writerow({name: f"#{name.lower()}" for name in rows[0]})
    writer.writerows(rows)
    return text.getvalue()


def _zip(tables: Tables, *, hxl: bool = True, name: str = "qza_admpop_adm{}_2025_v01.csv") -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for level, rows in tables.items():
            archive.writestr(name.format(level), _csv(rows, hxl))
    return content.getvalue()


def _read(tables: Tables, known: set[tuple[int, str]] = KNOWN, **how: Any) -> Population:
    return population.read(_zip(tables, **how), "v01", known)


def test_a_consistent_country_raises_nothing() -> None:
    read = _read(_country())
    assert (read.version, read.found) == ("v01", [])
    assert len(read.rows) == 3 * len(COLUMNS)
    assert list(population.frame(read).columns) == list(TABLES["population"])


def test_headings_become_sexes_and_ages() -> None:
    rows = [row for row in _read(_country()).rows if row["level"] == 0 and row["sex"] == "f"]
    assert [(row["age_min"], row["age_max"], row["age_range"], row["population"]) for row in rows] == [
        (None, None, "all", 30000), (0, 4, "0-4", 6000), (5, 17, "5-17", 9000), (18, None, "18+", 15000),
    ]  # fmt: skip
    assert {(row["ref_year"], row["cod_version"], row["ps_version"]) for row in rows} == {(2025, "v01", "v01")}


@pytest.mark.parametrize(
    ("header", "cell"),
    [
        ("F_TL", ("f", None, None)), ("t_tl", ("all", None, None)), ("M_00_04", ("m", 0, 4)), ("F_0509", ("f", 5, 9)),
        ("F_0_4", ("f", 0, 4)), ("T_80plus", ("all", 80, None)), ("F_80_plus", ("f", 80, None)), ("M_100plus", ("m", 100, None)),
        ("F_100_104", ("f", 100, 104)), ("F_adulte", None), ("ADM1_NAME", None), ("T_TF", None), ("F_1", None),
    ],
)  # fmt: skip
def test_the_grammar_of_headings(header: str, cell: object) -> None:
    assert population._cell(header) == cell


# -- across a row ---------------------------------------------------------------------------------------------


def _change(tables: Tables, level: int, place: int, **cells: Callable[[int], int]) -> Tables:
    for name, change in cells.items():
        tables[level][place][name] = change(tables[level][place][name])
    return tables


def test_women_and_men_must_make_everybody() -> None:
    # the totals of one region move, its ages and the country stay: only this region's row is told
    read = _read({1: _change(_country(), 1, 1, T_TL=lambda n: n + 100)[1]})
    assert read.found == [("G-SEXES", 4, "T_TL"), ("G-AGES", 4, "T_TL")]


def test_women_and_men_must_make_everybody_at_each_age() -> None:
    tables = _change(_country(), 1, 0, T_00_04=lambda n: n + 50, T_05_17=lambda n: n - 50)
    assert _read({1: tables[1]}).found == [("G-SEXES", 3, "T_00_04")]


def test_ages_must_make_each_sex() -> None:
    tables = _change(_country(), 1, 0, F_18plus=lambda n: n - 140, T_18plus=lambda n: n - 140)
    assert _read({1: tables[1]}).found == [("G-AGES", 3, "F_TL"), ("G-AGES", 3, "T_TL")]


def test_totals_without_ages_are_no_fault() -> None:
    tables = {level: [{k: v for k, v in row.items() if "_0" not in k and "plus" not in k} for row in rows]
              for level, rows in _country().items()}  # fmt: skip
    assert _read(tables).found == []


# -- down the levels ------------------------------------------------------------------------------------------


def test_children_must_make_their_parent_in_every_cell() -> None:
    tables = _change(_country(), 0, 0, F_TL=lambda n: n + 400, T_TL=lambda n: n + 400, F_00_04=lambda n: n + 400,
                     T_00_04=lambda n: n + 400)  # fmt: skip
    assert _read(tables).found == [("G-SUM", 3, "F_TL")]


def test_a_single_age_that_does_not_add_up_is_told_by_its_column() -> None:
    tables = _change(_country(), 0, 0, M_05_17=lambda n: n + 100, M_18plus=lambda n: n - 100, T_05_17=lambda n: n + 100,
                     T_18plus=lambda n: n - 100)  # fmt: skip
    assert _read(tables).found == [("G-SUM", 3, "M_05_17")]


def test_a_lower_table_without_ages_is_compared_by_its_totals() -> None:
    tables = _country()
    tables[1] = [{k: v for k, v in row.items() if "_0" not in k and "plus" not in k} for row in tables[1]]
    assert _read(tables).found == []
    assert _read(_change(tables, 1, 0, F_TL=lambda n: n + 900, T_TL=lambda n: n + 900)).found == [("G-SUM", 3, "F_TL")]


def test_rows_are_numbered_as_people_see_them_with_and_without_the_hxl_row() -> None:
    tables = {1: _change(_country(), 1, 1, T_TL=lambda n: n + 100)[1]}
    assert {row for _, row, _ in _read(tables).found} == {4}
    assert {row for _, row, _ in _read(tables, hxl=False).found} == {3}


# -- rounding -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("people", "allowed"), [(0, 5), (100, 5), (5000, 5), (5001, 5.001), (60_000, 60), (4_953_014, 4953)]
)
def test_rounding_is_five_people_or_one_in_a_thousand(people: int, allowed: float) -> None:
    assert tolerance(people) == pytest.approx(allowed, abs=1)
    assert not population._apart(people + int(allowed), people)
    assert population._apart(people + int(allowed) + 1, people)


def test_the_seven_people_of_a_published_dataset_are_rounding() -> None:
    """Central African Republic 2015: 4,953,014 at ADM1 and 4,953,021 at ADM2."""
    assert not population._apart(4_953_021, 4_953_014)


@given(st.integers(0, 10**7), st.integers(0, 10**5))
def test_the_band_is_the_same_in_both_directions(people: int, off: int) -> None:
    assert population._apart(people + off, people) == population._apart(people - off, people)


@pytest.mark.parametrize(("off", "told"), [(5, False), (30, False), (31, True), (-29, False), (-31, True)])
def test_the_band_holds_across_and_down(off: int, told: bool) -> None:
    tables = _change(_country(), 0, 0, F_TL=lambda n: n + off)
    rules = [(rule, column) for rule, _, column in _read(tables).found]
    assert (("G-AGES", "F_TL") in rules) is told
    assert (("G-SUM", "F_TL") in rules) is told
    assert ("G-SEXES", "T_TL") not in rules  # 60 of 60,000 people are within a thousandth


# -- units and cells ------------------------------------------------------------------------------------------


def test_units_must_be_those_of_the_boundaries() -> None:
    assert _read(_country(), KNOWN | {(1, "QZ03")}).found == [("G-UNITS", None, "ADM1_PCODE")]
    assert _read(_country(), KNOWN - {(1, "QZ02")}).found == [("G-UNITS", None, "ADM1_PCODE")]
    assert _read(_country(), set()).found == []


def test_a_code_that_stands_twice_counts_once() -> None:
    tables = _country()
    tables[1].append(dict(tables[1][0]))
    read = _read(tables)
    assert read.found == [("G-CODE", 5, "ADM1_PCODE")]
    assert (
        sum(row["population"] for row in read.rows if (row["level"], row["sex"], row["age_range"]) == (1, "all", "all"))
        == 60000
    )


@pytest.mark.parametrize("cell", ["NA", "", "12.5", "-3", "1e4", "²"])
def test_a_cell_that_is_no_count_is_told_and_left_out(cell: str) -> None:
    tables = _country()
    tables[1][0]["F_00_04"] = cell
    read = population.read(_zip({1: tables[1]}), "v01", KNOWN)
    assert ("G-SUM", 3, "F_00_04") in read.found
    assert len([row for row in read.rows if row["pcode"] == "QZ01"]) == len(COLUMNS) - 1


@pytest.mark.parametrize("cell", ["2,000", " 2000 ", "2\u00a0000", "2000"])
def test_thousands_marks_are_read(cell: str) -> None:
    tables = _country()
    tables[1][0]["F_00_04"] = cell
    assert _read(tables).found == []


# -- no such thing at all -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        b"", b"PK", _zip(_country())[:-100], _zip(_country(), name="population_{}.csv"),
        _zip({1: [{"code": "QZ01", "T_TL": 5}]}), _zip({2: [{"ADM1_PCODE": "QZ01", "T_TL": 5}]}),
    ],
)  # fmt: skip
def test_what_is_no_cod_ps_is_refused_and_never_accepted_as_empty(content: bytes) -> None:
    with pytest.raises(Permanent):
        population.read(content, "v01", KNOWN)
    outcome = checks.check_population(demo_places.arrival("population", "x.zip", "v01"), content, "v01", KNOWN)
    assert (outcome.verdict.count_by_rule(), outcome.tables) == ({"G-UNREADABLE": 1}, {})


def test_the_fictional_country_raises_what_was_planted_and_nothing_else() -> None:
    sent, troubles = cods.deliver(build_geography(), 1, "country")
    found = []
    for one in sent:
        if one.source == "population":
            version = "v02" if "v02" in one.name else "v01"
            places = demo_places.demo_places().gazetteer.index.by_code[version]
            known = {(place.level, code) for code, place in places.items()} | {(0, "XV")}
            read = population.read(one.content, version, known)
            found += [(one.name, rule, row) for rule, row, _ in read.found]
    assert sorted(found) == sorted((one.file, one.rule, one.row) for one in troubles if one.rule)
