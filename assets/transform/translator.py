"""How a dbt node looks in Dagster: one small method per decision.

Belongs here: keys, rooms, owners, descriptions, tags of models. Does not belong here: running anything.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings

# Tables the platform itself lays beside the models; nobody needs an arrow from them.
_NOT_IN_THE_GRAPH = {"office", "lake"}
# Several checked tables are written by one asset.
_WRITTEN_BY = {
    "answers": "interviews",
    "questions": "interviews",
    "places": "boundaries",
    "crosswalk": "boundaries",
    "submissions": "",
}


class Translator(DagsterDbtTranslator):
    """A model's schema and name are its key; its meta says the room it belongs to."""

    def __init__(self, checked: Collection[str]) -> None:
        """`checked` names the checked tables this operation has; arrows from others would come from nowhere."""
        # Tests of sources would drag the models into every ingest run; what others send is checked before.
        self._checked = frozenset(checked)
        super().__init__(DagsterDbtTranslatorSettings(enable_asset_checks=True, enable_source_tests_as_checks=False))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        """`presence/operational_presence`."""
        name = dbt_resource_props.get("alias") or dbt_resource_props["name"]
        return dg.AssetKey([dbt_resource_props["schema"], name])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """The room."""
        return str(_meta(dbt_resource_props).get("dagster", {}).get("group", "5_analysis"))

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        """What an officer could read aloud: the model's own description, without its SQL."""
        return str(dbt_resource_props.get("description", "")).strip()

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> list[str]:
        """The team that answers for it."""
        owner = _meta(dbt_resource_props).get("owner")
        return [str(owner)] if owner else []

    def get_tags(self, dbt_resource_props: Mapping[str, Any]) -> Mapping[str, str]:
        """Topic and audience, by which the graph can be searched."""
        meta = _meta(dbt_resource_props)
        return {key: str(meta[key]) for key in ("topic", "audience") if key in meta}

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: Any) -> dg.AssetSpec:
        """As dbt has it, but without arrows from the platform's own tables and without the SQL text."""
        spec = super().get_asset_spec(manifest, unique_id, project)
        written_by = {self._writer(dep.asset_key) for dep in spec.deps}
        deps = sorted((key for key in written_by if key), key=dg.AssetKey.to_user_string)
        return spec.replace_attributes(deps=deps, kinds={"dbt", "duckdb"})

    def _writer(self, key: dg.AssetKey) -> dg.AssetKey | None:
        """The asset that writes a table a model reads, or nothing where the platform itself does."""
        schema, name = key.path[0], key.path[-1]
        if schema in _NOT_IN_THE_GRAPH:
            return None
        if schema != "checked":
            return key
        writer = _WRITTEN_BY.get(name, name)
        return dg.AssetKey([schema, writer]) if writer in self._checked else None


def _meta(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    found = properties.get("config", {}).get("meta") or properties.get("meta") or {}
    return dict(found)
