"""The drafted message says what is true of this verdict: what comes along, what to do, whom it goes to."""

from __future__ import annotations

import email
from datetime import datetime
from email.message import EmailMessage
from email.policy import default

import pytest
from small_country import activity, submission

from assets.quality import feedback, ledger
from assets.quality.feedback import Addressee
from assets.quality.ledger import Outcome
from assets.quality.verdict import Finding, conclude
from orchestration.lake import Lake

WHEN = datetime.fromisoformat("2025-03-05T10:00:00+02:00")
CASES = {
    "a number to mend": ("C-NUMBER", "cells are coloured. Please send a corrected", "your workbook, checked.xlsx"),
    "personal data": ("C-PERSONAL", "not sent back, because of the personal data", "what was found.xlsx"),
    "a damaged file": ("C-UNREADABLE", "Please send a corrected file the same way", "what was found.xlsx"),
    "a stranger": ("C-SUBMITTER", "Please do not send it here again", "what was found.xlsx"),
}


def message(lake: Lake, rule: str, partition: str = "WSH|2025-02", address: str = "wsh@c.example") -> EmailMessage:
    content = submission([activity()])
    arrival, _ = lake.take(
        "clusters", content, sender="wsh-focal", file_name="5W.xlsx", partition=partition, received_at=WHEN,
        taken_at=WHEN,
    )  # fmt: skip
    verdict = conclude(
        source="clusters", arrival_id=arrival.arrival_id, sender="wsh-focal", partition="2025-02", subject="WSH",
        rows_total=1, findings=[Finding(rule, 2, "reached")], template="new", sheet="5W",
    )  # fmt: skip
    entry = ledger.store(lake, arrival, partition, "0123456789abcdef", Outcome(verdict))
    feedback.write(lake, entry, content, Addressee("WASH cluster", address, "Kalvoria", "imu@kalvoria.example"), [])
    made = email.message_from_bytes(feedback.message_path(lake, entry).read_bytes(), policy=default)
    assert isinstance(made, EmailMessage)
    return made


@pytest.mark.parametrize(("rule", "words", "attached"), CASES.values(), ids=CASES)
def test_it_says_what_comes_along_and_what_to_do(lake: Lake, rule: str, words: str, attached: str) -> None:
    made = message(lake, rule)
    body = made.get_body(("plain",))
    assert body is not None
    assert words in " ".join(body.get_content().split())
    assert [part.get_filename() for part in made.iter_attachments()] == ["feedback.html", attached]


def test_the_page_in_it_can_be_read_in_any_script(lake: Lake) -> None:
    page = next(message(lake, "C-NUMBER").iter_attachments())
    assert page.get_content_charset() == "utf-8"


def test_an_account_nobody_knows_gets_no_invented_address(lake: Lake) -> None:
    made = message(lake, "C-SUBMITTER", "unrouted|2025-02", "")
    assert made["To"] is None
    assert made["Subject"].startswith("Kalvoria: the file you sent, received 2025-03-05")
