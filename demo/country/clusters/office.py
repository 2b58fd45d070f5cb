"""The reference tables of the fictional operation, as the demo's focal points know them.

Belongs here: reading `operations/demo/*.csv` and answering "how may this be written". The demo reads the same tables
the platform reads, so that a name in a workbook is in the register by construction. Does not belong here: which
organisation does what (activities.py) or how a row is typed (spelling.py).
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

OPERATION = Path(__file__).resolve().parents[3] / "operations" / "demo"

# What people call their cluster in file names and titles; the official names are in sectors.csv.
NICKNAMES = {
    "CCM": "CCCM", "EDU": "Education", "ERY": "Early Recovery", "FSC": "FSL", "HEA": "Health", "LOG": "Logistics",
    "NUT": "Nutrition", "PRO": "Protection", "PRO-CPN": "CP AoR", "PRO-GBV": "GBV AoR", "PRO-MIN": "Mine Action",
    "SHL": "Shelter NFI", "TEL": "ETC", "WSH": "WASH",
}  # fmt: skip
CLUSTERS = tuple(NICKNAMES)
SMALL_CLUSTERS = ("WSH", "HEA", "FSC", "PRO")


@dataclass(frozen=True)
class Organisation:
    """One organisation of the register. One per org_id."""

    org_id: str
    name: str
    acronym: str
    type_code: str
    aliases: tuple[str, ...]


@dataclass(frozen=True)
class Activity:
    """One line of the response plan's list of activities. One per activity_code."""

    code: str
    sector: str
    name: str
    unit: str


@dataclass(frozen=True)
class Column:
    """One column of a reporting template. One per canonical name and template version."""

    canonical: str
    headers: tuple[str, ...]
    required: bool
    type: str


@dataclass(frozen=True)
class PlaceAlias:
    """A place name that a working group confirmed as another name of a code."""

    alias: str
    pcode: str
    cod_version: str


@cache
def organisations() -> tuple[Organisation, ...]:
    """The register, in its own order."""
    return tuple(
        Organisation(row["org_id"], row["name"], row["acronym"], row["type_code"], _split(row["aliases"], ";"))
        for row in _rows("organisations.csv")
    )


@cache
def spellings(org_id: str) -> tuple[str, ...]:
    """Every way to write an organisation that the register resolves; an acronym two organisations share is none."""
    org = next(org for org in organisations() if org.org_id == org_id)
    return (org.name, *(() if org.acronym in shared_acronyms() else (org.acronym,)), *org.aliases)


@cache
def shared_acronyms() -> frozenset[str]:
    """Acronyms that name more than one organisation, and so name none."""
    seen = [org.acronym for org in organisations()]
    return frozenset(acronym for acronym in seen if seen.count(acronym) > 1)


@cache
def activities(sector: str) -> tuple[Activity, ...]:
    """The activities a sector may report."""
    every = (Activity(row["activity_code"], row["sector"], row["name"], row["unit"]) for row in _rows("activities.csv"))
    return tuple(activity for activity in every if activity.sector == sector)


@cache
def template(version: str) -> tuple[Column, ...]:
    """The columns of one version of the 5W template, in the order of the form."""
    return tuple(
        Column(row["canonical"], _split(row["header"], "|"), row["required"] == "yes", row["type"])
        for row in _rows(f"column_maps/clusters_5w_{version}.csv")
    )


@cache
def labels(field: str, code: str) -> tuple[str, ...]:
    """The confirmed labels of a code, in the order of the table."""
    return tuple(row["value"] for row in _rows("aliases/values.csv") if (row["field"], row["code"]) == (field, code))


@cache
def place_aliases() -> tuple[PlaceAlias, ...]:
    """The confirmed other names of places."""
    return tuple(PlaceAlias(row["alias"], row["pcode"], row["cod_version"]) for row in _rows("aliases/places.csv"))


def _rows(name: str) -> list[dict[str, str]]:
    with (OPERATION / name).open(encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table))


def _split(text: str, mark: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(mark) if part)
