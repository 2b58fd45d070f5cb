"""The places of every version of the boundaries, indexed by code and by name, and the way between versions.

Belongs here: what exists. Not here: what a cell was meant to say (matching.py).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from assets.geography.codes import CodeShape
from assets.geography.scripts import name_key
from orchestration.failures import Permanent

_CODE_BEHIND = re.compile(r"\s*\(([A-Z]{2,3}[A-Z0-9]{2,18})\)\s*$")


@dataclass(frozen=True)
class Place:
    """One unit in one version of the boundaries; `lineage` holds its own code last and those above it."""

    pcode: str
    level: int
    version: str
    names: tuple[str, ...]
    lineage: tuple[str, ...]

    def ancestor(self, level: int) -> str | None:
        """Return the code of the unit of that level this place lies in, itself included."""
        return self.lineage[level - 1] if 0 < level <= self.level else None

    @property
    def label(self) -> str:
        """What a person is shown when this place is suggested."""
        return f"{self.pcode} {self.names[0]}"


@dataclass(frozen=True)
class Version:
    """One version of the boundaries and the days on which it is in force."""

    name: str
    valid_on: date
    valid_to: date | None


class PlaceIndex:
    """All versions of the places; built once per process from rows of checked.places."""

    def __init__(
        self,
        places: Iterable[Mapping[str, Any]],
        crosswalk: Iterable[Mapping[str, Any]] = (),
        aliases: Iterable[Mapping[str, Any]] = (),
        iso3: str = "",
        level_words: Sequence[str] = (),
    ) -> None:
        self.by_code: dict[str, dict[str, Place]] = defaultdict(dict)
        self._by_name: dict[tuple[str, int], dict[str, list[Place]]] = defaultdict(lambda: defaultdict(list))
        self._keys: dict[tuple[str, str], frozenset[str]] = {}
        self._words = frozenset(word for text in level_words for word in name_key(text).split())
        rows = [row for row in places if int(row["level"]) > 0]
        self.versions = _versions(rows)
        also_called = _aliases(aliases)
        for row in rows:
            self._add(row, also_called)
        self.shape = CodeShape.of((str(row["pcode"]) for row in rows), iso3)
        self._steps = _steps(crosswalk)

    def _add(self, row: Mapping[str, Any], also_called: Mapping[tuple[str, str], Sequence[str]]) -> None:
        code, level, version = str(row["pcode"]), int(row["level"]), str(row["cod_version"])
        above = [str(row[f"adm{n}_pcode"]) for n in range(1, min(level, 4))]
        names = [str(name) for name in (row["name"], row.get("name_local")) if isinstance(name, str) and name]
        place = Place(code, level, version, tuple(names), (*above, code))
        aliases = (*also_called.get((version, code), ()), *also_called.get(("", code), ()))
        keys = frozenset(self.key(name) for name in (*names, *aliases)) - {""}
        self.by_code[version][code] = place
        self._keys[version, code] = keys
        for key in keys:
            self._by_name[version, level][key].append(place)

    def key(self, name: str) -> str:
        """Return the comparison key of a name, without words that only name the level ("Zelena commune") and without
        its own code behind it, by which our workbooks tell two of one name apart ("Nove (QZ0103003)").
        """
        behind = _CODE_BEHIND.search(name)
        if behind and any(behind[1] in places for places in self.by_code.values()):
            name = name[: behind.start()]
        key = name_key(name)
        if not self._words:
            return key
        return " ".join(word for word in key.split() if word not in self._words) or key

    def keys_of(self, place: Place) -> frozenset[str]:
        """All keys a place answers to: its names in both scripts and its reviewed aliases."""
        return self._keys[place.version, place.pcode]

    def named(self, version: str, level: int, key: str) -> list[Place]:
        """Return the places of a level that bear this name, in code order."""
        return self._by_name[version, level].get(key, []) if (version, level) in self._by_name else []

    def version_on(self, day: date) -> Version:
        """Return the version in force on a day; before the first one the first, after the last one the last."""
        in_force = [version for version in self.versions if version.valid_on <= day]
        return in_force[-1] if in_force else self.versions[0]

    def other_versions(self, name: str) -> list[str]:
        """Return the other versions, the latest first: partners use last year's list more than older ones."""
        return [version.name for version in reversed(self.versions) if version.name != name]

    @cached_property
    def deepest(self) -> int:
        """The most detailed level any version has."""
        return max((level for _, level in self._by_name), default=0)

    @cached_property
    def _children(self) -> dict[tuple[str, str], list[Place]]:
        found: dict[tuple[str, str], list[Place]] = defaultdict(list)
        for version, places in self.by_code.items():
            for place in places.values():
                for above in place.lineage[:-1]:
                    found[version, above].append(place)
        return found

    def inside(self, place: Place, level: int) -> list[Place]:
        """Return the places of a level inside a place."""
        return [child for child in self._children.get((place.version, place.pcode), []) if child.level == level]

    def translate(self, place: Place, version: str) -> list[Place]:
        """Return what became of a place in another version: one place, several after a split, or none."""
        order = [item.name for item in self.versions]
        here, there = order.index(place.version), order.index(version)
        step = 1 if there > here else -1
        current = [place]
        for at in range(here + step, there + step, step) if here != there else ():
            current = _unique(became for one in current for became in self._step(one, order[at]))
        return current

    def _step(self, place: Place, version: str) -> list[Place]:
        target = self.by_code[version]
        direct = self._steps.get((place.version, place.pcode, version))
        if direct is not None:
            return [target[code] for code in direct if code in target]
        found = self._by_children(place, version) or self._by_parent(place, version)
        if found:
            return found
        same = target.get(place.pcode)
        return [same] if same and self.keys_of(same) & self.keys_of(place) else []

    def _by_children(self, place: Place, version: str) -> list[Place]:
        """A district is where its communes went: the crosswalk itself only lists the lowest level."""
        parts = [
            became
            for child in self.inside(place, place.level + 1)
            for code in self._steps.get((child.version, child.pcode, version), ())
            if (became := self.by_code[version].get(code))
        ]
        codes = sorted({code for part in parts if (code := part.ancestor(place.level))})
        return [self.by_code[version][code] for code in codes if code in self.by_code[version]]

    def _by_parent(self, place: Place, version: str) -> list[Place]:
        """A settlement keeps its name when its commune is recoded: look for it where the commune went."""
        above = place.ancestor(place.level - 1)
        went = self._steps.get((place.version, above, version)) if above else None
        if went is None:
            return []
        keys = self.keys_of(place)
        homes = [self.by_code[version][code] for code in went if code in self.by_code[version]]
        return [p for home in homes for p in self.inside(home, place.level) if self.keys_of(p) & keys]


