"""An operation's settings: all problems at once, each with its key; and no key that no code reads."""

from __future__ import annotations

import ast
import shutil
import typing
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from assets.release.products import Product
from orchestration import office_table, operation_file, settings
from orchestration.calendar import Event
from orchestration.failures import Permanent
from orchestration.reminders import Reminder

OPERATIONS = settings.REPO / "operations"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "demo"
    shutil.copytree(OPERATIONS / "demo", copy)
    return copy


def change(where: Path, **keys: object) -> None:
    path = where / "operation.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    path.write_text(yaml.safe_dump({**content, **keys}, allow_unicode=True), encoding="utf-8")


def found_keys(folder: Path) -> list[str]:
    return [problem.key for problem in operation_file.check(folder)[1]]


@pytest.mark.parametrize("name", settings.known_operations(OPERATIONS))
def test_a_shipped_operation_loads(name: str) -> None:
    assert settings.load_operation(OPERATIONS / name).name == name


def test_every_problem_is_told_at_once_with_file_key_found_and_expected(folder: Path) -> None:
    change(folder, iso3="Kalvoria", time_zone="Europe/Atlantis", colour="blue", title=None)
    with pytest.raises(Permanent) as failure:
        settings.load_operation(folder)
    lines = str(failure.value).splitlines()
    assert lines[0] == "operations/demo/operation.yml has 4 problem(s):"
    told = "\n".join(lines[1:])
    assert "file operation.yml, key iso3: found 'Kalvoria'" in told
    assert "key time_zone: found 'Europe/Atlantis'" in told
    assert "key colour: found 'blue'; expected: no such key" in told
    assert "key title: found None" in told


def test_a_missing_key_is_told_as_nothing(folder: Path) -> None:
    path = folder / "operation.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    del content["retention"]
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    assert "key retention: found nothing" in str(operation_file.check(folder)[1][0])


def test_an_unknown_key_deep_inside_is_told_with_its_path(folder: Path) -> None:
    change(folder, sources={"clusters": {"column_maps": ["a"], "due_day": 10, "release_share": 0.5, "due_hour": 3}})
    assert found_keys(folder) == ["sources.clusters.due_hour"]


def test_what_no_single_key_can_know_is_told_at_once_too(folder: Path) -> None:
    clusters = [
        {"code": code, "name": code, "submitters": ["one-focal"], "email": "x@y.example"} for code in ("WSH", "WSH")
    ]
    versions = [{"version": "v01", "valid_on": "2019-01-01"}, {"version": "v02", "valid_on": "2025-07-01"}]
    change(
        folder,
        name="elsewhere",
        clusters=clusters,
        cod_versions=versions,
        plan={"year": 2025, "cod_version": "v09", "cycle": "2026"},
        admin_levels=[{"level": 1, "name": "region"}, {"level": 3, "name": "commune"}],
        approvers=[{"office": "head-of-unit", "may": ["waiver"]}],
    )
    assert found_keys(folder) == [
        "name",
        "admin_levels",
        "plan.cod_version",
        "cod_versions",
        "clusters.code",
        "clusters.submitters",
        "approvers",
    ]


def test_versions_in_the_wrong_order_and_rounds_given_twice_are_told(folder: Path) -> None:
    asset = {"uid": "a", "rounds": ["R01"]}
    hsm = {"assets": [asset, asset], "round_question": "r", "on_hold": "exclude", "largest_drop": 0.1}
    versions = [{"version": "v02", "valid_on": "2025-07-01"}, {"version": "v01", "valid_on": "2019-01-01"}]
    change(folder, cod_versions=versions, sources={"hsm": hsm})
    assert found_keys(folder) == ["cod_versions", "sources.hsm.assets.uid", "sources.hsm.assets.rounds"]


def test_a_key_given_twice_is_refused_instead_of_one_winning(folder: Path) -> None:
    path = folder / "operation.yml"
    path.write_text(path.read_text(encoding="utf-8") + "\niso3: XXX\n", encoding="utf-8")
    with pytest.raises(Permanent, match="'iso3' stands there twice"):
        settings.load_operation(folder)


@pytest.mark.parametrize(("text", "words"), [("- a\n- b\n", "keys and values"), ("a: [", "not valid YAML")])
def test_a_file_that_is_no_settings_at_all_is_told(folder: Path, text: str, words: str) -> None:
    (folder / "operation.yml").write_text(text, encoding="utf-8")
    with pytest.raises(Permanent, match=words):
        settings.load_operation(folder)


def test_an_operation_that_is_not_there_names_those_that_are(folder: Path) -> None:
    with pytest.raises(Permanent, match="Set IMU_OPERATION to one of: demo"):
        settings.load_operation(folder.parent / "demmo")


def test_the_folder_is_no_key_of_the_file(folder: Path) -> None:
    change(folder, folder="/elsewhere")
    assert found_keys(folder) == ["folder"]


