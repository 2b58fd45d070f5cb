"""Planted identities: invented persons whose traces must never be seen outside the sealed zone.

Belongs here: who they are. They look like everybody else to the platform, yet each of their values occurs nowhere else
in the demo, so that one search of every file finds any leak. The register, the KoBo interviews and some free-text cells
of cluster workbooks carry them. Does not belong here: where they are planted (each source's generator), the search for
them (tests).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from demo.country.people_names import to_cyrillic, words

# Consonant clusters that no ordinary part in people_names.py has: a canary's name is no part of another word.
_GIVEN = words(
    "Quandorf Wexlith Brythvax Fjornwik Gwendlox Hrothvyx Kvistjold Myrthwex Pfelnix Skjarwyn "
    "Thryxwold Vjeldrax Wrunthild Xandwyth Yrkswelm Zvythorn Dwelthux Bjarnwex Glynthvox Rhyswold"
)
_FAMILY_FIRST = words(
    "Axbryth Bwexhold Cwythorn Dwyxfeld Exgwynd Fwixholm Gwaxfjord Hwyxbrand Ixthwald Jwexhelm "
    "Kwyxdorf Lwexgard Mwyxholt Nwaxfeld Oxthwynd Pwyxgard Rwexdorf Swyxhelm Twaxbrand Uxgwald"
)
_FAMILY_LAST = ("qvist", "wyck", "xgaard", "hjelm", "bjork", "ndrupp", "vlox", "fwyn", "thorm", "zwolt")

MOST = len(_FAMILY_FIRST) * len(_FAMILY_LAST)
PHONE_PREFIX = "+999 69"  # people_names gives ordinary persons 61 to 68
CARD_PREFIX = "KR9"  # register_columns gives ordinary cards KR0 to KR8


@dataclass(frozen=True)
class Canary:
    """One planted identity."""

    name: str
    name_local: str
    phone: str
    card_number: str
    email: str


def canary_count(size: str) -> int:
    """How many identities a demo of this size plants."""
    return 40 if size == "small" else MOST


def canaries(seed: int, n: int = MOST) -> list[Canary]:
    """The first n planted identities of a seed; identity i is the same person in every source."""
    if not 0 <= n <= MOST:
        raise ValueError(f"asked for {n} planted identities, there are names for 0 to {MOST}")
    random = np.random.default_rng([seed, 0xCA])
    order = random.permutation(MOST)[:n].tolist()
    phones = random.choice(9_000_000, size=MOST, replace=False)[:n].tolist()
    cards = random.choice(90_000_000, size=MOST, replace=False)[:n].tolist()
    return [_canary(*numbers) for numbers in zip(order, phones, cards, strict=True)]


def _canary(number: int, phone: int, card: int) -> Canary:
    given = _GIVEN[number % len(_GIVEN)]
    family = _FAMILY_FIRST[number % len(_FAMILY_FIRST)] + _FAMILY_LAST[number // len(_FAMILY_FIRST)]
    name = f"{given} {family}"
    return Canary(
        name=name,
        name_local=to_cyrillic(name),
        phone=f"{PHONE_PREFIX} {phone + 1_000_000:07d}",
        card_number=f"{CARD_PREFIX}{card:08d}",
        email=f"{given.lower()}.{family.lower()}@mail.example",
    )
