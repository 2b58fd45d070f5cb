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
import new_country
import pandas as pd
import pytest
from counted_apart import FILES, REAL
from new_country import Judged
from small_country import xlsx

from assets.quality.checked_tables import TABLES
from assets.quality.rules import Severity, rule
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
}


@real
@pytest.mark.parametrize("name", FILES)
def test_a_published_3w_is_read_mapped_and_judged(name: str, tmp_path: Path) -> None:
    file, country, expected = FILES[name], new_country.country(name), EXPECTED[name]
    table = file.rows()
    judged = new_country.send(_set_up(name, table, tmp_path), file.path.read_bytes(), file.file, country.received)
    held = file.held(table)
    assert _waiting(judged) == held
    waiting = set().union(*held.values())
    assert judged.counts == (len(table), len(table) - len(waiting), len(waiting)) == expected.counts
    assert {name: len(rows) for name, rows in held.items()} == expected.waiting
    assert set(judged.refused["row_number"].astype(int) if len(judged.refused) else ()) == waiting
    assert (judged.partition, judged.verdict["counts"]) == (expected.partition, expected.left_out)
    assert judged.rows["month"].value_counts().to_dict() == expected.months
    codes = file.codes(table)
    assert {row: codes[row] for row in judged.rows["row_number"]} == dict(
        zip(judged.rows["row_number"], judged.rows["pcode"], strict=True)
    )


def _set_up(name: str, table: pd.DataFrame, root: Path) -> Office:
    file, country = FILES[name], new_country.country(name)
    partners = [{"org_id": "PARTNERS", "name": "Partners of the cluster, not named one by one"}]
    lists: dict[str, Any] = {
        "organisations": counted_apart.registered(table[file.org]) if file.org else partners,
        "activities": counted_apart.agreed(table, SECTORS) if name == "ethiopia" else (),
    }
    return _office(country, _places(country), root, **lists)
