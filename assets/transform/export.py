"""From the sealed warehouse to the files people may open: one Parquet file a mart, in total order.

Belongs here: exporting tested marts, building `analyst.duckdb` aside and swapping it in. Does not belong here: building
the marts (dbt), deciding what is published (`assets/release`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration import duck
from orchestration.duck import quote
from orchestration.lake import publish_file

if TYPE_CHECKING:
    import duckdb

    from orchestration.lake import Lake


@dataclass(frozen=True)
class Mart:
    """A mart as the dbt manifest describes it."""

    schema: str
    name: str
    description: str
    columns: Mapping[str, str]
    audience: str
    meta: Mapping[str, Any]

    @property
    def relation(self) -> str:
        """Its name in SQL."""
        return f'"{self.schema}"."{self.name}"'


def marts(manifest: Mapping[str, Any]) -> list[Mart]:
    """Every mart of the project, sorted by schema and name."""
    found = [
        Mart(
            schema=node["schema"],
            name=node["alias"],
            description=node["description"].strip(),
            columns={name: column["description"].strip() for name, column in node["columns"].items()},
            audience=str(node["config"]["meta"].get("audience", "internal")),
            meta=node["config"]["meta"],
        )
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["config"]["materialized"] == "table"
    ]
    return sorted(found, key=lambda mart: (mart.schema, mart.name))


def export(lake: Lake, wanted: Iterable[Mart]) -> dict[str, int]:
    """Write marts to `<schema>/<name>.parquet`, ordered by all their columns; returns rows by mart."""
    rows: dict[str, int] = {}
    keys = lake.zone_key("warehouse"), lake.zone_key("checked")
    with duck.warehouse(lake.warehouse, *keys, read_only=True) as connection:
        for mart in wanted:
            target = lake.folder(mart.schema, f"{mart.name}.parquet")
            rows[f"{mart.schema}/{mart.name}"] = _count(connection, mart)
            lake.write(target, lambda draft, mart=mart: connection.execute(_copy(mart, draft)))  # type: ignore[misc]
    return rows


def _copy(mart: Mart, target: Path) -> str:
    columns = ", ".join(f'"{name}"' for name in mart.columns)
    # Every column takes part in the order: the same rows give the same bytes.
    select = f"SELECT {columns} FROM {mart.relation} ORDER BY {columns}"
    return f"COPY ({select}) TO {quote(str(target))} (FORMAT parquet, COMPRESSION zstd)"


def _count(connection: duckdb.DuckDBPyConnection, mart: Mart) -> int:
    found = connection.execute(f"SELECT count(*) FROM {mart.relation}").fetchone()
    return int(found[0]) if found else 0


def build_analyst_database(lake: Lake, wanted: Sequence[Mart], about: Mapping[str, str]) -> dict[str, int]:
    """A plain DuckDB file with every exported mart, commented, read-only, swapped in under open readers."""
    import duckdb

    rows: dict[str, int] = {}
    with lake.scratch() as folder:
        draft = folder / lake.analyst.name
        connection = duckdb.connect(str(draft))
        for mart in wanted:
            source = lake.folder(mart.schema, f"{mart.name}.parquet")
            if source.exists():
                rows[f"{mart.schema}.{mart.name}"] = _copy_in(connection, mart, source)
        _describe(connection, about)
        connection.execute("CHECKPOINT")
        connection.close()
        # Read-only on disk as well: one analyst who opens it for writing would lock the others out.
        draft.chmod(0o444)
        publish_file(draft, lake.analyst)
    return rows


def _copy_in(connection: duckdb.DuckDBPyConnection, mart: Mart, source: Path) -> int:
    connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{mart.schema}"')
    connection.execute(f"CREATE TABLE {mart.relation} AS SELECT * FROM read_parquet({quote(str(source))})")
    connection.execute(f"COMMENT ON TABLE {mart.relation} IS {quote(mart.description)}")
    for name, description in mart.columns.items():
        connection.execute(f'COMMENT ON COLUMN {mart.relation}."{name}" IS {quote(description)}')
    return _count(connection, mart)


def _describe(connection: duckdb.DuckDBPyConnection, about: Mapping[str, str]) -> None:
    """`select * from about` answers what this file is, as of when, from which code and config."""
    connection.execute("CREATE TABLE about (name VARCHAR, value VARCHAR)")
    connection.executemany("INSERT INTO about VALUES (?, ?)", sorted(about.items()))
    connection.execute("COMMENT ON TABLE about IS 'What this file is and from what it was made. One row per fact.'")
