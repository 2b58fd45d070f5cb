"""A lake with keys of its own, for every unit test that needs one; `tests/fixtures` is importable."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "fixtures"))

from orchestration.lake import Lake
from orchestration.seal import Keys


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys(seal=b"s" * 32, pseudonym=b"p" * 32)


@pytest.fixture
def lake(tmp_path: Path, keys: Keys) -> Lake:
    return Lake(tmp_path / "lake", keys).open()
