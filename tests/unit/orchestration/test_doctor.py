"""`imu doctor`: says which thing is wrong and how it is mended, asks everything, and mends nothing."""

from __future__ import annotations

import errno
import os
import socket
from collections import namedtuple
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import duckdb
import pytest

from orchestration import doctor, duck, scratch, seal, skeleton
from orchestration.doctor import Answer
from orchestration.hdx_api import HdxPublisher
from orchestration.hdx_checks import Problem
from orchestration.lake import Lake
from orchestration.office import Office

QUESTIONS = [
    "Python", "packages", "DuckDB extension httpfs", "DuckDB extension spatial", "operation", "keys", "lake",
    "sealed zone", "records", "disk", "KoBo", "registers", "HDX",
]  # fmt: skip


@pytest.fixture
def variables(tmp_path: Path, keys: seal.Keys, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """An operation of its own without a survey, a lake, its keys, and an HDX that says yes."""
    monkeypatch.setattr(seal, "_from_keyring", lambda _name: None)
    monkeypatch.setattr(HdxPublisher, "preflight", lambda _self: [])
    skeleton.write(skeleton.country("kalvoria", "XKV", "XV"), tmp_path / "operations" / "kalvoria", date(2025, 1, 1))
    return {
        "IMU_OPERATION": "kalvoria",
        "IMU_OPERATIONS": str(tmp_path / "operations"),
        "IMU_LAKE": str(Lake(tmp_path / "lake", keys).open().root),
        "IMU_HDX_URL": "http://127.0.0.1:1",
        "IMU_HDX_KEY": "a-key",
        seal.SEAL_KEY: seal.encode_key(keys.seal),
        seal.PSEUDONYM_KEY: seal.encode_key(keys.pseudonym),
    }


def ask(variables: Mapping[str, str]) -> dict[str, Answer]:
    return {one.question: one for one in doctor.examine(Office(variables))}


def unwell(answers: Mapping[str, Answer]) -> list[str]:
    return [question for question, answer in answers.items() if not answer.well]


def test_where_nothing_is_missing_all_is_well(variables: dict[str, str]) -> None:
    answers = ask(variables)
    assert list(answers) == QUESTIONS
    assert unwell(answers) == []
    assert answers["KoBo"].words == "not used by this operation"


def test_a_wrong_key_is_named_and_the_sheet_is_where_to_look(variables: dict[str, str]) -> None:
    answers = ask({**variables, seal.SEAL_KEY: seal.encode_key(b"x" * 32)})
    assert unwell(answers) == ["lake"]
    assert "IMU_SEAL_KEY does not open this lake" in answers["lake"].words
    assert "recovery sheet" in answers["lake"].words


def test_another_pseudonym_key_is_named(variables: dict[str, str]) -> None:
    answers = ask({**variables, seal.PSEUDONYM_KEY: seal.encode_key(b"x" * 32)})
    assert unwell(answers) == ["lake"]
    assert "IMU_PSEUDONYM_KEY is not the one" in answers["lake"].words


def test_missing_keys_are_named_with_the_command_that_makes_them(variables: dict[str, str]) -> None:
    del variables[seal.PSEUDONYM_KEY]
    answers = ask(variables)
    assert unwell(answers) == ["keys", "lake"]
    assert "looked for IMU_PSEUDONYM_KEY" in answers["keys"].words
    assert "imu seal new" in answers["keys"].words


def test_the_demo_keys_are_refused_for_a_real_operation(variables: dict[str, str]) -> None:
    from demo.home import default_home, environment

    public = {name: value for name, value in environment(default_home()).items() if name.endswith("_KEY")}
    answers = ask({**variables, **public})
    assert unwell(answers) == ["keys", "lake"]
    assert "which everybody knows" in answers["keys"].words
    assert seal.load_keys({**public, "IMU_OPERATION": "demo"}).seal != b""


def test_a_missing_extension_is_named_with_the_package_and_the_command(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = duck.find_spec
    monkeypatch.setattr(duck, "find_spec", lambda name: None if name.endswith("_spatial") else found(name))
    answers = ask(variables)
    assert unwell(answers) == ["DuckDB extension spatial"]
    assert "duckdb-extension-spatial" in answers["DuckDB extension spatial"].words
    assert "make install" in answers["DuckDB extension spatial"].words


def test_an_extension_that_is_damaged_does_not_load(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    damaged = tmp_path / "spatial.duckdb_extension"
    damaged.write_bytes(b"not an extension")
    found = duck.extension_path
    monkeypatch.setattr(duck, "extension_path", lambda name: damaged if name == "spatial" else found(name))
    answers = ask(variables)
    assert unwell(answers) == ["DuckDB extension spatial"]
    assert "does not load" in answers["DuckDB extension spatial"].words


def test_a_missing_package_is_named(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    installed = doctor.version

    def version(name: str) -> str:
        if name == "plotly":
            raise PackageNotFoundError(name)
        return installed(name)

    monkeypatch.setattr(doctor, "version", version)
    answers = ask(variables)
    assert unwell(answers) == ["packages"]
    assert answers["packages"].words == "Not installed: plotly. Run `make install`."


def test_hdx_down_is_told_and_what_can_be_done(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(seal, "_from_keyring", lambda _name: None)
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        variables["IMU_HDX_URL"] = f"http://127.0.0.1:{free.getsockname()[1]}"
    answers = ask(variables)
    assert unwell(answers) == ["HDX"]
    assert "did not answer" in answers["HDX"].words and "IMU_HDX_URL" in answers["HDX"].words
    assert "again" in answers["HDX"].words
    assert "a-key" not in answers["HDX"].words


def test_hdx_that_knows_us_not_is_told_in_its_own_words(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = [Problem("organisation", "is not on HDX"), Problem("maintainer", "is nobody")]
    monkeypatch.setattr(HdxPublisher, "preflight", lambda _self: said)
    answers = ask(variables)
    assert unwell(answers) == ["HDX"]
    assert "organisation" in answers["HDX"].words
    assert "maintainer" in answers["HDX"].words


def test_outside_systems_that_were_not_set_up_are_named_by_their_variable(variables: dict[str, str]) -> None:
    del variables["IMU_HDX_URL"]
    variables |= {"IMU_OPERATION": "demo", "IMU_OPERATIONS": ""}
    answers = ask(variables)
    assert unwell(answers) == ["KoBo", "HDX"]
    assert "IMU_KOBO_URL is not set" in answers["KoBo"].words
    assert "IMU_HDX_URL is not set" in answers["HDX"].words


def test_problems_of_the_operation_are_counted(variables: dict[str, str]) -> None:
    folder = Path(variables["IMU_OPERATIONS"]) / "kalvoria"
    (folder / "sectors.csv").unlink()
    answers = ask(variables)
    assert unwell(answers) == ["operation"]
    assert "`imu validate` lists them" in answers["operation"].words


def test_settings_that_cannot_be_read_do_not_keep_the_rest_from_being_asked(variables: dict[str, str]) -> None:
    (Path(variables["IMU_OPERATIONS"]) / "kalvoria" / "operation.yml").write_text("name: [", encoding="utf-8")
    answers = ask(variables)
    assert list(answers) == QUESTIONS
    assert unwell(answers) == ["operation", "KoBo", "registers", "HDX"]


def test_a_plain_file_in_the_sealed_zone_is_named(variables: dict[str, str]) -> None:
    path = Path(variables["IMU_LAKE"]) / "checked" / "activities" / "x" / "plain.parquet"
    path.parent.mkdir(parents=True)
    duckdb.sql("SELECT 1 AS one").write_parquet(str(path))
    answers = ask(variables)
    assert unwell(answers) == ["sealed zone"]
    assert "checked/activities/x/plain.parquet" in answers["sealed zone"].words


@pytest.mark.parametrize(
    "name",
    [
        "raw/register/people.csv",
        "raw/clusters/people.xlsx",
        "raw/clusters/0123456789abcdef/people.csv",
        "raw/clusters/0123456789abcdef/manifest.json",
        "checked/needs/hand.csv",
        "warehouse/dump.csv",
        "warehouse/warehouse.duckdb",
    ],
)
def test_whatever_the_platform_does_not_write_in_the_sealed_zone_is_named(variables: dict[str, str], name: str) -> None:
    path = Path(variables["IMU_LAKE"], name)
    path.parent.mkdir(parents=True)
    path.write_text("a,name", encoding="utf-8")
    answers = ask(variables)
    assert not answers["sealed zone"].well
    assert name in answers["sealed zone"].words


def test_what_the_platform_seals_is_not_named(variables: dict[str, str], keys: seal.Keys) -> None:
    lake, at = Lake(Path(variables["IMU_LAKE"]), keys), datetime(2025, 3, 1, tzinfo=UTC)
    lake.take("needs", b"bytes", sender="s", file_name="n", partition=None, received_at=at, taken_at=at)
    checked = lake.folder("checked", "needs", "2025", "a.parquet")
    checked.parent.mkdir(parents=True)
    with duck.connect(lake.zone_key("checked")) as connection:
        connection.execute(duck.sealed_copy("SELECT 1 AS one", checked))
    lake.warehouse.parent.mkdir()
    with duck.warehouse(lake.warehouse, lake.zone_key("warehouse"), lake.zone_key("checked")) as connection:
        connection.execute("CREATE TABLE one AS SELECT 1 AS one")
    assert unwell(ask(variables)) == []


def test_a_damaged_record_is_named(variables: dict[str, str]) -> None:
    path = Path(variables["IMU_LAKE"], "quality", "needs", "0123456789abcdef.json")
    path.parent.mkdir(parents=True)
    path.write_text('{"source": ', encoding="utf-8")
    answers = ask(variables)
    assert unwell(answers) == ["records"]
    assert "quality/needs/0123456789abcdef.json" in answers["records"].words


@pytest.mark.parametrize("refusal", [errno.EROFS, errno.ENOSPC])
def test_a_lake_that_cannot_be_written_is_named(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch, refusal: int
) -> None:
    @contextmanager
    def refused(_base: Path) -> Iterator[Path]:
        raise OSError(refusal, os.strerror(refusal))
        yield

    monkeypatch.setattr(scratch, "scratch", refused)
    answers = ask(variables)
    assert unwell(answers) == ["lake"]
    assert f"cannot be written ({os.strerror(refusal)})" in answers["lake"].words


def test_a_room_of_the_lake_without_the_right_to_write_is_named(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(variables["IMU_LAKE"], "release").mkdir()
    monkeypatch.setattr(doctor.os, "access", lambda path, _how: Path(path).name != "release")  # root may write anywhere
    answers = ask(variables)
    assert unwell(answers) == ["lake"]
    assert "release/" in answers["lake"].words


def test_a_file_where_the_lake_should_be_is_told(variables: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    answers = ask({**variables, "IMU_LAKE": str(tmp_path / "file")})
    assert unwell(answers) == ["lake"]
    assert "IMU_LAKE names a file" in answers["lake"].words


def test_another_operations_lake_is_refused(variables: dict[str, str], keys: seal.Keys) -> None:
    Office(variables).lake  # noqa: B018 - an unnamed lake takes the name of whoever opens it
    assert unwell(ask(variables)) == []
    answers = ask({**variables, "IMU_OPERATION": "demo", "IMU_OPERATIONS": ""})
    assert not answers["lake"].well
    assert "belongs to operation 'kalvoria', and IMU_OPERATION is 'demo'" in answers["lake"].words


def test_a_plain_database_in_place_of_the_warehouse_is_named(variables: dict[str, str]) -> None:
    path = Path(variables["IMU_LAKE"]) / "warehouse" / "warehouse.duckdb"
    path.parent.mkdir(parents=True)
    duckdb.connect(str(path)).close()
    assert unwell(ask(variables)) == ["sealed zone"]


def test_too_little_disk_is_told(variables: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _path: usage(100, 98, 2_000_000_000))
    answers = ask(variables)
    assert unwell(answers) == ["disk"]
    assert "2.0 GB free" in answers["disk"].words


def test_asking_makes_no_lake(variables: dict[str, str], tmp_path: Path) -> None:
    variables["IMU_LAKE"] = str(tmp_path / "not" / "there")
    answers = ask(variables)
    assert unwell(answers) == []
    assert answers["lake"].words == "not made yet; the first run makes it"
    assert not (tmp_path / "not").exists()


def test_no_answer_holds_a_key(variables: dict[str, str]) -> None:
    secrets = {variables[seal.SEAL_KEY], variables[seal.PSEUDONYM_KEY], variables["IMU_HDX_KEY"]}
    words = " ".join(answer.words for answer in ask(variables).values())
    assert not any(secret in words for secret in secrets)
