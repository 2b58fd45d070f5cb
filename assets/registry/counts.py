"""A register's table of counts, for an office that may hold no individual record.

Belongs here: reading the table, its rules, the rows of `checked/register_counts`. Does not belong here: individual
records (`extract.py`), the door that keeps them out (`custody.py`).

A stock that is partly accepted would be a wrong stock, and the table has one sender who can mend it: any fault refuses
the whole of it, and every row at fault is named. Records, active individuals and families are three counts and never
stand for one another; families cannot be added up over sexes and ages, and stand in a row of their own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import product
from typing import TYPE_CHECKING, Any

from assets.quality.verdict import Finding
from assets.registry import files
from assets.registry.columns import ColumnMap, match

if TYPE_CHECKING:
    import duckdb

ALL = "all"
CODES: dict[str, Mapping[str, str]] = {
    "sex": {"f": "f", "female": "f", "m": "m", "male": "m", "unknown": "unknown", ALL: ALL, "total": ALL},
    "age_bracket": {
        **{bracket: bracket for bracket in ("0-4", "5-11", "12-17", "18-59", "60+", "unknown", ALL)}, "total": ALL,
    },
    "record_status": {"active": "active", "inactive": "inactive", ALL: ALL, "total": ALL},
}  # fmt: skip
MEASURES = ("records", "individuals", "families")
MOST_ROWS = 500_000
_DASHES = re.compile(r"\s*[-‐-―]\s*")
_WHOLE = re.compile(r"\d{1,12}(\.0+)?")

Cell = tuple[str, str, str, str]


@dataclass(frozen=True)
class Row:
    """One row of the table: district, sex, age bracket, status, and the three counts as far as they are given."""

    number: int
    cell: Cell
    counts: Mapping[str, int | None]

    @property
    def is_detail(self) -> bool:
        """Whether it adds up nothing."""
        return ALL not in self.cell[1:]


@dataclass
class Counts:
    """What a table turned out to be."""

    rows_total: int = 0
    findings: list[Finding] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    totals: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Places:
    """Each district code that may stand in a row -> the district and region it means on the day."""

    means: Mapping[str, tuple[str, str]]
    cod_version: str


def read(
    connection: duckdb.DuckDBPyConnection,
    chunks: Iterator[bytes],
    *,
    column_map: ColumnMap,
    never_ingest: Sequence[str],
    extract: date,
    register: str,
    places: Places,
    expected_totals: Mapping[str, int] | None,
) -> Counts:
    """Read and check one table of counts."""
    with files.opened(chunks, column_map.headers) as table:
        names, refusals = match(table.header, column_map, never_ingest)
        if refusals:
            return Counts(findings=[Finding(one.rule, detail=", ".join(one.columns)) for one in refusals])
        found = _fetched(connection, table, {names[header]: header for header in names})
    result = Counts(rows_total=len(found))
    rows = list(_understood(found, column_map, places, result.findings))
    if not result.findings:
        result.findings += [*_twice(rows), *_sums(rows), *_families(rows), *_within(rows)]
        result.totals = _totals(rows)
        result.findings += _against(result.totals, expected_totals)
    if not result.findings:
        result.rows = list(_stored(rows, extract, register, places))
    return result


def _fetched(
    connection: duckdb.DuckDBPyConnection, table: files.Table, headers: Mapping[str, str]
) -> list[dict[str, str]]:
    wanted = [name for name in (*CODES, "adm2_pcode", *MEASURES) if name in headers]
    columns = ", ".join('"' + headers[name].replace('"', '""') + '"' for name in wanted)
    rows = files.fetched(connection, table, columns, MOST_ROWS)
    return [dict(zip(wanted, ("" if cell is None else cell.strip() for cell in row), strict=True)) for row in rows]


def _understood(
    found: Iterable[Mapping[str, str]], column_map: ColumnMap, places: Places, findings: list[Finding]
) -> Iterator[Row]:
    for number, given in enumerate(found, start=2):
        codes = {name: _code(name, given.get(name, ""), column_map) for name in CODES}
        code = given.get("adm2_pcode", "")
        place = column_map.codes.get("residence_adm2_code", {}).get(code.lower(), code)
        counts = {name: _whole(given.get(name, "")) for name in MEASURES}
        unknown = [name for name, code in codes.items() if code is None]
        odd = [name for name in MEASURES if given.get(name) and counts[name] is None]
        findings += [Finding("R-COUNT-CODE", number, name) for name in unknown]
        findings += [Finding("R-COUNT-NUMBER", number, name) for name in odd]
        if place.upper() not in places.means:
            findings.append(Finding("R-COUNT-PLACE", number, "adm2_pcode"))
        elif not unknown:
            sex, age, status = (str(codes[name]) for name in CODES)
            yield _filled(Row(number, (place.upper(), sex, age, status), counts), findings)


def _filled(row: Row, findings: list[Finding]) -> Row:
    """A detail row says how many records there are; inactive ones are no individuals, said or unsaid."""
    counts = dict(row.counts)
    if row.is_detail and row.cell[3] == "inactive":
        counts["individuals"] = counts["individuals"] or 0
    if row.is_detail:
        findings += [Finding("R-COUNT-NUMBER", row.number, name) for name in MEASURES[:2] if counts[name] is None]
    return Row(row.number, row.cell, counts)


def _code(name: str, given: str, column_map: ColumnMap) -> str | None:
    low = _DASHES.sub("-", given.lower())
    return column_map.codes.get(name, {}).get(given.lower()) or CODES[name].get(low)


def _whole(text: str) -> int | None:
    return int(text.split(".")[0]) if _WHOLE.fullmatch(text) else None


# -- rules ----------------------------------------------------------------------------------------------------


def _twice(rows: Sequence[Row]) -> Iterator[Finding]:
    seen = Counter[Cell]()
    for row in rows:
        seen[row.cell] += 1
        if seen[row.cell] > 1:
            yield Finding("R-COUNT-TWICE", row.number)


def _sums(rows: Sequence[Row]) -> Iterator[Finding]:
    """A row of totals is the sum of its parts, for records and for individuals."""
    sums = Counter[tuple[Cell, str]]()
    for row in rows:
        if row.is_detail:
            place, *codes = row.cell
            for sex, age, status in product(*((code, ALL) for code in codes)):
                for name in MEASURES[:2]:
                    sums[(place, sex, age, status), name] += row.counts[name] or 0
    for row in rows:
        for name in MEASURES[:2] if not row.is_detail else ():
            given = row.counts[name]
            if given is not None and given != sums[row.cell, name]:
                yield Finding("R-COUNT-SUM", row.number, name)


def _families(rows: Sequence[Row]) -> Iterator[Finding]:
    """Families stand in each district's row of all sexes and ages, once or twice alike, and nowhere else."""
    told: dict[str, int] = {}
    for row in rows:
        families = row.counts["families"]
        if families is None:
            continue
        misplaced = row.cell[1:3] != (ALL, ALL) or row.cell[3] == "inactive"
        if (families and misplaced) or (not misplaced and told.setdefault(row.cell[0], families) != families):
            yield Finding("R-COUNT-FAMILIES", row.number, "families")
    people = _by_place(rows, "individuals")
    missing = [place for place, count in people.items() if count and place not in told]
    if missing:
        yield Finding("R-COUNT-FAMILIES", detail=f"Districts without a count of families: {len(missing)}.")


