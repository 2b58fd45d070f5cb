"""A registration extract: streamed from its seal into DuckDB, minimised, checked, counted.

Belongs here: the way from sealed bytes to `checked/individuals` and the findings. Does not belong here: statistics
(dbt), the reading of other systems.

The plain text passes through a pipe and DuckDB's memory only; no copy of it touches a disk. Direct identifiers
leave as keyed hashes or not at all; what was dropped is counted.
"""

from __future__ import annotations

import csv
import os
import re
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from io import RawIOBase
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.registry import rules
from assets.registry.columns import ColumnMap, Refusal, match
from orchestration.duck import quote
from orchestration.failures import ImuError, Permanent

if TYPE_CHECKING:
    import duckdb

_HEADER_BYTES = 65536


class Unreadable(Permanent):
    """The file is no table: what its sender has to mend, unlike a broken seal or a computer short of memory."""


@dataclass
class Extract:
    """What one extract turned out to be. The accepted rows are in the connection's view `individuals`."""

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
    known_regions: Sequence[str],
    pseudonym_key: str,
    expected_totals: Mapping[str, int] | None = None,
    recoded: Mapping[str, tuple[str, str]] | None = None,
) -> Extract:
    """Read, minimise and check one CSV extract; leaves the accepted rows in the view `individuals`.

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
    rules.set_places(connection, known_places, known_regions, recoded or {})
    _load(connection, chain([head], stream), given, _needed(given, names), column_map.codes)
    connection.execute(rules.judge_sql(extract))
    _count(connection, result)
    result.refusals = _compare_totals(result.totals, expected_totals)
    if not result.refusals:
        connection.execute(rules.individuals_sql(extract, register, cod_version))
    return result


def _header(head: bytes) -> list[str]:
    line = head[:_HEADER_BYTES].split(b"\n", 1)[0].rstrip(b"\r")
    try:
        return next(csv.reader([line.decode("utf-8-sig")]))
    except (UnicodeDecodeError, StopIteration, csv.Error) as cause:
        raise Unreadable(
            "The extract is no UTF-8 comma-separated file: its first line could not be read. "
            "Export it again as CSV UTF-8; trying again with the same file changes nothing."
        ) from cause


def _needed(given: Sequence[str], names: Mapping[str, str]) -> dict[str, str]:
    """Our name -> quoted header, for the columns the rules use."""
    return {names[header]: '"' + header.replace('"', '""') + '"' for header in given if header in names}


def _load(
    connection: duckdb.DuckDBPyConnection,
    stream: Iterator[bytes],
    given: Sequence[str],
    columns: Mapping[str, str],
    codes: Mapping[str, Mapping[str, str]],
) -> None:
    import duckdb

    problem = None
    with _as_pipe(stream) as path:
        try:
            connection.execute(rules.load_sql(_scan(path, given), columns, codes))
        except duckdb.Error as cause:
            problem = _told(cause)
    if problem:
        # Raised out here: DuckDB quotes the line it stumbled over, and a person's data must not travel as context.
        raise problem


def _told(cause: Exception) -> ImuError:
    """What DuckDB's words mean, without the part of them that quotes the file."""
    line = re.search(r"CSV Error on Line: (\d+)", str(cause))
    if line is None and "CSV Parser" not in str(cause):
        return Permanent(
            f"The extract could not be read by the database ({type(cause).__name__}; its words may quote data and are "
            f"withheld). If this computer is short of memory, trying again later helps."
        )
    return Unreadable(
        f"The extract is no UTF-8 comma-separated table: reading stopped at line {line[1] if line else 'unknown'}. "
        "Export it again as CSV UTF-8; trying again with the same file changes nothing."
    )


def _scan(path: Path, given: Sequence[str]) -> str:
    """Strict, without padding: else a row with a cell too many or too few is read shifted, in silence, and an open
    quote at the end swallows rows. Several threads read line breaks within quotes right only without padding.
    """
    columns = ", ".join(f"{quote(header)}: 'VARCHAR'" for header in given)
    return (
        f"read_csv({quote(str(path))}, columns={{{columns}}}, header=true, delim=',', quote='\"', escape='\"', "
        "auto_detect=false, null_padding=false, strict_mode=true, parallel=true, max_line_size=1048576)"
    )


@contextmanager
def _as_pipe(stream: Iterator[bytes]) -> Iterator[Path]:
    """Offer decrypted bytes under a path without writing them to a disk: a named pipe, fed by a thread."""
    failures: list[BaseException] = []
    stopped = threading.Event()
    with tempfile.TemporaryDirectory(prefix="imu-") as folder:
        path = Path(folder) / "extract.csv"
        os.mkfifo(path, 0o600)
        feeder = threading.Thread(target=_feed, args=(path, stream, stopped, failures), daemon=True)
        feeder.start()
        try:
            yield path
        finally:
            stopped.set()
            _let_go(path, feeder)
            if failures:
                raise failures[0] from None  # a broken seal explains whatever the reader made of it


def _let_go(path: Path, feeder: threading.Thread) -> None:
    """A feeder may still wait for a reader, or for one to go on: it gets one that takes what is left and forgets it."""
    last_reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    while feeder.is_alive():
        with suppress(BlockingIOError):
            os.read(last_reader, 1 << 20)
        feeder.join(0.01)
    os.close(last_reader)


def _feed(path: Path, stream: Iterator[bytes], stopped: threading.Event, failures: list[BaseException]) -> None:
    try:
        with path.open("wb", buffering=0) as pipe:
            for chunk in stream:
                if stopped.is_set():
                    return
                _write(pipe, chunk)
    except BrokenPipeError:
        pass  # DuckDB stopped reading early; it says why itself
    except Exception as failure:  # noqa: BLE001 - handed to the reading thread, raised there
        failures.append(failure)


def _write(pipe: RawIOBase, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[pipe.write(rest) :]


def _count(connection: duckdb.DuckDBPyConnection, result: Extract) -> None:
    total, refused, active, *per_rule = _one(connection, rules.COUNT_ROWS_SQL)
    _note(result, rules.ROW_RULES, per_rule)
    families, *per_rule = _one(connection, rules.COUNT_FAMILIES_SQL)
    _note(result, rules.FAMILY_RULES, per_rule)
    result.rows_total, result.rows_refused, result.rows_accepted = total, refused, total - refused
    result.totals = {"records": total, "families": families, "active": active}


def _note(result: Extract, judged: Iterable[str], per_rule: Sequence[Any]) -> None:
    """Counts and first rows by rule, from a row that holds one pair of them after the other."""
    for rule, count, rows in zip(judged, per_rule[::2], per_rule[1::2], strict=True):
        if count:
            result.counts[rule], result.rows[rule] = count, list(rows)


def _one(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    found = connection.execute(query).fetchone()
    return found or ()


def _compare_totals(found: Mapping[str, int], expected: Mapping[str, int] | None) -> list[Refusal]:
    if expected is None:
        return []
    known = {name: count for name, count in expected.items() if name in found}
    wrong = tuple(sorted(name for name, count in known.items() if found[name] != count))
    if not known:  # a control total nobody can read vouches for nothing
        wrong = (f"none of {', '.join(found)} could be read from the control total",)
    return [Refusal("R-TOTALS", wrong)] if wrong else []
