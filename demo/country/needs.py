"""The needs workbook of the plan year: who needs what where, agreed in December before the year begins.

Here belong its figures, its layout and the mistakes of its authors. Here does not belong the arithmetic across
sectors, which is the platform's. One long sheet, one row per district, population group and sector.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from demo.country.deliveries import Delivery, Trouble, at
from demo.country.displacement_stocks import build_stocks
from demo.country.geography import Geography, Place
from demo.country.needs_workbook import FIRST_ROW, Line, as_workbook

PLAN_YEAR = 2025
DELIVERED = date(2024, 12, 22)
FILE = f"XKV_needs_and_targets_{PLAN_YEAR}.xlsx"
CORE = ("CCM", "EDU", "FSC", "HEA", "NUT", "PRO", "SHL", "WSH")
SECTORS = (*CORE, "PRO-CPN", "PRO-GBV", "PRO-MIN")
GROUPS = ("IDP", "RET", "NDP", "REF")
_PASTED = "PRO-MIN"  # its focal point copied one severity down the whole column
# Which part of a population needs a sector's help, by severity; 1 and 2 need little or nothing.
_SHARE = {1: 0.0, 2: 0.04, 3: 0.22, 4: 0.45, 5: 0.72}
_WEIGHT = dict(zip(SECTORS, (0.35, 0.7, 0.95, 1.0, 0.5, 0.9, 0.75, 1.0, 0.6, 0.45, 0.3), strict=True))
CODE, NAME, REGION, GROUP, SECTOR, LABEL, POPULATION, SEVERITY, PIN, TARGETED = range(10)
_LABELS = {"PRO": "Protection (total)"}


@dataclass(frozen=True)
class _Mistake:
    """One way to spoil a row that it fits."""

    kind: str
    rule: str
    note: str
    spoil: Callable[[Line], None]
    fits: Callable[[Line], bool]


def deliver(geo: Geography, seed: int, size: str) -> tuple[list[Delivery], list[Trouble]]:
    """One workbook; both sizes of the demo have all of it, because a plan is one thing."""
    rng = random.Random(f"needs {seed}")
    lines = _lines(geo, seed, rng)
    troubles = _spoil(lines, rng)
    delivery = Delivery(at(DELIVERED, 17, 30), "needs", "needs-working-group", FILE, as_workbook(lines, DELIVERED))
    return [delivery], troubles


def groups_of(geo: Geography, seed: int) -> dict[tuple[str, str], int]:
    """The people of each old district by population group; together they are the district's baseline population."""
    rng = random.Random(f"groups {seed}")
    stock = build_stocks(geo, seed).of(0, "v01")
    found: dict[tuple[str, str], int] = {}
    for place in geo.places("v01", 2):
        idps = stock[place.pcode, "camp"] + stock[place.pcode, "non_camp"]
        returned = round(place.population * rng.uniform(0.01, 0.08) * (3 if place.area_class == "contested" else 1))
        refugees = rng.choice((0, 0, 3, 12, 60, 240)) if place.area_class == "accessible" else 0
        people = {"IDP": idps, "RET": returned, "REF": refugees}
        people["NDP"] = place.population - sum(people.values())
        found |= {(place.pcode, group): people[group] for group in GROUPS}
    return found


def _lines(geo: Geography, seed: int, rng: random.Random) -> list[Line]:
    people = groups_of(geo, seed)
    regions = {place.pcode: place.name for place in geo.places("v01", 1)}
    lines: list[Line] = []
    for place in geo.places("v01", 2):
        base = {sector: _severity(place, sector, rng) for sector in SECTORS}
        for group in GROUPS:
            for sector in SECTORS:
                severity = _of_group(base[sector], group, rng) if sector != _PASTED else 3
                figures = _figures(people[place.pcode, group], severity, sector, rng)
                where = (place.pcode, place.name, regions[place.parent])
                lines.append([*where, group, sector, _LABELS.get(sector, ""), *figures])
    return lines


