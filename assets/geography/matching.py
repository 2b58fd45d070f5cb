"""What a row says about its place, weighed against the places that exist.

Belongs here: the decisions (which version was meant, whether names and parents agree, what is ambiguous). Not
here: the lists themselves (index.py). The rule above all others: nothing is guessed. A row that could mean two
places means none, and the likely one is only suggested.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from assets.geography.codes import Reading, cell_text, readings
from assets.geography.index import Place, PlaceIndex
from assets.geography.scripts import has_mixed_word, likeness, lookalike_keys

UNKNOWN, AMBIGUOUS, PARENT = "PLACE-UNKNOWN", "PLACE-AMBIGUOUS", "PLACE-PARENT"
NAME, LOOKALIKE, CODE_NUMBER, OLD_CODE = "PLACE-NAME", "LOOKALIKE", "CODE-NUMBER", "OLD-CODE"
# Two spellings of one name score above 84 in the romanisations seen; two different names of one district below.
_SAME_NAME = 84.0
_WORTH_SUGGESTING = 72.0
_SUGGESTIONS = 3
_OPTIONAL_LEVEL = 4  # settlements: no list of them is ever complete, so an unlisted one is no error


@dataclass(frozen=True)
class Note:
    """One thing to tell about a match: the rule's suffix and where it was seen.

    `level` is None for the code that decided; otherwise the level of the name or parent code it is about.
    """

    suffix: str
    part: str
    level: int | None = None


@dataclass(frozen=True)
class Match:
    """The place a row means, or why none could be named. `how`: exact, repaired, crosswalk, name, none."""

    pcode: str | None = None
    level: int | None = None
    version: str | None = None
    how: str = "none"
    told: tuple[Note, ...] = ()
    suggestion: str | None = None
    lineage: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """Rule suffixes raised ("PLACE-NAME", "OLD-CODE"); a source puts its own letter before them."""
        return tuple(dict.fromkeys(note.suffix for note in self.told))

    @property
    def problem(self) -> str | None:
        """The suffix of the rule that keeps this place from being used, if any."""
        return next((suffix for suffix in self.notes if suffix in {UNKNOWN, AMBIGUOUS, PARENT}), None)

    def ancestor(self, level: int) -> str | None:
        """Return the code of the unit of that level, itself included."""
        return self.lineage[level - 1] if 0 < level <= len(self.lineage) else None


@dataclass(frozen=True)
class Statement:
    """What a row says: the most detailed code, names by level, codes of higher levels by level."""

    code: object = None
    names: Mapping[int, str] = field(default_factory=dict)
    parents: Mapping[int, object] = field(default_factory=dict)


@dataclass(frozen=True)
class _Candidate:
    place: Place
    reading: Reading
    against: tuple[Note, ...]


class Matcher:
    """Decides about statements for one version of the boundaries."""

    def __init__(self, index: PlaceIndex, version: str, min_level: int) -> None:
        self.index, self.version, self.min_level = index, version, min_level

    def match(self, said: Statement) -> Match:
        """Return the place the statement means in this version, with everything worth telling."""
        found = self._by_code(said) if cell_text(said.code) else self._by_names(said)
        if found.pcode and (found.level or 0) < self.min_level:
            found = Match(told=(*found.told, Note(UNKNOWN, "code" if cell_text(said.code) else "name")))
        mixed = [Note(LOOKALIKE, "name", level) for level, name in said.names.items() if has_mixed_word(name)]
        told = tuple(dict.fromkeys((*found.told, *mixed)))
        return replace(found, told=told)

    # --- a code was given ---------------------------------------------------------------------------------

    def _by_code(self, said: Statement) -> Match:
        candidates = list(self._candidates(said))
        if not candidates:
            return Match(told=(Note(UNKNOWN, "code"),), suggestion=self._suggest(said))
        best = min(candidates, key=self._rank)
        told = [*best.against, *self._about_reading(best)]
        if best.place.version == self.version:
            return self._finish(best.place, "repaired" if best.reading.repaired else "exact", told, said)
        became = self.index.translate(best.place, self.version)
        if len(became) > 1:
            became = self._narrow(best.place, became, said.names) or became
        if len(became) == 1:
            return self._finish(became[0], "crosswalk", [*told, Note(OLD_CODE, "code")], said)
        suffix = AMBIGUOUS if became else UNKNOWN
        return Match(told=(Note(suffix, "code"),), suggestion=_labels(became))

    def _candidates(self, said: Statement) -> Iterator[_Candidate]:
        for reading in readings(said.code, self.index.shape):
            for version in (self.version, *self.index.other_versions(self.version)):
                place = self.index.by_code[version].get(reading.code)
                if place:
                    yield _Candidate(place, reading, tuple(self._against(place, said)))

    def _rank(self, candidate: _Candidate) -> tuple[bool, bool, int, bool]:
        """A reading nothing contradicts beats the version in force, which beats the others.

        A code can mean one commune in the old list and another in the new; name and parents tell which list
        the partner looked into.
        """
        against = len(candidate.against)
        return against > 0, candidate.place.version != self.version, against, candidate.reading.repaired

    def _about_reading(self, candidate: _Candidate) -> list[Note]:
        notes = [Note(CODE_NUMBER, "code")] if candidate.reading.repaired else []
        return [*notes, Note(LOOKALIKE, "code")] if candidate.reading.lookalike else notes

    def _against(self, place: Place, said: Statement) -> Iterator[Note]:
        """Yield what contradicts this place: stated parents and names that belong elsewhere."""
        for level in range(1, place.level):
            if cell_text(said.parents.get(level)):
                if not self._is_parent(said.parents[level], place, level):
                    yield Note(PARENT, "code", level)
                elif level in said.names and not self._agrees(said.names[level], place, level):
                    yield Note(NAME, "name", level)
            elif level in said.names and not self._agrees(said.names[level], place, level):
                elsewhere = self.index.named(place.version, level, self.index.key(said.names[level]))
                yield Note(PARENT if elsewhere else NAME, "name", level)
        if place.level in said.names and not self._agrees(said.names[place.level], place, place.level):
            yield Note(NAME, "name", place.level)

    def _is_parent(self, cell: object, place: Place, level: int) -> bool:
        wanted = place.ancestor(level)
        for reading in readings(cell, self.index.shape):
            for version in (place.version, *self.index.other_versions(place.version)):
                stated = self.index.by_code[version].get(reading.code)
                if stated and wanted in {p.pcode for p in self.index.translate(stated, place.version)}:
                    return True
        return False

    def _agrees(self, name: str, place: Place, level: int) -> bool:
        """Whether a stated name is that of the place, or of what it was called in another version."""
        code = place.ancestor(level)
        unit = self.index.by_code[place.version].get(code or "")
        key = self.index.key(name)
        if unit is None or not key:
            return True
        keys = self.index.keys_of(unit)
        if key in keys or any(other in keys for other in lookalike_keys(name)):
            return True
        if any(other.lineage[:-1] == unit.lineage[:-1] for other in self.index.named(unit.version, level, key)):
            return False
        if any(likeness(key, own) >= _SAME_NAME for own in keys):
            return True
        return any(
            unit in self.index.translate(former, unit.version)
            for version in self.index.other_versions(unit.version)
            for former in self.index.named(version, level, key)
        )

    def _narrow(self, old: Place, places: list[Place], names: Mapping[int, str]) -> list[Place]:
        """Keep the successors a stated name points at: a new name, or a settlement inside.

        The old commune's own name says nothing, even if one of its parts kept it.
        """
        key = self.index.key(names.get(old.level, ""))
        kept = [place for place in places if key in self.index.keys_of(place) - self.index.keys_of(old)]
        if kept:
            return kept
        below = [level for level in names if level > places[0].level]
        return [
            place
            for place in places
            for level in below
            if any(self.index.key(names[level]) in self.index.keys_of(c) for c in self.index.inside(place, level))
        ]

    # --- only names were given ----------------------------------------------------------------------------

    def _by_names(self, said: Statement) -> Match:
        here = self._named_places(said, self.version)
        if isinstance(here, list) and len(here) == 1:
            return self._finish(here[0], "name", [], said)
        for version in self.index.other_versions(self.version) if not here or isinstance(here, Note) else ():
            former = self._named_places(said, version)
            one = former[0] if isinstance(former, list) and len(former) == 1 else None
            became = self.index.translate(one, self.version) if one else []
            if len(became) == 1:
                return self._finish(became[0], "crosswalk", [Note(OLD_CODE, "name", became[0].level)], said)
        if isinstance(here, Note):
            return Match(told=(here,), suggestion=self._suggest(said))
        if here:
            return Match(told=(Note(AMBIGUOUS, "name", here[0].level),), suggestion=_labels(here))
        return Match(told=(Note(UNKNOWN, "name"),), suggestion=self._suggest(said))

    def _named_places(self, said: Statement, version: str) -> list[Place] | Note:
        """Narrow down level by level; a Note says at which level the names stopped making sense."""
        scope: list[Place] = []
        for level in sorted(set(said.names) | {n for n, cell in said.parents.items() if cell_text(cell)}):
            named = self._at_level(said, version, level)
            kept = [p for p in named if not scope or any(a.pcode == p.ancestor(a.level) for a in scope)]
            if kept and not (level >= _OPTIONAL_LEVEL and len(kept) > 1 and len(scope) == 1):
                scope = kept
            elif level < _OPTIONAL_LEVEL or not scope:
                return Note(PARENT if named and scope else UNKNOWN, "name", level)
        return scope

    def _at_level(self, said: Statement, version: str, level: int) -> list[Place]:
        cell = said.parents.get(level)
        if cell_text(cell):
            places = self.index.by_code[version]
            return [places[r.code] for r in readings(cell, self.index.shape) if r.code in places]
        name = said.names.get(level, "")
        found = self.index.named(version, level, self.index.key(name))
        for other in lookalike_keys(name) if not found else ():
            found = found or self.index.named(version, level, other)
        return found

    # --- both ---------------------------------------------------------------------------------------------

    def _finish(self, place: Place, how: str, told: list[Note], said: Statement) -> Match:
        """Go down to the most detailed level the names state, or say why that is not possible."""
        told = [*told, *self._wrong_alphabet(place, said)]
        suggestion = place.label if {NAME, PARENT} & {note.suffix for note in told} else None
        for level in sorted(n for n in said.names if n > place.level and n <= self.index.deepest):
            keys = {self.index.key(said.names[level]), *lookalike_keys(said.names[level])}
            inside = [p for p in self.index.inside(place, level) if self.index.keys_of(p) & keys]
            if len(inside) == 1:
                place = inside[0]
            elif level < _OPTIONAL_LEVEL:
                note = Note(AMBIGUOUS if inside else UNKNOWN, "name", level)
                return Match(told=(*told, note), suggestion=_labels(inside) or self._suggest(said, place))
        if any(note.suffix == PARENT for note in told):
            return Match(told=tuple(told), suggestion=suggestion)
        return Match(place.pcode, place.level, self.version, how, tuple(told), suggestion, place.lineage)

    def _wrong_alphabet(self, place: Place, said: Statement) -> Iterator[Note]:
        """Yield names that are right only once look-alike letters are read in the other alphabet."""
        for level, name in said.names.items():
            unit = self.index.by_code[place.version].get(place.ancestor(level) or "")
            keys = self.index.keys_of(unit) if unit else frozenset()
            if unit and self.index.key(name) not in keys and any(k in keys for k in lookalike_keys(name)):
                yield Note(LOOKALIKE, "name", level)

    def _suggest(self, said: Statement, scope: Place | None = None) -> str | None:
        """Offer up to three places whose name is like the most detailed one stated."""
        levels = [level for level in said.names if level <= min(self.index.deepest, _OPTIONAL_LEVEL - 1)]
        if not levels:
            return None
        level = max(levels)
        key = self.index.key(said.names[level])
        pool = self._pool(said, level, scope)
        scored = [(max(likeness(key, own) for own in self.index.keys_of(p)), p) for p in pool]
        good = sorted((-score, p.pcode, p) for score, p in scored if score >= _WORTH_SUGGESTING)
        best = [p for score, _, p in good if score <= good[0][0] + 5]
        return _labels(best[:_SUGGESTIONS])

    def _pool(self, said: Statement, level: int, scope: Place | None) -> list[Place]:
        if scope:
            return self.index.inside(scope, level)
        for above in range(level - 1, 0, -1):
            parents = self._at_level(said, self.version, above)
            if parents:
                return [place for parent in parents for place in self.index.inside(parent, level)]
        return [place for place in self.index.by_code[self.version].values() if place.level == level]


def _labels(places: list[Place]) -> str | None:
    return "; ".join(place.label for place in places[:_SUGGESTIONS]) or None
