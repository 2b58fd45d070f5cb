"""dbt, kept warm in this process: parsing once, then building without starting another Python.

Belongs here: invoking dbt and turning its results into plain records that carry no values. Does not belong here: models
(`dbt_project/`), Dagster (`assets/transform/`).

A dbt subprocess costs 3 s each time; this costs 0.3-0.6 s. What a failing model prints (a cast error shows the
offending value) is kept out of logs, files and results: only the model's name and the kind of error leave.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.failures import ImuError, Permanent
from orchestration.settings import REPO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from orchestration.lake import Lake

PROJECT = REPO / "dbt_project"
TARGET = PROJECT / "target"
_SILENT = ("--log-level", "none", "--log-level-file", "none", "--quiet", "--no-print", "--no-use-colors")
# DuckDB's kinds before dbt's own, which wrap them ("Runtime Error in model x: Conversion Error: ..."). A list, because
# what merely looks like a kind may be part of a quoted value.
_KINDS = (
    "Conversion Error", "Out of Range Error", "Constraint Error", "Invalid Input Error", "Binder Error",
    "Catalog Error", "Parser Error", "Out of Memory Error", "Not implemented Error", "Serialization Error", "IO Error",
    "Internal Error", "Permission Error", "Compilation Error", "Parsing Error", "Dependency Error", "Database Error",
    "Runtime Error",
)  # fmt: skip
_SOURCES = ("*.sql", "*.yml", "*.csv", "*.md")


@dataclass(frozen=True)
class NodeResult:
    """What became of one model or test. No message of the database, since it may hold a value."""

    unique_id: str
    status: str
    failures: int
    kind_of_error: str | None


def fingerprint() -> str:
    """A hash over everything dbt reads, so that a stale manifest is noticed."""
    digest = hashlib.sha256()
    for path in sorted(p for pattern in _SOURCES for p in PROJECT.rglob(pattern) if TARGET not in p.parents):
        stat = path.stat()
        content = _content_hash(path, stat.st_mtime_ns, stat.st_size)
        digest.update(path.relative_to(PROJECT).as_posix().encode() + content)
    return digest.hexdigest()[:16]


@lru_cache(maxsize=1024)
def _content_hash(path: Path, _modified: int, _size: int) -> bytes:
    """A file is read once, and again when it changed: every release and every build asks."""
    return hashlib.sha256(path.read_bytes()).digest()


def manifest_path() -> Path:
    """The manifest of the project as it is now, parsed anew only when a file changed."""
    path, stamp = TARGET / "manifest.json", TARGET / "fingerprint"
    current = fingerprint()
    if not path.exists() or not stamp.exists() or stamp.read_text() != current:
        _invoke(["parse", "--no-partial-parse"], None)
        stamp.write_text(current)
    return path


def manifest() -> dict[str, Any]:
    """The manifest as dbt wrote it; nobody changes it."""
    path = manifest_path()
    return _manifest(path, (TARGET / "fingerprint").read_text())


@lru_cache(maxsize=1)
def _manifest(path: Path, _fingerprint: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


@lru_cache(maxsize=1)
def _parsed(_fingerprint: str) -> Any:
    """dbt's own manifest object, kept for the life of the process."""
    return _invoke(["parse", "--no-write-json"], None)


def warm() -> None:
    """Parse now what the first build would parse: for a process that is about to build, or to fork."""
    _parsed(fingerprint())


def build(lake: Lake, select: Sequence[str]) -> list[NodeResult]:
    """Run models and their tests in the encrypted warehouse; the warehouse is closed again afterwards."""
    # Unit tests prove the SQL, not the data: they run in `make test`, not at every build.
    return _in_the_warehouse(lake, ["build", "--exclude-resource-type", "unit_test", "--select", *select])


def unit_tests(lake: Lake) -> list[NodeResult]:
    """Run the models' unit tests. They look up the columns of what a model reads, which must be there, if empty."""
    _in_the_warehouse(lake, ["run", "--empty"])
    return _in_the_warehouse(lake, ["test", "--resource-type", "unit_test"])


def _in_the_warehouse(lake: Lake, command: Sequence[str]) -> list[NodeResult]:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    from orchestration import dbt_plugin

    # A copy for each run: dbt marks nodes as compiled in the manifest it is given, and a second run with the same
    # object leaves out the ephemeral models' SQL.
    parsed = _parsed(fingerprint()).deepcopy()
    lake.warehouse.parent.mkdir(parents=True, exist_ok=True)
    session = dbt_plugin.Session(lake.warehouse, lake.zone_key("warehouse"), lake.zone_key("checked"))
    dbt_plugin.open_session(session)
    try:
        results = _invoke([*command, "--no-write-json"], parsed)
    finally:
        dbt_plugin.close_session()
        # dbt keeps an in-memory connection, and with it the attached warehouse, open for ever.
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    return [_plain(result) for result in results.results]


def _invoke(arguments: list[str], parsed: Any) -> Any:
    from dbt.cli.main import dbtRunner

    outcome = dbtRunner(manifest=parsed).invoke(
        [*_SILENT, *arguments, "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    )
    if outcome.exception is not None:
        ours = _ours(outcome.exception)
        if ours:
            raise ours  # a warehouse that is busy, plain or of another key: already in our own words
        raise Permanent(
            f"dbt {arguments[0]} could not run: {_kind(str(outcome.exception))}. "
            f"The models did not change; run `make lint`, then `imu doctor`."
        ) from None
    return outcome.result


def _ours(failure: BaseException | None) -> ImuError | None:
    """What the platform itself raised inside of dbt, if that is why dbt failed."""
    seen: set[int] = set()
    while failure is not None and id(failure) not in seen:
        if isinstance(failure, ImuError):
            return failure
        seen.add(id(failure))
        failure = failure.__cause__ or failure.__context__
    return None


def _plain(result: Any) -> NodeResult:
    status = str(getattr(result.status, "value", result.status))
    failed = status in {"error", "fail", "runtime error"}
    kind = _kind(str(result.message or "")) if failed else None
    return NodeResult(result.node.unique_id, status, int(result.failures or 0), kind)


def _kind(message: str) -> str:
    """The class of a database error ('Conversion Error') without the text that may quote a value."""
    return next((kind for kind in _KINDS if kind in message), "error (text withheld: it may quote data)")
