"""Publishing on HDX exactly once and whole: check, compare, write only what differs, read everything back.

Belongs here: the publisher, over hdx-python-api. Does not belong here: what a publication is and how it differs
(`hdx_checks.py`), how the library is held to one host (`hdx_session.py`), which release goes when.

The library alone loses files: after a half-failed creation HDX keeps the hash of a file that never arrived, and the
next run takes it for unchanged. So nothing is believed here: each round reads HDX, downloads every file, writes what
differs, and only a reading without any difference is a receipt.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from orchestration.failures import ImuError, Permanent, Transient
from orchestration.hdx_checks import (
    PLACEHOLDER,
    Changes,
    Problem,
    Publication,
    compare,
    fingerprint,
    first_of_each,
    problems,
    sha256_of,
    wanted_fields,
)
from orchestration.hdx_rights import rights
from orchestration.hdx_session import Connection, NameTakenError, Session, busy, is_loopback, literal
from orchestration.hdx_write import Writer

GONE = frozenset({401, 403, 404, 410, 500})  # CKAN answers 500 when its disk lost the file


@dataclass(frozen=True)
class PublishedFile:
    """One file as HDX serves it now, read back."""

    name: str
    resource_id: str
    sha256: str
    url: str


@dataclass(frozen=True)
class Receipt:
    """The proof of a publication: HDX shows exactly this, bytes included."""

    dataset: str
    dataset_id: str
    version: str
    fingerprint: str
    files: tuple[PublishedFile, ...]
    changed: tuple[str, ...]  # one line for each difference that was found at the beginning
    unchanged: bool  # nothing had to be written


class HdxPublisher:
    """Publishes releases to one HDX, for one organisation.

    Every host but this computer is refused, unless `verify_certificate` accepts the very copy of the release that
    would be sent (it raises otherwise). No setting overrides that.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        user_agent: str,
        organisation: str,
        maintainer: str,
        verify_certificate: Callable[[Publication], None] | None = None,
        connect_timeout: float = 10.0,
        read_timeout: float = 300.0,
        attempts: int = 3,
        wait_seconds: float = 2.0,
        lists: Mapping[str, str] | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._connection = Connection(
            literal(url),
            key,
            user_agent,
            (connect_timeout, read_timeout),
            dict(lists or {}),
            max(1, attempts),
            wait_seconds,
        )
        self._connection.refuse_foreign_lists()
        self._organisation = organisation
        self._maintainer = maintainer
        self._verify_certificate = verify_certificate
        self._user_agent = user_agent
        self._clock = clock

    def preflight(self, release: Publication | None = None) -> list[Problem]:
        """Return every reason why a publication would fail, without writing anything."""
        found = problems(release) if release else []
        if found:
            return found
        with self._opened(release) as (session, copy):
            return rights(session, self._organisation, self._maintainer, copy)[0]

    def plan(self, release: Publication) -> Changes:
        """Return what publishing would change, field by field and file by file; nothing is written."""
        with self._round(release) as round_:
            return round_.read()[1]

    def publish(self, release: Publication) -> Receipt:
        """Bring HDX to exactly this release and read it back; publishing again after any failure is safe."""
        with self._round(release) as round_:
            return round_.converge()

    @contextmanager
    def _round(self, release: Publication) -> Iterator[_Round]:
        _refuse(problems(release), release.name)
        with self._opened(release) as (session, copy):
            found, own = rights(session, self._organisation, self._maintainer, copy)
            _refuse(found, release.name)
            if copy is None or own is None:
                raise AssertionError("a release without problems has rights")
            session.connection.use_tags(own.vocabulary)
            hashes = {file.name: sha256_of(file.path) for file in copy.resources}
            wanted = wanted_fields(copy, own.organisation, own.maintainer)
            stamp = self._clock().astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
            yield _Round(session, Writer(copy, wanted, own, self._user_agent, stamp), hashes)

    @contextmanager
    def _opened(self, release: Publication | None) -> Iterator[tuple[Session, Publication | None]]:
        """Copy the files where nobody can change them any more, have the copy verified, then open the library."""
        with tempfile.TemporaryDirectory(prefix="imu-hdx-") as folder:
            copy = _private_copy(release, Path(folder)) if release else None
            self._latch(copy)
            with self._connection.library() as session:
                yield session, copy

    def _latch(self, release: Publication | None) -> None:
        """Refuse every host but this computer without a verified certificate for these bytes."""
        url = self._connection.url
        if is_loopback(url):
            return
        refusal = f"{urlsplit(url).hostname} is not this computer; nothing was sent to it"
        if not url.startswith("https://"):
            raise Permanent(f"{refusal}. A key and data travel over https only.")
        if release is None or self._verify_certificate is None:
            raise Permanent(f"{refusal}. It needs a release with a verified disclosure certificate.")
        before = fingerprint(release)
        try:
            self._verify_certificate(release)
        except Exception as error:  # whatever a verifier raises means no
            raise Permanent(f"{refusal}. The disclosure certificate was not accepted: {error}") from error
        if fingerprint(release) != before:
            raise Permanent(f"{refusal}. The files changed while their certificate was verified.")


