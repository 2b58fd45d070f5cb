"""The small year the pipeline tests look at: where it lies, how it is lived through, how a test gets its own copy.

Belongs here: plain helpers. Does not belong here: fixtures (`conftest.py`), what must be true of the year (tests).

Four clusters instead of fourteen, so that enough of them report in each month; nobody has decided how finely population
may be shown, so that one product is always held.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from demo import year
from demo.country.world import build_world
from demo.hdx.server import HdxServer
from demo.home import REPO, Home, enter, environment
from demo.kobo.project import load_project
from demo.kobo.server import KoboServer
from demo.servers import Servers
from orchestration import office as office_module
from orchestration.lake import Lake
from orchestration.office import Office

CLUSTERS = ("WSH", "HEA", "FSC", "PRO")
HELD = "population-statistics"
CHECKS_ONLY = ("inbox", "kobo", "verdicts")


@dataclass
class SmallYear:
    """One lake with everything around it. `told` is what the walk said, in order."""

    home: Home
    operations: Path
    servers: Servers
    told: list[str] = field(default_factory=list)
    runs: int = 0
    failed: int = 0

    @property
    def variables(self) -> dict[str, str]:
        return {**environment(self.home, self.servers.addresses), "IMU_OPERATIONS": str(self.operations)}

    def office(self, day: str) -> Office:
        """The office as it was on a day."""
        return Office({**self.variables, "IMU_TODAY": day})

    @property
    def last_day(self) -> str:
        return year.ticks(self.home)[-1].isoformat()

    @property
    def lake(self) -> Lake:
        return self.office(self.last_day).lake

    def copy(self, folder: Path) -> SmallYear:
        """A copy a test may spoil."""
        home = replace(self.home, lake=folder / "lake", work=folder / "work")
        shutil.copytree(self.home.lake, home.lake)
        shutil.copytree(self.home.work, home.work)
        shutil.copytree(self.operations, folder / "operations")
        return SmallYear(home, folder / "operations", self.servers)


@contextmanager
def at_work(small: SmallYear) -> Iterator[year.Year]:
    """The platform opened on this year, the way the demo does it: the environment of the process says where it is."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in small.variables.items():
            patch.setenv(name, value)
        patch.setenv("IMU_TODAY", small.last_day)
        # Helpers and people commit while tests run; a release's bytes must not depend on it.
        patch.setattr(office_module, "_commit", lambda: "a test")
        enter(small.home, small.servers.addresses)
        walk = year.begin(small.home)
        try:
            yield walk
        finally:
            walk.close()


def live(small: SmallYear) -> SmallYear:
    """Every tick of the year."""
    with at_work(small) as walk:
        year.walk(walk, small.servers, small.told.append)
        small.runs, small.failed = walk.runs, walk.failed
    return small


def live_on(small: SmallYear, day: str, only: tuple[str, ...] = ()) -> SmallYear:
    """One more day; with `only`, just the sensors whose names begin so."""
    with at_work(small) as walk, only_sensors(only):
        year.live_through(walk, date.fromisoformat(day), small.servers, small.told.append)
        small.runs, small.failed = walk.runs, walk.failed
    return small


@contextmanager
def only_sensors(names: tuple[str, ...]) -> Iterator[None]:
    """All of them where no names are given."""
    every = year._sensors
    with pytest.MonkeyPatch.context() as patch:
        if names:
            patch.setattr(year, "_sensors", lambda walk: [one for one in every(walk) if one.name.startswith(names)])
        yield


def untold(folder: Path, seed: int) -> tuple[Home, Path]:
    """A year of size small before its first day, and the operations folder for it."""
    home = Home(folder / "lake", folder / "work", seed, "small")
    build_world(home.seed, home.size, home.world)
    return home, small_operation(folder / "operations")


def small_operation(folder: Path) -> Path:
    """The demo's operation with four clusters, and a topic nobody has decided about."""
    shutil.copytree(REPO / "operations" / "demo", folder / "demo")
    _rewrite(folder / "demo" / "operation.yml", _four_clusters)
    _rewrite(folder / "demo" / "sensitivity.yml", lambda rules: [r for r in rules if r.get("topic") != "population"])
    return folder


def _rewrite(path: Path, change: Any) -> None:
    content = change(yaml.safe_load(path.read_text(encoding="utf-8")))
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _four_clusters(content: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**content, "clusters": [one for one in content["clusters"] if one["code"] in CLUSTERS]}


@contextmanager
def survey_server_only(home: Home) -> Iterator[Servers]:
    """For walks that publish nothing."""
    with KoboServer(load_project(home.world / "kobo.json")) as kobo:
        yield Servers(kobo.url, kobo.token(), "", "")


@contextmanager
def own_hdx(small: SmallYear) -> Iterator[SmallYear]:
    """The same, publishing to the copy of HDX beside it."""
    with HdxServer(small.home.hdx) as hdx:
        servers = replace(small.servers, hdx_url=hdx.url, hdx_key=hdx.credentials["editor_token"])
        yield replace(small, servers=servers)


def put_in_inbox(small: SmallYear, source: str, sender: str, name: str, content: bytes, received: float) -> Path:
    """A file as it lies in a shared folder, last written at a moment (seconds since 1970)."""
    path = small.home.lake / "inbox" / source / sender / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (received, received))
    return path
