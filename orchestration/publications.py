"""What has been released, published or held: the ledger of releases, kept as small files beside them.

Belongs here: where a release, its receipt and its hold lie, and reading them. Does not belong here: building or
publishing anything.

A release is a folder that appears whole; a receipt is written once HDX has been read back. A crash in between leaves
a release without a receipt, which the next run publishes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from orchestration import records
from orchestration.lake import Lake

Json = dict[str, Any]


@dataclass(frozen=True)
class Held:
    """Why a product did not go out in a cycle, as of a day."""

    product: str
    cycle: str
    as_of: str
    reasons: tuple[Mapping[str, str], ...]


def release_folder(lake: Lake, stem: str, cycle: str) -> Path:
    """`release/<product>/<cycle>/`: data, dictionary, proof, lineage, change log."""
    return lake.folder("release", stem, cycle)


def receipt_path(lake: Lake, stem: str, cycle: str) -> Path:
    """`hdx/<product>/<cycle>.json`: what HDX showed when it was read back."""
    return lake.folder("hdx", stem, f"{cycle}.json")


def hold_path(lake: Lake, stem: str, cycle: str) -> Path:
    """`release/<product>/held/<cycle>.json`: gone as soon as the release is built."""
    return lake.folder("release", stem, "held", f"{cycle}.json")


def is_released(lake: Lake, stem: str, cycle: str) -> bool:
    """Whether the release of a cycle is complete."""
    return release_folder(lake, stem, cycle).exists()


def receipt(lake: Lake, stem: str, cycle: str) -> Json | None:
    """The receipt of a cycle, if it was published."""
    return _read(receipt_path(lake, stem, cycle))


def held(lake: Lake, stem: str, cycle: str) -> Json | None:
    """The hold of a cycle, if there is one."""
    return _read(hold_path(lake, stem, cycle))


def hold(lake: Lake, stem: str, why: Held) -> None:
    """Write down a hold."""
    lake.write_json(hold_path(lake, stem, why.cycle), asdict(why))


def lift(lake: Lake, stem: str, cycle: str) -> None:
    """Forget a hold whose reasons are gone."""
    hold_path(lake, stem, cycle).unlink(missing_ok=True)


def later_receipts(lake: Lake, stem: str, cycle: str) -> list[str]:
    """The cycles after this one that are on HDX already."""
    return sorted(path.stem for path in lake.folder("hdx", stem).glob("20*.json") if path.stem > cycle)


def previous(lake: Lake, stem: str, cycle: str) -> Path | None:
    """The newest release before a cycle."""
    folder = lake.folder("release", stem)
    found = [path for path in folder.glob("20*") if path.is_dir() and path.name < cycle] if folder.exists() else []
    return max(found, default=None)


def _read(path: Path) -> Json | None:
    return records.read(path) if path.exists() else None
