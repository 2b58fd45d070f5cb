"""Budget 2: fifteen expectations on 3 million rows, against one hand-written SQL query of the same checks.

Ours: `assets.quality.expectations`, the adapter every suite runs through. Bare: one pass of DuckDB over the same
Parquet file. Both give back which rows broke which rule, and must agree.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bench.pairs import Clock, Line, in_turn, pair_ratio

ROWS = 3_000_000
FILE = "facts-3m.parquet"
ACTIVITIES = [f"WSH-{number:03d}" for number in range(40)]
# About one row in a thousand breaks each rule; row numbers decide, so that everybody gets the same table.
_MAKE = f"""
COPY (SELECT n AS row_number, '2025-03' AS month,
    CASE WHEN n % 997 = 1 THEN 'unknown' WHEN n % 997 = 2 THEN 'ambiguous' WHEN n % 997 = 3 THEN 'parent' ELSE 'ok' END
        AS place,
    CASE WHEN n % 991 = 1 THEN 'differs' ELSE 'agrees' END AS place_name,
    (n % 983 = 1)::INTEGER AS error_cells, (n % 977 = 1)::INTEGER AS unknown_orgs,
    CASE WHEN n % 971 = 1 THEN 'HEA' ELSE 'WSH' END AS sector,
    CASE WHEN n % 967 = 1 THEN '?' ELSE 'WSH-' || lpad((n % 40)::VARCHAR, 3, '0') END AS activity,
    CASE WHEN n % 953 = 1 THEN '?' ELSE 'ongoing' END AS status,
    CASE WHEN n % 947 = 1 THEN -5 ELSE n % 800 END::BIGINT AS lowest_figure,
    (n % 941 = 1)::INTEGER AS text_figures,
    n % 300 + 20000 AS start_day, CASE WHEN n % 937 = 1 THEN 100 ELSE n % 300 + 20030 END AS end_day,
    n % 5000 AS sadd_sum, CASE WHEN n % 929 = 1 THEN n % 5000 + 1 ELSE n % 5000 END AS sadd_total,
    1000 AS allowance, CASE WHEN n % 919 = 1 THEN 2000 ELSE n % 900 END AS reached
FROM range({ROWS}) AS r (n)) TO $file (FORMAT parquet, COMPRESSION zstd)
"""
# rule id -> what breaks it, in SQL
BROKEN = {
    "C-PERIOD": "month <> '2025-03'",
    "C-PLACE-UNKNOWN": "place = 'unknown'",
    "C-PLACE-AMBIGUOUS": "place = 'ambiguous'",
    "C-PLACE-PARENT": "place = 'parent'",
    "C-PLACE-NAME": "place_name <> 'agrees'",
    "C-EXCEL-ERROR": "error_cells > 0",
    "C-ORG-UNKNOWN": "unknown_orgs > 0",
    "C-SECTOR": "sector <> 'WSH'",
    "C-ACTIVITY": f"activity NOT IN {tuple(ACTIVITIES)}",
    "C-VALUE": "status = '?'",
    "C-NEGATIVE": "lowest_figure < 0",
    "C-NUMBER": "text_figures > 0",
    "C-DATES": "end_day < start_day",
    "C-SADD": "sadd_sum <> sadd_total",
    "C-OVER-TARGET": "allowance < reached",
}


def measure(cache: Path, scratch: Path, pairs: int = 2) -> list[Line]:
    """Time and memory, ours against bare."""
    del scratch
    if not (cache / FILE).exists():
        _make(cache / FILE)
    runs = in_turn("expectations", pairs, cache)
    ours, bare = runs["ours"], runs["bare"]
    if ours.facts["broken"] != bare.facts["broken"]:
        raise RuntimeError(f"ours and bare differ: {ours.facts['broken']} against {bare.facts['broken']}")
    ratio = pair_ratio(ours, bare)
    note = f"{len(BROKEN)} expectations; peak {ours.peak:.0f} MB against {bare.peak:.0f} MB; " + ", ".join(
        f"{name} {took:.1f} s" for name, took in ours.parts.items()
    )
    return [Line("15 expectations, 3,000,000 rows", f"{ours.time:.1f} s", f"{bare.time:.2f} s", ratio, "4", ratio <= 4, note)]


def _make(target: Path) -> None:
    import duckdb

    draft = target.with_suffix(".draft")
    duckdb.execute(_MAKE.replace("$file", f"'{draft}'"))
    draft.replace(target)


def ours(clock: Clock, folder: Path) -> None:
    """Through the adapter; Great Expectations is imported before, as in a warm code server."""
    import pandas as pd

    from assets.quality.expectations import broken_rows, suite_of

    suite = suite_of("bench", _suite())
    broken_rows(suite, pd.read_parquet(folder / FILE, filters=[("row_number", "<", 10)]), index="row_number")
    with clock.timed("read"):
        table = pd.read_parquet(folder / FILE)
    with clock.timed("validate"):
        found = broken_rows(suite, table, index="row_number")
    clock.facts["broken"] = {rule: [len(rows), sum(rows)] for rule, rows in sorted(found.items())}


def _suite() -> list[Any]:
    from assets.quality.expectations import expect

    at_least = {"or_equal": True, "ignore_row_if": "either_value_is_missing"}
    return [
        expect("ColumnValuesToBeInSet", "C-PERIOD", column="month", value_set=["2025-03"]),
        expect("ColumnValuesToNotBeInSet", "C-PLACE-UNKNOWN", column="place", value_set=["unknown"]),
        expect("ColumnValuesToNotBeInSet", "C-PLACE-AMBIGUOUS", column="place", value_set=["ambiguous"]),
        expect("ColumnValuesToNotBeInSet", "C-PLACE-PARENT", column="place", value_set=["parent"]),
        expect("ColumnValuesToBeInSet", "C-PLACE-NAME", column="place_name", value_set=["agrees"]),
        expect("ColumnValuesToBeBetween", "C-EXCEL-ERROR", column="error_cells", max_value=0),
        expect("ColumnValuesToBeBetween", "C-ORG-UNKNOWN", column="unknown_orgs", max_value=0),
        expect("ColumnValuesToBeInSet", "C-SECTOR", column="sector", value_set=["WSH"]),
        expect("ColumnValuesToBeInSet", "C-ACTIVITY", column="activity", value_set=ACTIVITIES),
        expect("ColumnValuesToNotBeInSet", "C-VALUE", column="status", value_set=["?"]),
        expect("ColumnValuesToBeBetween", "C-NEGATIVE", column="lowest_figure", min_value=0),
        expect("ColumnValuesToBeBetween", "C-NUMBER", column="text_figures", max_value=0),
        expect("ColumnPairValuesAToBeGreaterThanB", "C-DATES", column_A="end_day", column_B="start_day", **at_least),
        expect("ColumnPairValuesToBeEqual", "C-SADD", column_A="sadd_sum", column_B="sadd_total"),
        expect("ColumnPairValuesAToBeGreaterThanB", "C-OVER-TARGET", column_A="allowance", column_B="reached", **at_least),
    ]  # fmt: skip


def bare(clock: Clock, folder: Path) -> None:
    """One query."""
    import duckdb

    each = ", ".join(f"list(row_number) FILTER ({test})" for test in BROKEN.values())
    with clock.timed("query"):
        connection = duckdb.connect(config={"threads": 2})
        lists = connection.execute(f"SELECT {each} FROM read_parquet('{folder / FILE}')").fetchone() or ()
    pairs = sorted(zip(BROKEN, lists, strict=True))
    clock.facts["broken"] = {rule: [len(rows), sum(rows)] for rule, rows in pairs if rows}
