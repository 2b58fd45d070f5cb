"""The columns and types of every checked table: the contract between what others send and what dbt reads.

Belongs here: table shapes, writing and reading sealed tables of exactly that shape. No free text and no names of
people: every text column comes from a code list, a date or a keyed hash. Does not belong here: how the rows
came about.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from orchestration import duck
from orchestration.failures import Permanent

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from orchestration.lake import Lake

TABLES: dict[str, dict[str, str]] = {
    "places": {
        "cod_version": "VARCHAR", "level": "INTEGER", "pcode": "VARCHAR", "name": "VARCHAR", "name_local": "VARCHAR",
        "parent_pcode": "VARCHAR", "adm1_pcode": "VARCHAR", "adm2_pcode": "VARCHAR", "adm3_pcode": "VARCHAR",
        "population": "BIGINT", "area_sqkm": "DECIMAL(12,3)", "center_lat": "DECIMAL(9,5)",
        "center_lon": "DECIMAL(9,5)", "valid_on": "DATE", "valid_to": "DATE",
    },
    "boundaries": {"cod_version": "VARCHAR", "level": "INTEGER", "pcode": "VARCHAR", "geojson": "VARCHAR"},
    "crosswalk": {
        "old_version": "VARCHAR", "old_pcode": "VARCHAR", "new_version": "VARCHAR", "new_pcode": "VARCHAR",
        "level": "INTEGER", "kind": "VARCHAR", "weight": "DECIMAL(9,6)",
    },
    "population": {
        "ps_version": "VARCHAR", "cod_version": "VARCHAR", "ref_year": "INTEGER", "level": "INTEGER",
        "pcode": "VARCHAR", "sex": "VARCHAR", "age_min": "INTEGER", "age_max": "INTEGER",
        "age_range": "VARCHAR", "population": "BIGINT",
    },
    "activities": {
        "arrival_id": "VARCHAR", "cluster": "VARCHAR", "month": "VARCHAR", "row_number": "INTEGER", "org_id": "VARCHAR",
        "impl_org_id": "VARCHAR", "donor_org_id": "VARCHAR", "sector": "VARCHAR", "activity_code": "VARCHAR",
        "status": "VARCHAR", "pcode": "VARCHAR", "level": "INTEGER", "adm1_pcode": "VARCHAR", "adm2_pcode": "VARCHAR",
        "adm3_pcode": "VARCHAR", "cod_version": "VARCHAR", "start_date": "DATE", "end_date": "DATE",
        "population_group": "VARCHAR", "targeted": "BIGINT", "reached": "BIGINT", "reached_new": "BIGINT",
        "girls": "BIGINT", "boys": "BIGINT", "women": "BIGINT", "men": "BIGINT", "older_women": "BIGINT",
        "older_men": "BIGINT", "with_disability": "BIGINT",
    },
    "displacement": {
        "arrival_id": "VARCHAR", "week": "VARCHAR", "as_of": "DATE", "adm1_pcode": "VARCHAR", "pcode": "VARCHAR",
        "cod_version": "VARCHAR", "location_type": "VARCHAR", "idps": "BIGINT", "households": "BIGINT",
        "women": "BIGINT", "men": "BIGINT", "children": "BIGINT", "value_status": "VARCHAR",
    },
    "interviews": {
        "round": "VARCHAR", "interview_id": "VARCHAR", "settlement_pcode": "VARCHAR", "adm3_pcode": "VARCHAR",
        "adm2_pcode": "VARCHAR", "adm1_pcode": "VARCHAR", "cod_version": "VARCHAR", "ki_role": "VARCHAR",
        "ki_sex": "VARCHAR", "interview_date": "DATE", "validation": "VARCHAR", "form_version": "VARCHAR",
    },
    "answers": {"round": "VARCHAR", "interview_id": "VARCHAR", "question": "VARCHAR", "option": "VARCHAR"},
    "questions": {
        "round": "VARCHAR", "question": "VARCHAR", "label_en": "VARCHAR", "label_local": "VARCHAR", "type": "VARCHAR",
        "aggregation": "VARCHAR", "sector": "VARCHAR", "option": "VARCHAR", "option_label_en": "VARCHAR",
        "option_label_local": "VARCHAR", "option_order": "INTEGER",
    },
    "individuals": {
        "extract": "VARCHAR", "register": "VARCHAR", "person": "VARCHAR", "family": "VARCHAR", "sex": "VARCHAR",
        "age_years": "INTEGER", "adm1_pcode": "VARCHAR", "adm2_pcode": "VARCHAR", "cod_version": "VARCHAR",
        "origin": "VARCHAR", "legal_status": "VARCHAR", "record_status": "VARCHAR", "registered_month": "VARCHAR",
        "card_expiry_month": "VARCHAR", "is_focal": "BOOLEAN",
    },
    "register_counts": {
        "extract": "VARCHAR", "register": "VARCHAR", "adm1_pcode": "VARCHAR", "adm2_pcode": "VARCHAR",
        "cod_version": "VARCHAR", "sex": "VARCHAR", "age_bracket": "VARCHAR", "record_status": "VARCHAR",
        "records": "BIGINT", "individuals": "BIGINT", "families": "BIGINT",
    },
    "needs": {
        "plan_year": "INTEGER", "pcode": "VARCHAR", "cod_version": "VARCHAR", "sector": "VARCHAR",
        "population_group": "VARCHAR", "population": "BIGINT", "severity": "INTEGER", "people_in_need": "BIGINT",
        "targeted": "BIGINT",
    },
    "submissions": {
        "source": "VARCHAR", "partition": "VARCHAR", "arrival_id": "VARCHAR", "sender": "VARCHAR",
        "received_at": "TIMESTAMP", "taken_at": "TIMESTAMP", "verdict": "VARCHAR", "rows_total": "BIGINT",
        "rows_accepted": "BIGINT", "rows_refused": "BIGINT", "sequence": "INTEGER",
    },
}  # fmt: skip


def select_typed(table: str, origin: str) -> str:
    """The query that brings any relation into a table's exact columns and types."""
    columns = ", ".join(f'CAST("{name}" AS {kind}) AS "{name}"' for name, kind in TABLES[table].items())
    return f"SELECT {columns} FROM {origin}"


