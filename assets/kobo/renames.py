"""Reviewed renames: which old question is which of today's, decided by a person and kept as rows.

Belongs here: reading the rename file and suggesting lines for it. Does not belong here: applying them (`forms.py`). A
suggestion is never applied by itself: two questions may share a label and mean different things.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from difflib import SequenceMatcher

from assets.kobo.forms import Form, Question
from orchestration.failures import Permanent

_NEEDED = ("asset", "old_xpath", "canonical")
_OPTIONAL = ("decided_by", "decided_on", "reason")
# Below this two labels are usually two questions; above it usually one that was reworded.
_ALIKE = 0.8


@dataclass(frozen=True)
class Suggestion:
    """A question of the newer form that looks like one the older form had under another name."""

    asset: str
    xpath: str
    canonical: str
    likeness: float


def read_renames(text: str) -> dict[str, dict[str, str]]:
    """asset -> old `$xpath` -> canonical name, from the rename file's text."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    columns = [str(name) for name in reader.fieldnames or ()]
    if not set(_NEEDED) <= set(columns) <= {*_NEEDED, *_OPTIONAL}:
        raise Permanent(
            f"Read the KoBo rename file: it needs the columns {', '.join(_NEEDED)} and may have "
            f"{', '.join(_OPTIONAL)}, but has {', '.join(columns)}. Correct the header; trying again does not help."
        )
    renames: dict[str, dict[str, str]] = {}
    for number, line in enumerate(reader, start=2):
        asset, path, name = ((line[column] or "").strip() for column in _NEEDED)
        known = renames.setdefault(asset, {})
        if not (asset and path and name) or path in known:
            raise Permanent(
                f"Read the KoBo rename file: line {number} is incomplete or repeats a question. Correct the line; "
                "trying again does not help."
            )
        known[path] = name
    return renames


def suggest_renames(before: Form, after: Form) -> list[Suggestion]:
    """For each carried question that only the newer form has, the lost one whose label is most like it."""
    lost = [q for name, q in before.questions.items() if q.carried and name not in after.questions]
    fresh = [q for name, q in after.questions.items() if q.carried and name not in before.questions]
    found = []
    for question in fresh:
        scored = [(_likeness(question, old), old.name) for old in lost if old.type == question.type]
        score, name = max(scored, default=(0.0, ""))
        if score >= _ALIKE:
            found.append(Suggestion(after.asset_uid, question.paths[-1], name, round(score, 3)))
    return found


def _likeness(one: Question, other: Question) -> float:
    labels = SequenceMatcher(None, one.label_en.lower(), other.label_en.lower()).ratio()
    codes = one.codes | other.codes
    shared = len(one.codes & other.codes) / len(codes) if codes else 1.0
    return (labels + shared) / 2
