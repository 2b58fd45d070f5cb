"""The country as the others see it: coded places, polygons and the crosswalk of its two versions.

Here belong P-codes, place records, COD-AB features and the crosswalk. Here does not belong how the country came about
(boundaries.py, territory.py, reform.py). Everything here is fixed; no seed changes it.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from demo.country import names
from demo.country.boundaries import Cell, area_sqkm, inner_point, polygon
from demo.country.reform import reformed
from demo.country.territory import found_country
from demo.country.tree import Commune, District, Region, Site

ISO2, ISO3 = "XV", "XKV"
VERSIONS = ("v01", "v02")
VALID_ON = {"v01": date(2019, 1, 1), "v02": date(2025, 7, 1)}
VALID_TO = {"v01": date(2025, 6, 30), "v02": None}
LEVEL_NAMES = ("country", "region", "district", "commune", "settlement")
_URBAN_FROM = 10_000  # people in one settlement


@dataclass(frozen=True)
class Place:
    """One unit of one version of the country, or a settlement (level 4)."""

    pcode: str
    name: str
    name_local: str
    level: int
    parent: str
    population: int
    area_class: str  # accessible | hard_to_reach | contested
    urban: bool
    lon: float
    lat: float
    version: str


Link = tuple[str, str, str, float]  # old code, new code, kind, share of the old one's people


@dataclass(frozen=True, eq=False)
class Geography:
    """Both versions of the country. Get it from build_geography()."""

    _places: dict[tuple[str, int], tuple[Place, ...]]
    _cells: dict[tuple[str, str], tuple[Cell, ...]]
    _sites: dict[str, dict[int, str]] = field(repr=False)  # version -> site key -> code

    def places(self, version: str, level: int) -> list[Place]:
        """The places of one level, sorted by code."""
        return list(self._places[version, level])

    def by_pcode(self, version: str) -> dict[str, Place]:
        """Every place of a version by its code, from the country down to settlements."""
        return {place.pcode: place for level in range(5) for place in self._places[version, level]}

    def polygons(self, version: str, level: int) -> list[dict[str, Any]]:
        """GeoJSON features of levels 0 to 3, their properties named and ordered as COD-AB wants."""
        if level not in range(4):
            raise ValueError(
                f"level {level} has no polygons; there are polygons of levels 0 to 3, settlements are points"
            )
        known = self.by_pcode(version)
        return [
            {"type": "Feature", "properties": _properties(place, known, geometry), "geometry": geometry}
            for place, geometry in (
                (place, _geometry(self._cells[version, place.pcode])) for place in self.places(version, level)
            )
        ]

    def crosswalk(self) -> list[Link]:
        """Communes of v01 in v02: unchanged, recoded, split or merged. The shares of one old commune add up to 1."""
        return self.crosswalk_of(3)

    def crosswalk_of(self, level: int) -> list[Link]:
        """The same for regions (1), districts (2), communes (3) and settlements (4)."""
        shared: dict[tuple[str, str], int] = defaultdict(int)
        for site in self.places("v01", 4):
            shared[site.pcode[: _WIDTH[level]], self._moved(site.pcode)[: _WIDTH[level]]] += site.population
        olds, news = _totals(shared, 0), _totals(shared, 1)
        return [
            (old, new, _kind(old, new, people, olds[old], news[new]), share)
            for (old, new), people, share in _shares(shared, olds)
        ]

    def _moved(self, old_site: str) -> str:
        return _moves(self)[old_site]


_WIDTH = {0: 2, 1: 4, 2: 6, 3: 9, 4: 12}


@cache
def build_geography() -> Geography:
    """The country, built once a process in well under a second."""
    places: dict[tuple[str, int], tuple[Place, ...]] = {}
    cells: dict[tuple[str, str], tuple[Cell, ...]] = {}
    sites: dict[str, dict[int, str]] = {}
    founded = found_country()
    for version, regions in zip(VERSIONS, (founded, reformed(founded)), strict=True):
        coder = _Coder(version)
        coder.country(regions)
        places |= {(version, level): tuple(sorted(found, key=_code)) for level, found in coder.places.items()}
        cells |= {(version, pcode): tuple(sorted(inside)) for pcode, inside in coder.cells.items()}
        sites[version] = coder.sites
    return Geography(places, cells, sites)


class _Coder:
    """Walks one version's tree and writes down every place with its code."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.places: dict[int, list[Place]] = {level: [] for level in range(5)}
        self.cells: dict[str, tuple[Cell, ...]] = {}
        self.sites: dict[int, str] = {}

    def country(self, regions: tuple[Region, ...]) -> None:
        for region in regions:
            self._region(region)
        everything = tuple(cell for region in regions for cell in region.cells)
        self._unit(ISO2, names.COUNTRY[1], everything, "accessible")

    def _region(self, region: Region) -> None:
        pcode = f"{ISO2}{region.number:02d}"
        for district in region.districts:
            self._district(pcode, district)
        self._unit(pcode, region.name, region.cells, "accessible")

    def _district(self, parent: str, district: District) -> None:
        pcode = f"{parent}{district.number:02d}"
        for commune in district.communes:
            self._commune(pcode, commune, district.contested)
        self._unit(pcode, district.name, district.cells, "contested" if district.contested else "accessible")

    def _commune(self, parent: str, commune: Commune, contested: bool) -> None:
        pcode = f"{parent}{commune.number:03d}"
        area = "contested" if contested else "hard_to_reach" if commune.hard_to_reach else "accessible"
        for number, site in enumerate(commune.sites, start=1):
            self._site(f"{pcode}{number:03d}", site, area)
        self._unit(pcode, commune.name, commune.cells, area)

    def _site(self, pcode: str, site: Site, area: str) -> None:
        self.sites[site.key] = pcode
        urban = site.population >= _URBAN_FROM
        self._add(pcode, site.name, site.population, area, urban, (site.lon, site.lat))

    def _unit(self, pcode: str, name: str, cells: tuple[Cell, ...], area: str) -> None:
        """A unit above settlements: its people are its settlements' people, most of them decide whether it is urban."""
        inside = [place for place in self.places[4] if place.pcode.startswith(pcode)]
        people = sum(place.population for place in inside)
        urban = 2 * sum(place.population for place in inside if place.urban) > people
        self.cells[pcode] = cells
        self._add(pcode, name, people, area, urban, inner_point(cells))

    def _add(self, pcode: str, name: str, people: int, area: str, urban: bool, point: tuple[float, float]) -> None:
        level = next(level for level, width in _WIDTH.items() if width == len(pcode))
        parent = pcode[: _WIDTH[level - 1]] if level else ""
        latin = names.romanise(name)
        self.places[level].append(Place(pcode, latin, name, level, parent, people, area, urban, *point, self.version))


