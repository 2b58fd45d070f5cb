"""The rules of a registration extract, as SQL over one pass of the data.

Belongs here: every rule with its id, and the minimised columns. Does not belong here: reading, storing.
One expression a rule, so that a rule is read, changed and counted in one place.

The records are held once, as narrow as they can be: keyed hashes as 16 bytes, row numbers as DuckDB's own row ids,
what is rare (repeated persons) beside them and not in columns of them. At 2.8 million records that halves both the
time and the memory of joining and copying tables (`bench/README.md`, budget 1).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from orchestration.duck import quote

if TYPE_CHECKING:
    import duckdb

QUARANTINE, WARN, INFO = "quarantine", "warn", "info"
# The columns whose cells are codes, and what the office's own codes are where they are its own to choose.
CODED: dict[str, frozenset[str] | None] = {
    "sex": frozenset({"f", "m", "unknown", "all"}),
    "family_role": None,
    "record_status": frozenset({"active", "inactive", "all"}),
    "age_bracket": frozenset({"0-4", "5-11", "12-17", "18-59", "60+", "unknown", "all"}),
    "legal_status": None,
    "origin_country": None,
    "residence_adm1_code": None,
    "residence_adm2_code": None,
}
LISTED_ROWS = 500

# rule id -> (severity, condition over the view `loaded`: one row per record)
ROW_RULES: dict[str, tuple[str, str]] = {
    "R-ID-MISSING": (QUARANTINE, "person IS NULL"),
    "R-ID-DUPLICATE": (QUARANTINE, "is_copy"),
    "R-BIRTH-FUTURE": (QUARANTINE, "born > extract_date"),
    "R-PLACE-UNKNOWN": (QUARANTINE, "NOT place_known"),
    "R-SEX": (WARN, "sex = 'unknown'"),
    "R-CODE": (WARN, "code_unknown"),
    "R-BIRTH-OLD": (WARN, "born < extract_date - INTERVAL 100 YEAR"),
    "R-BIRTH-MISSING": (INFO, "born IS NULL"),
    "R-CARD-DATES": (WARN, "card_expiry < card_issue"),
}
# rule id -> (severity, condition over the view `families`: one row per family, told with its first row)
FAMILY_RULES: dict[str, tuple[str, str]] = {
    "R-NO-FOCAL": (WARN, "members > 0 AND focals <> 1"),
    "R-SIZE": (WARN, "members > 0 AND size_declared <> members"),
}


def set_key(connection: duckdb.DuckDBPyConnection, key: str) -> None:
    """Put the pseudonym key into a session variable: it never stands in a query's text."""
    connection.execute("SET VARIABLE pseudonym_key = $1", [key])


def set_places(
    connection: duckdb.DuckDBPyConnection,
    known: Sequence[str],
    regions: Sequence[str],
    recoded: Mapping[str, tuple[str, str]],
) -> None:
    """Each code that may stand in a row, and the district and region it means today (a region only where it moved)."""
    means: dict[str, tuple[str, str | None]] = {**recoded, **{code: (code, None) for code in known}}
    connection.execute("DROP VIEW IF EXISTS individuals; DROP VIEW IF EXISTS loaded; DROP TABLE IF EXISTS minimised")
    connection.execute(f"CREATE OR REPLACE TEMP TYPE known_place AS ENUM ({', '.join(quote(code) for code in means)})")
    codes = ", ".join(quote(code) for code in regions) or quote("")
    connection.execute(f"CREATE OR REPLACE TEMP TYPE known_region AS ENUM ({codes})")
    connection.execute("SET VARIABLE adm2_now = $1::VARCHAR[]", [[adm2 for adm2, _ in means.values()]])
    connection.execute("SET VARIABLE adm1_now = $1::VARCHAR[]", [[adm1 for _, adm1 in means.values()]])


def _hash(column: str, purpose: str) -> str:
    """Nested SHA-256 under the office's key (DuckDB has no hmac), cut to 128 bits; null and blank stay null."""
    inner = f"sha256(getvariable('pseudonym_key') || {quote(purpose)} || nullif(trim({column}), ''))"
    return f"CAST(left(sha256(getvariable('pseudonym_key') || {inner}), 32) AS UUID)"


