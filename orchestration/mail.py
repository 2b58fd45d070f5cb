"""Mails laid into the inbox: their attachments become files of the account that sent them.

Belongs here: reading `.eml` files, whose mail it is, laying attachments where they would lie had somebody saved them
there. Does not belong here: fetching mail (the office's mail program does, or a rule on its server), taking the files.

Two places: `inbox/mail/` for an export of a mailbox, where the sender's address says account and source, and
`inbox/<source>/<account>/`, where the folder says both. The text of a mail is read by nobody and kept nowhere.
"""

from __future__ import annotations

import email
import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr, parsedate_to_datetime
from pathlib import Path

from orchestration.lake import Lake

MAILBOX = "mail"
# What people send as data; signatures, logos and invitations come along with every mail.
_DATA = frozenset((".xlsx", ".xls", ".xlsm", ".ods", ".csv", ".tsv", ".txt", ".zip", ".parquet", ".json", ".geojson"))
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\x00-\x1f]')
_LONGEST_NAME = 120

Accounts = Mapping[str, Sequence[tuple[str, str]]]  # address -> (source, account), all it may send for


@dataclass(frozen=True)
class Mail:
    """A mail that can be unpacked: where its attachments belong, and how many of them are data."""

    path: Path
    source: str
    account: str
    attachments: int


@dataclass(frozen=True)
class Unclear:
    """A mail that stays where it is, and why. Its sender is not named: an address is a person's."""

    path: Path
    reason: str


def look(lake: Lake, accounts: Accounts) -> tuple[list[Mail], list[Unclear]]:
    """Every mail in the inbox, in the order of their names."""
    found: list[Mail] = []
    unclear: list[Unclear] = []
    folder = lake.folder("inbox")
    for path in sorted(folder.rglob("*.eml")) if folder.exists() else []:
        if any(part.startswith(".") for part in path.relative_to(folder).parts):
            continue
        place = _place(path.relative_to(folder).parts, path, accounts)
        if isinstance(place, str):
            unclear.append(Unclear(path, place))
            continue
        count = sum(1 for _ in _attachments(_read(path)))
        if count:
            found.append(Mail(path, *place, count))
        else:
            unclear.append(Unclear(path, "it has no attachment that is data: answer it, then delete it"))
    return found, unclear


def unpack(lake: Lake, accounts: Accounts, source: str) -> int:
    """Lay the attachments of every mail for a source into the inbox, then remove the mail; returns how many files.

    A crash in between leaves the mail: its attachments are laid down again, under the same names with the same bytes.
    """
    laid = 0
    for mail in look(lake, accounts)[0]:
        if mail.source != source:
            continue
        message = _read(mail.path)
        for number, (name, content) in enumerate(_attachments(message), start=1):
            _lay(lake.folder("inbox", mail.source, mail.account), _safe(name, number), content, _moment(message, mail))
            laid += 1
        mail.path.unlink()
    return laid


def _place(inside: Sequence[str], path: Path, accounts: Accounts) -> tuple[str, str] | str:
    """Source and account of a mail, or why nobody can say."""
    if inside[0] != MAILBOX:
        return (inside[0], inside[1]) if len(inside) > 2 else "it lies in no sender's folder: move it into one"
    address = parseaddr(str(_read(path).get("From", "")))[1].lower()
    places = accounts.get(address, ())
    if not places:
        return "its sender is on no list (operation.yml, mail): add the address there, or delete the mail"
    if len(places) > 1:
        folders = ", ".join(f"inbox/{source}/{account}/" for source, account in places)
        return f"its sender sends for more than one source: move the mail into one of {folders}"
    return places[0]


def _read(path: Path) -> EmailMessage:
    with path.open("rb") as source:
        message = email.message_from_binary_file(source, policy=default)
    assert isinstance(message, EmailMessage)  # noqa: S101 - the policy says so
    return message


def _attachments(message: EmailMessage) -> Iterator[tuple[str, bytes]]:
    """Data only, also of mails that were forwarded as attachments."""
    for part in message.walk():
        name = part.get_filename()
        if name and Path(name).suffix.lower() in _DATA and not part.is_multipart():
            content = part.get_payload(decode=True)
            if isinstance(content, bytes) and content:
                yield name, content


def _safe(name: str, number: int) -> str:
    """A file's name without a way out of its folder."""
    clean = _NOT_IN_NAMES.sub("_", Path(name.replace("\\", "/")).name).lstrip("~$. ").strip()
    stem, suffix = Path(clean).stem[:_LONGEST_NAME], Path(clean).suffix
    return f"{stem or f'attachment {number}'}{suffix}"


def _moment(message: EmailMessage, mail: Mail) -> datetime:
    """When it was sent, but never after the mail itself was laid down."""
    laid = datetime.fromtimestamp(mail.path.stat().st_mtime, tz=UTC)
    try:
        sent = parsedate_to_datetime(str(message.get("Date", "")))
    except ValueError:
        return laid
    return min(sent if sent.tzinfo else sent.replace(tzinfo=UTC), laid)


def _lay(folder: Path, name: str, content: bytes, moment: datetime) -> None:
    """Write a file under a name of its own; hidden until it is whole, so that nobody takes half of it."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / name
    if target.exists() and target.read_bytes() != content:
        target = folder / f"{target.stem} {hashlib.sha256(content).hexdigest()[:8]}{target.suffix}"
    draft = folder / f".{target.name}.part"
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.utime(draft, (moment.timestamp(), moment.timestamp()))
    draft.replace(target)
