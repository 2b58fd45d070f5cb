"""One row with its facts: what is true about it, where a rule looks, what codes it stands for.

Belongs here: the shape, and what makes a row the same as another. Not here: deriving the facts (facts.py,
figure_facts.py).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from assets.clusters.activities import Row
from assets.geography.codes import cell_text
from assets.geography.scripts import name_key

NOT_LISTED = "?"
_CODE_OF = {"org": "org_id", "impl_org": "impl_org_id", "donor": "donor_org_id", "activity": "activity_code"}


@dataclass(frozen=True, slots=True)
class Told:
    """Where in a row a rule looks (None: the row as a whole), and what can be said about it without a value."""

    column: str | None
    suggestion: str | None = None
    detail: str | None = None


@dataclass(slots=True)
class RowFacts:
    """One row: its facts, what to say if a rule breaks, and the codes it stands for."""

    row: Row
    facts: dict[str, Any] = field(default_factory=dict)
    told: dict[str, list[Told]] = field(default_factory=dict)
    codes: dict[str, Any] = field(default_factory=dict)

    def tell(self, rule: str, column: str | None, suggestion: str | None = None, detail: str | None = None) -> None:
        """Remember where a rule looks in this row."""
        entries = self.told.setdefault(rule, [])
        if all(entry.column != column for entry in entries):
            entries.append(Told(column, suggestion, detail))

    @property
    def key(self) -> str:
        """What makes the row the same in the next version of the file: who, what, where, for whom; no figure."""
        codes = self.codes
        parts = [codes.get(name) for name in ("org_id", "activity_code", "status", "population_group", "donor_org_id")]
        stated = (*self.row.codes.values(), *self.row.names.values())
        place = codes.get("pcode") or [name_key(cell_text(cell)) for cell in stated]
        return hashlib.blake2s(repr((parts, place)).encode(), digest_size=5).hexdigest()


def signature(one: RowFacts) -> tuple[Any, ...]:
    """Everything the row says; two rows are the same if all of it is, however it was spelled."""
    row, codes = one.row, one.codes
    place = codes["pcode"] or tuple(cell_text(cell) for cell in row.codes.values())
    texts = tuple(_said(one, name, text) for name, text in sorted(row.texts.items()))
    stated = [row.names.get(4, "")] if codes["pcode"] else [name for _, name in sorted(row.names.items())]
    names = tuple(map(name_key, stated))
    figures = tuple((number.amount, number.wrong) for _, number in sorted(row.figures.items()))
    return (codes["month"], place, names, texts, tuple(sorted(row.dates.items())), figures, row.errors, row.unread)


def _said(one: RowFacts, name: str, text: str) -> str:
    return str(one.codes.get(_CODE_OF.get(name, name)) or name_key(text))
