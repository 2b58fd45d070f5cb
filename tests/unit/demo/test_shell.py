"""The demo's own terminal, its page and its places: each works on its own lake, or says why not."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from demo import dev, servers, shell, year
from demo.__main__ import _compare
from demo.home import REPO, Home, default_home, environment
from orchestration import seal
from orchestration.lake import Lake
from orchestration.office import Office

SHOW = [sys.executable, "-c", "import json, os; print(json.dumps(dict(os.environ)))"]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "data_lake", tmp_path / ".demo", 1, "small")
    made.work.mkdir()
    return made


def run(home: Home, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "demo.shell", "--size", "small", "--folder", str(home.work.parent), *command],
        cwd=REPO, capture_output=True, text=True, check=False, env={**os.environ, **more},
    )  # fmt: skip


def live(home: Home) -> None:
    home.ticks.write_text(json.dumps(["2025-01-31", "2025-02-28"]), encoding="utf-8")
    Lake(home.lake, seal.load_keys(environment(home)), "demo").open()


def test_a_terminal_of_the_demo_has_its_keys_its_day_and_nothing_of_the_offices(home: Home) -> None:
    live(home)
    ended = run(home, *SHOW, IMU_OPERATION="ukraine", IMU_HDX_URL="https://data.example", IMU_HDX_KEY="office")
    found = json.loads(ended.stdout)
    assert {name: found.get(name) for name in environment(home)} == environment(home)
    assert found["IMU_TODAY"] == "2025-02-28"
    assert "IMU_HDX_URL" not in found and "IMU_HDX_KEY" not in found
    assert (home.dagster / "dagster.yaml").exists()
    assert found["PATH"].startswith(str(Path(sys.executable).parent))


def test_imu_works_in_it(home: Home) -> None:
    live(home)
    ended = run(home, sys.executable, "-m", "orchestration.cli", "seal", "check")
    assert (ended.returncode, "The keys fit" in ended.stdout) == (0, True), ended.stderr


def test_without_a_demo_it_says_how_one_is_made(home: Home) -> None:
    ended = run(home, *SHOW)
    assert (ended.returncode, "make demo" in ended.stderr, ended.stdout) == (3, True, "")


def test_running_servers_are_found_and_dead_ones_are_not(home: Home) -> None:
    assert servers.at_hand(home) == {}
    with socket.create_server(("127.0.0.1", 0)) as open_one:
        url = f"http://127.0.0.1:{open_one.getsockname()[1]}"
        addresses = {"IMU_KOBO_URL": url, "IMU_HDX_URL": url}
        home.servers.write_text(json.dumps(addresses), encoding="utf-8")
        assert servers.at_hand(home) == addresses
    assert servers.at_hand(home) == {}


def test_only_the_country_lives_in_data_lake() -> None:
    places = [default_home(), default_home(size="small"), default_home(seed=2)]
    assert places[0].lake == REPO / "data_lake"
    assert len({one.lake for one in places}) == len({one.work for one in places}) == 3
    assert all(one.lake.is_relative_to(REPO / ".demo") for one in places[1:])  # what git ignores and make clean removes
    assert shell.lived(Home(Path("/nowhere"), Path("/nowhere"))) == []


def test_a_port_that_is_taken_is_said_to_be(home: Home, monkeypatch: pytest.MonkeyPatch, capsys: object) -> None:
    home.world.mkdir()
    monkeypatch.setattr(dev, "default_home", lambda: home)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(sys, "argv", ["demo.dev", "--port", str(port)])
        assert dev.main() == 3
        assert f"make dev PORT={port + 1}" in capsys.readouterr().out  # type: ignore[attr-defined]
    assert dev.is_free(port)


def test_files_somebody_dropped_are_named_as_the_reason(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    lake, at = Lake(home.lake, seal.load_keys(environment(home)), "demo").open(), datetime(2025, 2, 3, tzinfo=UTC)
    given = {"partition": None, "received_at": at, "taken_at": at}
    home.world.mkdir()
    lines = "at,source,sender,name,path\n2025-02-03T00:00:00+00:00,clusters,wsh-focal,a.xlsx,x\n"
    (home.world / "deliveries.csv").write_text(lines, encoding="utf-8")
    lake.take("clusters", b"a", sender="wsh-focal", file_name="a.xlsx", **given)
    lake.take("hsm", b"pull", sender="survey-server", file_name="p", **given)
    office = Office({**environment(home), "IMU_TODAY": "2025-02-28"})
    assert year.dropped(home, office) == {}
    lake.take("clusters", b"tried out", sender="hea-focal", file_name="b.xlsx", **given)
    assert year.dropped(home, office) == {"clusters": 1}
    assert _compare(Console(width=200), home, {"as_of": "another day"}, {"clusters": 1}, write=False) == 1
    assert "not of the demo's year: clusters 1. `make clean`" in capsys.readouterr().out


def test_one_warning_is_kept_quiet_and_no_other() -> None:
    ours = "Function `dev_command` is superseded and its usage is discouraged. Use 'dg dev' instead."
    code = f"import warnings; warnings.warn({ours!r}, FutureWarning); warnings.warn('another', FutureWarning)"
    ended = subprocess.run([sys.executable, "-c", code], env=dev._quietly(), capture_output=True, text=True, check=True)
    assert "superseded" not in ended.stderr.replace(code, "")
    assert "FutureWarning: another" in ended.stderr
