"""`imu query`: questions to the analysts' database, which holds no personal data.

Belongs here: opening it read-only, asking, and giving rows. Does not belong here: building it (`assets/transform/`).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.cli_say import table
from orchestration.failures import ImuError, Permanent, Transient

if TYPE_CHECKING:
    import duckdb
    from rich.console import Console

MOST_LINES = 100
TABLES = """
    SELECT schema_name || '.' || table_name AS "table", estimated_size AS "rows", "comment"
    FROM duckdb_tables() WHERE NOT internal ORDER BY 1
"""
# Read-only is about the database; these shut the way to all other files, and nobody can set them back.
_CLOSED: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "enable_external_access": False,
    "lock_configuration": True,
}
HELP = "Type SQL and end it with ';'.  tables;  lists the tables, exit; leaves."


class QueryError(ImuError):
    """A question the database cannot answer; the words are its own, since it holds nothing personal."""


@dataclass(frozen=True)
class Rows:
    """What a question gave."""

    columns: list[str]
    rows: list[tuple[Any, ...]]

    def to_json(self) -> list[dict[str, Any]]:
        """For programs: numbers as numbers."""
        return [dict(zip(self.columns, map(_plain, row), strict=True)) for row in self.rows]

    def to_csv(self) -> str:
        """For spreadsheets."""
        target = io.StringIO()
        csv.writer(target, lineterminator="\n").writerows([self.columns, *self.rows])
        return target.getvalue()

    def show(self, console: Console) -> None:
        """For people: the first lines."""
        if self.columns:
            console.print(table("", self.columns, self.rows[:MOST_LINES]))
        rest = f", the first {MOST_LINES} shown; --csv gives all" if len(self.rows) > MOST_LINES else ""
        console.print(f"{len(self.rows)} row(s){rest}")


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value


@contextmanager
def opened(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The analysts' database, read-only: a rebuild swaps in a new file and disturbs nobody."""
    import duckdb

    if not path.exists():
        raise Permanent(
            f"There are no tables yet: looked for {path.name} in the lake. `imu run models` builds them, once "
            "something has arrived and was checked."
        )
    try:
        connection = duckdb.connect(path, read_only=True, config=dict(_CLOSED))
    except duckdb.Error as cause:
        if "lock" in str(cause):
            raise Transient(f"{path.name} could not be opened: somebody holds it for writing. Try again.") from cause
        raise Permanent(
            f"{path.name} could not be opened: it is damaged, of another version, or this account may not read it. "
            "`imu run models` builds it anew; nothing is lost with it."
        ) from cause
    try:
        yield connection
    finally:
        connection.close()


def ask(connection: duckdb.DuckDBPyConnection, sql: str) -> Rows:
    """One question, all its rows."""
    import duckdb

    asked = sql.strip().rstrip(";").strip()
    if not asked:
        raise QueryError('There is no question. Ask one in SQL, for example: imu query "from about"')
    try:
        found = connection.execute(TABLES if asked == "tables" else sql)
        if not connection.description:  # a comment alone, or a statement that answers nothing
            return Rows([], [])
        return Rows([column[0] for column in found.description or []], found.fetchall())
    except duckdb.Error as cause:
        raise QueryError(str(cause)) from cause


def converse(connection: duckdb.DuckDBPyConnection, console: Console) -> None:
    """Questions and answers until there are no more."""
    console.print(HELP)
    while (sql := _next_question(console)) is not None:
        try:
            ask(connection, sql).show(console)
        except QueryError as failure:
            console.print(str(failure), markup=False, emoji=False)


def _next_question(console: Console) -> str | None:
    lines: list[str] = []
    while not lines or not lines[-1].rstrip().endswith(";"):
        try:
            lines.append(console.input("imu> " if not lines else "...> "))
        except (EOFError, KeyboardInterrupt):
            return None
        if lines[0].strip().rstrip(";").lower() in {"exit", "quit"}:
            return None
        if not lines[-1].strip():
            lines.pop()
    return "\n".join(lines)
