"""The office's own lists (organisations, sectors, activities, groups, aliases) as this source looks things up.

Belongs here: finding the code a cell stands for, exactly or through a reviewed alias. Not here: the lists
themselves (operations/<name>/). Nothing is matched by likeness: likeness only makes a suggestion.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assets.geography.codes import cell_text
from assets.geography.scripts import has_mixed_word, likeness, lookalike_keys, name_key

Rows = Iterable[Mapping[str, Any]]
_WORTH_SUGGESTING = 70.0
_BRACKETS = re.compile(r"^(.*?)\s*[(\[]([^)\]]+)[)\]]\s*$")
_DASHED = re.compile(r"\s+[-–—:|]\s+")
STATUSES = ("planned", "ongoing", "completed", "suspended")


@dataclass(frozen=True)
class Hit:
    """What a cell stands for in a list: a code, or none and a suggestion. `lookalike`: letters were swapped."""

    code: str | None = None
    suggestion: str | None = None
    lookalike: bool = False


class Lookup:
    """Codes by every name they answer to."""

    def __init__(self, entries: Iterable[tuple[str, str, Sequence[str]]]) -> None:
        """Take (code, official name, other names); the code itself is a name too."""
        self._codes: dict[str, set[str]] = defaultdict(set)
        self._names: dict[str, str] = {}
        for code, name, others in entries:
            self._names.setdefault(code, name)
            for text in (code, name, *others):
                if key := name_key(str(text)):
                    self._codes[key].add(code)
        self._known: dict[tuple[str, frozenset[str] | None], Hit] = {}

    def find(self, cell: object, among: frozenset[str] | None = None) -> Hit:
        """Return the code a cell stands for. `among` settles names that several sectors use."""
        text = cell_text(cell)
        key = (text, among)
        if key not in self._known:
            self._known[key] = self._find(text, among)
        return self._known[key]

    def knows(self, text: str) -> bool:
        """Whether a text is the name of an entry, or the beginning of one."""
        key = name_key(text)
        return bool(key) and (key in self._codes or any(other.startswith(key + " ") for other in self._codes))

    def _find(self, text: str, among: frozenset[str] | None) -> Hit:
        codes = self._all(name_key(text))
        lookalike = has_mixed_word(text)
        if not codes:
            codes = next((found for key in lookalike_keys(text) if (found := self._all(key))), set())
            lookalike = lookalike or bool(codes)
        inside = codes & among if among is not None else codes
        if len(inside) == 1 or len(codes) == 1:
            return Hit(min(inside or codes), lookalike=lookalike)
        if codes:
            return Hit(suggestion=self._label(inside or codes), lookalike=lookalike)
        return self._from_parts(text, among) or Hit(suggestion=self._like(text, among), lookalike=lookalike)

    def _all(self, key: str) -> set[str]:
        return self._codes.get(key, set())

    def _from_parts(self, text: str, among: frozenset[str] | None) -> Hit | None:
        """Read "Name (ACRONYM)" and "CODE - Name": both parts must mean the same, or one of them nothing."""
        match = _BRACKETS.match(text)
        parts = list(match.groups()) if match else _DASHED.split(text, maxsplit=1)
        if len(parts) != 2:
            return None
        meant = [self._all(name_key(part)) for part in parts]
        known = [codes for codes in meant if codes]
        shared = set.intersection(*known) if known else set()
        shared = shared & among if among is not None and shared & among else shared
        return Hit(min(shared), lookalike=has_mixed_word(text)) if len(shared) == 1 else None

    def _like(self, text: str, among: frozenset[str] | None) -> str | None:
        key = name_key(text)
        if not key:
            return None
        pool = [(k, codes) for k, codes in self._codes.items() if among is None or codes & among]
        scored = sorted(((-likeness(key, other), min(codes)) for other, codes in pool), key=lambda pair: pair)
        return self._label({scored[0][1]}) if scored and -scored[0][0] >= _WORTH_SUGGESTING else None

    def _label(self, codes: set[str]) -> str:
        return "; ".join(f"{code} {self._names[code]}" for code in sorted(codes)[:3])


class OfficeLists:
    """Everything a cluster workbook is looked up in."""

    def __init__(
        self,
        *,
        organisations: Rows,
        sectors: Rows,
        activities: Rows,
        population_groups: Rows,
        values: Rows = (),
        submitters: Mapping[str, str] | None = None,
        reports_for: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        """Build from rows of the office tables.

        `values` are the reviewed spellings (field, value, code); `submitters` says for which cluster an account sends,
        `reports_for` what other sectors' rows a cluster's file holds.
        """
        aliases = _aliases(values)
        sector_rows, activity_rows = list(sectors), list(activities)
        self.organisations = Lookup(
            (row["org_id"], row["name"], [row.get("acronym") or "", *_others(row), *aliases("org", row["org_id"])])
            for row in organisations
        )
        self.sectors = Lookup((r["sector"], r["name"], aliases("sector", r["sector"])) for r in sector_rows)
        self.activities = Lookup(
            (r["activity_code"], r["name"], aliases("activity", r["activity_code"])) for r in activity_rows
        )
        self.groups = Lookup(
            (r["population_group"], r["name"], [*_others(r), *aliases("population_group", r["population_group"])])
            for r in population_groups
        )
        self.statuses = Lookup((code, code, aliases("status", code)) for code in STATUSES)
        self.sector_of = {row["activity_code"]: row["sector"] for row in activity_rows}
        self._parents = {row["sector"]: row.get("parent") or None for row in sector_rows}
        self.submitters = dict(submitters or {})
        self._reports_for = dict(reports_for or {})

    def sectors_of(self, cluster: str) -> frozenset[str]:
        """Return the sectors a cluster may report on: its own, those below it (areas of responsibility), and the
        same of every other sector it sends for.
        """
        tops = {cluster, *self._reports_for.get(cluster, ())}
        return frozenset(code for code, parent in self._parents.items() if code in tops or parent in tops)

    def activities_of(self, sectors: frozenset[str]) -> frozenset[str]:
        """Return the activities of some sectors."""
        return frozenset(code for code, sector in self.sector_of.items() if sector in sectors)


def _others(row: Mapping[str, Any]) -> list[str]:
    return [name for name in str(row.get("aliases") or "").split(";") if name.strip()]


def _aliases(values: Rows) -> Callable[[str, str], list[str]]:
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in values:
        found[row["field"], row["code"]].append(row["value"])
    return lambda field, code: found[field, code]
