"""A new country's folder: complete and valid as it stands; and `imu validate`, which tells all its problems at once."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
import yaml

from orchestration import reminders, settings, skeleton
from orchestration.calendar import due_between, load_calendar
from orchestration.failures import Permanent
from orchestration.validation import problems

OPERATIONS = settings.REPO / "operations"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    where = tmp_path / "myanmar"
    skeleton.write(skeleton.country("myanmar", "MMR"), where, date(2026, 1, 1))
    return where


def told(folder: Path) -> list[tuple[str, str]]:
    return [(problem.file, problem.key) for problem in problems(folder)]


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


# -- the skeleton -----------------------------------------------------------------------------------------------


def test_a_new_folder_is_valid_as_it_stands(folder: Path) -> None:
    assert problems(folder) == []
    operation = settings.load_operation(folder)
    assert (operation.title, operation.iso3, operation.iso2) == ("Myanmar", "MMR", "MM")
    assert operation.time_zone == "Asia/Yangon"
    assert operation.months[0] == "2026-01"
    assert len(load_calendar(folder / "calendar.yml")) == 5
    assert reminders.load(folder / "calendar.yml")


def test_a_new_folder_is_the_same_each_time(folder: Path, tmp_path: Path) -> None:
    again = tmp_path / "again" / "myanmar"
    files = skeleton.write(skeleton.country("myanmar", "MMR"), again, date(2026, 1, 1))
    assert files == sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert [(again / name).read_bytes() for name in files] == [(folder / name).read_bytes() for name in files]
    assert not list(tmp_path.rglob(".new-*"))


def test_every_key_of_the_skeleton_stands_under_a_comment(folder: Path) -> None:
    lines = (folder / "operation.yml").read_text(encoding="utf-8").splitlines()
    keys = [number for number, line in enumerate(lines) if re.match(r"[a-z_0-9]+:", line)]
    uncommented = [
        lines[at] for at in keys if "#" not in lines[at] and not lines[at - 1].strip().startswith(("#", "-"))
    ]
    assert uncommented == []


def test_every_key_there_is_stands_in_the_skeleton_if_only_as_a_comment(folder: Path) -> None:
    text = (folder / "operation.yml").read_text(encoding="utf-8")
    keys = (
        set(settings.Operation.model_fields) | set(settings.Sources.model_fields) | set(settings.HsmSource.model_fields)
    )
    keys |= set(settings.RegisterSource.model_fields) | set(settings.Disclosure.model_fields)
    keys |= set(settings.RegisterSystem.model_fields) | set(settings.RegisterConnection.model_fields)
    assert [key for key in sorted(keys - {"folder"}) if not re.search(rf"\b{key}\b", text)] == []


def test_what_stands_as_a_comment_is_valid_once_the_marks_are_taken(folder: Path) -> None:
    path = folder / "operation.yml"
    text = path.read_text(encoding="utf-8")
    text = re.sub(
        r"(?m)^  # ((  )?(hsm|register_extracts|assets|round_question|on_hold|largest_drop|custody)\b.*)", r"  \1", text
    )
    text = re.sub(r"(?m)^  # (  (senders|cleaning_log|systems|never_ingest):.*|    - .name: .*)", r"  \1", text)
    path.write_text(text, encoding="utf-8")
    sources = settings.load_operation(folder).sources
    assert sources.hsm is not None
    assert sources.register_extracts is not None
    assert sources.register_extracts.custody == "none"
    assert problems(folder) == []


def test_no_person_and_no_foreign_address_stands_in_a_shipped_folder(folder: Path) -> None:
    places = [folder, *(OPERATIONS / name for name in ("ukraine", "myanmar"))]
    text = "\n".join(
        path.read_text(encoding="utf-8") for place in places for path in place.rglob("*") if path.is_file()
    )
    addresses = re.findall(r"[\w.+-]+@([\w.-]+)", text)
    assert addresses
    assert {address.rsplit(".", 1)[-1] for address in addresses} == {"example"}


def test_a_folder_that_exists_is_left_as_it_is(folder: Path) -> None:
    (folder / "mine.txt").write_text("kept", encoding="utf-8")
    with pytest.raises(Permanent, match="exists already"):
        skeleton.write(skeleton.country("myanmar", "MMR"), folder, date(2026, 1, 1))
    assert (folder / "mine.txt").read_text(encoding="utf-8") == "kept"


def test_a_country_of_ones_own_needs_its_two_letters() -> None:
    with pytest.raises(ValueError, match="--iso2"):
        skeleton.country("kalvoria", "XKV")
    place = skeleton.country("kalvoria", "XKV", "XV")
    assert (place.title, place.iso2, place.time_zone) == ("Kalvoria", "XV", "Etc/UTC")


def test_a_country_of_several_time_zones_tells_the_others() -> None:
    place = skeleton.country("ukraine_now", "UKR")
    assert place.time_zone == "Europe/Kyiv"
    assert place.other_zones == ("Europe/Simferopol",)


@pytest.mark.parametrize(
    ("name", "iso3"), [("Myanmar", "MMR"), ("../up", "MMR"), ("", "MMR"), ("myanmar", "mmr"), ("m", "M1")]
)
def test_a_wrong_name_or_code_is_told(name: str, iso3: str) -> None:
    with pytest.raises(ValueError, match=r"no name for an operation|no ISO3 code"):
        skeleton.country(name, iso3)


# -- judging a folder -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", settings.known_operations(OPERATIONS))
def test_every_shipped_operation_is_without_problems(name: str) -> None:
    assert [str(problem) for problem in problems(OPERATIONS / name)] == []


def test_problems_of_all_files_are_told_at_once(folder: Path) -> None:
    edit(folder / "operation.yml", "iso3: MMR", "iso3: Myanmar")
    edit(folder / "calendar.yml", "product: displacement", "product: displacment")
    edit(folder / "sensitivity.yml", "max_level: 3", "max_level: 9")
    edit(folder / "products.yml", "frequency_days: 365", "frequency_days: often")
    assert {file for file, _ in told(folder)} == {"operation.yml", "sensitivity.yml", "products.yml"}
    edit(folder / "products.yml", "frequency_days: often", "frequency_days: 365")
    assert ("calendar.yml", "events.product") in told(folder)
    assert ("calendar.yml", "events") in told(folder)


@pytest.mark.parametrize(
    "name", ["calendar.yml", "products.yml", "sensitivity.yml", "sectors.csv", "column_maps/needs_v1.csv"]
)
def test_a_file_that_is_missing_is_told(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert name in {file for file, _ in told(folder)}


def test_a_folder_without_settings_is_told(tmp_path: Path) -> None:
    assert told(tmp_path) == [("operation.yml", "(the file)")]


def test_rows_that_fit_nothing_are_told_with_file_row_and_column(folder: Path) -> None:
    (folder / "sectors.csv").write_text(
        "sector,name,is_core,parent\nWSH,Water,perhaps,XXX\nWSH,Water,yes,\n", encoding="utf-8"
    )
    (folder / "areas.csv").write_text("pcode,cod_version,area_class\nZZ01,v07,dangerous\n", encoding="utf-8")
    (folder / "activities.csv").write_text("activity_code,sector,name,unit\nA,HEA,Care,individuals\n", encoding="utf-8")
    assert told(folder) == [
        ("sectors.csv", "row 3, sector"),
        ("activities.csv", "row 2, sector"),
        ("sectors.csv", "row 2, parent"),
        ("sectors.csv", "row 2, is_core"),
        ("areas.csv", "row 2, area_class"),
        ("areas.csv", "row 2, cod_version"),
        ("areas.csv", "row 2, pcode"),
        ("operation.yml", "clusters.code"),
        ("operation.yml", "clusters.code"),
    ]


def test_a_table_without_a_column_names_it(folder: Path) -> None:
    (folder / "areas.csv").write_text("pcode,area_class\n", encoding="utf-8")
    found = problems(folder)
    assert [(problem.file, problem.found) for problem in found] == [("areas.csv", "no cod_version")]


def test_a_table_of_a_source_is_asked_for_only_where_there_is_that_source(folder: Path) -> None:
    (folder / "column_maps" / "displacement_v1.csv").unlink()
    assert told(folder) == [("column_maps/displacement_v1.csv", "(the file)")]
    path = folder / "operation.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    del content["sources"]["displacement"]
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    assert told(folder) == [("products.yml", "displacement.inputs")]


def test_a_product_without_table_decision_or_smallest_count_is_told(folder: Path) -> None:
    edit(folder / "products.yml", "mart: cod/population", "mart: cod/populations")
    edit(folder / "sensitivity.yml", "- {topic: needs, audience: public", "- {topic: needs, audience: partners")
    edit(folder / "operation.yml", "presence: 1, ", "")
    assert told(folder) == [
        ("operation.yml", "disclosure.minimum.presence"),
        ("sensitivity.yml", "topic needs, audience public"),
        ("products.yml", "population-statistics.mart"),
    ]


def test_a_product_without_a_day_and_a_product_given_twice_are_told(folder: Path) -> None:
    edit(folder / "products.yml", "name: population-statistics", "name: displacement")
    assert told(folder) == [("products.yml", "name"), ("calendar.yml", "events.product")]


def test_a_calendar_with_a_slip_in_a_reminder_or_a_key_is_told(folder: Path) -> None:
    edit(folder / "calendar.yml", 'rule: "FREQ=MONTHLY;BYDAY=2TU"', 'rule: "every second Tuesday"')
    edit(folder / "calendar.yml", "reminders:", "birthdays: []\nreminders:")
    assert [(problem.file, problem.key) for problem in problems(folder)] == [
        ("calendar.yml", "birthdays"),
        ("calendar.yml", "1.rule"),
    ]
    with pytest.raises(Permanent, match="2 problem"):
        reminders.load(folder / "calendar.yml")


# -- column maps of cluster workbooks ---------------------------------------------------------------------------


def test_a_column_map_that_cannot_be_used_is_told(folder: Path) -> None:
    edit(folder / "column_maps" / "clusters_5w.csv", "activity,Activity,yes,text", "actvity,Activity,yes,txt")
    edit(folder / "column_maps" / "clusters_5w.csv", "status,Status|Activity status,yes,text\n", "")
    assert told(folder) == [
        ("column_maps/clusters_5w.csv", "row 7, type"),
        ("column_maps/clusters_5w.csv", "canonical"),
    ]


def test_months_of_a_template_nobody_has_are_told(folder: Path) -> None:
    edit(folder / "operation.yml", "due_day: 10", "months_in_a_file: {presence: 3}, due_day: 10")
    assert told(folder) == [("operation.yml", "sources.clusters.months_in_a_file")]


def test_a_cluster_reports_for_sectors_of_the_list(folder: Path) -> None:
    edit(folder / "operation.yml", "code: HEA,", "code: HEA, reports_for: [NUT, ZZZ],")
    assert told(folder) == [("operation.yml", "clusters.reports_for")]


def _changed(folder: Path, file: str, old: str, new: str) -> list[str]:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return [str(one) for one in problems(folder)]


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("operation.yml", "valid_on: 2026-01-01", "valid_on: 2026-13-01", "looks like a day and is none"),
        ("operation.yml", "needs: 10", "needs: -5", "greater than or equal to 0"),
        ("operation.yml", "submitters: [wsh-focal]", 'submitters: ["../../x"]', "clusters.0.submitters.0"),
        ("operation.yml", "email: wsh-focal@clusters.example", "email: notmail", "clusters.0.email"),
        ("operation.yml", "iso3: MMR", "iso3: MMR\niso3: MMR", "line 8"),
        ("sectors.csv", "sector,name,is_core,parent", "sector;name;is_core;parent", "list separator"),
        ("calendar.yml", "starts: 2026-02-28, covers: previous_month", "starts: 2026-01-31, covers: previous_month",
         "a release about 2025-12"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_told_where_it_stands(folder: Path, file: str, old: str, new: str, words: str) -> None:
    told = _changed(folder, file, old, new)
    assert any(words in one for one in told), told


def test_an_operation_begun_in_november_owes_nothing_of_the_months_before(tmp_path: Path) -> None:
    where = tmp_path / "operations" / "mali"
    skeleton.write(skeleton.country("mali", "MLI"), where, date(2026, 11, 21))
    operation = settings.load_operation(where)
    assert (operation.period.first_month, operation.period.last_month) == ("2026-11", "2027-12")
    events = load_calendar(where / "calendar.yml")
    due = due_between(events, date(2026, 1, 1), date(2026, 12, 31), operation.zone)
    assert sorted((one.product, one.covers) for one in due) == [
        ("displacement", "2026-11"), ("displacement", "2026-12"), ("needs-and-gaps", "2026-11"),
        ("operational-presence", "2026-11"),
    ]  # fmt: skip
    assert problems(where) == []
