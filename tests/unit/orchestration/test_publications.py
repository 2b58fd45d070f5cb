"""The ledger of releases: what is out, what is held, and what a crash in between looks like."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration import publications, records
from orchestration.lake import Lake
from orchestration.publications import Held

STEM = "operational_presence"
WHY = Held(
    "operational-presence", "2025-03", "2025-03-31", ({"kind": "readiness", "reason": "three clusters owe March"},)
)


def _release(lake: Lake, cycle: str) -> Path:
    return lake.write_folder(publications.release_folder(lake, STEM, cycle), lambda f: (f / "a.csv").write_text("a"))


def test_nothing_is_released_held_or_published_at_first(lake: Lake) -> None:
    assert not publications.is_released(lake, STEM, "2025-03")
    assert publications.held(lake, STEM, "2025-03") is None
    assert publications.receipt(lake, STEM, "2025-03") is None
    assert publications.previous(lake, STEM, "2025-03") is None


def test_a_hold_keeps_its_reasons_until_it_is_lifted(lake: Lake) -> None:
    publications.hold(lake, STEM, WHY)
    found = publications.held(lake, STEM, "2025-03")
    assert found == {
        "product": "operational-presence", "cycle": "2025-03", "as_of": "2025-03-31", "reasons": list(WHY.reasons),
    }  # fmt: skip
    assert publications.held(lake, STEM, "2025-04") is None
    publications.lift(lake, STEM, "2025-03")
    publications.lift(lake, STEM, "2025-03")
    assert publications.held(lake, STEM, "2025-03") is None


def test_a_hold_is_no_release(lake: Lake) -> None:
    publications.hold(lake, STEM, WHY)
    assert not publications.is_released(lake, STEM, "2025-03")
    assert publications.previous(lake, STEM, "2025-12") is None


def test_a_release_without_receipt_is_released_and_not_published(lake: Lake) -> None:
    _release(lake, "2025-03")
    assert publications.is_released(lake, STEM, "2025-03")
    assert publications.receipt(lake, STEM, "2025-03") is None
    lake.write_json(publications.receipt_path(lake, STEM, "2025-03"), {"late": False, "files": []})
    assert publications.receipt(lake, STEM, "2025-03") == {"late": False, "files": []}


def test_a_damaged_receipt_is_named_and_not_taken_for_none(lake: Lake) -> None:
    path = publications.receipt_path(lake, STEM, "2025-03")
    path.parent.mkdir(parents=True)
    for damage in ("{", "{}", "[]"):
        path.write_text(damage, encoding="utf-8")
        with pytest.raises(records.Damaged, match=r"hdx/operational_presence/2025-03\.json cannot be read"):
            publications.receipt(lake, STEM, "2025-03")


@pytest.mark.parametrize(
    ("cycle", "expected"), [("2025-01", None), ("2025-02", "2025-01"), ("2025-03", "2025-01"), ("2026-01", "2025-12")]
)
def test_the_previous_release_is_the_newest_before(lake: Lake, cycle: str, expected: str | None) -> None:
    for released in ("2025-12", "2025-01"):
        _release(lake, released)
    lake.write_json(lake.folder("release", STEM, "2025-00.json"), {})  # a stray file is no release
    found = publications.previous(lake, STEM, cycle)
    assert (found.name if found else None) == expected


def test_products_do_not_see_each_others_releases(lake: Lake) -> None:
    _release(lake, "2025-01")
    assert publications.previous(lake, "displacement", "2025-12") is None
