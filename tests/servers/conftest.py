"""The two catalogues the publisher is tested on: our stand-in, and a real CKAN with HDX's rules.

The real one runs with `-m servers` only (it needs root, PostgreSQL, Redis and about 20 seconds), and skips visibly
where it cannot run. Both are handed to the tests as a `Catalogue`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests
from hdx_catalogue import NAME, Catalogue, Make, real_ckan, stand_in

from orchestration.hdx_api import HdxPublisher
from orchestration.hdx_checks import Publication, ReleaseFile


@pytest.fixture(scope="session", params=["stand-in", pytest.param("real-ckan", marks=pytest.mark.servers)], ids=str)
def _running(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    if request.param == "stand-in":
        yield from stand_in(tmp_path_factory.mktemp("hdx"))
    else:
        yield from real_ckan(request.config)


@pytest.fixture
def catalogue(_running: Catalogue) -> Iterator[Catalogue]:
    """An empty catalogue without faults."""
    _running.reset()
    yield _running
    _running.clear_faults()


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every request this process sends, by action."""
    seen: list[str] = []
    send = requests.adapters.HTTPAdapter.send

    def noted(self: Any, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        path = str(request.path_url)
        seen.append("download" if "/download/" in path else path.rsplit("/", 1)[-1])
        return send(self, request, *args, **kwargs)

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", noted)
    return seen


@pytest.fixture
def release(tmp_path: Path) -> Publication:
    files = []
    for name in ("presence", "dictionary"):
        path = tmp_path / f"xkv_{name}.csv"
        path.write_bytes(f"{name},value\r\nПоле,1\r\n".encode())
        files.append(ReleaseFile(f"XKV {name}", "csv", f"What is in {name}", path))
    return Publication(
        name=NAME,
        title="Kalvoria - operational presence",
        notes="Who does what where.\n\nOne row per organisation, cluster and district.",
        source="Information Management Unit, Kalvoria",
        methodology="Monthly workbooks of the clusters, checked row by row.",
        caveats="Organisations that asked for it are not named.",
        licence="cc-by-igo",
        frequency_days=30,
        tags=("geodata", "operational presence", "who is doing what and where-3w-4w-5w"),
        iso3="XKV",
        period_start=date(2025, 1, 1),
        period_end=date(2025, 1, 31),
        resources=tuple(files),
        private=False,
        version="2025-01",
    )


@pytest.fixture
def make(catalogue: Catalogue) -> Make:
    """A publisher for the catalogue; by default it tries once, so that each failure is seen."""

    def made(who: str = "editor", **changed: Any) -> HdxPublisher:
        known = catalogue.credentials
        given = {
            "user_agent": "imu-test",
            "organisation": known["organization_name"],
            "maintainer": known["editor_id"],
            "attempts": 1,
            "wait_seconds": 0.0,
        }
        return HdxPublisher(catalogue.url, known[f"{who}_token"], **given | changed)

    return made
