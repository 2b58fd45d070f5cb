"""What was really done: undertakings that run for months, and the true figures of each month.

Belongs here: who does what, where, for whom, from when to when, and how many people it reaches.
Does not belong here: how it is written in a workbook (spelling.py) or what goes wrong there (troubles.py).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from demo.country.clusters import office
from demo.country.clusters.sites import Gazetteer, Site, version_of

# Lines a cluster's partners report in a month at country size.
_LINES = {
    "CCM": 75, "EDU": 115, "ERY": 66, "FSC": 170, "HEA": 160, "LOG": 64, "NUT": 78, "PRO": 140, "PRO-CPN": 115,
    "PRO-GBV": 84, "PRO-MIN": 76, "SHL": 135, "TEL": 64, "WSH": 160,
}  # fmt: skip
_LINES_SMALL = {"WSH": 34, "HEA": 32, "FSC": 34, "PRO": 31}
_GROUPS = ("IDP", "IDP", "IDP", "NDP", "NDP", "RET", "RET", "REF")
# girls, boys, women, men, older women, older men: shares in a hundred
_SHARES = (17, 17, 30, 18, 11, 7)
_SHARES_GBV = (12, 3, 62, 8, 12, 3)
BRACKETS = ("girls", "boys", "women", "men", "older_women", "older_men")


@dataclass(frozen=True)
class Undertaking:
    """One activity of one organisation for one group in one place. It keeps its target from start to end."""

    number: int
    org: str
    impl: str | None
    donor: str | None
    activity: office.Activity
    site: Site
    group: str
    start: date
    end: date
    end_known: bool
    targeted: int
    rate: float
    repeats: float
    suspended: str | None


@dataclass(frozen=True)
class Record:
    """The truth of one undertaking in one month; None is "not reported yet", zero is nobody."""

    undertaking: Undertaking
    month: str
    status: str
    reached: int | None
    reached_new: int | None
    brackets: tuple[int, ...] | None
    with_disability: int | None


def months() -> list[str]:
    """The reporting months of the demo year."""
    return [f"2025-{month:02d}" for month in range(1, 13)]


def undertakings(places: Gazetteer, seed: int, size: str, cluster: str) -> list[Undertaking]:
    """A cluster's year: on each line of its report one undertaking follows the other."""
    rng = Random(f"{seed}/undertakings/{cluster}")
    partners = _partners(cluster, rng)
    found: list[Undertaking] = []
    for _ in range(_LINES_SMALL[cluster] if size == "small" else _LINES[cluster]):
        day = date(2024, 9, 1) + timedelta(days=rng.randint(0, 150))
        while day < date(2026, 1, 1):
            found.append(_undertaking(len(found), places, cluster, partners, day, rng))
            day = found[-1].end + timedelta(days=rng.randint(3, 40))
    return found


def month_records(found: list[Undertaking], month: str) -> list[Record]:
    """The lines of one month's report. One per organisation, activity, place and group."""
    version = version_of(month)
    lines: dict[tuple[str, ...], Record] = {}
    for undertaking in found:
        record = _record(undertaking, month)
        if record:
            lines.setdefault(_key(undertaking, version), record)
    return list(lines.values())


def split_people(total: int, shares: tuple[float, ...]) -> tuple[int, ...]:
    """Whole numbers in about these proportions that add up to exactly the total.

    >>> split_people(10, (1.0, 1.0, 1.0)) (4, 3, 3)
    """
    exact = [total * share / sum(shares) for share in shares]
    parts = [int(value) for value in exact]
    by_rest = sorted(range(len(parts)), key=lambda place: (parts[place] - exact[place], place))
    for place in by_rest[: total - sum(parts)]:
        parts[place] += 1
    return tuple(parts)


def _partners(cluster: str, rng: Random) -> list[str]:
    """The organisations active in a cluster: most are NGOs; donors don't report."""
    active = [org.org_id for org in office.organisations() if org.type_code != "433"]
    return sorted(rng.sample(active, 14))


