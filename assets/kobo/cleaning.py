"""The cleaning log: raw answers + log = clean answers, worked out anew each time and never written over the raw ones.

Belongs here: reading a log's lines, which of them can be followed, and following them. Does not belong here: taking the
file (`assets.py`), what a clean answer means (`interviews.py`).

A log quotes answers, so it is sealed like them; a problem names its line and never what stands in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from assets.kobo.forms import Form, Question
from assets.kobo.pull import root_of
from assets.sheets.table import Grid, locate, text
from orchestration.failures import Permanent

Json = dict[str, Any]
CHANGE, BLANK, REMOVE, NOTHING = "change_response", "blank_response", "remove_survey", "no_action"
CHANGE_TYPES = (CHANGE, BLANK, REMOVE, NOTHING)
# Consent is given by the informant and by nobody afterwards.
CONSENTS = ("yes", "1", "true")
_TRUE, _FALSE = ("1", "true", "yes"), ("0", "false", "no")


@dataclass(frozen=True)
class Line:
    """One line of a log. `question` is the path or the name of a question, or `question/choice`."""

    number: int
    uuid: str
    question: str
    change_type: str
    old_value: str = field(repr=False)
    new_value: str = field(repr=False)


@dataclass(frozen=True)
class Problem:
    """A line that was not followed, and by which rule."""

    rule: str
    line: int


@dataclass
class Cleaned:
    """Clean rows; what was followed, by kind of change; what was not, and why. `touched` are the interviews for which a
    line was followed.
    """

    rows: list[Json] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    followed: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CHANGE_TYPES, 0))
    problems: list[Problem] = field(default_factory=list)


def read_log(sheets: Sequence[Grid], column_map: Sequence[Mapping[str, str]]) -> list[Line] | None:
    """The lines of a log; None where no sheet has its columns."""
    table = locate(sheets, column_map)
    if table is None:
        return None
    return [
        Line(
            number,
            text(row.get("uuid")).removeprefix("uuid:"),
            text(row.get("question")),
            text(row.get("change_type")).lower(),
            text(row.get("old_value")),
            text(row.get("new_value")),
        )
        for number, row in table.rows()
    ]


def clean(rows: Iterable[Json], lines: Sequence[Line], form: Form) -> Cleaned:
    """Follow the lines that can be followed. Rows without a line are handed on as they are."""
    result = Cleaned()
    raw = list(rows)
    by_uuid = {name: row for row in raw for name in _names_of(row)}
    for one in lines:
        if one.change_type not in CHANGE_TYPES:
            result.problems.append(Problem("H-LOG-TYPE", one.number))
        elif one.uuid not in by_uuid:
            result.problems.append(Problem("H-LOG-INTERVIEW", one.number))
    refused = {problem.line for problem in result.problems}
    mine: dict[str, list[Line]] = defaultdict(list)
    for one in lines:
        if one.number not in refused:
            mine[root_of(by_uuid[one.uuid])].append(one)
    for row in raw:
        cleaned = _follow(row, mine.get(root_of(row), []), form, result)
        if cleaned is not None:
            result.rows.append(cleaned)
    result.problems.sort(key=lambda problem: (problem.line, problem.rule))
    return result


def _names_of(row: Json) -> Iterator[str]:
    """What a log may call an interview: its lasting identifier, or that of its last edit."""
    yield root_of(row)
    yield str(row["_uuid"])


def _follow(row: Json, lines: Sequence[Line], form: Form, result: Cleaned) -> Json | None:
    """One interview with its lines; None when it is taken out."""
    quarrels = set(_quarrels(lines, form))
    result.problems += [Problem("H-LOG-CONFLICT", one.number) for one in lines if one.number in quarrels]
    cleaned = dict(row)
    for one in lines:
        if one.number in quarrels:
            continue
        problem = _apply(cleaned, row, one, form)
        if problem:
            result.problems.append(Problem(problem, one.number))
            continue
        result.followed[one.change_type] += 1
        result.touched.add(root_of(row))
    gone = any(one.change_type == REMOVE and one.number not in quarrels for one in lines)
    return None if gone else cleaned


def _quarrels(lines: Sequence[Line], form: Form) -> Iterator[int]:
    """Lines that want different things of one answer, or change an interview that another takes out."""
    wishes: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for one in lines:
        if one.change_type != NOTHING:
            wishes[_target(one, form)].add((one.change_type, one.new_value if one.change_type == CHANGE else ""))
    kinds = {one.change_type for one in lines}
    both = REMOVE in kinds and bool(kinds & {CHANGE, BLANK})
    for one in lines:
        target = _target(one, form)
        if one.change_type != NOTHING and (both or len(wishes[target]) > 1 or _overlaps(target, wishes)):
            yield one.number


def _overlaps(target: str, others: Iterable[str]) -> bool:
    """Whether an answer as a whole and one of its choices are changed: nobody could say which of the two comes last."""
    name = target.partition("/")[0]
    same = {other.partition("/")[2] for other in others if other.partition("/")[0] == name}
    return bool(name) and "" in same and len(same) > 1


def _target(one: Line, form: Form) -> str:
    """What a line is about: an answer by its canonical name, one choice of it, or the interview as a whole."""
    if one.change_type == REMOVE:
        return ""
    question, choice = _question(one.question, form)
    return f"{question.name if question else one.question}/{choice}"


def _question(given: str, form: Form) -> tuple[Question | None, str]:
    """A question by its path or name; behind the last slash there may be one of its choices."""
    found = form.questions.get(form.names.get(given, given))
    if found:
        return found, ""
    parent, _, choice = given.rpartition("/")
    owner = form.questions.get(form.names.get(parent, parent.rsplit("/", 1)[-1]))
    if owner and owner.type == "select_multiple" and choice in owner.codes:
        return owner, choice
    return form.questions.get(given.rsplit("/", 1)[-1]), ""


def _apply(cleaned: Json, raw: Json, one: Line, form: Form) -> str | None:
    """Change one answer in place, or say by which rule the line can't be followed."""
    if one.change_type in (REMOVE, NOTHING):
        return None
    question, choice = _question(one.question, form)
    if question is None:
        return "H-LOG-QUESTION"
    path = next((key for key in question.paths if key in raw), question.paths[-1])
    if choice:
        return _set_choice(cleaned, path, question, choice, one)
    new = "" if one.change_type == BLANK else one.new_value
    before = str(raw.get(path, ""))
    if one.old_value != before and before != new:
        return "H-LOG-OLD-VALUE"
    if one.change_type == CHANGE and not _can_be(question, new):
        return "H-LOG-NEW-VALUE"
    if question.name == "consent" and new.lower() in CONSENTS:
        return "H-LOG-CONSENT"
    _set(cleaned, path, new)
    return None


