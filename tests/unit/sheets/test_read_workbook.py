"""Opening files nobody has looked at: formats, encodings, and files that were made or got to be harmful."""

from __future__ import annotations

import io
import os
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from small_country import ods

from assets.sheets import cells
from assets.sheets.workbook import Limits, UnreadableWorkbook, read_workbook

SMALL = Limits(memory_mb=384, cpu_seconds=5, wall_seconds=20, unpacked_mb=50, cells=200_000)


def _xlsx(rows: list[list[Any]], **options: Any) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    sheet = book.add_worksheet("Data")
    for row, line in enumerate(rows):
        for column, cell in enumerate(line):
            if isinstance(cell, date):
                sheet.write_datetime(row, column, cell, book.add_format({"num_format": "yyyy-mm-dd"}))
            elif cell is not None:
                sheet.write(row, column, cell)
    if options.get("hidden"):
        book.add_worksheet("Lists").write(0, 0, "hidden")
        book.get_worksheet_by_name("Lists").hide()
        book.add_worksheet("Deep").very_hidden()
    book.close()
    return target.getvalue()


def _reason(content: bytes, limits: Limits = SMALL) -> str:
    with pytest.raises(UnreadableWorkbook) as caught:
        read_workbook(content, limits)
    assert "does not help" in str(caught.value)
    return caught.value.reason


def test_cells_keep_their_types_and_rows_their_numbers() -> None:
    book = read_workbook(_xlsx([[], [None, "Total"], [], ["a", 12, 1.5, True, date(2025, 3, 1)]]))
    assert book.kind == "xlsx"
    rows = book.sheets[0].rows
    assert [bool(row) for row in rows] == [False, True, False, True]
    assert rows[1][1] == "Total"
    assert rows[3] == ["a", 12.0, 1.5, True, date(2025, 3, 1)]


def test_hidden_sheets_are_left_alone() -> None:
    assert [sheet.name for sheet in read_workbook(_xlsx([["a"]], hidden=True)).sheets] == ["Data"]


def test_merged_cells_are_told() -> None:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    book.add_worksheet().merge_range("B2:D2", "People reached")
    book.close()
    assert read_workbook(target.getvalue()).sheets[0].merged == ((1, 1, 1, 3),)


def test_blank_rows_by_the_thousand_cost_nothing() -> None:
    rows: list[list[Any]] = [["a", 1], *([] for _ in range(20_000)), ["b", 2], *([" "] for _ in range(500))]
    found = read_workbook(_xlsx(rows), SMALL).sheets[0].rows
    assert len(found) == 20_002
    assert found[20_001] == ["b", 2.0]


def test_xls_and_ods_are_read() -> None:
    xlwt = pytest.importorskip("xlwt")
    old = xlwt.Workbook()
    sheet = old.add_sheet("Дані")
    sheet.write(1, 0, "Нове")
    sheet.write(1, 1, 5)
    saved = io.BytesIO()
    old.save(saved)
    book = read_workbook(saved.getvalue())
    assert (book.kind, book.sheets[0].name, book.sheets[0].rows[1]) == ("xls", "Дані", ["Нове", 5.0])
    book = read_workbook(ods({"S": ["Нове", 5]}))
    assert (book.kind, book.sheets[0].rows) == ("ods", [["Нове", 5.0]])


TEXT = 'Назва;Люди\r\nНове;1,5\r\n\r\n"Крива\nрядок";7\r\n'
ROWS = [["Назва", "Люди"], ["Нове", "1,5"], [], ["Крива\nрядок", "7"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1251"])
def test_text_in_any_encoding(encoding: str) -> None:
    book = read_workbook(TEXT.encode(encoding))
    assert book.kind == "csv"
    assert book.sheets[0].rows == ROWS


def test_accents_are_not_taken_for_cyrillic() -> None:
    text = "Région,Commune\nKaï,Santé\nÎle,Thérèse\n"
    assert read_workbook(text.encode("cp1252")).sheets[0].rows[1] == ["Kaï", "Santé"]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_delimiter_is_found(mark: str) -> None:
    lines = [["a", "b", "c"], ["1", "2,5" if mark == ";" else "2", "x"], ["3", "4", "y"]]
    content = "\n".join(mark.join(line) for line in lines).encode()
    assert read_workbook(content).sheets[0].rows == lines


def test_excels_own_delimiter_line_counts_as_a_row() -> None:
    rows = read_workbook(b"sep=;\r\na;b\r\n1,5;2,5\r\n").sheets[0].rows
    assert rows == [[], ["a", "b"], ["1,5", "2,5"]]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"%PDF-1.4 something", "not a table"),
        (b"\x89PNG\r\n\x1a\n", "not a table"),
        (b"<html><body><table><tr><td>1</td></tr></table></body></html>", "not a table"),
        (bytes(range(256)) * 40, "not a table"),
        (b"PK\x03\x04" + b"\x00" * 50, "corrupt"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "corrupt"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600 + "EncryptedPackage".encode("utf-16-le"),
            "encrypted",
        ),
    ],
)
def test_file_that_is_no_workbook(content: bytes, reason: str) -> None:
    assert _reason(content) == reason


