"""What Dagster remembers (runs, events, ticks) in SQLite, without opening the files for every statement.

Belongs here: how the three stores of `dagster.yaml` connect, and where their files lie (`history` and `schedules` in
DAGSTER_HOME). Does not belong here: what they store; that is Dagster's.

Dagster makes a new engine for each statement: the statement is compiled anew, the file opened and closed, and SQLite
moves its write-ahead log into the database whenever the last connection closes. One engine for each file and process
makes recording a run three times as fast. A fork must not carry an open SQLite file along: they are closed before it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import sqlalchemy
from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage
from dagster._core.storage.runs import SqliteRunStorage
from dagster._core.storage.schedules import SqliteScheduleStorage

# Another process may be writing: wait for it as long as Dagster's own event log does.
_PATIENCE_SECONDS = 30
_engines: dict[str, sqlalchemy.Engine] = {}


@contextmanager
def _transaction(address: str) -> Iterator[sqlalchemy.Connection]:
    engine = _engines.get(address)
    if engine is None:
        made = sqlalchemy.create_engine(address, connect_args={"timeout": _PATIENCE_SECONDS})
        engine = _engines.setdefault(address, made)  # two threads may be first
    with engine.begin() as connection:
        yield connection


def close() -> None:
    """Close every database of this process; the next statement opens its own again."""
    while _engines:
        _engines.popitem()[1].dispose()


os.register_at_fork(before=close)


def _folder(name: str) -> str:
    return str(Path(os.environ["DAGSTER_HOME"]) / name)


class _NoSettings:
    """The three stores have nothing to set: they lie in DAGSTER_HOME."""

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        return {}


class _Watch(threading.Thread):
    """Looks for new events twice a second while a run's page is open. Dagster waits for the file to change, but what is
    written lies in SQLite's log beside it, and is visible only some moments after the log has grown.
    """

    def __init__(self, events: Events) -> None:
        super().__init__(daemon=True, name="watching events")
        self._events, self._ended = events, threading.Event()

    def run(self) -> None:
        while not self._ended.wait(0.5):
            # A page that opens while we go through the open ones changes their number: the next look sees it.
            with suppress(RuntimeError):
                if any(self._events._watchers.values()):
                    self._events.on_modified()  # type: ignore[no-untyped-call]

    def stop(self) -> None:
        """As Dagster calls it, before it joins."""
        self._ended.set()


class Events(_NoSettings, ConsolidatedSqliteEventLogStorage):
    """The event log, one file for all runs."""

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> Events:
        """As Dagster asks for it."""
        del config_value
        return cls(base_dir=_folder("history"), inst_data=inst_data)

    def watch(self, run_id: Any, cursor: Any, callback: Any) -> None:
        """Tell a run's page of new events."""
        self._watchers[run_id][callback] = cursor
        if not self._obs:
            self._obs = _Watch(self)  # type: ignore[assignment]
            self._obs.start()  # type: ignore[attr-defined]

    @contextmanager
    def _connect(self) -> Iterator[Any]:
        with _transaction(self._conn_string) as connection:
            yield connection


class _Kept(_NoSettings):
    """How runs and ticks connect."""

    _conn_string: str

    @contextmanager
    def connect(self) -> Iterator[Any]:
        """One transaction."""
        with _transaction(self._conn_string) as connection:
            yield connection


class Runs(_Kept, SqliteRunStorage):
    """The runs."""

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> Runs:
        """As Dagster asks for it."""
        del config_value
        return cls.from_local(base_dir=_folder("history"), inst_data=inst_data)


class Ticks(_Kept, SqliteScheduleStorage):
    """Sensors and schedules: when they looked and what they asked for."""

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> Ticks:
        """As Dagster asks for it."""
        del config_value
        return cls.from_local(base_dir=_folder("schedules"), inst_data=inst_data)  # type: ignore[return-value]
