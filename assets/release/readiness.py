"""The gate in front of a release: is it good enough, complete, allowed, signed off? If not, why not, and who can act?

Belongs here: one pure function from what is known to a list of holds, each in words an officer understands. Does not
belong here: finding any of it out, lifting a hold, publishing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from assets.release.sensitivity import Sensitivity

ACCEPTED = ("accepted", "accepted_with_warnings", "partly_accepted")
OFFICER = "information management officer"


@dataclass(frozen=True)
class Hold:
    """One reason why a release does not go out today. `code` is stable, for tests and statistics."""

    code: str
    reason: str
    who: str


@dataclass(frozen=True)
class Candidate:
    """The release that wants to go out. `finest_level` is the finest admin level of any of its rows."""

    dataset: str
    title: str
    period: str
    topic: str
    audience: str
    finest_level: int


@dataclass(frozen=True)
class Delivery:
    """One delivery the release depends on. `verdict` is None where nothing came."""

    what: str
    sender: str
    verdict: str | None
    required: bool = False


@dataclass(frozen=True)
class Check:
    """A check of ours on the release's tables; `message` says what was found."""

    name: str
    passed: bool
    message: str
    who: str = OFFICER


@dataclass(frozen=True)
class Approval:
    """Somebody's word that this release may go out. It names the content it is about: new figures need a new word."""

    office: str
    content_hash: str
    on: date


@dataclass(frozen=True)
class Evidence:
    """Everything the gate looks at. `least_share` of the deliveries must be usable."""

    content_hash: str
    deliveries: tuple[Delivery, ...] = ()
    least_share: float = 1.0
    checks: tuple[Check, ...] = ()
    certified: bool = False
    named_in_hiding: int = 0
    approvals: tuple[Approval, ...] = ()
    approvers: tuple[str, ...] = ()
    expired_agreements: tuple[str, ...] = ()


def holds(candidate: Candidate, evidence: Evidence, sensitivity: Sensitivity, today: date) -> list[Hold]:
    """Every reason to hold the release today, in the order an officer would work through them; empty means go."""
    found: list[Hold] = []
    for rule in _RULES:
        found += rule(candidate, evidence, sensitivity, today)
    return found


def _deliveries(candidate: Candidate, evidence: Evidence, _s: Sensitivity, _t: date) -> Sequence[Hold]:
    """What must be there and is not, and whether enough of the rest came."""
    out = []
    for one in evidence.deliveries:
        if one.required and one.verdict not in ACCEPTED:
            came = "has not come" if one.verdict is None else "was refused"
            out.append(
                Hold("input", f"{one.what} for {candidate.period} {came}, and the release needs it.", one.sender)
            )
    usable = [d for d in evidence.deliveries if d.verdict in ACCEPTED]
    total = len(evidence.deliveries)
    if total and len(usable) < evidence.least_share * total:
        owing = sorted({d.sender for d in evidence.deliveries if d.verdict not in ACCEPTED})
        out.append(
            Hold(
                "completeness",
                f"Only {len(usable)} of {total} expected deliveries for {candidate.period} can be used; "
                f"{evidence.least_share:.0%} are needed before {candidate.title} says anything about the whole.",
                ", ".join(owing),
            )
        )
    return out


def _checks(_c: Candidate, evidence: Evidence, _s: Sensitivity, _t: date) -> Sequence[Hold]:
    return [Hold("quality", f"The check {c.name} failed: {c.message}", c.who) for c in evidence.checks if not c.passed]


def _sensitivity(candidate: Candidate, evidence: Evidence, rules: Sensitivity, _t: date) -> Sequence[Hold]:
    """Nobody decided is a no: a topic goes out only where a rule lets it."""
    who = "data protection focal point"
    found = rules.finest_level(candidate.topic, candidate.audience)
    if found is None:
        words = f"Nobody has decided how finely {candidate.topic} may be shown to {candidate.audience}."
        return [Hold("sensitivity", f"{words} Add a rule to sensitivity.yml.", who)]
    level, why = found
    if candidate.finest_level > level:
        limit = "may not be shown at all" if level < 0 else f"may be shown down to admin level {level} only"
        words = f"To {candidate.audience}, {candidate.topic} {limit} ({why}); this release goes to level"
        return [Hold("sensitivity", f"{words} {candidate.finest_level}.", who)]
    return []


def _areas(candidate: Candidate, evidence: Evidence, _s: Sensitivity, _t: date) -> Sequence[Hold]:
    if not evidence.named_in_hiding:
        return []
    rows = f"{evidence.named_in_hiding} rows of {candidate.title}"
    words = f"{rows} name an organisation where that endangers it. Withhold the names below the level the rules allow."
    return [Hold("areas", words, OFFICER)]


def _certificate(candidate: Candidate, evidence: Evidence, _s: Sensitivity, _t: date) -> Sequence[Hold]:
    if evidence.certified:
        return []
    words = f"No disclosure certificate covers exactly the files of {candidate.title}; without one nothing leaves."
    return [Hold("certificate", f"{words} Build the release again.", OFFICER)]


def _agreements(_c: Candidate, evidence: Evidence, _s: Sensitivity, _t: date) -> Sequence[Hold]:
    return [
        Hold("agreement", f"The agreement with {partner} that these figures come under has expired.", "head of unit")
        for partner in evidence.expired_agreements
    ]


def _approval(candidate: Candidate, evidence: Evidence, _s: Sensitivity, today: date) -> Sequence[Hold]:
    """One sign-off, by an office that may, about this very content, and not dated tomorrow."""
    about = [a for a in evidence.approvals if a.office in evidence.approvers and a.on <= today]
    if any(a.content_hash == evidence.content_hash for a in about):
        return []
    who = ", ".join(evidence.approvers) or "head of unit (no approver is named in operation.yml)"
    if about:
        return [Hold("approval", f"{candidate.title} was signed off, but its figures have changed since.", who)]
    return [Hold("approval", f"{candidate.title} for {candidate.period} is not signed off yet.", who)]


_RULES: tuple[Callable[[Candidate, Evidence, Sensitivity, date], Sequence[Hold]], ...] = (
    _deliveries,
    _checks,
    _sensitivity,
    _areas,
    _agreements,
    _certificate,
    _approval,
)
