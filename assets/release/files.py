"""The files of a release, byte for byte the same each time they are written from the same rows.

Belongs here: CSV, XLSX, Parquet and GeoJSON, and reading them back. Does not belong here: which rows (`content`), which
files make a release (`folder`).
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.release.content import Content, Value, decimal_places, kind, text
from assets.release.dictionary import Column
from orchestration.failures import Permanent

if TYPE_CHECKING:
    import pyarrow as pa

# A spreadsheet runs a cell that starts with one of these as a formula, even from a CSV somebody double-clicks.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"^[+-]?\d+(?:\.\d+)?$")
_EXCEL_ROWS = 1_048_575
_EXCEL_EXACT = 10**15


def safe(value: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe goes in front, unless the text is just a number."""
    if value.lstrip(" ").startswith(_FORMULA) and not _NUMBER.match(value):
        return "'" + value
    return value


def csv_rows(content: Content) -> list[list[str]]:
    """The rows exactly as the CSV shows them, header first."""
    texts = [kind(column) == "text" for column in content.columns]
    rows = [[safe(v) if is_text else v for v, is_text in zip(row, texts, strict=True)] for row in content.texts]
    return [list(content.names), *rows]


def write_csv(content: Content, path: Path) -> None:
    """UTF-8 with a byte order mark, so that Excel shows every script; formula-safe."""
    write_table(csv_rows(content), path)


def write_table(rows: Iterable[Sequence[str]], path: Path) -> None:
    """Rows of text as CSV."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, lineterminator="\r\n").writerows(rows)


def write_parquet(content: Content, path: Path) -> None:
    """Parquet with declared types and fixed options; dates, decimals and missing values keep their kind."""
    import pyarrow.parquet as pq

    pq.write_table(
        _arrow(content), path, compression="zstd", compression_level=3, version="2.6", data_page_version="1.0",
        row_group_size=100_000, store_schema=False, write_statistics=True,
    )  # fmt: skip


def _arrow(content: Content) -> pa.Table:
    import pyarrow as pa

    fields = [pa.field(c.name, _arrow_type(c), nullable=c.name not in content.keys) for c in content.columns]
    values = list(zip(*content.rows, strict=True)) or [()] * len(fields)
    arrays = [pa.array(list(column), type=field.type) for column, field in zip(values, fields, strict=True)]
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _arrow_type(column: Column) -> Any:
    import pyarrow as pa

    plain = {"whole": pa.int64(), "real": pa.float64(), "text": pa.string(), "truth": pa.bool_(), "day": pa.date32()}
    found = kind(column)
    return pa.decimal128(*decimal_places(column)) if found == "decimal" else plain[found]


def write_geojson(content: Content, geometry: str, path: Path) -> None:
    """One feature per row; the geometry column holds GeoJSON text. No address of anybody, no build date."""
    at = content.names.index(geometry)
    features = [
        {
            "type": "Feature",
            "properties": {n: _json_value(v) for n, v in zip(content.names, row, strict=True) if n != geometry},
            "geometry": None if row[at] is None else json.loads(str(row[at])),
        }
        for row in content.rows
    ]
    document = {"type": "FeatureCollection", "features": features}
    path.write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")


def _json_value(value: Value) -> Value:
    return value if value is None or isinstance(value, str | int | float | bool) else text(value)


def write_xlsx(content: Content, cover: Sequence[tuple[str, str]], columns: Content, created: date, path: Path) -> None:
    """A workbook people can read as it opens: what it is, the data, what the columns mean. Nothing hidden."""
    import xlsxwriter

    if len(content.rows) > _EXCEL_ROWS:
        raise Permanent(f"{len(content.rows)} rows do not fit a worksheet. Leave 'xlsx' out of this release's formats.")
    day = datetime(created.year, created.month, created.day)  # noqa: DTZ001  workbook properties know no time zone
    options = {"strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        # Excel's properties would otherwise carry the moment of writing and the name of whoever wrote it.
        book.set_properties({"title": cover[0][1], "author": "", "company": "", "created": day})
        looks = _looks(book)
        _cover_sheet(book.add_worksheet("read me"), cover, looks)
        _data_sheet(book.add_worksheet("data"), content, looks)
        _data_sheet(book.add_worksheet("columns"), columns, looks)


def _looks(book: Any) -> dict[str, Any]:
    return {
        "title": book.add_format({"bold": True, "font_size": 16, "font_color": "#0B3C5D"}),
        "label": book.add_format({"bold": True, "valign": "top"}),
        "words": book.add_format({"text_wrap": True, "valign": "top"}),
        "head": book.add_format({"bold": True, "font_color": "#FFFFFF", "bg_color": "#0B3C5D", "text_wrap": True}),
        "text": book.add_format({"num_format": "@"}),
        "whole": book.add_format({"num_format": "#,##0"}),
        "decimal": book.add_format({"num_format": "#,##0.######"}),
        "real": book.add_format({"num_format": "General"}),
        "day": book.add_format({"num_format": "yyyy-mm-dd"}),
        "truth": book.add_format({}),
    }


def _cover_sheet(sheet: Any, cover: Sequence[tuple[str, str]], looks: dict[str, Any]) -> None:
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 100)
    sheet.hide_gridlines(2)
    for row, (label, words) in enumerate(cover):
        sheet.write_string(row, 0, label, looks["label"])
        sheet.write_string(row, 1, words, looks["title"] if row == 0 else looks["words"])


def _data_sheet(sheet: Any, content: Content, looks: dict[str, Any]) -> None:
    keys = [i for i, name in enumerate(content.names) if name in content.keys]
    frozen = len(keys) if keys == list(range(len(keys))) else 0
    sheet.freeze_panes(1, min(frozen, 4))
    for at, column in enumerate(content.columns):
        found = kind(column)
        sheet.set_column(at, at, _width(content, at), looks[found])
        sheet.write_string(0, at, column.name, looks["head"])
        for number, row in enumerate(content.rows, start=1):
            _write_cell(sheet, number, at, row[at], looks[found])
    if content.rows:
        sheet.autofilter(0, 0, len(content.rows), len(content.columns) - 1)


def _write_cell(sheet: Any, row: int, at: int, value: Value, look: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        done = sheet.write_boolean(row, at, value, look)
    elif isinstance(value, str) or (isinstance(value, int) and abs(value) > _EXCEL_EXACT):
        done = sheet.write_string(row, at, str(value), look)
    elif isinstance(value, date):
        done = sheet.write_datetime(row, at, value, look)
    else:
        done = sheet.write_number(row, at, value, look)
    if done:
        raise Permanent(f"Row {row}, column {at + 1} does not fit a worksheet cell. Leave 'xlsx' out of the formats.")


def _width(content: Content, at: int) -> int:
    longest = max((len(row[at]) for row in content.texts[:500]), default=0)
    return min(max(longest + 2, len(content.names[at]) + 3, 9), 60)


def read_back(path: Path) -> list[list[str]]:
    """A written CSV or Parquet file as rows of canonical text, header first, as the certificate's check reads it."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file))
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    columns = [column.to_pylist() for column in table.columns]
    return [table.column_names, *([text(v) for v in row] for row in zip(*columns, strict=True))]
