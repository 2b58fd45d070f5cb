"""Chunks of a long transfer under way: each sealed as it comes, none of them in sight before the transfer is whole.

Belongs here: keeping whole chunks so that a transfer which was cut off goes on after the last one, and handing them on
as one stream. Does not belong here: what is transferred, or from where (`assets/registry/pull.py`).

They lie in `state/`, where nobody looks for data. Their key comes from the lake's zone key, which a rotation of the
office's key leaves as it is.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from io import BufferedReader, BytesIO, RawIOBase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration import seal
from orchestration.failures import Transient
from orchestration.locks import ALONE, AT_ONCE, locked

if TYPE_CHECKING:
    from orchestration.lake import Lake

_FOLDER = "transfers"
_BUSY = "Another run is reading this very extract. Wait until it has ended; nothing was read twice."


class Chunks:
    """The chunks of one transfer, by its name."""

    def __init__(self, lake: Lake, name: str) -> None:
        self._lake = lake
        self._folder = lake.folder("state", _FOLDER, name)
        zone = base64.b64decode(lake.zone_key("checked"))
        self._key = hmac.new(zone, b"imu transfer chunks", hashlib.sha256).digest()

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the transfer: two processes that read the same at once would mix their chunks. The second is told."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with locked(self._folder, ALONE | AT_ONCE, busy=_BUSY):
            yield
            with suppress(OSError):
                self._folder.rmdir()  # only if nothing is left to go on with

    @property
    def notes(self) -> dict[str, Any]:
        """What the transfer wrote down about itself (no values); empty where none is under way."""
        path = self._folder / "notes.json"
        return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}

    def note(self, notes: Mapping[str, Any]) -> None:
        """Write down something about the transfer that is not personal."""
        self._lake.write_json(self._folder / "notes.json", dict(notes))

    def add(self, mark: Mapping[str, Any], content: bytes) -> None:
        """Seal one more chunk with its mark (where it ended); it is there whole or not at all."""
        number = len(self._files()) + 1
        line = json.dumps(mark).encode() + b"\n"

        def write(draft: Path) -> None:
            with draft.open("wb") as target:
                seal.seal_stream(BytesIO(line + content), target, self._key)

        self._lake.write(self._folder / f"{number:06d}.sealed", write)

    def last_mark(self) -> dict[str, Any] | None:
        """Where the last whole chunk ended."""
        files = self._files()
        return self._opened(files[-1])[0] if files else None

    def contents(self) -> Iterator[bytes]:
        """Every chunk's content, in order."""
        for path in self._files():
            yield self._opened(path)[1]

    def clear(self) -> None:
        """Forget the transfer, from its end: what a power cut leaves of it is a beginning."""
        for path in reversed(self._files()):
            path.unlink()
        (self._folder / "notes.json").unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.sealed"))

    def _opened(self, path: Path) -> tuple[dict[str, Any], bytes]:
        with path.open("rb") as source:
            line, _, content = b"".join(seal.open_stream(source, self._key)).partition(b"\n")
        return dict(json.loads(line)), content


def forget_but(lake: Lake, names: Collection[str]) -> list[str]:
    """Clear every transfer that is not among these: nobody will go on with it, and its chunks hold people's data."""
    folder = lake.folder("state", _FOLDER)
    left = [path.name for path in sorted(folder.iterdir()) if path.name not in names] if folder.exists() else []
    for name in left:
        with suppress(Transient), Chunks(lake, name).alone():  # one that is held is at work just now
            Chunks(lake, name).clear()
    return left


class _Stream(RawIOBase):
    """Bytes that come in pieces, as a file to read from."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = piece
        taken = self._rest[: len(buffer)]
        buffer[: len(taken)] = taken
        self._rest = self._rest[len(taken) :]
        return len(taken)


def as_file(pieces: Iterable[bytes]) -> BufferedReader:
    """Pieces as one file; `read(n)` gives n bytes until the end, as sealing needs it."""
    return BufferedReader(_Stream(pieces), buffer_size=seal.CHUNK)
