"""The reform of 1 July 2025: 45 districts become 32, most communes are only recoded, a few split, a few merge.

Here belongs what the reform does to the tree. Here does not belong what it does to codes: a unit that keeps its number
and its parent keeps its code, every other unit gets a number never used before (retired codes are not given again).
"""

import random
from dataclasses import dataclass, replace
from itertools import count

from demo.country import names
from demo.country.boundaries import Cell, is_connected, neighbours
from demo.country.grouping import partition
from demo.country.tree import Commune, District, Region, Site

_DISTRICTS_AFTER = 4  # in every region
_UNTOUCHED = (0, 1, 2, 3, 4, 5)  # regions (by position) in which one district is left as it is
_SPLIT = (1, 3, 4, 6)  # regions in which one commune becomes two
_MERGED = (0, 2, 3, 5, 7)  # regions in which two communes become one


@dataclass(frozen=True)
class _Group:
    """A district of the new order before it is numbered."""

    name: str
    communes: tuple[Commune, ...]
    contested: bool
    keeps: District | None = None

    @property
    def cells(self) -> set[Cell]:
        return {cell for commune in self.communes for cell in commune.cells}


def reformed(regions: tuple[Region, ...]) -> tuple[Region, ...]:
    """The country of version v02."""
    rng = random.Random("kalvoria reform")
    return tuple(_reform(place, region, rng) for place, region in enumerate(regions))


def _reform(place: int, region: Region, rng: random.Random) -> Region:
    groups = _merge_districts(region, rng)
    if place in _UNTOUCHED:
        groups = _keep_one(groups, rng)
    groups = _move_one(groups)
    if place in _SPLIT:
        groups = _split_one(groups)
    if place in _MERGED:
        groups = _merge_one(groups)
    return replace(region, districts=_numbered(region, groups))


def _merge_districts(region: Region, rng: random.Random) -> list[_Group]:
    """Neighbours of the same control are put together, two by two, until four districts are left."""
    pairs = [
        (one, other)
        for one in region.districts
        for other in region.districts
        if one.number < other.number and one.contested == other.contested and _touch(set(one.cells), set(other.cells))
    ]
    wanted = len(region.districts) - _DISTRICTS_AFTER
    chosen = _disjoint(pairs, wanted, rng)
    taken = {district.number for pair in chosen for district in pair}
    alone = [district for district in region.districts if district.number not in taken]
    merged = [
        _Group(max(p, key=lambda d: d.population).name, p[0].communes + p[1].communes, p[0].contested) for p in chosen
    ]
    return merged + [_Group(d.name, d.communes, d.contested, keeps=d) for d in alone]


def _disjoint(
    pairs: list[tuple[District, District]], wanted: int, rng: random.Random
) -> list[tuple[District, District]]:
    """So many pairs that share no district and bring no two communes of one name together."""
    usable = [(one, other) for one, other in pairs if not _names(one.communes) & _names(other.communes)]
    rng.shuffle(usable)
    if wanted == 1:
        return usable[:1]
    for place, first in enumerate(usable):
        for second in usable[place + 1 :]:
            if not {d.number for d in first} & {d.number for d in second}:
                return [first, second]
    raise ValueError("the region has no two disjoint pairs of districts to merge; change the reform's seed")


def _keep_one(groups: list[_Group], rng: random.Random) -> list[_Group]:
    """One unmerged district goes on unchanged, the other unmerged ones are renumbered."""
    kept = rng.choice([group for group in groups if group.keeps])
    return [group if group is kept else replace(group, keeps=None) for group in groups]


def _move_one(groups: list[_Group]) -> list[_Group]:
    """The first border commune whose district stays in one piece without it goes over, where there is one."""
    free = [group for group in groups if not group.keeps]
    for giver in free:
        for taker in free:
            for commune in giver.communes:
                if giver is not taker and _can_move(commune, giver, taker):
                    rest = tuple(other for other in giver.communes if other is not commune)
                    change = {
                        id(giver): replace(giver, communes=rest),
                        id(taker): replace(taker, communes=(*taker.communes, commune)),
                    }
                    return [change.get(id(group), group) for group in groups]
    return groups


def _can_move(commune: Commune, giver: _Group, taker: _Group) -> bool:
    return (
        giver.contested == taker.contested
        and len(giver.communes) > 3
        and commune.number > 1  # a seat stays in its district
        and commune.name not in _names(taker.communes)
        and _touch(set(commune.cells), taker.cells)
        and is_connected(giver.cells - set(commune.cells))
    )


def _split_one(groups: list[_Group]) -> list[_Group]:
    """The largest commune outside the kept districts becomes two."""
    every = [(group, commune) for group in groups if not group.keeps for commune in group.communes]
    group, commune = max(every, key=lambda pair: (len(pair[1].cells), pair[1].number))
    parts = partition(commune.cells, 2, random.Random(f"split {commune.name}"))
    halves = [tuple(site for site in commune.sites if site.cell in part) for part in parts]
    main = max((0, 1), key=lambda half: commune.sites[0] in halves[half])
    new = [
        replace(commune, cells=tuple(parts[main]), sites=halves[main]),
        replace(commune, cells=tuple(parts[1 - main]), sites=halves[1 - main], name=_named_after(halves[1 - main])),
    ]
    communes = tuple(piece for old in group.communes for piece in (new if old is commune else [old]))
    return [replace(group, communes=communes) if other is group else other for other in groups]


def _named_after(sites: tuple[Site, ...]) -> str:
    own = [site for site in sites if site.name not in names.COMMON]
    return names.feminine(names.stem_of(max(own, key=lambda site: (site.population, site.key)).name))


def _merge_one(groups: list[_Group]) -> list[_Group]:
    """The two smallest neighbours of one district become one commune."""
    pairs = [
        (one.population + other.population, place, one, other)
        for place, group in enumerate(groups)
        if not group.keeps and len(group.communes) > 3
        for one in group.communes
        for other in group.communes
        if one.cells < other.cells and _touch(set(one.cells), set(other.cells)) and not _common_names(one, other)
    ]
    _, place, one, other = min(pairs, key=lambda pair: (pair[0], pair[2].name))
    large, small = sorted((one, other), key=lambda commune: -commune.population)
    merged = replace(large, cells=large.cells + small.cells, sites=large.sites + small.sites)
    rest = tuple(commune for commune in groups[place].communes if commune is not one and commune is not other)
    return [replace(g, communes=(*rest, merged)) if n == place else g for n, g in enumerate(groups)]


def _numbered(region: Region, groups: list[_Group]) -> tuple[District, ...]:
    """Kept districts keep their number; the others are numbered on from the region's last old one."""
    numbers = count(len(region.districts) + 1)
    districts = []
    for group in groups:
        if group.keeps:
            districts.append(group.keeps)
            continue
        communes = tuple(replace(commune, number=place) for place, commune in enumerate(group.communes, start=1))
        districts.append(District(next(numbers), group.name, communes, group.contested))
    return tuple(sorted(districts, key=lambda district: district.number))


def _touch(one: set[Cell], other: set[Cell]) -> bool:
    return any(around in other for cell in one for around in neighbours(cell))


def _names(communes: tuple[Commune, ...]) -> set[str]:
    return {commune.name for commune in communes}


def _common_names(one: Commune, other: Commune) -> set[str]:
    return {site.name for site in one.sites} & {site.name for site in other.sites}
