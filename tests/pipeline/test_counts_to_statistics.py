"""An office without custody, from a table of counts to the statistics: the same tables, and no record of anybody."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from assets import verdicts
from assets.geography import assets as geography
from assets.registry import assets as registry
from assets.transform import sources
from demo.country import cods
from demo.country.geography import build_geography
from orchestration import dbt_build, duck, seal
from orchestration.office import Office
from orchestration.settings import REPO

PARTITION = "2025-03-31|anr"
MODELS = (
    "stg_places",
    "stg_individuals",
    "stg_register_counts",
    "admin_units",
    "registered_population",
    "register_totals",
)
HEADER = "adm2_pcode,sex,age_bracket,record_status,records,individuals,families"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """The demo's country, whose register gives counts only; its places are known."""
    tmp_path = tmp_path_factory.mktemp("counts")
    folder = tmp_path / "operations" / "demo"
    shutil.copytree(REPO / "operations" / "demo", folder)
    shutil.copy(REPO / "orchestration/operation_template/column_maps/register_counts_v1.csv", folder / "column_maps")
    content = yaml.safe_load((folder / "operation.yml").read_text(encoding="utf-8"))
    system = {"name": "anr", "column_map": "register_counts_v1", "senders": ["registration-unit"]}
    content["sources"]["register_extracts"] = {"custody": "none", "systems": [system]}
    (folder / "operation.yml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    keys = {seal.SEAL_KEY: seal.encode_key(b"s" * 32), seal.PSEUDONYM_KEY: seal.encode_key(b"p" * 32)}
    places = {"IMU_LAKE": str(tmp_path / "lake"), "IMU_OPERATIONS": str(tmp_path / "operations")}
    made = Office({**keys, **places, "IMU_OPERATION": "demo", "IMU_TODAY": "2025-04-02"})
    for delivery in cods.deliver(build_geography(), 1, "country")[0]:
        if delivery.source == "boundaries" and "v01" in delivery.name:
            made.lake.take(
                "boundaries", delivery.content, sender=delivery.sender, file_name=delivery.name, partition="v01",
                received_at=delivery.at, taken_at=delivery.at,
            )  # fmt: skip
    verdicts.give(made, "boundaries", "v01", geography._boundaries(made, "v01"))
    return made


def _check(office: Office, *rows: str) -> str:
    content = "\n".join([HEADER, *rows, ""]).encode()
    office.lake.take(
        "register", content, sender="registration-unit", file_name="anr_2025-03-31.csv", partition=PARTITION,
        received_at=office.now, taken_at=office.now, facts={"totals": False},
    )  # fmt: skip
    [entry] = verdicts.give(office, "register", PARTITION, registry._counts_checker(office, PARTITION))
    return str(entry.verdict["verdict"])


def _ask(office: Office, query: str) -> list[tuple[object, ...]]:
    keys = office.lake.zone_key("warehouse"), office.lake.zone_key("checked")
    with duck.warehouse(office.lake.warehouse, *keys, read_only=True) as connection:
        return [tuple(row) for row in connection.execute(query).fetchall()]


def test_counts_become_the_statistics_of_a_register(office: Office) -> None:
    accepted = _check(
        office,
        "XV0101,f,0-4,active,12,11,", "XV0101,m,60+,active,20,20,", "XV0101,m,60+,inactive,5,0,",
        "XV0101,all,all,active,32,31,9",
    )  # fmt: skip
    assert accepted == "accepted"
    sources.register(office.lake, office.operation, office.now)
    built = dbt_build.build(office.lake, [*MODELS, "--indirect-selection", "cautious"])
    assert {one.status for one in built} <= {"success", "pass"}
    totals = "SELECT register, records, individuals, families, inactive_records FROM statistics.register_totals"
    assert _ask(office, f"{totals} WHERE admin_level = 0") == [("anr", 37, 31, 9, 6)]
    assert _ask(office, f"{totals} WHERE pcode = 'XV0101'") == [("anr", 37, 31, 9, 6)]
    people = "SELECT sex, age_bracket, individuals FROM statistics.registered_population"
    assert _ask(office, f"{people} WHERE pcode = 'XV0101' AND individuals > 0 ORDER BY ALL") == [
        ("all", "0-4", 11), ("all", "60+", 20), ("all", "all", 31), ("f", "0-4", 11), ("f", "all", 11),
        ("m", "60+", 20), ("m", "all", 20),
    ]  # fmt: skip
    assert _ask(office, "SELECT count(*) FROM checked.individuals") == [(0,)]


def test_a_faulty_table_replaces_nothing(office: Office, tmp_path: Path) -> None:
    assert _check(office, "XV0101,f,0-4,active,13,99,", "XV0101,all,all,active,13,99,9") == "refused"
    assert not list(office.lake.folder("checked", "individuals").rglob("*"))
