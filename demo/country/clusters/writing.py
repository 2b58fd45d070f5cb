"""From a laid-out sheet to bytes: xlsx by XlsxWriter with fixed properties, or CSV in an old encoding.

Belongs here: cell types, formats, extra sheets. The same book gives the same bytes on every machine.
"""

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from demo.country.clusters import office
from demo.country.clusters.activities import months
from demo.country.clusters.layout import Book, Laid, lay_out, totals_of
from demo.country.clusters.rows import FIGURES, Cell, ExcelError, Row
from demo.country.clusters.spelling import HABITS, typed_month

_CREATED = datetime(2024, 12, 2, 9, tzinfo=UTC)
_BLANK_ROWS = 2500  # the borders somebody dragged down "to have enough"


def write(book: Book, laid: Laid) -> bytes:
    """The bytes of a laid-out book."""
    return _workbook(book, laid) if book.dress.file == "xlsx" else _csv(book, laid)


def write_table(lines: list[list[Cell]]) -> bytes:
    """A workbook of one bare sheet, for files that follow no template of ours."""
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer, {"in_memory": True})
    workbook.set_properties({"created": _CREATED})
    sheet = workbook.add_worksheet()
    for number, line in enumerate(lines):
        for place, cell in enumerate(line):
            _put(sheet, number, place, cell, None)
    workbook.close()
    return buffer.getvalue()


def _csv(book: Book, laid: Laid) -> bytes:
    text = io.StringIO()
    mark = "," if book.dress.file == "csv_latin1" else ";"
    table = csv.writer(text, delimiter=mark, lineterminator="\r\n")
    width = len(laid.columns)
    table.writerows([_text(cell) for cell in [*line, *[None] * (width - len(line))]] for line in laid.lines)
    encoding = "utf-8-sig" if book.dress.file == "csv_bom" else book.dress.encoding
    return text.getvalue().encode(encoding)


def _text(cell: Cell) -> str:
    if isinstance(cell, float):
        return str(cell).replace(".", ",")
    if isinstance(cell, date):
        return f"{cell:%d.%m.%Y}"
    return cell.text if isinstance(cell, ExcelError) else "" if cell is None else str(cell)


def _workbook(book: Book, laid: Laid) -> bytes:
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer, {"in_memory": True, "default_date_format": "dd.mm.yyyy"})
    workbook.set_properties({"title": "5W", "author": "", "created": _CREATED})
    formats = {
        "head": workbook.add_format({"bold": True, "text_wrap": True, "border": 1}),
        "box": workbook.add_format({"border": 1}),
        "month": workbook.add_format({"num_format": "mmm yy"}),
    }
    extras = book.dress.extras
    if "several_sheets" in extras:
        _read_me(workbook.add_worksheet("READ ME"))
    if "hidden_lookup_sheet" in extras:
        _lists(workbook.add_worksheet("lists"), book)
    sheet = workbook.add_worksheet(_sheet_name(book))
    _fill(sheet, book, laid, formats)
    sheet.activate()
    if "several_sheets" in extras:
        _pivot(workbook.add_worksheet("Pivot"), laid)
    if "hidden_old_copy" in extras:
        _old_copy(workbook.add_worksheet("5W (2)"), book, formats)
    workbook.close()
    return buffer.getvalue()


def _sheet_name(book: Book) -> str:
    names = ("5W", "Data", "Sheet1", f"5W {office.NICKNAMES[book.cluster]}", "Аркуш1")
    return names[(office.CLUSTERS.index(book.cluster) + int(book.month[5:])) % len(names)]


def _fill(sheet: Worksheet, book: Book, laid: Laid, formats: dict[str, Any]) -> None:
    for number, line in enumerate(laid.lines):
        style = formats["head"] if number < laid.header and len(line) > 1 else None
        for place, cell in enumerate(line):
            month = laid.columns[place] == "reporting_month" and isinstance(cell, date)
            _put(sheet, number, place, cell, formats["month"] if month else style)
    for first, left, last, right in laid.merges:
        sheet.merge_range(first, left, last, right, laid.lines[first][left], formats["head"])
    if book.dress.titles:
        sheet.merge_range(0, 0, 0, len(laid.columns) - 1, laid.lines[0][0], formats["head"])
    if laid.totals:
        _put_totals(sheet, laid, formats["head"])
    if "blank_formatted_rows" in book.dress.extras:
        for number in range(len(laid.lines) + 1, len(laid.lines) + 1 + _BLANK_ROWS):
            for place in range(3):
                sheet.write_blank(number, place, None, formats["box"])


def _put(sheet: Worksheet, number: int, place: int, cell: Cell, style: Any) -> None:
    if cell is None:
        return
    if isinstance(cell, ExcelError):
        sheet.write_formula(number, place, f"={cell.text}", style, cell.text)
    elif isinstance(cell, date):
        sheet.write_datetime(number, place, cell, style)
    elif isinstance(cell, str):
        sheet.write_string(number, place, cell, style)
    else:
        sheet.write_number(number, place, cell, style)


def _put_totals(sheet: Worksheet, laid: Laid, style: Any) -> None:
    line = len(laid.lines)
    sheet.write_string(line, 0, "TOTAL", style)
    for place, column in enumerate(laid.columns):
        if column in FIGURES:
            letter = xlsxwriter.utility.xl_col_to_name(place)
            formula = f"=SUM({letter}{laid.numbers[0]}:{letter}{laid.numbers[-1]})"
            sheet.write_formula(line, place, formula, style, totals_of(laid, column))


def _read_me(sheet: Worksheet) -> None:
    for number, text in enumerate(("How to fill this workbook", "One line per activity, place and group.",
                                   "Don't change the columns.", "Send it before the 12th.")):  # fmt: skip
        sheet.write_string(number, 0, text)


def _lists(sheet: Worksheet, book: Book) -> None:
    """The look-up lists behind the drop-down cells."""
    sheet.write_row(0, 0, ["Organization", "Activity", "Status"])
    sheet.write_column(1, 0, [org.name for org in office.organisations()])
    sheet.write_column(1, 1, [activity.name for activity in office.activities(book.cluster)])
    statuses = ("planned", "ongoing", "completed", "suspended")
    sheet.write_column(1, 2, [office.labels("status", code)[0] for code in statuses])
    sheet.very_hidden() if int(book.month[5:]) % 2 else sheet.hide()


def _pivot(sheet: Worksheet, laid: Laid) -> None:
    sheet.write_row(0, 0, ["Sum of", "Value"])
    for number, column in enumerate(("targeted", "reached"), start=1):
        sheet.write_row(number, 0, [column, totals_of(laid, column)])


def _old_copy(sheet: Worksheet, book: Book, formats: dict[str, Any]) -> None:
    """Last month's table, kept on a hidden sheet "just in case": not this month's report."""
    before = months()[max(0, months().index(book.month) - 1)]
    rows = [_of_month(row, typed_month(before, HABITS[book.cluster].month)) for row in book.rows[:12]]
    plain = replace(book.dress, header="plain", titles=False, hxl="", extras=())
    old = replace(book, rows=rows, dress=plain)
    _fill(sheet, old, lay_out(old), formats)
    sheet.hide()


def _of_month(row: Row, month: Cell) -> Row:
    return Row(row.spot, row.org, {**row.clean, "reporting_month": month})
