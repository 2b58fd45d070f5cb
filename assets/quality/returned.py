"""The sender's own workbook back, with the failing cells coloured and commented and a sheet that lists them.

Belongs here: marking. Not here: the words (rules/) and what is wrong (the verdict). A file that holds personal data
or cannot be opened is not given back: then only the list of findings is. The same input gives the same bytes.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from assets.quality.report import EFFECTS, column_in_words, may_be_returned, suggested
from assets.quality.rules import Severity, rule
from assets.quality.verdict import Finding, Verdict
from assets.sheets.workbook import UnreadableWorkbook, Workbook, read_workbook

if TYPE_CHECKING:
    import openpyxl
    import xlsxwriter

FINDINGS_SHEET = "IMU findings"
_AUTHOR = "IMU"
_FIXED = datetime(2000, 1, 1)  # noqa: DTZ001 - a property of the file, not a moment
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)
_MOST_UNPACKED = 40 * 1024 * 1024  # openpyxl needs fifty times what it reads
_COLOURS = {
    Severity.REFUSE: "F4B6B0",
    Severity.QUARANTINE: "F9D2CE",
    Severity.WARN: "FFECB8",
    Severity.INFO: "D6E8F5",
}
_HEADINGS = ("Row in your sheet", "Where", "What is wrong", "What to do", "What it means for you", "Rule no.")
_WIDTHS = (12, 34, 64, 64, 26, 20)
_DATES = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]")  # what Excel allows in no sheet's name

Marks = Mapping[tuple[int, int], list[Finding]]


def returned_workbook(content: bytes, verdict: Verdict) -> bytes:
    """Return the workbook to send back with the partner page."""
    if not may_be_returned(verdict):
        return _rebuilt(None, verdict)
    marked = _marked(content, verdict) if _can_be_marked(content) else None
    if marked is not None:
        return marked
    try:
        return _rebuilt(read_workbook(content), verdict)
    except UnreadableWorkbook:
        return _rebuilt(None, verdict)


def _can_be_marked(content: bytes) -> bool:
    """Only an xlsx of moderate size; the size is the one the archive declares, and no more is ever unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except zipfile.BadZipFile:
        return False
    is_xlsx = any(entry.filename == "xl/workbook.xml" for entry in entries)
    return is_xlsx and sum(entry.file_size for entry in entries) <= _MOST_UNPACKED


def cell_marks(verdict: Verdict) -> dict[tuple[int, int], list[Finding]]:
    """Return the findings by cell (row and column from 1); a finding about a whole row marks its first column."""
    marks: dict[tuple[int, int], list[Finding]] = defaultdict(list)
    letters = [_number(column.letter) for column in verdict.columns.values()]
    for finding in verdict.findings:
        if finding.row is None or (not letters and finding.column is None):
            continue
        column = verdict.columns.get(finding.column or "")
        marks[finding.row, _number(column.letter) if column else min(letters, default=1)].append(finding)
    return dict(sorted(marks.items()))


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _gravest(findings: list[Finding]) -> Severity:
    return min((finding.severity for finding in findings), key=lambda severity: severity.rank)


def _comment(findings: list[Finding]) -> str:
    return "\n\n".join(f"{_message(finding)}\n{rule(finding.rule).what_to_do}" for finding in findings)


def _message(finding: Finding) -> str:
    words = rule(finding.rule).say(
        column="this cell" if finding.column else "the row",
        row=finding.row,
        detail=finding.detail or "",
        suggestion=suggested(finding),
    )
    return words.replace("column this cell", "this cell").replace("Column this cell", "This cell")


def _lines(verdict: Verdict) -> Iterator[tuple[Any, ...]]:
    for finding in verdict.findings:
        known = rule(finding.rule)
        yield (
            finding.row if finding.row is not None else "",
            column_in_words(finding, verdict),
            _message(finding),
            known.what_to_do,
            EFFECTS[known.severity],
            known.id,
        )


# --- their own xlsx, marked -----------------------------------------------------------------------------------


def _marked(content: bytes, verdict: Verdict) -> bytes | None:
    """Mark the workbook itself, with its widths, formulas and drop-downs; None where openpyxl cannot open it."""
    from openpyxl import load_workbook
    from openpyxl.packaging.core import DocumentProperties

    try:
        book = load_workbook(io.BytesIO(content))
        _mark_cells(book, verdict)
        _list_findings(book, verdict)
        book.properties = DocumentProperties(creator=_AUTHOR)  # programs write the name of whoever saved it
        saved = io.BytesIO()
        book.save(saved)
    except Exception:  # noqa: BLE001 - whatever a stranger's workbook does to openpyxl, the sender gets an answer
        return None
    return _timeless(saved.getvalue())


