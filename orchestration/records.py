"""The lake's small records (manifests, verdicts, holds, receipts, certificates): reading one, and naming those that are
damaged, so that one bad file blinds nobody to the rest.

Belongs here: whether a record can be read. Does not belong here: what it says (whoever owns it), sealed bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from orchestration.failures import Permanent

Json = dict[str, Any]
_MEND = "Restore it from the backup"
_ARRIVAL = frozenset({"arrival_id", "source", "sender", "file_name", "partition", "sha256", "size", "received_at",
                      "taken_at", "wrapped_key"})  # fmt: skip
_VERDICT = frozenset({"source", "partition", "arrival_id", "received_at", "taken_at", "config", "verdict", "tables"})
# where -> what it must say, and what to do where it does not
KINDS: dict[str, tuple[frozenset[str], str]] = {
    "raw/*/*/manifest.json": (_ARRIVAL, _MEND),
    "quality/*/*.json": (_VERDICT, "Remove it, and its arrival is checked anew"),
    "release/*/held/*.json": (frozenset({"reasons"}), "Remove it, and the release is tried again"),
    "release/*/20*/certificate.json": (frozenset({"verdict"}), _MEND),
    "hdx/*/*.json": (frozenset({"late", "files"}), _MEND),
}
# What a folder that appears whole must hold: its absence is damage, too.
WHOLE = {"raw/*/*": "manifest.json", "release/*/20*": "certificate.json"}


class Damaged(Permanent):
    """A record is missing from its folder or cannot be read; the words name it."""


def read(path: Path) -> Json:
    """A record's content, or the file's name and why it could not be read. Never a value from it."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as cause:  # a JSON or UTF-8 error is a ValueError
        raise Damaged(f"{_name(path)} cannot be read ({_why(cause)}). {_mend(path)}.") from cause
    if not isinstance(content, dict) or (missing := sorted(_needed(path) - content.keys())):
        said = f"it says nothing about {', '.join(missing)}" if isinstance(content, dict) else "it holds something else"
        raise Damaged(f"{_name(path)} cannot be read ({said}). {_mend(path)}.")
    return content


def fault_of(path: Path) -> str | None:
    """Why a record cannot be read, in words; looked into once in a process for as long as the file stays the same."""
    try:
        stat = path.stat()
    except OSError:
        return f"{_name(path)} is missing. {_mend(path)}."
    return _fault(path, stat.st_mtime_ns, stat.st_size)


def sound(folder: Path, pattern: str) -> Iterator[Path]:
    """The records that can be read, in the order of their names; `damaged` names the others."""
    return (path for path in sorted(folder.glob(pattern)) if fault_of(path) is None)


def damaged(root: Path) -> list[str]:
    """Every record that cannot be read, in words."""
    found = []
    for pattern in KINDS:
        found += [fault for path in sorted(root.glob(pattern)) if (fault := fault_of(path))]
    for pattern, name in WHOLE.items():
        for folder in sorted(root.glob(pattern)):
            if folder.is_dir() and not (folder / name).exists():
                found.append(str(fault_of(folder / name)))
    return found


@lru_cache(maxsize=200_000)
def _fault(path: Path, _modified: int, _size: int) -> str | None:
    try:
        read(path)
    except Damaged as fault:
        return str(fault)
    return None


def _needed(path: Path) -> frozenset[str]:
    return _kind(path)[0]


def _mend(path: Path) -> str:
    return _kind(path)[1]


def _kind(path: Path) -> tuple[frozenset[str], str]:
    return next((kind for pattern, kind in KINDS.items() if path.match(pattern)), (frozenset(), _MEND))


def _name(path: Path) -> str:
    """As people find it in the lake: `quality/needs/3f….json`."""
    depth = next((len(pattern.split("/")) for pattern in KINDS if path.match(pattern)), 2)
    return "/".join(path.parts[-depth:])


def _why(cause: Exception) -> str:
    return "the machine refused" if isinstance(cause, OSError) else "it is cut short or no JSON"
