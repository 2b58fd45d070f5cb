"""The registration unit's quarterly extracts, and the same register at national size.

Belongs here: which files are sent when, with their control totals, troubles of whole files, and the command
`python -m demo.country.register --national --out FILE`. Does not belong here: people (`families.py`,
`lives.py`, `traits.py`), the wording of rows (`register_columns.py`), troubled rows (`register_troubles.py`).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from demo.country.canaries import canaries, canary_count
from demo.country.deliveries import Delivery, Trouble, at
from demo.country.families import Flags, Population, day_number
from demo.country.geography import Geography, build_geography
from demo.country.lives import make_population
from demo.country.register_columns import COLUMNS, Columns, write_columns
from demo.country.register_troubles import answer_key, plant_blemishes, plant_canaries
from demo.country.register_victims import Blemish, choose_blemishes, choose_carriers
from demo.country.traits import Homes, Traits, draw_traits, homes

SENDER = "registration-unit"
_HEADER = (",".join(COLUMNS) + "\n").encode()
EXTRACT_DAYS = (date(2025, 3, 31), date(2025, 6, 30), date(2025, 9, 30), date(2025, 12, 31))
_BYTE_ORDER_MARK_ON = EXTRACT_DAYS[1]  # that day somebody saved the extract with another program
_HORIZON = day_number(EXTRACT_DAYS[-1])
_SINCE = day_number(EXTRACT_DAYS[0])
_FAMILIES = {"small": 193, "country": 17_370}  # about 600 records in March, 60,000 at the year's end
_PER_KIND = {"small": 3, "country": 9}
_ARRIVES_AFTER = timedelta(days=5)
_SALT = 0x5E6  # keeps the register's random numbers apart from other producers' with the same seed
# What went wrong before the extract that counts, by extract.
_MISHAPS = {
    "small": (("unreadable", "template", "forbidden", "totals"),),
    "country": (("unreadable", "totals"), ("template",), ("forbidden",), ()),
}
_FILE_TROUBLES = {
    "unreadable": ("R-UNREADABLE", "the file is no text at all (a damaged archive named .csv)"),
    "template": ("R-TEMPLATE", "the column residence_adm2_code came as district_code"),
    "forbidden": ("R-FORBIDDEN", "a 27th column, fingerprint, that must never come in"),
    "totals": ("R-TOTALS", "the transfer broke off: fewer records than the control totals say"),
}

NATIONAL_RECORDS = 2_800_000
_CHUNK_FAMILIES = 40_000
_PER_CHUNK_AND_KIND = 7


@dataclass(frozen=True)
class Register:
    """Everybody there will be up to the horizon, and what is odd about some of them."""

    population: Population
    traits: Traits
    places: Homes
    blemishes: list[Blemish]


@dataclass(frozen=True)
class Totals:
    """What the unit says it sent."""

    records: int
    families: int
    active: int


def build_register(places: Homes, salt: list[int], families: int, per_kind: int) -> Register:
    """Draw the people and choose whom the troubles befall."""
    random = np.random.default_rng(salt)
    population = make_population(random, families, _HORIZON)
    traits = draw_traits(random, population, places)
    blemishes = choose_blemishes(random, population, per_kind, _SINCE, _recoded(traits, places))
    return Register(population, traits, places, blemishes)


def _recoded(traits: Traits, places: Homes) -> Flags:
    """Families whose district of v01 is none of v02, and became one of them: what was split can't be placed."""
    became: dict[str, set[str]] = {}
    for key, target in zip(places.link_keys, places.link_targets, strict=True):
        became.setdefault(places.old_districts[int(np.ceil(key)) - 1], set()).add(places.new_districts[target])
    living = set(places.new_districts)
    gone = np.array([code not in living and len(became[code]) == 1 for code in places.old_districts])
    recoded: Flags = gone[traits.home_v01]
    return recoded


def deliver(geo: Geography, seed: int, size: str) -> tuple[list[Delivery], list[Trouble]]:
    """The year's extracts (`small`: the first one), first those that went wrong, each with its totals."""
    register = build_register(homes(geo), [seed, _SALT], _FAMILIES[size], _PER_KIND[size])
    planted = canaries(seed, canary_count(size))
    random = np.random.default_rng([seed, _SALT, 1])
    carriers = choose_carriers(random, register.population, register.blemishes, _SINCE, len(planted))
    old = [register.places.old_districts[home] for home in register.traits.home_v01.tolist()]
    deliveries: list[Delivery] = []
    troubles: list[Trouble] = []
    for number, day in enumerate(EXTRACT_DAYS[:1] if size == "small" else EXTRACT_DAYS):
        columns, moment = write_columns(register.population, register.traits, register.places, day_number(day))
        plant_canaries(columns, moment, carriers, planted)
        present = [one for one in register.blemishes if one.first <= number <= one.last]
        rows = plant_blemishes(columns, register.population, moment, present, old)
        sent, odd = _send(columns, day, _MISHAPS[size][number], random.bytes(3000))
        deliveries += sent
        troubles += odd + answer_key(rows, _file_name(day, len(_MISHAPS[size][number]) + 1))
    return deliveries + _sent_twice(deliveries, troubles, size), troubles


