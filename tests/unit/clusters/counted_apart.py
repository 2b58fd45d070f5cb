"""The same files counted with pandas alone, row by row: what the platform's verdict is held against.

Belongs here: counting that shares no code with the platform, and the lists both sides are given. A count is a set of
row numbers as the spreadsheet shows them.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

_SHARED = Path(os.environ.get("IMU_SHARED") or Path(__file__).resolve().parents[4] / "shared")
REAL = _SHARED / "realdata"
PCODES = REAL / "download-global-pcodes-adm-1-2.csv"
OFTEN = 20  # the office has registered who reports, and what, at least so often in the file
NAMED = ["Cluster", "Activity"]

Rows = set[int]


@dataclass(frozen=True)
class Real:
    """One published file: which column holds what, and who would wait in it, by rule.

    `place` is the column whose code, or whose first letters, name the unit of the public list.
    """

    file: str
    org: str | None
    place: tuple[str, int]
    waiting: Callable[[pd.DataFrame], dict[str, Rows]]
    sheet: int = 0

    @property
    def path(self) -> Path:
        """Where it lies, never copied."""
        return REAL / self.file

    def rows(self) -> pd.DataFrame:
        """Its data rows as text, under the row numbers of the sheet."""
        if self.path.suffix == ".csv":
            table = pd.read_csv(self.path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        else:
            table = pd.read_excel(self.path, self.sheet, dtype=str, keep_default_na=False, engine="calamine")
        table.index = table.index + 2
        hashtags = table.iloc[:, 0].str.startswith("#")
        return table[(table != "").any(axis=1) & ~hashtags]

    def held(self, table: pd.DataFrame) -> dict[str, Rows]:
        """Rows that wait, by rule; rules nothing breaks are left out."""
        return {rule: rows for rule, rows in self.waiting(table).items() if rows}

    def codes(self, table: pd.DataFrame) -> dict[int, str]:
        """The code of the place, by row."""
        column, letters = self.place
        return {int(str(row)): code for row, code in table[column].str[:letters].items()}


def plain(text: str) -> str:
    """Letters and digits only, without case and accents."""
    letters = unicodedata.normalize("NFKD", text.casefold().replace("'", "").replace("’", ""))
    return re.sub(r"[^0-9a-z]+", " ", "".join(c for c in letters if not unicodedata.combining(c))).strip()


def registered(names: pd.Series) -> list[dict[str, str]]:
    """The organisations the office has registered."""
    counts = names.map(str.strip).value_counts()
    often = sorted(name for name in counts[counts >= OFTEN].index if name)
    return [{"org_id": f"O-{number:03d}", "name": name} for number, name in enumerate(often)]


def agreed(table: pd.DataFrame, sectors: dict[str, str]) -> list[dict[str, str]]:
    """The activities the office has listed, by its own sectors."""
    counts = table.groupby(NAMED).size()
    often = sorted(counts[counts >= OFTEN].index)
    return [
        {
            "activity_code": f"{sectors[cluster]}-{number:02d}",
            "sector": sectors[cluster],
            "name": name,
            "unit": "people",
        }
        for number, (cluster, name) in enumerate(often)
    ]


def _seldom(table: pd.DataFrame, column: str) -> Rows:
    """Rows of organisations that are not in the register, however they are spelled."""
    known = {plain(row["name"]) for row in registered(table[column])}
    return _numbers(table, ~table[column].map(plain).isin(known))


def _numbers(table: pd.DataFrame, which: pd.Series) -> Rows:
    return set(table.index[which])


def pcodes(iso3: str) -> pd.DataFrame:
    """The public list of a country's P-codes."""
    table = pd.read_csv(PCODES, dtype=str, keep_default_na=False)
    return table[table["Location"] == iso3]


def _ethiopia(table: pd.DataFrame) -> dict[str, Rows]:
    units = pcodes("ETH")
    regions = units[units["Admin Level"] == "1"].set_index("P-Code")["Name"].map(plain)
    zones = units[units["Admin Level"] == "2"]
    known = set(zip(zones["Parent P-Code"].map(regions), zones["Name"].map(plain), strict=True))
    known |= {(plain("Benishangul-Gumuz"), zone) for region, zone in known if region == plain("Benishangul Gumz")}
    said = list(zip(table["Region"].map(plain), table["Zone"].map(plain), strict=True))
    seldom = table.groupby(NAMED)["Activity"].transform("size") < OFTEN
    return {
        "C-ORG-UNKNOWN": _seldom(table, "Program Partner Name"),
        "C-PLACE": _numbers(table, pd.Series([place not in known for place in said], table.index)),
        "C-ACTIVITY": _numbers(table, seldom),
    }


def _afghanistan(table: pd.DataFrame) -> dict[str, Rows]:
    return {
        "C-ORG-UNKNOWN": _seldom(table, "ORG_NAME"),
        "C-SECTOR": _numbers(table, table["CLUSTER_SECTOR_CODE"] == "EiE_OP"),  # education has a code already
        "C-PLACE": _numbers(table, ~table["DIST_CODE"].isin(pcodes("AFG")["P-Code"])),
    }


def _nigeria(table: pd.DataFrame) -> dict[str, Rows]:
    return {
        "C-ORG-UNKNOWN": _seldom(table, "Organization"),
        "C-VALUE": _numbers(table, table["Status"] == "Temporarily Suspended"),  # nobody has decided what that is
        "C-PLACE": _numbers(table, ~table["LGA PCode"].isin(pcodes("NGA")["P-Code"])),
    }


def _iraq(table: pd.DataFrame) -> dict[str, Rows]:
    return {
        "C-ORG-UNKNOWN": _seldom(table, "Partner Full Name"),
        "C-SECTOR": _numbers(table, table["Cluster"] == "MPCA"),  # a spelling nobody has confirmed
        "C-PLACE": _numbers(table, ~table["ADM2_PCODE"].isin(pcodes("IRQ")["P-Code"])),
    }


def _ukraine(table: pd.DataFrame) -> dict[str, Rows]:
    return {"C-PLACE": _numbers(table, ~table["ADMIN1_ID"].isin(pcodes("UKR")["P-Code"]))}


FILES = {
    "ethiopia": Real("3w_august_2025.csv", "Program Partner Name", ("WoredaPcod", 6), _ethiopia),
    "afghanistan": Real(
        "operational_presence_afg_afghanistan_3w_operational_presence_january_march_2024.csv",
        "ORG_NAME",
        ("DIST_CODE", 6),
        _afghanistan,
    ),
    "nigeria": Real(
        "operational_presence_nga_who_is_doing_what_and_where_nga_3w_oct_dec_2023.xlsx",
        "Organization",
        ("LGA PCode", 8),
        _nigeria,
    ),
    "iraq": Real(
        "whowhatwhere_iraq_3w_jan_to_apr_2022_longtable_20220518.xlsx",
        "Partner Full Name",
        ("ADM2_PCODE", 8),
        _iraq,
        sheet=1,
    ),
    "ukraine": Real("whowhatwhere_ukr_5w_round12_2022_05_26.xlsx", None, ("ADMIN1_ID", 4), _ukraine, sheet=1),
}
