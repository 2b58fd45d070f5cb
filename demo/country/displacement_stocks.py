"""How many displaced people stay where, week by week: a stock that follows its flows.

Here belongs the invented course of events: a winter, returns in summer, an offensive in March. Here does not belong
how the statistics office writes it down (displacement.py). The stock is kept for pieces of ground that lie in one
district of the old order and in one of the new, so that the reform of July moves borders and nobody else.
"""

import random
from collections import Counter
from dataclasses import dataclass
from functools import cache

from demo.country.geography import Geography, Place

TYPES = ("camp", "non_camp")
WEEKS = 52
_START = 330_000  # displaced people on 22 December 2024
_OFFENSIVE = range(10, 14)  # ISO weeks, in March
Stock = dict[tuple[str, str], int]  # (district, camp or non_camp) -> people


@dataclass(frozen=True)
class _Ground:
    """A commune, or the piece of it that one commune of the new order took."""

    old: str
    new: str
    population: float
    area: str  # front: contested; near: the same region; far
    thin: bool  # hardly anybody came here


@dataclass(frozen=True, eq=False)
class Stocks:
    """The year's stocks. Week 0 is the last one of 2024."""

    _ground: tuple[_Ground, ...]
    _weeks: tuple[dict[tuple[int, str], int], ...]

    def of(self, week: int, version: str) -> Stock:
        """Every district and kind of place of one week; a district without camp has a camp stock of 0."""
        found: Counter[tuple[str, str]] = Counter()
        for (place, kind), people in self._weeks[week].items():
            ground = self._ground[place]
            found[(ground.old if version == "v01" else ground.new)[:6], kind] += people
        return {key: found[key] for key in sorted(found)}


@cache
def build_stocks(geo: Geography, seed: int) -> Stocks:
    """The stocks of weeks 0 to 52."""
    rng = random.Random(f"displacement {seed}")
    ground = _grounds(geo, rng)
    weeks = [_first(ground, rng)]
    for week in range(1, WEEKS + 1):
        weeks.append({key: _next(ground[key[0]], people, week, rng) for key, people in weeks[-1].items()})
    return Stocks(ground, tuple(weeks))


def _grounds(geo: Geography, rng: random.Random) -> tuple[_Ground, ...]:
    communes = geo.by_pcode("v01")
    front = {place.parent for place in geo.places("v01", 2) if place.area_class == "contested"}
    quiet = [place.pcode for place in geo.places("v01", 2) if place.parent not in front and place.pcode[4:] != "01"]
    thin = set(rng.sample(quiet, 4))
    return tuple(
        _Ground(old, new, share * communes[old].population, _area(communes[old], front), old[:6] in thin)
        for old, new, _, share in geo.crosswalk()
    )


def _area(commune: Place, front: set[str]) -> str:
    if commune.area_class == "contested":
        return "front"
    return "near" if commune.pcode[:4] in front else "far"


def _first(ground: tuple[_Ground, ...], rng: random.Random) -> dict[tuple[int, str], int]:
    """Most stay with families near the front; every other district has a camp, a few camps are nearly empty."""
    pull = {"front": 0.7, "near": 2.0, "far": 0.8}
    weights = [place.population * pull[place.area] * rng.lognormvariate(0.0, 0.35) for place in ground]
    scale = _START / sum(weights)
    camps = _camps(ground, rng)
    stock: dict[tuple[int, str], int] = {}
    for number, place in enumerate(ground):
        people = round(weights[number] * scale * (0.004 if place.thin else 1.0))
        camp = camps.get(number, 0.0)
        stock[number, "camp"] = rng.randint(2, 9) if 0 < camp < 0.01 else round(people * camp)
        stock[number, "non_camp"] = people - round(people * camp)
    return stock


def _camps(ground: tuple[_Ground, ...], rng: random.Random) -> dict[int, float]:
    """The piece of ground a district's camp stands on, and which share of the displaced there live in it."""
    districts = sorted({place.old[:6] for place in ground if not place.thin})
    chosen = rng.sample(districts, len(districts) // 2)
    sites = {place.old[:6]: number for number, place in enumerate(ground)}
    return {sites[pcode]: 0.001 if rank < 4 else rng.uniform(0.3, 0.8) for rank, pcode in enumerate(chosen)}


def _next(place: _Ground, people: int, week: int, rng: random.Random) -> int:
    """Next week's stock. Nobody moves into a camp that isn't there; a handful stays a handful."""
    if people == 0:
        return 0
    if people < 10:
        return min(9, max(1, people + rng.choice((-1, 0, 0, 0, 1))))
    return max(1, round(people * (1 + _flow(place, week) + rng.gauss(0.0, 0.004))))


def _flow(place: _Ground, week: int) -> float:
    """The week's net flow as a share of the stock."""
    if week in _OFFENSIVE:
        return {"front": -0.14, "near": 0.08, "far": 0.02}[place.area]
    if 16 <= week <= 34:
        return -0.006  # homes are mended, schools are out
    if week >= 44 or week <= 8:
        return 0.004  # homes can't be heated
    return 0.0