def _can_be(question: Question, value: str) -> bool:
    """Whether the form could have given this answer; what it could not is a decision nobody can check."""
    if not value:
        return False
    if question.type == "select_one":
        return value in question.codes
    if question.type == "select_multiple":
        return set(value.split()) <= question.codes
    return question.type != "integer" or value.lstrip("-").isdigit()


def _set_choice(cleaned: Json, path: str, question: Question, choice: str, one: Line) -> str | None:
    """One choice of several: the list it is part of changes with it, so that the two can't disagree."""
    wanted, before = one.new_value.lower(), one.old_value.lower()
    chosen = str(cleaned.get(path, "")).split()
    if one.change_type != CHANGE or wanted not in (*_TRUE, *_FALSE):
        return "H-LOG-NEW-VALUE"
    if (before in _TRUE) != (choice in chosen) and (wanted in _TRUE) != (choice in chosen):
        return "H-LOG-OLD-VALUE"
    kept = {code for code in chosen if code != choice} | ({choice} if wanted in _TRUE else set())
    _set(cleaned, path, " ".join(option.code for option in question.options if option.code in kept))
    return None


def _set(cleaned: Json, path: str, value: str) -> None:
    if value:
        cleaned[path] = value
    else:
        cleaned.pop(path, None)


def prove(raw: Iterable[Json], cleaned: Cleaned) -> None:
    """Compare clean with raw: whatever differs must be an interview a line was followed for."""
    strays = {root for root, _ in differences(raw, cleaned.rows)} - cleaned.touched
    if strays:
        raise Permanent(
            f"Cleaning a survey round changed {len(strays)} interview(s) that no line of the cleaning log names. This "
            "is a fault of the platform: please report it. Nothing was stored."
        )


def differences(raw: Iterable[Json], cleaned: Iterable[Json]) -> set[tuple[str, str]]:
    """What differs between the two, as interview and path (the path is empty where an interview is gone)."""
    after = {root_of(row): row for row in cleaned}
    found: set[tuple[str, str]] = set()
    for row in raw:
        root = root_of(row)
        other = after.get(root)
        if other is None:
            found.add((root, ""))
            continue
        found |= {(root, key) for key in row.keys() | other.keys() if row.get(key) != other.get(key)}
    return found
