"""Raw + cleaning log = clean: each line is followed or refused by name, and nothing else changes."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kobo_samples import UID, answers, content

from assets.kobo.cleaning import BLANK, CHANGE, NOTHING, REMOVE, Cleaned, Line, clean, differences, prove, read_log
from assets.kobo.forms import Form, build_form
from assets.quality.rules import load_rules
from orchestration.failures import Permanent

FORM: Form = build_form(UID, [{"uid": "vOne", "date_deployed": "2025-01-01", "content": content()}])
MAP = [
    {"canonical": name, "header": name, "required": "yes", "type": "text"}
    for name in ("uuid", "question", "old_value", "new_value", "change_type")
]


def row(number: int, **changed: str | None) -> dict[str, Any]:
    system = {"_id": number, "_uuid": f"now-{number}", "meta/rootUuid": f"uuid:root-{number}"}
    return {**answers(number, **changed), **system}


def line(question: str, old: str, new: str, *, uuid: str = "root-1", change: str = CHANGE, number: int = 2) -> Line:
    return Line(number, uuid, question, change, old, new)


def cleaned(*lines: Line, rows: list[dict[str, Any]] | None = None) -> Cleaned:
    return clean(rows or [row(1), row(2)], lines, FORM)


def the(result: Cleaned, number: int = 1) -> dict[str, Any]:
    return next(one for one in result.rows if one["_id"] == number)


@pytest.mark.parametrize("question", ["access", "wash/access"])
@pytest.mark.parametrize("uuid", ["root-1", "now-1"])
def test_an_answer_is_changed_by_name_or_path(question: str, uuid: str) -> None:
    raw = [row(1), row(2)]
    result = cleaned(line(question, "partial", "full", uuid=uuid), rows=raw)
    assert the(result)["wash/access"] == "full"
    assert differences(raw, result.rows) == {("root-1", "wash/access")}
    assert raw[0]["wash/access"] == "partial"  # the raw row is as it was
    assert (result.followed[CHANGE], result.problems) == (1, [])


def test_an_answer_is_blanked_and_an_interview_removed() -> None:
    result = cleaned(line("wells", "1", "", change=BLANK), line("", "", "", uuid="root-2", change=REMOVE, number=3))
    assert "wash/wells" not in the(result)
    assert [one["_id"] for one in result.rows] == [1]


def test_no_action_changes_nothing() -> None:
    raw = [row(1)]
    assert cleaned(line("wells", "1", "", change=NOTHING), rows=raw).rows == raw


def test_an_answer_that_was_never_given_can_be_given() -> None:
    assert the(cleaned(line("access", "", "full"), rows=[row(1, access=None)]))["wash/access"] == "full"


def test_one_choice_of_several_changes_the_list_it_is_part_of() -> None:
    result = cleaned(line("needs/water", "1", "0"), line("needs/none", "0", "TRUE", number=3))
    assert the(result)["wash/needs"] == "food none"
    assert (
        the(cleaned(line("wash/needs/food", "1", "0"), line("needs/water", "1", "0", number=3))).get("wash/needs")
        is None
    )


def test_a_line_whose_change_was_made_in_kobo_meanwhile_is_no_problem() -> None:
    result = cleaned(line("access", "partial", "full"), rows=[row(1, access="full")])
    assert (result.problems, the(result)["wash/access"]) == ([], "full")


REFUSED = {
    "a kind of change that does not exist": (line("access", "partial", "full", change="delete"), "H-LOG-TYPE"),
    "an interview that is not there": (line("access", "partial", "full", uuid="root-9"), "H-LOG-INTERVIEW"),
    "a question that is not there": (line("Access to water", "partial", "full"), "H-LOG-QUESTION"),
    "a choice as a question of its own": (line("access/full", "0", "1"), "H-LOG-QUESTION"),
    "an old value that is not the raw one": (line("access", "dnk", "full"), "H-LOG-OLD-VALUE"),
    "an old choice that was not chosen": (line("needs/none", "1", "0"), "ok"),
    "a label instead of a code": (line("access", "partial", "Full"), "H-LOG-NEW-VALUE"),
    "one of several that is not offered": (line("needs", "water food", "water gold"), "H-LOG-NEW-VALUE"),
    "a text for a number": (line("wells", "1", "many"), "H-LOG-NEW-VALUE"),
    "nothing as a new value": (line("access", "partial", ""), "H-LOG-NEW-VALUE"),
    "neither yes nor no for a choice": (line("needs/water", "1", "maybe"), "H-LOG-NEW-VALUE"),
}


@pytest.mark.parametrize(("one", "rule"), REFUSED.values(), ids=REFUSED)
def test_a_line_that_cannot_be_followed_is_told_and_changes_nothing(one: Line, rule: str) -> None:
    raw = [row(1), row(2)]
    result = cleaned(one, rows=raw)
    assert [(problem.rule, problem.line) for problem in result.problems] == ([] if rule == "ok" else [(rule, 2)])
    assert result.rows == raw


def test_consent_is_taken_back_but_never_given() -> None:
    refusal = row(1, consent="no")
    result = cleaned(line("consent", "no", "yes"), rows=[refusal])
    assert ([problem.rule for problem in result.problems], result.rows) == (["H-LOG-CONSENT"], [refusal])
    assert the(cleaned(line("consent", "yes", "no")))["consent"] == "no"


QUARRELS = {
    "two new values": [line("access", "partial", "full"), line("wash/access", "partial", "dnk", number=3)],
    "changed and blanked": [line("wells", "1", "3"), line("wells", "1", "", change=BLANK, number=3)],
    "changed and removed": [line("wells", "1", "3"), line("", "", "", change=REMOVE, number=3)],
    "a list and one of its choices": [line("needs", "water food", "water"), line("needs/food", "1", "0", number=3)],
}


@pytest.mark.parametrize("lines", QUARRELS.values(), ids=QUARRELS)
def test_lines_that_contradict_each_other_are_none_of_them_followed(lines: list[Line]) -> None:
    result = cleaned(*lines)
    assert {problem.rule for problem in result.problems} == {"H-LOG-CONFLICT"}
    assert (len(result.problems), sum(result.followed.values()), result.rows) == (2, 0, [row(1), row(2)])


def test_the_same_line_twice_is_one_decision() -> None:
    result = cleaned(line("access", "partial", "full"), line("access", "partial", "full", number=3))
    assert (result.problems, the(result)["wash/access"]) == ([], "full")


def test_a_log_is_found_by_its_columns() -> None:
    grid = [["Cleaning log, round 1"], ["uuid", "question", "old_value", "new_value", "change_type", "issue"],
            ["uuid:root-1", "wells", 1.0, 3.0, "change_response", "typo"], [None] * 6]  # fmt: skip
    assert read_log([grid], MAP) == [Line(3, "root-1", "wells", CHANGE, "1", "3")]
    assert read_log([[["uuid", "wells"], ["root-1", 3]]], MAP) is None


def test_a_change_no_line_names_stops_the_round() -> None:
    raw = [row(1)]
    result = cleaned(rows=deepcopy(raw))
    result.rows[0]["wash/wells"] = "7"
    with pytest.raises(Permanent, match="1 interview") as error:
        prove(raw, result)
    assert "root-1" not in str(error.value)


def test_neither_lines_nor_problems_show_an_answer() -> None:
    assert "+380" not in repr(line("ki_phone", "+380000000000", "+380111111111"))


def test_every_problem_is_a_rule_with_words() -> None:
    used = {rule for _, rule in REFUSED.values() if rule != "ok"} | {"H-LOG-CONFLICT", "H-LOG-CONSENT"}
    used |= {"H-LOG-TEMPLATE", "H-LOG-ROUND"}
    assert used <= set(load_rules())


QUESTIONS = st.sampled_from(["access", "needs", "needs/water", "wells", "comment", "nonsense"])
VALUES = st.sampled_from(["", "full", "partial", "water", "water food", "1", "0", "7", "The mayor said so"])


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.builds(
            lambda number, uuid, question, change, old, new: Line(number, uuid, question, change, old, new),
            st.integers(2, 99), st.sampled_from(["root-1", "root-2", "now-1", "gone"]), QUESTIONS,
            st.sampled_from([CHANGE, BLANK, REMOVE, NOTHING, "other"]), VALUES, VALUES,
        ),
        max_size=8, unique_by=lambda one: one.number,
    )
)  # fmt: skip
def test_whatever_stands_in_a_log_each_line_is_followed_or_told(lines: list[Line]) -> None:
    raw = [row(1), row(2)]
    before = deepcopy(raw)
    result = clean(raw, lines, FORM)
    assert raw == before
    assert sum(result.followed.values()) + len({problem.line for problem in result.problems}) == len(lines)
    prove(raw, result)
    assert clean(raw, list(reversed(lines)), FORM).rows == result.rows  # the order of the lines decides nothing
