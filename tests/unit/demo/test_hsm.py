"""The made-up monitoring project: forms that changed as real ones do, plausible answers, an honest answer key."""

import json
from collections import Counter, defaultdict
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest

from demo.country import hsm_form
from demo.country.canaries import canaries, canary_count
from demo.country.deliveries import Trouble
from demo.country.geography import build_geography
from demo.country.hsm import kobo_project
from demo.country.hsm_form import ASSET_ONE, ASSET_TWO, RENAMED, ROUNDS, question_paths
from demo.country.hsm_sample import sampled_places
from demo.kobo.project import Asset, KoboProject, Submission, check_project, parse_time, to_json
from demo.kobo.state import Playback

Row = dict[str, Any]
END_OF_YEAR = "2026-01-31T00:00:00+02:00"
SIZES = ("small", "country")


@cache
def project(size: str = "country", seed: int = 1) -> tuple[KoboProject, list[Trouble]]:
    return kobo_project(build_geography(), seed, size)


def asset(uid: str, size: str = "country") -> Asset:
    return next(one for one in project(size)[0].assets if one.uid == uid)


@cache
def by_id(size: str = "country") -> dict[int, tuple[str, Submission]]:
    """Every submission by the `_id` the server gives it."""
    found = project(size)[0]
    ids = Playback(found).ids
    return {
        ids[(one.uid, number)]: (one.uid, submission)
        for one in found.assets
        for number, submission in enumerate(one.submissions)
    }


@cache
def final_rows(size: str = "country") -> dict[int, Row]:
    """What the server shows when the year is over."""
    playback = Playback(project(size)[0], parse_time(END_OF_YEAR))
    return {row["_id"]: row for one in project(size)[0].assets for row in playback.rows(one)}


def key(kind: str, size: str = "country") -> set[int]:
    return {one.row for one in project(size)[1] if one.kind == kind and one.row is not None}


def sound_rows(size: str = "country") -> list[Row]:
    odd = {one.row for one in project(size)[1]}
    return [row for number, row in final_rows(size).items() if number not in odd and row["consent"] == "yes"]


def survey(uid: str, number: int, size: str = "country") -> dict[str, Row]:
    """The questions of a version by path."""
    content = asset(uid, size).versions[number].content
    return {row["$xpath"]: row for row in content["survey"] if not row["type"].endswith("_group")}


def options(uid: str, number: int) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for choice in asset(uid).versions[number].content["choices"]:
        found[choice["list_name"]].add(choice["name"])
    return found


@pytest.mark.parametrize("size", SIZES)
def test_the_server_accepts_the_project_and_the_seed_decides(size: str) -> None:
    check_project(project(size)[0])
    again = kobo_project(build_geography(), 1, size)
    assert json.dumps(to_json(again[0])) == json.dumps(to_json(project(size)[0]))
    assert again[1] == project(size)[1]
    assert to_json(kobo_project(build_geography(), 2, size)[0]) != to_json(again[0])


def test_sizes_are_as_agreed() -> None:
    sent = Counter(submission.events[0].row["round"] for _, submission in by_id().values())  # type: ignore[index]
    assert set(sent) == {*ROUNDS[ASSET_ONE], *ROUNDS[ASSET_TWO], "R99"}
    assert all(220 <= count <= 230 for name, count in sent.items() if name != "R99")
    assert len(sampled_places(build_geography())) == 75
    assert len({row["location/settlement"] for row in sound_rows("small")}) == 8
    assert {row["round"] for row in sound_rows("small")} == {"R01", "R02", "R03"}


def test_forms_have_the_shape_of_kpi() -> None:
    for uid in (ASSET_ONE, ASSET_TWO):
        for version in asset(uid).versions:
            content = version.content
            languages = len(content["translations"])
            assert languages == 2
            kuids = [row["$kuid"] for row in (*content["survey"], *content["choices"])]
            assert len(kuids) == len(set(kuids))
            lists = {choice["list_name"] for choice in content["choices"]}
            for row in content["survey"]:
                assert row.get("select_from_list_name", "yes_no") in lists
                assert len(row.get("label", [""] * languages)) == languages
            opened = sum(row["type"] == "begin_group" for row in content["survey"])
            assert opened == sum(row["type"] == "end_group" for row in content["survey"]) > 5
            names = [
                path.rsplit("/", 1)[-1] for path in (row["$xpath"] for row in content["survey"] if "$xpath" in row)
            ]
            assert len(names) == len(set(names))


