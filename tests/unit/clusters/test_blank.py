"""The empty workbook: what people fill in with its own lists passes the check, and mistakes turn red before that.

The formulas are calculated by a real spreadsheet program (gnumeric's ssconvert) where one is installed.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import small_country

from assets.clusters.blank import HELP, LISTS, SHEET, Blank, PlaceRow, blank_workbook
from assets.clusters.blank_formulas import colours
from assets.clusters.check import Tables, check_submission
from assets.clusters.column_maps import column_map
from assets.clusters.office_lists import STATUSES
from assets.geography.places import Gazetteer
from assets.quality.verdict import Word

CONVERT = shutil.which("ssconvert")
calculated = pytest.mark.skipif(CONVERT is None, reason="no spreadsheet program on this machine (gnumeric)")
GOOD: dict[str, Any] = {
    "org": "Wells for All (WFA)", "activity": "WSH-01 - Water trucking", "status": "ongoing", "adm1_name": "Zelenska",
    "adm2_name": "Kamiansko-Lisovyi", "adm3_name": "Marhanets", "start_date": date(2025, 9, 1),
    "population_group": "Returnees", "targeted": 150, "reached": 100, "girls": 30, "boys": 20, "women": 20, "men": 10,
    "older_women": 12, "older_men": 8, "with_disability": 4,
}  # fmt: skip


def blank() -> Blank:
    """September, when the second version of the boundaries is in force and two communes share name and district."""
    lists = small_country.office_lists()
    organisations = [f"{row['name']} ({row['acronym']})" for row in lists["organisations"]]
    places = [row for row in small_country.places() if row["cod_version"] == "v02" and 1 <= row["level"] <= 3]
    return Blank(
        map=column_map("new", small_country.column_map_rows()),
        cluster="Water, sanitation and hygiene",
        month="2025-09",
        operation="Quzland",
        contact="imu@quzland.example",
        languages=["fr", "en"],
        lists={
            "org": organisations,
            "impl_org": organisations,
            "donor": organisations,
            "sector": ["Water, sanitation and hygiene"],
            "activity": ["WSH-01 - Water trucking", "WSH-02 - Training"],
            "status": STATUSES,
            "population_group": [row["name"] for row in lists["population_groups"]],
        },
        places=[
            PlaceRow(row["level"], row["pcode"], row["name"], None if row["level"] == 1 else row["parent_pcode"])
            for row in places
        ],
    )


def filled(rows: Sequence[Mapping[str, Any]], tmp_path: Path, extra: Sequence[str] = ()) -> bytes:
    """The workbook with these rows typed in, calculated and saved by a spreadsheet program; `extra` formulas stand
    behind the last column of the first row.
    """
    book = openpyxl.load_workbook(io.BytesIO(blank_workbook(blank())))
    sheet, names = book[SHEET], list(blank().map.columns)
    for number, row in enumerate(rows, start=4):
        for name, value in row.items():
            sheet.cell(number, names.index(name) + 1).value = value
    for at, formula in enumerate(extra, start=len(names) + 2):
        sheet.cell(4, at).value = formula
    book.save(tmp_path / "typed.xlsx")
    assert CONVERT is not None
    subprocess.run(
        [CONVERT, "--recalc", "-T", "Gnumeric_Excel:xlsx2", str(tmp_path / "typed.xlsx"), str(tmp_path / "saved.xlsx")],
        check=True, capture_output=True,
    )  # fmt: skip
    return (tmp_path / "saved.xlsx").read_bytes()


def test_the_same_lists_give_the_same_bytes() -> None:
    assert blank_workbook(blank()) == blank_workbook(blank())


def test_unfilled_it_reports_nothing_and_is_no_mistake(tables: Tables, gazetteer: Gazetteer) -> None:
    checked = check_submission(
        blank_workbook(blank()), "Quzland WSH 2025-09.xlsx", "wsh-focal", "WSH", tables=tables, gazetteer=gazetteer,
        month_hint="2025-09",
    )  # fmt: skip
    assert (checked.verdict.verdict, checked.verdict.rows_total) == (Word.ACCEPTED, 0)


def test_codes_are_locked_and_cells_to_fill_in_are_not() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(blank_workbook(blank())))[SHEET]
    names = list(blank().map.columns)
    locked = {name: sheet.cell(5, at).protection.locked for at, name in enumerate(names, start=1)}
    assert sheet.protection.sheet
    assert {name for name, is_locked in locked.items() if is_locked} == {
        "reporting_month", "sector", "adm1_code", "adm2_code", "adm3_code",
    }  # fmt: skip


def test_every_list_and_number_is_held_in_its_cell() -> None:
    book = openpyxl.load_workbook(io.BytesIO(blank_workbook(blank())))
    names = list(blank().map.columns)
    kinds = {
        names[next(iter(one.sqref.ranges)).min_col - 1]: (one.type, one.errorStyle or "stop")
        for one in book[SHEET].data_validations.dataValidation
    }
    assert kinds["adm3_name"] == kinds["status"] == ("list", "stop")
    assert kinds["org"] == ("list", "warning")
    assert kinds["reached"] == ("whole", "stop")
    assert kinds["start_date"] == ("date", "stop")
    assert book[LISTS].sheet_state == "hidden"


def test_it_explains_itself_in_the_operations_languages() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(blank_workbook(blank())))[HELP]
    said = [cell.value for cell in sheet["B"] if cell.value]
    assert said[0] == "Comment remplir ce classeur"
    assert "How to fill in this workbook" in said
    assert any("imu@quzland.example" in words for words in said)


@calculated
def test_what_is_chosen_from_its_lists_is_accepted(tables: Tables, gazetteer: Gazetteer, tmp_path: Path) -> None:
    twin = {**GOOD, "adm3_name": "Nove (QZ0103003)", "org": "Kind Alliance Response (KAR)", "reached": 100}
    content = filled([GOOD, twin], tmp_path)
    checked = check_submission(
        content, "WSH 2025-09.xlsx", "wsh-focal", "WSH", tables=tables, gazetteer=gazetteer, month_hint="2025-09"
    )
    assert [finding.rule for finding in checked.verdict.findings] == []
    assert checked.verdict.verdict is Word.ACCEPTED
    assert checked.verdict.partition == "2025-09"
    assert list(checked.rows["pcode"]) == ["QZ0103001", "QZ0103003"]
    assert list(checked.rows["sector"]) == ["WSH", "WSH"]


MISTAKES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "nothing": ({}, set()),
    "no status": ({"status": None}, {"status"}),
    "a status of one's own": ({"status": "half done"}, {"status"}),
    "a new organisation": ({"org": "Somebody New"}, {"org"}),
    "a name of another district": ({"adm2_name": "Ozernyi"}, {"adm2_code", "adm2_name", "adm3_code", "adm3_name"}),
    "text for a number": ({"targeted": "many"}, {"targeted"}),
    "half a person": ({"with_disability": 1.5}, {"with_disability"}),
    "more with disability than people": ({"with_disability": 101}, {"with_disability"}),
    "far over target": ({"targeted": 50}, {"reached"}),
    "groups that do not add up": (
        {"girls": 31}, {"girls", "boys", "women", "men", "older_women", "older_men"},
    ),
    "an end before the start": ({"end_date": date(2025, 8, 1)}, {"end_date"}),
}  # fmt: skip


@calculated
@pytest.mark.parametrize(("change", "coloured"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_coloured_before_it_is_sent(change: dict[str, Any], coloured: set[str], tmp_path: Path) -> None:
    from assets.clusters import blank as module

    layout = module._layout(blank())
    module._write_lists(_Nowhere(), layout, blank())  # type: ignore[arg-type]
    rules = list(colours(layout))
    content = filled([{**GOOD, **change}], tmp_path, [formula for formula, _, _ in rules])
    sheet = openpyxl.load_workbook(io.BytesIO(content), data_only=True)[SHEET]
    first = len(blank().map.columns) + 2
    shown: set[str] = set()
    for at, (formula, names, _) in enumerate(rules, start=first):
        value = sheet.cell(4, at).value
        assert isinstance(value, bool), formula
        shown |= set(names) if value else set()
    assert shown == coloured


class _Nowhere:
    def __getattr__(self, _name: str) -> Any:
        return lambda *_: None


def test_the_properties_hold_no_moment_and_no_name() -> None:
    properties = openpyxl.load_workbook(io.BytesIO(blank_workbook(blank()))).properties
    assert (properties.creator, properties.created) == ("IMU", datetime(2000, 1, 1))
