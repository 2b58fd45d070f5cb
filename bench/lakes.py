"""Two lakes side by side: does one hold what the other holds, and is nothing half-written in either?

Belongs here: reading every file of a lake as what it claims to be. Does not belong here: making lakes.

What is outside of the sealed zone is compared byte by byte. What is sealed has another key and other bytes in each lake,
so that its content is compared; DuckDB files are compared table by table, since their pages depend on the past. Of a
receipt of HDX the names and sums of the files are compared: addresses are the server's, and how many steps it took is
another matter after a crash.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb

from orchestration import duck
from orchestration.lake import Lake

# Not compared: what belongs to one machine and moment (drafts of a killed process, keys, the encrypted warehouse, which
# every build makes anew), and what partners laid into the inbox.
_OWN = (".tmp", "keys.json", "warehouse", "inbox")


def differences(one: Lake, other: Lake) -> list[str]:
    """What is in one lake and not, or otherwise, in the other; a few words for each file."""
    first, second = content(one), content(other)
    missing = [f"only in {lake.root.parent.name}: {name}" for lake, here, there in
               ((one, first, second), (other, second, first)) for name in sorted(here.keys() - there.keys())]  # fmt: skip
    return missing + [f"differs: {name}" for name in sorted(first.keys() & second.keys()) if first[name] != second[name]]


def content(lake: Lake) -> dict[str, str]:
    """A hash of every file's content, by its name in the lake."""
    return {path.relative_to(lake.root).as_posix(): _hash(lake, path) for path in _files(lake.root)}


def _files(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        if path.is_file() and path.relative_to(root).parts[0] not in _OWN:
            yield path


def _hash(lake: Lake, path: Path) -> str:
    if path.name == "content.sealed":
        arrival = lake.arrival(path.parts[-3], path.parts[-2])
        return hashlib.sha256(lake.read_arrival(arrival)).hexdigest()
    if path.name == "manifest.json" and "raw" in path.parts:
        told = json.loads(path.read_text(encoding="utf-8"))
        return json.dumps({name: value for name, value in told.items() if name != "wrapped_key"}, sort_keys=True)
    if path.relative_to(lake.root).parts[0] == "hdx":
        receipt = json.loads(path.read_text(encoding="utf-8"))
        return json.dumps([(file["name"], file["sha256"]) for file in receipt["files"]])
    if path.suffix == ".duckdb":
        return _tables(path)
    if path.suffix == ".parquet" and path.relative_to(lake.root).parts[0] == "checked":
        with duck.connect(lake.zone_key("checked")) as connection:
            return _rows(connection, duck.sealed_scan([path]))
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _tables(path: Path) -> str:
    with duckdb.connect(str(path), read_only=True) as connection:
        names = connection.execute("SELECT schema_name, table_name FROM duckdb_tables() ORDER BY ALL").fetchall()
        return json.dumps([(schema, table, _rows(connection, f'"{schema}"."{table}"')) for schema, table in names])


def _rows(connection: duckdb.DuckDBPyConnection, origin: str) -> str:
    rows = connection.execute(f"SELECT count(*), bit_xor(hash(t)), sum(hash(t) % 1000003) FROM {origin} AS t").fetchone()
    return repr(rows)


def half_written(lake: Lake) -> list[str]:
    """Files in sight that are not whole: a reader could have met them at the moment of the crash."""
    return [path.relative_to(lake.root).as_posix() for path in _files(lake.root) if not _is_whole(path)]


def _is_whole(path: Path) -> bool:
    read = _READERS.get(path.suffix)
    try:
        return path.stat().st_size > 0 and (read is None or read(path))
    except (OSError, ValueError, duckdb.Error, zipfile.BadZipFile):
        return False


def _ends_like_parquet(path: Path) -> bool:
    content = path.read_bytes()
    return content[:4] in (b"PAR1", b"PARE") and content[-4:] == content[:4]


def _is_listed(path: Path) -> bool:
    """A release's list of sums names every file, each as it is."""
    sums = dict(reversed(line.split("  ", 1)) for line in path.read_text(encoding="utf-8").splitlines())
    here = {one.name for one in path.parent.iterdir()} - {path.name}
    return here == sums.keys() and all(
        hashlib.sha256((path.parent / name).read_bytes()).hexdigest() == digest for name, digest in sums.items()
    )


def _opens(path: Path) -> bool:
    duckdb.connect(str(path), read_only=True).close()
    return True


_READERS: dict[str, Callable[[Path], bool]] = {
    ".parquet": _ends_like_parquet,
    ".json": lambda path: json.loads(path.read_text(encoding="utf-8")) is not None,
    ".html": lambda path: path.read_text(encoding="utf-8").rstrip().endswith("</html>"),
    ".xlsx": lambda path: zipfile.ZipFile(path).testzip() is None,
    "": lambda path: path.name != "SHA256SUMS" or _is_listed(path),
    ".duckdb": _opens,
    ".eml": lambda path: b"--imu-" in path.read_bytes()[-200:],
}
