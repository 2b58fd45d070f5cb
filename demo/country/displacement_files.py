"""The statistics office's weekly table as bytes: CSV in the dialects it uses, and a workbook with title rows.

Here belongs how a week is written. Here does not belong which figures or which mistakes (displacement.py).
"""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime, timedelta

from demo.country.deliveries import week_key

HEADER = ("Код", "Район", "Тип розміщення", "ВПО осіб", "Домогосподарств", "Жінки", "Чоловіки", "Діти")
CODE, NAME, KIND, IDPS, HOUSEHOLDS, WOMEN, MEN, CHILDREN = range(8)
WORDS = {"camp": "табір", "non_camp": "поза табором"}  # kind of place, as the office writes it
TITLE_ROWS = 4  # above the header of a workbook
Line = list[str | int]


def as_csv(
    lines: Sequence[Line], header: Sequence[str] = HEADER, delimiter: str = ",", encoding: str = "utf-8"
) -> bytes:
    """The table as text; "utf-8-sig" puts a byte order mark in front, "cp1251" is an old Windows machine."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows([header, *lines])
    return text.getvalue().encode(encoding)


def as_workbook(lines: Sequence[Line], sunday: date) -> bytes:
    """The table under its titles: the office, the week, the day the figures stand for, an empty row."""
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"created": datetime.combine(sunday, datetime.min.time())})
    sheet = book.add_worksheet("ВПО")
    monday = sunday - timedelta(days=6)
    sheet.merge_range(0, 0, 0, 7, "Статистична служба Калворії", book.add_format({"bold": True}))
    sheet.write_string(1, 0, f"Внутрішньо переміщені особи, {week_key(sunday)} ({monday:%d.%m.%Y} – {sunday:%d.%m.%Y})")
    sheet.write_string(2, 0, f"Станом на {sunday:%d.%m.%Y}")
    for row, line in enumerate([HEADER, *lines], start=TITLE_ROWS):
        sheet.write_row(row, 0, line)
    book.close()
    return buffer.getvalue()


def header_row(workbook: bool) -> int:
    """The row of the header as the reader of the file counts: 1 in a CSV, 5 in a workbook."""
    return TITLE_ROWS + 1 if workbook else 1
