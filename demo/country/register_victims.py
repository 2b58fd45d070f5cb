"""Whom the planted troubles of the register befall, and who bears a planted identity.

Belongs here: choosing persons, once for all extracts (a wrong row stays wrong from one extract to the next,
some are mended in July, some are new). Does not belong here: how the rows then look (`register_troubles.py`).

Rows that a checker sets aside belong to persons registered alone: setting aside one member of a family would
change that family's size, and a second rule would fire that nobody planted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from demo.country.families import (
    FIRST_CHILD,
    FOCAL,
    PARENT,
    SPOUSE,
    YEAR,
    Flags,
    Integers,
    Population,
)

# From the first to the last extract in which the row is odd: for good, mended in July, new in July.
_LIFETIMES = ((0, 3), (0, 1), (2, 3))
ROW_TROUBLES = (
    ("id_duplicate", "R-ID-DUPLICATE", "the record_id of the person one row above"),
    ("id_missing", "R-ID-MISSING", "record_id is empty"),
    ("birth_future", "R-BIRTH-FUTURE", "born a century too late"),
    ("place_unknown", "R-PLACE-UNKNOWN", "no district of any version has this code"),
    ("sex_code", "R-SEX", "a sex that is not in the code list"),
    ("birth_old", "R-BIRTH-OLD", "the system's default 1900-01-01 as birthday"),
    ("birth_missing", "R-BIRTH-MISSING", "no date of birth"),
    ("no_focal", "R-NO-FOCAL", "nobody in this family is its focal point"),
    ("two_focal", "R-NO-FOCAL", "two focal points in this family"),
    ("size_differs", "R-SIZE", "the declared size is not the number of active members"),
    ("card_dates", "R-CARD-DATES", "the card expired before it was issued"),
    ("leap_birth", "", "born on 29 February: a real day"),
    ("twins", "", "birthday and sex of the child one row above: twins, no duplicate"),
    ("lookalike_name", "", "Cyrillic letters inside a Latin name; names are never used as keys"),
    ("quoted_address", "", "quotation marks and a comma inside a quoted field"),
    ("old_code", "", "district code of v01 in an extract after the reform: known, to be crosswalked"),
)
_ALONE = ("id_duplicate", "id_missing", "birth_future", "place_unknown")
IN_COUPLE = ("no_focal", "two_focal", "size_differs")
_FIRST_AFTER_REFORM = 2


@dataclass(frozen=True)
class Blemish:
    """One person whose row is odd from one extract to another (both included)."""

    kind: str
    rule: str
    note: str
    person: int
    first: int
    last: int


def choose_blemishes(
    random: Generator, population: Population, per_kind: int, since: int, recoded: Flags
) -> list[Blemish]:
    """Who is affected: persons on file before the day `since`, no family twice. `recoded`: families whose
    district has another code after the reform.
    """
    used: set[int] = set()
    found = []
    for kind, rule, note in ROW_TROUBLES:
        candidates = np.nonzero(_eligible(kind, population, since, recoded))[0]
        shuffled = random.permutation(candidates)
        for number, person in enumerate(_from_different_families(shuffled, population, used, per_kind, kind)):
            first, last = _LIFETIMES[number % len(_LIFETIMES)]
            first = _FIRST_AFTER_REFORM if kind == "old_code" else first
            if first <= last:
                found.append(Blemish(kind, rule, note, person, first, last))
    return found


def choose_carriers(
    random: Generator, population: Population, blemishes: list[Blemish], since: int, count: int
) -> list[int]:
    """Who bears a planted identity: persons with a troubled row first (error paths leak too), then others."""
    family_left = population.families.left[population.family]
    adult = (population.slot < FIRST_CHILD) & (population.registered < since - 100)
    adult &= (population.ended > since) & (family_left > since)
    troubled = [one.person for one in blemishes if one.kind != "lookalike_name" and adult[one.person]]
    others = random.permutation(np.nonzero(adult)[0]).tolist()
    return list(dict.fromkeys([*troubled, *others]))[:count]


def _from_different_families(
    people: Integers, population: Population, used: set[int], wanted: int, kind: str
) -> list[int]:
    found: list[int] = []
    for person in people.tolist():
        if len(found) == wanted:
            break
        families = {int(population.family[person])}
        if kind == "id_duplicate":  # whose id is taken must keep it
            families.add(int(population.family[person - 1]))
        if not families & used:
            used |= families
            found.append(person)
    return found


def _eligible(kind: str, population: Population, since: int, recoded: Flags) -> Flags:
    """Persons such a trouble may befall; who must stay on file is `steady` for the whole year."""
    family, slot = population.family, population.slot
    on_file = (population.registered < since) & (np.arange(len(population)) > 0)
    later = since + 400
    steady = on_file & (population.ended > later) & (population.families.left[family] > later)
    child = (slot >= FIRST_CHILD) & (slot < PARENT)
    alone: Flags = np.bincount(family, minlength=len(population.families))[family] == 1
    couple: Flags = (slot == SPOUSE) & _focal_stays(population, later)[family]
    found: dict[str, Flags] = {
        **dict.fromkeys(_ALONE, steady & alone),
        **dict.fromkeys(IN_COUPLE, steady & couple),
        "leap_birth": on_file & _near_leap_day(population),
        "twins": on_file & child & _follows_child(population),
        "card_dates": steady & (slot == FOCAL) & (population.registered < since - 100),
        "birth_missing": on_file & child,
        "old_code": steady & alone & recoded[family],
    }
    return found.get(kind, on_file & (slot < PARENT))


def _focal_stays(population: Population, later: int) -> Flags:
    stays = np.zeros(len(population.families), bool)
    stays[population.family[(population.slot == FOCAL) & (population.ended > later)]] = True
    return stays


def _near_leap_day(population: Population) -> Flags:
    born = population.born.astype("datetime64[D]")
    year = born.astype("datetime64[Y]").astype(np.int64) + 1970
    into_year = (born - born.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64)
    near: Flags = (year % 4 == 0) & (into_year < 120) & (population.registered - population.born > YEAR)
    return near


def _follows_child(population: Population) -> Flags:
    """The person before is a child of the same family, registered on the same day."""
    same = np.zeros(len(population), bool)
    same[1:] = (
        (population.family[1:] == population.family[:-1])
        & (population.slot[:-1] >= FIRST_CHILD)
        & (population.registered[1:] == population.registered[:-1])
        & (population.registered[:-1] - population.born[:-1] > YEAR)
    )
    return same
