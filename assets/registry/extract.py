"""A registration extract: streamed from its seal into DuckDB, minimised, checked, counted.

Belongs here: the way from sealed bytes to `checked/individuals` and the findings. Does not belong here: statistics
(dbt), the reading of other systems.

The plain text passes through a pipe and DuckDB's memory only; no copy of it touches a disk. Direct identifiers
leave as keyed hashes or not at all; what was dropped is counted.
"""

from __future__ import annotations

import csv
import os
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.registry import rules
from assets.registry.columns import ColumnMap, Refusal, match
from orchestration.duck import quote
from orchestration.failures import Permanent

if TYPE_CHECKING:
    import duckdb

_HEADER_BYTES = 65536


@dataclass
class Extract:
    """What one extract turned out to be. The accepted rows are in the connection's table `individuals`."""

    rows_total: int = 0
    rows_accepted: int = 0
    rows_refused: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    rows: dict[str, list[int]] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)


def read(
    connection: duckdb.DuckDBPyConnection,
    chunks: Iterable[bytes],
    *,
    column_map: ColumnMap,
    never_ingest: Sequence[str],
    extract: date,
    register: str,
    cod_version: str,
    known_places: Sequence[str],
    pseudonym_key: str,
    expected_totals: Mapping[str, int] | None = None,
    recoded: Mapping[str, tuple[str, str]] | None = None,
) -> Extract:
    """Read, minimise and check one CSV extract; leaves the accepted rows in the table `individuals`.

    `recoded` carries codes of other COD versions over: old district code -> district and region in force.
    """
    stream = iter(chunks)
    head = next(stream, b"")
    result = Extract()
    given = _header(head)
    names, result.refusals = match(given, column_map, never_ingest)
    if result.refusals:
        return result
    result.dropped = column_map.dropped
    rules.set_key(connection, pseudonym_key)
    _list_places(connection, known_places, recoded or {})
    with _as_pipe(head, stream) as path:
        connection.execute(rules.load_sql(_scan(path, given), _needed(given, names), extract))
    _count(connection, result)
    result.refusals = _compare_totals(result.totals, expected_totals)
    if not result.refusals:
        connection.execute(rules.individuals_sql(extract, register, cod_version))
    return result


def _list_places(
    connection: duckdb.DuckDBPyConnection, known: Sequence[str], recoded: Mapping[str, tuple[str, str]]
) -> None:
    """Each code that may stand in a row, and the district and region it means today (a region only where it moved)."""
    connection.execute("CREATE OR REPLACE TEMP TABLE known_places (pcode VARCHAR, adm2_now VARCHAR, adm1_now VARCHAR)")
    rows = [[code, code, None] for code in known]
    rows += [[code, *now] for code, now in recoded.items() if code not in set(known)]
    if rows:
        connection.executemany("INSERT INTO known_places VALUES (?, ?, ?)", rows)


def _header(head: bytes) -> list[str]:
    line = head[:_HEADER_BYTES].split(b"\n", 1)[0].rstrip(b"\r")
    try:
        return next(csv.reader([line.decode("utf-8-sig")]))
    except (UnicodeDecodeError, StopIteration) as cause:
        raise Permanent(
            "The extract is no UTF-8 comma-separated file: its first line could not be read. "
            "Export it again as CSV UTF-8; trying again with the same file changes nothing."
        ) from cause


def _needed(given: Sequence[str], names: Mapping[str, str]) -> dict[str, str]:
    """Our name -> quoted header, for the columns the rules use."""
    return {names[header]: '"' + header.replace('"', '""') + '"' for header in given if header in names}


def _scan(path: Path, given: Sequence[str]) -> str:
    columns = ", ".join(f"{quote(header)}: 'VARCHAR'" for header in given)
    return (
        f"read_csv({quote(str(path))}, columns={{{columns}}}, header=true, delim=',', quote='\"', escape='\"', "
        "auto_detect=false, null_padding=true, strict_mode=false, max_line_size=1048576)"
    )


@contextmanager
def _as_pipe(head: bytes, rest: Iterator[bytes]) -> Iterator[Path]:
    """Offer decrypted bytes under a path without writing them to a disk: a named pipe, fed by a thread."""
    failures: list[BaseException] = []
    with tempfile.TemporaryDirectory(prefix="imu-") as folder:
        path = Path(folder) / "extract.csv"
        os.mkfifo(path, 0o600)
        feeder = threading.Thread(target=_feed, args=(path, head, rest, failures), daemon=True)
        feeder.start()
        yield path
        feeder.join()
    if failures:
        raise failures[0]


def _feed(path: Path, head: bytes, rest: Iterator[bytes], failures: list[BaseException]) -> None:
    try:
        with path.open("wb") as pipe:
            pipe.write(head)
            for chunk in rest:
                pipe.write(chunk)
    except BrokenPipeError:
        pass  # DuckDB stopped reading early; it says why itself
    except Exception as failure:  # noqa: BLE001 - handed to the reading thread, raised there
        failures.append(failure)


def _count(connection: duckdb.DuckDBPyConnection, result: Extract) -> None:
    for rule, severity, count, rows in connection.execute(rules.COUNT_SQL).fetchall():
        if count:
            result.counts[rule], result.rows[rule] = count, list(rows)
        result.totals.setdefault(severity, 0)
    total, refused, families, active = _one(connection, rules.TOTALS_SQL)
    result.rows_total, result.rows_refused = total, refused
    result.rows_accepted = total - refused
    result.totals = {"records": total, "families": families, "active": active}


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    found = connection.execute(query).fetchone()
    return found or ()


def _compare_totals(found: Mapping[str, int], expected: Mapping[str, int] | None) -> list[Refusal]:
    wrong = tuple(sorted(name for name, count in (expected or {}).items() if name in found and found[name] != count))
    return [Refusal("R-TOTALS", wrong)] if wrong else []
