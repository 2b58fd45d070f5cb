"""Rooms 3 to 5 as Dagster assets: the dbt models, and the database analysts open."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import dbt_assets

from assets.transform import export, freshness, sources
from assets.transform.translator import Translator
from assets.unquoted import unquoted
from orchestration import dbt_build
from orchestration.dbt_build import NodeResult
from orchestration.office import Office


def models(manifest: Path, checked: Collection[str]) -> dg.AssetsDefinition:
    """All dbt models as one step: they share one warehouse, and one warm dbt builds them in a second or two."""

    @dbt_assets(manifest=manifest, name="models", pool="warehouse", dagster_dbt_translator=Translator(checked))
    def _models(context: dg.AssetExecutionContext, office: dg.ResourceParam[Office]) -> Iterator[Any]:
        content = dbt_build.manifest()
        with unquoted("The build of the tables"):
            freshness.begin(office)
            listed = sources.register(office.lake, office.operation, office.now)
            results = dbt_build.build(office.lake, ["*"])
            failed = [one for one in results if one.kind_of_error and one.unique_id.startswith("model.")]
            broken = [one for one in results if one.status == "fail"]
            exported = {} if failed or broken else export.export(office.lake, export.marts(content))
        yield from _checks(context, content, results)
        if failed or broken:
            raise dg.Failure(description=_say(failed + broken), metadata={"nodes": len(failed + broken)})
        yield from _materialised(_in_order(context, content, results), exported, listed, office)

    return _models


def _say(failed: Sequence[NodeResult]) -> str:
    names = ", ".join(f"{one.unique_id.split('.')[2]} ({one.kind_of_error})" for one in failed[:8])
    return (
        f"{len(failed)} models or tests failed: {names}. Nothing was exported: analysts keep the last good tables. "
        f"Run `imu run models` again after mending the model; the message's values are withheld on purpose."
    )


def _in_order(
    context: dg.AssetExecutionContext, content: dict[str, Any], results: Sequence[NodeResult]
) -> Iterator[dg.AssetKey]:
    """The selected models in the order in which dbt built them: Dagster wants a model after those it reads."""
    for one in results:
        node = content["nodes"].get(one.unique_id)
        key = dg.AssetKey([node["schema"], node["alias"]]) if node and node["resource_type"] == "model" else None
        if key and key in context.selected_asset_keys:
            yield key


def _materialised(
    keys: Iterator[dg.AssetKey], exported: dict[str, int], listed: int, office: Office
) -> Iterator[dg.MaterializeResult[None]]:
    for key in keys:
        metadata: dict[str, Any] = {"as_of": office.today.isoformat(), "files_read": listed}
        name = "/".join(key.path)
        if name in exported:
            metadata |= {"dagster/row_count": exported[name], "file": f"{name}.parquet"}
        yield dg.MaterializeResult(asset_key=key, metadata=metadata)


def _checks(
    context: dg.AssetExecutionContext, content: dict[str, Any], results: Sequence[NodeResult]
) -> Iterator[dg.AssetCheckResult]:
    """dbt's tests as asset checks: counts of failing rows, never the rows."""
    by_name = {content["nodes"][one.unique_id]["name"]: one for one in results if one.unique_id in content["nodes"]}
    for key in sorted(context.selected_asset_check_keys, key=lambda key: (key.asset_key.path, key.name)):
        result = by_name.get(key.name)
        if result is not None:
            yield dg.AssetCheckResult(
                asset_key=key.asset_key,
                check_name=key.name,
                passed=result.status in {"pass", "success"},
                severity=dg.AssetCheckSeverity.WARN if result.status == "warn" else dg.AssetCheckSeverity.ERROR,
                metadata={"failing_rows": result.failures},
            )


def analyst_database(models: Sequence[dg.AssetKey]) -> dg.AssetsDefinition:
    """`analyst.duckdb`, rebuilt after the marts. Staging is not in it, so no arrow says that it were."""
    marts = [key for key in models if key.path[0] != "staging"]

    @dg.asset(
        key=["analyst", "database"],
        group_name="6_publish",
        deps=marts,
        description=(
            "The database analysts open: every mart with a comment on each table and column, without personal data, "
            "read-only, replaced in one step after a build that passed its tests. One table per mart."
        ),
        owners=["team:imu"],
        kinds={"duckdb"},
        tags={"audience": "internal"},
    )
    def _database(office: dg.ResourceParam[Office]) -> dg.MaterializeResult[None]:
        provenance = office.provenance
        about = {
            "operation": office.operation.title,
            "as of": office.today.isoformat(),
            "code": provenance.commit,
            "config": provenance.config,
            "lock file": provenance.lock,
        }
        rows = export.build_analyst_database(office.lake, export.marts(dbt_build.manifest()), about)
        freshness.remember(office)
        return dg.MaterializeResult(metadata={"tables": len(rows), "dagster/row_count": sum(rows.values())})

    return _database
