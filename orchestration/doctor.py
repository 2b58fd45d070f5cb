"""`imu doctor`: is everything here that the platform needs, and if not, how is it mended?

Belongs here: questions about this machine and the outside systems. Does not belong here: mending anything.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from orchestration import duck, identity, records, seal, sealed_zone
from orchestration.failures import ImuError, Transient
from orchestration.lake import Lake
from orchestration.office import Office

PACKAGES = ("dagster", "dagster-webserver", "dagster-dbt", "duckdb", "dbt-core", "dbt-duckdb", "pandas",
            "great-expectations", "hdx-python-api", "koboextractor", "plotly")  # fmt: skip
EXTENSIONS = ("httpfs", "spatial")
LEAST_FREE_GB = 5


@dataclass(frozen=True)
class Answer:
    """One question, whether all is well, and what was found or what to do."""

    question: str
    well: bool
    words: str


def examine(office: Office) -> list[Answer]:
    """Ask every question; a failing one never keeps the others from being asked."""
    questions: dict[str, Callable[[], str]] = {
        "Python": _python,
        "packages": _packages,
        **{f"DuckDB extension {name}": lambda name=name: _extension(name) for name in EXTENSIONS},  # type: ignore[misc]
        "operation": lambda: _operation(office),
        "keys": lambda: _keys(office),
        "lake": lambda: _lake(office),
        "sealed zone": lambda: _sealed(office),
        "records": lambda: _records(office),
        "disk": lambda: _disk(office),
        "KoBo": lambda: _kobo(office),
        "registers": lambda: _registers(office),
        "HDX": lambda: _hdx(office),
    }
    return [_ask(question, answer) for question, answer in questions.items()]


def _ask(question: str, answer: Callable[[], str]) -> Answer:
    try:
        return Answer(question, True, answer())
    except ImuError as failure:
        return Answer(question, False, str(failure))
    except OSError as failure:
        return Answer(question, False, f"{type(failure).__name__}: the machine refused; check rights and disk.")


def _python() -> str:
    if not (3, 11) <= sys.version_info[:2] < (3, 14):
        raise ImuError(f"Python {sys.version.split()[0]} found, 3.11 to 3.13 needed. Install one and `make install`.")
    return sys.version.split()[0]


def _packages() -> str:
    missing = list(_missing_packages())
    if missing:
        raise ImuError(f"Not installed: {', '.join(missing)}. Run `make install`.")
    return f"{len(PACKAGES)} found"


def _missing_packages() -> Iterator[str]:
    for name in PACKAGES:
        try:
            version(name)
        except PackageNotFoundError:
            yield name


def _extension(name: str) -> str:
    import duckdb

    path = duck.extension_path(name)
    with duckdb.connect() as connection:
        try:
            connection.execute(f"LOAD {duck.quote(str(path))}")
        except duckdb.Error as cause:
            raise ImuError(
                f"'{name}' is there but does not load: {type(cause).__name__}. Run `make install`."
            ) from cause
    return "loads"


def _operation(office: Office) -> str:
    from orchestration import validation

    operation = office.operation
    problems = validation.problems(operation.folder)
    if problems:
        raise ImuError(f"{len(problems)} problem(s) in operations/{operation.folder.name}: `imu validate` lists them.")
    counts = f"{len(operation.clusters)} clusters, {len(office.calendar)} calendar lines"
    return f"{operation.name} ({operation.title}), {counts}"


def _keys(office: Office) -> str:
    keys = seal.load_keys(office.variables)
    return f"seal {seal.fingerprint(keys.seal)}, pseudonym {seal.fingerprint(keys.pseudonym)}"


def _lake(office: Office) -> str:
    environment = office.environment
    lake = Lake(environment.lake, seal.load_keys(office.variables), environment.operation)
    if not identity.is_made(lake.root):
        _require_writable(next(path for path in (lake.root, *lake.root.resolve().parents) if path.exists()))
        return "not made yet; the first run makes it"  # asking must not be what makes it, and with which keys
    _try_writing(lake)
    lake.open()
    return f"opens, can be written; {sum(path.is_dir() for path in lake.root.glob('raw/*/*'))} arrivals"


def _try_writing(lake: Lake) -> None:
    """A file in and out again: rights alone do not tell how a disk is mounted, nor whether it is full."""
    with lake.scratch() as folder:
        try:
            (folder / "doctor").write_bytes(bytes(4096))
        except OSError as cause:
            raise identity.cannot_write(cause) from cause
    for folder in sorted(path for path in lake.root.iterdir() if path.is_dir()):
        _require_writable(folder)


def _require_writable(folder: Path) -> None:
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ImuError(f"The folder {folder.name}/ cannot be written by this account. Give it the right to.")


def _records(office: Office) -> str:
    found = records.damaged(office.environment.lake)
    if found:
        raise ImuError(" ".join([f"{len(found)} damaged:", *found[:5], *(["…"] if len(found) > 5 else [])]))
    return "none damaged"


def _sealed(office: Office) -> str:
    sealed_zone.require_sealed(Lake(office.environment.lake))
    return "nothing plain"


def _disk(office: Office) -> str:
    lake = office.environment.lake.resolve()
    folder = next(path for path in (lake, *lake.parents) if path.exists())
    free = shutil.disk_usage(folder).free / 1e9
    if free < LEAST_FREE_GB:
        raise ImuError(f"{free:.1f} GB free where the lake lies, at least {LEAST_FREE_GB} GB needed. Make room.")
    return f"{free:.0f} GB free"


def _kobo(office: Office) -> str:
    source = office.operation.sources.hsm
    if source is None:
        return "not used by this operation"
    if not office.environment.kobo_url:
        raise ImuError("IMU_KOBO_URL is not set: no survey can be pulled. See .env.example.")
    client = office.kobo()
    for asset in source.assets:
        client.get_asset(asset.uid)
    return f"reachable; {len(source.assets)} form(s) readable"


def _registers(office: Office) -> str:
    source = office.operation.sources.register_extracts
    systems = [(one.name, one.connection) for one in source.systems if one.connection] if source else []
    for name, connection in systems:
        with office.register(name).reading(connection.table, connection.key) as reading:
            rights = reading.rights_to_write()
        if rights:
            raise ImuError(
                f"The account for register {name} may write to {connection.table} ({', '.join(rights)}). Nothing here "
                f"does, and the transaction forbids it; have these rights taken away all the same."
            )
    return f"{len(systems)} readable, and no right to write seen" if systems else "none is read by SQL"


def _hdx(office: Office) -> str:
    if not office.environment.hdx_url:
        raise ImuError("IMU_HDX_URL is not set: nothing can be published. See .env.example.")
    try:
        problems = office.hdx().preflight()
    except Transient as cause:
        raise ImuError(
            f"HDX was asked at {office.environment.hdx_url} and did not answer. Check this computer's connection and "
            "IMU_HDX_URL. Nothing is lost: what is due is published when HDX answers again."
        ) from cause
    if problems:
        raise ImuError("; ".join(str(problem) for problem in problems))
    return "reachable; rights, organisation and maintainer fit"