def test_every_indicator_says_how_it_is_aggregated_and_of_which_sector_it_is() -> None:
    rows = [row for row in survey(ASSET_ONE, 2).values() if row.get("aggregation")]
    assert len(rows) >= 15
    assert {row["type"] for row in rows} == {"select_one", "select_multiple", "integer"}
    methods = {row["aggregation"] for row in rows}
    assert methods >= {"aok_mode", "aok_yes", "aok_no", "aok_highest", "aok_recent", "aok_frequency", "hh_level"}
    assert all(row.get("sector") for row in rows if row["aggregation"] != "hh_level")
    private = ("ki/ki_name", "ki/ki_phone", "comment", "location/gps", "deviceid", "username")
    assert not any(survey(ASSET_ONE, 2)[path].get("aggregation") for path in private)


def test_versions_of_the_first_asset_differ_as_told() -> None:
    first, second, third = (survey(ASSET_ONE, number) for number in range(3))
    assert set(second) - set(first) == {"health/infant_food"}
    assert set(third) ^ set(second) == {hsm_form.MOBILE_BEFORE, hsm_form.MOBILE_AFTER}
    assert third[hsm_form.MOBILE_AFTER]["$kuid"] == second[hsm_form.MOBILE_BEFORE]["$kuid"]
    assert options(ASSET_ONE, 1)["fuel"] - options(ASSET_ONE, 0)["fuel"] == {"pellets"}
    assert third["services/road_access"]["label"] != second["services/road_access"]["label"]
    deployed = parse_time(asset(ASSET_ONE).versions[1].deployed_at)
    in_round = [parse_time(s.events[0].at) for _, s in by_id().values() if (s.events[0].row or {})["round"] == "R03"]
    assert min(in_round) < deployed < max(in_round)


def test_the_draft_is_no_deployed_version() -> None:
    one = asset(ASSET_ONE)
    assert one.draft_content is not None
    assert one.draft_content not in [version.content for version in one.versions]
    assert parse_time(one.draft_at) > parse_time(one.versions[-1].deployed_at)
    assert "draft_question" in {row.get("name") for row in one.draft_content["survey"]}
    assert not any("draft_question" in row for row in final_rows().values())


def test_the_second_asset_is_a_re_upload() -> None:
    before, after = survey(ASSET_ONE, 2), survey(ASSET_TWO, 0)
    assert not {row["$kuid"] for row in before.values()} & {row["$kuid"] for row in after.values()}
    (new_path, name), = RENAMED[ASSET_TWO].items()  # fmt: skip
    assert set(after) - set(before) == {new_path}
    assert {path.rsplit("/", 1)[-1] for path in set(before) - set(after)} == {name}
    added = options(ASSET_TWO, 0)["barriers"] - options(ASSET_ONE, 2)["barriers"]
    assert added == {"snow"}
    translations = [asset(uid).versions[0].content["translations"] for uid in (ASSET_ONE, ASSET_TWO)]
    assert translations[0] == translations[1][::-1]
    assert question_paths(ASSET_TWO, 0)[name] == new_path


def test_places_are_those_of_the_version_in_force() -> None:
    geo = build_geography()
    for uid, version in ((ASSET_ONE, "v01"), (ASSET_TWO, "v02")):
        known = geo.by_pcode(version)
        offered = options(uid, 0)
        for level in ("region", "district", "commune", "settlement"):
            assert offered[level] <= set(known)
        assert len(offered["settlement"]) == 75
    assert options(ASSET_ONE, 0)["settlement"] != options(ASSET_TWO, 0)["settlement"]


def test_answers_are_strings_the_form_on_the_device_offers() -> None:
    vids = {v.vid: (uid, number) for uid in ROUNDS for number, v in enumerate(asset(uid).versions)}
    used = set()
    for row in sound_rows():
        uid, number = vids[row["__version__"]]
        used.add((uid, number))
        asked, offered = survey(uid, number), options(uid, number)
        for path, value in row.items():
            if path.startswith(("_", "meta/", "formhub/")):
                continue
            question = asked.get(path) or survey(uid, 1)[path]  # a row submitted minutes after a deployment
            assert isinstance(value, str)
            assert value
            if question["type"].startswith("select_"):
                chosen = value.split() if question["type"] == "select_multiple" else [value]
                assert set(chosen) <= offered[question["select_from_list_name"]]
                assert not ("none" in chosen and len(chosen) > 1)
            if question["type"] == "integer":
                assert int(value) >= 0
    assert len(used) == 5