def _undertaking(
    number: int, places: Gazetteer, cluster: str, partners: list[str], day: date, rng: Random
) -> Undertaking:
    donors = [org.org_id for org in office.organisations() if org.type_code == "433"]
    org = rng.choice(partners)
    activity = rng.choice(office.activities(cluster))
    site = places.pick(rng, 2 if cluster == "PRO-GBV" else rng.choices((3, 2, 1), (80, 17, 3))[0])
    end = day + timedelta(days=rng.randint(45, 240))
    paused = [month for month in months() if f"{day:%Y-%m}" < month < f"{end:%Y-%m}"]
    return Undertaking(
        number, org, rng.choice([other for other in partners if other != org]) if rng.random() < 0.35 else None,
        rng.choice(donors) if rng.random() < 0.6 else None, activity, site, rng.choice(_GROUPS), day, end,
        rng.random() < 0.9, _target(activity, site, rng), rng.uniform(0.55, 1.05), rng.uniform(0.0, 0.6),
        rng.choice(paused) if paused and rng.random() < 0.08 else None,
    )  # fmt: skip


def _target(activity: office.Activity, site: Site, rng: Random) -> int:
    """People, households or items; never more than a fair part of those who live there."""
    people = min(site.old.population, site.new.population) * rng.uniform(0.02, 0.09)
    if site.settlement:
        people *= 0.3
    divisor = {"individuals": 1, "households": 3, "items": 40}[activity.unit]
    return max(24, round(people / divisor))


def _record(undertaking: Undertaking, month: str) -> Record | None:
    start, end = f"{undertaking.start:%Y-%m}", f"{undertaking.end:%Y-%m}"
    if month < start:
        soon = f"{undertaking.start - timedelta(days=31):%Y-%m}" <= month and undertaking.number % 3 == 0
        return Record(undertaking, month, "planned", None, None, None, None) if soon else None
    if month > end:
        return None
    if month == undertaking.suspended:
        return _figures(undertaking, month, "suspended", 0, 0)
    new = _new_people(undertaking, month)
    repeated = 0 if month == start else round(undertaking.targeted * undertaking.repeats * 0.5)
    reached = min(new + repeated, round(undertaking.targeted * 1.1))
    return _figures(undertaking, month, "completed" if month == end else "ongoing", reached, min(new, reached))


def _new_people(undertaking: Undertaking, month: str) -> int:
    """This month's part of all the people reached in the end, a little uneven."""
    first, last, this = (year_month(f"{day:%Y-%m}") for day in (undertaking.start, undertaking.end, _first(month)))
    running = [1.0 + 0.35 * ((undertaking.number + place) % 3 - 1) for place in range(last - first + 1)]
    return round(undertaking.targeted * undertaking.rate * running[this - first] / sum(running))


def year_month(month: str) -> int:
    """Months counted from year 0, so that they can be subtracted."""
    return int(month[:4]) * 12 + int(month[5:7]) - 1


def _first(month: str) -> date:
    return date(int(month[:4]), int(month[5:7]), 1)


def _figures(undertaking: Undertaking, month: str, status: str, reached: int, new: int) -> Record:
    if undertaking.activity.unit != "individuals":  # households and items have no sex and no age
        return Record(undertaking, month, status, reached, new, None, None)
    rng = Random(f"{undertaking.number}/{undertaking.targeted}/{month}")
    usual = _SHARES_GBV if undertaking.activity.sector == "PRO-GBV" else _SHARES
    brackets = split_people(reached, tuple(share * rng.uniform(0.7, 1.3) for share in usual))
    return Record(undertaking, month, status, reached, new, brackets, round(reached * rng.uniform(0.02, 0.12)))


def _key(undertaking: Undertaking, version: str) -> tuple[str, ...]:
    commune = undertaking.site.old if version == "v01" else undertaking.site.new
    place = commune.pcode[: 2 + (2, 4, 7)[undertaking.site.level - 1]]
    return (undertaking.org, undertaking.activity.code, place, undertaking.group)
