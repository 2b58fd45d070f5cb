"""What happens to registered families between extracts: births, deaths, departures, and who is who on a day.

Belongs here: events in time and the state of everybody on a given day. Does not belong here: drawing the
families (`families.py`), writing the extract (`register_columns.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from demo.country.families import (
    FIRST_CHILD,
    FOCAL,
    NEVER,
    PARENT,
    SLOTS,
    SPOUSE,
    YEAR,
    Families,
    Flags,
    Integers,
    Numbers,
    Population,
    Slots,
    draw_members,
    draw_registrations,
)

_MORTALITY, _AGEING = 4.0e-5, 0.085  # Gompertz: the yearly risk of death is _MORTALITY * exp(_AGEING * age)
_MOVES_OUT_YEARS = 22  # how long grown children stay on average once they could go
GROWN = 19


@dataclass(frozen=True)
class Moment:
    """The register on a day: one entry per person registered by then."""

    people: Integers  # positions in the population
    active: Flags
    focal: Flags
    bereaved: Flags  # the husband or wife has died
    declared_size: Integers
    until: Integers  # the day up to which this person's file was kept up


def make_population(random: Generator, count: int, horizon: int) -> Population:
    """So many families with all that happens to them up to the horizon."""
    families = draw_registrations(random, count)
    slots = draw_members(random, families, horizon)
    registered = _registration_days(random, families, slots)
    ended = _draw_ends(random, slots, registered)
    in_time = registered <= np.minimum(families.left, horizon).reshape(-1, 1)
    slots.there &= in_time & _born_to_the_living(slots, ended)
    return _flatten(families, slots, registered, ended)


def _registration_days(random: Generator, families: Families, slots: Slots) -> Integers:
    """Those born in the country are registered some weeks after birth."""
    at_birth = slots.born + random.integers(10, 90, slots.born.shape)
    family_day = families.registered.reshape(-1, 1)
    return np.where(slots.born > family_day, at_birth, family_day)


def _draw_ends(random: Generator, slots: Slots, registered: Integers) -> Integers:
    """Deaths and single departures; never so that children stay behind without an adult of their family."""
    age: Numbers = (registered - slots.born) / YEAR
    luck = random.exponential(1.0, age.shape)
    years = np.log1p(luck * _AGEING / (_MORTALITY * np.exp(_AGEING * age))) / _AGEING
    died = registered + np.ceil(years * YEAR).astype(np.int64)
    grown = np.maximum(registered, slots.born + int(GROWN * YEAR))
    moved = grown + np.ceil(random.exponential(_MOVES_OUT_YEARS * YEAR, age.shape)).astype(np.int64)
    ended: Integers = np.minimum(died, moved)
    ended[:, FOCAL], ended[:, SPOUSE] = _adult_ends(slots, died)
    return ended


def _adult_ends(slots: Slots, died: Integers) -> tuple[Integers, Integers]:
    """Of a couple one may die; an adult alone with others may not, so each family keeps a focal point."""
    focal, spouse = died[:, FOCAL], died[:, SPOUSE]
    couple, alone = slots.there[:, SPOUSE], slots.there.sum(axis=1) == 1
    focal_may = alone | (couple & (focal <= spouse))
    return np.where(focal_may, focal, NEVER), np.where(couple & (spouse < focal), spouse, NEVER)


def _born_to_the_living(slots: Slots, ended: Integers) -> Flags:
    """No birth after a parent's death."""
    first_end = np.minimum(ended[:, FOCAL], ended[:, SPOUSE])
    is_child = (np.arange(SLOTS) >= FIRST_CHILD) & (np.arange(SLOTS) < PARENT)
    return ~is_child[None, :] | (slots.born < first_end[:, None])


def _flatten(families: Families, slots: Slots, registered: Integers, ended: Integers) -> Population:
    family, slot = np.nonzero(slots.there)
    born, first_seen = slots.born[family, slot], registered[family, slot]
    number = np.empty(len(family), np.int64)
    number[np.argsort(first_seen, kind="stable")] = np.arange(len(family))
    return Population(
        families=families,
        family=family,
        slot=slot,
        number=number,
        female=slots.female[family, slot],
        born=born,
        arrived=np.maximum(families.arrived[family], born),
        registered=first_seen,
        ended=ended[family, slot],
    )


def on_day(population: Population, day: int) -> Moment:
    """Everybody registered by that day, and what the register says of them then."""
    people = np.nonzero(population.registered <= day)[0]
    family, slot = population.family[people], population.slot[people]
    left, ended = population.families.left[family], population.ended[people]
    gone = np.minimum(left, ended)
    dead_focal = _families_where(population, FOCAL, day)[family]
    dead_spouse = _families_where(population, SPOUSE, day)[family]
    has_spouse = _with_spouse(population)[family]
    return Moment(
        people=people,
        active=gone > day,
        focal=slot == np.where(dead_focal & has_spouse, SPOUSE, FOCAL),
        bereaved=((slot == SPOUSE) & dead_focal) | ((slot == FOCAL) & dead_spouse),
        declared_size=_declared_sizes(population, people, np.minimum(left, day), ended)[family],
        until=np.minimum(gone, day),
    )


def _families_where(population: Population, slot: int, day: int) -> Flags:
    """Families whose person in that slot has died by the day."""
    found = np.zeros(len(population.families), bool)
    found[population.family[(population.slot == slot) & (population.ended <= day)]] = True
    return found


def _with_spouse(population: Population) -> Flags:
    found = np.zeros(len(population.families), bool)
    found[population.family[population.slot == SPOUSE]] = True
    return found


def _declared_sizes(population: Population, people: Integers, closing: Integers, ended: Integers) -> Integers:
    """Members on the day, or on the family's last day (1 for somebody who died alone)."""
    counted = population.family[people[ended > closing]]
    return np.maximum(np.bincount(counted, minlength=len(population.families)), 1)
