"""An office table: one CSV file of an operation's folder, read as people leave it behind.

Belongs here: encoding and shape of the file. Does not belong here: what a table means, or which ones there are.
"""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path

from orchestration.failures import Permanent

Rows = tuple[dict[str, str], ...]


def read(path: Path) -> Rows:
    """The rows of a table; read again only when the file has changed."""
    if not path.exists():
        raise Permanent(f"{_name(path)} is missing; `imu new-operation` shows what it holds.")
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _read(path: Path, _changed: int) -> Rows:
    try:
        with path.open(encoding="utf-8-sig", newline="") as source:
            reader = csv.DictReader(source, strict=True)
            rows = tuple(reader)
    except UnicodeDecodeError as cause:
        raise Permanent(f"{_name(path)} is not saved as UTF-8. In Excel: Save As, 'CSV UTF-8'.") from cause
    except csv.Error as cause:
        raise Permanent(f"{_name(path)} is not a readable CSV file: {cause}.") from cause
    only = (reader.fieldnames or [""])[0] if len(reader.fieldnames or []) == 1 else ""
    if any(sign in only for sign in ";\t"):
        raise Permanent(
            f"{_name(path)} has semicolons or tabs between its columns. In Excel: Save As, 'CSV UTF-8 (comma "
            "delimited)'; where Excel still writes semicolons, change the list separator in the computer's regional "
            "settings."
        )
    for number, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            raise Permanent(
                f"{_name(path)}, row {number}: it has another number of cells than the heading "
                f"({', '.join(reader.fieldnames or [])}). A comma inside a text needs quotes around the text."
            )
    return rows


def columns(path: Path) -> list[str]:
    """The headings of a table, also of one without rows."""
    read(path)
    with path.open(encoding="utf-8-sig", newline="") as source:
        return next(csv.reader(source), [])


def _name(path: Path) -> str:
    above = path.parents[1].name if path.parent.name in {"aliases", "column_maps", "code_lists"} else ""
    return "/".join(part for part in (above, path.parent.name, path.name) if part)
