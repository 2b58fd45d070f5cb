"""What the dbt project promises about itself, read from its YAML and SQL alone: nothing here runs dbt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

PROJECT = Path(__file__).parents[3] / "dbt_project"
MODELS = PROJECT / "models"

ROOMS = {"cod": "4_common_datasets", "presence": "4_common_datasets", "inventory": "4_common_datasets"}
AUDIENCES = {"public", "partners", "internal"}
NOTHINGS = {"reported", "not_reported", "not_assessed", "no_consensus", "suppressed"}
MART_META = ("title", "room", "owner", "audience", "topic", "unit", "method", "source", "grain", "key", "period")
TYPES = re.compile(r"varchar|bigint|integer|boolean|date|timestamp|decimal\(\d+,\d+\)")
DOC = re.compile(r"\{\{ doc\('(\w+)'\) \}\}")
# What tells of a person, an interview or an account, or of how safely an area can be reached.
NEVER_PUBLISHED = {
    "area_class", "arrival_id", "family", "interview_id", "person", "records", "sender", "settlement_pcode",
}  # fmt: skip


@dataclass(frozen=True)
class Model:
    """One model: its SQL file and what the YAML beside it says."""

    path: Path
    yaml: dict[str, Any]

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def layer(self) -> str:
        return self.path.relative_to(MODELS).parts[0]

    @property
    def folder(self) -> str:
        return self.path.parent.name

    @property
    def sql(self) -> str:
        """The SQL without its comments."""
        return re.sub(r"--.*", "", self.path.read_text(encoding="utf-8"))

    @property
    def entry(self) -> dict[str, Any]:
        found: dict[str, Any] = self.yaml["models"][0]
        return found

    @property
    def meta(self) -> dict[str, Any]:
        found: dict[str, Any] = self.entry["config"]["meta"]
        return found

    @property
    def columns(self) -> dict[str, dict[str, Any]]:
        return {column["name"]: column for column in self.entry.get("columns", [])}


def _load(path: Path) -> Model:
    return Model(path, yaml.safe_load(path.with_suffix(".yml").read_text(encoding="utf-8")))


ALL = [_load(path) for path in sorted(MODELS.rglob("*.sql"))]
MARTS = [model for model in ALL if model.layer == "marts"]
STAGING = [model for model in ALL if model.layer == "staging"]


def _named(models: list[Model]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("model", models, ids=[model.name for model in models])


def _published(model: Model) -> Iterator[str]:
    for name, column in model.columns.items():
        if "publish" in column.get("config", {}).get("meta", {}):
            yield name


def _tests(entry: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The data tests of a model or column by kind; the last of a kind wins, which is enough here."""
    return {kind: arguments for test in entry.get("data_tests", []) for kind, arguments in test.items()}


def _docs() -> dict[str, str]:
    text = (MODELS / "columns.md").read_text(encoding="utf-8")
    return dict(re.findall(r"\{% docs (\w+) %\}\n(.*?)\n\{% enddocs %\}", text, flags=re.DOTALL))


def test_the_three_layers_are_there() -> None:
    assert {model.layer for model in ALL} == {"staging", "intermediate", "marts"}
    assert len(MARTS) >= 17


def test_names_are_unique_although_a_folder_is_part_of_the_key() -> None:
    names = [model.name for model in ALL]
    assert sorted(set(names)) == sorted(names)


def test_every_yaml_belongs_to_a_model() -> None:
    described = {path.with_suffix("") for path in MODELS.rglob("*.yml")} - {MODELS / "staging" / "sources"}
    assert described == {model.path.with_suffix("") for model in ALL}


@_named(ALL)
def test_a_description_ends_with_the_grain(model: Model) -> None:
    assert [entry["name"] for entry in model.yaml["models"]] == [model.name]
    last = " ".join(model.entry["description"].split()).rsplit(". ", 1)[-1]
    assert re.fullmatch(r"One row per .+\.", last), f"{model.name} does not end with its grain: {last!r}"


@_named(STAGING + MARTS)
def test_every_column_is_described(model: Model) -> None:
    assert model.columns
    docs = _docs()
    for name, column in model.columns.items():
        text = column.get("description", "").strip()
        shared = DOC.findall(text)
        assert text and all(word in docs for word in shared), f"{model.name}.{name} has no description"


def test_every_shared_description_is_used() -> None:
    used = {word for model in ALL for column in model.columns.values() for word in DOC.findall(column["description"])}
    assert used == set(_docs())


@_named(STAGING + MARTS)
def test_a_model_is_found_in_dagster_under_its_own_name(model: Model) -> None:
    schema = model.folder if model.layer == "marts" else "staging"
    room = ROOMS.get(schema, "5_analysis") if model.layer == "marts" else "3_standardise"
    assert model.meta["dagster"]["asset_key"] == [schema, model.name]
    assert model.meta["dagster"]["group"] == model.meta["room"] == room
    assert re.fullmatch(r"team:[a-z]+", model.meta["owner"])
    assert model.meta["audience"] in AUDIENCES


@_named(MARTS)
def test_a_mart_says_what_readers_need(model: Model) -> None:
    missing = [word for word in MART_META if not model.meta.get(word)]
    assert not missing
    assert model.meta["caveats"] and all(caveat.endswith((".", ";")) for caveat in model.meta["caveats"])
    assert " ".join(model.entry["description"].split()).endswith(model.meta["grain"])


