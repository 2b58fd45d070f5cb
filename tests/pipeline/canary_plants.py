"""Files in which invented people stand where they do not belong: in every column, heading, title and corner.

Belongs here: spoiling what the fictional country's senders sent. Does not belong here: looking for the people afterwards
(`canary_scan.py`).

Names of places in boundaries are left alone: they are published, so nothing can tell a person's name among them.
"""

from __future__ import annotations

import copy
import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count, cycle
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.comments import Comment

from demo.country.canaries import Canary, canaries

Rows = list[list[Any]]
PLANTED: Sequence[Canary] = canaries(1)


@dataclass(frozen=True)
class Plant:
    """One spoilt file on its way."""

    source: str
    sender: str
    name: str
    content: bytes


def words() -> Iterator[str]:
    """All that is known of each planted person, one after the other, for ever: 200 people, five facts each."""
    facts = [[one.name, one.phone, one.name_local, one.card_number, one.email] for one in PLANTED]
    return cycle(chain.from_iterable(zip(*facts, strict=True)))


def cells(rows: Rows, head: int, who: Iterator[str]) -> Rows:
    """One cell of every row, each time in the next column."""
    return [_with(row, number % len(row), next(who)) if number > head and row else row for number, row in
            enumerate(rows)]  # fmt: skip


def texts(rows: Rows, head: int, who: Iterator[str]) -> Rows:
    """Every cell that is no number and no code, in every other row."""
    return [_in_texts(row, who) if number > head and number % 2 else row for number, row in enumerate(rows)]


def headings(rows: Rows, head: int, who: Iterator[str]) -> Rows:
    """Somebody typed over two headings."""
    spoilt = _with(_with(rows[head], len(rows[head]) // 2, next(who)), len(rows[head]) - 1, next(who))
    return [spoilt if number == head else row for number, row in enumerate(rows)]


def more_columns(rows: Rows, head: int, who: Iterator[str]) -> Rows:
    """A column of one's own beside the table, and who made it above and below."""
    wide = [[*row, f"Contact {next(who)}" if number == head else next(who)] for number, row in enumerate(rows)]
    note = ["Prepared by", next(who), next(who)]
    return [*wide[:head], *wide[head:], [], note] if head == 0 else [note, *wide[1:], [], note]


Spoil = Callable[[Rows, int, Iterator[str]], Rows]
WAYS: Sequence[Spoil] = (cells, texts, headings, more_columns)


def _with(row: Sequence[Any], at: int, value: str) -> list[Any]:
    return [value if number == at else cell for number, cell in enumerate(row)]


def _in_texts(row: Sequence[Any], who: Iterator[str]) -> list[Any]:
    return [next(who) if isinstance(cell, str) and cell and not re.search(r"\d", cell) else cell for cell in row]


def spoilt_csv(content: bytes, delimiter: str, spoil: Spoil, who: Iterator[str]) -> bytes:
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=delimiter))
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(spoil(rows, 0, who))
    return text.getvalue().encode()


def spoilt_workbook(content: bytes, sheet: str, head: int, spoil: Spoil, who: Iterator[str]) -> bytes:
    """Also in what a spreadsheet carries along unseen: author, hidden sheet, comment, name of a sheet."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    table = book[sheet]
    rows = [list(row) for row in table.iter_rows(values_only=True)]
    last = max(number for number, row in enumerate(rows) if any(row))
    table.delete_rows(1, table.max_row)
    for row in spoil(rows[: last + 1], head, who):
        table.append(row)
    book.properties.creator = book.properties.lastModifiedBy = next(who)
    table.cell(head + 2, 2).comment = Comment(f"ask {next(who)}", next(who))
    hidden = book.create_sheet(f"list {PLANTED[7].name}"[:31])
    hidden.sheet_state = "hidden"
    for _ in range(5):
        hidden.append([next(who), next(who)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def spoilt_archive(content: bytes, spoil: Spoil, who: Iterator[str]) -> bytes:
    """Every table in it, and a property of our own on every shape."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w") as target:
        for name in source.namelist():
            member = source.read(name)
            target.writestr(name, _spoilt_member(name, member, spoil, who))
        target.writestr("contacts.txt", f"{next(who)} {next(who)}")
    return out.getvalue()


