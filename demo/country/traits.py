"""What the register knows of persons and families beside who they are: names, homes, origins, papers, needs.

Belongs here: drawing these traits, once for all extracts, so that a person keeps them from one to the next.
Does not belong here: how they look in the file (`register_columns.py`), families and their events.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from demo.country.families import (
    FIRST_CHILD,
    LONE_PARENT,
    PARENT,
    SPOUSE,
    YEAR,
    Flags,
    Integers,
    Numbers,
    Population,
)
from demo.country.geography import Geography
from demo.country.people_names import addresses, given_count, name_number, surname_count

REFUGEE, ASYLUM_SEEKER, RETURNEE = range(3)
LEGAL_STATUSES = ("REF", "ASY", "RET")
_LEGAL_SHARES = (0.68, 0.17, 0.15)
# XQA and XQB are "user-assigned" codes of ISO 3166: no country has them, none is meant.
PROVINCES = (
    *(f"XQA-{number:02d}" for number in range(1, 7)),
    *(f"XQB-{number:02d}" for number in range(1, 6)),
    *(f"XV{number:02d}" for number in range(1, 9)),
)
ABROAD = 11  # so many of them lie outside Kalvoria
_PROVINCE_SHARES = np.array([30, 18, 9, 6, 5, 4, 14, 8, 3, 2, 1], dtype=float)
NEEDS = ("", "SP-PT", "ER-NF", "DS-PM", "DS-BD", "SM-CC", "CR-SF", "WR-PY", "DS-PM;SM-CC")
_CLASS_PULL = {"accessible": 1.0, "hard_to_reach": 0.25, "contested": 0.04}
_HOST_REGIONS, _HOST_PULL = 2, 4.0  # the first regions lie along the border the refugees crossed
CARD_DAYS = 730


@dataclass(frozen=True)
class Homes:
    """Where families may live: communes of v01 with their pull, and the communes of v02 they turned into."""

    old_districts: list[str]
    new_districts: list[str]
    pull: Numbers
    link_keys: Numbers  # old position + cumulated share, ascending
    link_targets: Integers


@dataclass(frozen=True)
class Traits:
    """Families' traits by family, persons' by person."""

    legal: Integers
    province: Integers
    address: Integers
    home_v01: Integers
    home_v02: Integers
    card_delay: Integers
    card_period: Integers
    review_period: Integers
    name: Integers
    estimated: Flags
    birth_written: Integers
    schooling: Numbers
    civil: Numbers
    needs: Integers
    has_phone: Flags


def homes(geo: Geography) -> Homes:
    """The communes with their pull on refugees, and what became of them in July 2025."""
    old, new = geo.places("v01", 3), geo.places("v02", 3)
    hosts = {place.pcode for place in geo.places("v01", 1)[:_HOST_REGIONS]}
    pull = [
        place.population * _CLASS_PULL[place.area_class] * (_HOST_PULL if place.pcode[:4] in hosts else 1.0)
        for place in old
    ]
    old_at = {place.pcode: number for number, place in enumerate(old)}
    new_at = {place.pcode: number for number, place in enumerate(new)}
    links = sorted((old_at[before], new_at[after], share) for before, after, _, share in geo.crosswalk())
    keys, targets, reached = [], [], dict.fromkeys(range(len(old)), 0.0)
    for before, after, share in links:
        reached[before] = min(reached[before] + share, 1.0)
        keys.append(before + reached[before])
        targets.append(after)
    return Homes(
        old_districts=[place.parent for place in old],
        new_districts=[place.parent for place in new],
        pull=np.array(pull) / sum(pull),
        link_keys=np.array(keys),
        link_targets=np.array(targets, np.int64),
    )


def draw_traits(random: Generator, population: Population, places: Homes) -> Traits:
    """Everything that is drawn once and then kept."""
    families = len(population.families)
    legal = random.choice(len(LEGAL_STATUSES), size=families, p=_LEGAL_SHARES).astype(np.int64)
    home = random.choice(len(places.pull), size=families, p=places.pull).astype(np.int64)
    late = np.where(
        random.random(families) < 0.3, random.integers(10, 420, families), random.integers(-30, 10, families)
    )
    estimated, written = _draw_births(random, population)
    return Traits(
        legal=legal,
        province=_draw_provinces(random, legal),
        address=random.integers(0, len(addresses()), families),
        home_v01=home,
        home_v02=_homes_after(random, home, places),
        card_delay=random.integers(15, 80, families),
        card_period=CARD_DAYS + late,
        review_period=random.integers(300, 900, families),
        name=_draw_names(random, population),
        estimated=estimated,
        birth_written=written,
        schooling=random.random(len(population)),
        civil=random.random(len(population)),
        needs=_draw_needs(random, population),
        has_phone=_draw_phones(random, population),
    )


def _draw_provinces(random: Generator, legal: Integers) -> Integers:
    abroad = random.choice(ABROAD, size=len(legal), p=_PROVINCE_SHARES / _PROVINCE_SHARES.sum())
    home = random.integers(ABROAD, len(PROVINCES), len(legal))
    return np.where(legal == RETURNEE, home, abroad)


def _homes_after(random: Generator, home: Integers, places: Homes) -> Integers:
    """The commune of v02 for each family; families of a split commune are shared out like its people."""
    wanted = home + random.random(len(home)) * 0.999999
    found: NDArray[np.intp] = np.searchsorted(places.link_keys, wanted, side="left")
    return places.link_targets[np.minimum(found, len(places.link_targets) - 1)]


def _draw_names(random: Generator, population: Population) -> Integers:
    """Children bear their family's name; every fifth husband or wife kept another."""
    surname = random.integers(0, surname_count(), len(population.families))[population.family]
    other = random.integers(0, surname_count(), len(population))
    keeps = ((population.slot == SPOUSE) & (random.random(len(population)) < 0.2)) | (population.slot == PARENT)
    surname = np.where(keeps, other, surname)
    given = random.integers(0, given_count(), len(population))
    return name_number(population.female, given, surname)


def _draw_births(random: Generator, population: Population) -> tuple[Flags, Integers]:
    """The birthday as written: who doesn't know it gets 1 January, now and then the first of the month."""
    age = (population.registered - population.born) / YEAR
    chance = np.clip(0.05 + age * 0.006, 0, 0.4)
    estimated = (random.random(len(population)) < chance) & (age > 1)
    day = population.born.astype("datetime64[D]")
    new_year = day.astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    first = day.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    guess = np.where(random.random(len(population)) < 0.85, new_year, first)
    return estimated, np.where(estimated, guess, population.born)


def _draw_needs(random: Generator, population: Population) -> Integers:
    age = (population.registered - population.born) / YEAR
    luck = random.random(len(population))
    other = random.integers(3, len(NEEDS), len(population))
    needs = np.where(luck < 0.05, other, 0)
    child = (population.slot >= FIRST_CHILD) & (population.slot < PARENT)
    needs = np.where((age > 70) & (luck < 0.3), 2, needs)
    needs = np.where((needs == 7) & (~population.female | (age < 18) | (age > 45)), 3, needs)
    needs = np.where((needs == 6) & ~child, 4, needs)
    lone = population.families.kind[population.family] == LONE_PARENT
    return np.where(lone & (population.slot == 0) & (luck < 0.6), 1, needs)


def _draw_phones(random: Generator, population: Population) -> Flags:
    adult = (population.registered - population.born) / YEAR > 18
    chance = np.where(population.slot < FIRST_CHILD, 0.8, 0.35)
    return adult & (random.random(len(population)) < chance)
