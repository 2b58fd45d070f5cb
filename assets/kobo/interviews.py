"""Raw rows and their form, read into the checked tables `interviews` and `answers`.

Belongs here: consent, validation, the H- rules, and what of an answer may be carried on. Does not belong here: fetching
(`pull.py`), reading forms (`forms.py`), agreement between interviews of one settlement (dbt).

Nothing is carried on because nobody thought of dropping it: answers enter by the form's column `aggregation`, options
by the form's choice list, numbers by being whole numbers. Names, phones, devices, accounts, positions and free text
have no column to go to.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from assets.kobo.cleaning import CONSENTS
from assets.kobo.forms import Form, Question
from assets.kobo.pull import root_of, validation_of
from assets.kobo.times import day_of, moment_of
from orchestration.failures import Permanent

Json = dict[str, Any]

# Nine digits at most: a longer number in an answer is more likely somebody's phone than a count of anything.
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,9}")
# What differs when one interview is sent twice by accident, or duplicated in KoBo.
_NOT_SAID = frozenset(("start", "end", "deviceid", "phonenumber", "subscriberid", "simserial", "audit"))
# Keys KoBo adds by itself; any other key without a question means that a version of the form is missing.
_SYSTEM = ("_", "meta/", "formhub/")
# The device's clock may be a day ahead of UTC; an interview later than that is dated in the future.
_CLOCK_LEEWAY = timedelta(days=1)


class Place(NamedTuple):
    """Where an interview belongs, as the gazetteer resolved it."""

    settlement_pcode: str
    adm3_pcode: str
    adm2_pcode: str
    adm1_pcode: str
    cod_version: str


class Finding(NamedTuple):
    """One rule, one row. `row` is KoBo's `_id`, by which the officer finds it there; it says nothing about
    anybody.
    """

    rule: str
    row: int | None
    severity: str
    round: str
    interview_id: str
    message: str


@dataclass(frozen=True)
class Rules:
    """What the operation decided: which rounds exist, what today is, how long an interview takes, who is
    kept.
    """

    rounds: frozenset[str]
    today: date
    zone: ZoneInfo
    shortest_minutes: int = 10
    longest_minutes: int = 90
    fewest_interviews: int = 2
    keep_on_hold: bool = True


@dataclass
class Interviews:
    """What became of the rows. `counts` is by round: rows, no_consent, not_approved, on_hold, refused,
    accepted.
    """

    interviews: list[Json] = field(default_factory=list)
    answers: list[Json] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    counts: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    unknown_paths: Counter[str] = field(default_factory=Counter)


Pseudonym = Callable[[str], str]
Resolver = Callable[[str, date], Place | None]


@dataclass(frozen=True)
class _Reader:
    form: Form
    pseudonym: Pseudonym
    resolve: Resolver
    rules: Rules


@dataclass(frozen=True)
class _Row:
    """One submission while it is read; `values` is by canonical name."""

    raw: Json
    values: Mapping[str, str]
    number: int
    round: str
    interview_id: str

    def finding(self, rule: str, severity: str, message: str) -> Finding:
        return Finding(rule, self.number, severity, self.round, self.interview_id, message)


def read_interviews(
    rows: Iterable[Json], form: Form, pseudonym: Pseudonym, resolve: Resolver, rules: Rules
) -> Interviews:
    """Checked tables, findings and counts of all rows of one asset.

    `pseudonym` is the keyed hash of a root uuid; `resolve` gives the place of a settlement's code on a day,
    or None.
    """
    if "consent" not in form.questions:
        raise Permanent(
            f"Reading the interviews of KoBo asset {form.asset_uid}: its form has no question `consent`, so nothing "
            "may be used. Name the consent question in the rename file; trying again does not help."
        )
    reader = _Reader(form, pseudonym, resolve, rules)
    found = Interviews()
    seen: set[tuple[Any, ...]] = set()
    for raw in sorted(rows, key=lambda row: int(row["_id"])):
        found.unknown_paths.update(_unexplained(form, raw))
        _read(reader, _opened(reader, raw), found, seen)
    found.findings.extend(_few(found.interviews, rules.fewest_interviews))
    found.interviews.sort(key=lambda row: (row["round"], row["interview_id"]))
    found.answers.sort(key=lambda row: (row["round"], row["interview_id"], row["question"], row["option"]))
    return found


def _opened(reader: _Reader, raw: Json) -> _Row:
    values = {
        name: value.strip()
        for key, value in raw.items()
        if isinstance(value, str) and value.strip() and (name := reader.form.names.get(key))
    }
    return _Row(raw, values, int(raw["_id"]), values.get("round", ""), reader.pseudonym(root_of(raw)))


def _unexplained(form: Form, raw: Json) -> list[str]:
    return [k for k, v in raw.items() if isinstance(v, str) and not k.startswith(_SYSTEM) and k not in form.names]


def _read(reader: _Reader, row: _Row, found: Interviews, seen: set[tuple[Any, ...]]) -> None:
    """Decide one row. Without consent nothing but the fact is looked at."""
    known_round = row.round in reader.rules.rounds
    tally = found.counts[row.round if known_round else ""]
    tally["rows"] += 1
    validation = validation_of(row.raw) or "none"
    if row.values.get("consent", "").lower() not in CONSENTS:
        tally["no_consent"] += 1
        found.findings.append(row.finding("H-NO-CONSENT", "info", "No consent: counted, nothing kept."))
        return
    if validation == "not_approved" or (validation == "on_hold" and not reader.rules.keep_on_hold):
        tally[validation] += 1
        found.findings.append(row.finding("H-NOT-APPROVED", "info", f"Validation status {validation}: left out."))
        return
    tally["on_hold"] += validation == "on_hold"
    day = _interview_day(reader, row)
    place = reader.resolve(row.values.get("settlement", ""), day)
    problems = _problems(reader, row, day, place, known_round)
    answers = _answers(reader.form, row, problems)
    if place is not None and not _refused(problems):
        _note_duplicate(row, day, place, seen, problems)
    found.findings.extend(problems)
    if place is None or _refused(problems):
        tally["refused"] += 1
        return
    tally["accepted"] += 1
    found.interviews.append(_interview(reader, row, day, place, validation))
    found.answers.extend(answers)


def _refused(problems: Iterable[Finding]) -> bool:
    return any(problem.severity == "quarantine" for problem in problems)


def _interview_day(reader: _Reader, row: _Row) -> date:
    """The day on the device; forms without `today` have `start`, and every row has the day it reached the
    server.
    """
    zone = reader.rules.zone
    stated = day_of(row.values.get("today", ""), zone) or day_of(row.values.get("start", ""), zone)
    return stated or _submitted_day(row, zone)


def _submitted_day(row: _Row, zone: ZoneInfo) -> date:
    day = day_of(str(row.raw.get("_submission_time", "")), zone)
    if day is None:
        raise Permanent(
            f"Reading KoBo submission {row.number}: it has no readable _submission_time. The answer of the server is "
            "not what KoBo sends; trying again does not help."
        )
    return day


def _problems(reader: _Reader, row: _Row, day: date, place: Place | None, known_round: bool) -> list[Finding]:
    rules = reader.rules
    problems = []
    if not known_round:
        problems.append(row.finding("H-ROUND", "quarantine", "The round is missing or does not exist."))
    if day > rules.today or day > _submitted_day(row, rules.zone) + _CLOCK_LEEWAY:
        problems.append(row.finding("H-FUTURE", "quarantine", "The interview is dated after it was sent."))
    if place is None:
        problems.append(row.finding("H-PLACE-UNKNOWN", "quarantine", "The settlement is not in the gazetteer."))
    minutes = _minutes(row)
    if minutes is not None and not rules.shortest_minutes <= minutes <= rules.longest_minutes:
        message = (
            f"The interview took {minutes:.0f} minutes; {rules.shortest_minutes} to {rules.longest_minutes} are usual."
        )
        problems.append(row.finding("H-DURATION", "warn", message))
    return problems


def _minutes(row: _Row) -> float | None:
    start, end = moment_of(row.values.get("start", "")), moment_of(row.values.get("end", ""))
    return (end - start).total_seconds() / 60 if start and end else None


def _answers(form: Form, row: _Row, problems: list[Finding]) -> list[Json]:
    """One answer per interview, question and chosen option. What the form does not offer is told and not
    carried.
    """
    answers = []
    for name, question in form.questions.items():
        text = row.values.get(name)
        if not question.carried or text is None:
            continue
        options, unknown = _options(question, text)
        if unknown:
            problems.append(row.finding("H-OPTION", "warn", f"{name}: an answer the form does not offer is left out."))
        for option in options:
            answers.append({"round": row.round, "interview_id": row.interview_id, "question": name, "option": option})
    return answers


def _options(question: Question, text: str) -> tuple[list[str], bool]:
    if question.type == "integer":
        return ([str(int(text))], False) if _WHOLE_NUMBER.fullmatch(text) else ([], True)
    chosen = list(dict.fromkeys(text.split()))
    known = [code for code in chosen if code in question.codes]
    return known, len(known) < len(chosen)


def _note_duplicate(row: _Row, day: date, place: Place, seen: set[tuple[Any, ...]], problems: list[Finding]) -> None:
    """The same settlement, role, day, interviewer and everything that was said: one interview, sent twice."""
    said = tuple(sorted((name, value) for name, value in row.values.items() if name not in _NOT_SAID))
    key = (row.round, place.settlement_pcode, day, said)
    if key in seen:
        problems.append(row.finding("H-DUPLICATE", "quarantine", "The same interview was sent before."))
    seen.add(key)


def _interview(reader: _Reader, row: _Row, day: date, place: Place, validation: str) -> Json:
    return {
        "round": row.round,
        "interview_id": row.interview_id,
        **place._asdict(),
        "ki_role": _listed(reader.form, row, "ki_role"),
        "ki_sex": _listed(reader.form, row, "ki_sex"),
        "interview_date": day,
        "validation": validation,
        "form_version": str(row.raw.get("__version__", "")),
    }


def _listed(form: Form, row: _Row, name: str) -> str | None:
    """A code from the form's list, or nothing: whatever else stands there could be anything."""
    value = row.values.get(name)
    question = form.questions.get(name)
    return value if value is not None and question is not None and value in question.codes else None


def _few(interviews: Iterable[Json], fewest: int) -> list[Finding]:
    """Settlements with too few interviews for an aggregate; one finding per settlement and round."""
    counted = Counter((row["round"], row["settlement_pcode"]) for row in interviews)
    return [
        Finding("H-FEW", None, "info", number, "", f"{pcode}: {count} interview(s), fewer than {fewest}.")
        for (number, pcode), count in sorted(counted.items())
        if count < fewest
    ]
