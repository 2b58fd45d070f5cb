"""The bare alternative of budget 1: what a good analyst would write for one extract, in DuckDB and nothing else.

The same pseudonyms, rules, accepted rows and statistics as the platform, but nothing sealed, no verdict, no tests, no
lineage. It is written to be fast: an easy opponent would prove nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

    from bench.pairs import Clock

_READ = """
CREATE TABLE people AS
SELECT left(sha256(getvariable('k') || sha256(getvariable('k') || 'person' || nullif(trim(record_id), ''))), 32) AS person,
       left(sha256(getvariable('k') || sha256(getvariable('k') || 'family' || nullif(trim(registration_group_id), ''))), 32)
           AS family,
       CASE WHEN lower(sex) IN ('f', 'female') THEN 'f' WHEN lower(sex) IN ('m', 'male') THEN 'm' ELSE 'unknown' END AS sex,
       try_cast(date_of_birth AS DATE) AS born, upper(origin_country) AS origin, upper(legal_status) AS legal_status,
       if(lower(record_status) = 'active', 'active', 'inactive') AS record_status,
       try_cast(registration_date AS DATE) AS registered, try_cast(card_issue AS DATE) AS issued,
       try_cast(card_expiry AS DATE) AS expires, try_cast(family_size_declared AS INTEGER) AS size,
       lower(family_role) IN ('focal_point', 'focal point', 'head') AS is_focal,
       upper(residence_adm1_code) AS adm1, upper(residence_adm2_code) AS adm2
FROM read_csv($file, header = true, all_varchar = true)
"""
_JUDGE = """
CREATE TABLE copies AS
SELECT row FROM (SELECT rowid AS row, row_number() OVER (PARTITION BY person ORDER BY rowid) AS n FROM people
                 WHERE person IN (SELECT person FROM people GROUP BY person HAVING count(*) > 1)) WHERE n > 1;
CREATE VIEW judged AS
SELECT p.*, c.row IS NOT NULL AS is_copy, k.pcode IS NOT NULL AS known, k.now2, coalesce(k.now1, p.adm1) AS now1
FROM people p LEFT JOIN copies c ON c.row = p.rowid LEFT JOIN places k ON k.pcode = p.adm2;
"""
_REFUSED = "person IS NULL OR is_copy OR coalesce(born > day, false) OR NOT known"
_COUNT = f"""
SELECT count(*), count(*) FILTER (NOT ({_REFUSED})), count(*) FILTER (person IS NULL), count(*) FILTER (is_copy),
       count(*) FILTER (born > day), count(*) FILTER (NOT known), count(*) FILTER (sex = 'unknown'),
       count(*) FILTER (born < day - INTERVAL 100 YEAR), count(*) FILTER (born IS NULL), count(*) FILTER (expires < issued)
FROM judged, (SELECT DATE '2025-12-31' AS day)
"""
_ROW_RULES = ("R-ID-MISSING", "R-ID-DUPLICATE", "R-BIRTH-FUTURE", "R-PLACE-UNKNOWN", "R-SEX", "R-BIRTH-OLD",
              "R-BIRTH-MISSING", "R-CARD-DATES")  # fmt: skip
_FAMILIES = """
SELECT count(*) FILTER (focals <> 1), count(*) FILTER (size <> members) FROM (
    SELECT arg_min_null(size, rowid) AS size, count(DISTINCT person) FILTER (record_status = 'active') AS members,
           count(DISTINCT person) FILTER (record_status = 'active' AND is_focal) AS focals
    FROM people WHERE family IS NOT NULL GROUP BY family) WHERE members > 0
"""
_WRITE = f"""
COPY (SELECT '2025-12-31' AS extract, 'register' AS register, person, family, sex,
             date_diff('year', born, day) - if(strftime(born, '%m%d') > '1231', 1, 0) AS age_years, now1 AS adm1_pcode,
             now2 AS adm2_pcode, 'v02' AS cod_version, origin, legal_status, record_status,
             strftime(registered, '%Y-%m') AS registered_month, strftime(expires, '%Y-%m') AS card_expiry_month, is_focal
      FROM judged, (SELECT DATE '2025-12-31' AS day) WHERE NOT ({_REFUSED}))
TO $file (FORMAT parquet, COMPRESSION zstd)
"""
_STATISTICS = """
CREATE TABLE population AS
SELECT CASE WHEN grouping(adm1_pcode) = 1 THEN 0 WHEN grouping(adm2_pcode) = 1 THEN 1 ELSE 2 END AS admin_level,
       coalesce(adm2_pcode, adm1_pcode) AS pcode, coalesce(sex, 'all') AS sex, coalesce(bracket, 'all') AS age_bracket,
       count(*) AS individuals