# -- every key is read by some code -----------------------------------------------------------------------------


def keys_of(model: type[BaseModel], seen: set[type[BaseModel]] | None = None) -> Iterator[tuple[str, str]]:
    """Every key of a model and of the models inside it."""
    seen = seen if seen is not None else set()
    if model in seen:
        return
    seen.add(model)
    for name, field in model.model_fields.items():
        yield model.__name__, name
        for inner in models_in(field.annotation):
            yield from keys_of(inner, seen)


def models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in typing.get_args(annotation):
        yield from models_in(inner)


@lru_cache(maxsize=1)
def attributes_read() -> frozenset[str]:
    """Every attribute some code of the platform reads."""
    trees = [
        ast.parse(path.read_text(encoding="utf-8"))
        for room in ("orchestration", "assets", "sensors")
        for path in sorted((settings.REPO / room).rglob("*.py"))
    ]
    return frozenset(
        node.attr
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    )


@pytest.mark.parametrize("model", [settings.Operation, Product, Event, Reminder])
def test_every_key_of_the_settings_is_read_by_some_code(model: type[BaseModel]) -> None:
    read = attributes_read()
    keys = list(keys_of(model))
    assert len(keys) >= 5
    assert [f"{owner}.{name}" for owner, name in keys if name not in read] == []


def test_the_walk_finds_a_key_that_nothing_reads() -> None:
    class Inner(BaseModel):
        nobody_ever_reads_this_key: str

    class Outer(BaseModel):
        title: list[Inner | None]

    read = attributes_read()
    assert [name for _, name in keys_of(Outer) if name not in read] == ["nobody_ever_reads_this_key"]


# -- tables and the environment ---------------------------------------------------------------------------------


def test_a_table_is_read_again_after_it_changed(folder: Path) -> None:
    operation = settings.load_operation(folder)
    before = operation.table("sectors")
    path = folder / "sectors.csv"
    path.write_text(path.read_text(encoding="utf-8") + "ZZZ,Another,no,\n", encoding="utf-8")
    assert len(operation.table("sectors")) == len(before) + 1


def test_a_table_with_a_byte_order_mark_has_the_same_headings(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("\ufeffcode,name\nA,Має назву\n", encoding="utf-8")
    assert office_table.read(path) == ({"code": "A", "name": "Має назву"},)
    assert office_table.columns(path) == ["code", "name"]


def test_a_table_saved_in_an_old_encoding_says_how_to_save_it(tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_bytes("code,name\nA,Назва\n".encode("cp1251"))
    with pytest.raises(Permanent, match="CSV UTF-8"):
        office_table.read(path)


@pytest.mark.parametrize("row", ["A", "A,one, two"])
def test_a_row_with_another_number_of_cells_is_named(tmp_path: Path, row: str) -> None:
    path = tmp_path / "one.csv"
    path.write_text(f"code,name\nB,fine\n{row}\n", encoding="utf-8")
    with pytest.raises(Permanent, match=r"one\.csv, row 3"):
        office_table.read(path)


def test_a_table_that_is_missing_is_named_with_its_folder(folder: Path) -> None:
    operation = settings.load_operation(folder)
    (folder / "aliases" / "places.csv").unlink()
    with pytest.raises(Permanent, match=r"demo/aliases/places\.csv is missing"):
        operation.table("aliases/places")


def test_an_empty_variable_counts_as_none() -> None:
    environment = settings.read_environment({"IMU_OPERATION": "", "IMU_LAKE": "", "IMU_TODAY": ""})
    assert (environment.operation, environment.today) == ("demo", None)
    assert environment.lake == settings.REPO / "data_lake"


def test_a_day_that_is_none_is_told() -> None:
    assert settings.read_environment({"IMU_TODAY": "2025-03-31"}).today == date(2025, 3, 31)
    with pytest.raises(Permanent, match="IMU_TODAY is '31 March'"):
        settings.read_environment({"IMU_TODAY": "31 March"})


def test_the_environment_shows_no_secret() -> None:
    environment = settings.read_environment({"IMU_KOBO_TOKEN": "tttoken", "IMU_HDX_KEY": "kkkey"})
    assert environment.kobo_token == "tttoken"
    assert "tttoken" not in repr(environment)
    assert "kkkey" not in repr(environment)


def test_the_boundaries_of_a_day_and_the_cluster_of_an_account(folder: Path) -> None:
    operation = settings.load_operation(folder)
    days = (date(2018, 1, 1), date(2025, 6, 30), date(2025, 7, 1))
    assert [operation.cod_version_on(day) for day in days] == ["v01", "v01", "v02"]
    cluster = operation.cluster_of("wsh-focal")
    assert cluster is not None
    assert cluster.code == "WSH"
    assert operation.cluster_of("ngo-somebody") is None
    assert (operation.months[0], operation.months[-1], len(operation.months)) == ("2025-01", "2025-12", 12)
