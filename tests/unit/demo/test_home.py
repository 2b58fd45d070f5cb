"""The demo keeps its hands off a lake it did not make."""

from __future__ import annotations

from pathlib import Path

import pytest

from demo import clean
from demo.home import Home, environment, is_foreign
from orchestration import seal
from orchestration.lake import Lake


@pytest.fixture
def home(tmp_path: Path) -> Home:
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake" / "README.md").write_text("about")
    (tmp_path / "work").mkdir()
    return Home(tmp_path / "lake", tmp_path / "work", 1, "small")


def make_lake(home: Home, keys: seal.Keys) -> None:
    Lake(home.lake, keys).open().write_json(home.lake / "state" / "a.json", {})


def test_what_the_demo_made_is_removed(home: Home) -> None:
    make_lake(home, seal.load_keys(environment(home)))
    assert not is_foreign(home.lake)
    assert clean.main(home) == 0
    assert [path.name for path in home.lake.iterdir()] == ["README.md"]
    assert not home.work.exists()


def test_an_offices_lake_stays_whole(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    make_lake(home, seal.Keys(b"s" * 32, b"p" * 32))
    before = sorted(path.name for path in home.lake.rglob("*"))
    assert clean.main(home) == 3
    assert sorted(path.name for path in home.lake.rglob("*")) == before
    assert "did not make" in capsys.readouterr().err
    assert home.work.exists()


def test_a_lake_that_lost_its_keys_and_an_inbox_somebody_filled_stay_too(home: Home) -> None:
    (home.lake / "inbox" / "clusters").mkdir(parents=True)
    assert is_foreign(home.lake)


def test_an_empty_folder_is_nobodys(home: Home) -> None:
    assert not is_foreign(home.lake)
    assert not is_foreign(home.lake / "none")
