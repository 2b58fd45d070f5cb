"""The one way to a register's database: read only, in order of its key, in pieces, in words an officer can act on.

Belongs here: connecting, keeping the connection from writing, reading columns and rows. Does not belong here: what the
database's refusals mean (`registry_refusals.py`), which columns are wanted and why (`assets/registry/`).

Writing is shut out three times: the role should have no such right (`imu doctor` looks), the transaction is read-only
by the database's own word, and no statement but a reading one leaves this module. SQLAlchemy's and the driver's own
error texts name hosts and quote values; none of them is carried on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from orchestration.failures import NotThere, Permanent
from orchestration.registry_refusals import in_words

if TYPE_CHECKING:
    import sqlalchemy as sa

# How each kind of database is told that nothing may be written and that every statement sees the same moment.
# PostgreSQL gets both as options of SQLAlchemy, the others as statements at the start. A kind that has no read-only
# transactions (SQL Server) is not connected to at all.
_READ_ONLY: Mapping[str, Sequence[str]] = {
    "postgresql": (),
    "mysql": ("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", "SET SESSION TRANSACTION READ ONLY"),
    "mariadb": ("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", "SET SESSION TRANSACTION READ ONLY"),
    "oracle": ("SET TRANSACTION READ ONLY",),
    "sqlite": ("PRAGMA query_only = ON",),
}
_READING = ("SELECT ", "SHOW ", "PRAGMA MAIN.TABLE_", "PRAGMA TEMP.TABLE_")
_WRITE_RIGHTS = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")
_NEAR = ("", "127.0.0.1", "localhost", "::1")
_POSTGRESQL = {"connect_timeout": "10", "keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3"}


@dataclass(frozen=True)
class Batch:
    """Some rows in the order of the key, and the key of the last of them."""

    rows: list[tuple[Any, ...]]
    last: str


class RegistrySource:
    """A register's database, as far as the environment names one."""

    def __init__(self, address: str, password: str | None, *, name: str) -> None:
        self._engine = _engine(address, password, name)
        self._name = name

    def __repr__(self) -> str:
        return f"RegistrySource({self._name})"

    @contextmanager
    def reading(self, table: str, key: str) -> Iterator[Reading]:
        """One read-only transaction over one table: every question in it sees the same moment."""
        with self._told(table), self._engine.connect() as connection:
            for statement in _READ_ONLY[connection.dialect.name]:
                connection.exec_driver_sql(statement)
            with _only_reading(connection):
                yield Reading(connection, table, key)

    @contextmanager
    def _told(self, table: str) -> Iterator[None]:
        import sqlalchemy.exc as sa_exc

        try:
            yield
        except sa_exc.SQLAlchemyError as cause:
            raise in_words(cause, self._name, table) from None


