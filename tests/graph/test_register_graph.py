"""What an operation's registers put into its graph: custody decides the table, a connection the button and the sensor."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import dagster as dg
import yaml

from orchestration import definitions
from orchestration.office import Office
from orchestration.settings import REPO

COUNTS = REPO / "orchestration" / "operation_template" / "column_maps" / "register_counts_v1.csv"
FILES = {"name": "anr", "column_map": "register_v1", "senders": ["registration-unit"]}
READ = {**FILES, "connection": {"table": "imu.extract", "key": "record_id"}}


def _built(folder: Path, custody: str, system: dict[str, Any]) -> dg.Definitions:
    shutil.copytree(REPO / "operations" / "demo", folder / "demo")
    shutil.copy(COUNTS, folder / "demo" / "column_maps")
    path = folder / "demo" / "operation.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["sources"]["register_extracts"] = {"custody": custody, "never_ingest": ["iris"], "systems": [system]}
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return definitions.build(Office({"IMU_OPERATION": "demo", "IMU_OPERATIONS": str(folder)}))


def _names(defs: dg.Definitions) -> set[str]:
    return {one.name for one in defs.sensors or []} | {one.name for one in defs.resolve_all_job_defs()}


def test_the_button_and_the_sensor_are_there_only_where_a_register_is_read(tmp_path: Path) -> None:
    assert {"register", "read_registers"} <= _names(_built(tmp_path / "a", "owner", READ))
    assert not {"register", "read_registers"} & _names(_built(tmp_path / "b", "owner", FILES))


def test_custody_decides_which_table_there_is(tmp_path: Path) -> None:
    counts = _built(tmp_path, "none", {**FILES, "column_map": "register_counts_v1"}).resolve_asset_graph()
    keys = {key.to_user_string() for key in counts.get_all_asset_keys()}
    assert "checked/register_counts" in keys
    assert "checked/individuals" not in keys
    fed = counts.get(dg.AssetKey(["staging", "stg_register_counts"])).parent_keys
    assert {key.to_user_string() for key in fed} == {"checked/register_counts"}