def _spoilt_member(name: str, member: bytes, spoil: Spoil, who: Iterator[str]) -> bytes:
    if name.endswith(".csv"):
        return spoilt_csv(member, ",", lambda rows, head, given: _but_names(rows, spoil(rows, head, given)), who)
    layer = json.loads(member)
    for number, shape in enumerate(layer["features"]):
        shape["properties"]["contact"] = next(who)
        if number % 5 == 0:
            shape["properties"]["center_lat"] = next(who)
    return json.dumps(layer, ensure_ascii=False).encode()


def _but_names(before: Rows, after: Rows) -> Rows:
    """Names of places as they were."""
    public = [at for at, heading in enumerate(before[0]) if "name" in heading.casefold()]
    for number, row in enumerate(before):
        for at in public:
            if number < len(after) and at < len(after[number]) and len(after) == len(before):
                after[number][at] = row[at]
    return after


def spoilt_files(world: Path, who: Iterator[str], ways: Sequence[Spoil] = WAYS) -> Iterator[Plant]:
    """Every file source, spoilt in each way."""
    for number, way in zip(count(1), ways, strict=False):
        yield from _tables(world / "files", way, number, who)
        yield from _workbooks(world / "files", way, number, who)
        for source, name in (("boundaries", "xkv_admin_boundaries_v01.zip"), ("population", "xkv_admin_population_2025_v01.zip")):  # fmt: skip
            path = next((world / "files" / source).rglob(name))
            # As the version that comes into force later: what is in force now stays as it is.
            spoilt = spoilt_archive(path.read_bytes(), way, who)
            yield Plant(source, path.parent.name, f"{path.stem.replace('v01', f'k{number}')}_v02.zip", spoilt)


def _tables(files: Path, way: Spoil, number: int, who: Iterator[str]) -> Iterator[Plant]:
    for name, delimiter in (("vpo_2025-W04.csv", ","), ("register_2025-03-31_v5.csv", ","), ("Copy of 5W WASH Feb-25.csv", ",")):  # fmt: skip
        path = next(files.rglob(name))
        spoilt = spoilt_csv(path.read_bytes(), delimiter, way, who)
        source, sender = path.relative_to(files).parts[:2]
        yield Plant(source, sender, f"{path.stem}_k{number}.csv", spoilt)


def _workbooks(files: Path, way: Spoil, number: int, who: Iterator[str]) -> Iterator[Plant]:
    for name, sheet, head in (
        ("FSL_5W_2025-03.xlsx", "Data", 0),
        ("Copy of 5W WASH Mar-25.xlsx", "Data", 4),
        ("XKV_needs_and_targets_2025.xlsx", "PiN and targets", 4),
    ):
        path = next(files.rglob(name))
        spoilt = spoilt_workbook(path.read_bytes(), sheet, head, way, who)
        source, sender = path.relative_to(files).parts[:2]
        yield Plant(source, sender, f"{path.stem}_k{number}.xlsx", spoilt)


def spoilt_survey(project: dict[str, Any], day: str, who: Iterator[str]) -> dict[str, Any]:
    """Every interview once more, a day later, with a person in the next answer of each and in all free text."""
    more = copy.deepcopy(project)
    submissions = more["assets"][0]["submissions"]
    for number, known in enumerate(project["assets"][0]["submissions"]):
        row = dict(known["events"][0]["row"])
        keys = sorted(set(row) - {"location/gps"})  # filled by the telephone
        row[keys[number % len(keys)]] = next(who)
        row |= {"ki/ki_name": next(who), "ki/ki_phone": next(who), "comment": f"Call {next(who)}", "today": day}
        event = {"at": f"{day}T10:{number % 60:02d}:00+03:00", "kind": "submit", "row": row, "by": next(who), "status": None}  # fmt: skip
        submissions.append({"events": [event]})
    return more
