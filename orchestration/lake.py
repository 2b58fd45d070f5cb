"""The lake: where everything lies, and how it is written so that a crash leaves the old state or the new.

Belongs here: asset key <-> path, atomic writes, the lake's format and key file, arrivals in `raw/`.
Does not belong here: what the data means (`assets/`), cryptography (`seal.py`), SQL (`duck.py`).
"""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from functools import cached_property, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from orchestration import identity, records, rotation, scratch, seal
from orchestration.failures import NotSealed, Permanent, WrongKey

FORMAT = 1
ZONES = ("checked", "warehouse")
_CHECK_TEXT = b"this lake opens with this key..."  # 32 bytes, as `wrap` treats it like a key


@dataclass(frozen=True)
class Arrival:
    """One file (or one pull) as it reached us: the manifest beside its sealed bytes. No cell values."""

    arrival_id: str
    source: str
    sender: str
    file_name: str
    partition: str | None
    sha256: str
    size: int
    received_at: datetime
    taken_at: datetime
    wrapped_key: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The manifest's content."""
        stamps = {"received_at": self.received_at.isoformat(), "taken_at": self.taken_at.isoformat()}
        return {**asdict(self), **stamps}

    @staticmethod
    def from_json(content: Mapping[str, Any]) -> Arrival:
        """Read a manifest back."""
        stamps = {name: datetime.fromisoformat(content[name]) for name in ("received_at", "taken_at")}
        return Arrival(**{**content, **stamps})


