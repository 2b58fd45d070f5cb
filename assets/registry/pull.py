"""Reading a register's extract by SQL: only mapped columns, in sealed chunks, as one arrival once it is whole.

Belongs here: which extract is due, what is asked for, going on after a cut, the form in which it is stored. Does not
belong here: the database (`orchestration/registry_source.py`), what becomes of the rows (`checks.py`: the same as for
a file).

The form is a CSV file with the register's own headings, of mapped columns only: what the map drops is not even asked
for. One more column holds the extract's day, so that two extracts without a difference are still two arrivals.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from assets.registry.columns import OWN_COLUMN, ColumnMap, forbidden_word
from orchestration.chunks import Chunks, as_file
from orchestration.failures import Permanent
from orchestration.lake import Arrival, Lake
from orchestration.office import Office
from orchestration.registry_source import Batch, Reading, RegistrySource
from orchestration.settings import RegisterConnection, RegisterSource, RegisterSystem

SOURCE = "register"
# A transfer that was cut off longer ago is begun anew: its first half would be of another day than its second.
STALE = timedelta(hours=24)


@dataclass(frozen=True)
class Due:
    """An extract that is due and was not taken, and how it is read."""

    day: date
    system: RegisterSystem
    connection: RegisterConnection

    @property
    def partition(self) -> str:
        """Its partition."""
        return f"{self.day.isoformat()}|{self.system.name}"

    @property
    def transfer(self) -> str:
        """The name of its chunks while they come."""
        return f"{SOURCE}-{self.system.name}-{self.day}"


def due(office: Office, source: RegisterSource) -> tuple[list[Due], list[str]]:
    """The extracts to read today; and, for those that can no longer be, why not."""
    open_, closed = [], []
    for system in source.systems if source.custody == "owner" else ():
        past = [day for day in office.operation.period.extracts if day <= office.today]
        if system.connection is None or not past or _taken(office.lake, f"{past[-1]}|{system.name}", office.now):
            continue
        if office.today - past[-1] > timedelta(days=system.connection.late_days):
            closed.append(
                f"The extract of {system.name} for {past[-1]} was not read within {system.connection.late_days} days; "
                f"the register shows only what it holds today. Have that day's extract sent as a file."
            )
        else:
            open_.append(Due(past[-1], system, system.connection))
    return open_, closed


def _taken(lake: Lake, partition: str, now: datetime) -> bool:
    found = lake.arrivals(SOURCE, now)
    return any(one.partition == partition and not one.facts.get("totals") for one in found)


def pull(
    lake: Lake, source: RegistrySource, wanted: Due, column_map: ColumnMap, forbidden: Sequence[str], now: datetime
) -> Arrival:
    """Read one extract to its end, or go on where the last attempt was cut; the arrival appears once it is whole."""
    chunks = Chunks(lake, wanted.transfer)
    with chunks.alone():
        with source.reading(wanted.connection.table, wanted.connection.key) as reading:
            columns = choose(reading.columns, column_map, forbidden, wanted.connection)
            notes = _begin(chunks, reading, _fingerprint(wanted, columns), wanted.connection, now)
            _read(chunks, reading, columns, notes, wanted)
        arrival = _store(lake, chunks, wanted, columns, notes, now)
        chunks.clear()
    return arrival


def choose(
    given: Sequence[str], column_map: ColumnMap, forbidden: Sequence[str], connection: RegisterConnection
) -> list[str]:
    """The columns to ask for: mapped, and not dropped. Anything unknown, forbidden or missing stops it, by name."""
    never = [name for name in given if forbidden_word(name, forbidden)]
    names = {name: column_map.headers.get(name.strip().lower()) for name in given if name not in never}
    unknown = [name for name, canonical in names.items() if canonical is None]
    missing = sorted(column_map.required - {canonical for canonical in names.values() if canonical})
    if connection.modified and connection.modified not in given:
        missing.append(connection.modified)
    told = [
        f"{words}: {', '.join(found)}"
        for words, found in (
            ("columns that must never leave the register", never),
            ("columns the column map does not know", unknown),
            ("no column for", missing),
        )
        if found
    ]
    if told:
        raise Permanent(
            f"Nothing was read from {connection.table}, because of its columns. {'; '.join(told)}. Have the view "
            f"changed, or the column map (`drop` for what is not wanted); trying again does not help."
        )
    return [name for name, canonical in names.items() if column_map.handling.get(canonical or "") != "drop"]


def _begin(
    chunks: Chunks, reading: Reading, fingerprint: str, connection: RegisterConnection, now: datetime
) -> dict[str, Any]:
    """What is known of the transfer: begun anew, or gone on with and what changed in between."""
    notes = chunks.notes
    if notes and (notes["fingerprint"] != fingerprint or now - datetime.fromisoformat(notes["begun"]) > STALE):
        chunks.clear()
        notes = {}
    notes = notes or {"fingerprint": fingerprint, "begun": now.isoformat(), "moments": []}
    mark = chunks.last_mark()
    if mark and connection.modified:
        notes["changed_meanwhile"] = reading.count_changed(connection.modified, notes["moments"][0], mark["last"])
    notes["moments"] = [*(notes["moments"] if mark else []), reading.now()]
    chunks.note(notes)
    return notes


def _read(chunks: Chunks, reading: Reading, columns: Sequence[str], notes: dict[str, Any], wanted: Due) -> None:
    """Chunk after chunk from the last one kept; at the end as many rows as the same moment's count says."""
    mark = chunks.last_mark() or {"last": None, "rows": 0}
    expected, read = mark["rows"] + reading.count(mark["last"]), mark["rows"]
    if nameless := reading.count_without_key():
        raise _no_key(wanted.connection, f"{nameless} empty")
    for batch in reading.batches(columns, wanted.connection.chunk_rows, mark["last"]):
        read += len(batch.rows)
        chunks.add({"last": batch.last, "rows": read}, _written(batch, wanted.day))
    if read != expected:
        chunks.clear()
        raise _no_key(wanted.connection, f"{expected} rows counted, {read} read")
    notes["rows"] = read


