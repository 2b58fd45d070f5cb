"""What a release is asked to be: its name, its rules, its words and where it came from.

Belongs here: the settings of one release, and refusing a release that leaves a figure without a rule. Does not belong
here: rows, files, or deciding whether it goes out (`readiness`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from assets.release.content import kind
from assets.release.dictionary import Column, Dictionary
from assets.release.tables import CountRule
from orchestration.failures import Permanent

FORMATS = ("csv", "xlsx", "parquet")
STATUS_MEANING = (
    "What the figure is: reported, not_reported (nothing was sent), not_assessed (nobody asked), no_consensus (answers "
    "disagree) or suppressed (known, but hidden so that nobody can be singled out). Zero is a figure like any other."
)


@dataclass(frozen=True)
class Lineage:
    """What a release was made of, enough to make it again."""

    arrivals: tuple[str, ...]
    config_hash: str
    commit: str
    lock_hash: str
    cod_version: str
    destroyed_inputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class ReleaseSpec:
    """One release. `harmless` names each figure that is no count of people, with the reason in words."""

    dataset: str
    stem: str
    title: str
    version: str
    as_of: date
    period: str
    audience: str
    topic: str
    country: str
    licence: str
    keys: tuple[str, ...]
    lineage: Lineage
    counts: tuple[CountRule, ...] = ()
    harmless: Mapping[str, str] = field(default_factory=dict)
    formats: tuple[str, ...] = FORMATS
    geometry: str | None = None
    caveats: tuple[str, ...] = ()
    contact: str = ""

    @property
    def statuses(self) -> tuple[str, ...]:
        """The status columns of the counts."""
        return tuple(dict.fromkeys(rule.status for rule in self.counts))

    def words(self, dictionary: Dictionary) -> dict[str, object]:
        """What is said to readers besides the rows: part of the content's identity."""
        return {
            "dataset": self.dataset, "title": self.title, "period": self.period, "audience": self.audience,
            "licence": self.licence, "caveats": [*dictionary.caveats, *self.caveats], "grain": dictionary.grain,
            "method": dictionary.method, "source": dictionary.source, "description": dictionary.description,
            "formats": self.formats, "rules": [(r.value, r.threshold, r.width) for r in self.counts],
        }  # fmt: skip


def complete_dictionary(dictionary: Dictionary, spec: ReleaseSpec, present: Sequence[str]) -> Dictionary:
    """The dictionary with the status of every published count, without which an empty cell says nothing."""
    for status in spec.statuses:
        if status in present:
            dictionary = dictionary.with_column(Column(status, "VARCHAR", STATUS_MEANING))
    return dictionary


def require_rules(spec: ReleaseSpec, dictionary: Dictionary) -> None:
    """Every published figure has a disclosure rule, or a reason why it needs none: a new one is shut until then."""
    ruled = {c for r in spec.counts for c in (r.value, *r.parts, *r.derived)}
    figures = [c.name for c in dictionary.columns if kind(c) in ("whole", "decimal", "real")]
    open_ones = [name for name in figures if name not in (*spec.keys, *ruled, *spec.harmless)]
    hidden_keys = [c for r in spec.counts for c in (*r.keys, r.value, *r.parts) if c not in dictionary.names]
    unknown = [f for f in spec.formats if f not in FORMATS]
    if open_ones or hidden_keys or unknown:
        raise Permanent(
            f"Release {spec.dataset} cannot be judged. Figures without a disclosure rule: {open_ones}; columns of a "
            f"rule that are not published: {hidden_keys}; unknown formats: {unknown}. Add each figure to a rule in "
            "`counts`, or to `harmless` with the reason why it says nothing about people."
        )
