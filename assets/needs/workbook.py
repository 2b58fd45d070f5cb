"""One needs workbook: from its long table to `checked/needs` and what is wrong with it.

Belongs here: reading the table, the N- rules. Does not belong here: intersectoral severity and people in need (dbt).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from assets.geography.places import Gazetteer
from assets.sheets.table import Grid, locate, text, whole_number

COUNTS = ("population", "people_in_need", "targeted")
# From so many districts on, one severity for all of them is a value pasted down a column.
CONSTANT_FROM = 20

Found = tuple[str, int | None, str]


@dataclass
class Needs:
    """What one workbook turned out to be."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    rows_total: int = 0


def read(
    sheets: Sequence[Grid],
    column_map: Sequence[Mapping[str, str]],
    codes: Mapping[str, Mapping[str, str]],
    gazetteer: Gazetteer,
    plan_year: int,
    on: date,
) -> Needs | None:
    """Read a workbook against the boundaries in force on a day; None where no table of this kind is in it.

    `codes` maps spellings of `sector` and `population_group` to their codes.
    """
    table = locate(sheets, column_map)
    if table is None:
        return None
    result = Needs()
    seen: set[tuple[str, str, str]] = set()
    for number, given in table.rows():
        result.rows_total += 1
        row, problems = _row(given, codes, gazetteer, on)
        key = (row["pcode"], row["sector"], row["population_group"])
        if not problems and key in seen:
            problems.append(("N-DUPLICATE-SERIES", "sector"))
        seen.add(key)
        _keep(result, number, {"plan_year": plan_year, **row}, problems)
    result.found += _constants(result.rows)
    return result


def _row(
    given: Mapping[str, object], codes: Mapping[str, Mapping[str, str]], gazetteer: Gazetteer, on: date
) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    match = gazetteer.resolve(text(given["pcode"]) or None, {}, on)
    problems = [("N-PLACE-UNKNOWN", "pcode")] if match.problem or match.level != 2 else []
    row: dict[str, Any] = {"pcode": match.pcode, "cod_version": match.version}
    for name in ("sector", "population_group"):
        row[name] = codes[name].get(text(given[name]).casefold())
        problems += [("N-CODE", name)] if row[name] is None else []
    for name in (*COUNTS, "severity"):
        row[name], readable = whole_number(given[name])
        if name == "severity":
            wrong = not readable or row[name] not in (None, 1, 2, 3, 4, 5)
            problems += [("N-SEVERITY", name)] if wrong else []
        elif not readable or (row[name] or 0) < 0:
            problems.append(("N-NEGATIVE" if readable else "N-NUMBER", name))
    if not problems and _over(row["people_in_need"], row["population"]):
        problems.append(("N-PIN-OVER-POPULATION", "people_in_need"))
    return row, problems


def _over(count: int | None, limit: int | None) -> bool:
    return count is not None and limit is not None and count > limit


def _keep(result: Needs, number: int, row: dict[str, Any], problems: list[tuple[str, str]]) -> None:
    result.found += [(rule, number, column) for rule, column in problems]
    if problems:
        result.refused.append({"row_number": number, "rule": problems[0][0]})
        return
    result.rows.append(row)
    if _over(row["targeted"], row["people_in_need"]):
        result.found.append(("N-TARGET-OVER-PIN", number, "targeted"))


def _constants(rows: Sequence[Mapping[str, Any]]) -> list[Found]:
    """Sectors that give every district the same severity."""
    by_sector: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for row in rows:
        if row["severity"] is not None:
            by_sector[row["sector"]][row["pcode"]].add(row["severity"])
    return [
        ("N-CONSTANT", None, sector)
        for sector, districts in sorted(by_sector.items())
        if len(districts) >= CONSTANT_FROM and len(set().union(*districts.values())) == 1
    ]
