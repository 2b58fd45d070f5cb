"""How the affected rows of a register extract look, and the answer key that says where they are.

Belongs here: writing planted identities and troubles over the columns of one extract. Does not belong here: whom they
befall (`register_victims.py`), troubles of a whole file (`register.py`).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from demo.country.canaries import Canary
from demo.country.deliveries import Trouble
from demo.country.families import Population
from demo.country.lives import Moment
from demo.country.names import with_lookalikes
from demo.country.register_columns import Columns
from demo.country.register_victims import IN_COUPLE, Blemish

HEADER_ROWS = 1
_NO_DISTRICT = "99"  # no region has so many districts
_SEX_CODES = ("3", "X9", "Ж")


@dataclass(frozen=True)
class Spot:
    """Where an editor works: positions in the columns, and what the unit wrote before the reform."""

    row: int
    members: list[int]
    old_district: str


def plant_canaries(columns: Columns, moment: Moment, people: list[int], planted: list[Canary]) -> None:
    """Write the planted identities over the names, phones and cards of the persons who bear them."""
    rows = {person: row for row, person in enumerate(moment.people.tolist())}
    for person, canary in zip(people, planted, strict=True):
        row = rows[person]
        columns["full_name"][row] = canary.name
        columns["full_name_local"][row] = canary.name_local
        columns["phone"][row] = canary.phone
        columns["card_number"][row] = canary.card_number


Planted = list[tuple[int, Blemish, str]]  # row as the spreadsheet counts, what it is, a note for the key


def plant_blemishes(
    columns: Columns,
    population: Population,
    moment: Moment,
    blemishes: list[Blemish],
    old_districts: list[str],
) -> Planted:
    """Change the affected rows and tell which they are; `old_districts` goes by family."""
    rows = {person: row for row, person in enumerate(moment.people.tolist())}
    family_of_row = population.family[moment.people]
    planted = []
    for blemish in blemishes:
        if blemish.person not in rows:
            continue
        row, family = rows[blemish.person], int(population.family[blemish.person])
        members = np.nonzero(family_of_row == family)[0].tolist() if blemish.kind in IN_COUPLE else [row]
        if _EDITORS[blemish.kind](columns, Spot(row, members, old_districts[family])):
            planted.append((members[0] + HEADER_ROWS + 1, blemish, _note(blemish, members)))
    return planted


def answer_key(planted: Planted, file: str) -> list[Trouble]:
    """The planted rows of one file as the answer key has them."""
    return [Trouble(blemish.kind, "register", file, row, blemish.rule, note) for row, blemish, note in planted]


def _note(blemish: Blemish, members: list[int]) -> str:
    first, last = members[0] + HEADER_ROWS + 1, members[-1] + HEADER_ROWS + 1
    return f"{blemish.note}; the family stands in rows {first} to {last}" if last > first else blemish.note


def _id_duplicate(columns: Columns, spot: Spot) -> bool:
    columns["record_id"][spot.row] = columns["record_id"][spot.row - 1]
    return True


def _id_missing(columns: Columns, spot: Spot) -> bool:
    columns["record_id"][spot.row] = ""
    return True


def _birth_future(columns: Columns, spot: Spot) -> bool:
    year, month, day = columns["date_of_birth"][spot.row].split("-")
    columns["date_of_birth"][spot.row] = f"{int(year) + 100}-{month}-{min(int(day), 28):02d}"
    return True


def _place_unknown(columns: Columns, spot: Spot) -> bool:
    columns["residence_adm2_code"][spot.row] = columns["residence_adm1_code"][spot.row] + _NO_DISTRICT
    return True


def _sex_code(columns: Columns, spot: Spot) -> bool:
    columns["sex"][spot.row] = _SEX_CODES[spot.row % len(_SEX_CODES)]
    return True


def _birth_old(columns: Columns, spot: Spot) -> bool:
    columns["date_of_birth"][spot.row] = "1900-01-01"
    return True


def _birth_missing(columns: Columns, spot: Spot) -> bool:
    columns["date_of_birth"][spot.row] = ""
    columns["birth_estimated"][spot.row] = ""
    return True


def _no_focal(columns: Columns, spot: Spot) -> bool:
    for row in spot.members:
        if columns["family_role"][row] == "focal_point":
            columns["family_role"][row] = "spouse"
    return True


def _two_focal(columns: Columns, spot: Spot) -> bool:
    columns["family_role"][spot.row] = "focal_point"
    return True


def _size_differs(columns: Columns, spot: Spot) -> bool:
    for row in spot.members:
        columns["family_size_declared"][row] = str(int(columns["family_size_declared"][row]) + 2)
    return True


def _card_dates(columns: Columns, spot: Spot) -> bool:
    issue, expiry = columns["card_issue"], columns["card_expiry"]
    issue[spot.row], expiry[spot.row] = expiry[spot.row], issue[spot.row]
    return bool(issue[spot.row])


def _leap_birth(columns: Columns, spot: Spot) -> bool:
    born = columns["date_of_birth"][spot.row][:4] + "-02-29"
    columns["date_of_birth"][spot.row] = born
    columns["birth_estimated"][spot.row] = "N"
    columns["arrival_date"][spot.row] = max(columns["arrival_date"][spot.row], born)
    return True


def _twins(columns: Columns, spot: Spot) -> bool:
    for name in ("date_of_birth", "birth_estimated", "sex", "arrival_date"):
        columns[name][spot.row] = columns[name][spot.row - 1]
    return True


def _lookalike_name(columns: Columns, spot: Spot) -> bool:
    name = columns["full_name"][spot.row]
    columns["full_name"][spot.row] = with_lookalikes(name, random.Random(name))
    return True


def _quoted_address(columns: Columns, spot: Spot) -> bool:
    columns["address"][spot.row] = columns["address"][spot.row][:-1] + ', flat ""B"""'
    return True


def _old_code(columns: Columns, spot: Spot) -> bool:
    columns["residence_adm1_code"][spot.row] = spot.old_district[:4]
    columns["residence_adm2_code"][spot.row] = spot.old_district
    return True


_EDITORS: dict[str, Callable[[Columns, Spot], bool]] = {
    "id_duplicate": _id_duplicate,
    "id_missing": _id_missing,
    "birth_future": _birth_future,
    "place_unknown": _place_unknown,
    "sex_code": _sex_code,
    "birth_old": _birth_old,
    "birth_missing": _birth_missing,
    "no_focal": _no_focal,
    "two_focal": _two_focal,
    "size_differs": _size_differs,
    "card_dates": _card_dates,
    "leap_birth": _leap_birth,
    "twins": _twins,
    "lookalike_name": _lookalike_name,
    "quoted_address": _quoted_address,
    "old_code": _old_code,
}