def _no_key(connection: RegisterConnection, found: str) -> Permanent:
    return Permanent(
        f"The column {connection.key} of {connection.table} does not name each row once ({found}): rows would be lost "
        f"between two chunks. Name a unique column without empty cells as `key` in operation.yml; trying again does "
        f"not help."
    )


def _fingerprint(wanted: Due, columns: Sequence[str]) -> str:
    text = "\x1f".join([wanted.connection.table, wanted.connection.key, *columns])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _written(batch: Batch, day: date) -> bytes:
    text = io.StringIO(newline="")
    # Both characters of the line end, so that a lone one within a cell is quoted too.
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([*(_cell(value) for value in row), day.isoformat()] for row in batch.rows)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)  # a datetime is a date too


def _store(
    lake: Lake, chunks: Chunks, wanted: Due, columns: Sequence[str], notes: Mapping[str, Any], now: datetime
) -> Arrival:
    facts = {"rows": notes["rows"], "readings": len(notes["moments"])}
    if "changed_meanwhile" in notes:
        facts["changed_meanwhile"] = notes["changed_meanwhile"]
    with closing(as_file(_whole(chunks, columns))) as content:
        arrival, _ = lake.take(
            SOURCE,
            content,
            sender=wanted.system.account,
            file_name=f"{wanted.system.name}_{wanted.day}.csv",
            partition=wanted.partition,
            received_at=now,
            taken_at=now,
            facts=facts,
        )
    return arrival


def _whole(chunks: Chunks, columns: Sequence[str]) -> Iterator[bytes]:
    heading = io.StringIO(newline="")
    csv.writer(heading, lineterminator="\r\n").writerow([*columns, OWN_COLUMN])
    yield heading.getvalue().encode()
    yield from chunks.contents()
