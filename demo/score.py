"""How well the platform found what was planted: the answer key against its verdicts.

Belongs here: comparing. Does not belong here: planting (`demo/country`), finding (the platform never reads this).
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from assets.quality import ledger
from orchestration.lake import Lake

Spot = tuple[str, str, int | None, str]  # source, file, row, rule
SAME_FILE = "-SAME-FILE"


@dataclass
class Score:
    """By rule: planted troubles found and missed, and findings nobody planted."""

    found: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    false: Counter[str] = field(default_factory=Counter)
    missed_spots: list[Spot] = field(default_factory=list)
    false_spots: list[Spot] = field(default_factory=list)

    @property
    def perfect(self) -> bool:
        """Everything found, nothing invented."""
        return not self.missed and not self.false


def score(world: Path, lake: Lake) -> Score:
    """Compare what was planted in everything that arrived with everything the verdicts say."""
    said, arrived = _said(lake)
    planted = [spot for spot in _planted(world / "answer_key.csv") if _has_arrived(spot, arrived)]
    result = Score()
    explained: set[Spot] = set()
    for spot in planted:
        matching = {one for one in said if _same(spot, one)}
        explained |= matching
        if matching:
            result.found[spot[3]] += 1
        else:
            result.missed[spot[3]] += 1
            result.missed_spots.append(spot)
    for one in sorted(said - explained, key=str):
        result.false[one[3]] += 1
        result.false_spots.append(one)
    return result


def _planted(path: Path) -> Iterable[Spot]:
    with path.open(encoding="utf-8", newline="") as source:
        for row in csv.DictReader(source):
            if row["rule"]:
                yield row["source"], row["file"], int(row["row"]) if row["row"] else None, row["rule"]


def _said(lake: Lake) -> tuple[set[Spot], set[tuple[str, str]]]:
    said: set[Spot] = set()
    arrived: set[tuple[str, str]] = set()
    newest = {}
    for entry in ledger.entries(lake):
        # A survey round is judged anew with every pull; only its last judgement counts.
        newest[entry.source, entry.partition if entry.source == "hsm" else entry.arrival_id] = entry
    for entry in newest.values():
        file = "" if entry.source == "hsm" else entry.file_name
        arrived.add((entry.source, file))
        for finding in entry.verdict["findings"]:
            said.add((entry.source, file, finding.get("row"), finding["rule"]))
    for note in lake.folder("quality").glob("*/again/*.json"):
        source, content = note.parts[-3], json.loads(note.read_text(encoding="utf-8"))
        if "_totals" in content["file_name"]:
            continue  # control totals of a file sent again are the same because they must be
        arrived.add((source, content["file_name"]))
        said.add((source, content["file_name"], None, _same_file_rule(source)))
    return said, arrived


def _same_file_rule(source: str) -> str:
    return {"clusters": "C", "displacement": "D", "register": "R"}.get(source, source[0].upper()) + SAME_FILE


def _has_arrived(spot: Spot, arrived: set[tuple[str, str]]) -> bool:
    return (spot[0], spot[1]) in arrived


def _same(planted: Spot, said: Spot) -> bool:
    """The same rule in the same file, and in the same row where the key names one."""
    same_place = planted[0] == said[0] and planted[1] == said[1] and planted[3] == said[3]
    return same_place and (planted[2] is None or said[2] is None or planted[2] == said[2])
