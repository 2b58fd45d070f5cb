"""Which extract is due to be read by SQL, and what the sensor says when none is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml

from assets.registry import pull
from orchestration import seal
from orchestration.office import Office
from orchestration.settings import REPO, RegisterSource
from sensors import register

ADDRESS = {"IMU_REGISTER_ANR_URL": "postgresql+psycopg2://imu_reader@127.0.0.1:1/anr"}
CONNECTION = {"table": "imu.extract", "key": "record_id", "late_days": 5}
ANR = {"name": "anr", "column_map": "register_v1", "connection": CONNECTION}
FILES = {"name": "progres", "column_map": "register_v1", "senders": ["registration-unit"]}


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as opened:
        yield opened


def _office(tmp_path: Path, today: str, systems: list[dict[str, Any]], **variables: str) -> Office:
    folder = tmp_path / "operations" / "demo"
    shutil.copytree(REPO / "operations" / "demo", folder, dirs_exist_ok=True)
    content = yaml.safe_load((folder / "operation.yml").read_text(encoding="utf-8"))
    content["sources"]["register_extracts"]["systems"] = systems
    (folder / "operation.yml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    keys = {seal.SEAL_KEY: seal.encode_key(b"s" * 32), seal.PSEUDONYM_KEY: seal.encode_key(b"p" * 32)}
    places = {"IMU_LAKE": str(tmp_path / "lake"), "IMU_OPERATIONS": str(tmp_path / "operations")}
    return Office({**keys, **places, **variables, "IMU_OPERATION": "demo", "IMU_TODAY": today})


def _source(office: Office) -> RegisterSource:
    source = office.operation.sources.register_extracts
    assert source is not None
    return source


def _tick(office: Office, instance: dg.DagsterInstance) -> tuple[list[dg.RunRequest], str]:
    with dg.build_sensor_context(instance=instance) as context:
        data = register.sensor(office).evaluate_tick(context)
    return list(data.run_requests or []), data.skip_message or ""


def _take(office: Office, name: str, **facts: bool) -> None:
    office.lake.take(
        "register", name.encode(), sender="sql-anr", file_name=name, partition="2025-06-30|anr",
        received_at=office.now, taken_at=office.now, facts=facts,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("today", "days"),
    [("2025-03-30", []), ("2025-03-31", ["2025-03-31"]), ("2025-04-05", ["2025-03-31"]), ("2025-04-06", []),
     ("2025-06-30", ["2025-06-30"])],
)  # fmt: skip
def test_an_extract_is_due_from_its_day_on_for_as_long_as_agreed(tmp_path: Path, today: str, days: list[str]) -> None:
    office = _office(tmp_path, today, [ANR, FILES])
    assert [one.day.isoformat() for one in pull.due(office, _source(office))[0]] == days


def test_what_was_taken_is_not_due_and_a_control_total_alone_is_nothing_taken(tmp_path: Path) -> None:
    office = _office(tmp_path, "2025-07-01", [ANR])
    _take(office, "totals", totals=True)
    assert len(pull.due(office, _source(office))[0]) == 1
    _take(office, "extract")
    assert pull.due(office, _source(office)) == ([], [])


def test_the_sensor_asks_once_for_what_is_due(tmp_path: Path, instance: dg.DagsterInstance) -> None:
    office = _office(tmp_path, "2025-07-01", [ANR], **ADDRESS)
    [request], _ = _tick(office, instance)
    assert "2025-06-30|anr" in str(request.run_key)


@pytest.mark.parametrize(
    ("today", "variables", "words"),
    [
        ("2025-07-01", {}, "The extract of anr for 2025-06-30 is due, and IMU_REGISTER_ANR_URL is not set"),
        ("2025-07-09", ADDRESS, "was not read within 5 days; the register shows only what it holds today"),
        ("2025-01-15", ADDRESS, "no other extract is due yet"),
    ],
)
def test_the_sensor_says_why_nothing_starts(
    tmp_path: Path, instance: dg.DagsterInstance, today: str, variables: dict[str, str], words: str
) -> None:
    requests, told = _tick(_office(tmp_path, today, [ANR], **variables), instance)
    assert requests == []
    assert words in told