def test_some_devices_kept_the_old_form_for_the_rest_of_the_round() -> None:
    old, new = asset(ASSET_ONE).versions[0].vid, asset(ASSET_ONE).versions[1]
    deployed = parse_time(new.deployed_at)
    after = [r for r in sound_rows() if r["round"] == "R03" and datetime.fromisoformat(r["start"]) > deployed]
    found = Counter(row["__version__"] for row in after)
    assert set(found) == {old, new.vid}
    assert min(found.values()) > 20
    assert not any("health/infant_food" in row for row in after if row["__version__"] == old)


def test_times_are_in_order_and_written_in_several_ways() -> None:
    endings = set()
    for row in sound_rows():
        start, end = datetime.fromisoformat(row["start"]), datetime.fromisoformat(row["end"])
        assert timedelta(minutes=10) < end - start < timedelta(minutes=90)
        assert end <= parse_time(row["_submission_time"] + "+00:00") + timedelta(seconds=1)
        assert row["today"][5:7] == row["round"][1:]
        assert row["today"] <= row["_submission_time"][:10]
        endings.add(row["start"][23:])
    assert endings == {"+02:00", "+03:00", "+0200", "+0300", "Z", "-00:00"}


def test_informants_agree_more_often_than_not_but_not_always() -> None:
    said: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in sound_rows():
        said[(row["round"], row["location/settlement"])].append(row.get("shelter/damage_level", ""))
    three = [Counter(answers).most_common(1)[0][1] for answers in said.values() if len(answers) == 3]
    assert sum(most >= 2 for most in three) > 0.9 * len(three)
    assert any(most == 1 for most in three)


def test_winter_and_fighting_show() -> None:
    classes = {p.pcode: p.area_class for v in ("v01", "v02") for p in build_geography().places(v, 4)}

    def mean(path: str, months: set[str], area: str) -> float:
        values = [
            int(row[path]) for row in sound_rows()
            if path in row and row["round"] in months and classes[row["location/settlement"]] == area
        ]  # fmt: skip
        return sum(values) / len(values)

    def share(path: str, word: str, months: set[str], area: str) -> float:
        found = [
            word in row[path].split() for row in sound_rows()
            if path in row and row["round"] in months and classes[row["location/settlement"]] == area
        ]  # fmt: skip
        return sum(found) / len(found)

    winter, summer, fighting = {"R01", "R02", "R12"}, {"R06", "R07", "R08"}, {"R04", "R10"}
    assert (
        mean("services/electricity_hours", winter, "accessible")
        < mean("services/electricity_hours", summer, "accessible") - 1
    )
    assert share("priority_needs", "heating", winter, "accessible") > 0.7
    assert share("priority_needs", "heating", summer, "accessible") < 0.2
    assert share("protection/protection_concerns", "shelling", fighting, "contested") > 1.3 * share(
        "protection/protection_concerns", "shelling", summer, "contested"
    )
    assert share("protection/safety_incident", "yes", summer, "accessible") < 0.4
    assert share("protection/safety_incident", "yes", summer, "contested") > 0.6


@pytest.mark.parametrize("size", SIZES)
def test_each_informant_is_one_person_all_year(size: str) -> None:
    geo = build_geography()
    codes = {new: old for old, new, _, _ in geo.crosswalk_of(4)}
    people: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in sound_rows(size):
        place = row["location/settlement"]
        place = codes[place] if row["_xform_id_string"] == ASSET_TWO else place
        people[(place, row["ki/ki_role"])].add(row["ki/ki_name"] + row["ki/ki_phone"] + row["ki/ki_sex"])
    assert all(len(names) == 1 for names in people.values())


@pytest.mark.parametrize("size", SIZES)
def test_all_planted_identities_are_there(size: str) -> None:
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in final_rows(size).values())
    for one in canaries(1, canary_count(size)):
        assert one.name in text
        assert one.phone in text
    comments = "\n".join(row.get("comment", "") for row in final_rows(size).values())
    assert sum(one.email in comments for one in canaries(1, canary_count(size))) >= 12