def _send(columns: Columns, day: date, mishaps: tuple[str, ...], noise: bytes) -> tuple[list[Delivery], list[Trouble]]:
    """The attempts that went wrong, a day apart, then the right file five days after the extract's day."""
    totals = totals_of(columns)
    marked = day == _BYTE_ORDER_MARK_ON
    good = b"\xef\xbb\xbf" * marked + _HEADER + _body(columns)
    deliveries, troubles = [], []
    for number, mishap in enumerate((*mishaps, "")):
        name = _file_name(day, number + 1)
        sent = day + _ARRIVES_AFTER - timedelta(days=len(mishaps) - number)
        content = _spoiled(mishap, columns, good, noise)
        deliveries.append(_delivery(sent, 9, _totals_name(name), _totals_file(day, totals)))
        deliveries.append(_delivery(sent, 10, name, content))
        if mishap:
            rule, note = _FILE_TROUBLES[mishap]
            troubles.append(Trouble(f"file_{mishap}", "register", name, None, rule, note))
        elif marked:
            note = "a byte order mark before the header"
            troubles.append(Trouble("byte_order_mark", "register", name, None, "", note))
    return deliveries, troubles


def _spoiled(mishap: str, columns: Columns, good: bytes, noise: bytes) -> bytes:
    if mishap == "unreadable":
        return b"PK\x03\x04" + noise
    if mishap == "template":
        return good.replace(b"residence_adm2_code", b"district_code", 1)
    if mishap == "forbidden":
        prints = [f"{number * 7_919 % 16**8:08x}" for number in range(len(columns["record_id"]))]
        return _HEADER[:-1] + b",fingerprint\n" + _body(columns | {"fingerprint": prints})
    if mishap == "totals":
        return good[: good.rindex(b"\n", 0, len(good) * 97 // 100) + 1]
    return good


def _sent_twice(deliveries: list[Delivery], troubles: list[Trouble], size: str) -> list[Delivery]:
    """The last file of the year once more under another name, the next day."""
    if size == "small":
        return []
    totals, last = deliveries[-2:]
    name = last.name.replace(".csv", "_again.csv")
    note = "the same bytes as the day before under another name"
    troubles.append(Trouble("file_again", "register", name, None, "", note))
    later = last.at + timedelta(days=1)
    return [
        Delivery(totals.at + timedelta(days=1), "register", SENDER, _totals_name(name), totals.content),
        Delivery(later, "register", SENDER, name, last.content),
    ]


def _delivery(day: date, hour: int, name: str, content: bytes) -> Delivery:
    return Delivery(at(day, hour, 55 if hour == 9 else 0), "register", SENDER, name, content)


def _file_name(day: date, attempt: int) -> str:
    return f"register_{day}.csv" if attempt == 1 else f"register_{day}_v{attempt}.csv"


def _totals_name(name: str) -> str:
    return name.replace(".csv", "_totals.csv")


def _body(columns: Columns) -> bytes:
    """The rows; addresses come quoted, nothing else needs it."""
    return ("\n".join(map(",".join, zip(*columns.values(), strict=True))) + "\n").encode()


def totals_of(columns: Columns) -> Totals:
    """Count what goes into the file, as the unit does."""
    groups = {group for group in columns["registration_group_id"] if group}
    return Totals(len(columns["record_id"]), len(groups), columns["record_status"].count("active"))


def _totals_file(day: date, totals: Totals) -> bytes:
    line = f"{day},{totals.records},{totals.families},{totals.active}"
    return f"extract,records,families,active\n{line}\n".encode()


def national_chunks(geo: Geography, seed: int, records: int) -> Iterator[Columns]:
    """The national register of 2025-12-31 piece by piece: at least so many records, whole families."""
    places = homes(geo)
    families = persons = written = 0
    while written < records:
        register = build_register(places, [seed, _SALT, families], _CHUNK_FAMILIES, _PER_CHUNK_AND_KIND)
        population, traits = register.population, register.traits
        columns, moment = write_columns(population, traits, places, _HORIZON, (families, persons))
        old = [places.old_districts[home] for home in traits.home_v01.tolist()]
        plant_blemishes(columns, population, moment, register.blemishes, old)
        if written + len(moment.people) > records:
            columns = _cut(columns, records - written)
        yield columns
        written += len(columns["record_id"])
        families, persons = families + _CHUNK_FAMILIES, persons + len(population)


def _cut(columns: Columns, at_least: int) -> Columns:
    """The first rows, up to the end of the family the last of them belongs to."""
    groups, end = columns["registration_group_id"], at_least
    while end < len(groups) and groups[end] == groups[end - 1]:
        end += 1
    return {name: values[:end] for name, values in columns.items()}


def write_national(geo: Geography, seed: int, records: int, out: Path) -> Totals:
    """Stream the national register to a file, its control totals beside it; same seed, same bytes."""
    total = Totals(0, 0, 0)
    with out.open("wb") as target:
        target.write(_HEADER)
        for columns in national_chunks(geo, seed, records):
            target.write(_body(columns))
            more = totals_of(columns)
            total = Totals(total.records + more.records, total.families + more.families, total.active + more.active)
    out.with_name(_totals_name(out.name)).write_bytes(_totals_file(EXTRACT_DAYS[-1], total))
    return total


def main() -> None:
    """Write the national register (there is no other use from the command line)."""
    parser = argparse.ArgumentParser(description="A made-up national register as one CSV file.")
    parser.add_argument("--national", action="store_true", required=True, help="the whole country")
    parser.add_argument("--out", type=Path, required=True, help="the CSV file to write (about 650 MB)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--records", type=int, default=NATIONAL_RECORDS)
    given = parser.parse_args()
    write_national(build_geography(), given.seed, given.records, given.out)


if __name__ == "__main__":
    main()
