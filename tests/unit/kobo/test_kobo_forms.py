"""Forms: every deployed version as one form, renames only where a person decided, labels in each language."""

from __future__ import annotations

import json
import os
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from kobo_samples import LISTS, QUESTIONS, UID, content

from assets.kobo import assets
from assets.kobo.forms import Form, build_form, label_rows, questions_table
from assets.kobo.interviews import Interviews
from assets.kobo.renames import suggest_renames
from assets.kobo.versions import language_codes, read_version
from orchestration.failures import Permanent


def version(number: int, form: Any) -> dict[str, Any]:
    return {"uid": f"v{number}", "date_deployed": f"2025-0{number}-01T00:00:00.000000Z", "content": form}


def asked(**changed: dict[str, Any] | None) -> list[dict[str, Any]]:
    """The sample's questions with some changed, or left out (None)."""
    rows = []
    for question in deepcopy(QUESTIONS):
        change = changed.get(str(question.get("name")), {})
        if change is not None:
            rows.append({**question, **change})
    return rows


def built(*forms: Any, renames: dict[str, str] | None = None) -> Form:
    return build_form(UID, [version(n, form) for n, form in enumerate(forms, start=1)], renames)


def test_what_may_be_analysed_is_what_the_form_says() -> None:
    form = built(content())
    assert [name for name, question in form.questions.items() if question.carried] == ["access", "needs", "wells"]
    assert form.names["wash/access"] == "access"
    assert form.languages == ("en", "kv")


@pytest.mark.parametrize("way", ["", "none", "hh_level"])
def test_a_question_without_aggregation_is_not_carried(way: str) -> None:
    assert not built(content(asked(wells={"aggregation": way}))).questions["wells"].carried


def test_the_newest_version_decides_whether_a_question_is_still_carried() -> None:
    form = built(content(), content(asked(wells={"aggregation": ""})))
    assert not form.questions["wells"].carried
    assert any("wells" in remark for remark in form.remarks)


def test_a_question_that_moved_to_another_group_stays_one_question() -> None:
    moved = [q for q in asked() if q.get("name") != "access"]
    moved.append({**next(q for q in QUESTIONS if q.get("name") == "access"), "label": ["Water access", "Вода"]})
    form = built(content(), content(moved))
    assert form.questions["access"].paths == ("wash/access", "access")
    assert (form.names["wash/access"], form.names["access"]) == ("access", "access")
    assert form.questions["access"].label_en == "Water access"


def test_versions_come_in_any_order() -> None:
    new = content(asked(access={"label": ["Reworded", "Інакше"]}))
    versions = [version(2, new), version(1, content())]
    assert build_form(UID, versions) == build_form(UID, list(reversed(versions)))
    assert build_form(UID, versions).questions["access"].label_en == "Reworded"


def test_choices_are_the_union_and_keep_their_rank() -> None:
    without = {**LISTS, "access": {"full": ("Full", "Повний"), "none": ("None", "Жодного"), "dnk": ("?", "?")}}
    form = built(content(), content(lists=without))
    assert [option.code for option in form.questions["access"].options] == ["full", "partial", "none", "dnk"]
    assert [o.label_en for o in form.questions["access"].options] == ["Full", "Partial", "None", "?"]


def test_one_choice_that_became_several_stays_a_choice_and_is_told() -> None:
    form = built(content(), content(asked(access={"type": "select_multiple"})))
    assert (form.questions["access"].type, form.questions["access"].carried) == ("select_multiple", True)
    assert any("access" in remark and "select_multiple" in remark for remark in form.remarks)


def test_any_other_change_of_type_keeps_the_answers_sealed() -> None:
    form = built(content(), content(asked(wells={"type": "select_one", "list": "access"})))
    assert (form.questions["wells"].type, form.questions["wells"].carried) == ("text", False)
    assert len([remark for remark in form.remarks if remark.startswith("wells")]) == 2


def test_identifiers_are_no_key() -> None:
    """An XLSForm uploaded again renews every $kuid: nothing may depend on them."""
    assert built(content(), content(kuid="z")).questions == built(content(), content()).questions


def test_labels_follow_the_language_not_the_position() -> None:
    turned = content()
    turned["translations"] = list(reversed(turned["translations"]))
    for row in [*turned["survey"], *turned["choices"]]:
        if "label" in row:
            row["label"] = list(reversed(row["label"]))
    assert built(turned).questions == built(content()).questions
    question = built(turned).questions["access"]
    assert (question.label_en, question.label_local) == ("Access to water", "Доступ до води")


def test_a_missing_label_falls_back() -> None:
    form = built(
        content(asked(access={"label": [None, "Доступ"]}, needs={"label": ["Needs", None]}, wells={"label": []}))
    )
    assert (form.questions["access"].label_en, form.questions["access"].label_local) == ("access", "Доступ")
    assert (form.questions["needs"].label_en, form.questions["needs"].label_local) == ("Needs", "Needs")
    assert form.questions["wells"].label_local == "wells"


def test_a_reviewed_rename_joins_two_questions() -> None:
    renamed = content(asked(access={"name": "water_access"}))
    form = built(content(), renamed, renames={"wash/water_access": "access"})
    assert form.questions["access"].paths == ("wash/access", "wash/water_access")
    assert "water_access" not in form.questions
    # Without the decision they are two questions.
    assert {"access", "water_access"} <= set(built(content(), renamed).questions)


