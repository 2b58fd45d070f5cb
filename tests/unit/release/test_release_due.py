"""A release is of a period that is over, and of what was delivered for it: nothing else stands in for either."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

import pytest

from assets.quality import ledger
from assets.quality.ledger import Outcome
from assets.quality.verdict import conclude
from assets.release import build
from assets.release.assets import due_of
from assets.release.products import Product, load_products
from orchestration import seal
from orchestration.calendar import Due
from orchestration.failures import Permanent
from orchestration.office import Office
from orchestration.settings import REPO

KEYS = {seal.SEAL_KEY: seal.encode_key(b"s" * 32), seal.PSEUDONYM_KEY: seal.encode_key(b"p" * 32)}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    shutil.copytree(REPO / "operations" / "demo", tmp_path / "operations" / "demo")
    places = {"IMU_LAKE": str(tmp_path / "lake"), "IMU_OPERATIONS": str(tmp_path / "operations")}
    return Office({**KEYS, **places, "IMU_OPERATION": "demo", "IMU_TODAY": "2025-04-30"})


def _product(office: Office, name: str) -> Product:
    return next(one for one in load_products(office.operation.folder / "products.yml") if one.name == name)


def _deliver(office: Office, source: str, partition: str, received: str) -> None:
    when = datetime.fromisoformat(f"{received}T10:00:00+03:00")
    arrival, _ = office.lake.take(
        source, f"{source}{partition}".encode(), sender="somebody", file_name="a", partition=partition,
        received_at=when, taken_at=when,
    )  # fmt: skip
    verdict = conclude(
        source=source, arrival_id=arrival.arrival_id, sender="somebody", partition=partition, subject="a",
        rows_total=1, findings=[],
    )  # fmt: skip
    there = {"rows": office.lake.root / "checked" / "rows.parquet"}
    ledger.store(office.lake, arrival, partition, office.config, Outcome(verdict, sealed=there))


def test_what_is_not_due_yet_is_not_built(office: Office) -> None:
    with pytest.raises(Permanent, match="comes due on 2025-12-31, and today is 2025-04-30"):
        due_of(office, _product(office, "displacement"), "2025-12")
    assert due_of(office, _product(office, "displacement"), "2025-04").covers == "2025-04"


@pytest.mark.parametrize(
    ("name", "source", "partition", "received", "covers", "late"),
    [
        ("displacement", "displacement", "2025-W15", "2025-04-15", "2025-04", "2025-05"),
        ("displacement", "displacement", "2025-W15", "2025-04-15", "2025-04", "2025-03"),
        ("situation-monitoring", "hsm", "R03", "2025-03-30", "2025-03", "2025-04"),
        ("registered-population", "register", "2025-03-31|register", "2025-04-02", "2025-Q1", "2025-Q2"),
    ],
)
def test_another_periods_delivery_does_not_stand_in(
    office: Office, name: str, source: str, partition: str, received: str, covers: str, late: str
) -> None:
    _deliver(office, source, partition, received)
    words = {
        period: [one.verdict for one in build.deliveries(office, _product(office, name), _due(name, period))]
        for period in (covers, late)
    }
    assert words == {covers: ["accepted"], late: [None]}


def _due(name: str, covers: str) -> Due:
    return Due(name, "2025-12", datetime.fromisoformat("2025-12-31T00:00:00+03:00"), covers, "hold")


def test_sensors_see_what_an_officer_edits(office: Office) -> None:
    office.look_again()
    before = office.config
    path = office.operation.folder / "organisations.csv"
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert office.config == before  # within one piece of work nothing changes
    office.look_again()
    assert office.config != before


def test_a_release_without_tables_says_which_button_builds_them(office: Office) -> None:
    product = _product(office, "displacement")
    with pytest.raises(Permanent, match=r"displacement/weekly.*was not built yet.*build_tables") as caught:
        build._rows(office, product, due_of(office, product, "2025-04"))
    assert "imu run models" in str(caught.value)
    with pytest.raises(Permanent, match="cod/admin_units"):
        build._parents(office)
