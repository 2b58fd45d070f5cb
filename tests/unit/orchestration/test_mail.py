"""Mails in the inbox: attachments become the account's files, whole, once, and nothing of the mail is kept."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from orchestration import inbox, mail, seal
from orchestration.lake import Lake

SENT, LAID = datetime(2025, 3, 4, 9, 30, tzinfo=UTC), datetime(2025, 3, 5, 8, 0, tzinfo=UTC)
NOW = datetime(2025, 3, 31, 20, 0, tzinfo=UTC)
ACCOUNTS = {
    "wsh@clusters.example": [("clusters", "wsh-focal")],
    "statistics@kalvoria.example": [("displacement", "statistics-office"), ("population", "statistics-office")],
}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path, seal.Keys(b"s" * 32, b"p" * 32)).open()


def message(*files: tuple[str, bytes], sender: str = "Somebody <WSH@clusters.example>") -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, "imu@kalvoria.example", "5W March, call Olena on 050 123"
    made["Date"] = SENT
    made.set_content("Dear all, the list of Olena Vymyshlena is attached.")
    for name, content in files:
        made.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return made


def put(lake: Lake, place: str, made: EmailMessage) -> Path:
    path = lake.folder("inbox") / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(made.as_bytes())
    os.utime(path, (LAID.timestamp(), LAID.timestamp()))
    return path


def laid(lake: Lake) -> dict[str, bytes]:
    root = lake.folder("inbox")
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.parametrize("place", ["mail/a.eml", "mail/2025/march/a.eml", "clusters/wsh-focal/a.eml"])
def test_attachments_become_files_of_the_account(lake: Lake, place: str) -> None:
    put(lake, place, message(("WASH березень.xlsx", b"one"), ("more.csv", b"two"), ("logo.png", b"picture")))
    assert mail.unpack(lake, ACCOUNTS, "clusters") == 2
    assert laid(lake) == {"clusters/wsh-focal/WASH березень.xlsx": b"one", "clusters/wsh-focal/more.csv": b"two"}
    ready, _ = inbox.look(lake, "clusters", NOW)
    assert [(one.sender, one.modified) for one in ready] == [("wsh-focal", SENT)] * 2


def test_a_mail_for_another_source_stays(lake: Lake) -> None:
    path = put(lake, "mail/a.eml", message(("a.xlsx", b"one")))
    assert mail.unpack(lake, ACCOUNTS, "displacement") == 0
    assert path.exists()


UNCLEAR = {
    "an address nobody named": ("mail/a.eml", message(("a.csv", b"1"), sender="x@y.example"), "on no list"),
    "no address": ("mail/a.eml", message(("a.csv", b"1"), sender="nobody at all"), "on no list"),
    "an account of two sources": (
        "mail/a.eml", message(("a.csv", b"1"), sender="statistics@kalvoria.example"), "inbox/population/statistics-office/",
    ),
    "no data": ("mail/a.eml", message(("logo.png", b"1")), "no attachment that is data"),
    "no folder of a sender": ("clusters/a.eml", message(("a.csv", b"1")), "no sender's folder"),
}  # fmt: skip


@pytest.mark.parametrize(("place", "made", "words"), UNCLEAR.values(), ids=UNCLEAR)
def test_what_nobody_can_place_stays_and_says_why(lake: Lake, place: str, made: EmailMessage, words: str) -> None:
    path = put(lake, place, made)
    found, unclear = mail.look(lake, ACCOUNTS)
    assert (found, len(unclear)) == ([], 1)
    assert words in unclear[0].reason
    assert "@" not in unclear[0].reason
    assert path.exists()


def test_a_forwarded_mail_gives_its_attachment_too(lake: Lake) -> None:
    outer = message()
    outer.add_attachment(message(("inside.ods", b"deep")))
    put(lake, "mail/a.eml", outer)
    assert mail.unpack(lake, ACCOUNTS, "clusters") == 1
    assert laid(lake) == {"clusters/wsh-focal/inside.ods": b"deep"}


@pytest.mark.parametrize("name", ["../../../raw/evil.csv", "..\\..\\evil.csv", "/etc/evil.csv", "C:\\evil.csv"])
def test_an_attachments_name_leads_nowhere_else(lake: Lake, name: str) -> None:
    put(lake, "mail/a.eml", message((name, b"1")))
    mail.unpack(lake, ACCOUNTS, "clusters")
    (path,) = laid(lake)
    assert path.startswith("clusters/wsh-focal/")
    assert path.count("/") == 2
    assert path.endswith("evil.csv")


def test_a_lock_files_name_and_an_endless_one_are_still_taken(lake: Lake) -> None:
    put(lake, "mail/a.eml", message(("~$WASH.xlsx", b"1"), (f"{'w' * 300}.xlsx", b"2")))
    mail.unpack(lake, ACCOUNTS, "clusters")
    assert len(inbox.look(lake, "clusters", NOW)[0]) == 2


def test_two_files_of_one_name_are_both_there(lake: Lake) -> None:
    put(lake, "mail/a.eml", message(("report.xlsx", b"one")))
    put(lake, "mail/b.eml", message(("report.xlsx", b"two")))
    assert mail.unpack(lake, ACCOUNTS, "clusters") == 2
    assert sorted(laid(lake).values()) == [b"one", b"two"]


def test_a_crash_before_the_mail_is_gone_changes_nothing(lake: Lake) -> None:
    made = message(("report.xlsx", b"one"))
    put(lake, "mail/a.eml", made)
    mail.unpack(lake, ACCOUNTS, "clusters")
    once = laid(lake)
    put(lake, "mail/a.eml", made)
    mail.unpack(lake, ACCOUNTS, "clusters")
    assert laid(lake) == once


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00garbage", b"From: \n\n", b"Content-Type: multipart/mixed\n\nx"])
def test_something_that_is_no_mail_stays(lake: Lake, content: bytes) -> None:
    path = lake.folder("inbox", "mail", "a.eml")
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    found, unclear = mail.look(lake, ACCOUNTS)
    assert (found, [one.path for one in unclear]) == ([], [path])