@pytest.mark.parametrize("size", SIZES)
def test_rows_of_the_answer_key_show_their_trouble_and_no_other_row_does(size: str) -> None:
    shown: dict[str, set[int]] = defaultdict(set)
    seen: set[str] = set()
    geo = build_geography()
    known = {uid: geo.by_pcode(version) for uid, version in ((ASSET_ONE, "v01"), (ASSET_TWO, "v02"))}
    for number, row in sorted(final_rows(size).items()):
        start, end = datetime.fromisoformat(row["start"]), datetime.fromisoformat(row["end"])
        said = json.dumps({path: row[path] for path in row if not path.startswith(("_", "meta/"))}, sort_keys=True)
        status = row["_validation_status"].get("uid", "")
        found = {
            "refused": row["consent"] != "yes",
            "not_approved": status == "validation_status_not_approved",
            "on_hold": status == "validation_status_on_hold",
            "too_short": end - start < timedelta(minutes=10),
            "too_long": end - start > timedelta(minutes=90),
            "future": start > parse_time(row["_submission_time"] + "+00:00"),
            "place_unknown": row["location/settlement"] not in known[row["_xform_id_string"]],
            "round_unknown": row["round"] == "R99",
            "duplicate": said in seen,
            "late": row["_submission_time"][5:7] != row["today"][5:7] and row["_submission_time"] > row["today"],
            "edited": "meta/deprecatedID" in row,
        }
        seen.add(said)
        for kind, is_so in found.items():
            if is_so:
                shown[kind].add(number)
    assert shown.pop("refused") == key("no_consent", size) | key("consent_but_content", size)
    assert dict(shown) == {kind: key(kind, size) for kind in shown}
    assert len(shown) == 10


@pytest.mark.parametrize("size", SIZES)
def test_deleted_ones_are_gone_and_nothing_else_is(size: str) -> None:
    assert set(by_id(size)) - set(final_rows(size)) == key("deleted", size)
    for number in key("deleted", size):
        assert by_id(size)[number][1].events[-1].kind == "delete"


@pytest.mark.parametrize("size", SIZES)
def test_settlements_with_too_few_interviews_are_those_of_the_key(size: str) -> None:
    quarantined = {
        one.row for one in project(size)[1]
        if one.rule in ("H-NOT-APPROVED", "H-FUTURE", "H-PLACE-UNKNOWN", "H-DUPLICATE", "H-ROUND")
    }  # fmt: skip
    counted = Counter(
        (row["round"], row["location/settlement"])
        for number, row in final_rows(size).items()
        if number not in quarantined and row["consent"] == "yes"
    )
    few = {f"{round_key} {place}" for (round_key, place), count in counted.items() if count < 2}
    planted = [one for one in project(size)[1] if one.rule == "H-FEW"]
    assert few == {f"{one.note.split()[1].strip(':')} {one.note.split()[-1]}" for one in planted}
    assert all(one.row is None for one in planted)


def test_late_ones_arrive_in_a_later_month_with_the_form_they_were_made_with() -> None:
    for number in key("late"):
        row = final_rows()[number]
        versions = {version.vid: version for version in asset(row["_xform_id_string"]).versions}
        assert row["__version__"] in versions
        assert parse_time(versions[row["__version__"]].deployed_at).date().isoformat() <= row["today"]
        assert int(row["_submission_time"][5:7]) == int(row["round"][1:]) + 1 or row["_submission_time"][5:7] == "12"


def test_everything_but_the_late_ones_is_in_by_the_end_of_its_month() -> None:
    for number, (_, submission) in by_id().items():
        if number in key("late"):
            continue
        month = parse_time(submission.events[0].at).month
        validations = [event for event in submission.events if event.kind == "validate"]
        assert all(parse_time(event.at).month == month for event in validations)
        assert parse_time(submission.events[0].at).day <= 28


def test_no_informant_shares_a_telephone_number() -> None:
    phones = {(row["ki/ki_phone"], row["ki/ki_name"]) for row in sound_rows()}
    assert len({phone for phone, _ in phones}) == len(phones)
    assert all(phone.startswith("+999 6") for phone, _ in phones)