def _mark_cells(book: openpyxl.Workbook, verdict: Verdict) -> None:
    from openpyxl.cell.cell import MergedCell
    from openpyxl.comments import Comment
    from openpyxl.styles import PatternFill

    if verdict.sheet not in book.sheetnames:
        return
    sheet = book[verdict.sheet]
    for (row, column), findings in cell_marks(verdict).items():
        cell = sheet.cell(row=row, column=column)
        if isinstance(cell, MergedCell):
            continue
        cell.fill = PatternFill("solid", start_color=_COLOURS[_gravest(findings)])
        earlier = "" if cell.comment is None or cell.comment.author == _AUTHOR else f"{cell.comment.text}\n\n"
        cell.comment = Comment(earlier + _comment(findings), _AUTHOR, width=340, height=160)


def _list_findings(book: openpyxl.Workbook, verdict: Verdict) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    if FINDINGS_SHEET in book.sheetnames:
        del book[FINDINGS_SHEET]
    sheet = book.create_sheet(FINDINGS_SHEET, 0)
    sheet.append([verdict.summary])
    sheet.append([])
    sheet.append(list(_HEADINGS))
    for line in _lines(verdict):
        sheet.append(list(line))
    sheet["A1"].font = Font(bold=True, size=13)
    for cell in sheet[3]:
        cell.font, cell.fill = Font(bold=True, color="FFFFFF"), PatternFill("solid", start_color="0B5C8C")
    for at, width in enumerate(_WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(at)].width = width
    for row in sheet.iter_rows(min_row=4):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "A4"
    for other in book.worksheets:
        other.sheet_view.tabSelected = other is sheet
    book.active = 0


def _timeless(content: bytes) -> bytes:
    """Rewrite the archive without the moment at which it was saved."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            data = old.read(entry)
            if entry.filename == "docProps/core.xml":
                data = _DATES.sub(rb"\g<1>2000-01-01T00:00:00Z\g<2>", data)
            info = zipfile.ZipInfo(entry.filename, _ZIP_DATE)
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, data)
    return target.getvalue()


# --- rebuilt from cells: csv, xls, ods, or an xlsx that cannot be marked -----------------------------------------


def _rebuilt(workbook: Workbook | None, verdict: Verdict) -> bytes:
    import xlsxwriter

    target = io.BytesIO()
    # strings_to_formulas off: a cell of the sender's that begins with "=" stays the text it was.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(target, options)
    book.set_properties({"created": _FIXED, "author": _AUTHOR})
    _write_findings(book, verdict)
    own = [sheet for sheet in (workbook.sheets if workbook else ()) if sheet.name != FINDINGS_SHEET]
    for number, sheet in enumerate(own, start=1):
        marks = cell_marks(verdict) if sheet.name == (verdict.sheet or "") else {}
        name = _NOT_IN_NAMES.sub(" ", sheet.name)[:24].strip(" '") or "Data"
        _write_sheet(book, name if len(own) == 1 else f"{name} {number}", sheet.rows, marks)
    book.close()
    return target.getvalue()


def _write_findings(book: xlsxwriter.Workbook, verdict: Verdict) -> None:
    sheet = book.add_worksheet(FINDINGS_SHEET)
    heading = book.add_format({"bold": True, "font_color": "#FFFFFF", "bg_color": "#0B5C8C"})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.write_string(0, 0, verdict.summary, book.add_format({"bold": True, "font_size": 13}))
    for at, (words, width) in enumerate(zip(_HEADINGS, _WIDTHS, strict=True)):
        sheet.write_string(2, at, words, heading)
        sheet.set_column(at, at, width)
    for number, line in enumerate(_lines(verdict), start=3):
        for at, value in enumerate(line):
            sheet.write(number, at, value, wrapped)
    sheet.freeze_panes(3, 0)


def _write_sheet(book: xlsxwriter.Workbook, name: str, rows: list[list[Any]], marks: Marks) -> None:
    sheet = book.add_worksheet(name)
    fills = {severity: book.add_format({"bg_color": f"#{colour}"}) for severity, colour in _COLOURS.items()}
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    days = {
        severity: book.add_format({"bg_color": f"#{colour}", "num_format": "yyyy-mm-dd"})
        for severity, colour in _COLOURS.items()
    }
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            findings = marks.get((row + 1, column + 1))
            severity = _gravest(findings) if findings else None
            if isinstance(cell, date):
                sheet.write_datetime(row, column, cell, days[severity] if severity else day)
            elif cell is not None and cell != "":
                sheet.write(row, column, cell, fills[severity] if severity else None)
    for (row, column), findings in marks.items():
        if row > len(rows) or column > len(rows[row - 1]) or rows[row - 1][column - 1] in {None, ""}:
            sheet.write_blank(row - 1, column - 1, None, fills[_gravest(findings)])
        sheet.write_comment(
            row - 1, column - 1, _comment(findings), {"author": _AUTHOR, "x_scale": 2.4, "y_scale": 1.6}
        )
