"""One week's displacement table: from the cells of a sheet to `checked/displacement` and what is wrong with it.

Belongs here: finding the header, the week, the figures, and the rules on them. Does not belong here: opening the file
(`assets.sheets`), change between published weeks (dbt).

A district that is missing becomes a row with the status `not_reported`, never a zero.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from assets.geography.places import Gazetteer
from assets.sheets.table import Grid, locate, text, whole_number

WEEK = re.compile(r"(20\d\d)[-_ ]?W(\d\d)", re.IGNORECASE)
COUNTS = ("idps", "households", "women", "men", "children")
PARTS = ("women", "men", "children")
JUMP_SHARE, JUMP_PEOPLE = 0.5, 500

Row = dict[str, Any]
Found = tuple[str, int | None, str]


@dataclass
class Figures:
    """What one file turned out to be."""

    week: str | None = None
    rows: list[Row] = field(default_factory=list)
    refused: list[Row] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    rows_total: int = 0


def read(
    sheets: Sequence[Grid],
    file_name: str,
    *,
    column_map: Sequence[Mapping[str, str]],
    labels: Mapping[str, str],
    gazetteer: Gazetteer,
    previous: Mapping[tuple[str, str], int],
    districts: Mapping[str, Mapping[str, str]],
) -> Figures:
    """Read one week. `labels` maps words for kinds of place, `previous` holds last week's figures, `districts` each
    version's districts with their region.
    """
    result = Figures()
    table = locate(sheets, column_map)
    if table is None:
        result.found.append(("D-TEMPLATE", None, ""))
        return result
    result.week = week_of(file_name, table.titles)
    if result.week is None:
        result.found.append(("D-TEMPLATE", None, "week"))
        return result
    last_day = date.fromisocalendar(int(result.week[:4]), int(result.week[6:]), 7)
    for number, given in table.rows():
        result.rows_total += 1
        _take(result, number, given, labels, gazetteer, last_day)
    _not_reported(result, districts, last_day)
    _against_last_week(result, previous)
    return result


def week_of(file_name: str, titles: Grid) -> str | None:
    """The ISO week: from the titles above the header, else from the file's name."""
    said = [text(cell) for row in titles for cell in row] + [file_name]
    return next((week for words in said if (week := week_in(words))), None)


def week_in(words: str) -> str | None:
    """The first ISO week a text names; 2025-W53 and 2025-W60 name none, since that year has 52."""
    for found in WEEK.finditer(words):
        if 1 <= int(found[2]) <= date(int(found[1]), 12, 28).isocalendar().week:
            return f"{found[1]}-W{found[2]}"
    return None


def _take(result: Figures, number: int, given: Row, labels: Mapping[str, str], gazetteer: Gazetteer, on: date) -> None:
    code, name = text(given.get("adm2_code")), text(given.get("adm2_name"))
    match = gazetteer.resolve(code or None, {2: name} if name else {}, on)
    counts, problems = _counts(given)
    problems += [("D-PLACE-UNKNOWN", "adm2_code")] if match.problem or match.level != 2 else []
    result.found += [(rule, number, column) for rule, column in problems]
    kind = labels.get(text(given.get("location_type")).casefold(), "unknown")
    row = {
        "week": result.week,
        "as_of": on,
        "adm1_pcode": match.ancestor(1),
        "pcode": match.pcode,
        "cod_version": match.version,
        "location_type": kind,
        "value_status": "reported" if counts["idps"] is not None else "not_reported",
        "row_number": number,
        **counts,
    }
    if problems:
        result.refused.append({"row_number": number, "rule": problems[0][0], "pcode": match.pcode})
        return
    if any((one["pcode"], one["location_type"]) == (row["pcode"], kind) for one in result.rows):
        # The models add up what stands in a file: a district written twice would count its people twice.
        result.found.append(("D-DUPLICATE", number, "adm2_code"))
        result.refused.append({"row_number": number, "rule": "D-DUPLICATE", "pcode": match.pcode})
        return
    result.rows.append(row)
    parts = [counts[name] for name in PARTS]
    if counts["idps"] is not None and None not in parts and sum(parts) != counts["idps"]:  # type: ignore[arg-type]
        result.found.append(("D-PARTS", number, "idps"))


def _counts(given: Row) -> tuple[dict[str, int | None], list[tuple[str, str]]]:
    counts: dict[str, int | None] = {}
    problems: list[tuple[str, str]] = []
    for name in COUNTS:
        counts[name], rule = _count(given.get(name))
        if rule:
            problems.append((rule, name))
    return counts, problems


def _count(cell: object) -> tuple[int | None, str | None]:
    value, readable = whole_number(cell)
    if not readable:
        return None, "D-NUMBER"
    return (None, "D-NEGATIVE") if value is not None and value < 0 else (value, None)


def _not_reported(result: Figures, districts: Mapping[str, Mapping[str, str]], on: date) -> None:
    versions = {row["cod_version"] for row in result.rows}
    named = {row["pcode"] for row in result.rows}
    # A row whose place is unknown may be the very district that seems missing.
    unplaced = any(row["rule"] == "D-PLACE-UNKNOWN" for row in result.refused)
    named |= {row["pcode"] for row in result.refused if row["pcode"]}
    for version in sorted(versions):
        for pcode, region in districts.get(version, {}).items():
            if pcode not in named:
                result.rows.append(_blank(result.week, on, pcode, region, version))
                if not unplaced:
                    result.found.append(("D-NOT-REPORTED", None, pcode))


def _blank(week: str | None, on: date, pcode: str, region: str, version: str) -> Row:
    counts = dict.fromkeys(COUNTS)
    where = {"adm1_pcode": region, "pcode": pcode, "cod_version": version, "location_type": "unknown"}
    return {"week": week, "as_of": on, **where, "value_status": "not_reported", "row_number": None, **counts}


def _against_last_week(result: Figures, previous: Mapping[tuple[str, str], int]) -> None:
    now = {(row["pcode"], row["location_type"]): row for row in result.rows if row["value_status"] == "reported"}
    common = [(row, previous[key]) for key, row in now.items() if key in previous]
    if common and len(common) == len(now) and all(row["idps"] == before for row, before in common):
        result.found.append(("D-REPEATED", None, "idps"))
        return
    for row, before in common:
        change = abs(row["idps"] - before)
        if change > JUMP_PEOPLE and change > JUMP_SHARE * before:
            result.found.append(("D-JUMP", row["row_number"], "idps"))
