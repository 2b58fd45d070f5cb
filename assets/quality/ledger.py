"""What became of each arrival: verdicts and checked files, stored so that the verdict is the commit point.

Belongs here: storing an outcome, listing verdicts as of a day, finding arrivals that still wait for one.
Does not belong here: deciding a verdict (`verdict.py`, each source's check).

A verdict is written last. A crash before it leaves files nobody lists; the next run writes them again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.quality import checked_tables
from orchestration import duck, records

if TYPE_CHECKING:
    import pandas as pd

    from assets.quality.verdict import Verdict
    from orchestration.lake import Arrival, Lake


@dataclass(frozen=True)
class Outcome:
    """What a check gives back: a verdict, the rows that passed by table, and the rows that did not."""

    verdict: Verdict
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    refused: pd.DataFrame | None = None
    # Files too large to pass through a frame: sealed by the check itself, table -> path.
    sealed: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """A stored verdict with the arrival it judges. Counts, rule ids and row numbers only: no values."""

    source: str
    partition: str
    arrival_id: str
    sender: str
    file_name: str
    received_at: datetime
    taken_at: datetime
    config: str
    verdict: Mapping[str, Any]
    tables: Mapping[str, str]


def path_of(lake: Lake, source: str, arrival_id: str) -> Path:
    """Where the verdict of an arrival lies."""
    return lake.folder("quality", source, f"{arrival_id}.json")


def store(lake: Lake, arrival: Arrival, partition: str, config: str, outcome: Outcome) -> Entry:
    """Write checked tables and refused rows, sealed, and then the verdict that makes them count."""
    # A cluster's month is a folder in the cluster's: "|" is no character for a file name on every system.
    folder = f"{partition.replace('|', '/')}/{arrival.arrival_id}-{config[:8]}.parquet"
    tables = {table: path.relative_to(lake.root).as_posix() for table, path in outcome.sealed.items()}
    with duck.connect(lake.zone_key("checked")) as connection:
        for table, rows in sorted(outcome.tables.items()):
            tables[table] = f"checked/{table}/{folder}"
            checked_tables.write(lake, connection, table, rows, lake.root / tables[table])
        if outcome.refused is not None and len(outcome.refused):
            _keep_refused(lake, connection, arrival, outcome.refused)
    entry = Entry(
        source=arrival.source,
        partition=partition,
        arrival_id=arrival.arrival_id,
        sender=arrival.sender,
        file_name=arrival.file_name,
        received_at=arrival.received_at,
        taken_at=arrival.taken_at,
        config=config,
        verdict=outcome.verdict.to_json(),
        tables=tables,
    )
    lake.write_json(path_of(lake, arrival.source, arrival.arrival_id), _to_json(entry))
    return entry


def _keep_refused(lake: Lake, connection: Any, arrival: Arrival, refused: pd.DataFrame) -> None:
    target = lake.folder("checked", "refused", arrival.source, f"{arrival.arrival_id}.parquet")
    connection.register("refused", refused.astype("string"))
    lake.write(target, lambda draft: connection.execute(duck.sealed_copy("SELECT * FROM refused", draft)))
    connection.unregister("refused")


def _to_json(entry: Entry) -> dict[str, Any]:
    stamps = {"received_at": entry.received_at.isoformat(), "taken_at": entry.taken_at.isoformat()}
    return {**entry.__dict__, **stamps}


def entry(lake: Lake, source: str, arrival_id: str) -> Entry | None:
    """The stored verdict of one arrival, if there is one."""
    path = path_of(lake, source, arrival_id)
    return _read(path) if path.exists() else None


def _read(path: Path) -> Entry:
    stat = path.stat()
    return _parsed(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=50_000)
def _parsed(path: Path, _modified: int, _size: int) -> Entry:
    """A verdict is read once in the life of a process: a year holds hundreds, and every run asks for them all."""
    content = records.read(path)
    stamps = {name: datetime.fromisoformat(content[name]) for name in ("received_at", "taken_at")}
    return Entry(**{**content, **stamps})


def entries(lake: Lake, source: str | None = None, until: datetime | None = None) -> list[Entry]:
    """Verdicts of everything taken up to a moment, in the order in which it was taken. One that is damaged stops
    whoever builds on them: without it the figures would be others.
    """
    folder = lake.folder("quality")
    sources = [source] if source else sorted(p.name for p in folder.iterdir() if p.is_dir()) if folder.exists() else []
    return _in_order((path for name in sources for path in sorted(folder.joinpath(name).glob("*.json"))), until)


def readable(lake: Lake, until: datetime | None = None) -> list[Entry]:
    """The verdicts that can be read, for those who only look on: `records.damaged` names the others."""
    return _in_order(records.sound(lake.folder("quality"), "*/*.json"), until)


def _in_order(paths: Iterable[Path], until: datetime | None) -> list[Entry]:
    kept = [one for one in map(_read, paths) if until is None or one.taken_at <= until]
    return sorted(kept, key=lambda one: (one.taken_at, one.received_at, one.source, one.arrival_id))


def in_force(found: Sequence[Entry]) -> list[Entry]:
    """Of each source and partition the newest verdict that let rows pass: a later refused version replaces nothing."""
    newest = {(one.source, one.partition): one for one in found if one.verdict["verdict"] != "refused"}
    return [one for one in found if newest.get((one.source, one.partition)) is one]


def pending(lake: Lake, source: str, config: str, until: datetime | None = None) -> list[Arrival]:
    """Arrivals without a verdict under the present configuration and in the place where they belong, oldest first."""
    waiting = []
    for arrival in lake.arrivals(source, until):
        known = entry(lake, source, arrival.arrival_id)
        if known is None or known.config != config or (arrival.partition and known.partition != arrival.partition):
            waiting.append(arrival)
    return waiting
