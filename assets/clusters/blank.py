"""The empty workbook a cluster's partners fill in: lists in the cells, codes that fill themselves, cells that colour
before anything is sent.

Belongs here: laying out one sheet by a column map. Not here: the formulas (blank_formulas.py), the words
(words/blank.yml), what is checked when it comes back (check.py). Pure: the same lists give the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from assets.clusters.blank_formulas import (
    Column,
    Sheet,
    code_formula,
    colours,
    month_formula,
    place_list,
    sector_formula,
)
from assets.clusters.canonical import CODES, DATES, FIGURES, NAMES
from assets.clusters.column_maps import ColumnMap

if TYPE_CHECKING:
    import xlsxwriter
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

ROWS = 300
SHEET, LISTS, HELP = "5W", "Lists", "How to"
_WORDS = Path(__file__).with_name("words") / "blank.yml"
_FIXED = datetime(2000, 1, 1)  # noqa: DTZ001 - a property of the file, not a moment
_HEADER_AT = 2
_WIDTHS = {"number": 12, "date": 12, "code": 14, "list": 24, "text": 26}
_HEAD = {"bold": True, "text_wrap": True, "valign": "top", "border": 1, "font_color": "#FFFFFF"}
_RED, _YELLOW = "#F4B6B0", "#FFECB8"


@dataclass(frozen=True)
class PlaceRow:
    """One place of the version in force: code, name, the code above it (None for the first level)."""

    level: int
    pcode: str
    name: str
    parent: str | None


@dataclass(frozen=True)
class Blank:
    """What one empty workbook is made of. `lists` holds the allowed texts by canonical column."""

    map: ColumnMap
    cluster: str
    month: str
    operation: str
    contact: str
    languages: Sequence[str]
    lists: Mapping[str, Sequence[str]]
    places: Sequence[PlaceRow]

    def words(self, language: str) -> dict[str, Any]:
        """The catalogue of a language, or English."""
        catalogue = yaml.safe_load(_WORDS.read_text(encoding="utf-8"))
        return dict(catalogue.get(language, catalogue["en"]))

    def fill(self, text: str) -> str:
        """A sentence of the catalogue with this workbook's names in it."""
        return text.format(operation=self.operation, cluster=self.cluster, month=self.month, contact=self.contact)


def blank_workbook(blank: Blank) -> bytes:
    """Return the workbook as bytes."""
    import xlsxwriter

    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    book.set_properties({"created": _FIXED, "author": "IMU", "title": f"{blank.cluster} {blank.month}"})
    main, lists = book.add_worksheet(SHEET), book.add_worksheet(LISTS)
    layout = _layout(blank)
    _write_lists(lists, layout, blank)
    _write_main(book, main, layout, blank)
    _write_help(book, book.add_worksheet(HELP), blank)
    lists.hide()
    book.close()
    return target.getvalue()


def _layout(blank: Blank) -> Sheet:
    columns = {
        name: Column(at, name, _kind(name, column.canonical, blank), column.required)
        for at, (name, column) in enumerate(blank.map.columns.items())
    }
    return Sheet(columns, first_row=_HEADER_AT + 1, rows=ROWS)


def _kind(name: str, canonical: str, blank: Blank) -> str:
    """What a cell of the column is: typed in, chosen from a list, or filled in by a formula."""
    if canonical in FIGURES:
        return "number"  # also in a matrix, where the column's own name says more
    if name in DATES:
        return "date"
    levels = {column: level for level, column in CODES.items()}
    if name == "reporting_month" or (name == "sector" and len(blank.lists.get("sector", ())) == 1):
        return "filled"
    if name in levels and NAMES[levels[name]] in blank.map.columns:
        return "code"
    if name in NAMES.values() and name != NAMES[4]:
        return "place"
    return "list" if blank.lists.get(name) else "text"


def _write_lists(lists: Worksheet, layout: Sheet, blank: Blank) -> None:
    """One column a list; of each admin level three: the code above, what people choose, the code."""
    written: dict[tuple[str, ...], int] = {}
    for name, values in blank.lists.items():
        same = tuple(values)
        if same not in written:
            written[same] = len(written)
            lists.write_column(0, written[same], values)
        layout.lists[name] = (written[same], len(values))
    at = len(written)
    for level in sorted({place.level for place in blank.places}):
        rows = _labelled([place for place in blank.places if place.level == level])
        for row, (parent, label, code) in enumerate(rows):
            lists.write_row(row, at, [parent, label, code, f"{parent}|{label}"])
        layout.places[level] = (at, len(rows))
        at += 4