def _code(place: Place) -> str:
    return place.pcode


@cache
def _geometry(cells: tuple[Cell, ...]) -> dict[str, Any]:
    return polygon(cells)


@cache
def _moves(geography: Geography) -> dict[str, str]:
    new = geography._sites["v02"]
    return {pcode: new[key] for key, pcode in geography._sites["v01"].items()}


def _properties(place: Place, known: dict[str, Place], geometry: dict[str, Any]) -> dict[str, Any]:
    """The columns of the COD-AB draft specification, in its order; a version is current when it is delivered."""
    found: dict[str, Any] = {}
    unit: Place | None = place
    while unit:
        prefix = f"adm{unit.level}"
        found |= {f"{prefix}_name": unit.name, f"{prefix}_name1": unit.name_local, f"{prefix}_pcode": unit.pcode}
        unit = known.get(unit.parent)
    found |= {"valid_on": VALID_ON[place.version].isoformat(), "valid_to": None}
    found |= {"area_sqkm": area_sqkm(geometry), "version": place.version, "lang": "en", "lang1": "uk"}
    if place.level == 0:
        found |= {"iso2": ISO2, "iso3": ISO3}
    return found | {"center_lat": place.lat, "center_lon": place.lon}


def _totals(shared: dict[tuple[str, str], int], side: int) -> dict[str, int]:
    totals: dict[str, int] = defaultdict(int)
    for pair, people in shared.items():
        totals[pair[side]] += people
    return totals


def _shares(shared: dict[tuple[str, str], int], olds: dict[str, int]) -> Iterator[tuple[tuple[str, str], int, float]]:
    """Each pair's share to six places; an old unit's last pair takes what rounding left: they add up to 1."""
    given: dict[str, int] = defaultdict(int)
    reached: dict[str, int] = defaultdict(int)
    for pair, people in sorted(shared.items()):
        old = pair[0]
        reached[old] += people
        share = round(1_000_000 * reached[old] / olds[old]) - given[old]
        given[old] += share
        yield pair, people, share / 1_000_000


def _kind(old: str, new: str, people: int, old_people: int, new_people: int) -> str:
    if people < old_people:
        return "split"
    if people < new_people:
        return "merged"
    return "unchanged" if old == new else "recoded"