@dataclass(frozen=True)
class Lake:
    """One operation's lake. Reading plain folders needs no keys; opening sealed ones does."""

    root: Path
    keys: seal.Keys | None = None
    operation: str | None = None

    # -- places ---------------------------------------------------------------------------------------------

    def folder(self, *parts: str) -> Path:
        """The folder of an asset key: `folder("raw", "clusters")` is `data_lake/raw/clusters`."""
        return self.root.joinpath(*parts)

    @property
    def warehouse(self) -> Path:
        """The encrypted DuckDB file in which dbt builds."""
        return self.root / "warehouse" / "warehouse.duckdb"

    @property
    def analyst(self) -> Path:
        """The plain, read-only DuckDB file that analysts open."""
        return self.root / "analyst.duckdb"

    # -- atomic writing -------------------------------------------------------------------------------------

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A private folder on the same file system, gone afterwards whatever happens."""
        with ExitStack() as held:
            try:
                folder = held.enter_context(scratch.scratch(self.root / ".tmp"))
            except OSError as cause:
                raise identity.cannot_write(cause) from cause
            yield folder

    def write(self, target: Path, write: Callable[[Path], object]) -> Path:
        """Let `write` make a file aside, then move it into place in one step."""
        with self.scratch() as folder:
            draft = folder / target.name
            write(draft)
            publish_file(draft, target)
        return target

    def write_json(self, target: Path, content: Any) -> Path:
        """Write JSON with a fixed layout, so that the same content gives the same bytes."""
        text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True, default=str) + "\n"
        return self.write(target, lambda path: path.write_text(text, encoding="utf-8"))

    def write_folder(self, target: Path, write: Callable[[Path], object]) -> Path:
        """Let `write` fill a folder aside, then move it into place whole; an existing one is left as it is."""
        with self.scratch() as folder:
            draft = folder / target.name
            draft.mkdir()
            write(draft)
            publish_folder(draft, target)
        return target

    def sweep(self) -> int:
        """Remove what killed processes left in `.tmp`, but nothing of those at work; called before any work starts."""
        return scratch.sweep(self.root / ".tmp")

    # -- keys -----------------------------------------------------------------------------------------------

    @property
    def key_file(self) -> Path:
        """Wrapped keys only: without the office's seal key this file is worthless."""
        return self.root / identity.KEY_FILE

    def open(self) -> Lake:
        """Make sure the lake exists, has our format and opens with our key, before any work starts."""
        keys = self._keys()
        identity.require_keys_file(self.root)
        identity.require_same(self.root, self.operation)
        if not self.key_file.exists():
            self._create_key_file(keys)
        rotation.finish(self)
        self._prove(keys)
        identity.give_name(self)
        self.sweep()
        return self

    def _keys(self) -> seal.Keys:
        if self.keys is None:
            raise WrongKey(f"This step opens sealed data and needs {seal.SEAL_KEY}; none was given.")
        return self.keys

    def _create_key_file(self, keys: seal.Keys) -> None:
        zones = {zone: seal.wrap(keys.seal, seal.new_key(), f"zone {zone}") for zone in ZONES}
        proof = seal.wrap(keys.seal, _CHECK_TEXT, "proof")
        pseudonyms = seal.fingerprint(keys.pseudonym)
        content = {"format": FORMAT, "proof": proof, "pseudonyms": pseudonyms, "zones": zones}
        content |= {"operation": self.operation} if self.operation else {}
        with rotation.alone(self.root, wait=True):  # two processes may open a new lake at the same moment
            if not self.key_file.exists():
                self.write_json(self.key_file, content)

    def _prove(self, keys: seal.Keys) -> None:
        content = self._key_content
        if content["format"] != FORMAT:
            raise Permanent(
                f"This lake has format {content['format']}, this software works with {FORMAT}. "
                f"Run `imu lake migrate` (it keeps a copy), or use the matching version."
            )
        seal.unwrap(keys.seal, content["proof"], "proof")
        if content["pseudonyms"] != seal.fingerprint(keys.pseudonym):
            raise WrongKey(
                f"{seal.PSEUDONYM_KEY} is not the one this lake was filled with: people would get new pseudonyms and "
                f"be counted twice. Use the key of this lake's recovery sheet."
            )

    @cached_property
    def _key_content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.key_file.read_text(encoding="utf-8"))
        return content

    def zone_key(self, zone: str) -> str:
        """The key of a zone in the text form DuckDB takes."""
        raw = seal.unwrap(self._keys().seal, self._key_content["zones"][zone], f"zone {zone}")
        return base64.b64encode(raw).decode()

    def pseudonym(self, *parts: str) -> str:
        """A keyed hash under this office's pseudonym key."""
        return seal.pseudonym(self._keys().pseudonym, *parts)

    # -- arrivals -------------------------------------------------------------------------------------------

    def take(
        self,
        source: str,
        content: bytes | Path | BinaryIO,
        *,
        sender: str,
        file_name: str,
        partition: str | None,
        received_at: datetime,
        taken_at: datetime,
        facts: Mapping[str, Any] | None = None,
        keep: bool = True,
    ) -> tuple[Arrival, bool]:
        """Seal original bytes under their content hash; returns the arrival and whether it is new.

        The same bytes from the same source are stored once: a second delivery finds the first. Of what an office may
        not hold (`keep` is false) only the manifest is kept: that it came, from whom, and its hash.
        """
        keys = self._keys()
        data_key = seal.new_key()
        with self.scratch() as folder:
            draft = folder / "arrival"
            draft.mkdir()
            sha256, size = _seal_into(draft / "content.sealed", content, data_key)
            if not keep:
                _seal_into(draft / "content.sealed", b"", data_key)
            arrival = Arrival(
                arrival_id=sha256[:16],
                source=source,
                sender=sender,
                file_name=file_name,
                partition=partition,
                sha256=sha256,
                size=size,
                received_at=received_at,
                taken_at=taken_at,
                wrapped_key=seal.wrap(keys.seal, data_key, f"arrival {sha256}"),
                facts={**(facts or {}), **({} if keep else {"kept": False})},
            )
            known = self.folder("raw", source, arrival.arrival_id)
            if keep and known.exists() and self.arrival(source, arrival.arrival_id).facts.get("kept") is False:
                shutil.rmtree(known)  # it holds nothing; today the office may keep what came
            if known.exists():
                return self._placed(self.arrival(source, arrival.arrival_id), arrival), False
            self.write_json(draft / "manifest.json", arrival.to_json())
            with rotation.among_others(self):
                publish_folder(draft, known)
        return arrival, True

    def _placed(self, known: Arrival, again: Arrival) -> Arrival:
        """The arrival as it stands after the same bytes came again. What belonged nowhere the first time (another name,
        another account, settings of that day) may belong somewhere now; it then counts as coming now.
        """
        if known.partition is not None or again.partition is None:
            return known
        placed = replace(again, wrapped_key=known.wrapped_key)
        with rotation.among_others(self):
            self.write_json(self.folder("raw", known.source, known.arrival_id, "manifest.json"), placed.to_json())
        return placed

    def arrival(self, source: str, arrival_id: str) -> Arrival:
        """The manifest of one arrival."""
        path = self.folder("raw", source, arrival_id, "manifest.json")
        if not path.exists():
            raise Permanent(f"No arrival {arrival_id} from {source}: looked in raw/{source}. `imu status` lists them.")
        stat = path.stat()
        return _manifest(path, stat.st_mtime_ns, stat.st_size)

    def arrivals(self, source: str, until: datetime | None = None) -> list[Arrival]:
        """All arrivals of a source taken up to a moment, in the order in which they were taken."""
        folder = self.folder("raw", source)
        # Desktops lay files of their own into folders people look at (.DS_Store, Thumbs.db): no arrival is a file.
        names = [path.name for path in sorted(folder.iterdir()) if path.is_dir()] if folder.exists() else []
        found = [self.arrival(source, name) for name in names]
        kept = [arrival for arrival in found if until is None or arrival.taken_at <= until]
        return sorted(kept, key=lambda arrival: (arrival.taken_at, arrival.received_at, arrival.arrival_id))

    def open_arrival(self, arrival: Arrival) -> Iterator[bytes]:
        """The original bytes, chunk by chunk; never written to disk in the clear."""
        key = seal.unwrap(self._keys().seal, arrival.wrapped_key, f"arrival {arrival.sha256}")
        path = self.folder("raw", arrival.source, arrival.arrival_id, "content.sealed")
        with path.open("rb") as source:
            yield from seal.open_stream(source, key)

    def read_arrival(self, arrival: Arrival) -> bytes:
        """The original bytes of a small arrival."""
        return b"".join(self.open_arrival(arrival))

    def require_sealed(self, path: Path) -> None:
        """Refuse a plain Parquet file in the sealed zone (`PAR1` is plain, `PARE` an encrypted footer)."""
        with path.open("rb") as source:
            if source.read(4) != b"PARE":
                raise NotSealed(f"{path.name} in the sealed zone is a plain file and was not read. Run `imu doctor`.")


