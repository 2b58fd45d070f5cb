"""A table of counts: three counts that never stand for one another, and any fault refuses the whole of it."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from assets.registry import columns, counts, custody
from orchestration import office_table
from orchestration.settings import REPO

TEMPLATE = REPO / "orchestration" / "operation_template" / "column_maps" / "register_counts_v1.csv"
MAP = columns.load(office_table.read(TEMPLATE))
HEADER = ["adm2_pcode", "district", "sex", "age_bracket", "record_status", "records", "individuals", "families"]
PLACES = counts.Places(
    {"XV0101": ("XV0101", "XV01"), "XV0102": ("XV0102", "XV01"), "XV0109": ("XV0102", "XV01")}, "v01"
)
NEVER = ("fingerprint", "iris")
GOOD = [
    ["XV0101", "A", "f", "0-4", "active", "12", "11", ""],
    ["XV0101", "A", "m", "18-59", "active", "20", "20", ""],
    ["XV0101", "A", "m", "18-59", "inactive", "5", "", ""],
    ["XV0101", "A", "all", "all", "all", "37", "31", ""],
    ["XV0101", "A", "all", "all", "active", "32", "31", "9"],
    ["XV0102", "B", "female", "5 – 11", "Active", "3", "3", "0"],
    ["XV0102", "B", "Total", "Total", "active", "3", "3", "2"],
]


def _written(rows: list[list[str]], header: list[str] | None = None) -> bytes:
    target = io.StringIO(newline="")
    csv.writer(target).writerows([header or HEADER, *rows])
    return target.getvalue().encode()


def _read(content: bytes, totals: dict[str, int] | None = None) -> counts.Counts:
    with duckdb.connect() as connection:
        return counts.read(
            connection, iter([content]), column_map=MAP, never_ingest=NEVER, extract=date(2025, 3, 31), register="anr",
            places=PLACES, expected_totals=totals,
        )  # fmt: skip


def _told(rows: list[list[str]], totals: dict[str, int] | None = None) -> list[tuple[str, int | None, str | None]]:
    found = _read(_written(rows), totals)
    if found.findings:
        assert found.rows == []
    return [(one.rule, one.row, one.column) for one in found.findings]


def _changed(at: int, **cells: str) -> list[list[str]]:
    rows = [list(row) for row in GOOD]
    for name, cell in cells.items():
        rows[at - 2][HEADER.index(name)] = cell
    return rows


def test_a_good_table_is_taken_as_a_whole() -> None:
    found = _read(_written(GOOD), {"records": 40, "families": 11, "active": 34})
    assert (found.findings, found.rows_total) == ([], 7)
    assert found.totals == {"records": 40, "active": 34, "families": 11}
    kept = [
        tuple(row[name] for name in ("adm2_pcode", "sex", "age_bracket", "record_status", *counts.MEASURES))
        for row in found.rows
    ]
    assert kept == [
        ("XV0101", "all", "all", "active", 0, 0, 9), ("XV0101", "f", "0-4", "active", 12, 11, 0),
        ("XV0101", "m", "18-59", "active", 20, 20, 0), ("XV0101", "m", "18-59", "inactive", 5, 0, 0),
        ("XV0102", "all", "all", "active", 0, 0, 2), ("XV0102", "f", "5-11", "active", 3, 3, 0),
    ]  # fmt: skip
    assert {(row["extract"], row["register"], row["adm1_pcode"], row["cod_version"]) for row in found.rows} == {
        ("2025-03-31", "anr", "XV01", "v01")
    }


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"at": 2, "records": "-12"}, ("R-COUNT-NUMBER", 2, "records")),
        ({"at": 2, "records": "about 12"}, ("R-COUNT-NUMBER", 2, "records")),
        ({"at": 2, "records": "12.5"}, ("R-COUNT-NUMBER", 2, "records")),
        ({"at": 2, "records": ""}, ("R-COUNT-NUMBER", 2, "records")),
        ({"at": 2, "individuals": ""}, ("R-COUNT-NUMBER", 2, "individuals")),
        ({"at": 2, "adm2_pcode": "XV01"}, ("R-COUNT-PLACE", 2, "adm2_pcode")),
        ({"at": 2, "sex": "girls"}, ("R-COUNT-CODE", 2, "sex")),
        ({"at": 2, "age_bracket": "0-5"}, ("R-COUNT-CODE", 2, "age_bracket")),
        ({"at": 2, "record_status": ""}, ("R-COUNT-CODE", 2, "record_status")),
        ({"at": 5, "records": "38"}, ("R-COUNT-SUM", 5, "records")),
        ({"at": 5, "individuals": "30"}, ("R-COUNT-SUM", 5, "individuals")),
        ({"at": 3, "families": "4"}, ("R-COUNT-FAMILIES", 3, "families")),
        ({"at": 5, "families": "8"}, ("R-COUNT-FAMILIES", 6, "families")),
        ({"at": 8, "families": ""}, ("R-COUNT-FAMILIES", None, None)),
        ({"at": 8, "families": "4"}, ("R-COUNT-WITHIN", 8, "families")),
        ({"at": 4, "individuals": "1"}, ("R-COUNT-WITHIN", 4, "individuals")),
    ],
)  # fmt: skip
def test_each_fault_is_named_with_its_row(changes: dict[str, Any], told: tuple[str, int | None, str | None]) -> None:
    assert told in _told(_changed(**changes))


def test_more_individuals_than_records_is_told() -> None:
    rows = _changed(2, records="10")
    assert ("R-COUNT-WITHIN", 2, "individuals") in _told(rows)


def test_a_cell_stands_once() -> None:
    assert ("R-COUNT-TWICE", 9, None) in _told([*GOOD, GOOD[0]])


def test_control_totals_are_compared() -> None:
    assert _told(GOOD, {"records": 41}) == [("R-TOTALS", None, None)]
    assert _told(GOOD, {}) == [("R-TOTALS", None, None)]
    assert _told(GOOD, {"records": 40}) == []


def test_two_old_districts_that_became_one_are_added_up() -> None:
    rows = [
        ["XV0109", "", "f", "0-4", "active", "2", "2", ""], ["XV0109", "", "all", "all", "active", "2", "2", "1"],
        ["XV0102", "", "f", "0-4", "active", "5", "5", ""], ["XV0102", "", "all", "all", "active", "7", "5", "3"],
    ]  # fmt: skip
    assert _told(rows) == [("R-COUNT-SUM", 5, "records")]  # the sender's own districts must add up by themselves
    rows[3][5] = "5"
    found = _read(_written(rows))
    assert [(row["adm2_pcode"], row["records"], row["families"]) for row in found.rows] == [
        ("XV0102", 0, 4),
        ("XV0102", 7, 0),
    ]


def test_columns_are_refused_by_name() -> None:
    assert [one.rule for one in _read(_written(GOOD, [*HEADER[:-1], "households"])).findings] == ["R-TEMPLATE"]


# -- the door of an office without custody --------------------------------------------------------------------


def _at_the_door(tmp_path: Path, content: bytes, name: str = "anr_2025-03-31.csv") -> dict[str, Any]:
    path = tmp_path / name
    path.write_bytes(content)
    return dict(custody.turned_away(path, MAP, NEVER))


def test_a_table_of_counts_and_its_totals_may_come_in(tmp_path: Path) -> None:
    assert _at_the_door(tmp_path, _written(GOOD)) == {}
    assert (
        _at_the_door(tmp_path, _written(GOOD, [*HEADER[:-1], "households"])) == {}
    )  # a fault to mend, and nobody's record
    assert _at_the_door(tmp_path, b"records,families,active\n40,11,34\n", "anr_2025-03-31_totals.csv") == {}


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (["record_id", "full_name", "sex", "date_of_birth"], "columns about individuals: column 1, column 2, column 4"),
        ([*HEADER, "individual id"], "columns about individuals: column 9"),
        ([*HEADER, "Phone number"], "columns about individuals: column 9"),
        ([*HEADER, "left_iris"], "columns about individuals: column 9"),
        (["Quandorf", "Axbryth", "1990"], "not those of the agreed table"),
    ],
)  # fmt: skip
def test_individual_records_are_turned_away_unquoted(tmp_path: Path, header: list[str], words: str) -> None:
    away = _at_the_door(tmp_path, _written([["Quandorf"] * len(header)], header))
    assert (away["kept"], away["refused"]) == (False, "R-CUSTODY")
    assert words in away["detail"]
    assert "Quandorf" not in away["detail"]


def test_a_list_of_people_is_no_control_total_whatever_it_is_called(tmp_path: Path) -> None:
    people = _written([["R1", "Quandorf Axbryth"]], ["record_id", "full_name"])
    assert _at_the_door(tmp_path, people, "anr_2025-03-31_totals.csv")["refused"] == "R-CUSTODY"
    many = b"name,count\n" + b"x,1\n" * 2000
    assert _at_the_door(tmp_path, many, "anr_2025-03-31_totals.csv")["refused"] == "R-CUSTODY"


def test_what_cannot_be_opened_is_not_kept(tmp_path: Path) -> None:
    away = _at_the_door(tmp_path, b"PK\x03\x04" + b"x" * 5000, "anr_2025-03-31.zip")
    assert (away["kept"], away["refused"]) == (False, "R-UNREADABLE")