def test_workbook_cut_short() -> None:
    whole = _xlsx([["a", n] for n in range(200)])
    assert _reason(whole[: len(whole) // 2]) == "corrupt"


def test_workbook_with_a_damaged_sheet() -> None:
    assert (
        _reason(_with_sheet(_xlsx([["a", 1]]), b"<worksheet><sheetData><row><c r='A1'><v>1</v></sheetData>"))
        == "corrupt"
    )


def test_document_of_another_kind_in_a_zip() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    assert _reason(target.getvalue()) == "not a table"


def _with_sheet(workbook: bytes, sheet: bytes, declared: int | None = None) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(entry.filename, sheet if entry.filename == "xl/worksheets/sheet1.xml" else old.read(entry))
    content = target.getvalue()
    if declared is not None:  # lie about the size in both headers
        content = content.replace(len(sheet).to_bytes(4, "little"), declared.to_bytes(4, "little"))
    return content


def _bomb(megabytes: int) -> bytes:
    cell = b"<c t='inlineStr'><is><t>" + b"A" * 1024 + b"</t></is></c>"
    rows = b"<row>" + cell * 1024 + b"</row>"
    return b"<worksheet><sheetData>" + rows * megabytes + b"</sheetData></worksheet>"


def test_zip_bomb_costs_a_verdict_and_not_the_run() -> None:
    bomb = _with_sheet(_xlsx([["a"]]), _bomb(80))
    assert len(bomb) < 1_000_000
    assert _reason(bomb) == "too big"


def test_zip_bomb_that_lies_about_its_size() -> None:
    sheet = _bomb(80)
    bomb = _with_sheet(_xlsx([["a"]]), sheet, declared=1000)
    assert _reason(bomb, Limits(memory_mb=384, cpu_seconds=5, unpacked_mb=50, cells=20_000)) in {
        "too big",
        "corrupt",
        "too slow",
    }


def test_one_cell_far_away() -> None:
    near, last = b"<row r='1'><c r='A1'><v>1</v></c></row>", b"<row r='1048576'><c r='XFD1048576'><v>1</v></c></row>"
    far = b"<worksheet><sheetData>" + near + last + b"</sheetData></worksheet>"
    assert _reason(_with_sheet(_xlsx([["a"]]), far)) == "too big"


def test_file_that_takes_for_ever_is_stopped() -> None:
    rows = [["x" * 50] * 30 for _ in range(3000)]
    assert _reason(_xlsx(rows), Limits(wall_seconds=0.001)) == "too slow"


def test_processor_time_is_bounded_too() -> None:
    sheet = b"<worksheet><sheetData>" + b"<row/>" * 60_000_000 + b"</sheetData></worksheet>"
    limits = Limits(memory_mb=1024, cpu_seconds=1, wall_seconds=60, unpacked_mb=400)
    assert _reason(_with_sheet(_xlsx([["a"]]), sheet), limits) == "too slow"


def test_csv_without_end() -> None:
    assert _reason(b"1,2,3,4,5\n" * 100_000, Limits(cells=100_000)) == "too big"


def test_no_plain_copy_reaches_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    read_workbook(_xlsx([["a", 1]]))
    assert list(tmp_path.rglob("*")) == []


def test_child_cannot_see_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys of the lake travel in variables; a workbook that took over the parser must not find them."""
    monkeypatch.setenv("IMU_TEST_SECRET", "a key")
    seen: dict[str, Any] = {}
    import subprocess

    from assets.sheets import workbook

    def spy(*arguments: Any, **options: Any) -> Any:
        seen.update(options)
        return subprocess.CompletedProcess(arguments, 0, stdout=b'{"kind":"csv","sheets":[]}')

    monkeypatch.setattr(workbook.subprocess, "run", spy)
    read_workbook(b"a,b\n")
    assert seen["env"] == {}
    assert seen["stderr"] == subprocess.DEVNULL


def test_child_starts_with_the_standard_library_and_calamine_only() -> None:
    import ast

    tree = ast.parse(Path(cells.__file__).read_text(encoding="utf-8"))
    names = {
        alias.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    names |= {(node.module or "").split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    import sys

    assert names - set(sys.stdlib_module_names) == {"python_calamine"}
    assert os.access(cells.__file__, os.R_OK)