def test_a_rename_line_for_a_question_nobody_has_is_told() -> None:
    with pytest.raises(Permanent, match="wash/acess"):
        built(content(), renames={"wash/acess": "access"})


def test_two_carried_questions_of_one_name_need_a_decision() -> None:
    twice = content([*QUESTIONS, {"type": "integer", "name": "wells", "aggregation": "mean"}])
    with pytest.raises(Permanent, match=r"wash/wells and wells"):
        built(twice)
    assert {"wells", "wells_outside"} <= set(built(twice, renames={"wells": "wells_outside"}).questions)


def test_two_texts_of_one_name_disturb_nobody() -> None:
    twice = content([*QUESTIONS, {"type": "text", "name": "comment"}])
    assert {"comment"} <= set(built(twice).questions)


def test_questions_inside_repeats_have_no_single_answer() -> None:
    repeat = [
        {"type": "begin_repeat", "name": "member"},
        {"type": "integer", "name": "age", "aggregation": "mean"},
        {"type": "end_repeat"},
    ]
    assert "age" not in built(content([*QUESTIONS, *repeat])).questions


def test_the_questions_table_has_a_row_per_round_question_and_option() -> None:
    table = questions_table(built(content()), ["R02", "R01", "R01"])
    assert len(table) == 2 * (3 + 3 + 1)
    assert table[0] == {
        "round": "R01", "question": "access", "label_en": "Access to water", "label_local": "Доступ до води",
        "type": "select_one", "aggregation": "aok_mode", "sector": "WSH", "option": "full", "option_label_en": "Full",
        "option_label_local": "Повний", "option_order": 1,
    }  # fmt: skip
    [wells] = [row for row in table if row["question"] == "wells" and row["round"] == "R02"]
    assert (wells["option"], wells["option_order"], wells["type"]) == (None, None, "integer")
    assert not {"ki_name", "ki_phone", "comment", "gps", "deviceid"} & {row["question"] for row in table}


def test_every_label_of_every_version_can_be_listed() -> None:
    rows = label_rows(UID, [version(1, content()), version(2, content(asked(access=None)))])
    old = [r for r in rows if r["version"] == "v1" and r["xpath"] == "wash/access"]
    assert {(r["option"], r["language"], r["label"]) for r in old} >= {
        ("", "en", "Access to water"), ("", "kv", "Доступ до води"), ("dnk", "kv", "Не знаю"),
    }  # fmt: skip
    assert not [r for r in rows if r["version"] == "v2" and r["xpath"] == "wash/access"]


def test_languages_in_all_their_spellings() -> None:
    names = ["English (en)", "Українська (uk)", "English", "Kalvorian", None]
    assert language_codes({"translations": names}) == ["en", "uk", "en", "kalvorian", "en"]
    assert language_codes({}) == ["en"]


def test_older_content_without_xpath_and_with_joined_types() -> None:
    old = {
        "survey": [
            {"type": "begin_group", "name": "wash"},
            {"type": "select_one access", "$autoname": "access", "label": "Access", "aggregation": "aok_mode"},
            {"type": "end_group"},
        ],
        "choices": [{"list_name": "access", "$autovalue": "full", "label": ["Full"]}],
    }
    [row] = read_version(old)
    assert (row.xpath, row.type, row.labels, dict(row.choices)) == (
        "wash/access", "select_one", {"en": "Access"}, {"full": {"en": "Full"}},
    )  # fmt: skip


def awkward() -> list[Path]:
    shared = Path(os.environ.get("IMU_SHARED", Path(__file__).resolve().parents[4] / "shared"))
    return sorted((shared / "recordings" / "kobo").glob("content_*.json"))


@pytest.mark.skipif(not awkward(), reason="the KoBo recordings are not on this machine (IMU_SHARED)")
def test_the_awkward_forms_of_the_recordings_can_be_read() -> None:
    for path in awkward():
        form = json.loads(path.read_text(encoding="utf-8"))
        rows = read_version(form)
        assert {row.type for row in rows} <= {row["type"] for row in form["survey"]}
        for row in form["survey"]:
            row["aggregation"] = "aok_mode"
        built_form = built(form)
        assert all(row["question"] for row in questions_table(built_form, ["R01"])), path.name
        label_rows(UID, [version(1, form)])
    assert len(awkward()) == 8




def test_a_likely_rename_is_suggested_and_never_applied() -> None:
    before = built(content())
    after = built(content(asked(access={"name": "water_access", "label": ["Access to waters", "Доступ"]}), kuid="n"))
    [suggestion] = suggest_renames(before, after)
    assert (suggestion.xpath, suggestion.canonical, suggestion.likeness > 0.9) == ("wash/water_access", "access", True)
    assert "water_access" in after.questions
    unlike = built(content(asked(access={"name": "roads", "label": ["Roads", "Дороги"], "list": "needs"})))
    assert suggest_renames(before, unlike) == []


def test_what_became_of_the_form_is_told_without_an_answer() -> None:
    changed = asked(access={"type": "select_multiple"})
    form = built(content(), content(changed))
    found = Interviews()
    found.unknown_paths.update(["training/secret_question"])
    told = {one.rule: one.detail for one in assets._about_form(form, found)}
    assert told["H-PATH"] == "training/secret_question"
    assert "type changed between versions (select_multiple, select_one)" in str(told["H-FORM"])
    assert list(assets._about_form(built(content()), Interviews())) == []
