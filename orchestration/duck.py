"""DuckDB, opened the way this office needs it: offline, sealed, deterministic.

Belongs here: connections, extensions, attaching the encrypted warehouse, sealed Parquet. Does not belong here: any
query about the data itself.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.failures import ImuError, NotSealed, Permanent, Transient, WrongKey

if TYPE_CHECKING:
    import duckdb

CHECKED_KEY_NAME = "checked"
WAREHOUSE = "wh"


def extension_path(name: str) -> Path:
    """The file of a DuckDB extension inside its installed wheel: nothing is ever downloaded at run time."""
    import duckdb

    spec = find_spec(f"duckdb_extension_{name}")
    if spec is None or not spec.submodule_search_locations:
        raise Permanent(
            f"DuckDB's extension '{name}' is not installed: looked for the package duckdb-extension-{name}. "
            f"Install it with `make install` (it is in requirements.lock)."
        )
    folder = Path(next(iter(spec.submodule_search_locations)))
    path = folder / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
    if not path.exists():
        raise Permanent(
            f"DuckDB's extension '{name}' does not fit DuckDB {duckdb.__version__}: {path.name} is not there for "
            f"that version. Install from requirements.lock with `make install`."
        )
    return path


def quote(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def prepare(connection: duckdb.DuckDBPyConnection, checked_key: str | None, *, spatial: bool = False) -> None:
    """Bring any connection, ours or dbt's, into the office's state."""
    connection.execute("SET autoinstall_known_extensions=false; SET autoload_known_extensions=false")
    connection.execute("SET temp_file_encryption=true; SET preserve_insertion_order=true; SET TimeZone='UTC'")
    # The wheel alone reads encrypted files; writing them needs httpfs, whose OpenSSL does the work.
    connection.execute(f"LOAD {quote(str(extension_path('httpfs')))}")
    if spatial:
        connection.execute(f"LOAD {quote(str(extension_path('spatial')))}")
    if checked_key:
        connection.execute(f"PRAGMA add_parquet_key({quote(CHECKED_KEY_NAME)}, {quote(checked_key)})")


@contextmanager
def connect(
    checked_key: str | None = None, *, spatial: bool = False, threads: int = 2
) -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory connection that can read and write sealed Parquet; nothing in it outlives it.

    Loading httpfs costs 30 ms, thirty times as much as everything else here, so one loaded instance is kept for each
    key; what a connection makes lies in a database of its own, which is dropped with it.
    """
    import duckdb

    connection = _instance(checked_key, spatial, threads).cursor()
    own = f"own_{next(_numbers)}"
    try:
        # The clock is the one setting that belongs to a connection and not to the instance.
        connection.execute(f"SET TimeZone='UTC'; ATTACH ':memory:' AS {own}; USE {own}")
        yield connection
    finally:
        # An error on the way out would hide the one that matters; an instance that refuses is not used again.
        with suppress(duckdb.Error):
            connection.execute("ROLLBACK")
        try:
            connection.execute(f"USE memory; DETACH {own}")
        except duckdb.Error:
            _instances.pop((checked_key, spatial, threads), None)
        connection.close()


@contextmanager
def instance(checked_key: str | None = None, *, threads: int = 2) -> Iterator[duckdb.DuckDBPyConnection]:
    """An instance for one piece of work that sets what belongs to a whole instance (its memory, where it spills)."""
    connection = _opened(checked_key, spatial=False, threads=threads)
    try:
        yield connection
    finally:
        connection.close()


def _instance(checked_key: str | None, spatial: bool, threads: int) -> duckdb.DuckDBPyConnection:
    kind = (checked_key, spatial, threads)
    if kind not in _instances:
        _instances[kind] = _opened(checked_key, spatial, threads)
    return _instances[kind]


def _opened(checked_key: str | None, spatial: bool, threads: int) -> duckdb.DuckDBPyConnection:
    import duckdb

    connection = duckdb.connect(config={"threads": threads})
    prepare(connection, checked_key, spatial=spatial)
    return connection


