"""The small country's gazetteer, lists and template for the tests of cluster workbooks."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "fixtures"))

import small_country

from assets.clusters.check import Checked, Tables, check_submission
from assets.clusters.column_maps import column_map
from assets.clusters.office_lists import OfficeLists
from assets.geography.places import Gazetteer


@pytest.fixture(scope="session")
def gazetteer() -> Gazetteer:
    return Gazetteer(small_country.places(), small_country.crosswalk(), small_country.aliases(), iso3="QZA")


@pytest.fixture(scope="session")
def tables() -> Tables:
    maps = [column_map("new", small_country.column_map_rows()), column_map("old", small_country.old_map_rows())]
    return Tables(OfficeLists(**small_country.office_lists()), maps)


@pytest.fixture
def check(gazetteer: Gazetteer, tables: Tables) -> Callable[..., Checked]:
    """Check bytes, or rows put under the template's headings."""

    def run(content: bytes | list[list[Any]], name: str = "WSH 2025-03.xlsx", **options: Any) -> Checked:
        data = content if isinstance(content, bytes) else small_country.submission(content)
        sender = options.pop("sender", "wsh-focal")
        return check_submission(
            data, name, sender, options.pop("cluster", None), tables=tables, gazetteer=gazetteer, **options
        )

    return run
