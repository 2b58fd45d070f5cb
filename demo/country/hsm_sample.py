"""Where the monitoring asks and whom: sampled settlements, key informants, enumerators.

Belongs here: the sample and the persons. Does not belong here: what they answer (`hsm_answers.py`), when
(`hsm_interviews.py`). The sample is part of the fixed country; the seed decides only who the informants are.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np

from demo.country.canaries import Canary
from demo.country.geography import Geography, Place
from demo.country.people_names import full_names, phone_numbers

INFORMANTS_PER_SETTLEMENT = 3
_DISTRICTS, _PER_DISTRICT = 25, 3
_SMALL_STEP, _SMALL = 9, 8
_ROLES = ("community_leader", "local_authority", "ngo_worker", "health_worker", "teacher", "women_representative")
_ENUMERATORS = 8
_PHONES_FROM = 79_000_000  # serials no register reaches: no informant shares a number with a registered person


@dataclass(frozen=True)
class Informant:
    """One key informant, the same person in every round."""

    name: str
    phone: str
    role: str
    sex: str
    household_size: int


@dataclass(frozen=True)
class Site:
    """A sampled settlement under both codes, its informants and who visits them."""

    number: int
    before: Place  # of v01
    after: Place  # of v02
    bias: float
    informants: tuple[Informant, ...]
    enumerator: str
    device: str


def sampled_places(geo: Geography) -> list[tuple[Place, Place]]:
    """75 settlements in 25 districts of v01, three each (the largest and two others), with their v02 record."""
    later = {old: new for old, new, _, _ in geo.crosswalk_of(4)}
    new_places = {place.pcode: place for place in geo.places("v02", 4)}
    chosen = []
    for district in _sampled_districts(geo):
        inside = [place for place in geo.places("v01", 4) if place.pcode.startswith(district.pcode)]
        inside.sort(key=lambda place: (-place.population, place.pcode))
        others = random.Random(f"hsm sample {district.pcode}").sample(inside[1:], _PER_DISTRICT - 1)
        chosen += sorted([inside[0], *others], key=lambda place: place.pcode)
    return [(place, new_places[later[place.pcode]]) for place in chosen]


def _sampled_districts(geo: Geography) -> list[Place]:
    """Every district with hard access or fighting, the rest spread over the country."""
    districts = geo.places("v01", 2)
    hard = {place.pcode[:6] for place in geo.places("v01", 4) if place.area_class != "accessible"}
    first = [place for place in districts if place.pcode in hard][: _DISTRICTS - 8]
    rest = [place for place in districts if place not in first]
    step = len(rest) / (_DISTRICTS - len(first))
    spread = [rest[int(number * step)] for number in range(_DISTRICTS - len(first))]
    return sorted([*first, *spread], key=lambda place: place.pcode)


def sites(geo: Geography, seed: int, size: str, planted: list[Canary]) -> list[Site]:
    """The settlements visited; the first informants are the planted identities, in order."""
    source = random.Random(f"{seed} hsm sites")
    places = sampled_places(geo)
    visited = places[::_SMALL_STEP][:_SMALL] if size == "small" else places
    found = []
    for number, (before, after) in enumerate(visited):
        enumerator = number // _PER_DISTRICT % _ENUMERATORS
        found.append(
            Site(
                number=number,
                before=before,
                after=after,
                bias=source.gauss(0, 0.05),
                informants=_informants(source, number * INFORMANTS_PER_SETTLEMENT, planted),
                enumerator=f"enum{enumerator + 1:02d}",
                device=f"collect:{random.Random(f'{seed} device {enumerator}').getrandbits(64):016x}",
            )
        )
    return found


def _informants(source: random.Random, first: int, planted: list[Canary]) -> tuple[Informant, ...]:
    roles = source.sample(_ROLES, INFORMANTS_PER_SETTLEMENT)
    names = full_names(local=False)
    found = []
    for number, role in enumerate(roles, start=first):
        name, phone = str(names[source.randrange(len(names))]), phone_numbers(np.array([_PHONES_FROM + number]))[0]
        if number < len(planted):
            name, phone = planted[number].name, planted[number].phone
        found.append(Informant(name, phone, role, source.choice("fm"), 1 + min(int(source.expovariate(0.4)), 9)))
    return tuple(found)
