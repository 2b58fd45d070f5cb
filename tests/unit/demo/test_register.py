"""The made-up register: families that could exist, extracts that follow from one another, an honest answer key."""

import csv
import hashlib
import io
import itertools
from collections import Counter, defaultdict
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from demo.country import register
from demo.country.canaries import canaries, canary_count
from demo.country.deliveries import Delivery, Trouble
from demo.country.geography import build_geography
from demo.country.register_columns import COLUMNS

Row = dict[str, str]
DAYS = [day.isoformat() for day in register.EXTRACT_DAYS]


@cache
def delivered(size: str = "country", seed: int = 1) -> tuple[list[Delivery], list[Trouble]]:
    return register.deliver(build_geography(), seed, size)


def content(name: str, size: str) -> bytes:
    return next(one.content for one in delivered(size)[0] if one.name == name)


@cache
def rows_of(name: str, size: str = "country") -> list[Row]:
    return list(csv.DictReader(io.StringIO(content(name, size).decode("utf-8-sig"))))


@cache
def good_file(day: str, size: str = "country") -> str:
    """The file of that day that holds the troubled rows: the one that should be accepted."""
    return next(one.file for one in delivered(size)[1] if one.kind == "id_missing" and day in one.file)


@cache
def troubled(name: str, size: str = "country") -> dict[str, set[int]]:
    """Row positions by kind of trouble."""
    found: dict[str, set[int]] = defaultdict(set)
    for one in delivered(size)[1]:
        if one.file == name and one.row is not None:
            found[one.kind].add(one.row - 2)
    return found