def _within(rows: Sequence[Row]) -> Iterator[Finding]:
    """Individuals are no more than records, families no more than individuals; who is inactive counts as neither."""
    people = _by_place(rows, "individuals")
    for row in rows:
        records, individuals, families = (row.counts[name] or 0 for name in MEASURES)
        if row.is_detail and (individuals > records or (individuals and row.cell[3] == "inactive")):
            yield Finding("R-COUNT-WITHIN", row.number, "individuals")
        if families > people[row.cell[0]]:
            yield Finding("R-COUNT-WITHIN", row.number, "families")


def _by_place(rows: Sequence[Row], name: str) -> Counter[str]:
    found = Counter[str]()
    for row in rows:
        if row.is_detail:
            found[row.cell[0]] += row.counts[name] or 0
    return found


def _family_rows(rows: Sequence[Row]) -> dict[str, int]:
    told = [row for row in rows if row.cell[1:3] == (ALL, ALL) and row.counts["families"] is not None]
    return {row.cell[0]: row.counts["families"] or 0 for row in told}


def _totals(rows: Sequence[Row]) -> dict[str, int]:
    return {
        "records": _by_place(rows, "records").total(),
        "active": _by_place(rows, "individuals").total(),
        "families": sum(_family_rows(rows).values()),
    }


def _against(found: Mapping[str, int], expected: Mapping[str, int] | None) -> Iterator[Finding]:
    if expected is None:
        return
    wrong = sorted(name for name in found if name in expected and expected[name] != found[name])
    if wrong or not set(found) & set(expected):
        words = ", ".join(wrong) or f"none of {', '.join(found)} could be read from the control total"
        yield Finding("R-TOTALS", detail=words)


# -- what is kept ---------------------------------------------------------------------------------------------


def _stored(rows: Sequence[Row], extract: date, register: str, places: Places) -> Iterator[dict[str, Any]]:
    """One row a cell of today's districts: two old districts may have become one."""
    cells: dict[Cell, Counter[str]] = {}
    for row in rows:
        if row.is_detail:
            counts = {name: row.counts[name] or 0 for name in MEASURES[:2]}
            _added(cells, (places.means[row.cell[0]][0], *row.cell[1:]), counts)
    for place, families in _family_rows(rows).items():
        _added(cells, (places.means[place][0], ALL, ALL, "active"), {"families": families})
    regions = dict(places.means.values())
    for (district, sex, age, status), counts in sorted(cells.items()):
        yield {
            "extract": extract.isoformat(), "register": register, "adm1_pcode": regions[district],
            "adm2_pcode": district, "cod_version": places.cod_version, "sex": sex, "age_bracket": age,
            "record_status": status, **{name: counts[name] for name in MEASURES},
        }  # fmt: skip


def _added(cells: dict[Cell, Counter[str]], cell: Cell, counts: Mapping[str, int]) -> None:
    cells.setdefault(cell, Counter()).update(counts)
