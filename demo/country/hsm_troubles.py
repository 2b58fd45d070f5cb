"""What goes wrong with interviews, and what looks wrong but isn't.

Belongs here: which interviews are affected and how. Does not belong here: sound interviews
(`hsm_interviews.py`), the answer key's row numbers (`hsm.py`, when everything has its `_id`).

No settlement has more than one trouble in a round: with three informants two sound ones remain, so that
nothing but the planted case has too few interviews.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta

from demo.country.canaries import Canary
from demo.country.hsm_form import question_paths, version_id
from demo.country.hsm_interviews import SUPERVISOR, Interview, month_of, verdict_time, written
from demo.kobo.project import Event

_PER_ROUND = {
    "no_consent": 4, "consent_but_content": 1, "not_approved": 3, "too_short": 1, "too_long": 1, "future": 1,
    "place_unknown": 1, "duplicate": 2, "round_unknown": 1, "few": 1, "deleted": 2, "late": 2, "edited": 5,
    "on_hold": 4,
}  # fmt: skip
# The small demo has each kind once, dealt out over its three rounds in this order.
_SMALL = (
    "no_consent", "consent_but_content", "not_approved", "late", "too_short", "too_long", "future", "place_unknown",
    "duplicate", "round_unknown", "few", "deleted", "edited", "on_hold", "no_consent",
)  # fmt: skip
_LAST_LATE, _NO_FUTURE = 11, 6  # nothing arrives after the year; in June the future lies after the reform

Editor = Callable[[Interview, random.Random], None]


def plant(interviews: list[Interview], seed: int, size: str) -> list[Interview]:
    """Change the affected interviews; the list comes back with duplicates added and missing ones gone."""
    source = random.Random(f"{seed} hsm troubles {size}")
    rounds = sorted({interview.round for interview in interviews})
    by_site: dict[tuple[str, int], list[Interview]] = {}
    for interview in interviews:
        by_site.setdefault((interview.round, interview.site.number), []).append(interview)
    found = list(interviews)
    for place, round_key in enumerate(rounds):
        kinds = _kinds(round_key, place, len(rounds), size)
        here = sorted(number for name, number in by_site if name == round_key)
        for kind, number in zip(kinds, source.sample(here, len(kinds)), strict=True):
            group = by_site[(round_key, number)]
            if kind == "few":
                found = [one for one in found if one not in group[1:]]
                group[0].odd.append((kind, "H-FEW", f"one interview of three in {_settlement(group[0])}"))
            else:
                found += _spoil(kind, source.choice(group), source)
    return found


def _kinds(round_key: str, place: int, rounds: int, size: str) -> list[str]:
    if size == "small":
        return list(_SMALL[place::rounds])
    skipped = {"late"} if month_of(round_key) > _LAST_LATE else set()
    skipped |= {"future"} if month_of(round_key) == _NO_FUTURE else set()
    return [kind for kind, count in _PER_ROUND.items() if kind not in skipped for _ in range(count)]


def mention(interviews: list[Interview], planted: list[Canary]) -> None:
    """Write planted identities into the free text of sound interviews, one each."""
    odd = {(one.round, one.site.number, one.seat) for one in interviews if one.odd}  # with a duplicate's original
    sound = [one for one in interviews if (one.round, one.site.number, one.seat) not in odd]
    for interview, canary in zip(sound, planted, strict=False):
        interview.row["comment"] = f"Call {canary.name}, {canary.phone} or {canary.email}, about the list."


def _settlement(interview: Interview) -> str:
    return interview.row["location/settlement"]


def _spoil(kind: str, interview: Interview, source: random.Random) -> list[Interview]:
    """Apply one trouble; returns interviews to add."""
    rule, note, edit = _EDITORS[kind]
    if kind == "duplicate":
        copy = deepcopy(interview)
        copy.sent, copy.later = interview.sent + timedelta(minutes=source.randint(5, 40)), []
        copy.odd.append((kind, rule, note))
        return [copy]
    edit(interview, source)
    interview.odd.append((kind, rule, note))
    return []


def _no_consent(interview: Interview, _: random.Random) -> None:
    """The interview ends at the refusal."""
    keep = ("start", "end", "today", "deviceid", "username", "round", "__version__")
    kept = {key: value for key, value in interview.row.items() if key in keep or key.startswith("location/")}
    interview.row = kept | {"consent": "no"}
    interview.later = []


def _content_without_consent(interview: Interview, _: random.Random) -> None:
    """Somebody corrected the consent afterwards: the answers are still there and must not be used."""
    interview.row["consent"] = "no"
    interview.row["comment"] = f"{interview.informant.name} withdrew, phone {interview.informant.phone}"
    interview.later = []


def _not_approved(interview: Interview, source: random.Random) -> None:
    at = verdict_time(source, interview.sent)
    interview.later = [Event(at, "validate", by=SUPERVISOR, status="not_approved")]


def _on_hold(interview: Interview, source: random.Random) -> None:
    at = verdict_time(source, interview.sent)
    interview.later = [Event(at, "validate", by=SUPERVISOR, status="on_hold")]


def _lasts(least: int, most: int) -> Editor:
    def edit(interview: Interview, source: random.Random) -> None:
        interview.end = interview.start + timedelta(minutes=source.randint(least, most))
        interview.sent = interview.end + timedelta(minutes=source.randint(2, 30))
        interview.row["end"] = written(interview.end, 0)
        interview.later = []

    return edit


def _future(interview: Interview, _: random.Random) -> None:
    """The device's clock is ahead by days."""
    ahead = timedelta(days=12)
    interview.row["start"] = written(interview.start + ahead, 0)
    interview.row["end"] = written(interview.end + ahead, 0)
    interview.row["today"] = (interview.start + ahead).date().isoformat()


