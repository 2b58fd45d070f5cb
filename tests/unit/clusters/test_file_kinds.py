"""One table in every kind of file, encoding, language and layout an office may send: always the same rows.

The template is Marisland's (tests/fixtures/countries): its column map knows the headings in three languages.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import marisland
import new_country
import pytest
from small_country import ods_sheets, xlsx

from assets.clusters.check import Checked, Tables, check_submission
from assets.clusters.column_maps import column_map
from assets.clusters.office_lists import OfficeLists
from assets.geography.places import Gazetteer
from orchestration import office_table

FRENCH = [
    "Organisation déclarante",
    "Secteur",
    "Code province",
    "District",
    "Personnes ciblées",
    "Janv.",
    "Févr.",
    "Mars",
]
SPANISH = [
    "Organización que informa", "Sector", "Código de provincia", "Distrito", "Personas meta", "Enero", "Febrero", "Marzo",
]  # fmt: skip
UKRAINIAN = ["Організація", "Кластер", "Код області", "Район", "Цільова кількість", "Січень", "Лютий", "Березень"]
WATER = {"French": "EHA", "Spanish": "WSH", "Ukrainian": "Водопостачання"}
NAME = "3W 2026-03.xlsx"
Sheet = list[list[Any]]


def _table(headings: list[str], water: str = "EHA") -> Sheet:
    return [
        headings,
        ["Puits pour tous", water, "XM01", "Norville", "1 200", "x", "", "x"],
        ["Pain et roses", "FSC", "XM02", "Sudbourg", "350", "", "", "x"],
    ]


@pytest.fixture(scope="module")
def check() -> Callable[[bytes], Checked]:
    folder = new_country.COUNTRIES / "marisland"
    rows = [{"sector": code, "name": code, "parent": ""} for code in ("WSH", "FSC")]
    values = [dict(zip(("field", "value", "code"), line.split(","), strict=True)) for line in _lines(folder)]
    lists = OfficeLists(
        organisations=marisland.ORGANISATIONS,
        sectors=rows,
        activities=[],
        population_groups=[],
        values=values,
        submitters={"focal": "WSH"},
        reports_for={"WSH": ["FSC"]},
    )
    tables = Tables(lists, [column_map("presence", office_table.read(folder / "presence.csv"), most_months=3)])
    gazetteer = Gazetteer(marisland.places(), iso3="XMR")
    return lambda content: check_submission(content, NAME, "focal", None, tables=tables, gazetteer=gazetteer)


def _lines(folder: Any) -> list[str]:
    text: str = (folder / "values.csv").read_text(encoding="utf-8")
    return text.splitlines()


def _same(checked: Checked, first_row: int = 2) -> None:
    assert [(f.rule, f.row, f.detail) for f in checked.verdict.findings] == []
    found = [
        tuple(row) for row in checked.rows[["row_number", "org_id", "sector", "pcode", "month", "targeted"]].to_numpy()
    ]
    assert found == [
        (first_row, "O-1", "WSH", "XM0101", "2026-01", 1200),
        (first_row, "O-1", "WSH", "XM0101", "2026-03", 1200),
        (first_row + 1, "O-2", "FSC", "XM0201", "2026-03", 350),
    ]


# -- kinds and encodings ----------------------------------------------------------------------------------------


def _text(sheet: Sheet, mark: str, encoding: str) -> bytes:
    return "\r\n".join(mark.join(map(str, row)) for row in sheet).encode(encoding)


@pytest.mark.parametrize(
    ("language", "headings", "mark", "encoding"),
    [
        ("French", FRENCH, ";", "latin-1"),
        ("French", FRENCH, ",", "utf-8-sig"),
        ("French", FRENCH, "\t", "cp1252"),
        ("Spanish", SPANISH, ";", "latin-1"),
        ("Spanish", SPANISH, "\t", "utf-16"),
        ("Spanish", SPANISH, ",", "utf-8-sig"),
        ("Ukrainian", UKRAINIAN, ";", "cp1251"),
        ("Ukrainian", UKRAINIAN, "\t", "cp1251"),
        ("Ukrainian", UKRAINIAN, ",", "utf-8-sig"),
    ],
)
def test_text_files(
    check: Callable[[bytes], Checked], language: str, headings: list[str], mark: str, encoding: str
) -> None:
    _same(check(_text(_table(headings, WATER[language]), mark, encoding)))


@pytest.mark.parametrize("headings", [FRENCH, SPANISH, UKRAINIAN])
def test_opendocument(check: Callable[[bytes], Checked], headings: list[str]) -> None:
    _same(check(ods_sheets({"Feuille1": _table(headings)})))


def test_excel_of_the_last_century(check: Callable[[bytes], Checked]) -> None:
    xlwt = pytest.importorskip("xlwt")
    book = xlwt.Workbook()
    sheet = book.add_sheet("Données")
    for number, row in enumerate(_table(FRENCH)):
        for column, cell in enumerate(row):
            sheet.write(number, column, cell)
    saved = io.BytesIO()
    book.save(saved)
    _same(check(saved.getvalue()))


# -- layouts ----------------------------------------------------------------------------------------------------

TAGS = ["#org +name", "# sector", "#adm1+code", "#adm2 +name", "#targeted", "", "", ""]


def test_hashtags_below_the_headings(check: Callable[[bytes], Checked]) -> None:
    head, *rows = _table(FRENCH)
    checked = check(xlsx({"3W": [head, TAGS, *rows]}))
    _same(checked, 3)
    assert checked.verdict.counts == {"hashtag_rows": 1}


def test_hashtags_above_the_headings(check: Callable[[bytes], Checked]) -> None:
    _same(check(xlsx({"3W": [TAGS, *_table(FRENCH)]})), 3)


def test_two_languages_in_two_rows(check: Callable[[bytes], Checked]) -> None:
    _same(check(xlsx({"3W": [SPANISH, *_table(UKRAINIAN)]})), 3)


def test_line_breaks_and_groups_merged_above(check: Callable[[bytes], Checked]) -> None:
    head, *rows = _table([text.replace(" ", "\n") for text in FRENCH])
    groups = [*head[:5], "Mois", None, None]
    below = [*[None] * 5, *head[5:]]
    spans = [f"{letter}1:{letter}2" for letter in "ABCDE"]
    _same(check(xlsx({"3W": [groups, below, *rows]}, merged={"3W": [*spans, "F1:H1"]})), 3)


def test_look_up_sheets_and_hidden_ones_are_no_table(check: Callable[[bytes], Checked]) -> None:
    lists = [FRENCH[:4], ["Puits pour tous", "EHA", "XM01", "Norville"]]
    _same(check(xlsx({"Provinces": lists, "3W": _table(FRENCH), "Avant": _table(FRENCH)}, hidden="Avant")))


def test_blank_rows_by_the_thousand(check: Callable[[bytes], Checked]) -> None:
    head, first, second = _table(FRENCH)
    blank: Sheet = [[" "] for _ in range(5000)]
    checked = check(xlsx({"3W": [head, first, second, *blank, ["Puits pour tous", "EHA", "XM01", "Norville", 7, "x"]]}))
    assert checked.verdict.counts == {"blank_rows": 5000}
    assert list(checked.rows["row_number"]) == [2, 2, 3, 5004]


@pytest.mark.parametrize("cell", ["#N/A", "<Null>"])
def test_a_failed_look_up_in_the_matrix_holds_its_row(check: Callable[[bytes], Checked], cell: str) -> None:
    sheet = _table(FRENCH)
    sheet[2][6] = cell
    checked = check(xlsx({"3W": sheet}))
    assert [(f.rule, f.row) for f in checked.verdict.findings] == [("C-EXCEL-ERROR", 3)]
    [finding] = checked.verdict.findings
    assert checked.verdict.columns[finding.column or ""].letter == "G"
