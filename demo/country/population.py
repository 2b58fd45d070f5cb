"""How many of each sex and age live in every unit, in whole people that add up whichever way one adds them.

Here belong the sex and age cells of the baseline population. Here does not belong the file they travel in (cods.py).
Cells are dealt out settlement by settlement; every larger unit is a sum, in the old and the new order of the country.
"""

import random
from collections import Counter
from functools import cache

from demo.country.geography import Geography, Place

AGES = ("00_04", *(f"{first:02d}_{first + 4:02d}" for first in range(5, 80, 5)), "80Plus")
SEXES = ("F", "M")
# An ageing country at war: few young children, men of working age missing, women outliving men.
_WOMEN = (46, 52, 56, 53, 50, 58, 68, 76, 74, 70, 70, 74, 76, 66, 50, 36, 41)
_MEN = (49, 55, 59, 54, 45, 51, 62, 70, 68, 63, 61, 62, 58, 45, 29, 17, 15)

Cells = Counter[tuple[str, str]]  # (sex, age) -> people


@cache
def population_of(geography: Geography, version: str) -> dict[str, Cells]:
    """The cells of every unit of levels 0 to 3, by code."""
    found: dict[str, Cells] = {}
    moved = dict(link[:2] for link in geography.crosswalk_of(4))
    for site in geography.places("v01", 4):
        cells = _cells(site)
        pcode = site.pcode if version == "v01" else moved[site.pcode]
        for width in (2, 4, 6, 9):
            found.setdefault(pcode[:width], Counter()).update(cells)
    return found


@cache
def _cells(site: Place) -> Cells:
    """The settlement's people by largest remainder, towns a little younger than villages."""
    rng = random.Random(f"ages {site.pcode}")
    tilt = rng.gauss(0.04 if site.urban else -0.02, 0.02)
    keys = [(sex, age) for sex in SEXES for age in AGES]
    weights = [share * (1 + tilt * (8 - place % 17) / 2) for place, share in enumerate((*_WOMEN, *_MEN))]
    exact = [site.population * weight / sum(weights) for weight in weights]
    cells = Counter({key: int(people) for key, people in zip(keys, exact, strict=True)})
    order = sorted(range(len(keys)), key=lambda place: (int(exact[place]) - exact[place], rng.random()))
    for place in order[: site.population - cells.total()]:
        cells[keys[place]] += 1
    return cells