def _close() -> None:
    """An instance has threads of its own, which a fork does not carry along."""
    while _instances:
        _instances.popitem()[1].close()


# An instance that is torn down by the dying interpreter, in an order of its choosing, can take the process with it.
atexit.register(_close)
_numbers = count()
_instances: dict[tuple[str | None, bool, int], duckdb.DuckDBPyConnection] = {}
os.register_at_fork(before=_close)


@contextmanager
def warehouse(
    path: Path, warehouse_key: str, checked_key: str, *, read_only: bool = False, spatial: bool = False
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the encrypted warehouse attached as `wh` and made the default database."""
    connection = _opened(checked_key, spatial, threads=2)
    try:
        attach_warehouse(connection, path, warehouse_key, read_only=read_only)
        yield connection
        connection.execute(f"USE memory; DETACH {WAREHOUSE}")
    finally:
        connection.close()


def attach_warehouse(connection: duckdb.DuckDBPyConnection, path: Path, key: str, *, read_only: bool = False) -> None:
    """Attach the warehouse; a plain DuckDB file in its place is refused.

    Nothing opens the file before ATTACH does: to close any handle on it would drop the lock of a connection that this
    process may already have.
    """
    import duckdb

    options = f"ENCRYPTION_KEY {quote(key)}" + (", READ_ONLY" if read_only else "")
    try:
        connection.execute(f"ATTACH {quote(str(path))} AS {WAREHOUSE} ({options})")
    except duckdb.Error as cause:
        raise _cannot_attach(path, str(cause)) from cause
    connection.execute(f"USE {WAREHOUSE}")


def _cannot_attach(path: Path, told: str) -> ImuError:
    """What DuckDB's words mean here: they name the file and never hold data."""
    if "lock" in told or "already attached" in told:
        return Transient(
            "The warehouse is in use by another process of the platform (DuckDB allows one writer). "
            "Wait until that run has ended and try again."
        )
    if "is not encrypted" in told:
        return _plain_database(path)
    if "encryption key" in told:
        return WrongKey(
            f"{path.name} was encrypted with another lake's key and was not opened. It came from elsewhere, or "
            f"keys.json did: restore what belongs together, or delete the warehouse; the next run rebuilds it."
        )
    return Permanent(
        f"{path.name} is damaged (cut short, or no database) and was not opened. Delete it: the next run rebuilds the "
        f"warehouse from the sealed lake. Trying again without that changes nothing."
    )


def refuse_plain_database(path: Path) -> None:
    """Raise if a database that anybody can open lies where the encrypted warehouse belongs."""
    import duckdb

    if not path.exists():
        return
    try:
        duckdb.connect(str(path), read_only=True).close()
    except duckdb.Error:
        return
    raise _plain_database(path)


def _plain_database(path: Path) -> NotSealed:
    return NotSealed(
        f"{path.name} is a plain DuckDB file where the encrypted warehouse belongs; it was not used. "
        f"Delete it: the warehouse is rebuilt from the sealed lake by the next run."
    )


def sealed_copy(select: str, target: Path) -> str:
    """The statement that writes a query's rows as sealed Parquet."""
    encryption = f"ENCRYPTION_CONFIG {{footer_key: {quote(CHECKED_KEY_NAME)}}}"
    return f"COPY ({select}) TO {quote(str(target))} (FORMAT parquet, COMPRESSION zstd, {encryption})"


def sealed_scan(paths: list[Path]) -> str:
    """The table expression that reads an explicit list of sealed Parquet files (never a glob).

    Without `union_by_name`: together with encryption it crashes DuckDB 1.5.5 (null pointer, the whole
    connection lost). All files of one checked table have the same columns, which `CheckedTable` enforces.
    """
    files = ", ".join(quote(str(path)) for path in paths)
    return f"read_parquet([{files}], encryption_config={{footer_key: {quote(CHECKED_KEY_NAME)}}})"