@_named(MARTS)
def test_every_row_of_a_mart_has_a_key_a_period_and_a_cod_version(model: Model) -> None:
    key, period = model.meta["key"], model.meta["period"]
    assert {*key, *period, "cod_version"} <= set(model.columns)
    assert _tests(model.entry)["unique_combination"]["arguments"]["columns"] == key
    nullable_in_keys = {"partition_key"} if model.folder == "inventory" else set()
    for name in set(key) - nullable_in_keys:
        assert {"type": "not_null"} in model.columns[name]["constraints"], f"{model.name}.{name} may be empty"


@_named(MARTS)
def test_measures_are_whole_numbers_or_decimals(model: Model) -> None:
    types = {name: column["data_type"] for name, column in model.columns.items()}
    assert {name: kind for name, kind in types.items() if not TYPES.fullmatch(kind)} == {}


@_named(MARTS)
def test_a_status_is_one_of_the_five_kinds_of_nothing_or_reported(model: Model) -> None:
    for name, column in model.columns.items():
        allowed = _tests(column).get("accepted_values")
        if name == "value_status" and allowed:
            assert set(allowed["arguments"]["values"]) <= NOTHINGS
            assert {"type": "not_null"} in column["constraints"]


def test_publishing_is_opted_in_with_the_word_itself_and_only_in_public_marts() -> None:
    opted = {model.name: list(_published(model)) for model in ALL}
    for model in ALL:
        words = [model.columns[name]["config"]["meta"]["publish"] for name in opted[model.name]]
        assert all(word is True for word in words)
        assert bool(words) == (model.layer == "marts" and model.meta["audience"] == "public"), model.name


def test_what_must_stay_inside_is_never_opted_in() -> None:
    told = {f"{model.name}.{name}" for model in ALL for name in _published(model) if name in NEVER_PUBLISHED}
    assert told == set()
    assert {name for model in ALL for name in model.columns} >= NEVER_PUBLISHED


@_named([model for model in MARTS if model.meta["audience"] == "public"])
def test_a_published_mart_shows_its_key_and_what_kind_of_value_it_has(model: Model) -> None:
    owed = {*model.meta["key"], *model.meta["period"], "cod_version"} | ({"value_status"} & set(model.columns))
    assert owed <= set(_published(model))


@_named([model for model in ALL if re.search(r"\b(case|qualify|filter|having|least|greatest)\b", model.sql)])
def test_a_rule_with_a_branch_has_a_unit_test(model: Model) -> None:
    tests = model.yaml.get("unit_tests", [])
    assert tests, f"{model.name} decides something and no unit test shows it"
    assert all(test["model"] == model.name and test["expect"]["rows"] for test in tests)


@_named(ALL)
def test_nothing_depends_on_the_order_of_rows(model: Model) -> None:
    loose = re.findall(
        r"\b(any_value|first|last|list|array_agg|string_agg|group_concat|arbitrary|random|now|today)\(", model.sql
    )
    assert loose == []
    assert not re.search(r"\b(double|float|real)\b|\bcurrent_(date|time)|\blimit\b", model.sql)
    for window in re.findall(r"(?:row_number|lag|lead)\(\) over (\(.*?\)|\w+)", model.sql, flags=re.DOTALL):
        assert "order by" in window or f"window {window} as" in model.sql, f"{model.name}: {window}"


@_named([model for model in ALL if "shortfall" not in model.sql])
def test_an_unknown_gap_does_not_become_zero(model: Model) -> None:
    """DuckDB's greatest() skips nulls: greatest(null, 0) is 0."""
    assert not re.search(r"greatest\([^()]+- [^()]+, 0\)", model.sql)


def test_every_source_table_is_read_and_nothing_else_is() -> None:
    listed = yaml.safe_load((MODELS / "staging" / "sources.yml").read_text(encoding="utf-8"))["sources"]
    named = {(source["name"], table["name"]) for source in listed for table in source["tables"]}
    read = {found for model in ALL for found in re.findall(r"source\('(\w+)', '(\w+)'\)", model.sql)}
    assert read == named
    assert all(table["description"].rstrip().endswith(".") for source in listed for table in source["tables"])


def test_only_staging_reads_checked_rows() -> None:
    readers = {model.layer for model in ALL if "source('checked'" in model.sql}
    assert readers == {"staging"}


def test_the_profile_holds_neither_key_nor_path() -> None:
    """Whatever stands in the profile, dbt repeats in its target folder and logs."""
    text = (PROJECT / "profiles.yml").read_text(encoding="utf-8")
    output = yaml.safe_load(text)["imu"]["outputs"]["warehouse"]
    assert "env_var" not in text and "encryption_key" not in text.lower()
    assert output["path"] == ":memory:" and output["attach"] == [{"path": ":memory:", "alias": output["database"]}]
    assert output["plugins"] == [{"module": "orchestration.dbt_plugin"}]
    assert output["config_options"]["temp_file_encryption"] == "true"


def test_marts_are_tables_under_contract_and_nothing_is_reported_home() -> None:
    content = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    assert content["flags"]["send_anonymous_usage_stats"] is False
    layers = content["models"]["imu"]
    assert layers["marts"] == {"+materialized": "table", "+contract": {"enforced": True}}
    assert layers["staging"]["+materialized"] == "view" and layers["intermediate"]["+materialized"] == "ephemeral"
    assert not any("config(" in model.sql for model in ALL), "a model's own config() would hide an exception"
