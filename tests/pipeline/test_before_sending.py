"""What partners get before they send: the empty workbook and the verdict on a finished file; the lake stays as it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from small_year import SmallYear
from typer.testing import CliRunner, Result

from assets.quality import ledger
from assets.quality.ledger import Entry
from orchestration.cli import app

ALIKE = ("verdict", "rows_total", "rows_accepted", "rows_refused", "findings")


@pytest.fixture
def year(small_year: SmallYear, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallYear]:
    for name, value in {**small_year.variables, "IMU_TODAY": small_year.last_day}.items():
        monkeypatch.setenv(name, value)
    yield small_year


def imu(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def files_of(year: SmallYear) -> dict[str, int]:
    root = year.home.lake
    return {path.relative_to(root).as_posix(): path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}


def of_cluster(year: SmallYear, code: str) -> list[tuple[Path, Entry]]:
    """The files a cluster sent in the year, each with the verdict it got."""
    office = year.office(year.last_day)
    sent = {path.name: path for path in (year.home.world / "files" / "clusters" / f"{code.lower()}-focal").glob("*")}
    entries = ledger.entries(office.lake, "clusters", office.now)
    return [(sent[one.file_name], one) for one in entries if one.file_name in sent]


def test_the_verdict_is_the_one_the_file_got_and_nothing_is_taken(year: SmallYear) -> None:
    before = files_of(year)
    judged = of_cluster(year, "WSH")
    assert len(judged) > 3
    for path, entry in judged:
        got = imu("check", str(path), "--cluster", "WSH", "--month", entry.partition.split("|")[-1], "--json")
        verdict = json.loads(got.stdout)
        assert [verdict[name] for name in ALIKE] == [entry.verdict[name] for name in ALIKE]
        assert got.exit_code == (0 if verdict["well"] else 1)
    assert files_of(year) == before


def test_page_and_workbook_are_written_where_they_are_wanted(year: SmallYear, tmp_path: Path) -> None:
    path = next(path for path, _ in of_cluster(year, "WSH") if path.suffix == ".xlsx")
    imu("check", str(path), "--cluster", "WSH", "--month", "2025-01", "--out", str(tmp_path / "answers"))
    names = sorted(one.name for one in (tmp_path / "answers").iterdir())
    assert names == [f"{path.stem} - checked.html", f"{path.stem} - checked.xlsx"]


def test_a_file_for_another_month_is_not_well(year: SmallYear) -> None:
    path = next(path for path, entry in of_cluster(year, "WSH") if entry.partition == "WSH|2025-01" and entry.tables)
    got = imu("check", str(path), "--cluster", "WSH", "--month", "2025-03")
    assert got.exit_code == 1
    assert "It says that it is for 2025-01" in got.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("check", "nowhere.xlsx", "--cluster", "WSH", "--month", "2025-03"), "No file nowhere.xlsx"),
        (("check", "nowhere.xlsx", "--cluster", "WASH", "--month", "2025-03"), "There are: FSC"),
        (("check", "nowhere.xlsx", "--cluster", "WSH", "--month", "March"), "They go from 2025-01"),
        (("template", "WASH", "--month", "2025-03"), "There are: FSC"),
        (("template", "WSH", "--month", "2031-03"), "They go from 2025-01"),
    ],
)
def test_a_wrong_word_says_which_there_are(year: SmallYear, arguments: tuple[str, ...], words: str) -> None:
    got = imu(*arguments)
    assert got.exit_code == 2
    assert words in got.stderr


def test_the_empty_workbook_holds_the_operations_lists(year: SmallYear, tmp_path: Path) -> None:
    target = tmp_path / "t.xlsx"
    assert imu("template", "WSH", "--month", "2025-03", "--out", str(target)).exit_code == 0
    lists = openpyxl.load_workbook(target)["Lists"]
    values = {cell.value for row in lists.iter_rows() for cell in row}
    assert "WSH-01 - Water trucking" in values
    assert not any(str(value).startswith("HEA-") for value in values)
    got = imu("check", str(target), "--cluster", "WSH", "--month", "2025-03", "--json")
    assert (got.exit_code, json.loads(got.stdout)["rows_total"]) == (0, 0)
