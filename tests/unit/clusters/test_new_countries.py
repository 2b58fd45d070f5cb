"""Six countries set up with YAML and CSV alone: their published 3W read, mapped and judged on the way every file takes.

Each count is made a second time by pandas on the raw file (counted_apart.py) and compared row by row. The sixth
country does not exist; its workbook speaks a dialect of its own, and needed no line of code either.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import counted_apart
import marisland
import new_country
import pandas as pd
import pytest
from counted_apart import FILES, REAL
from new_country import Judged

from assets.clusters.column_maps import column_map
from assets.clusters.template import find_table
from assets.quality.checked_tables import TABLES
from assets.quality.rules import Severity, rule
from assets.sheets.workbook import read_workbook
from orchestration import office_table
from orchestration.office import Office

SECTORS = {
    "WASH": "WSH", "Agriculture": "FSC", "CCCM": "CCM", "ESNFI": "SHL", "Protection": "PRO", "Health": "HEA",
    "Nutrition": "NUT", "Education": "EDU",
}  # fmt: skip
real = pytest.mark.skipif(not REAL.is_dir(), reason=f"no real files at {REAL} (IMU_SHARED)")


def _places(country: new_country.Country) -> pd.DataFrame:
    """The public P-code list in the shape of checked places."""
    units = counted_apart.pcodes(country.iso3)
    level = units["Admin Level"].astype(int)
    places = pd.DataFrame(
        {
            "cod_version": "v01",
            "level": level,
            "pcode": units["P-Code"],
            "name": units["Name"],
            "parent_pcode": units["Parent P-Code"],
            "adm1_pcode": units["P-Code"].where(level == 1, units["Parent P-Code"]),
            "adm2_pcode": units["P-Code"].where(level == 2, None),
            "valid_on": "2015-01-01",
        }
    )
    return _complete(places)


def _complete(places: pd.DataFrame) -> pd.DataFrame:
    shaped = places.reindex(columns=list(TABLES["places"])).astype(object)
    return shaped.where(shaped.notna(), None)


def _office(country: new_country.Country, places: pd.DataFrame, root: Path, **lists: Any) -> Office:
    new_country.write(country, root / "operations", **lists)
    year = int(country.received[:4])
    office = new_country.open_office(country, root, f"{year}-12-31")
    new_country.accept_places(office, places, f"places of {country.name}".encode())
    return office


def _waiting(judged: Judged) -> dict[str, set[int]]:
    """Row numbers by rule, of the rules that hold a row; the rules about places taken together."""
    found: dict[str, set[int]] = {}
    for finding in judged.verdict["findings"]:
        if rule(finding["rule"]).severity is Severity.QUARANTINE:
            name = "C-PLACE" if finding["rule"].startswith("C-PLACE") else finding["rule"]
            found.setdefault(name, set()).add(finding["row"])
    return found


@dataclass(frozen=True)
class Expected:
    """What a person counted in the file: rows read, accepted and waiting; rows by rule; accepted rows by month."""

    partition: str
    counts: tuple[int, int, int]
    waiting: dict[str, int]
    months: dict[str, int]
    left_out: dict[str, int]


HASHTAGS = {"hashtag_rows": 1}
EXPECTED = {
    "ethiopia": Expected(
        "ICC|2025-08",
        (3122, 2182, 940),
        {"C-ORG-UNKNOWN": 480, "C-PLACE": 372, "C-ACTIVITY": 302},
        {"2025-08": 2182},
        {},
    ),
    "afghanistan": Expected(
        "ICC|2024-03",
        (10902, 9418, 1484),
        {"C-ORG-UNKNOWN": 922, "C-SECTOR": 619},
        {"2024-03": 9418},
        HASHTAGS,
    ),
    "nigeria": Expected(
        "ICC|2023-12",
        (9366, 8665, 701),
        {"C-ORG-UNKNOWN": 697, "C-VALUE": 4},
        {"2023-10": 3115, "2023-11": 3156, "2023-12": 2394},
        HASHTAGS,
    ),
    "iraq": Expected(
        "ICC|2022-04",
        (4839, 4342, 497),
        {"C-ORG-UNKNOWN": 474, "C-SECTOR": 43},
        {"2022-01": 970, "2022-02": 1083, "2022-03": 1059, "2022-04": 1230},
        HASHTAGS,
    ),
    "ukraine": Expected("ICC|2022-05", (25, 25, 0), {}, {"2022-05": 253}, {}),
    "marisland": Expected(
        "ICC|2026-03",
        (6, 2, 4),
        {"C-ORG-UNKNOWN": 1, "C-PLACE": 1, "C-NUMBER": 1, "C-DUPLICATE-ROW": 1},
        {"2026-01": 1, "2026-02": 1, "2026-03": 1},
        marisland.LEFT_OUT,
    ),
}


@dataclass(frozen=True)
class Case:
    """A file on its way in, and what was counted in it apart from the platform."""

    office: Office
    content: bytes
    file_name: str
    rows: set[int]
    held: dict[str, set[int]]
    codes: dict[int, str]


def _real(name: str, root: Path) -> Case:
    file, country = FILES[name], new_country.country(name)
    table = file.rows()
    partners = [{"org_id": "PARTNERS", "name": "Partners of the cluster, not named one by one"}]
    lists: dict[str, Any] = {
        "organisations": counted_apart.registered(table[file.org]) if file.org else partners,
        "activities": counted_apart.agreed(table, SECTORS) if name == "ethiopia" else (),
    }
    office = _office(country, _places(country), root, **lists)
    return Case(office, file.path.read_bytes(), file.file, set(table.index), file.held(table), file.codes(table))


def _invented(name: str, root: Path) -> Case:
    country = new_country.country(name)
    office = _office(country, _complete(marisland.places()), root, organisations=marisland.ORGANISATIONS)
    rows = {7, 8, 9, 11, 12, 14}
    return Case(office, marisland.workbook(), marisland.FILE, rows, marisland.HELD, marisland.CODES)


CASES = [*(pytest.param(name, _real, marks=[real, pytest.mark.long]) for name in FILES), pytest.param("marisland", _invented)]


@pytest.mark.parametrize(("name", "make"), CASES)
def test_a_3w_is_read_mapped_and_judged(name: str, make: Callable[[str, Path], Case], tmp_path: Path) -> None:
    case, expected = make(name, tmp_path), EXPECTED[name]
    judged = new_country.send(case.office, case.content, case.file_name, new_country.country(name).received)
    assert _waiting(judged) == case.held
    waiting = set().union(*case.held.values())
    assert judged.counts == (len(case.rows), len(case.rows - waiting), len(waiting)) == expected.counts
    assert {name: len(rows) for name, rows in case.held.items()} == expected.waiting
    assert set(judged.refused["row_number"].astype(int) if len(judged.refused) else ()) == waiting
    accepted = dict(zip(judged.rows["row_number"], judged.rows["pcode"], strict=True))
    assert accepted == {row: case.codes[row] for row in case.rows - waiting}
    assert (judged.partition, judged.verdict["counts"]) == (expected.partition, expected.left_out)
    assert judged.rows["month"].value_counts().to_dict() == expected.months


@real
def test_a_matrix_gives_one_row_for_each_filled_cell(tmp_path: Path) -> None:
    """Ukraine's workbook has oblasts down and clusters across: the sums of its columns are those of the sectors."""
    case, table = _real("ukraine", tmp_path), FILES["ukraine"].rows()
    judged = new_country.send(case.office, case.content, case.file_name, "2022-06-02")
    across = {
        "FSL": "FSC",
        "CP": "PRO-CPN",
        "Protection Total": "PRO",
        "MPC": "MPC",
        "Shelter/NFI": "SHL",
        "WASH": "WSH",
    }
    for heading, sector in across.items():
        filled = table[heading][table[heading] != ""].astype(float).astype(int)
        rows = judged.rows[judged.rows["sector"] == sector]
        assert (len(rows), int(rows["reached"].sum())) == (len(filled), int(filled.sum()))
    assert set(judged.rows["org_id"]) == {"PARTNERS"}
    # Nothing in the file states a month; the date in its name may be the day it was sent. The sender is told.
    assert judged.rows_by_rule == {"C-MONTH": 1}


@real
def test_every_template_is_told_from_the_others() -> None:
    """All maps at once: each file is recognised by its own and by no other country's."""
    maps = [
        column_map(name, office_table.read(new_country.COUNTRIES / name / "presence.csv"))
        for name in (*FILES, "marisland")
    ]
    found = {name: find_table(read_workbook(file.path.read_bytes()), maps) for name, file in FILES.items()}
    assert {name: (table.map.name, table.faults) for name, table in found.items() if table} == {
        name: (name, 0) for name in FILES
    }