def _labelled(places: Sequence[PlaceRow]) -> list[tuple[str, str, str]]:
    """Parent, label and code, in the order of the lists; two of one name under one parent carry their code."""
    names = [(place.parent or "", place.name) for place in places]
    rows = [
        (place.parent or "", f"{place.name} ({place.pcode})" if names.count(key) > 1 else place.name, place.pcode)
        for place, key in zip(places, names, strict=True)
    ]
    return sorted(rows)


def _write_main(book: xlsxwriter.Workbook, sheet: Worksheet, layout: Sheet, blank: Blank) -> None:
    open_cell = {"locked": False, "border": 1, "border_color": "#C9D3DB"}
    words = blank.words(blank.languages[0])
    title = book.add_format({"bold": True, "font_size": 14, "font_color": "#0B5C8C"})
    sheet.write_string(0, 0, blank.fill(words["title"]), title)
    sheet.set_row(_HEADER_AT, 46)
    for column in layout.columns.values():
        colour = "#5B6770" if column.is_filled else "#0B5C8C"
        head = book.add_format({**_HEAD, "bg_color": colour})
        star = " *" if column.required and not column.is_filled else ""
        sheet.write_string(_HEADER_AT, column.at, blank.map.columns[column.name].title + star, head)
        sheet.set_column(column.at, column.at, _WIDTHS.get(column.kind, 22))
        _write_cells(sheet, column, layout, blank, _formats(book, open_cell))
        _add_validation(sheet, column, layout, words)
    for formula, names, grave in colours(layout):
        shade = book.add_format({"bg_color": _RED if grave else _YELLOW})
        for name in names:
            area = layout.columns[name].at
            sheet.conditional_format(
                layout.first_row, area, layout.last_row, area, {"type": "formula", "criteria": formula, "format": shade}
            )
    sheet.freeze_panes(layout.first_row, 2)
    sheet.protect("", {"insert_rows": True, "delete_rows": True, "format_columns": True, "format_rows": True,
                       "sort": True, "autofilter": True})  # fmt: skip
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(_HEADER_AT)


def _formats(book: xlsxwriter.Workbook, open_cell: dict[str, Any]) -> dict[str, Format]:
    grey = {"border": 1, "border_color": "#C9D3DB", "bg_color": "#EEF1F3", "font_color": "#37474F"}
    return {
        "open": book.add_format(open_cell),
        "date": book.add_format({**open_cell, "num_format": "yyyy-mm-dd"}),
        "number": book.add_format({**open_cell, "num_format": "0"}),
        "filled": book.add_format(grey),
    }


def _write_cells(sheet: Worksheet, column: Column, layout: Sheet, blank: Blank, formats: Mapping[str, Format]) -> None:
    for row in range(layout.first_row, layout.last_row + 1):
        if not column.is_filled:
            sheet.write_blank(row, column.at, None, formats.get(column.kind, formats["open"]))
        elif column.kind == "code":
            sheet.write_formula(row, column.at, code_formula(layout, column, row), formats["filled"], "")
        else:
            formula = (
                month_formula(layout, row, blank.month)
                if column.name == "reporting_month"
                else sector_formula(layout, row, blank.lists["sector"][0])
            )
            sheet.write_formula(row, column.at, formula, formats["filled"], "")


def _add_validation(sheet: Worksheet, column: Column, layout: Sheet, words: Mapping[str, str]) -> None:
    rules: dict[str, Any] = {
        "number": {"validate": "integer", "criteria": ">=", "value": 0, "error_message": words["number"]},
        "date": {"validate": "date", "criteria": ">=", "value": datetime(2000, 1, 1), "error_message": words["date"]},  # noqa: DTZ001
    }
    options = rules.get(column.kind)
    if column.kind in {"list", "place"}:
        # A new organisation is no mistake; a place or a status that is not in the list is one.
        free = column.name in {"org", "impl_org", "donor"}
        options = {
            "validate": "list",
            "source": place_list(layout, column) if column.kind == "place" else layout.list_range(column.name),
            "error_title": words["list_title"],
            "error_message": words["list_warn"] if free else words["list_stop"],
            "error_type": "warning" if free else "stop",
        }
    if options:
        sheet.data_validation(layout.first_row, column.at, layout.last_row, column.at, options)


def _write_help(book: xlsxwriter.Workbook, sheet: Worksheet, blank: Blank) -> None:
    bold = book.add_format({"bold": True, "font_size": 13, "font_color": "#0B5C8C"})
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 4)
    sheet.set_column(1, 1, 110)
    row = 0
    for language in blank.languages:
        words = blank.words(language)
        sheet.write_string(row, 1, words["intro"], bold)
        for number, step in enumerate(words["steps"], start=1):
            sheet.write_number(row + number, 0, number, wrapped)
            sheet.write_string(row + number, 1, blank.fill(step), wrapped)
        row += len(words["steps"]) + 2
    sheet.protect()