@dataclass(frozen=True)
class _Round:
    """One publication under way: read, compare, write, until a reading shows no difference."""

    session: Session
    writer: Writer
    hashes: Mapping[str, str]

    def read(self) -> tuple[Mapping[str, Any] | None, Changes]:
        """Return the dataset as HDX shows it, and how it differs; every file is downloaded and compared."""
        release = self.writer.release
        found = self.session.ask("package_show", {"id": release.name})
        if found is None:
            return None, compare(release, self.writer.wanted, None, frozenset())
        if found["owner_org"] != self.writer.rights.organisation:
            raise Permanent(f"dataset {release.name} belongs to another organisation on HDX; choose another name")
        if found.get("state") != "active":
            raise Permanent(f"dataset {release.name} was deleted on HDX; ask HDX to restore it or choose another name")
        sizes = {file.name: file.path.stat().st_size for file in release.resources}
        differing = {
            item["name"]
            for item in first_of_each(found["resources"])
            if item["name"] in sizes and self._served(item, sizes[item["name"]]) != self.hashes[item["name"]]
        }
        return found, compare(release, self.writer.wanted, found, frozenset(differing))

    def converge(self) -> Receipt:
        """Write what differs and read again; a lost answer or a lost file shows up as a difference."""
        trouble: ImuError | None = None
        found, first = self.read()
        changes = first
        for attempt in range(1, self.session.connection.attempts + 1):
            if changes.empty:
                break
            trouble = self._write(found, changes, attempt)
            found, changes = self.read()
        if found is not None and changes.empty:
            return self._receipt(found, first)
        if isinstance(trouble, NameTakenError):
            raise Permanent(f"{trouble}, by a dataset this account may not see; choose another name") from trouble
        if trouble is not None:
            raise trouble
        told = "; ".join(changes.lines())
        raise Permanent(f"HDX accepted {self.writer.release.name} but does not show what was sent: {told}")

    def _write(self, found: Mapping[str, Any] | None, changes: Changes, attempt: int) -> ImuError | None:
        """Write once; return the trouble after which a new reading tells what was done."""
        name = self.writer.release.name
        doing = f"creating dataset {name}" if found is None else f"updating dataset {name}"
        work = self.writer.create if found is None else lambda: self.writer.revise(found, changes)
        try:
            self.session.connection.explained(doing, work)
        except (Transient, NameTakenError) as error:
            self.session.wait(attempt)
            return error
        return None

    def _served(self, resource: Mapping[str, Any], size: int) -> str | None:
        """Return the sha256 of the file HDX serves; None if it cannot be ours."""
        url = str(resource.get("url") or "")
        told = str(resource.get("size"))
        if resource.get("url_type") != "upload" or url.endswith(PLACEHOLDER) or (told.isdigit() and int(told) != size):
            return None
        digest: str | None = self.session.patiently(
            f"downloading resource {resource['name']}", lambda: self._downloaded(literal(url))
        )
        return digest

    def _downloaded(self, url: str) -> str | None:
        connection = self.session.connection
        headers = {"Accept-Encoding": "identity", "Cache-Control": "no-cache"}
        if urlsplit(url)[:2] == urlsplit(connection.url)[:2]:  # a private file; the key goes nowhere else
            headers["Authorization"] = connection.key
        digest = hashlib.sha256()
        with self.session.configuration.get_session().get(url, headers=headers, stream=True) as response:
            if response.status_code in GONE:
                return None
            if response.status_code != HTTPStatus.OK:
                raise busy(response.status_code)
            for piece in response.iter_content(2**20):
                digest.update(piece)
        return digest.hexdigest()

    def _receipt(self, found: Mapping[str, Any], first: Changes) -> Receipt:
        release = self.writer.release
        files = tuple(
            PublishedFile(item["name"], item["id"], self.hashes[item["name"]], item["url"])
            for item in found["resources"]
        )
        return Receipt(
            release.name, found["id"], release.version, fingerprint(release), files, tuple(first.lines()), first.empty
        )


def _private_copy(release: Publication, folder: Path) -> Publication:
    """Copy the files: what is verified, what is sent and what is compared are then the same bytes."""
    copies = []
    for number, file in enumerate(release.resources):
        copy = folder / str(number) / file.path.name
        copy.parent.mkdir()
        shutil.copyfile(file.path, copy)
        copies.append(file._replace(path=copy))
    return replace(release, resources=tuple(copies))


def _refuse(found: Sequence[Problem], name: str) -> None:
    if found:
        told = "; ".join(str(problem) for problem in found)
        raise Permanent(f"{name} was not published, and nothing was written on HDX: {told}")
