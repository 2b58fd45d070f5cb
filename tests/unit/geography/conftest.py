"""Makes the small country importable for the tests of geography."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "fixtures"))

import small_country

from assets.geography.places import Gazetteer


@pytest.fixture(scope="session")
def gazetteer() -> Gazetteer:
    return Gazetteer(
        small_country.places(),
        small_country.crosswalk(),
        small_country.aliases(),
        iso3="QZA",
        level_words=("region", "district", "commune"),
    )
