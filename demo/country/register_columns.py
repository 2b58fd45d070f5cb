"""How the registration unit writes its register down: 26 columns of text for everybody registered by a day.

Belongs here: the columns and their wording. Does not belong here: drawing people (`families.py`, `lives.py`,
`traits.py`), planted troubles (`register_troubles.py`), files and deliveries (`register.py`).

`family_size_declared` counts the members whose record is active; in a family that has left as a whole, the
members it had on its last day. `family_role` names exactly one focal point per family, the dead and those
who left included: when a focal point dies, wife or husband takes the part over.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from demo.country.families import (
    ALONE,
    FIRST_CHILD,
    FOCAL,
    LONE_PARENT,
    PARENT,
    SIBLING,
    SPOUSE,
    YEAR,
    Integers,
    Population,
    day_number,
)
from demo.country.geography import VALID_ON
from demo.country.lives import Moment, on_day
from demo.country.people_names import Texts, addresses, full_names, phone_numbers
from demo.country.traits import (
    ABROAD,
    CARD_DAYS,
    LEGAL_STATUSES,
    NEEDS,
    PROVINCES,
    Homes,
    Traits,
)

COLUMNS = (
    "record_id",
    "registration_group_id",
    "family_role",
    "full_name",
    "full_name_local",
    "sex",
    "date_of_birth",
    "birth_estimated",
    "origin_country",
    "origin_province",
    "legal_status",
    "record_status",
    "registration_date",
    "last_update",
    "arrival_date",
    "residence_adm1_code",
    "residence_adm2_code",
    "address",
    "phone",
    "marital_status",
    "education",
    "family_size_declared",
    "specific_needs",
    "card_number",
    "card_issue",
    "card_expiry",
)
Columns = dict[str, list[str]]

_ROLES = ("focal_point", "spouse", *["child"] * (PARENT - FIRST_CHILD), "parent", "sibling")
_EDUCATION = ("", "none", "primary", "secondary", "technical", "university")
_MARITAL = ("single", "married", "widowed", "divorced", "separated")
_CARD_AGE = 5
_CARD_NUMBERS = 90_000_000  # times ten generations: KR0 to KR8; KR9 belongs to the planted identities
_CARD_STEP = 48_271_027
_FIRST_DAY, _LAST_DAY = "1850-01-01", "2060-01-01"


@cache
def _day_texts() -> Texts:
    days = np.arange(_FIRST_DAY, _LAST_DAY, dtype="datetime64[D]")
    return np.datetime_as_string(days).astype(object)


def dates(days: Integers) -> list[str]:
    """Day numbers as ISO dates."""
    first = int(np.datetime64(_FIRST_DAY, "D").astype(np.int64))
    return _pick(_day_texts(), days - first)


def _pick(table: Texts | tuple[str, ...] | list[str], numbers: NDArray[np.int64]) -> list[str]:
    texts = np.asarray(table, dtype=object)
    picked: list[str] = texts[numbers].tolist()
    return picked


def write_columns(
    population: Population, traits: Traits, places: Homes, day: int, first: tuple[int, int] = (0, 0)
) -> tuple[Columns, Moment]:
    """The register as of a day; `first` are the numbers from which families and persons are counted."""
    moment = on_day(population, day)
    parts = (
        _identity(population, traits, moment, first),
        _origin(population, traits, moment),
        _residence(population, traits, moment, places, day),
        _situation(population, traits, moment),
        _dates_and_card(population, traits, moment, first[1]),
    )
    found: Columns = {}
    for part in parts:
        found |= part
    return {name: found[name] for name in COLUMNS}, moment


def _identity(population: Population, traits: Traits, moment: Moment, first: tuple[int, int]) -> Columns:
    people = moment.people
    groups = (population.families.number[population.family[people]] + first[0] + 1).tolist()
    records = (population.number[people] + first[1] + 1).tolist()
    phones = phone_numbers(population.number[people] + first[1] + 1)
    has_phone = traits.has_phone[people].tolist()
    return {
        "record_id": [f"KV{number:08d}" for number in records],
        "registration_group_id": [f"FG{number:07d}" for number in groups],
        "family_role": _pick(_ROLES, _roles(population, moment)),
        "full_name": _pick(full_names(local=False), traits.name[people]),
        "full_name_local": _pick(full_names(local=True), traits.name[people]),
        "sex": _pick(("M", "F"), population.female[people].astype(np.int64)),
        "date_of_birth": dates(traits.birth_written[people]),
        "birth_estimated": _pick(("N", "Y"), traits.estimated[people].astype(np.int64)),
        "phone": [phone if there else "" for phone, there in zip(phones, has_phone, strict=True)],
        "family_size_declared": _pick([str(size) for size in range(40)], moment.declared_size),
    }


def _roles(population: Population, moment: Moment) -> Integers:
    """The slot whose role a person has; a focal point who died appears as the spouse."""
    slot = population.slot[moment.people]
    slot = np.where((slot == FOCAL) & ~moment.focal, SPOUSE, slot)
    return np.where(moment.focal, FOCAL, slot)


def _origin(population: Population, traits: Traits, moment: Moment) -> Columns:
    family = population.family[moment.people]
    province = traits.province[family]
    countries = [text[:3] for text in PROVINCES[:ABROAD]] + ["XKV"] * (len(PROVINCES) - ABROAD)
    known = traits.schooling[moment.people] > 0.02  # some never said where they come from
    return {
        "origin_country": _pick(countries, province),
        "origin_province": _pick((*PROVINCES, ""), np.where(known, province, len(PROVINCES))),
        "legal_status": _pick(LEGAL_STATUSES, traits.legal[family]),
    }


def _residence(population: Population, traits: Traits, moment: Moment, places: Homes, day: int) -> Columns:
    family = population.family[moment.people]
    reformed = day >= day_number(VALID_ON["v02"])
    districts = places.new_districts if reformed else places.old_districts
    home = (traits.home_v02 if reformed else traits.home_v01)[family]
    return {
        "residence_adm1_code": _pick([code[:4] for code in districts], home),
        "residence_adm2_code": _pick(districts, home),
        "address": _pick(addresses(), traits.address[family]),
    }


def _situation(population: Population, traits: Traits, moment: Moment) -> Columns:
    people = moment.people
    age = (moment.until - population.born[people]) / YEAR
    return {
        "record_status": _pick(("inactive", "active"), moment.active.astype(np.int64)),
        "marital_status": _pick(_MARITAL, _marital(population, traits, moment)),
        "education": _pick(_EDUCATION, _education(age, traits.schooling[people])),
        "specific_needs": _pick(NEEDS, traits.needs[people]),
    }


def _marital(population: Population, traits: Traits, moment: Moment) -> Integers:
    people = moment.people
    slot, luck = population.slot[people], traits.civil[people]
    kind = population.families.kind[population.family[people]]
    age = (moment.until - population.born[people]) / YEAR
    in_couple = (slot < FIRST_CHILD) & ~np.isin(kind, (ALONE, LONE_PARENT, 5))
    apart = np.select([luck < 0.45, luck < 0.75], [2, 3], 4)
    conditions = [moment.bereaved | (slot == PARENT), in_couple, (slot == FOCAL) & (kind == LONE_PARENT)]
    widowed_alone = (slot == FOCAL) & (kind == ALONE) & (age > 50) & (luck < 0.7)
    separated = (slot == SIBLING) & (luck < 0.1)
    return np.select([*conditions, widowed_alone, separated], [2, 1, apart, 2, 4], 0).astype(np.int64)


def _education(age: NDArray[np.float64], luck: NDArray[np.float64]) -> Integers:
    """A level for the age; one in 25 wasn't asked."""
    grown = np.searchsorted(np.array([0.08, 0.3, 0.68, 0.86]), luck) + 1
    teens = np.searchsorted(np.array([0.06, 0.35]), luck) + 1
    small = np.searchsorted(np.array([0.1]), luck) + 1
    level = np.select([age < 6, age < 12, age < 18], [0, small, teens], grown)
    return np.where(luck > 0.96, 0, level).astype(np.int64)


