"""Population statistics (COD-PS) as they arrive: wide tables by sex and age, read into one long table and checked.

Belongs here: the header grammar of COD-PS, sums in both directions with their tolerance, agreement with COD-AB.
Does not belong here: boundaries (`boundaries.py`).
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from orchestration.failures import Permanent

if TYPE_CHECKING:
    import pandas as pd

TOTAL = re.compile(r"^([FMT])_TL$", re.IGNORECASE)
RANGE = re.compile(r"^([FMT])_(?:(\d{1,3})_(\d{1,3})|(\d{2})(\d{2}))$", re.IGNORECASE)
OPEN = re.compile(r"^([FMT])_(\d{2,3})_?plus$", re.IGNORECASE)
CODE = re.compile(r"^adm(?:in)?(\d)_?p?code$", re.IGNORECASE)
LEVEL = re.compile(r"_adm(\d)_(\d{4})(?:_(v\d{2}))?\.csv$", re.IGNORECASE)
LARGEST_MEMBER = 200_000_000
SEXES = {"F": "f", "M": "m", "T": "all"}

Found = tuple[str, int | None, str]
Cell = tuple[str, int | None, int | None]  # sex, age from, age to
Units = dict[str, dict[Cell, int]]  # by code


@dataclass
class Population:
    """What one zip holds, in our shape, and what is wrong with it."""

    version: str = ""
    rows: list[dict[str, Any]] = field(default_factory=list)
    found: list[Found] = field(default_factory=list)
    # Where each unit stands in its table, as a spreadsheet shows it.
    numbers: dict[tuple[int, str], int] = field(default_factory=dict)


def tolerance(expected: int) -> float:
    """Published CODs are a few people apart from rounding: up to 5 people or 0.1 % is rounding, more is an error."""
    return max(5.0, abs(expected) * 0.001)


def read(content: bytes, cod_version: str, known: set[tuple[int, str]]) -> Population:
    """Read a COD-PS zip against the units of one COD-AB version."""
    result = Population()
    by_level: dict[int, Units] = {}
    for level, year, version, text in _tables(content):
        result.version = version or result.version or "v01"
        by_level[level] = _read_level(result, level, text)
        result.rows += [_long(level, year, code, cell, count) for code, cells in by_level[level].items()
                        for cell, count in cells.items()]  # fmt: skip
    for row in result.rows:
        row |= {"ps_version": result.version, "cod_version": cod_version}
    if not by_level:
        raise Permanent(
            "The zip holds no population table: looked for files named like `xyz_admpop_adm1_2025.csv`, found none. "
            "Name the tables so, as CSV; trying again with the same file changes nothing."
        )
    across, down = _check_across(by_level, result.numbers), _check_down(by_level, result.numbers)
    result.found += [*_check_units(by_level, known), *across, *down]
    return result


def _tables(content: bytes) -> Iterator[tuple[int, int, str | None, str]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for member in sorted(archive.infolist(), key=lambda one: one.filename):
                named = LEVEL.search(member.filename)
                if named and member.file_size > LARGEST_MEMBER:
                    raise Permanent(f"{member.filename} unpacks to {member.file_size:,} bytes, more than allowed.")
                if named:
                    yield int(named[1]), int(named[2]), named[3], archive.read(member).decode("utf-8-sig")
    # RuntimeError: a password is asked for; NotImplementedError: packed in a way Python cannot unpack.
    except (zipfile.BadZipFile, zlib.error, UnicodeDecodeError, RuntimeError, NotImplementedError) as cause:
        raise Permanent("The file is no readable zip of UTF-8 tables. Pack them again and send them anew.") from cause


def _read_level(result: Population, level: int, text: str) -> Units:
    reader = csv.DictReader(io.StringIO(text))
    headers = {header: header.strip() for header in reader.fieldnames or []}
    code_header = _code_header(headers.values(), level)
    cells = {header: cell for header, clean in headers.items() if (cell := _cell(clean))}
    units: Units = {}
    for number, row in enumerate(reader, start=2):
        code = next((row[h] or "" for h, clean in headers.items() if clean == code_header), "").strip()
        if code.startswith("#"):  # the HXL row under the header
            continue
        if code in units:
            result.found.append(("G-CODE", number, code_header))
            continue
        result.numbers[level, code] = number
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
        return SEXES[found[1].upper()], int(found[2] or found[4]), int(found[3] or found[5])
    if found := OPEN.match(header):
        return SEXES[found[1].upper()], int(found[2]), None
    return None


def _counts(
    result: Population, number: int, row: Mapping[str, str | None], cells: Mapping[str, Cell]
) -> Iterator[tuple[Cell, int]]:
    for header, cell in cells.items():
        text = (row[header] or "").strip().replace(",", "").replace("\u00a0", "")
        if text.isdecimal():
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


def _check_across(by_level: Mapping[int, Units], numbers: Mapping[tuple[int, str], int]) -> Iterator[Found]:
    """Within a row: women and men make everybody, in total and at each age; ages make each sex."""
    for level, units in by_level.items():
        for code, cells in units.items():
            apart = [cell for cell in cells if cell[0] == "all" and _sexes_apart(cells, cell)]
            if apart:
                yield "G-SEXES", numbers[level, code], column_of(apart[0])
            for sex in SEXES.values():
                ages = [count for (who, low, _), count in cells.items() if who == sex and low is not None]
                total = cells.get((sex, None, None))
                if ages and total is not None and _apart(sum(ages), total):
                    yield "G-AGES", numbers[level, code], column_of((sex, None, None))


def _sexes_apart(cells: Mapping[Cell, int], everybody: Cell) -> bool:
    women, men = (cells.get((sex, *everybody[1:])) for sex in ("f", "m"))
    return women is not None and men is not None and _apart(women + men, cells[everybody])


def _check_down(by_level: Mapping[int, Units], numbers: Mapping[tuple[int, str], int]) -> Iterator[Found]:
    """Between levels: the children's cells make the parent's, where the lower table has such a column at all."""
    for level in sorted(by_level)[1:]:
        parents = by_level.get(level - 1, {})
        sums: dict[str, dict[Cell, int]] = defaultdict(lambda: defaultdict(int))
        width = {len(code) for code in parents}
        for code, cells in by_level[level].items():
            parent = next((code[:size] for size in width if code[:size] in parents), "")
            for cell, count in cells.items():
                sums[parent][cell] += count
        told = {cell for cells in by_level[level].values() for cell in cells}
        for code, cells in parents.items():
            compared = [cell for cell in cells if code in sums and cell in told]
            wrong = [cell for cell in compared if _apart(sums[code][cell], cells[cell])]
            if wrong:
                yield "G-SUM", numbers[level - 1, code], column_of(wrong[0])


def column_of(cell: Cell) -> str:
    """A cell's column as COD-PS writes it: F_TL, T_00_04, M_80plus."""
    sex, low, high = cell
    letter = next(letter for letter, name in SEXES.items() if name == sex)
    if low is None:
        return f"{letter}_TL"
    return f"{letter}_{low:02d}plus" if high is None else f"{letter}_{low:02d}_{high:02d}"


def _apart(found: int, expected: int) -> bool:
    return abs(found - expected) > tolerance(expected)


def frame(result: Population) -> pd.DataFrame:
    """The rows of `checked/population`."""
    import pandas as pd

    from assets.quality.checked_tables import TABLES

    return pd.DataFrame(result.rows, columns=list(TABLES["population"]), dtype=object)
