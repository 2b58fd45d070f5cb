"""The sender's own workbook back: marked, complete, the same each time, and never with personal data."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from datetime import date
from typing import Any

import openpyxl
import pytest
from small_country import HEADINGS, NAMES, activity, ods, submission

from assets.quality.returned import FINDINGS_SHEET, cell_marks, returned_workbook
from assets.quality.verdict import Column, Finding, Verdict, conclude

LETTERS = [openpyxl.utils.get_column_letter(at) for at in range(1, len(NAMES) + 1)]
COLUMNS = {name: Column(letter, heading) for name, letter, heading in zip(NAMES, LETTERS, HEADINGS, strict=True)}
FINDINGS = [
    Finding("C-NUMBER", 2, "reached"),
    Finding("C-OVER-TARGET", 2, "reached"),
    Finding("C-PLACE-UNKNOWN", 3, "adm3_code", suggestion="QZ0101001 Marhanets"),
    Finding("C-DUPLICATE-ROW", 4, None, detail="2"),
]


def _verdict(*findings: Finding, sheet: str | None = "5W") -> Verdict:
    return conclude(
        source="clusters", arrival_id="a" * 16, sender="s", partition="2025-03", subject="WSH", rows_total=3,
        findings=findings or FINDINGS, columns=COLUMNS, sheet=sheet, template="new",
    )  # fmt: skip


def _open(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def _cell(book: Any, sheet: str, row: int, name: str) -> Any:
    return book[sheet].cell(row=row, column=NAMES.index(name) + 1)


ROWS = [activity(0, reached="many"), activity(1, remarks="=1+1"), activity(2)]


def _csv() -> bytes:
    lines = [list(HEADINGS), *ROWS]
    return "\n".join(";".join("" if cell is None else str(cell) for cell in line) for line in lines).encode("utf-8-sig")


@pytest.mark.parametrize(("content", "sheet"), [(submission(ROWS), "5W"), (_csv(), "Data")])
def test_cells_are_coloured_and_say_why(content: bytes, sheet: str) -> None:
    book = _open(returned_workbook(content, _verdict(sheet="5W" if sheet == "5W" else "")))
    number = _cell(book, sheet, 2, "reached")
    assert number.value == "many"
    assert number.fill.start_color.rgb.endswith("F9D2CE")
    assert "This cell holds no whole number." in number.comment.text
    assert "one fifth above" in number.comment.text
    place = _cell(book, sheet, 3, "adm3_code")
    assert "Is it QZ0101001 Marhanets?" in place.comment.text
    assert book[sheet].cell(row=4, column=1).comment.text.startswith("This row repeats row 2 in every column.")
    assert _cell(book, sheet, 4, "girls").comment is None
    assert _cell(book, sheet, 4, "org").value == "WFA"


@pytest.mark.parametrize(("content", "sheet"), [(submission(ROWS), "5W"), (_csv(), "")])
def test_findings_are_listed_first(content: bytes, sheet: str) -> None:
    book = _open(returned_workbook(content, _verdict(sheet=sheet)))
    assert book.sheetnames[0] == FINDINGS_SHEET
    rows = [[cell.value for cell in row] for row in book[FINDINGS_SHEET].iter_rows(min_row=3)]
    assert [row[0] for row in rows] == ["Row in your sheet", 4, 2, 3, 2]
    assert rows[2][1] == "People reached (total) (column S)"
    assert rows[2][4:] == ["The row waits", "C-NUMBER"]


def test_their_own_formats_formulas_and_comments_stay() -> None:
    book = _open(submission(ROWS))
    sheet = book["5W"]
    sheet.column_dimensions["B"].width = 47
    sheet["S3"] = "=SUM(T3:Y3)"
    sheet["S2"].comment = openpyxl.comments.Comment("ours", "them")
    saved = io.BytesIO()
    book.save(saved)
    back = _open(returned_workbook(saved.getvalue(), _verdict()))["5W"]
    assert back.column_dimensions["B"].width == 47
    assert back["S3"].value == "=SUM(T3:Y3)"
    assert back["S2"].comment.text.startswith("ours\n\n")
    assert back["O2"].value.date() == date(2025, 3, 3)


@pytest.mark.parametrize(("content", "sheet"), [(submission(ROWS), "5W"), (_csv(), "")])
def test_same_input_gives_the_same_bytes(content: bytes, sheet: str) -> None:
    assert returned_workbook(content, _verdict(sheet=sheet)) == returned_workbook(content, _verdict(sheet=sheet))


def test_a_workbook_that_breaks_its_reader_is_written_anew() -> None:
    """Its cells can be read; what it says about itself is no XML."""
    broken = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(submission(ROWS))) as old, zipfile.ZipFile(broken, "w") as new:
        for name in old.namelist():
            new.writestr(name, b"<not xml" if name == "docProps/core.xml" else old.read(name))
    book = _open(returned_workbook(broken.getvalue(), _verdict()))
    assert book.sheetnames[0] == FINDINGS_SHEET
    assert len(book.sheetnames) > 1


def test_text_that_looks_like_a_formula_stays_text() -> None:
    book = _open(returned_workbook(_csv(), _verdict(sheet="")))
    cell = _cell(book, "Data", 3, "remarks")
    assert (cell.value, cell.data_type) == ("=1+1", "s")


@pytest.mark.parametrize("rule", ["C-PERSONAL", "C-UNREADABLE", "C-SUBMITTER"])
def test_what_must_not_travel_twice_is_not_given_back(rule: str) -> None:
    book = _open(returned_workbook(submission(ROWS), _verdict(Finding(rule, 2, "remarks", detail="a phone number"))))
    assert book.sheetnames == [FINDINGS_SHEET]


def test_marking_twice_does_not_pile_up() -> None:
    once = returned_workbook(submission(ROWS), _verdict())
    twice = _open(returned_workbook(once, _verdict()))
    assert twice.sheetnames == [FINDINGS_SHEET, "5W"]
    assert twice["5W"]["S2"].comment.text == _open(once)["5W"]["S2"].comment.text


def test_damaged_file_gets_the_list_at_least() -> None:
    book = _open(returned_workbook(b"PK\x03\x04 no zip at all", _verdict()))
    assert book.sheetnames == [FINDINGS_SHEET]


def test_sheet_names_that_excel_does_not_allow() -> None:
    book = _open(
        returned_workbook(
            ods({"5W: north/south": ["a"], "5W: north?south": ["b"], "y" * 60: ["c"]}),
            _verdict(sheet="5W: north/south"),
        )
    )
    assert book.sheetnames == [FINDINGS_SHEET, "5W  north south 1", "5W  north south 2", "y" * 24 + " 3"]
    assert book["5W  north south 1"]["S2"].comment is not None


def test_marks_are_by_cell() -> None:
    marks = cell_marks(_verdict())
    assert [len(found) for found in marks.values()] == [2, 1, 1]
    assert list(marks) == [(2, 19), (3, 13), (4, 1)]


def test_no_name_of_whoever_saved_it_comes_along() -> None:
    book = openpyxl.load_workbook(io.BytesIO(submission([activity()])))
    book.properties.creator, book.properties.lastModifiedBy = "Olena Vymyshlena", "Olena Vymyshlena"
    book.properties.keywords = "Olena"
    saved = io.BytesIO()
    book.save(saved)
    content = returned_workbook(saved.getvalue(), _verdict())
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert not any(b"Olena" in archive.read(name) for name in archive.namelist())


def test_a_file_of_no_known_shape_does_not_come_back() -> None:
    verdict = dataclasses.replace(_verdict(), template=None)
    assert _open(returned_workbook(submission([activity()]), verdict)).sheetnames == ["IMU findings"]
