"""Looking things up: exactly, by a reviewed alias, and never by likeness."""

from __future__ import annotations

import pytest

from assets.clusters.check import Tables
from assets.clusters.office_lists import Lookup


@pytest.mark.parametrize(
    "text",
    [
        "WFA",
        "wells for all",
        "WELLS  FOR ALL",
        "Wells4All",
        "O-1",
        "Wells for All (WFA)",
        "WFA - Wells for All",
        "Криниці для всіх",
    ],
)
def test_organisation_in_its_spellings(tables: Tables, text: str) -> None:
    assert tables.lists.organisations.find(text).code == "O-1"


def test_accents_do_not_matter(tables: Tables) -> None:
    assert tables.lists.organisations.find("SANTE PARTOUT").code == "O-5"


def test_shared_acronym_is_nobody_and_both_are_suggested(tables: Tables) -> None:
    hit = tables.lists.organisations.find("KAR")
    assert (hit.code, hit.suggestion) == (None, "O-3 Kind Alliance Response; O-4 Kuzland Agrarian Revival")
    assert tables.lists.organisations.find("Kuzland Agrarian Revival (KAR)").code == "O-4"


def test_parts_that_contradict_each_other_are_nobody(tables: Tables) -> None:
    assert tables.lists.organisations.find("Wells for All (BRR)").code is None


def test_likeness_only_suggests(tables: Tables) -> None:
    hit = tables.lists.organisations.find("Wels for Al")
    assert (hit.code, hit.suggestion) == (None, "O-1 Wells for All")
    assert tables.lists.organisations.find("Quite Different Trust").suggestion is None


def test_name_of_two_sectors_is_settled_by_the_sector(tables: Tables) -> None:
    activities = tables.lists.activities
    assert activities.find("Training").code is None
    assert activities.find("Training", tables.lists.activities_of(frozenset({"HEA"}))).code == "HEA-02"


def test_lookalike_is_told() -> None:
    lookup = Lookup([("A", "Popa", []), ("B", "Wells", [])])
    assert lookup.find("Рора").code == "A"
    assert lookup.find("Рора").lookalike
    assert lookup.find("Wеlls").lookalike
    assert not lookup.find("Wells").lookalike
    assert not lookup.find("").lookalike


def test_cluster_has_its_areas_of_responsibility(tables: Tables) -> None:
    assert tables.lists.sectors_of("PRO") == {"PRO", "PRO-CPN"}
    assert tables.lists.sectors_of("PRO-CPN") == {"PRO-CPN"}
