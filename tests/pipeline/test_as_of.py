"""A release is built only from what had arrived by its day: what comes in December leaves March as it was."""

from __future__ import annotations

import hashlib
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from small_year import SmallYear, live_on, put_in_inbox

from assets.quality import ledger
from assets.release import assets, build
from assets.release.folder import read_content_hash
from assets.release.products import Product, load_products
from demo.country import displacement, workbooks
from demo.country.deliveries import Delivery
from demo.country.geography import build_geography
from orchestration import office as office_module
from orchestration import publications

DECEMBER = datetime(2025, 12, 15, 9, tzinfo=UTC)
LATE_MARTS = ("presence/operational_presence", "displacement/weekly", "gaps/sector_gaps")


def _other_figures() -> list[Delivery]:
    """What another year's senders would have sent for January and February: the same places, other figures."""
    geo, seed = build_geography(), 2
    sent = [*workbooks.deliver(geo, seed, "small")[0], *displacement.deliver(geo, seed, "small")[0]]
    return [one for one in sent if one.sender in {"wsh-focal", "statistics-office"} and one.at.month < 4]


@pytest.fixture(scope="module")
def december(small_year: SmallYear, tmp_path_factory: pytest.TempPathFactory) -> SmallYear:
    """The small year with late figures for its first months, taken, checked and in the tables."""
    late = small_year.copy(tmp_path_factory.mktemp("december"))
    for number, one in enumerate(_other_figures()):
        put_in_inbox(late, one.source, one.sender, one.name, one.content, DECEMBER.timestamp() + number)
    return live_on(late, "2025-12-31", only=("inbox", "kobo", "verdicts", "tables"))


@pytest.mark.parametrize("mart", LATE_MARTS)
def test_the_late_figures_are_in_the_tables_of_december(december: SmallYear, small_year: SmallYear, mart: str) -> None:
    assert not _first_months(small_year, mart).equals(_first_months(december, mart)), (
        "the late arrivals change nothing: this test would prove nothing"
    )


def _first_months(small: SmallYear, mart: str) -> pd.DataFrame:
    rows = pd.read_parquet(small.home.lake / f"{mart}.parquet")
    return rows[rows["period_end"].astype(str) <= "2025-03-31"].reset_index(drop=True)


@pytest.fixture(scope="module", params=["2025-02-28", "2025-03-31"])
def again(december: SmallYear, request: pytest.FixtureRequest) -> tuple[SmallYear, str]:
    """The tables as of an earlier day, built anew in a lake that knows everything that came later."""
    return live_on(december, request.param, only=("tables",)), request.param


def _released(small: SmallYear, cycle: str) -> list[Product]:
    products = load_products(small.operations / "demo" / "products.yml")
    return [one for one in products if publications.is_released(small.lake, one.stem, cycle)]


def test_a_release_made_again_is_the_same_release(
    again: tuple[SmallYear, str], small_year: SmallYear, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake, day = again
    monkeypatch.setattr(office_module, "_commit", lambda: "a test")
    office, cycle = lake.office(day), day[:7]
    made = {}
    for product in _released(small_year, cycle):
        folder = publications.release_folder(office.lake, product.stem, cycle)
        shutil.rmtree(folder)
        built = build.build(office, product, assets.due_of(office, product, cycle))
        assert built.manifest, built.holds
        first = publications.release_folder(small_year.lake, product.stem, cycle)
        assert read_content_hash(folder) == read_content_hash(first)
        made[product.name] = (_bytes(folder), _bytes(first))
    assert sorted(made) == ["displacement", "needs-and-gaps", "operational-presence", "situation-monitoring"]
    assert all(now == then for now, then in made.values())


def _bytes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_the_late_figures_are_known_but_not_counted_before_their_day(december: SmallYear) -> None:
    office = december.office("2025-03-31")
    counted = {one.arrival_id for one in ledger.entries(office.lake, until=office.now)}
    late = {
        one.arrival_id for one in ledger.entries(office.lake) if one.taken_at.year == 2025 and one.taken_at.month > 4
    }
    assert len(late) > 10 and not late & counted
