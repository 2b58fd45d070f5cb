"""Population statistics (COD-PS) as they arrive: wide tables by sex and age, read into one long table and checked.

Belongs here: the header grammar of COD-PS, sums in both directions with their tolerance, agreement with COD-AB.
Does not belong here: boundaries (`boundaries.py`).
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestration.failures import Permanent

if TYPE_CHECKING:
    import pandas as pd

TOTAL = re.compile(r"^([FMT])_TL$", re.IGNORECASE)
RANGE = re.compile(r"^([FMT])_(\d{1,2})_?(\d{2,3})$", re.IGNORECASE)
OPEN = re.compile(r"^([FMT])_(\d{2,3})_?plus$", re.IGNORECASE)
CODE = re.compile(r"^adm(?:in)?(\d)_?p?code$", re.IGNORECASE)
LEVEL = re.compile(r"_adm(\d)_(\d{4})(?:_(v\d{2}))?\.csv$", re.IGNORECASE)
SEXES = {"F": "f", "M": "m", "T": "all"}

Found = tuple[str, int | None, str]
Cell = tuple[str, int | None, int | None]  # sex, age from, age to


@dataclass
class Population:
    """What one zip holds, in our shape, and what is wrong with it."""

    version: str = ""
    rows: list[dict[str, Any]] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)


def tolerance(expected: int) -> float:
    """Published CODs are a few people apart from rounding: up to 5 people or 0.1 % is rounding, more is an error."""
    return max(5.0, abs(expected) * 0.001)


def read(content: bytes, cod_version: str, known: set[tuple[int, str]]) -> Population:
    """Read a COD-PS zip against the units of one COD-AB version."""
    result = Population()
    by_level: dict[int, dict[str, dict[Cell, int]]] = {}
    for level, year, version, text in _tables(content):
        result.version = version or result.version or "v01"
        by_level[level] = _read_level(result, level, text)
        result.rows += [_long(level, year, code, cell, count) for code, cells in by_level[level].items()
                        for cell, count in cells.items()]  # fmt: skip
    for row in result.rows:
        row |= {"ps_version": result.version, "cod_version": cod_version}
    result.found += [*_check_units(by_level, known), *_check_across(by_level), *_check_down(by_level)]
    return result


def _tables(content: bytes) -> Iterator[tuple[int, int, str | None, str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in sorted(archive.namelist()):
                named = LEVEL.search(name)
                if named:
                    yield int(named[1]), int(named[2]), named[3], archive.read(name).decode("utf-8-sig")
    except (zipfile.BadZipFile, UnicodeDecodeError) as cause:
        raise Permanent("The file is no readable zip of UTF-8 tables. Pack them again and send them anew.") from cause


def _read_level(result: Population, level: int, text: str) -> dict[str, dict[Cell, int]]:
    reader = csv.DictReader(io.StringIO(text))
    headers = {header: header.strip() for header in reader.fieldnames or []}
    code_header = _code_header(headers.values(), level)
    cells = {header: cell for header, clean in headers.items() if (cell := _cell(clean))}
    units: dict[str, dict[Cell, int]] = {}
    for number, row in enumerate(reader, start=2):
        code = next((row[h] or "" for h, clean in headers.items() if clean == code_header), "").strip()
        if code.startswith("#"):  # the HXL row under the header
            continue
        if code in units:
            result.found.append(("G-CODE", number, code_header))
        units[code] = dict(_counts(result, number, row, cells))
    return units


def _code_header(headers: Any, level: int) -> str:
    for header in headers:
        named = CODE.match(header)
        if named and int(named[1]) == level:
            return str(header)
    raise Permanent(f"The table of level {level} has no column with its codes: expected `ADM{level}_PCODE`.")


def _cell(header: str) -> Cell | None:
    if found := TOTAL.match(header):
        return SEXES[found[1].upper()], None, None
    if found := RANGE.match(header):
        return SEXES[found[1].upper()], int(found[2]), int(found[3])
    if found := OPEN.match(header):
        return SEXES[found[1].upper()], int(found[2]), None
    return None


def _counts(
    result: Population, number: int, row: Mapping[str, str | None], cells: Mapping[str, Cell]
) -> Iterator[tuple[Cell, int]]:
    for header, cell in cells.items():
        text = (row[header] or "").strip().replace(",", "").replace("\u00a0", "")
        if text.isdigit():
            yield cell, int(text)
        else:
            result.found.append(("G-SUM", number, header.strip()))


def _long(level: int, year: int, code: str, cell: Cell, count: int) -> dict[str, Any]:
    sex, low, high = cell
    label = "all" if low is None else (f"{low}+" if high is None else f"{low}-{high}")
    return {
        "ref_year": year, "level": level, "pcode": code, "sex": sex,
        "age_min": low, "age_max": high, "age_range": label, "population": count,
    }  # fmt: skip


def _check_units(by_level: Mapping[int, Mapping[str, Any]], known: set[tuple[int, str]]) -> Iterator[Found]:
    for level, units in by_level.items():
        expected = {code for at, code in known if at == level}
        if expected and set(units) != expected:
            yield "G-UNITS", None, f"ADM{level}_PCODE"


def _check_across(by_level: Mapping[int, Mapping[str, Mapping[Cell, int]]]) -> Iterator[Found]:
    """Within a row: women and men make the total, ages make each sex."""
    for units in by_level.values():
        for number, cells in enumerate(units.values(), start=3):
            totals = {sex: cells.get((sex, None, None)) for sex in SEXES.values()}
            women, men, everybody = totals["f"], totals["m"], totals["all"]
            known = women is not None and men is not None and everybody is not None
            if known and _apart((women or 0) + (men or 0), everybody or 0):
                yield "G-SEXES", number, "T_TL"
            for sex, total in totals.items():
                ages = [count for (who, low, _), count in cells.items() if who == sex and low is not None]
                if ages and total is not None and _apart(sum(ages), total):
                    yield "G-AGES", number, f"{sex}_TL"


def _check_down(by_level: Mapping[int, Mapping[str, Mapping[Cell, int]]]) -> Iterator[Found]:
    """Between levels: the children's cells make the parent's."""
    for level in sorted(by_level)[1:]:
        parents = by_level.get(level - 1, {})
        sums: dict[str, dict[Cell, int]] = defaultdict(lambda: defaultdict(int))
        width = {len(code) for code in parents}
        for code, cells in by_level[level].items():
            parent = next((code[:size] for size in width if code[:size] in parents), "")
            for cell, count in cells.items():
                sums[parent][cell] += count
        for number, (code, cells) in enumerate(parents.items(), start=3):
            wrong = [cell for cell, count in cells.items() if code in sums and _apart(sums[code][cell], count)]
            if wrong:
                yield "G-SUM", number, f"{wrong[0][0]}_TL"


def _apart(found: int, expected: int) -> bool:
    return abs(found - expected) > tolerance(expected)


def frame(result: Population) -> pd.DataFrame:
    """The rows of `checked/population`."""
    import pandas as pd

    from assets.quality.checked_tables import TABLES

    return pd.DataFrame(result.rows, columns=list(TABLES["population"]), dtype=object)