class Reading:
    """What can be asked of a register's table. Made by `RegistrySource.reading`."""

    def __init__(self, connection: sa.Connection, table: str, key: str) -> None:
        import sqlalchemy as sa

        self._connection = connection
        schema, _, name = table.rpartition(".")
        self._types = {
            str(column["name"]): column["type"]
            for column in sa.inspect(connection).get_columns(name, schema=schema or None)
        }
        self._table = sa.table(
            name, *(sa.column(column, kind) for column, kind in self._types.items()), schema=schema or None
        )
        if key not in self._types:
            raise NotThere(
                f"The register's table {table} has no column {key!r} to read by. Its columns: "
                f"{', '.join(self._types)}. Correct `key` in operation.yml; trying again does not help."
            )
        self._key: sa.ColumnElement[Any] = self._table.c[key]

    @property
    def columns(self) -> list[str]:
        """The table's columns, by name."""
        return list(self._types)

    def now(self) -> str:
        """The database's own clock at the start of this reading."""
        import sqlalchemy as sa

        return str(self._connection.scalar(sa.select(sa.func.current_timestamp())))

    def count(self, after: str | None = None) -> int:
        """How many rows there are to read, after a key if one is given."""
        import sqlalchemy as sa

        query = sa.select(sa.func.count()).select_from(self._table)
        return int(self._connection.scalar(self._after(query, after)) or 0)

    def count_without_key(self) -> int:
        """How many rows no reading by key would ever meet."""
        import sqlalchemy as sa

        query = sa.select(sa.func.count()).select_from(self._table).where(self._key.is_(None))
        return int(self._connection.scalar(query) or 0)

    def count_changed(self, column: str, since: str, until_key: str) -> int:
        """How many rows up to a key were changed since a moment of the database's clock."""
        import sqlalchemy as sa

        changed = sa.cast(self._table.c[column], sa.DateTime(timezone=True))
        query = sa.select(sa.func.count()).select_from(self._table)
        query = query.where(self._key <= self._value(until_key), changed >= sa.cast(since, sa.DateTime(timezone=True)))
        return int(self._connection.scalar(query) or 0)

    def batches(self, columns: Sequence[str], size: int, after: str | None = None) -> Iterator[Batch]:
        """The rows after a key, some at a time, through a cursor that stays on the server."""
        import sqlalchemy as sa

        query = sa.select(*(self._table.c[name] for name in columns), self._key.label("imu_key")).order_by(self._key)
        while True:
            page = self._after(query, after).limit(size)
            with self._connection.execution_options(stream_results=True, max_row_buffer=1000).execute(page) as result:
                rows = [tuple(row) for row in result]
            if not rows:
                return
            after = str(rows[-1][-1])
            yield Batch([row[:-1] for row in rows], after)
            if len(rows) < size:
                return

    def rights_to_write(self) -> list[str] | None:
        """What this role could do to the table besides reading; None where this kind of database does not tell."""
        import sqlalchemy as sa

        if self._connection.dialect.name != "postgresql":
            return None
        quoted = self._connection.dialect.identifier_preparer.format_table(self._table)
        ask = sa.select(*(sa.func.has_table_privilege(quoted, right) for right in _WRITE_RIGHTS))
        held = self._connection.execute(ask).one()
        return [right for right, has in zip(_WRITE_RIGHTS, held, strict=True) if has]

    def _after(self, query: sa.Select[Any], after: str | None) -> sa.Select[Any]:
        return query if after is None else query.where(self._key > self._value(after))

    def _value(self, text: str) -> Any:
        """A key as the database has it, from the text in which it was kept."""
        return self._key.type.python_type(text)


# -- connecting -----------------------------------------------------------------------------------------------


def _engine(address: str, password: str | None, name: str) -> sa.Engine:
    import sqlalchemy as sa
    import sqlalchemy.exc as sa_exc

    try:
        url = sa.make_url(address)
    except sa_exc.ArgumentError:
        raise Permanent(f"The address of register {name} is none: {_SHAPE}. Trying again does not help.") from None
    if url.password is not None:
        raise Permanent(
            f"The address of register {name} holds a password. Take it out and set it as IMU_REGISTER_{name.upper()}"
            f"_PASSWORD, so that it is shown nowhere with the address. Trying again does not help."
        )
    kind = url.get_backend_name()
    if kind not in _READ_ONLY:
        raise Permanent(
            f"Register {name} is a database of a kind ({kind}) that has no read-only transactions the platform could "
            f"hold it to: expected one of {', '.join(_READ_ONLY)}. Have its extract sent as a file instead."
        )
    try:
        return sa.create_engine(
            url.set(password=password) if password else url,
            poolclass=sa.pool.NullPool,
            hide_parameters=True,  # a parameter is a record's number
            connect_args=_manners(url),
            execution_options=_options(kind),
        )
    except (sa_exc.SQLAlchemyError, ImportError):
        raise Permanent(
            f"The driver for register {name} ({url.drivername}) is not installed. Install it beside the platform "
            f"(docs/administrator.md, 'A register by SQL'); trying again without that does not help."
        ) from None


_SHAPE = "expected driver://user@host/database, such as postgresql+psycopg2://imu_reader@register.example/anr"


def _options(kind: str) -> dict[str, Any]:
    if kind != "postgresql":
        return {}
    return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


def _manners(url: sa.URL) -> dict[str, str]:
    """A dead line is noticed, and records travel encrypted unless they never leave this computer."""
    if url.get_backend_name() != "postgresql":
        return {}
    host = url.host or str(url.query.get("host", ""))
    given = {} if host in _NEAR or host.startswith("/") else {"sslmode": "require"}
    started = {"options": "-c default_transaction_read_only=on", "application_name": "imu-data-platform"}
    wanted = _POSTGRESQL | started | given
    return {name: value for name, value in wanted.items() if name not in url.query}


@contextmanager
def _only_reading(connection: sa.Connection) -> Iterator[None]:
    """No statement but a reading one is sent, whatever the role may do and whoever wrote it."""
    import sqlalchemy as sa

    def refuse(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.lstrip().upper().startswith(_READING):
            raise Permanent("A statement that does not only read was about to be sent to a register, and was not.")

    sa.event.listen(connection, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        sa.event.remove(connection, "before_cursor_execute", refuse)
