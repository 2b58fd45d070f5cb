"""A PostgreSQL of the tests' own, in a temporary folder, on 127.0.0.1 and a free port; gone afterwards.

It needs PostgreSQL's programs (Debian: postgresql) and, as root, its user `postgres`; without them the tests skip.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PASSWORD = "a-password-nobody-may-see"  # pragma: allowlist secret
ROLES = ("imu_reader", "imu_writer", "imu_nobody")


@dataclass(frozen=True)
class Server:
    """A running server with a database `anr`, and how to reach it."""

    port: int
    folder: Path

    def address(self, role: str, database: str = "anr") -> str:
        return f"postgresql+psycopg2://{role}@127.0.0.1:{self.port}/{database}"

    def admin(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Something the register's own administrators do meanwhile, committed at once."""
        import psycopg2

        connection = psycopg2.connect(host=str(self.folder), port=self.port, user="postgres", dbname="anr")
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement, values or None)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()

    def cut(self) -> int:
        """End every connection of the platform, as a restart of the server does."""
        ended = self.admin(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'imu-data-platform'"
        )
        return len(ended)


@contextmanager
def running() -> Iterator[Server]:
    programs = _programs()
    pytest.importorskip("psycopg2", reason="no driver for PostgreSQL (psycopg2-binary is in requirements-dev.lock)")
    folder = Path(tempfile.mkdtemp(prefix="imu-pg-", dir="/tmp"))  # short: a socket's path may have 107 characters
    port = _free_port()
    data = folder / "data"
    data.mkdir()
    secret = folder / "secret"
    secret.write_text(PASSWORD, encoding="utf-8")
    if os.geteuid() == 0:
        for path in (folder, data, secret):
            shutil.chown(path, "postgres", "postgres")
    try:
        _run(programs / "initdb", "-D", data, "-U", "postgres", "-A", "scram-sha-256", "--auth-local=trust",
             f"--pwfile={secret}", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")  # fmt: skip
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
        _run(programs / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-t", "60", "-o", options, "start")
        server = Server(port, folder)
        _run(programs / "createdb", "-h", folder, "-p", port, "-U", "postgres", "anr")
        for role in ROLES:
            server.admin(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'")
        yield server
    finally:
        if (data / "postmaster.pid").exists():
            _run(programs / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if found:
        return found[-1].parent
    which = shutil.which("initdb")
    if which is None:
        pytest.skip("no PostgreSQL is installed here (Debian: apt-get install postgresql)")
    return Path(which).resolve().parent


def _run(*command: object) -> None:
    words = [str(part) for part in command]
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        words = ["runuser", "-u", "postgres", "--", *words]
    done = subprocess.run(words, cwd="/", check=False, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert done.returncode == 0, f"{Path(words[-1]).name}: {done.stderr[-800:]!r}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
