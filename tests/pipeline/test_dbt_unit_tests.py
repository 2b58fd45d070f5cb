"""The models' own unit tests: each branch of a rule, on rows written beside the model."""

from __future__ import annotations

from datetime import datetime

import pytest
import yaml

from assets.transform import sources
from orchestration import dbt_build, seal, settings
from orchestration.dbt_build import NodeResult
from orchestration.lake import Lake
from orchestration.settings import REPO

NOW = datetime.fromisoformat("2025-12-31T23:59:59+02:00")


def _written_down() -> list[str]:
    files = (dbt_build.PROJECT / "models").rglob("*.yml")
    entries = (yaml.safe_load(path.read_text(encoding="utf-8")).get("unit_tests", []) for path in files)
    return sorted(one["name"] for found in entries for one in found)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, NodeResult]:
    """One dbt run for all of them, on a lake in which nothing has arrived."""
    lake = Lake(tmp_path_factory.mktemp("empty") / "lake", seal.Keys(seal=b"s" * 32, pseudonym=b"p" * 32)).open()
    sources.register(lake, settings.load_operation(REPO / "operations" / "demo"), NOW)
    return {one.unique_id.rsplit(".", 1)[-1]: one for one in dbt_build.unit_tests(lake)}


def test_every_unit_test_ran(results: dict[str, NodeResult]) -> None:
    assert sorted(results) == _written_down()
    assert len(results) > 30


@pytest.mark.parametrize("name", _written_down())
def test_a_model_does_what_its_unit_test_says(results: dict[str, NodeResult], name: str) -> None:
    assert results[name].status in {"pass", "success"}, f"run `dbt test` for {name}: {results[name]}"
