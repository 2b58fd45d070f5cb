"""dbt-duckdb plugin: gives dbt's own connection the sealed warehouse and the sealed lake.

Belongs here: only what must happen inside dbt's connection. The keys travel in memory, from `dbt_build` to
this module in the same process, because every other way (profile, on-run-start, variables) leaves them in
dbt's target folder or log.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dbt.adapters.duckdb.plugins import BasePlugin

from orchestration import duck
from orchestration.failures import Permanent

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True)
class Session:
    """What one dbt invocation may open."""

    warehouse: Path
    warehouse_key: str
    checked_key: str

    def __repr__(self) -> str:
        return "Session(…)"


_open: list[Session] = []


def open_session(session: Session) -> None:
    """Let the next dbt invocation of this process open this warehouse."""
    _open.append(session)


def close_session() -> None:
    """Take the permission back."""
    _open.clear()


class Plugin(BasePlugin):
    """Found by dbt-duckdb under this name."""

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Called once, right after dbt opened its in-memory database and before it attaches anything."""
        if not _open:
            raise Permanent(
                "dbt was started by hand: the warehouse is encrypted and its key is only known to the platform. "
                "Use `imu run models`, or `imu query` to look at the result."
            )
        session = _open[-1]
        duck.prepare(conn, session.checked_key)
        duck.attach_warehouse(conn, session.warehouse, session.warehouse_key)
        conn.execute("USE memory")
