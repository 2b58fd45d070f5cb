"""What became of the findings of the version before: fixed, still open, new.

Belongs here: recognising the same trouble in two versions of a file. Not here: how it is shown. Rows move when others
are added or deleted, so a finding is first looked for by what its row is about (its key), then by its number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from assets.quality.rules import Severity
from assets.quality.verdict import Finding, Verdict

Identity = Callable[[Finding], tuple[object, ...] | None]


@dataclass(frozen=True)
class Progress:
    """Findings that ask for action, compared with the version before.

    `comparable` is false where the version before was refused as a whole: its rows were never judged, so what is new
    may have been there all along.
    """

    fixed: tuple[Finding, ...]
    still_open: tuple[Finding, ...]
    new: tuple[Finding, ...]
    comparable: bool = True


def _exactly(finding: Finding) -> tuple[object, ...] | None:
    return finding.rule, finding.column, finding.key, finding.row


def _by_key(finding: Finding) -> tuple[object, ...] | None:
    return (finding.rule, finding.column, finding.key) if finding.key else None


def _by_row(finding: Finding) -> tuple[object, ...] | None:
    return finding.rule, finding.column, finding.row


def compare(previous: Verdict, current: Verdict) -> Progress:
    """Return what was fixed, what is still open and what is new; information asks for nothing and is left out."""
    before, now = _asking(previous), _asking(current)
    still_open: list[Finding] = []
    for identity in (_exactly, _by_key, _by_row):
        before, now, same = _matched(before, now, identity)
        still_open.extend(same)
    order = {id(finding): at for at, finding in enumerate(current.findings)}
    still_open.sort(key=lambda finding: order[id(finding)])
    judged = not any(f.severity is Severity.REFUSE for f in previous.findings) or any(f.key for f in previous.findings)
    return Progress(tuple(before), tuple(still_open), tuple(now), judged)


def _asking(verdict: Verdict) -> list[Finding]:
    return [finding for finding in verdict.findings if finding.severity is not Severity.INFO]


def _matched(
    before: Iterable[Finding], now: Iterable[Finding], identity: Identity
) -> tuple[list[Finding], list[Finding], list[Finding]]:
    """Pair off findings of one identity; return what is left of both sides and the matched ones of now."""
    waiting: dict[tuple[object, ...], list[Finding]] = defaultdict(list)
    left_before = []
    for finding in before:
        key = identity(finding)
        if key is None:
            left_before.append(finding)
        else:
            waiting[key].append(finding)
    left_now, same = [], []
    for finding in now:
        key = identity(finding)
        if key is not None and waiting.get(key):
            waiting[key].pop(0)
            same.append(finding)
        else:
            left_now.append(finding)
    return [*left_before, *(finding for rest in waiting.values() for finding in rest)], left_now, same