def empty(table: str) -> str:
    """A query that gives the table's shape and no row (a source from which nothing has arrived yet)."""
    columns = ", ".join(f'CAST(NULL AS {kind}) AS "{name}"' for name, kind in TABLES[table].items())
    return f"SELECT {columns} WHERE false"


def write(lake: Lake, connection: duckdb.DuckDBPyConnection, table: str, rows: pd.DataFrame, target: Path) -> int:
    """Seal a frame as one file of a checked table, in row order; refuses any other shape."""
    unknown, missing = set(rows.columns) - set(TABLES[table]), set(TABLES[table]) - set(rows.columns)
    if unknown or missing:
        raise Permanent(
            f"checked/{table}: the check gave other columns than the table has; unknown {sorted(unknown)}, "
            f"missing {sorted(missing)}. This is a fault of the platform: please report it."
        )
    connection.register("frame", rows)
    problem = None
    try:
        _refuse_fractions(connection, table)
        lake.write(target, lambda draft: connection.execute(duck.sealed_copy(select_typed(table, "frame"), draft)))
    except connection_errors() as cause:
        problem = type(cause).__name__
    finally:
        connection.unregister("frame")
    if problem:
        # Raised out here: DuckDB's message quotes the value that would not convert, and must not travel as context.
        raise Permanent(
            f"checked/{table}: a value does not fit its column ({problem}). This is a fault of the check, not of the "
            f"file: please report it with the arrival's id."
        )
    return len(rows)


def _refuse_fractions(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """A cast to a whole number rounds in silence; half a person is a fault upstream and is refused."""
    import duckdb

    whole = [name for name, kind in TABLES[table].items() if kind in {"BIGINT", "INTEGER"}]
    odd = " OR ".join(f'TRY_CAST("{name}" AS DOUBLE) <> round(TRY_CAST("{name}" AS DOUBLE))' for name in whole)
    if whole and connection.execute(f"SELECT 1 FROM frame WHERE {odd} LIMIT 1").fetchone():
        raise duckdb.ConversionException("a fraction in a column of whole numbers")


def connection_errors() -> type[Exception]:
    """DuckDB's base error, imported late."""
    import duckdb

    return duckdb.Error
