"""The child process that opens a register's workbook and writes its only sheet as CSV, row by row.

Belongs here: only the standard library and python-calamine. It is run by its path, never imported by the platform
(`workbook.py` starts it). Its limits are its reason: a zip bomb or a parser that crashes costs this process and one
verdict. It writes nothing but its standard output; its exit status says why it could not go on.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import resource
import sys
import zipfile
from collections.abc import Iterator
from typing import Any

_MEGABYTE = 1 << 20
ENCRYPTED, CORRUPT, TOO_BIG, NOT_ONE_SHEET = 10, 11, 12, 13


class RefusedError(Exception):
    """The workbook cannot be read; the first argument is the exit status."""


def limit(memory_mb: int, seconds: int) -> None:
    """Bound what this process may use; no core file, because it would hold people's data."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb * _MEGABYTE, memory_mb * _MEGABYTE))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def rows(content: bytes, most_unpacked_mb: int) -> Iterator[list[str]]:
    """The only visible sheet with something in it, as text, without the blank rows at its end."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

    try:
        _refuse_bomb(content, most_unpacked_mb)
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        shown = [
            one.name
            for one in book.sheets_metadata
            if one.visible == SheetVisibleEnum.Visible and one.typ == SheetTypeEnum.WorkSheet
        ]
        sheets = [sheet for sheet in map(book.get_sheet_by_name, shown) if sheet.total_height]
        if len(sheets) != 1:
            raise RefusedError(NOT_ONE_SHEET)
        yield from _trimmed([_text(cell) for cell in row] for row in sheets[0].iter_rows())
    except PasswordError as cause:
        raise RefusedError(ENCRYPTED) from cause
    except (CalamineError, zipfile.BadZipFile, ValueError, OSError) as cause:
        raise RefusedError(CORRUPT) from cause


def _refuse_bomb(content: bytes, most_unpacked_mb: int) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > most_unpacked_mb * _MEGABYTE:
            raise RefusedError(TOO_BIG)


def _text(cell: Any) -> str:
    """A cell as a CSV export would show it: whole numbers without a point, days without a time."""
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(" ")
    if isinstance(cell, dt.date):
        return cell.isoformat()
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return "" if cell is None else str(cell)


def _trimmed(found: Iterator[list[str]]) -> Iterator[list[str]]:
    """Rows as wide as the heading, or wider where something stands beside it; blank ones only before others."""
    heading = next(found, [])
    while heading and not heading[-1].strip():
        heading.pop()
    yield heading
    blank = 0
    for row in found:
        if not any(cell.strip() for cell in row):
            blank += 1
            continue
        for _ in range(blank):
            yield [""] * len(heading)
        blank = 0
        while len(row) > len(heading) and not row[-1].strip():
            row.pop()
        yield row


def main() -> int:
    """Read the workbook from standard input, write CSV to standard output."""
    memory_mb, seconds, unpacked_mb = (int(argument) for argument in sys.argv[1:4])
    limit(memory_mb, seconds)
    sys.stdout.reconfigure(newline="")  # type: ignore[union-attr]
    writer = csv.writer(sys.stdout, lineterminator="\r\n")
    try:
        writer.writerows(rows(sys.stdin.buffer.read(), unpacked_mb))
        sys.stdout.flush()
    except RefusedError as refused:
        return int(refused.args[0])
    except (MemoryError, OverflowError, RecursionError):
        return TOO_BIG
    return 0


if __name__ == "__main__":
    sys.path.append(sys.argv[4])
    sys.exit(main())
