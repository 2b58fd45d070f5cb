"""The places everybody is matched against: the newest accepted zip of each version, as of now, and no other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
import small_country

from assets.geography import reference
from assets.quality import ledger
from assets.quality.checked_tables import TABLES
from assets.quality.ledger import Outcome
from assets.quality.verdict import Finding, conclude
from orchestration.failures import Permanent
from orchestration.lake import Lake

DAY = datetime(2025, 1, 10, tzinfo=UTC)


def _office(lake: Lake, day: int) -> Any:
    operation = SimpleNamespace(admin_levels=[SimpleNamespace(name="region")], iso3="QZA", table=lambda _name: [])
    return SimpleNamespace(lake=lake, operation=operation, config="c" * 16, now=DAY + timedelta(days=day))


def _store(
    lake: Lake, day: int, version: str, without: str = "", *, rule: str = "", source: str = "boundaries"
) -> None:
    at = DAY + timedelta(days=day)
    rows = [place for place in small_country.places() if place["cod_version"] == version and place["pcode"] != without]
    arrival = lake.take(
        source, f"{day}{version}".encode(), sender="a", file_name="b", partition=version, received_at=at, taken_at=at
    )[0]
    verdict = conclude(
        source=source, arrival_id=arrival.arrival_id, sender="a", partition=version, subject=None, rows_total=len(rows),
        findings=[Finding(rule)] if rule else [],
    )  # fmt: skip
    frames = {
        "places": pd.DataFrame(rows, columns=list(TABLES["places"]), dtype=object),
        "crosswalk": pd.DataFrame([], columns=list(TABLES["crosswalk"]), dtype=object),
    }
    ledger.store(lake, arrival, version, "c" * 16, Outcome(verdict, {} if rule else frames))


def test_without_boundaries_it_says_what_to_do(lake: Lake) -> None:
    with pytest.raises(Permanent, match="No boundaries have been accepted yet"):
        reference.reference(_office(lake, 9))


def test_a_refused_zip_is_no_boundaries(lake: Lake) -> None:
    _store(lake, 0, "v01", rule="G-UNREADABLE")
    with pytest.raises(Permanent, match="No boundaries"):
        reference.reference(_office(lake, 9))


def test_a_corrected_zip_replaces_the_first_and_leaves_other_versions(lake: Lake) -> None:
    _store(lake, 0, "v01")
    _store(lake, 1, "v02")
    _store(lake, 2, "v01", without="QZ0102")
    _store(lake, 3, "v01", rule="G-UNREADABLE")
    before, after = (reference.reference(_office(lake, day)) for day in (1, 9))
    assert (2, "QZ0102") in before.units["v01"]
    assert (2, "QZ0102") not in after.units["v01"]
    assert before.units["v02"] == after.units["v02"]
    assert set(after.regions["v01"]) == {"QZ0101", "QZ0201"}


def test_what_arrives_later_is_not_known_yet(lake: Lake) -> None:
    _store(lake, 0, "v01")
    _store(lake, 5, "v02")
    assert set(reference.reference(_office(lake, 4)).units) == {"v01"}
    assert set(reference.reference(_office(lake, 5)).units) == {"v01", "v02"}


def test_the_places_are_built_once_for_each_state(lake: Lake) -> None:
    _store(lake, 0, "v01")
    assert reference.reference(_office(lake, 1)) is reference.reference(_office(lake, 2))
