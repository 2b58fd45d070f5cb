"""The inbox: which files lying in `data_lake/inbox/<source>/<sender>/` are ready to be taken, and taking them.

Belongs here: the manners of shared folders (half-copied files, lock files, conflict copies), sealing, clearing
the inbox. Does not belong here: what is in a file; that is each source's check.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestration.lake import Arrival, Lake

QUIET_SECONDS = 60
# Office lock files, hidden files, downloads in progress: none of them is somebody's submission. Mails are opened first
# (mail.py).
_NOT_A_FILE = re.compile(r"^(~\$|\.|Thumbs\.db$|desktop\.ini$)|\.(tmp|part|crdownload|partial|eml)$", re.IGNORECASE)
# How Nextcloud, Dropbox, Google Drive, Syncthing and OneDrive name the loser of two edits at once.
_CONFLICT_COPY = re.compile(
    r"conflict(ed)? copy|\[conflict\]|\.(sync-)?conflict[-.]|-(desktop|laptop)-[a-z0-9]{7}\.\w+$", re.IGNORECASE
)
# An e-mail address or a telephone number; a date (20250331) is none.
_REACHES_SOMEBODY = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*|\+\d[\d ()-]{7,}\d|(?<!\d)0\d{2}[ -]?\d{3}[ -]?\d{2}[ -]?\d{2}(?!\d)"
)


@dataclass(frozen=True)
class Waiting:
    """A file that lies in the inbox and will not be taken now, and why."""

    source: str
    sender: str
    file_name: str
    reason: str


@dataclass(frozen=True)
class Ready:
    """A file that can be taken."""

    path: Path
    source: str
    sender: str
    modified: datetime

    @property
    def name(self) -> str:
        """The file's name as it is kept."""
        return shown_name(self.path)


def shown_name(path: Path) -> str:
    """A file's name without what reaches somebody: manifests lie open, and people write into names whom to call."""
    return _REACHES_SOMEBODY.sub("…", path.stem) + path.suffix


def look(
    lake: Lake, source: str, now: datetime, accounts: Collection[str] | None = None
) -> tuple[list[Ready], list[Waiting]]:
    """What lies in one source's inbox: ready files in the order of their own time, and what waits.

    `accounts` are those that may send; a file in anybody else's folder waits, with the reason.
    """
    ready: list[Ready] = []
    waiting: list[Waiting] = []
    folder = lake.folder("inbox", source)
    for path in sorted(folder.rglob("*")) if folder.exists() else []:
        inside = path.relative_to(folder).parts
        # Hidden folders are the shared folder's own affair (.stversions holds old versions of everything).
        if any(_NOT_A_FILE.search(part) for part in inside) or not (path.is_file() or path.is_symlink()):
            continue
        reason = _why_not(inside, path, now, accounts)
        if reason:
            waiting.append(Waiting(source, inside[0] if len(inside) > 1 else "", shown_name(path), reason))
        else:
            ready.append(Ready(path, source, inside[0], _modified(path, now)))
    return sorted(ready, key=lambda file: (file.modified, str(file.path))), waiting


def misplaced(lake: Lake, sources: Collection[str]) -> list[Waiting]:
    """What lies in the inbox but in no folder of a source: nobody would ever look there."""
    sources = {*sources, "mail"}
    known = f"the folders are {', '.join(f'inbox/{source}/' for source in sorted(sources))}"
    found: list[Waiting] = []
    folder = lake.folder("inbox")
    for path in sorted(folder.rglob("*")) if folder.exists() else []:
        inside = path.relative_to(folder).parts
        if path.is_file() and inside[0] not in sources and not any(_NOT_A_FILE.search(part) for part in inside):
            source = inside[0] if len(inside) > 1 else ""
            found.append(Waiting(source, "", shown_name(path), f"no source has this folder: {known}; move the file"))
    return found


