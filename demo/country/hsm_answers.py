"""What key informants answer: how hard life is in a settlement in a month, and what one informant makes of it.

Belongs here: the season, the fighting, a settlement's and an informant's own bias, and answers by question.
Does not belong here: the form (`hsm_form.py`), when interviews happen and what goes wrong (`hsm.py`).
Answers are drawn around one hardship per settlement, month and sector, so that informants mostly agree.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from demo.country.geography import Place

_BY_CLASS = {"accessible": 0.24, "hard_to_reach": 0.42, "contested": 0.62}
_SECTORS = ("WSH", "FSC", "HEA", "NUT", "PRO", "SHL", "CCM", "ERY", "LOG", "TEL", "EDU")
_WINTER_MONTHS = {12: 1.0, 1: 1.0, 2: 0.9, 11: 0.6, 3: 0.3}
_WINTER_ADDS = {"WSH": 0.08, "FSC": 0.06, "HEA": 0.06, "SHL": 0.2, "ERY": 0.15, "LOG": 0.16, "EDU": 0.05}
# The fighting of the demo year: an offensive from March to May, another in September and October.
_FIGHTING_MONTHS = {3: 0.6, 4: 1.0, 5: 0.7, 9: 0.7, 10: 0.9}
_FIGHTING_ADDS = {"PRO": 0.3, "HEA": 0.18, "LOG": 0.15, "CCM": 0.25, "ERY": 0.12, "WSH": 0.1, "FSC": 0.1, "TEL": 0.15}
_FIGHTING_FELT = {"accessible": 0.15, "hard_to_reach": 0.6, "contested": 1.0}
_DONT_KNOW = 0.03
_SKIPPED = 0.02


@dataclass(frozen=True)
class Hardship:
    """How hard it is, 0 to 1, by sector, in one settlement and month."""

    by_sector: dict[str, float]
    winter: float
    fighting: float
    displaced: int


def hardship(place: Place, month: int, bias: float) -> Hardship:
    """The season and the fighting on top of what the area is like; `bias` is the settlement's own."""
    winter = _WINTER_MONTHS.get(month, 0.0)
    fighting = _FIGHTING_MONTHS.get(month, 0.0) * _FIGHTING_FELT[place.area_class]
    base = _BY_CLASS[place.area_class] + (0.0 if place.urban else 0.06) + bias
    by_sector = {
        sector: min(
            max(base + winter * _WINTER_ADDS.get(sector, 0.0) + fighting * _FIGHTING_ADDS.get(sector, 0.0), 0.0), 0.97
        )
        for sector in _SECTORS
    }
    displaced = int((place.population / 3) * (0.02 + 0.05 * fighting + 0.03 * by_sector["CCM"]))
    return Hardship(by_sector, winter, fighting, displaced)


def answers(view: Hardship, informant: random.Random) -> dict[str, str]:
    """One informant's answers by question name; a question not answered is absent."""
    found = {}
    for name, (sector, draw) in _DRAWS.items():
        felt = min(max(view.by_sector[sector] + informant.gauss(0, 0.07), 0.0), 0.999)
        answer = draw(felt, view, informant)
        if informant.random() >= _SKIPPED:
            found[name] = answer
    return found


Draw = Callable[[float, Hardship, random.Random], str]


def _ranked(*options: str, unknown: str = "") -> Draw:
    """The option at the felt level; the list goes from the least to the gravest."""

    def draw(felt: float, _: Hardship, informant: random.Random) -> str:
        if unknown and informant.random() < _DONT_KNOW:
            return unknown
        return options[min(int(felt * 1.15 * len(options)), len(options) - 1)]

    return draw


def _several(*options: tuple[str, float], unknown: str = "") -> Draw:
    """Each option the more likely the harder life is; nothing mentioned is the answer `none`."""

    def draw(felt: float, _: Hardship, informant: random.Random) -> str:
        if unknown and informant.random() < _DONT_KNOW:
            return unknown
        chosen = [name for name, weight in options if informant.random() < weight * felt**1.5]
        return " ".join(chosen) or "none"

    return draw