@lru_cache(maxsize=50_000)
def _manifest(path: Path, _modified: int, _size: int) -> Arrival:
    """A manifest is read once in the life of a process; only a rotation of keys writes it anew."""
    return Arrival.from_json(records.read(path))


def _seal_into(path: Path, content: bytes | Path | BinaryIO, key: bytes) -> tuple[str, int]:
    source = BytesIO(content) if isinstance(content, bytes) else content
    source = source.open("rb") if isinstance(source, Path) else source
    with source, path.open("wb") as target:
        return seal.seal_stream(source, target, key)


def publish_file(draft: Path, target: Path) -> None:
    """Move a finished file into place: written to disk first, then renamed, then the folder's entry."""
    _flush(draft)
    _make_folder(target.parent)
    draft.replace(target)
    _flush(target.parent)


def publish_folder(draft: Path, target: Path) -> None:
    """Move a finished folder into place; one that is there already stays (it holds the same arrival)."""
    for path in sorted(draft.rglob("*")):
        _flush(path)
    _flush(draft)
    _make_folder(target.parent)
    try:
        draft.rename(target)
    except OSError:
        # Somebody else may have been first, even since the last look; anything but that is an error.
        if not target.exists():
            raise
    _flush(target.parent)


def _make_folder(folder: Path) -> None:
    """Make a folder so that a power cut can't lose it with what was moved into it."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for path in missing:
        _flush(path.parent)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
