"""The data dictionary of a release, read from the dbt manifest: what a mart says about itself is what readers get.

Belongs here: which columns may leave (`meta.publish: true`, one by one), their meaning, and the model's grain, unit,
method, source and audience. Does not belong here: the rows (`content`), or wording of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from orchestration.failures import Permanent

if TYPE_CHECKING:
    import pandas as pd

# What a model's meta must say before anything of it can be published.
REQUIRED_META = ("grain", "unit", "method", "source", "audience")


@dataclass(frozen=True)
class Column:
    """One published column."""

    name: str
    data_type: str
    description: str
    unit: str = ""


@dataclass(frozen=True)
class Dictionary:
    """A mart as its readers know it; only opted-in columns are in it."""

    model: str
    description: str
    grain: str
    unit: str
    method: str
    source: str
    audience: str
    columns: tuple[Column, ...]
    caveats: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The published columns, in the order of the mart's YAML."""
        return tuple(column.name for column in self.columns)

    def with_column(self, column: Column) -> Dictionary:
        """The dictionary with one more column at the end, unless it is there already."""
        return self if column.name in self.names else replace(self, columns=(*self.columns, column))


def read_dictionary(manifest: Mapping[str, Any], model: str) -> Dictionary:
    """The dictionary of one model of a parsed `manifest.json`."""
    node = _find(manifest, model)
    meta = _meta(node)
    missing = [word for word in REQUIRED_META if not str(meta.get(word, "")).strip()]
    if missing:
        raise Permanent(
            f"Model {model!r} cannot be published: its YAML says nothing about {', '.join(missing)} under meta. "
            "Readers need it to use the figures; add it beside the model."
        )
    columns = tuple(_column(model, column) for column in node["columns"].values() if _published(column))
    if not columns:
        raise Permanent(
            f"Nothing of model {model!r} may leave: none of its columns says `meta: {{publish: true}}`. Publishing is "
            "opted in column by column, in the mart's YAML."
        )
    words = {word: str(meta[word]).strip() for word in REQUIRED_META}
    return Dictionary(
        model=model, description=_line(node), columns=columns, caveats=_lines(meta.get("caveats")), **words
    )


def select_published(frame: pd.DataFrame, dictionary: Dictionary) -> pd.DataFrame:
    """The frame's published columns in dictionary order; everything that was not opted in stays behind."""
    missing = [name for name in dictionary.names if name not in frame.columns]
    if missing:
        raise Permanent(
            f"Model {dictionary.model!r} promises columns that its table does not have: {', '.join(missing)}. Build "
            "the mart again, or take them out of its YAML."
        )
    return frame[list(dictionary.names)]


def dictionary_rows(dictionary: Dictionary, keys: Sequence[str]) -> list[dict[str, str]]:
    """The dictionary as a table: one row per published column."""
    return [
        {
            "column": column.name,
            "type": column.data_type,
            "unit": column.unit,
            "key": "yes" if column.name in keys else "no",
            "description": column.description,
        }
        for column in dictionary.columns
    ]


def _find(manifest: Mapping[str, Any], model: str) -> Mapping[str, Any]:
    nodes = [n for n in manifest["nodes"].values() if n["resource_type"] == "model" and _names(n) & {model}]
    if len(nodes) != 1:
        raise Permanent(
            f"The dbt manifest holds {len(nodes)} models called {model!r}; exactly one is needed. Give the name as "
            "`model` or `schema.model`, and run `dbt parse` if the model is new."
        )
    found: Mapping[str, Any] = nodes[0]
    return found


def _names(node: Mapping[str, Any]) -> set[str]:
    stem = node.get("alias") or node["name"]
    return {node["name"], f"{node.get('schema')}.{stem}"}


def _meta(entry: Mapping[str, Any]) -> dict[str, Any]:
    """dbt 1.10 moved meta under config; both spellings are in use."""
    return {**(entry.get("meta") or {}), **((entry.get("config") or {}).get("meta") or {})}


def _published(column: Mapping[str, Any]) -> bool:
    """Only the word itself opens the door: a forgotten quote (`"false"`) must not."""
    return _meta(column).get("publish") is True


def _column(model: str, column: Mapping[str, Any]) -> Column:
    name, data_type = column["name"], str(column.get("data_type") or "").upper()
    description = _line(column)
    if not description or not data_type:
        raise Permanent(
            f"Column {name!r} of model {model!r} is opted in for publishing without a "
            f"{'description' if not description else 'data_type'}. Readers need both; add it to the mart's YAML."
        )
    return Column(name, data_type, description, str(_meta(column).get("unit", "")))


def _line(entry: Mapping[str, Any]) -> str:
    return " ".join(str(entry.get("description") or "").split())


def _lines(value: object) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(" ".join(str(item).split()) for item in value)
    return (" ".join(str(value).split()),) if value else ()
