"""The rules as data: id, severity and plain words, one YAML file per source in rules/.

Belongs here: reading those files and refusing a rule that is incomplete. Not here: how a rule is tested (suites/)
and what a file was found to break (verdict.py).
"""

from __future__ import annotations

import string
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from orchestration.failures import Permanent

RULES_FOLDER = Path(__file__).with_name("rules")
_PLACEHOLDERS = frozenset({"column", "detail", "row", "suggestion"})


class Severity(StrEnum):
    """What a broken rule does, the gravest first."""

    REFUSE = "refuse"  # the whole file waits
    QUARANTINE = "quarantine"  # the row waits, the others go on
    WARN = "warn"  # the row is used, somebody should look
    INFO = "info"  # the row is used, something was read for the sender

    @property
    def rank(self) -> int:
        """0 for the gravest."""
        return list(Severity).index(self)


@dataclass(frozen=True)
class Rule:
    """One rule in the words its sender reads. `message` may name {column}, {detail}, {row} and {suggestion}."""

    id: str
    source: str
    severity: Severity
    title: str
    message: str
    what_to_do: str
    example: str

    def say(self, *, column: str = "", detail: str = "", row: int | None = None, suggestion: str = "") -> str:
        """Return the message about one finding; detail and suggestion come from reference lists, never from cells."""
        place = "" if row is None else str(row)
        return " ".join(self.message.format(column=column, detail=detail, row=place, suggestion=suggestion).split())


_FIELDS = frozenset(field.name for field in fields(Rule)) - {"source"}


@cache
def load_rules(folder: Path = RULES_FOLDER) -> dict[str, Rule]:
    """Return all rules by id, in the order of the files."""
    found: dict[str, Rule] = {}
    for path in sorted(folder.glob("*.yml")):
        for rule in _read(path):
            if rule.id in found:
                raise _wrong(path, rule.id, "an id used once", f"the id already defined for {found[rule.id].source}")
            found[rule.id] = rule
    if not found:
        raise Permanent(f"The quality rules were read from {folder} and there are none. Restore the folder.")
    return found


def rules_of(source: str) -> dict[str, Rule]:
    """Return the rules of one source by id."""
    return {rule.id: rule for rule in load_rules().values() if rule.source == source}


def rule(rule_id: str) -> Rule:
    """Return one rule; an unknown id is a mistake in our own code or files."""
    try:
        return load_rules()[rule_id]
    except KeyError as cause:
        raise Permanent(f"Rule {rule_id} was raised but no file in {RULES_FOLDER} defines it. Add it there.") from cause


def _read(path: Path) -> list[Rule]:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(document, dict) or set(document) != {"source", "rules"}:
        raise _wrong(path, "top level", "the keys source and rules", "something else")
    return [_rule(path, str(document["source"]), entry) for entry in document["rules"]]


def _rule(path: Path, source: str, entry: dict[str, Any]) -> Rule:
    name = str(entry.get("id", "a rule without id"))
    if set(entry) != _FIELDS:
        odd = sorted(set(entry) ^ _FIELDS)
        raise _wrong(path, name, f"exactly the keys {sorted(_FIELDS)}", f"a difference in {odd}")
    empty = sorted(key for key, value in entry.items() if not str(value or "").strip())
    if empty:
        raise _wrong(path, name, "words for every key", f"nothing for {empty}")
    severities = [severity.value for severity in Severity]
    if entry["severity"] not in severities:
        raise _wrong(path, name, f"a severity of {severities}", repr(entry["severity"]))
    unknown = _names_in(str(entry["message"])) - _PLACEHOLDERS
    if unknown:
        raise _wrong(path, name, f"placeholders of {sorted(_PLACEHOLDERS)}", f"{sorted(unknown)}")
    words = {key: " ".join(str(value).split()) for key, value in entry.items() if key != "severity"}
    return Rule(source=source, severity=Severity(entry["severity"]), **words)


def _names_in(message: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(message) if name is not None}


def _wrong(path: Path, where: str, expected: str, found: str) -> Permanent:
    return Permanent(f"{path.name}, {where}: expected {expected}, found {found}. Mend the file.")
