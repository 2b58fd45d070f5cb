"""A whole year on disk: the same seed gives the same bytes, another seed another year, and the key fits the files."""

import csv
import hashlib
import re
from datetime import date, datetime
from pathlib import Path

import pytest

from demo.country import world
from demo.country.deliveries import Delivery, at, week_key
from demo.country.world import World, build_world


def fingerprint(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    return build_world(1, "small", tmp_path_factory.mktemp("small"))


def test_the_same_seed_gives_the_same_bytes(made: World, tmp_path: Path) -> None:
    build_world(1, "small", tmp_path)
    assert fingerprint(tmp_path) == fingerprint(made.answer_key.parent)


def test_another_seed_gives_another_year_of_the_same_country(made: World, tmp_path: Path) -> None:
    other = build_world(2, "small", tmp_path)
    old, new = fingerprint(made.answer_key.parent), fingerprint(tmp_path)
    boundaries = "files/boundaries/mapping-agency/xkv_admin_boundaries_v01.zip"
    assert old[boundaries] == new[boundaries]
    assert old["answer_key.csv"] != new["answer_key.csv"]
    assert other.troubles != made.troubles


def test_every_delivery_lies_where_the_list_says(made: World) -> None:
    folder = made.answer_key.parent
    listed = list(csv.DictReader((folder / "deliveries.csv").read_text(encoding="utf-8").splitlines()))
    assert [row["at"] for row in listed] == [delivery.at.isoformat() for delivery in made.deliveries]
    assert listed == sorted(listed, key=lambda row: datetime.fromisoformat(row["at"]))
    for row, delivery in zip(listed, made.deliveries, strict=True):
        assert (folder / row["path"]).read_bytes() == delivery.content
        assert row["path"].startswith(f"files/{delivery.source}/{delivery.sender}/")


def test_the_answer_key_names_files_that_come_and_rules_that_exist(made: World) -> None:
    names = {delivery.name for delivery in made.deliveries}
    assert {trouble.file for trouble in made.troubles} - names <= {""}
    assert all(re.fullmatch(r"|[CDRHGN](-[A-Z]+)+", trouble.rule) for trouble in made.troubles)
    assert {trouble.source for trouble in made.troubles} >= {"population", "displacement", "needs"}
    assert sum(1 for _ in made.answer_key.open(encoding="utf-8")) == len(made.troubles) + 1


def test_all_of_a_small_year_comes_in_the_first_months(made: World) -> None:
    assert min(delivery.at for delivery in made.deliveries) >= at(date(2024, 12, 1))
    assert max(delivery.at for delivery in made.deliveries) < at(date(2025, 6, 30))


def test_a_second_world_does_not_go_into_the_same_folder(made: World) -> None:
    with pytest.raises(FileExistsError, match="isn't empty"):
        build_world(1, "small", made.answer_key.parent)


def test_the_command_says_in_one_line_that_the_folder_is_taken(made: World, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        world.main(["--seed", "1", "--out", str(made.answer_key.parent)])
    assert "isn't empty" in capsys.readouterr().err.splitlines()[-1]


def test_an_unknown_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="small, country"):
        build_world(1, "huge", tmp_path)


def test_other_bytes_under_one_name_keep_both(tmp_path: Path) -> None:
    def delivery(content: bytes) -> Delivery:
        return Delivery(at(date(2025, 3, 1)), "clusters", "wsh-focal", "report.xlsx", content)

    files = world._write_files([delivery(b"one"), delivery(b"two"), delivery(b"one")], tmp_path)
    assert [file.name for file in files] == ["report.xlsx", "report.2.xlsx", "report.xlsx"]
    assert [file.read_bytes() for file in files] == [b"one", b"two", b"one"]


def test_a_week_is_named_by_its_thursday() -> None:
    assert week_key(date(2025, 1, 5)) == "2025-W01"
    assert week_key(date(2026, 1, 4)) == "2026-W01"
    assert week_key(date(2021, 1, 3)) == "2020-W53"