def _day(column: str) -> str:
    """A date within reach of arithmetic: DuckDB knows the year 5000000, and raises, quoting it, once it is compared."""
    day = f"try_cast({column} AS DATE)"
    return f"CASE WHEN {day} BETWEEN DATE '1000-01-01' AND DATE '9999-12-31' THEN {day} END"


def _coded(columns: Mapping[str, str], lists: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """The office's code for a register's own: by its code list, else by what is the same everywhere."""
    usual = {
        "sex": "CASE WHEN {low} IN ('f', 'female') THEN 'f' WHEN {low} IN ('m', 'male') THEN 'm' END",
        "family_role": "CASE WHEN {low} IN ('focal_point', 'focal point', 'head') THEN 'focal_point' ELSE {low} END",
        "record_status": "{low}",
        "origin_country": "CASE WHEN length({low}) = 3 THEN upper({low}) END",
        "legal_status": _NO_LIST,
        "residence_adm1_code": "upper({low})",
        "residence_adm2_code": "upper({low})",
    }
    return {
        name: _by_list(f"lower(trim({columns[name]}))", lists[name])
        if name in lists
        else otherwise.format(low=f"lower(trim({columns[name]}))")
        for name, otherwise in usual.items()
    }


def _by_list(value: str, known: Mapping[str, str]) -> str:
    return f"CASE {value} {' '.join(f'WHEN {quote(one)} THEN {quote(code)}' for one, code in known.items())} END"


_NO_LIST = "CAST(NULL AS VARCHAR)"


def load_sql(scan: str, columns: Mapping[str, str], codes: Mapping[str, Mapping[str, str]] | None = None) -> str:
    """One pass over the file: minimised, typed columns, in the file's order. Casts never raise: TRY_CAST.

    What stands in a column of codes is carried on as a code of a list or not at all: it may be free text.
    Places are a type of their own and not a table to join: a join here costs as much again as the whole pass, and
    DuckDB may turn it round, so that rows lose their order.
    """
    # A column that the map doesn't require and the file doesn't have is empty.
    c = defaultdict(lambda: _NO_LIST, columns)
    coded = _coded(c, codes or {})
    return f"""
    CREATE OR REPLACE TEMP TABLE minimised AS
    SELECT {_hash(c["record_id"], "person")} AS person,
           {_hash(c["registration_group_id"], "family")} AS family,
           coalesce(try_cast({coded["sex"]} AS ENUM ('f', 'm', 'unknown')), 'unknown') AS sex,
           {_day(c["date_of_birth"])} AS born,
           {coded["origin_country"]} AS origin,
           {coded["legal_status"]} AS legal_status,
           coalesce({coded["record_status"]} = 'active', false) AS active,
           {_day(c["registration_date"])} AS registered,
           {_day(c["card_issue"])} AS card_issue,
           {_day(c["card_expiry"])} AS card_expiry,
           try_cast({c["family_size_declared"]} AS INTEGER) AS family_size_declared,
           {coded["family_role"]} = 'focal_point' AS is_focal,
           try_cast({coded["residence_adm1_code"]} AS known_region) AS region,
           try_cast({coded["residence_adm2_code"]} AS known_place) AS place,
           {_strange(columns, codes or {})} AS code_unknown,
           false AS is_copy
    FROM {scan}
    """


def _strange(columns: Mapping[str, str], lists: Mapping[str, Mapping[str, str]]) -> str:
    """Whether a cell holds something its code list doesn't know; sex and places have rules of their own."""
    listed = [name for name in sorted(lists) if name in columns and name != "sex" and not name.startswith("residence")]
    tests = [
        f"coalesce(lower(trim({columns[name]})) NOT IN ({', '.join(map(quote, ['', *lists[name]]))}), false)"
        for name in listed
    ]
    return " OR ".join(tests) or "false"


def judge_sql(extract: date) -> str:
    """What the rules look at: records with their place in the file, repeated persons, families.

    The heading is the file's first row. A family's members are counted once each, whatever else is wrong with them;
    only the few repeated persons need a distinct count.
    """
    return f"""
    CREATE OR REPLACE TEMP TABLE repeated AS
    SELECT person FROM minimised WHERE person IS NOT NULL GROUP BY person HAVING count(*) > 1;
    UPDATE minimised SET is_copy = true WHERE rowid IN (
        SELECT id FROM (
            SELECT rowid AS id, row_number() OVER (PARTITION BY person ORDER BY rowid) AS copy_number
            FROM minimised WHERE person IN (SELECT person FROM repeated)) WHERE copy_number > 1);
    CREATE OR REPLACE TEMP VIEW loaded AS
    SELECT rowid + 2 AS row_number, *,
           place IS NOT NULL AS place_known,
           DATE {quote(extract.isoformat())} AS extract_date
    FROM minimised;
    CREATE OR REPLACE TEMP VIEW families AS
    SELECT first_row, size_declared, f.members - coalesce(r.members, 0) AS members,
           f.focals - coalesce(r.focals, 0) AS focals
    FROM (SELECT family, min(rowid) + 2 AS first_row, arg_min_null(family_size_declared, rowid) AS size_declared,
                 count(person) FILTER (active) AS members, count(person) FILTER (active AND is_focal) AS focals
          FROM minimised WHERE family IS NOT NULL GROUP BY family) f
    LEFT JOIN (SELECT family, count(person) FILTER (active) - count(DISTINCT person) FILTER (active) AS members,
                      count(person) FILTER (active AND is_focal)
                      - count(DISTINCT person) FILTER (active AND is_focal) AS focals
               FROM minimised WHERE person IN (SELECT person FROM repeated) GROUP BY family) r USING (family)
    """


def count_sql(rules: Mapping[str, tuple[str, str]], row_number: str, *measures: str, origin: str) -> str:
    """One pass that counts every rule and lists its first rows, after the measures asked for besides."""
    each = [f"count(*) FILTER ({test}), min({row_number}, {LISTED_ROWS}) FILTER ({test})" for _, test in rules.values()]
    return f"SELECT {', '.join([*measures, *each])} FROM {origin}"


_REFUSED = " OR ".join(f"coalesce({test}, false)" for severity, test in ROW_RULES.values() if severity == QUARANTINE)
COUNT_ROWS_SQL = count_sql(
    ROW_RULES, "row_number", "count(*)", f"count(*) FILTER ({_REFUSED})", "count(*) FILTER (active)", origin="loaded"
)
COUNT_FAMILIES_SQL = count_sql(FAMILY_RULES, "first_row", "count(*)", origin="families")


def individuals_sql(extract: date, register: str, cod_version: str) -> str:
    """The rows of `checked/individuals`: who passed, with ages and months instead of dates, in the file's order.

    No join may stand here: DuckDB keeps no order of rows behind one, and the same extract would give other bytes.
    """
    birthday = "month(extract_date) * 100 + day(extract_date) < month(born) * 100 + day(born)"
    return f"""
    CREATE OR REPLACE TEMP VIEW individuals AS
    SELECT {quote(extract.isoformat())} AS extract, {quote(register)} AS register,
           replace(CAST(person AS VARCHAR), '-', '') AS person,
           replace(CAST(family AS VARCHAR), '-', '') AS family, CAST(sex AS VARCHAR) AS sex,
           CAST(date_diff('year', born, extract_date) - CASE WHEN {birthday} THEN 1 ELSE 0 END AS INTEGER) AS age_years,
           coalesce(getvariable('adm1_now')[enum_code(place) + 1], CAST(region AS VARCHAR)) AS adm1_pcode,
           getvariable('adm2_now')[enum_code(place) + 1] AS adm2_pcode,
           {quote(cod_version)} AS cod_version, origin, legal_status,
           CASE WHEN active THEN 'active' ELSE 'inactive' END AS record_status,
           strftime(registered, '%Y-%m') AS registered_month, strftime(card_expiry, '%Y-%m') AS card_expiry_month,
           is_focal
    FROM loaded WHERE NOT ({_REFUSED})
    """
