"""One small year, lived through once; tests look at its result, and those that change something take a copy."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_year import SmallYear, live, untold

from demo import servers


@pytest.fixture(scope="session")
def small_year(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallYear]:
    """Seed 1 at size small, January to April, with both servers still running. Read only."""
    home, operations = untold(tmp_path_factory.mktemp("year"), seed=1)
    level = logging.getLogger("dagster").level
    with servers.running(home) as running:
        yield live(SmallYear(home, operations, running))
    logging.getLogger("dagster").setLevel(level)


@pytest.fixture
def own_year(small_year: SmallYear, tmp_path: Path) -> SmallYear:
    """A copy of the small year that a test may spoil."""
    return small_year.copy(tmp_path)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests run on several processors, whatever builds models stays on one: they share a year and dbt's target."""
    for item in items:
        if item.path.parent.name in ("pipeline", "graph") or item.path.name == "test_dbt_build.py":
            item.add_marker(pytest.mark.xdist_group("models"))
