"""A file that belongs to no week or day of the calendar gets its verdict when it is taken; nothing waits unseen."""

from __future__ import annotations

import base64
import os
from datetime import datetime
from pathlib import Path

import dagster as dg
import pytest

from assets.displacement import assets as displacement
from assets.quality import ledger
from assets.registry import assets as registry
from orchestration.office import Office
from sensors.verdicts import waiting_partitions


@pytest.fixture
def office(tmp_path: Path) -> Office:
    keys = {name: base64.urlsafe_b64encode(name.encode().ljust(32, b".")).decode() for name in KEYS}
    return Office({**keys, "IMU_OPERATION": "demo", "IMU_LAKE": str(tmp_path / "lake"), "IMU_TODAY": "2025-03-31"})


KEYS = ("IMU_SEAL_KEY", "IMU_PSEUDONYM_KEY")
WHEN = datetime.fromisoformat("2025-03-01T08:00:00+02:00")


def _take(office: Office, module: object, source: str, sender: str, name: str) -> list[ledger.Entry]:
    path = office.lake.folder("inbox", source, sender, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"some,rows\n1,2\n")
    os.utime(path, (WHEN.timestamp(), WHEN.timestamp()))
    raw = module.assets(office.operation)[0]  # type: ignore[attr-defined]
    assert dg.materialize([raw], resources={"office": office}).success
    assert not path.exists()
    return ledger.entries(office.lake, source)


def test_an_extract_of_an_unexpected_day_is_refused_and_told(office: Office) -> None:
    [entry] = _take(office, registry, "register", "registration-unit", "extract_2025-02-17.csv")
    assert entry.verdict["verdict"] == "refused"
    [finding] = entry.verdict["findings"]
    assert finding["rule"] == "R-DAY"
    assert office.operation.period.extracts[0].isoformat() in finding["detail"]
    assert waiting_partitions(office, "register") == {}


def test_the_same_extract_under_its_right_name_comes_in(office: Office) -> None:
    [refused] = _take(office, registry, "register", "registration-unit", "extract_2025-02-17.csv")
    day = office.operation.period.extracts[0].isoformat()
    _take(office, registry, "register", "registration-unit", f"extract_{day}.csv")
    assert waiting_partitions(office, "register") == {f"{day}|register": [refused.arrival_id]}
    assert office.lake.arrival("register", refused.arrival_id).file_name == f"extract_{day}.csv"
    again = office.lake.folder("quality", "register", "again")
    assert not again.exists()  # it is taken in, not noted as sent twice


def test_a_week_outside_of_the_calendar_is_refused_and_told(office: Office) -> None:
    [entry] = _take(office, displacement, "displacement", "statistics-office", "idp_2052-W07.csv")
    assert [finding["rule"] for finding in entry.verdict["findings"]] == ["D-WEEK"]
    assert waiting_partitions(office, "displacement") == {}


def test_a_week_of_the_calendar_waits_for_its_check(office: Office) -> None:
    assert _take(office, displacement, "displacement", "statistics-office", "idp_2025-W07.csv") == []
    assert list(waiting_partitions(office, "displacement")) == ["2025-W07"]
