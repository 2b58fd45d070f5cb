"""The country as founded (version v01): 8 regions, 45 districts, 160 communes, about 1,200 settlements.

Here belongs what is where, what it is called and how many live there, all of it fixed for ever: no seed of a demo run
comes in. Here does not belong the reform of July 2025 (reform.py) nor codes (geography.py).
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from demo.country import names
from demo.country.boundaries import Cell, country_cells, middle_of, neighbours, spot
from demo.country.grouping import partition
from demo.country.tree import Commune, District, Region, Site, map_communes

PEOPLE = 4_200_000
_DISTRICTS = (6, 6, 6, 6, 5, 5, 5, 6)
_CAPITAL = 4  # the region with the capital city
_FOUR_COMMUNES = 25  # districts of four communes; the other twenty have three: 160 in all
# (region, district[, commune]) that bears the name of another one: the traps for those who match by name alone.
_SAME_DISTRICT = {(5, 2): (1, 1), (7, 4): (2, 3)}
_SAME_COMMUNE = {
    (4, 1, 2): (0, 3, 1),
    (6, 0, 1): (2, 2, 2),
    (3, 5, 1): (3, 0, 2),
    (1, 4, 2): (1, 0, 1),
    (7, 1, 2): (0, 3, 1),
}
_SLOTS = ((0.0, 0.0), (3.1, 0.9), (-2.9, 1.4), (0.6, 3.3), (-0.8, -3.2), (2.4, -2.6), (-2.6, -2.2))  # km


@dataclass
class _Dealer:
    """Numbers the settlements and deals out the names, each once."""

    stems: Iterator[str]
    hamlets: Iterator[str]
    sites: int = 0


def found_country() -> tuple[Region, ...]:
    """The regions of version v01, with everything in them."""
    rng = random.Random("kalvoria territory")
    deal = _Dealer(names.commune_stems(), names.hamlet_names())
    regions = _ordered(partition(country_cells(), len(_DISTRICTS), rng))
    four = _districts_of_four(rng)
    seats: dict[tuple[int, ...], str] = {}
    founded = []
    for r, cells in enumerate(regions):
        parts = _ordered(partition(cells, _DISTRICTS[r], rng))
        districts = [
            _district((r, d), part, 4 if (r, d) in four else 3, deal, seats, rng) for d, part in enumerate(parts)
        ]
        founded.append(Region(r + 1, names.feminine(seats[(r, 0)]), tuple(districts)))
    return _with_access(_with_people(tuple(founded)))


def _districts_of_four(rng: random.Random) -> set[tuple[int, int]]:
    every = [(r, d) for r, count in enumerate(_DISTRICTS) for d in range(count)]
    return set(rng.sample(every, _FOUR_COMMUNES))


def _ordered(parts: list[list[Cell]]) -> list[list[Cell]]:
    """Numbered as one reads a map: bands from north to south, west to east within a band."""
    return sorted(parts, key=lambda part: (-round(middle_of(part)[1] / 18), middle_of(part)))


def _district(
    key: tuple[int, int],
    cells: list[Cell],
    count: int,
    deal: _Dealer,
    seats: dict[tuple[int, ...], str],
    rng: random.Random,
) -> District:
    """A district is called after its seat, the main settlement of its first commune."""
    communes = []
    for c, part in enumerate(_ordered(partition(cells, count, rng))):
        stem = _stem((*key, c), deal, seats)
        communes.append(Commune(c + 1, names.feminine(stem), tuple(part), tuple(_sites(part, stem, deal, rng))))
    seats[key] = seats[(*key, 0)]
    return District(key[1] + 1, names.masculine(seats[key]), tuple(communes))


def _stem(key: tuple[int, int, int], deal: _Dealer, seats: dict[tuple[int, ...], str]) -> str:
    twin = _SAME_COMMUNE.get(key)
    if key[2] == 0 and key[:2] in _SAME_DISTRICT:
        twin = (*_SAME_DISTRICT[key[:2]], 0)
    seats[key] = seats[twin] if twin else next(deal.stems)
    return seats[key]


def _sites(cells: list[Cell], stem: str, deal: _Dealer, rng: random.Random) -> Iterator[Site]:
    """The settlements of a commune: the main one bears the commune's stem, some bear a name met everywhere."""
    count = rng.randint(6, 9)
    slots = [(cell, slot) for slot in _SLOTS for cell in rng.sample(cells, len(cells))][:count]
    common = rng.sample(names.COMMON, 3)
    for number, (cell, (east, north)) in enumerate(slots):
        if number == 0:
            name = names.settlement(stem, rng.randrange(8))
        elif common and rng.random() < 0.22:
            name = common.pop()
        else:
            name = next(deal.hamlets)
        deal.sites += 1
        lon, lat = spot(cell, east + rng.uniform(-0.7, 0.7), north + rng.uniform(-0.7, 0.7))
        yield Site(deal.sites, name, cell, lon, lat, 0)


def _with_people(regions: tuple[Region, ...]) -> tuple[Region, ...]:
    """Settlement populations: one capital, towns at the districts' seats, a long tail of hamlets."""
    rng = random.Random("kalvoria people")
    weights: dict[int, float] = {}
    for region in regions:
        for district in region.districts:
            for commune in district.communes:
                town, size = _town(region, district, commune), rng.lognormvariate(0.0, 0.3)
                for rank, site in enumerate(commune.sites, start=1):
                    village = 0.45 * rng.lognormvariate(0.0, 0.7) / rank**0.9
                    weights[site.key] = size * (town if rank == 1 else village)
    scale = PEOPLE / sum(weights.values())
    people = {key: max(14, round(weight * scale)) for key, weight in weights.items()}
    return map_communes(regions, lambda commune: _peopled(commune, people))


def _town(region: Region, district: District, commune: Commune) -> float:
    """How much larger than a village a commune's main settlement is."""
    if commune.number > 1:
        return 0.7
    if district.number > 1:
        return 2.4
    return 22.0 if region.number == _CAPITAL else 7.0


def _peopled(commune: Commune, people: dict[int, int]) -> Commune:
    return replace(commune, sites=tuple(replace(site, population=people[site.key]) for site in commune.sites))


def _with_access(regions: tuple[Region, ...]) -> tuple[Region, ...]:
    """The east of the two easternmost regions is contested; communes along it and three far ones are hard to reach."""
    rng = random.Random("kalvoria access")
    east = sorted(regions, key=lambda region: middle_of(region.cells))[-2:]
    front = {cell for region in east for district in _eastern(region) for cell in district.cells}
    near = {other for cell in front for other in neighbours(cell)} - front
    every = [commune for region in regions for district in region.districts for commune in district.communes]
    along = [commune for commune in every if near & set(commune.cells)]
    remote = [commune for commune in every if not (near | front) & set(commune.cells)]
    hard = {commune.cells for commune in rng.sample(along, len(along) * 2 // 3) + rng.sample(remote, 3)}
    regions = map_communes(regions, lambda commune: replace(commune, hard_to_reach=commune.cells in hard))
    return tuple(
        replace(
            region,
            districts=tuple(replace(district, contested=district.cells[0] in front) for district in region.districts),
        )
        for region in regions
    )


def _eastern(region: Region) -> list[District]:
    return sorted(region.districts, key=lambda district: middle_of(district.cells))[-3:]
