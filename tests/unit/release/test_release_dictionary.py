"""Publishing is opted in column by column, in the mart's own YAML."""

from __future__ import annotations

import pandas as pd
import pytest

from assets.release.dictionary import dictionary_rows, read_dictionary, select_published
from orchestration.failures import Permanent

META = {"grain": "One row per area", "unit": "people", "method": "Counted.", "source": "Invented", "audience": "public"}


def column(name: str, publish: object = None, **more: object) -> dict:
    entry = {"name": name, "description": f"About {name}", "data_type": "bigint", "meta": {}, "config": {}}
    return entry | ({"config": {"meta": {"publish": publish}}} if publish is not None else {}) | more


def manifest(*columns: dict, meta: dict | None = None) -> dict:
    node = {
        "resource_type": "model",
        "name": "weekly",
        "schema": "displacement",
        "alias": "weekly",
        "description": "Displaced people\n  by week.",
        "columns": {c["name"]: c for c in columns},
        "config": {"meta": META if meta is None else meta},
    }
    return {"nodes": {"model.imu.weekly": node, "test.imu.t": {"resource_type": "test", "name": "weekly"}}}


def test_only_opted_in_columns_leave() -> None:
    found = read_dictionary(manifest(column("idps", True), column("secret"), column("shut", False)), "weekly")
    assert found.names == ("idps",)
    frame = pd.DataFrame({"secret": [1], "idps": [2], "shut": [3]})
    assert list(select_published(frame, found).columns) == ["idps"]


@pytest.mark.parametrize("word", ["true", "yes", 1, "false"])
def test_only_the_word_itself_opts_in(word: object) -> None:
    with pytest.raises(Permanent, match="Nothing of model"):
        read_dictionary(manifest(column("idps", word)), "weekly")


def test_a_model_without_an_opted_in_column_is_refused() -> None:
    with pytest.raises(Permanent, match="Nothing of model"):
        read_dictionary(manifest(column("idps")), "weekly")


def test_the_older_spelling_of_meta_is_understood() -> None:
    found = read_dictionary(manifest(column("idps", meta={"publish": True, "unit": "people"})), "displacement.weekly")
    assert found.columns[0].unit == "people"
    assert found.description == "Displaced people by week."


@pytest.mark.parametrize("word", sorted(META))
def test_a_model_that_does_not_explain_itself_is_refused(word: str) -> None:
    silent = {k: v for k, v in META.items() if k != word}
    with pytest.raises(Permanent, match=word):
        read_dictionary(manifest(column("idps", True), meta=silent), "weekly")


@pytest.mark.parametrize("missing", ["description", "data_type"])
def test_a_published_column_is_explained_and_typed(missing: str) -> None:
    with pytest.raises(Permanent, match=missing):
        read_dictionary(manifest(column("idps", True, **{missing: ""})), "weekly")


def test_an_unknown_model_and_a_missing_column_are_named() -> None:
    with pytest.raises(Permanent, match="0 models called 'monthly'"):
        read_dictionary(manifest(column("idps", True)), "monthly")
    found = read_dictionary(manifest(column("idps", True)), "weekly")
    with pytest.raises(Permanent, match="idps"):
        select_published(pd.DataFrame({"other": [1]}), found)


def test_dictionary_rows_mark_the_keys() -> None:
    found = read_dictionary(manifest(column("week", True), column("idps", True)), "weekly")
    assert [(r["column"], r["key"], r["type"]) for r in dictionary_rows(found, ["week"])] == [
        ("week", "yes", "BIGINT"),
        ("idps", "no", "BIGINT"),
    ]
