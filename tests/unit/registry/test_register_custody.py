"""An operation without custody, from its inbox to its verdict: counts come in, and nothing of anybody else is kept."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from register_rows import person, written
from test_register_counts import GOOD, TEMPLATE, _written

from assets.quality import ledger
from assets.registry import assets as registry
from orchestration import operation_file, seal
from orchestration.office import Office
from orchestration.settings import REPO
from orchestration.validation import problems

SYSTEM = {"name": "anr", "column_map": "register_counts_v1", "senders": ["registration-unit"]}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return _office(tmp_path, custody="none", never_ingest=["iris"], systems=[SYSTEM])


def _office(tmp_path: Path, **register: Any) -> Office:
    folder = tmp_path / "operations" / "demo"
    shutil.copytree(REPO / "operations" / "demo", folder, dirs_exist_ok=True)
    shutil.copy(TEMPLATE, folder / "column_maps")
    content = yaml.safe_load((folder / "operation.yml").read_text(encoding="utf-8"))
    content["sources"]["register_extracts"] = register
    (folder / "operation.yml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    keys = {seal.SEAL_KEY: seal.encode_key(b"s" * 32), seal.PSEUDONYM_KEY: seal.encode_key(b"p" * 32)}
    places = {"IMU_LAKE": str(tmp_path / "lake"), "IMU_OPERATIONS": str(tmp_path / "operations")}
    return Office({**keys, **places, "IMU_OPERATION": "demo", "IMU_TODAY": "2025-04-02"})


def _send(office: Office, name: str, content: bytes) -> ledger.Entry | None:
    path = office.lake.folder("inbox", "register", "registration-unit", name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (office.now.timestamp() - 600,) * 2)
    assert dg.materialize([registry.assets(office.operation)[0]], resources={"office": office}).success
    assert not path.exists()
    return next((one for one in ledger.entries(office.lake, "register") if one.file_name == name), None)


def test_individual_records_are_refused_and_nothing_of_them_is_kept(office: Office) -> None:
    people = written([person(), person(record_id="R2")])
    entry = _send(office, "anr_2025-03-31.csv", people)
    assert entry is not None
    [finding] = entry.verdict["findings"]
    assert (entry.verdict["verdict"], finding["rule"]) == ("refused", "R-CUSTODY")
    [arrival] = office.lake.arrivals("register")
    assert (arrival.partition, arrival.facts["kept"], arrival.size) == (None, False, len(people))
    assert office.lake.read_arrival(arrival) == b""  # not even under our own key
    sealed = office.lake.folder("raw", "register", arrival.arrival_id, "content.sealed")
    assert sealed.stat().st_size < 100


def test_a_table_of_counts_waits_for_its_check(office: Office) -> None:
    assert _send(office, "anr_2025-03-31.csv", _written(GOOD)) is None
    [arrival] = office.lake.arrivals("register")
    assert (arrival.partition, office.lake.read_arrival(arrival)) == ("2025-03-31|anr", _written(GOOD))


def test_the_same_records_may_come_in_once_the_office_has_custody(office: Office, tmp_path: Path) -> None:
    people = written([person()])
    _send(office, "anr_2025-03-31.csv", people)
    system = {**SYSTEM, "column_map": "register_v1"}
    owner = _office(tmp_path, custody="owner", never_ingest=["iris"], systems=[system])
    _send(owner, "anr_2025-03-31.csv", people)
    [arrival] = owner.lake.arrivals("register")
    assert (arrival.partition, owner.lake.read_arrival(arrival)) == ("2025-03-31|anr", people)


def test_none_is_what_an_operation_has_that_says_nothing(tmp_path: Path) -> None:
    office = _office(tmp_path, systems=[SYSTEM])
    assert office.operation.sources.register_extracts is not None
    assert office.operation.sources.register_extracts.custody == "none"
    assert problems(office.operation.folder) == []


_CONNECTION = {"table": "imu.extract", "key": "record_id"}


@pytest.mark.parametrize(
    ("register", "key", "expected"),
    [
        ({"systems": [{**SYSTEM, "connection": _CONNECTION}]}, "systems.anr.connection", "custody is none"),
        ({"systems": [{**SYSTEM, "senders": []}]}, "systems.anr", "accounts that send it, or a connection"),
        ({"systems": [SYSTEM, SYSTEM]}, "systems.name", "each once"),
        ({"systems": [SYSTEM, {**SYSTEM, "name": "progres"}]}, "systems.senders", "each once"),
        ({"custody": "owner", "systems": [SYSTEM]}, "never_ingest", "must never come in"),
    ],
)
def test_what_does_not_fit_together_is_explained(
    tmp_path: Path, register: dict[str, Any], key: str, expected: str
) -> None:
    _office(tmp_path, **register)
    found = operation_file.check(tmp_path / "operations" / "demo")[1]
    told = {problem.key.removeprefix("sources.register_extracts."): problem.expected for problem in found}
    assert expected in told[key]


def test_a_map_that_says_nothing_of_handling_and_a_missing_code_list_are_told(tmp_path: Path) -> None:
    system = {**SYSTEM, "code_lists": "anr_v9"}
    _office(tmp_path, custody="owner", never_ingest=["iris"], systems=[system])
    told = {(one.file, one.found) for one in problems(tmp_path / "operations" / "demo")}
    assert ("column_maps/register_counts_v1.csv", "no handling") in told
    assert "code_lists/anr_v9.csv" in {file for file, _ in told}


@pytest.mark.parametrize(
    ("file", "line", "words"),
    [
        ("column_maps/register_v1.csv", "x,x,no,publish", "unknown handling"),
        ("code_lists/register_v1.csv", "sex,W,woman,", "field 'sex' with code 'woman'"),
        ("code_lists/register_v1.csv", "legal_status,REF,ASY,", "stands there twice"),
    ],
)
def test_a_map_or_list_that_cannot_be_used_is_told_before_anything_arrives(
    tmp_path: Path, file: str, line: str, words: str
) -> None:
    system = {**SYSTEM, "column_map": "register_v1", "code_lists": "register_v1"}
    office = _office(tmp_path, custody="owner", never_ingest=["iris"], systems=[system])
    folder = office.operation.folder
    assert problems(folder) == []
    path = folder / file
    path.write_text(path.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    [problem] = problems(folder)
    assert words in problem.found


def test_a_map_of_records_is_no_map_of_counts(tmp_path: Path) -> None:
    office = _office(tmp_path, custody="none", systems=[{**SYSTEM, "column_map": "register_v1"}])
    [problem] = problems(office.operation.folder)
    assert problem.found == "no adm2_pcode, age_bracket, records, individuals, families"
