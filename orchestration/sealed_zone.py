"""The sealed zone (`raw/`, `checked/`, `warehouse/`): what may lie there, and whether it is whole.

Belongs here: looking at the first bytes of every file, and reading arrivals to their end. Does not belong here:
cryptography (`seal.py`), records without values (`records.py`), mending anything.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from orchestration import duck, records, seal
from orchestration.failures import ImuError, Permanent
from orchestration.lake import Lake

_SEALED_PARQUET = b"PARE"  # an encrypted footer; plain files begin with PAR1
_DUCKDB, _DUCKDB_AT = b"DUCK", 8


def foreign(lake: Lake) -> list[Path]:
    """Every file in the sealed zone that is not what the platform writes there, relative to the lake."""
    ours = {"raw": _is_of_an_arrival, "checked": _is_sealed_parquet, "warehouse": _is_warehouse}
    return [
        path.relative_to(lake.root)
        for zone, is_ours in ours.items()
        for path in sorted(lake.folder(zone).rglob("*"))
        if (path.is_symlink() or not path.is_dir()) and not (path.is_file() and is_ours(lake, path))
    ]


def _is_of_an_arrival(lake: Lake, path: Path) -> bool:
    if len(path.relative_to(lake.folder("raw")).parts) != 3:
        return False
    if path.name == "manifest.json":
        return records.fault_of(path) is None
    return path.name == "content.sealed" and _says(path, seal.MAGIC)


def _is_sealed_parquet(_lake: Lake, path: Path) -> bool:
    return path.suffix == ".parquet" and _says(path, _SEALED_PARQUET)


def _is_warehouse(lake: Lake, path: Path) -> bool:
    """The database, and beside it DuckDB's log of what it had not written when it was cut off (encrypted as well)."""
    if path.name == f"{lake.warehouse.name}.wal":
        return lake.warehouse.exists()
    return path == lake.warehouse and _says(path, _DUCKDB, _DUCKDB_AT)


def _says(path: Path, magic: bytes, at: int = 0) -> bool:
    with path.open("rb") as source:
        source.seek(at)
        return source.read(len(magic)) == magic


def require_sealed(lake: Lake) -> None:
    """Name what lies in the sealed zone and does not belong there."""
    found = foreign(lake)
    if found:
        named = ", ".join(map(str, found[:5])) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
        raise Permanent(
            f"{len(found)} file(s) in the sealed zone that the platform did not write there, or that are not sealed: "
            f"{named}. What somebody put there by hand: move it out, it lies in the clear; what belongs to us goes "
            "through the inbox. What is damaged: restore it from the backup."
        )
    duck.refuse_plain_database(lake.warehouse)


def damaged_arrivals(lake: Lake) -> Iterator[str]:
    """Read every arrival to its end; names those whose bytes are no longer the ones that came."""
    for path in sorted(lake.root.glob("raw/*/*/manifest.json")):
        fault = _fault(lake, path)
        if fault:
            yield fault


def _fault(lake: Lake, manifest: Path) -> str | None:
    source, arrival_id = manifest.parts[-3:-1]
    name = f"raw/{source}/{arrival_id}/content.sealed"
    try:
        arrival = lake.arrival(source, arrival_id)
        digest = hashlib.sha256()
        for chunk in lake.open_arrival(arrival):
            digest.update(chunk)
    except ImuError as failure:
        return f"{name}: {failure}"
    except OSError as failure:
        return f"{name} cannot be read: {type(failure).__name__}. Restore it from the backup."
    # Of what an office may not hold, only the manifest was kept.
    if arrival.facts.get("kept", True) and digest.hexdigest() != arrival.sha256:
        return f"{name} is not what its manifest says. Restore both from the backup."
    return None