def _dates_and_card(population: Population, traits: Traits, moment: Moment, first_person: int) -> Columns:
    people, until = moment.people, moment.until
    family, registered = population.family[people], population.registered[people]
    start = np.maximum(registered, population.born[people] + int(_CARD_AGE * YEAR)) + traits.card_delay[family]
    has_card = start <= until
    generation = np.maximum(until - start, 0) // traits.card_period[family]
    issue = start + generation * traits.card_period[family]
    review = traits.review_period[family]
    reviewed = registered + (until - registered) // review * review
    touched = np.where(has_card, np.maximum(reviewed, issue), reviewed)
    ended = ~moment.active & (until >= registered)
    updated = np.where(ended, until, touched)
    number = (population.number[people] + first_person + 1) * _CARD_STEP % _CARD_NUMBERS * 10 + generation % 10
    cards = zip([f"KR{card:09d}" for card in number.tolist()], has_card.tolist(), strict=True)
    return {
        "registration_date": dates(registered),
        "last_update": dates(updated),
        "arrival_date": dates(population.arrived[people]),
        "card_number": [card if there else "" for card, there in cards],
        "card_issue": _if_there(dates(issue), has_card.tolist()),
        "card_expiry": _if_there(dates(issue + CARD_DAYS), has_card.tolist()),
    }


def _if_there(texts: list[str], there: list[bool]) -> list[str]:
    return [text if is_there else "" for text, is_there in zip(texts, there, strict=True)]
