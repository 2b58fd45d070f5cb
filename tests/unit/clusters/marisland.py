"""A sixth country, invented: its workbook and its lists, in a dialect none of the others speaks.

Belongs here: the workbook as its office would send it, and what a person finds in it. The office's settings lie in
tests/fixtures/countries/marisland. Title lines, two header rows with merged groups and line breaks, a row of spaced
hashtags, a matrix of months with crosses, numbers as text, a look-up sheet and a hidden one.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
from small_country import xlsx

FILE = "3W Marisland T1 2026.xlsx"
ORGANISATIONS = [{"org_id": "O-1", "name": "Puits pour tous"}, {"org_id": "O-2", "name": "Pain et roses"}]
UNITS = [("XM01", 1, "Nord"), ("XM02", 1, "Sud"), ("XM0101", 2, "Norville"), ("XM0201", 2, "Sudbourg")]
HEADER = ["Organisation\ndéclarante", "Secteur", "Code\nprovince", "District", "Personnes\nciblées *"]
TITLES: list[list[Any]] = [["Présence opérationnelle (3W)"], ["1er trimestre 2026, état au 09.04.2026"], []]
GROUPS: list[Any] = [*HEADER, "Mois de présence", None, None, "Observations"]
MONTHS: list[Any] = [None, None, None, None, None, "Janv.", "Févr.", "Mars", None]
TAGS: list[Any] = ["#org +name", "#sector", "#adm1 +code", "#adm2 +name", "# targeted", None, None, None, None]
# Row 7 of the sheet is the first.
ROWS: list[list[Any]] = [
    ["Puits pour tous", "EHA", "XM01", "Norville", "1 200", "x", "x", None, None],
    ["PAIN ET ROSES", "Sécurité alimentaire", "XM02", "Sudbourg", "350,0", None, "0", "X", "pluies"],
    ["Un inconnu", "EHA", "XM01", "Norville", 10, "x", "x", None, None],
    [],
    ["Puits pour tous", "EHA", "XM01", "Nulle Part", 40, "x", None, None, None],
    ["Pain et roses", "Sécurité alimentaire", "XM02", "Sudbourg", "env. 50", "non", None, "x", None],
    ["Pain et roses", "Sécurité alimentaire", "XM01", "Norville", 10, None, None, "-", None],
    ["Puits pour tous", "EHA", "XM01", "Norville", "1200", "x", "x", None, None],
    ["TOTAL", None, None, None, 2810, None, None, None, None],
]
HELD = {"C-ORG-UNKNOWN": {9}, "C-PLACE": {11}, "C-NUMBER": {12}, "C-DUPLICATE-ROW": {14}}
CODES = {7: "XM0101", 8: "XM0201"}
LEFT_OUT = {"blank_rows": 1, "hashtag_rows": 1, "rows_without_a_mark": 1, "totals_rows": 1}


def workbook() -> bytes:
    """The quarter's file."""
    down = [f"{letter}4:{letter}5" for letter in "ABCDEI"]
    sheets = {
        "Aide": [["Organisation", "Secteur"], ["Puits pour tous", "EHA"], ["Pain et roses", "Sécurité alimentaire"]],
        "Données": [*TITLES, GROUPS, MONTHS, TAGS, *ROWS],
        "Listes": [["Code province"], ["XM01"], ["XM02"]],
    }
    return xlsx(sheets, merged={"Données": [*down, "F4:H4", "A1:I1"]}, hidden="Listes")


def places() -> pd.DataFrame:
    """Its two provinces and two districts."""
    rows = [
        {
            "cod_version": "v01",
            "level": level,
            "pcode": code,
            "name": name,
            "parent_pcode": code[:4] if level == 2 else "XM",
            "adm1_pcode": code[:4],
            "adm2_pcode": code if level == 2 else None,
            "valid_on": "2015-01-01",
        }
        for code, level, name in UNITS
    ]
    return pd.DataFrame(rows)