def _why_not(inside: Sequence[str], path: Path, now: datetime, accounts: Collection[str] | None) -> str | None:
    if path.is_symlink():
        # Whoever may write here could otherwise have any file of this computer read and sent back.
        return "it is a link and not a file, and is not followed: copy the file itself here"
    if len(inside) == 1:
        return "it lies in no sender's folder: move it into the folder of the account that sent it"
    if accounts is not None and inside[0] not in accounts:
        return f"the account {inside[0]} may not send for this source: only {', '.join(sorted(accounts))} may"
    if path.stat().st_size == 0:
        return "it is empty: it is still being copied, or was saved without content"
    if _CONFLICT_COPY.search(path.name):
        return (
            "it is a conflict copy (two people saved at once): keep the right one under its own name, delete the other"
        )
    age = now.timestamp() - path.stat().st_mtime
    if 0 <= age < QUIET_SECONDS:
        return f"it changed {age:.0f} seconds ago: it is taken once it has been still for {QUIET_SECONDS} seconds"
    return None


def _modified(path: Path, now: datetime) -> datetime:
    return min(datetime.fromtimestamp(path.stat().st_mtime, tz=now.tzinfo), now)


_State = tuple[int, int, int]
_Place = tuple[str | None, Mapping[str, Any]]
Describe = Callable[[Ready], _Place]


def take_all(
    lake: Lake, source: str, now: datetime, describe: Describe, accounts: Collection[str] | None = None
) -> tuple[list[Arrival], list[Arrival]]:
    """Seal every ready file and clear it from the inbox; returns new arrivals and re-sent known ones.

    `describe` says to which partition a file belongs and what else the manifest should hold; with `kept: False` among
    it the office may not hold the file, and only the manifest stays. The file leaves the
    inbox only after its sealed copy is safely in place, so a crash in between takes it again and finds it known. A file
    that somebody saved anew while it was being taken stays for the next time.
    """
    new: list[Arrival] = []
    known: list[Arrival] = []
    for file, before, (partition, facts) in _described(look(lake, source, now, accounts)[0], describe):
        if _state(file.path) != before:
            continue  # saved anew while it waited for its turn: the next look reads it as it is then
        arrival, is_new = lake.take(
            source,
            file.path,
            sender=file.sender,
            file_name=file.name,
            partition=partition,
            received_at=file.modified,
            taken_at=now,
            facts=facts,
            keep=facts.get("kept", True),
        )
        if not is_new and not _is_the_same_delivery(arrival, file):
            _note_again(lake, arrival, file, now)
        (new if is_new else known).append(arrival)
        if _state(file.path) == before:
            file.path.unlink()
    return new, known


def _described(files: Sequence[Ready], describe: Describe) -> Iterator[tuple[Ready, _State, _Place]]:
    """Each file with its state before it was read: while one is sealed, the next is already being read."""

    def read(file: Ready) -> tuple[Ready, _State, _Place]:
        return file, _state(file.path), describe(file)

    with ThreadPoolExecutor(2) as pool:
        yield from pool.map(read, files)


def _state(path: Path) -> _State:
    """What changes when a file is written anew, replaced by another, or taken away."""
    try:
        stat = path.stat()
    except FileNotFoundError:
        return 0, 0, 0
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


def _is_the_same_delivery(arrival: Arrival, file: Ready) -> bool:
    """Whether this very file was sealed before and a crash came before it was cleared: nobody sent anything again."""
    return (arrival.sender, arrival.file_name, arrival.received_at) == (file.sender, file.name, file.modified)


def _note_again(lake: Lake, arrival: Arrival, file: Ready, now: datetime) -> None:
    """Remember that the same bytes came again, under which name and from whom: nothing is silent."""
    stamp = file.modified.strftime("%Y%m%dT%H%M%S")
    # Two accounts may send the same bytes in the same second; each of them is told.
    delivery = hashlib.sha256(f"{file.sender}/{file.name}".encode()).hexdigest()[:8]
    lake.write_json(
        lake.folder("quality", arrival.source, "again", f"{arrival.arrival_id}-{stamp}-{delivery}.json"),
        {
            "arrival_id": arrival.arrival_id,
            "file_name": file.name,
            "sender": file.sender,
            "received_at": file.modified.isoformat(),
            "taken_at": now.isoformat(),
        },
    )
