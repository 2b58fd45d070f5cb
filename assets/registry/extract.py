"""A registration extract: streamed from its seal into DuckDB, minimised, checked, counted.

Belongs here: the way from sealed bytes to `checked/individuals` and the findings. Does not belong here: statistics
(dbt), the forms a file may have (`files.py`).

The plain text passes through a pipe and DuckDB's memory only; no copy of it touches a disk. Direct identifiers
leave as keyed hashes or not at all; what was dropped is counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from assets.registry import files, rules
from assets.registry.columns import ColumnMap, Refusal, match
from assets.registry.unreadable import Unreadable
from orchestration.failures import ImuError, Permanent

if TYPE_CHECKING:
    import duckdb


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
    """Read, minimise and check one extract; leaves the accepted rows in the view `individuals`.

    `recoded` carries codes of other COD versions over: old district code -> district and region in force.
    """
    result = Extract()
    with files.opened(iter(chunks), column_map.headers) as table:
        names, result.refusals = match(table.header, column_map, never_ingest)
        if result.refusals:
            return result
        result.dropped = column_map.dropped
        rules.set_key(connection, pseudonym_key)
        rules.set_places(connection, known_places, known_regions, recoded or {})
        _load(connection, table, _needed(table.header, names), column_map.codes)
    connection.execute(rules.judge_sql(extract))
    _count(connection, result)
    result.refusals = _compare_totals(result.totals, expected_totals)
    if not result.refusals:
        connection.execute(rules.individuals_sql(extract, register, cod_version))
    return result


def _needed(given: Sequence[str], names: Mapping[str, str]) -> dict[str, str]:
    """Our name -> quoted header, for the columns the rules use."""
    return {names[header]: '"' + header.replace('"', '""') + '"' for header in given if header in names}


def _load(
    connection: duckdb.DuckDBPyConnection,
    table: files.Table,
    columns: Mapping[str, str],
    codes: Mapping[str, Mapping[str, str]],
) -> None:
    import duckdb

    problem = None
    with table.scan() as scan:
        try:
            connection.execute(rules.load_sql(scan, columns, codes))
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
    return Unreadable(f"reading stopped at line {line[1] if line else 'unknown'}, which has another shape")


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
