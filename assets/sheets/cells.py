"""The child process that opens a workbook nobody has looked at yet, and hands back its cells as JSON.

Belongs here: only the standard library and python-calamine, because this file is started once for every workbook
and must start fast. It is run by its path, never imported by the platform (workbook.py starts it). Its limits are
its reason: a zip bomb, an endless sheet or a parser that crashes costs this process and one verdict, not the run.
Nothing it reads is written anywhere but to its standard output, and its messages never hold a cell.
"""

from __future__ import annotations

import csv
import datetime as dt
import html
import io
import json
import re
import resource
import sys
import zipfile
from collections.abc import Iterator
from typing import Any

_MEGABYTE = 1 << 20
_OLE, _ZIP = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"PK\x03\x04"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OTHER_KINDS = (b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"{\\rtf", b"GIF8", b"Rar!", b"7z\xbc\xaf")
_MARKUP = re.compile(rb"^\s*<(!doctype|html|table|\?xml)", re.IGNORECASE)
_DELIMITERS = ",;\t|"
_SNIFF_LINES = 30
_SHEET = re.compile(r'<sheet\b(?=[^>]*\bname="([^"]*)")(?=[^>]*\br:id="([^"]*)")[^>]*>')
_RELATION = re.compile(r'<Relationship\b(?=[^>]*\bId="([^"]*)")(?=[^>]*\bTarget="([^"]*)")[^>]*>')
_ERROR = re.compile(rb'<c\b(?=[^>]*\bt="e")(?=[^>]*\br="([A-Z]+)(\d+)")[^>]*>(?:(?!</c>).)*?<v>([^<]*)</v>', re.DOTALL)
_NOTES = re.compile(r"^xl/(comments|threadedComments)[^/]*(/[^/]*)?\.xml$|^xl/comments/[^/]*\.xml$|^content\.xml$")
_NOTE = re.compile(r"<(?:threadedComment|comment)\b.*?</(?:threadedComment|comment)>", re.DOTALL)
_ANNOTATION = re.compile(r"<office:annotation\b.*?</office:annotation>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_MOST_NOTES = 10_000
_MOST_ANSWER = 128 * _MEGABYTE


class UnreadableError(Exception):
    """The file cannot be read; the first argument is the reason the verdict names."""


def limit(memory_mb: int, seconds: int) -> None:
    """Bound what this process may use; no core file, because it would hold the partner's rows."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb * _MEGABYTE, memory_mb * _MEGABYTE))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def read(content: bytes, most_unpacked_mb: int, most_cells: int) -> dict[str, Any]:
    """Return kind, sheets and remarks of a workbook or a delimited text."""
    if not content:
        raise UnreadableError("empty")
    if content.startswith(_OLE):
        if _ENCRYPTED in content:
            raise UnreadableError("encrypted")
        return {"kind": "xls", "sheets": list(_sheets(content, most_cells))}
    if content.startswith(_ZIP):
        kind = _zip_kind(content, most_unpacked_mb)
        return {"kind": kind, "sheets": list(_sheets(content, most_cells)), "notes": _notes(content)}
    if content.startswith(_OTHER_KINDS) or _MARKUP.match(content[:200]):
        raise UnreadableError("not a table")
    return {"kind": "csv", "sheets": [_text_sheet(content, most_cells)]}


# --- workbooks ------------------------------------------------------------------------------------------------


def _zip_kind(content: bytes, most_unpacked_mb: int) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as cause:
        raise UnreadableError("corrupt") from cause
    names = {entry.filename for entry in entries}
    if sum(entry.file_size for entry in entries) > most_unpacked_mb * _MEGABYTE:
        raise UnreadableError("too big")
    if "xl/workbook.xml" in names:
        return "xlsx"
    if "xl/workbook.bin" in names:
        return "xlsb"
    if "content.xml" in names:
        return "ods"
    raise UnreadableError("not a table")


def _sheets(content: bytes, most_cells: int) -> Iterator[dict[str, Any]]:
    from python_calamine import (
        CalamineError,
        CalamineWorkbook,
        PasswordError,
        SheetTypeEnum,
        SheetVisibleEnum,
        XmlError,
        ZipError,
    )

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        errors = _error_cells(content)
        for about in book.sheets_metadata:
            if about.typ == SheetTypeEnum.WorkSheet:
                sheet = _sheet(book.get_sheet_by_name(about.name), most_cells, errors.get(about.name, {}))
                yield {**sheet, "hidden": about.visible != SheetVisibleEnum.Visible}
    except PasswordError as cause:
        raise UnreadableError("encrypted") from cause
    except (CalamineError, XmlError, ZipError, ValueError, OSError) as cause:
        raise UnreadableError("corrupt") from cause


def _notes(content: bytes) -> list[str]:
    """What people wrote beside the cells: it travels with the workbook, seen or not."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = [name for name in archive.namelist() if _NOTES.search(name)]
        texts = [archive.read(name).decode("utf-8", "replace") for name in parts]
    notes = [found for text in texts for found in (_NOTE if "<comment" in text.lower() else _ANNOTATION).findall(text)]
    return [html.unescape(" ".join(_TAG.sub(" ", note).split())) for note in notes][:_MOST_NOTES]


def _error_cells(content: bytes) -> dict[str, dict[tuple[int, int], str]]:
    """Where Excel shows #N/A or #REF!, by sheet: calamine gives an empty cell there, and a failed look-up would pass
    for a place nobody stated."""
    if not content.startswith(_ZIP):
        return {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = set(archive.namelist())
        if not {"xl/workbook.xml", "xl/_rels/workbook.xml.rels"} <= names:
            return {}
        targets = {}
        for found in _RELATION.finditer(archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")):
            targets[found[1]] = f"xl/{found[2].removeprefix('/xl/')}"
        sheets = _SHEET.findall(archive.read("xl/workbook.xml").decode("utf-8", "replace"))
        paths = {html.unescape(name): targets.get(key, "") for name, key in sheets}
        return {name: _errors_in(archive.read(path)) for name, path in paths.items() if path in names}


def _errors_in(sheet: bytes) -> dict[tuple[int, int], str]:
    if b't="e"' not in sheet:
        return {}
    return {(int(row) - 1, _index(column)): text.decode() for column, row, text in _ERROR.findall(sheet)}


def _index(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _sheet(sheet: Any, most_cells: int, errors: dict[tuple[int, int], str]) -> dict[str, Any]:
    if sheet.total_height * sheet.total_width > most_cells:
        raise UnreadableError("too big")
    rows = [[_plain(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    for (row, column), shown in errors.items():
        if row < len(rows) and column < len(rows[row]):
            rows[row][column] = shown
    merged = [[*first, *last] for first, last in sheet.merged_cell_ranges or []]
    return {"name": sheet.name, "rows": _trimmed(rows), "merged": merged}


def _plain(cell: Any) -> Any:
    """JSON has no dates: they travel as a one-entry object."""
    if isinstance(cell, dt.datetime | dt.date):
        return {"date": cell.isoformat()}
    if isinstance(cell, dt.time | dt.timedelta):
        return {"time": str(cell)}
    if isinstance(cell, float) and cell != cell:
        return "#NUM!"
    return cell


def _trimmed(rows: list[list[Any]]) -> list[list[Any]]:
    """Drop blank rows at the end and blank cells at the end of a row; those in between keep their numbers."""
    for row in rows:
        while row and (row[-1] is None or (isinstance(row[-1], str) and not row[-1].strip())):
            row.pop()
    while rows and not rows[-1]:
        rows.pop()
    return rows


# --- delimited text -------------------------------------------------------------------------------------------


def _text_sheet(content: bytes, most_cells: int) -> dict[str, Any]:
    text = _decoded(content)
    delimiter, text = _delimiter(text)
    csv.field_size_limit(_MEGABYTE)
    rows: list[list[Any]] = []
    cells = 0
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            cells += len(row)
            if cells > most_cells:
                raise UnreadableError("too big")
            rows.append(list(row))
    except csv.Error as cause:
        raise UnreadableError("corrupt") from cause
    return {"name": "", "rows": _trimmed(rows), "merged": []}


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _strictly(content, "utf-16")
    if content.startswith(b"\xef\xbb\xbf"):
        return _strictly(content, "utf-8-sig")
    if b"\x00" in content[:4096]:
        return _strictly(content, _wide_encoding(content[:4096]))
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode(_single_byte(content), errors="replace")


def _strictly(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding).lstrip("\ufeff")
    except UnicodeDecodeError as cause:
        raise UnreadableError("corrupt") from cause


def _wide_encoding(start: bytes) -> str:
    """UTF-16 without its mark has a zero in every other byte of ordinary text; anything else is no text."""
    even, odd = start[0::2].count(0), start[1::2].count(0)
    if max(even, odd) < len(start) // 8 or min(even, odd) > max(even, odd) // 4:
        raise UnreadableError("not a table")
    return "utf-16-le" if odd > even else "utf-16-be"


def _single_byte(content: bytes) -> str:
    """Cyrillic words are runs of high bytes; accented letters stand alone between plain ones."""
    runs = [len(run) for run in re.findall(rb"[\x80-\xff]+", content[: 256 * 1024])]
    return "cp1251" if runs and sum(runs) > 2 * len(runs) else "cp1252"


def _delimiter(text: str) -> tuple[str, str]:
    """Find the delimiter: Excel's own "sep=" line, else the one that cuts most lines into equally many cells."""
    head, _, rest = text.partition("\n")
    if head.lower().startswith("sep=") and len(head.strip()) == 5:
        # An empty line takes the place of "sep=;", so that row numbers stay those of the text.
        return head[4], "\n" + rest
    lines = [line for line in text.splitlines()[:_SNIFF_LINES] if line.strip()]
    return max(_DELIMITERS, key=lambda mark: _agreement(lines, mark)), text


def _agreement(lines: list[str], mark: str) -> tuple[int, int]:
    counts = [len(row) - 1 for row in csv.reader(lines, delimiter=mark)]
    usual = max(set(counts), key=lambda n: (counts.count(n), n)) if counts else 0
    return (counts.count(usual) * usual, usual) if usual else (0, 0)


def _encoded(answer: dict[str, Any]) -> str:
    try:
        text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
    except MemoryError:
        text = ""
    return text if 0 < len(text) <= _MOST_ANSWER else '{"refused":"too big"}'


def main() -> None:
    """Read the workbook from standard input and answer on standard output, in JSON, whatever happens."""
    memory_mb, seconds, unpacked_mb, most_cells = (int(argument) for argument in sys.argv[1:5])
    limit(memory_mb, seconds)
    try:
        answer = read(sys.stdin.buffer.read(), unpacked_mb, most_cells)
    except UnreadableError as refused:
        answer = {"refused": refused.args[0]}
    except (MemoryError, OverflowError, RecursionError):
        answer = {"refused": "too big"}
    sys.stdout.write(_encoded(answer))


if __name__ == "__main__":
    sys.path.append(sys.argv[5])
    main()