def _number(low: float, high: float, least: int, most: int) -> Draw:
    """A whole number between what an easy and a hard month give."""

    def draw(felt: float, _: Hardship, informant: random.Random) -> str:
        value = low + (high - low) * felt + informant.gauss(0, abs(high - low) * 0.06)
        return str(min(max(round(value), least), most))

    return draw


def _displaced(_: float, view: Hardship, informant: random.Random) -> str:
    return str(max(round(view.displaced * informant.uniform(0.8, 1.25)), 0))


def _fuel(felt: float, view: Hardship, informant: random.Random) -> str:
    if felt > 0.85 and view.winter:
        return "nothing"
    return informant.choices(("gas", "wood", "coal", "electricity"), (1.2 - felt, 0.3 + felt, 0.3, 0.1))[0]


def _school(felt: float, view: Hardship, informant: random.Random) -> str:
    if informant.random() < _DONT_KNOW:
        return "dnk"
    return "most" if felt < 0.45 else "half" if felt < 0.7 else "few"


def _plan(felt: float, view: Hardship, informant: random.Random) -> str:
    weights = (0.9 - felt * 0.5, 0.4 * (1 - view.fighting), 0.1 + view.fighting * 0.6, 0.05)
    return informant.choices(("stay", "return", "move_on", "dnk"), weights)[0]


def _needs(felt: float, view: Hardship, informant: random.Random) -> str:
    weights = {
        "food": view.by_sector["FSC"],
        "water": view.by_sector["WSH"],
        "health": view.by_sector["HEA"],
        "shelter": view.by_sector["SHL"] * 0.8,
        "heating": view.winter * 0.8,
        "safety": view.by_sector["PRO"] * (0.3 + view.fighting),
        "cash": 0.35,
    }
    ranked = sorted(weights, key=lambda name: weights[name] + informant.gauss(0, 0.12), reverse=True)
    return " ".join(ranked[: 3 if felt > 0.2 else 1])


_DRAWS: dict[str, tuple[str, Draw]] = {
    "water_source": ("WSH", _ranked("piped", "borehole", "truck", "surface", unknown="dnk")),
    "water_days_missing": ("WSH", _number(-4, 22, 0, 30)),
    "sanitation_concerns": ("WSH", _several(("waste", 0.9), ("sewage", 0.7), ("latrines", 0.5), unknown="dnk")),
    "food_access": ("FSC", _ranked("few", "some", "half", "most", unknown="dnk")),
    "market_open": ("FSC", _ranked("yes", "yes", "yes", "no", unknown="dnk")),
    "missing_items": (
        "FSC",
        _several(("bread", 0.3), ("oil", 0.7), ("milk", 0.8), ("hygiene", 0.9), unknown="dnk"),
    ),
    "health_facility_open": ("HEA", _ranked("yes", "yes", "partly", "no", unknown="dnk")),
    "health_barriers": (
        "HEA",
        _several(
            ("cost", 1.0), ("distance", 0.8), ("staff", 0.6), ("medicine", 0.9), ("insecurity", 0.5), unknown="dnk"
        ),
    ),
    "infant_food": ("NUT", _ranked("yes", "yes", "no", unknown="dnk")),
    "safety_incident": ("PRO", _ranked("no", "yes", unknown="dnk")),
    "protection_concerns": (
        "PRO",
        _several(
            ("shelling", 0.8), ("mines", 0.6), ("theft", 0.4), ("separation", 0.3), ("documents", 0.5), unknown="pnta"
        ),
    ),
    "last_incident": ("PRO", _ranked("longer", "quarter", "month", "week", unknown="pnta")),
    "damage_level": ("SHL", _ranked("no_damage", "light", "heavy", "destroyed")),
    "heating_fuel": ("SHL", _fuel),
    "displaced_households": ("CCM", _displaced),
    "electricity_hours": ("ERY", _number(25, 3, 0, 24)),
    "road_access": ("LOG", _ranked("open", "delays", "closed")),
    "mobile_network": ("TEL", _ranked("always", "often", "seldom", "never")),
    "started_school": ("EDU", _school),
    "end_displacement_plan": ("CCM", _plan),
    "priority_needs": ("WSH", _needs),
}
