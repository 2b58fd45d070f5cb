"""The needs workbook as bytes: a page of explanations, the long sheet with titles and a merged header, hidden lists.

Here belongs the layout. Here does not belong what stands in the rows (needs.py).
"""

import io
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

Line = list[str | int]
SHEET = "PiN and targets"
_TITLES = (
    "Kalvoria humanitarian needs and response plan 2025",
    "People in need, severity and targets by district, population group and sector",
    "Baseline population: COD-PS 2025 v01. Districts: COD-AB v01. Severity 1 (minimal) to 5 (catastrophic).",
)
_BANDS = (("Where", 3), ("Who", 1), ("What", 2), ("Figures (persons)", 4))
HEADER = (
    "District P-code", "District", "Region", "Population group", "Sector", "Series", "Population", "Severity",
    "People in need", "Targeted",
)  # fmt: skip
HEADER_ROW = len(_TITLES) + 3  # as the spreadsheet counts: titles, an empty row, the bands, then the header
FIRST_ROW = HEADER_ROW + 1
_ABOUT = (
    "This workbook is agreed by the needs working group. All figures are invented; Kalvoria doesn't exist.",
    "One row per district, population group (IDP, RET, NDP, REF) and sector (8 core, 3 areas of responsibility).",
    "People in need must never be added across sectors.",
    "Zero means assessed and nobody in need.",
)


def as_workbook(lines: Sequence[Line], made_on: date) -> bytes:
    """The workbook; the same lines give the same bytes."""
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"created": datetime.combine(made_on, datetime.min.time())})
    about = book.add_worksheet("Read me")
    for row, text in enumerate(_ABOUT):
        about.write_string(row, 0, text)
    _fill(book.add_worksheet(SHEET), book.add_format({"bold": True, "align": "center"}), lines)
    lists = book.add_worksheet("lists")
    lists.write_column(0, 0, sorted({str(line[4]) for line in lines}))
    lists.hide()
    book.close()
    return buffer.getvalue()


def _fill(sheet: Any, bold: Any, lines: Sequence[Line]) -> None:
    """Titles over the whole width, bands over their columns, the header, the rows."""
    for row, title in enumerate(_TITLES):
        sheet.merge_range(row, 0, row, len(HEADER) - 1, title, bold)
    column = 0
    for band, width in _BANDS:
        if width == 1:
            sheet.write_string(HEADER_ROW - 2, column, band, bold)
        else:
            sheet.merge_range(HEADER_ROW - 2, column, HEADER_ROW - 2, column + width - 1, band, bold)
        column += width
    for row, line in enumerate([HEADER, *lines], start=HEADER_ROW - 1):
        sheet.write_row(row, 0, line)