def _unique(places: Iterable[Place]) -> list[Place]:
    return list({place.pcode: place for place in places}.values())


def _versions(rows: Sequence[Mapping[str, Any]]) -> list[Version]:
    found: dict[str, Version] = {}
    for row in rows:
        name = str(row["cod_version"])
        if name not in found:
            found[name] = Version(name, _day(row["valid_on"]), _day_or_none(row.get("valid_to")))
    if not found:
        raise Permanent(
            "The gazetteer was to be built from the table of places, but the table has no place below the country. "
            "Deliver the boundaries first; trying again without them does not help."
        )
    return sorted(found.values(), key=lambda version: (version.valid_on, version.name))


def _day(value: Any) -> date:
    return date.fromisoformat(str(value)[:10])


def _day_or_none(value: Any) -> date | None:
    return None if value is None or str(value) in {"", "NaT", "nan", "<NA>"} else _day(value)


def _aliases(rows: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], list[str]]:
    """Read the reviewed spellings: a name somebody confirmed, the code it stands for, and in which version.

    Without a version it counts in all of them.
    """
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows:
        found[str(row.get("cod_version") or ""), str(row["pcode"])].append(str(row["alias"]))
    return found


def _steps(crosswalk: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str, str], list[str]]:
    """Index the crosswalk both ways: a file for an old month may hold codes that came later."""
    found: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for row in crosswalk:
        old_version, old = str(row["old_version"]), str(row["old_pcode"])
        new_version, new = str(row["new_version"]), str(row["new_pcode"])
        found[old_version, old, new_version].add(new)
        found[new_version, new, old_version].add(old)
    return {key: sorted(codes) for key, codes in found.items()}