def _place_unknown(interview: Interview, _: random.Random) -> None:
    """From a list of an older form: its commune never had so many settlements."""
    interview.row["location/settlement"] = _settlement(interview)[:9] + "999"


def _round_unknown(interview: Interview, _: random.Random) -> None:
    interview.row["round"] = "R99"


def _deleted(interview: Interview, source: random.Random) -> None:
    at = (interview.sent + timedelta(hours=source.randint(5, 60))).isoformat()
    interview.later = [Event(at, "delete", by=SUPERVISOR)]


def _late(interview: Interview, source: random.Random) -> None:
    """Found on a device a month later: the round is closed, its figures are out."""
    interview.sent += timedelta(days=source.randint(31, 35))
    interview.row["__version__"] = version_id(interview.asset, interview.version)
    interview.later = []


def _edited(interview: Interview, source: random.Random) -> None:
    """The supervisor called back and corrected two answers."""
    path = question_paths(interview.asset, interview.version)
    after = {key: value for key, value in interview.row.items() if key != "__version__"}
    after[path["water_days_missing"]] = str((int(after.get(path["water_days_missing"], "0")) + 7) % 31)
    after["comment"] = "Corrected by telephone."
    at = interview.sent + timedelta(hours=source.randint(2, 30))
    interview.later = [Event(at.isoformat(), "edit", row=after, by=SUPERVISOR)]


def _nothing(_: Interview, __: random.Random) -> None:
    """A duplicate leaves the first interview as it is."""


_EDITORS: dict[str, tuple[str, str, Editor]] = {
    "no_consent": ("H-NO-CONSENT", "refused", _no_consent),
    "consent_but_content": ("H-NO-CONSENT", "no consent, yet answers and a name are there", _content_without_consent),
    "not_approved": ("H-NOT-APPROVED", "the supervisor did not approve it", _not_approved),
    "too_short": ("H-DURATION", "3 to 8 minutes", _lasts(3, 8)),
    "too_long": ("H-DURATION", "100 to 240 minutes", _lasts(100, 240)),
    "future": ("H-FUTURE", "the device's clock was 12 days ahead", _future),
    "place_unknown": ("H-PLACE-UNKNOWN", "a settlement code that no list has", _place_unknown),
    "duplicate": ("H-DUPLICATE", "the same interview sent a second time", _nothing),
    "round_unknown": ("H-ROUND", "round R99", _round_unknown),
    "deleted": ("", "deleted on the server some hours later: has to vanish here too", _deleted),
    "late": ("", "sent a month after its round: may change nothing that is out in silence", _late),
    "edited": ("", "two answers corrected on the server: the later ones count", _edited),
    "on_hold": ("", "on hold: kept and flagged", _on_hold),
}
