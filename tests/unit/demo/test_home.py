"""The demo keeps its hands off a lake it did not make, and leaves no server behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from demo import clean
from demo.home import REPO, Home, environment, is_foreign
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


STARTER = """
import signal, subprocess, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
command = [sys.executable, "-m", "demo.hdx", "--folder", sys.argv[1], "--with-parent"]
server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
print(server.pid, server.stdout.readline().strip(), flush=True)
sys.stdin.read()
"""


def _is_running(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().split(")")[1]
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_server_ends_with_the_demo_that_started_it_and_when_told(tmp_path: Path, how: signal.Signals) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(tmp_path)], cwd=REPO, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline().split()[0])
        assert _is_running(pid)
        os.kill(starter.pid if how is signal.SIGKILL else pid, how)
        until = time.monotonic() + 30
        while _is_running(pid) and time.monotonic() < until:
            time.sleep(0.1)
        assert not _is_running(pid)
    finally:
        starter.kill()
        starter.communicate()
