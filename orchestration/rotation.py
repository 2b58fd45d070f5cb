"""Renewing the seal key: every wrapped key of a lake is wrapped anew, and a crash leaves the old state or the new.

Belongs here: the journal, its one decisive moment, and finishing what a crash interrupted. Does not belong here: making
keys or giving them to people (`cli_seal.py`), cryptography (`seal.py`).

All keys wrapped under the new seal key are first written into a journal. The lake changes hands in the moment in which
its key file is replaced: a crash before it leaves the old lake and a journal that is thrown away, a crash after it a
new lake whose manifests the next opening brings up to date from the journal. Sealed bytes are never touched.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration import locks, seal
from orchestration.failures import Permanent

if TYPE_CHECKING:
    from orchestration.lake import Lake

JOURNAL = "rotation.json"


@contextmanager
def among_others(lake: Lake) -> Iterator[None]:
    """Hold the lake's keys as they are while an arrival sealed under ours is put into place."""
    with _locked(lake.root, locks.SHARED | locks.AT_ONCE):
        content = json.loads(lake.key_file.read_text(encoding="utf-8"))
        seal.unwrap(lake.keys.seal if lake.keys else b"", content["proof"], "proof")
        yield


@contextmanager
def alone(root: Path, *, wait: bool = False) -> Iterator[None]:
    """Be the only one who changes or uses the lake's wrapped keys."""
    with _locked(root, locks.ALONE if wait else locks.ALONE | locks.AT_ONCE):
        yield


@contextmanager
def _locked(root: Path, how: int) -> Iterator[None]:
    root.mkdir(parents=True, exist_ok=True)
    busy = (
        "The lake's keys are in use by another process: a file is being taken, or the seal key is being renewed. Try "
        "again in a minute."
    )
    with locks.locked(root, how, busy=busy):
        yield


def rotate(lake: Lake, new: bytes) -> int:
    """Wrap every key of an opened lake under a new seal key; returns how many arrivals there are."""
    if lake.keys is None or seal.fingerprint(new) == seal.fingerprint(lake.keys.seal):
        raise Permanent("The new seal key is the one the lake has already. Nothing was changed; make a new one.")
    with alone(lake.root):
        journal = _journal(lake, new)
        lake.write_json(lake.folder(JOURNAL), journal)
        lake.write_json(lake.key_file, journal["keys"])  # from here on the lake is the new key's
        _bring_up_to_date(lake, journal)
    return len(journal["arrivals"])


def _journal(lake: Lake, new: bytes) -> dict[str, Any]:
    old = lake.keys.seal if lake.keys else b""
    content = json.loads(lake.key_file.read_text(encoding="utf-8"))
    proof = _rewrap(old, new, content["proof"], "proof")
    zones = {zone: _rewrap(old, new, wrapped, f"zone {zone}") for zone, wrapped in sorted(content["zones"].items())}
    arrivals = {
        f"{one.source}/{one.arrival_id}": _rewrap(old, new, one.wrapped_key, f"arrival {one.sha256}")
        for source in _sources(lake)
        for one in lake.arrivals(source)
    }
    return {"keys": {**content, "proof": proof, "zones": zones}, "arrivals": arrivals}


def _rewrap(old: bytes, new: bytes, wrapped: str, purpose: str) -> str:
    return seal.wrap(new, seal.unwrap(old, wrapped, purpose), purpose)


def _sources(lake: Lake) -> list[str]:
    raw = lake.folder("raw")
    return sorted(path.name for path in raw.iterdir() if path.is_dir()) if raw.exists() else []


def finish(lake: Lake) -> str | None:
    """Finish or forget a renewal that a crash interrupted; returns which of the two, or nothing. Needs no keys."""
    path = lake.folder(JOURNAL)
    if not path.exists():
        return None
    with alone(lake.root):
        if not path.exists():
            return None
        journal = json.loads(path.read_text(encoding="utf-8"))
        if json.loads(lake.key_file.read_text(encoding="utf-8")) != journal["keys"]:
            path.unlink()
            return "forgotten"
        _bring_up_to_date(lake, journal)
        return "finished"


def _bring_up_to_date(lake: Lake, journal: dict[str, Any]) -> None:
    for key, wrapped in sorted(journal["arrivals"].items()):
        source, arrival_id = key.split("/")
        arrival = lake.arrival(source, arrival_id)
        if arrival.wrapped_key != wrapped:
            path = lake.folder("raw", source, arrival_id, "manifest.json")
            lake.write_json(path, replace(arrival, wrapped_key=wrapped).to_json())
    lake.folder(JOURNAL).unlink()


def count_that_open(lake: Lake) -> tuple[int, int]:
    """Prove a lake's keys: opens every zone key and every arrival's key; returns how many of each."""
    content = json.loads(lake.key_file.read_text(encoding="utf-8"))
    for zone in content["zones"]:
        lake.zone_key(zone)
    arrivals = [one for source in _sources(lake) for one in lake.arrivals(source)]
    key = lake.keys.seal if lake.keys else b""
    for one in arrivals:
        seal.unwrap(key, one.wrapped_key, f"arrival {one.sha256}")
    return len(content["zones"]), len(arrivals)
