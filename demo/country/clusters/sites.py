"""Where activities take place: a commune under its old and its new code, reported at the level the cluster reports.

Belongs here: which places can be worked in, how one place is written in the version of a month.
Does not belong here: what is done there (activities.py), how names are misspelt (harmless.py, troubles.py).
"""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from random import Random

from demo.country.geography import Geography, Place

REFORM = "2025-07"  # the first month reported with version v02
_EASE = {"accessible": 1.0, "hard_to_reach": 0.4, "contested": 0.15}  # how likely help gets there


@dataclass(frozen=True)
class Spot:
    """A place as one version of the country writes it: the units from the region down to the reported level."""

    version: str
    units: tuple[Place, ...]
    settlement: str | None

    @property
    def pcode(self) -> str:
        """The code of the reported level."""
        return self.units[-1].pcode

    @property
    def level(self) -> int:
        """1 region, 2 district, 3 commune."""
        return len(self.units)


@dataclass(frozen=True)
class Site:
    """A commune, its successor after the reform and the level at which work there is reported."""

    old: Place
    new: Place
    level: int
    settlement: str | None


@dataclass(frozen=True)
class Gazetteer:
    """The geography, looked up the ways a focal point looks it up."""

    geography: Geography

    @cached_property
    def _codes(self) -> dict[str, dict[str, Place]]:
        return {version: dict(self.geography.by_pcode(version)) for version in ("v01", "v02")}

    @cached_property
    def _successors(self) -> dict[str, str]:
        """Every old commune's new code; of a commune that was split, the part where most people live."""
        best: dict[str, tuple[float, str]] = {}
        for old, new, _, weight in sorted(self.geography.crosswalk()):
            best[old] = max(best.get(old, (0.0, "")), (weight, new))
        return {old: new for old, (_, new) in best.items()}

    @cached_property
    def split(self) -> frozenset[str]:
        """Old communes that became several: their old code alone doesn't say where."""
        return frozenset(old for old, _, kind, _ in self.geography.crosswalk() if kind == "split")

    def place(self, version: str, pcode: str) -> Place:
        """The place a code stands for in a version."""
        return self._codes[version][pcode]

    def known(self, version: str, pcode: str) -> bool:
        """Whether a version has this code."""
        return pcode in self._codes[version]

    def communes(self, version: str) -> list[Place]:
        """The communes of a version, by code."""
        return self.geography.places(version, 3)

    def line(self, version: str, pcode: str) -> tuple[Place, ...]:
        """The units from the region down to this one."""
        units = [self.place(version, pcode)]
        while units[0].level > 1:
            units.insert(0, self.place(version, units[0].parent))
        return tuple(units)

    def spot(self, site: Site, version: str) -> Spot:
        """The site in the words of one version."""
        commune = site.old if version == "v01" else site.new
        return Spot(version, self.line(version, commune.pcode)[: site.level], site.settlement)

    def ambiguous_names(self, version: str) -> list[str]:
        """Names that several communes bear: by name alone nobody can say which is meant."""
        named = Counter(place.name for place in self.communes(version))
        return sorted(name for name, times in named.items() if times > 1)

    def pick(self, rng: Random, level: int) -> Site:
        """A place to work in, rarely where access is hard."""
        communes = self.communes("v01")
        old = rng.choices(communes, [_EASE[place.area_class] * place.population**0.5 for place in communes])[0]
        new = self.place("v02", self._successors[old.pcode])
        named = self._settlements_in_both(old, new)
        settlement = rng.choice(named) if level == 3 and named and rng.random() < 0.3 else None
        return Site(old, new, level, settlement)

    def _settlements_in_both(self, old: Place, new: Place) -> list[str]:
        before, after = self._names_in("v01", old.pcode), self._names_in("v02", new.pcode)
        return sorted(name for name, times in before.items() if times == 1 and after[name] == 1)

    def _names_in(self, version: str, commune: str) -> Counter[str]:
        return self._settlement_names[version].get(commune, Counter())

    @cached_property
    def _settlement_names(self) -> dict[str, dict[str, Counter[str]]]:
        named: dict[str, dict[str, Counter[str]]] = {"v01": {}, "v02": {}}
        for version, communes in named.items():
            for place in self.geography.places(version, 4):
                communes.setdefault(place.parent, Counter())[place.name] += 1
        return named


def version_of(month: str) -> str:
    """The version of the country that is in force in a reporting month.

    >>> version_of("2025-06"), version_of("2025-07") ('v01', 'v02')
    """
    return "v01" if month < REFORM else "v02"
