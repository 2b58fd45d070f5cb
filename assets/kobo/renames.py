"""Reviewed renames: which old question is which of today's, decided by a person and kept as rows.

Belongs here: reading the rename file and suggesting lines for it. Does not belong here: applying them (`forms.py`). A
suggestion is never applied by itself: two questions may share a label and mean different things.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

from assets.kobo.forms import Form, Question

# Below this two labels are usually two questions; above it usually one that was reworded.
_ALIKE = 0.8


@dataclass(frozen=True)
class Suggestion:
    """A question of the newer form that looks like one the older form had under another name."""

    asset: str
    xpath: str
    canonical: str
    likeness: float


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