FROM (SELECT *, CASE WHEN age_years IS NULL OR age_years < 0 THEN 'unknown' WHEN age_years < 5 THEN '0-4'
             WHEN age_years < 12 THEN '5-11' WHEN age_years < 18 THEN '12-17' WHEN age_years < 60 THEN '18-59'
             ELSE '60+' END AS bracket
      FROM read_parquet($file) WHERE record_status = 'active')
GROUP BY ROLLUP (adm1_pcode, adm2_pcode), CUBE (sex, bracket)
"""
_TOTALS = """
CREATE TABLE totals AS
WITH homes AS (
    SELECT min({'other': NOT coalesce(is_focal, false), 'adm2': adm2_pcode, 'adm1': adm1_pcode}) AS home
    FROM read_parquet($file)
    WHERE record_status = 'active' GROUP BY family),
counted AS (
    SELECT adm1_pcode, adm2_pcode, 0 AS families, count(*) FILTER (record_status = 'active') AS individuals,
           count(*) AS records FROM read_parquet($file) GROUP BY ALL
    UNION ALL SELECT home.adm1, home.adm2, count(*), 0, 0 FROM homes GROUP BY ALL)
SELECT CASE WHEN grouping(adm1_pcode) = 1 THEN 0 WHEN grouping(adm2_pcode) = 1 THEN 1 ELSE 2 END AS admin_level,
       coalesce(adm2_pcode, adm1_pcode) AS pcode, sum(families) AS families, sum(individuals) AS individuals,
       sum(records) AS records
FROM counted GROUP BY ROLLUP (adm1_pcode, adm2_pcode)
"""


def run(clock: Clock, source: Path, folder: Path, *, key: str, places: Mapping[str, tuple[str, str | None]]) -> None:
    """The script."""
    import duckdb

    target = str(folder / "individuals.parquet")
    with clock.timed("script"):
        connection = duckdb.connect(config={"threads": 2})
        connection.execute("CREATE TABLE places (pcode VARCHAR, now2 VARCHAR, now1 VARCHAR)")
        connection.executemany("INSERT INTO places VALUES (?, ?, ?)", [[code, *now] for code, now in places.items()])
        connection.execute("SET VARIABLE k = $1", [key])
        connection.execute(_READ, {"file": str(source)})
        connection.execute(_JUDGE)
        records, accepted, *counts = connection.execute(_COUNT).fetchone() or ()
        no_focal, size = connection.execute(_FAMILIES).fetchone() or ()
        connection.execute(_WRITE.replace("$file", f"'{target}'"))
        connection.execute(_STATISTICS.replace("$file", f"'{target}'"))
        connection.execute(_TOTALS.replace("$file", f"'{target}'"))
    rules = dict(zip(_ROW_RULES, counts, strict=True)) | {"R-NO-FOCAL": no_focal, "R-SIZE": size}
    clock.facts |= {"records": records, "accepted": accepted, "rules": {name: n for name, n in rules.items() if n}}
    clock.facts |= results(
        connection, individuals=f"read_parquet('{target}')", population="FROM population", totals="FROM totals"
    )


def results(
    connection: duckdb.DuckDBPyConnection, *, individuals: str, population: str, totals: str
) -> dict[str, object]:
    """What both sides must agree on: rows by content, each figure that is not zero."""
    content = f"SELECT count(*), bit_xor(md5_number({_text()})) FROM {individuals} AS t"
    people = "SELECT if(admin_level = 0, '', pcode) AS p, sex, age_bracket, individuals AS n"
    records = "SELECT if(admin_level = 0, '', pcode) AS p, families, individuals, records"
    return {
        "content": [str(value) for value in connection.execute(content).fetchone() or ()],
        "population": _digest(connection, f"{people} FROM ({population}) WHERE individuals > 0"),
        "totals": _digest(connection, f"{records} FROM ({totals}) WHERE records > 0"),
    }


def _text() -> str:
    names = ("person", "family", "sex", "age_years", "adm1_pcode", "adm2_pcode", "origin", "legal_status",
             "record_status", "registered_month", "card_expiry_month", "is_focal")  # fmt: skip
    return "concat_ws('|', " + ", ".join(f"coalesce(CAST(t.{name} AS VARCHAR), '-')" for name in names) + ")"


def _digest(connection: duckdb.DuckDBPyConnection, query: str) -> list[str]:
    text = f"SELECT count(*), md5(string_agg(CAST(q AS VARCHAR), '|' ORDER BY CAST(q AS VARCHAR))) FROM ({query}) AS q"
    return [str(value) for value in connection.execute(text).fetchone() or ()]
