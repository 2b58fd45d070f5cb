"""The places everybody else's rows are matched against, read from the checked boundaries as of a day.

Belongs here: building the gazetteer from the sealed lake, once per process and state of the boundaries.
Does not belong here: matching (`places.py`).
"""

from __future__ import annotations

from datetime import date
from typing import Any

from assets.geography.places import Gazetteer
from assets.quality import ledger
from orchestration import duck
from orchestration.failures import Permanent
from orchestration.office import Office

_built: dict[tuple[str, ...], Reference] = {}


class Reference:
    """Gazetteer and lists of units of every COD version that had arrived."""

    def __init__(self, places: list[dict[str, Any]], crosswalk: list[dict[str, Any]], office: Office) -> None:
        operation = office.operation
        words = [level.name for level in operation.admin_levels]
        aliases = operation.table("aliases/places")
        self.gazetteer = Gazetteer(places, crosswalk, aliases, iso3=operation.iso3, level_words=words)
        self.units: dict[str, set[tuple[int, str]]] = {}
        self.regions: dict[str, dict[str, str]] = {}
        for place in places:
            version = place["cod_version"]
            self.units.setdefault(version, set()).add((place["level"], place["pcode"]))
            if place["level"] == 2:
                self.regions.setdefault(version, {})[place["pcode"]] = place["adm1_pcode"]

    def recoded(self, day: date) -> dict[str, tuple[str, str]]:
        """District codes of other versions that became one district: that district and its region on a day."""
        found: dict[str, tuple[str, str]] = {}
        for version in sorted(self.regions):
            for code in self.regions[version]:
                match = self.gazetteer.resolve(code, {}, day)
                if match.level == 2 and not match.problem and match.pcode:
                    found[code] = (match.pcode, match.ancestor(1) or "")
        return found


def reference(office: Office) -> Reference:
    """The places as of now; built again only when another version has been accepted."""
    entries = [one for one in ledger.in_force(ledger.entries(office.lake, "boundaries", office.now)) if one.tables]
    if not entries:
        raise Permanent(
            "No boundaries have been accepted yet, so no place can be matched. Put the COD-AB zip into "
            "inbox/boundaries/<sender>/ and let it be checked first."
        )
    state = (str(office.lake.root), office.config, *(one.arrival_id for one in entries))
    if state not in _built:
        _built.clear()
        _built[state] = Reference(_rows(office, entries, "places"), _rows(office, entries, "crosswalk"), office)
    return _built[state]


def _rows(office: Office, entries: list[ledger.Entry], table: str) -> list[dict[str, Any]]:
    paths = [office.lake.root / one.tables[table] for one in entries if table in one.tables]
    with duck.connect(office.lake.zone_key("checked")) as connection:
        found = connection.execute(f"SELECT * FROM {duck.sealed_scan(paths)}")
        names = [column[0] for column in found.description or []]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
