"""Families of registered persons that hang together: who lives with whom, born when, registered when.

Belongs here: drawing families (vectorised: the national register has 2.8 million persons) and the plain
arrays that describe them. Does not belong here: what happens to them later (`lives.py`), how the registration
unit writes them down (`register_columns.py`), names (`people_names.py`). Days are counted from 1970-01-01.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]

YEAR = 365.25
NEVER = 10**7
FOCAL, SPOUSE, FIRST_CHILD, PARENT, SIBLING = 0, 1, 2, 10, 11
SLOTS = 12
CHILD_SLOTS = PARENT - FIRST_CHILD

ALONE, OLD_COUPLE, NUCLEAR, LONE_PARENT, EXTENDED, BROTHERS = range(6)
_KIND_SHARES = (0.23, 0.04, 0.46, 0.14, 0.08, 0.05)
_FIRST_YEAR = 2016
# The flight of 2022 and 2023 stands out; hardly anybody moves in the cold months.
_YEAR_SHARES = np.array([3, 4, 5, 5, 6, 6, 27, 19, 14, 11], dtype=float)
_MONTH_SHARES = np.array([5, 6, 12, 13, 12, 10, 9, 11, 14, 12, 9, 5], dtype=float)


@dataclass(frozen=True)
class Families:
    """One entry per family, in the order in which they were registered."""

    kind: Integers
    arrived: Integers
    registered: Integers
    left: Integers
    number: Integers

    def __len__(self) -> int:
        return len(self.kind)


@dataclass(frozen=True)
class Population:
    """One entry per person, families one after the other, the focal point of registration day first."""

    families: Families
    family: Integers  # position in families
    slot: Integers
    number: Integers
    female: Flags
    born: Integers
    arrived: Integers
    registered: Integers
    ended: Integers  # died or left alone; the family's own departure is in families.left

    def __len__(self) -> int:
        return len(self.family)


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return day.toordinal() - date(1970, 1, 1).toordinal()


def draw_registrations(random: Generator, count: int) -> Families:
    """When each family came, was registered and (perhaps) left, sorted by registration."""
    year = random.choice(len(_YEAR_SHARES), size=count, p=_YEAR_SHARES / _YEAR_SHARES.sum())
    month = random.choice(12, size=count, p=_MONTH_SHARES / _MONTH_SHARES.sum())
    months = np.datetime64(f"{_FIRST_YEAR}-01", "M") + (year * 12 + month)
    start = months.astype("datetime64[D]").astype(np.int64)
    registered = np.sort(start + random.integers(0, 28, count))
    return Families(
        kind=random.choice(len(_KIND_SHARES), size=count, p=_KIND_SHARES).astype(np.int64),
        arrived=registered - 3 - random.exponential(40, count).astype(np.int64),
        registered=registered,
        left=registered + 60 + random.exponential(24 * YEAR, count).astype(np.int64),
        number=np.arange(count, dtype=np.int64),
    )


@dataclass
class Slots:
    """Families as a matrix (family x slot); `there` says which slots hold somebody."""

    there: Flags
    female: Flags
    born: Integers


def draw_members(random: Generator, families: Families, horizon: int) -> Slots:
    """Who belongs to each family, up to the horizon: births go on after registration."""
    shape = (len(families), SLOTS)
    slots = Slots(np.zeros(shape, bool), random.random(shape) < 0.49, np.zeros(shape, np.int64))
    slots.there[:, FOCAL] = True
    woman, man = _draw_adults(random, families)
    couple = np.isin(families.kind, (OLD_COUPLE, NUCLEAR, EXTENDED))
    _seat_adults(random, slots, families, couple, woman, man)
    _seat_children(random, slots, families, woman, horizon)
    _seat_relatives(random, slots, families)
    slots.born = np.maximum(slots.born, int(horizon - 97 * YEAR))
    return slots


def _draw_adults(random: Generator, families: Families) -> tuple[Integers, Integers]:
    """Birthdays of a woman and a man for each family; both are adults on the day of registration."""
    count = len(families)
    age = 18 + random.gamma(3.2, 4.2, count)
    age = np.where(families.kind == ALONE, 18 + random.gamma(1.6, 8.0, count), age)
    alone_old = (families.kind == ALONE) & (random.random(count) < 0.22)
    old = alone_old | (families.kind == OLD_COUPLE)
    age = np.where(old, 52 + random.gamma(2.2, 6.0, count), age)
    age = np.where(families.kind == BROTHERS, 18 + random.gamma(2.0, 3.0, count), age)
    age = np.minimum(age, 82)
    woman = families.registered - np.ceil(age * YEAR).astype(np.int64) - random.integers(0, 300, count)
    older = np.clip(random.normal(3.5, 3.8, count), -2, 16)
    youngest = families.registered - int(np.ceil(18 * YEAR)) - random.integers(0, 300, count)
    man = np.minimum(woman - (older * YEAR).astype(np.int64), youngest)
    return woman, man


def _seat_adults(
    random: Generator, slots: Slots, families: Families, couple: Flags, woman: Integers, man: Integers
) -> None:
    woman_first = np.where(couple, random.random(len(families)) < 0.3, random.random(len(families)) < 0.47)
    woman_first = np.where(families.kind == LONE_PARENT, random.random(len(families)) < 0.88, woman_first)
    slots.female[:, FOCAL] = woman_first
    slots.born[:, FOCAL] = np.where(woman_first, woman, man)
    slots.there[:, SPOUSE] = couple
    slots.female[:, SPOUSE] = ~woman_first
    slots.born[:, SPOUSE] = np.where(woman_first, man, woman)


def _seat_children(random: Generator, slots: Slots, families: Families, woman: Integers, horizon: int) -> None:
    """Births run along the mother's life, from her nineteenth year; most grown children live elsewhere."""
    shape = (len(families), CHILD_SLOTS)
    parents = np.isin(families.kind, (NUCLEAR, EXTENDED, LONE_PARENT))
    wanted = 1 + random.poisson(np.where(families.kind == LONE_PARENT, 1.3, 2.6))
    first = np.clip(random.normal(21.5, 3.0, len(families)), 18.2, 36)
    spacing = 1.1 + random.gamma(1.6, 1.1, shape)
    spacing[random.random(shape) < 0.012] = 0.0  # twins
    spacing[:, 0] = 0.0
    years = first[:, None] + np.cumsum(spacing, axis=1)
    born = woman[:, None] + np.ceil(years * YEAR).astype(np.int64)
    grown = (families.registered[:, None] - born) / YEAR
    at_home = (grown < 18) | ((grown < 25) & (random.random(shape) < 0.6))
    here_until = np.minimum(families.left, horizon)
    last_birth = np.where(families.kind == LONE_PARENT, families.registered, here_until)
    there = parents[:, None] & (np.arange(CHILD_SLOTS) < wanted[:, None]) & (years < 46) & at_home
    children = slice(FIRST_CHILD, PARENT)
    slots.there[:, children] = there & (born <= last_birth[:, None])
    slots.born[:, children] = born


def _seat_relatives(random: Generator, slots: Slots, families: Families) -> None:
    """A grandparent in extended families, an adult brother or sister in the sixth kind."""
    focal = slots.born[:, FOCAL]
    parent = focal - np.ceil(random.uniform(18.5, 38, len(families)) * YEAR).astype(np.int64)
    slots.born[:, PARENT] = parent
    alive = (families.registered - parent) / YEAR < 84
    slots.there[:, PARENT] = (families.kind == EXTENDED) & alive
    adult = families.registered - int(np.ceil(18 * YEAR)) - random.integers(0, 300, len(families))
    apart = (random.uniform(-9, 9, len(families)) * YEAR).astype(np.int64)
    slots.born[:, SIBLING] = np.minimum(focal + apart, adult)
    slots.there[:, SIBLING] = families.kind == BROTHERS
