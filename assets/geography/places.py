"""The gazetteer: from what a row says about its place to one P-code, or to the reason why there is none.

Belongs here: the door every source goes through (`Gazetteer.resolve`). Not here: the lists (index.py), the
decisions (matching.py), the spelling of codes (codes.py) and of names (scripts.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from assets.geography.codes import cell_text, readings
from assets.geography.index import Place, PlaceIndex
from assets.geography.matching import Match, Matcher, Statement

if TYPE_CHECKING:
    import pandas

Rows = Iterable[Mapping[str, Any]]


class Gazetteer:
    """All places of an operation, in every version of its boundaries."""

    def __init__(
        self,
        places: Rows | pandas.DataFrame,
        crosswalk: Rows | pandas.DataFrame = (),
        aliases: Rows = (),
        *,
        iso3: str = "",
        level_words: Sequence[str] = (),
    ) -> None:
        """Build from rows of checked.places and checked.crosswalk and the reviewed aliases (alias, pcode).

        `level_words` are words that only name a level ("region", "commune") and are ignored in names.
        """
        self.index = PlaceIndex(_rows(places), _rows(crosswalk), aliases, iso3, level_words)
        self._known: dict[tuple[Any, ...], Match] = {}

    def resolve(
        self,
        code: object,
        names: Mapping[int, str],
        on: date,
        *,
        parents: Mapping[int, object] | None = None,
        min_level: int = 1,
    ) -> Match:
        """Return the place meant by the most detailed code, the names by level and the codes of higher levels.

        The version is the one in force on `on`. Codes of other versions are carried over where they became one
        place. Rows repeat their places, so answers are remembered.
        """
        version = self.index.version_on(on).name
        stated = {level: name for level, cell in sorted(names.items()) if (name := cell_text(cell))}
        above = {level: cell for level, cell in sorted((parents or {}).items()) if cell_text(cell)}
        key = (version, min_level, _memo(code), tuple(stated.items()), tuple(map(_memo, above.items())))
        match = self._known.get(key)
        if match is None:
            match = Matcher(self.index, version, min_level).match(Statement(code, stated, above))
            self._known[key] = match
        return match

    def knows(self, text: str) -> bool:
        """Whether a text is a P-code or the name of a place, in any version and spelling of the code."""
        codes = [reading.code for reading in readings(text, self.index.shape)]
        key = self.index.key(text)
        return any(code in places for places in self.index.by_code.values() for code in codes) or any(
            self.index.named(version.name, level, key)
            for version in self.index.versions
            for level in range(1, self.index.deepest + 1)
        )

    def place(self, pcode: str, version: str) -> Place | None:
        """Return a place by its exact code and version."""
        return self.index.by_code[version].get(pcode) if version in self.index.by_code else None

    def version_on(self, day: date) -> str:
        """Return the name of the version in force on a day."""
        return self.index.version_on(day).name


def _rows(table: Rows | pandas.DataFrame) -> Iterable[Mapping[str, Any]]:
    if isinstance(table, Iterable) and not hasattr(table, "to_dict"):
        return table
    records: list[Mapping[str, Any]] = getattr(table, "to_dict")("records")  # noqa: B009
    return records


def _memo(cell: object) -> tuple[str, object]:
    """A number and the same digits as text are read differently, so the type is part of the key."""
    return type(cell).__name__, cell