def families(rows: list[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["registration_group_id"]].append(row)
    return found


@cache
def sound_families(day: str) -> dict[str, list[Row]]:
    """Families without any planted trouble."""
    name = good_file(day)
    rows = rows_of(name)
    odd = {rows[row]["registration_group_id"] for found in troubled(name).values() for row in found}
    return {group: members for group, members in families(rows).items() if group not in odd}


def years(earlier: str, later: str) -> float:
    return (date.fromisoformat(later) - date.fromisoformat(earlier)).days / 365.25


def test_there_are_exactly_26_columns_in_every_accepted_file() -> None:
    for size, days in (("country", DAYS), ("small", DAYS[:1])):
        for day in days:
            text = content(good_file(day, size), size).decode("utf-8-sig")
            header = text.splitlines()[0].split(",")
            assert header == list(COLUMNS)
            assert len(header) == 26
            assert {len(line) for line in csv.reader(io.StringIO(text))} == {26}


def test_sizes_are_as_agreed() -> None:
    assert 550 <= len(rows_of(good_file(DAYS[0], "small"), "small")) <= 650
    assert 58_000 <= len(rows_of(good_file(DAYS[3]))) <= 62_000


def test_same_seed_same_bytes_and_another_seed_other_people() -> None:
    again = register.deliver(build_geography(), 1, "small")
    other = register.deliver(build_geography(), 2, "small")
    assert again == delivered("small")
    assert other[0][-1].content != again[0][-1].content


def test_small_and_country_have_a_first_extract_of_the_same_day() -> None:
    assert next(one.name for one in delivered("small")[0] if "totals" not in one.name) == "register_2025-03-31.csv"
    assert all(one.at.tzinfo is not None and one.sender == "registration-unit" for one in delivered("small")[0])


def test_every_sound_family_has_one_focal_point_and_its_declared_size() -> None:
    for day in DAYS:
        for group, members in sound_families(day).items():
            roles = Counter(row["family_role"] for row in members)
            assert roles["focal_point"] == 1, group
            assert roles["spouse"] <= 1, group
            active = sum(row["record_status"] == "active" for row in members)
            declared = {int(row["family_size_declared"]) for row in members}
            assert len(declared) == 1, group
            if active:
                assert declared == {active}, group


def test_focal_points_of_living_families_are_living_adults() -> None:
    for members in sound_families(DAYS[3]).values():
        focal = next(row for row in members if row["family_role"] == "focal_point")
        if any(row["record_status"] == "active" for row in members):
            assert focal["record_status"] == "active"
        assert years(focal["date_of_birth"], focal["registration_date"]) >= 18


def test_parents_are_old_enough_and_share_home_and_origin_with_their_children() -> None:
    gaps = []
    for members in sound_families(DAYS[3]).values():
        assert len({row["residence_adm2_code"] for row in members}) == 1
        assert len({row["origin_country"] for row in members}) == 1
        parents = [row for row in members if row["family_role"] in ("focal_point", "spouse")]
        children = [row for row in members if row["family_role"] == "child"]
        gaps += [years(p["date_of_birth"], c["date_of_birth"]) for p in parents for c in children]
        grand = [row for row in members if row["family_role"] == "parent"]
        gaps += [years(g["date_of_birth"], p["date_of_birth"]) for g in grand for p in parents[:1]]
    assert min(gaps) > 14
    assert max(gaps) < 70


def test_children_of_one_mother_are_not_born_within_months_unless_twins() -> None:
    close = 0
    for members in sound_families(DAYS[0]).values():
        births = sorted(
            date.fromisoformat(row["date_of_birth"])
            for row in members
            if row["family_role"] == "child" and row["birth_estimated"] == "N"
        )
        gaps = [(later - earlier).days for earlier, later in itertools.pairwise(births)]
        close += sum(0 < gap < 260 for gap in gaps)
    assert close == 0


def test_the_age_pyramid_is_one() -> None:
    members = [row for found in sound_families(DAYS[3]).values() for row in found]
    ages = [int(years(row["date_of_birth"], DAYS[3])) for row in members if row["record_status"] == "active"]
    share = {name: sum(low <= age < high for age in ages) / len(ages) for name, (low, high) in
             {"children": (0, 18), "adults": (18, 60), "older": (60, 101)}.items()}  # fmt: skip
    assert min(ages) == 0
    assert max(ages) <= 100
    assert 0.3 < share["children"] < 0.55
    assert 0.4 < share["adults"] < 0.65
    assert 0.03 < share["older"] < 0.15
    female = sum(row["sex"] == "F" for row in members) / len(members)
    assert 0.45 < female < 0.55


def test_estimated_birthdays_heap_on_new_year_and_others_do_not() -> None:
    members = [row for found in sound_families(DAYS[3]).values() for row in found]
    heap = {
        flag: sum(r["date_of_birth"].endswith("-01-01") for r in members if r["birth_estimated"] == flag)
        / sum(r["birth_estimated"] == flag for r in members)
        for flag in ("Y", "N")
    }
    assert heap["Y"] > 0.8
    assert heap["N"] < 0.01
    assert any(row["date_of_birth"].endswith("-02-29") for row in members)


def test_few_arrive_in_winter() -> None:
    months = Counter(row["registration_date"][5:7] for found in sound_families(DAYS[3]).values() for row in found)
    assert months["01"] + months["12"] < 0.7 * (months["04"] + months["09"])


def test_dates_of_sound_rows_are_in_order() -> None:
    for members in sound_families(DAYS[3]).values():
        for row in members:
            assert row["date_of_birth"] <= row["registration_date"] <= row["last_update"] <= DAYS[3]
            assert row["date_of_birth"] <= row["arrival_date"] <= row["registration_date"]
            assert row["card_issue"] <= row["card_expiry"]
            assert bool(row["card_number"]) == bool(row["card_issue"])


def test_between_extracts_people_are_born_die_come_leave_and_renew() -> None:
    for earlier, later in itertools.pairwise(DAYS):
        before = {row["record_id"]: row for row in rows_of(good_file(earlier)) if row["record_id"]}
        after = {row["record_id"]: row for row in rows_of(good_file(later)) if row["record_id"]}
        new = [row for key, row in after.items() if key not in before]
        both = [(before[key], after[key]) for key in before if key in after]
        assert len(before) - len(both) < 20  # nobody vanishes but the rows whose id was tampered with
        assert sum(row["registration_date"] > earlier for row in new) > 0.9 * len(new)
        assert sum(row["date_of_birth"] > earlier for row in new) > 50
        assert sum(row["family_role"] == "focal_point" for row in new) > 100
        assert sum(a["record_status"] > b["record_status"] for b, a in both) > 100  # active to inactive
        assert sum(a["record_status"] < b["record_status"] for b, a in both) == 0
        assert sum(a["card_issue"] > b["card_issue"] > "" for b, a in both) > 1000
        assert sum(a["marital_status"] == "widowed" != b["marital_status"] for b, a in both) > 5


def test_a_widowed_spouse_takes_over_as_focal_point() -> None:
    before = {row["record_id"]: row for row in rows_of(good_file(DAYS[0]))}
    moved = [
        row
        for row in rows_of(good_file(DAYS[3]))
        if row["family_role"] == "focal_point" and before.get(row["record_id"], row)["family_role"] == "spouse"
    ]
    assert moved
    assert sum(row["marital_status"] == "widowed" for row in moved) >= len(moved) - 15  # some are mended troubles


def test_residence_codes_are_those_in_force() -> None:
    geo = build_geography()
    for day, version in zip(DAYS, ("v01", "v01", "v02", "v02"), strict=True):
        known = {place.pcode for place in geo.places(version, 2)}
        name = good_file(day)
        odd = troubled(name)
        allowed = odd["place_unknown"] | odd["old_code"]
        for row, one in enumerate(rows_of(name)):
            assert (one["residence_adm2_code"] in known) != (row in allowed)
            assert one["residence_adm2_code"].startswith(one["residence_adm1_code"])


@pytest.mark.parametrize("size", ["small", "country"])
def test_rows_of_the_answer_key_show_their_trouble_and_no_other_row_does(size: str) -> None:
    for day in DAYS[:1] if size == "small" else DAYS:
        name = good_file(day, size)
        assert _found_troubles(rows_of(name, size), day) == {
            kind: rows for kind, rows in troubled(name, size).items() if kind in _found_troubles([], day)
        }


def _found_troubles(rows: list[Row], day: str) -> dict[str, set[int]]:
    """What a reader of the file finds without knowing the key."""
    seen: set[str] = set()
    found: dict[str, set[int]] = {
        kind: set() for kind in ("id_missing", "id_duplicate", "birth_future", "birth_old", "birth_missing",
                                 "sex_code", "card_dates", "quoted_address")
    }  # fmt: skip
    for row, one in enumerate(rows):
        born = one["date_of_birth"]
        shown = {
            "id_missing": not one["record_id"],
            "id_duplicate": one["record_id"] != "" and one["record_id"] in seen,
            "birth_future": born > day,
            "birth_old": born != "" and years(born, day) > 101,
            "birth_missing": not born,
            "sex_code": one["sex"] not in ("F", "M"),
            "card_dates": one["card_expiry"] < one["card_issue"],
            "quoted_address": '"' in one["address"],
        }
        seen.add(one["record_id"])
        for kind, is_so in shown.items():
            if is_so:
                found[kind].add(row)
    return found


@pytest.mark.parametrize("size", ["small", "country"])
def test_family_troubles_of_the_answer_key_are_all_there_is(size: str) -> None:
    for day in DAYS[:1] if size == "small" else DAYS:
        name = good_file(day, size)
        rows, key = rows_of(name, size), troubled(name, size)
        focal, wrong_size = set(), set()
        for group, members in families(rows).items():
            active = sum(row["record_status"] == "active" for row in members)
            if sum(row["family_role"] == "focal_point" for row in members) != 1:
                focal.add(group)
            if active and any(int(row["family_size_declared"]) != active for row in members):
                wrong_size.add(group)
        groups = {kind: {rows[row]["registration_group_id"] for row in found} for kind, found in key.items()}
        assert focal == groups["no_focal"] | groups["two_focal"]
        assert wrong_size == groups["size_differs"]


def test_sound_but_odd_rows_are_what_the_key_calls_them() -> None:
    for day in DAYS:
        name = good_file(day)
        rows, key = rows_of(name), troubled(name)
        assert all(rows[row]["date_of_birth"][5:] == "02-29" for row in key["leap_birth"])
        assert all(rows[row]["date_of_birth"] == rows[row - 1]["date_of_birth"] for row in key["twins"])
        assert all(not rows[row]["full_name"].isascii() for row in key["lookalike_name"])
        assert len(key["twins"]) == len(key["leap_birth"]) == 6


def test_some_troubles_are_mended_in_july_and_some_are_new() -> None:
    def ids(day: str) -> set[str]:
        rows = rows_of(good_file(day))
        return {rows[row]["record_id"] for row in troubled(good_file(day))["sex_code"]}

    june, september = ids(DAYS[1]), ids(DAYS[2])
    assert june & september
    assert june - september
    assert september - june


def test_troubles_of_whole_files() -> None:
    for size in ("small", "country"):
        kinds = {one.kind: one.file for one in delivered(size)[1] if one.row is None}
        with pytest.raises(UnicodeDecodeError):
            content(kinds["file_unreadable"], size).decode("utf-8")
        header = content(kinds["file_template"], size).splitlines()[0]
        assert b"district_code" in header
        assert b"residence_adm2_code" not in header
        assert content(kinds["file_forbidden"], size).splitlines()[0].endswith(b",fingerprint")
        short = kinds["file_totals"]
        assert len(rows_of(short, size)) < int(_totals(short, size)["records"])


def _totals(name: str, size: str) -> Row:
    text = content(name.replace(".csv", "_totals.csv"), size).decode()
    return next(csv.DictReader(io.StringIO(text)))


def test_control_totals_of_accepted_files_agree_with_them() -> None:
    for day in DAYS:
        name = good_file(day)
        rows, totals = rows_of(name), _totals(name, "country")
        assert totals == {
            "extract": day,
            "records": str(len(rows)),
            "families": str(len(families(rows))),
            "active": str(sum(row["record_status"] == "active" for row in rows)),
        }


def test_the_last_file_comes_twice() -> None:
    again = next(one for one in delivered()[1] if one.kind == "file_again")
    assert again.rule == ""
    assert content(again.file, "country") == content(good_file(DAYS[3]), "country")


@pytest.mark.parametrize("size", ["small", "country"])
def test_every_planted_identity_is_in_every_extract(size: str) -> None:
    planted = canaries(1, canary_count(size))
    for day in DAYS[:1] if size == "small" else DAYS:
        name = good_file(day, size)
        by_name = {row["full_name"]: row for row in rows_of(name, size)}
        for one in planted:
            row = by_name[one.name]
            assert (row["full_name_local"], row["phone"], row["card_number"]) == (
                one.name_local, one.phone, one.card_number,
            )  # fmt: skip
        others = [row for row in rows_of(name, size) if row["full_name"] not in {one.name for one in planted}]
        assert not {row["phone"] for row in others} & {one.phone for one in planted}
        assert not {row["card_number"] for row in others} & {one.card_number for one in planted}


def test_planted_identities_are_distinct_and_follow_the_seed() -> None:
    found = canaries(5)
    for field in ("name", "name_local", "phone", "card_number", "email"):
        assert len({getattr(one, field) for one in found}) == 200
    assert canaries(5, 40) == found[:40]
    assert canaries(6) != found
    with pytest.raises(ValueError, match="200"):
        canaries(5, 201)


def test_numbers_of_persons_are_unique() -> None:
    name = good_file(DAYS[3])
    rows = rows_of(name)
    for column in ("phone", "card_number"):
        filled = [row[column] for row in rows if row[column]]
        assert len(filled) == len(set(filled)), column


def test_the_national_stream_is_whole_deterministic_and_continues_its_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(register, "_CHUNK_FAMILIES", 2000)
    digests = []
    for name in ("one.csv", "two.csv"):
        total = register.write_national(build_geography(), 3, 15_000, tmp_path / name)
        digests.append(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert digests[0] == digests[1]
    rows = list(csv.DictReader(io.StringIO((tmp_path / "one.csv").read_text(encoding="utf-8"))))
    assert 15_000 <= len(rows) == total.records < 15_020
    ids = Counter(row["record_id"] for row in rows if row["record_id"])
    assert sum(count - 1 for count in ids.values()) == sum(count == 2 for count in ids.values()) < 60
    groups = [row["registration_group_id"] for row in rows]
    assert groups == sorted(groups)
    assert total.families == len(set(groups))