def _severity(place: Place, sector: str, rng: random.Random) -> int:
    """Worse near the front, best far away."""
    centre = {"contested": 4.1, "hard_to_reach": 3.5, "accessible": 2.6}[place.area_class]
    east = 0.02 * (place.lon + 28)
    return min(5, max(1, round(rng.gauss(centre + 8 * east + _WEIGHT[sector] / 3 - 0.2, 0.6))))


def _of_group(severity: int, group: str, rng: random.Random) -> int:
    """The displaced are often worse off than those who never had to leave."""
    worse = {"IDP": 0.5, "RET": 0.25, "REF": 0.3, "NDP": 0.0}[group]
    return min(5, severity + (rng.random() < worse))


def _figures(population: int, severity: int, sector: str, rng: random.Random) -> list[int]:
    """Population, severity, people in need, targeted: each inside the one before."""
    share = min(0.95, _SHARE[severity] * _WEIGHT[sector] * rng.uniform(0.85, 1.15))
    need = round(population * share)
    return [population, severity, need, round(need * (1.0 if severity >= 4 else 0.5))]


def _large(line: Line) -> bool:
    return int(line[PIN]) > 200 and line[SECTOR] not in (_PASTED, "PRO")


def _set(column: int, value: Callable[[Line], int | str]) -> Callable[[Line], None]:
    def spoil(line: Line) -> None:
        line[column] = value(line)

    return spoil


_MISTAKES = (
    _Mistake("pin_over_population", "N-PIN-OVER-POPULATION", "more people in need than people",
             _set(PIN, lambda line: int(line[POPULATION]) + 150), _large),
    _Mistake("target_over_pin", "N-TARGET-OVER-PIN", "more people targeted than in need",
             _set(TARGETED, lambda line: int(line[PIN]) + 90), lambda line: _large(line) and int(line[SEVERITY]) < 4),
    _Mistake("severity_six", "N-SEVERITY", "a severity of 6", _set(SEVERITY, lambda line: 6), _large),
    _Mistake("severity_zero", "N-SEVERITY", "a severity of 0", _set(SEVERITY, lambda line: 0), _large),
    _Mistake("negative", "N-NEGATIVE", "a minus before the people targeted",
             _set(TARGETED, lambda line: -int(line[TARGETED])), _large),
    _Mistake("place_unknown", "N-PLACE-UNKNOWN", "a placeholder code, XV99XX, and a district that doesn't exist",
             lambda line: line.__setitem__(slice(CODE, REGION), ["XV99XX", "Unknown district"]), _large),
)  # fmt: skip


def _spoil(lines: list[Line], rng: random.Random) -> list[Trouble]:
    """Each mistake in a row of its own; the doubled series come last, so that no row moves afterwards."""
    chosen: set[int] = set()
    troubles = []
    for mistake in _MISTAKES:
        place = rng.choice([n for n, line in enumerate(lines) if n not in chosen and mistake.fits(line)])
        chosen.add(place)
        mistake.spoil(lines[place])
        troubles.append(_trouble(mistake.kind, place, mistake.rule, mistake.note))
    troubles += _doubled(lines, rng)
    pasted = f"the sector {_PASTED} has severity 3 in every district and group: pasted, not assessed"
    return [*troubles, _trouble("constant", None, "N-CONSTANT", pasted)]


def _doubled(lines: list[Line], rng: random.Random) -> list[Trouble]:
    """Protection twice for two districts: the total, and below the table "General protection" under the same code."""
    districts = rng.sample(sorted({str(line[CODE]) for line in lines if line[SECTOR] == "PRO"}), 2)
    again = [list(line) for line in lines if line[SECTOR] == "PRO" and line[CODE] in districts]
    note = "a second series of the same district, group and sector; adding both would count people twice"
    troubles = []
    for line in again:
        line[LABEL] = "General protection"
        line[PIN], line[TARGETED] = int(line[PIN]) * 9 // 10, int(line[TARGETED]) * 9 // 10
        lines.append(line)
        troubles.append(_trouble("duplicate_series", len(lines) - 1, "N-DUPLICATE-SERIES", note))
    return troubles


def _trouble(kind: str, place: int | None, rule: str, note: str) -> Trouble:
    return Trouble(kind, "needs", FILE, None if place is None else FIRST_ROW + place, rule, note)
