"""The rules of a registration extract, as SQL over one pass of the data.

Belongs here: every rule with its id, and the minimised columns. Does not belong here: reading, storing.
One expression a rule, so that a rule is read, changed and counted in one place.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from orchestration.duck import quote

if TYPE_CHECKING:
    import duckdb

QUARANTINE, WARN, INFO = "quarantine", "warn", "info"
LISTED_ROWS = 500

# rule id -> (severity, condition over `loaded`, which has the window columns below)
ROW_RULES: dict[str, tuple[str, str]] = {
    "R-ID-MISSING": (QUARANTINE, "person IS NULL"),
    "R-ID-DUPLICATE": (QUARANTINE, "person IS NOT NULL AND copy_number > 1"),
    "R-BIRTH-FUTURE": (QUARANTINE, "born > extract_date"),
    "R-PLACE-UNKNOWN": (QUARANTINE, "NOT place_known"),
    "R-SEX": (WARN, "sex = 'unknown'"),
    "R-BIRTH-OLD": (WARN, "born <= extract_date - INTERVAL 100 YEAR"),
    "R-BIRTH-MISSING": (INFO, "born IS NULL"),
    "R-CARD-DATES": (WARN, "card_expiry < card_issue"),
    "R-NO-FOCAL": (WARN, "first_of_family AND family_focals <> 1"),
    "R-SIZE": (WARN, "first_of_family AND family_size_declared <> family_members"),
}


def set_key(connection: duckdb.DuckDBPyConnection, key: str) -> None:
    """Put the pseudonym key into a session variable: it never stands in a query's text."""
    connection.execute("SET VARIABLE pseudonym_key = $1", [key])


def _hash(column: str, purpose: str) -> str:
    """Nested SHA-256 under the office's key (DuckDB has no hmac); null stays null."""
    inner = f"sha256(getvariable('pseudonym_key') || {quote(purpose)} || trim({column}))"
    outer = f"left(sha256(getvariable('pseudonym_key') || {inner}), 32)"
    return f"CASE WHEN nullif(trim({column}), '') IS NOT NULL THEN {outer} END"


def load_sql(scan: str, columns: Mapping[str, str], extract: date) -> str:
    """One pass over the file: minimised, typed columns and what the rules need. Casts never raise: TRY_CAST."""
    c = columns
    sex = f"lower(trim({c['sex']}))"
    return f"""
    CREATE OR REPLACE TEMP TABLE minimised AS
    SELECT row_number() OVER () + 1 AS row_number,
           {_hash(c["record_id"], "person")} AS person,
           {_hash(c["registration_group_id"], "family")} AS family,
           CASE WHEN {sex} IN ('f', 'female') THEN 'f' WHEN {sex} IN ('m', 'male') THEN 'm' ELSE 'unknown' END AS sex,
           try_cast({c["date_of_birth"]} AS DATE) AS born,
           upper(trim({c["origin_country"]})) AS origin,
           upper(trim({c["legal_status"]})) AS legal_status,
           CASE lower(trim({c["record_status"]})) WHEN 'active' THEN 'active' ELSE 'inactive' END AS record_status,
           try_cast({c["registration_date"]} AS DATE) AS registered,
           try_cast({c["card_issue"]} AS DATE) AS card_issue,
           try_cast({c["card_expiry"]} AS DATE) AS card_expiry,
           try_cast({c["family_size_declared"]} AS INTEGER) AS family_size_declared,
           lower(trim({c["family_role"]})) IN ('focal_point', 'focal point', 'head') AS is_focal,
           upper(trim({c["residence_adm1_code"]})) AS adm1_pcode,
           upper(trim({c["residence_adm2_code"]})) AS adm2_pcode,
           DATE {quote(extract.isoformat())} AS extract_date
    FROM {scan};
    CREATE OR REPLACE TEMP TABLE families AS
    SELECT family, count(DISTINCT person) FILTER (record_status = 'active') AS family_members,
           count(DISTINCT person) FILTER (is_focal AND record_status = 'active') AS family_focals,
           min(row_number) AS first_row
    FROM minimised WHERE family IS NOT NULL GROUP BY family;
    CREATE OR REPLACE TEMP TABLE copies AS
    SELECT unnest(rows[2:]) AS row_number FROM (
        SELECT list(row_number ORDER BY row_number) AS rows FROM minimised
        WHERE person IS NOT NULL GROUP BY person HAVING count(*) > 1);
    CREATE OR REPLACE TEMP TABLE loaded AS
    SELECT m.*, CASE WHEN k.row_number IS NULL THEN 1 ELSE 2 END AS copy_number,
           p.pcode IS NOT NULL AS place_known, p.adm1_now, p.adm2_now,
           f.first_row = m.row_number AND f.family_members > 0 AS first_of_family, f.family_members, f.family_focals
    FROM minimised m LEFT JOIN families f USING (family) LEFT JOIN copies k USING (row_number)
         LEFT JOIN known_places p ON p.pcode = m.adm2_pcode;
    DROP TABLE minimised;
    """


_REFUSED = " OR ".join(f"coalesce({test}, false)" for severity, test in ROW_RULES.values() if severity == QUARANTINE)
COUNT_SQL = " UNION ALL ".join(
    f"SELECT {quote(rule)}, {quote(severity)}, count(*), "
    f"list(row_number ORDER BY row_number)[:{LISTED_ROWS}] FROM loaded WHERE {test}"
    for rule, (severity, test) in ROW_RULES.items()
)
TOTALS_SQL = f"""
    SELECT count(*), count(*) FILTER ({_REFUSED}),
           count(DISTINCT family), count(*) FILTER (record_status = 'active') FROM loaded
"""


def individuals_sql(extract: date, register: str, cod_version: str) -> str:
    """The rows of `checked/individuals`: who passed, with ages and months instead of dates."""
    return f"""
    CREATE OR REPLACE TEMP TABLE individuals AS
    SELECT {quote(extract.isoformat())} AS extract, {quote(register)} AS register, person, family, sex,
           CASE WHEN born IS NULL THEN NULL ELSE date_diff('year', born, extract_date)
                - CASE WHEN strftime(born, '%m%d') > strftime(extract_date, '%m%d') THEN 1 ELSE 0 END END AS age_years,
           coalesce(adm1_now, adm1_pcode) AS adm1_pcode, adm2_now AS adm2_pcode,
           {quote(cod_version)} AS cod_version, origin, legal_status, record_status,
           strftime(registered, '%Y-%m') AS registered_month, strftime(card_expiry, '%Y-%m') AS card_expiry_month,
           is_focal
    FROM loaded WHERE NOT ({_REFUSED}) ORDER BY row_number
    """
