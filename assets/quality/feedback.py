"""What goes back to the sender after a verdict: a page, their workbook marked, and a drafted message with both.

Belongs here: where these lie and what the message says. Does not belong here: the page (`report.py`), the marking
(`returned.py`), sending (a mail program, by a person).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from functools import lru_cache
from pathlib import Path

from assets.quality.ledger import Entry
from assets.quality.report import About, mark_of, may_be_returned, partner_page
from assets.quality.returned import returned_workbook
from assets.quality.verdict import Verdict
from orchestration.lake import Lake

# Sources whose senders get an answer.
ANSWERED = ("clusters",)
# Where files of accounts lie that belong to no cluster.
UNROUTED = "unrouted"
_XLSX = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")


@dataclass(frozen=True)
class Addressee:
    """Who gets it and who answers questions."""

    name: str
    email: str
    operation: str
    contact: str


def page_path(lake: Lake, entry: Entry) -> Path:
    """`site/partners/<cluster>/<month>/<arrival>.html`."""
    return lake.folder("site", "partners", *_folder(entry), f"{entry.arrival_id}.html")


def message_path(lake: Lake, entry: Entry) -> Path:
    """`outbox/<cluster>/<month>/<arrival>.eml`: opens in any mail program, ready to send."""
    return lake.folder("outbox", *_folder(entry), f"{entry.arrival_id}.eml")


def _folder(entry: Entry) -> Sequence[str]:
    return entry.partition.split("|")


def write(lake: Lake, entry: Entry, content: bytes, to: Addressee, earlier: Sequence[Entry]) -> Path:
    """Write page and message of one verdict; the page compares with the version before."""
    verdict = Verdict.from_json(entry.verdict)
    previous = Verdict.from_json(earlier[-1].verdict) if earlier else None
    about = About(
        operation=to.operation,
        sender_name=to.name,
        period=entry.partition.split("|")[-1],
        file_name=entry.file_name,
        received=entry.received_at.strftime("%Y-%m-%d %H:%M"),
        contact=to.contact,
        sequence=len(earlier) + 1,
    )
    html = partner_page(verdict, about, previous)
    message = _message(entry, verdict, to, html, returned_workbook(content, verdict))
    lake.write(message_path(lake, entry), lambda draft: draft.write_bytes(message))
    # The page is written last: it says that the answer is complete. The message can't, people move it when it is sent.
    return lake.write(page_path(lake, entry), lambda draft: draft.write_text(html, encoding="utf-8"))


def is_written(lake: Lake, entry: Entry) -> bool:
    """Whether the sender's page is that of this verdict; after a crash it may be missing or of an earlier one."""
    path = page_path(lake, entry)
    if not path.exists():
        return False
    stat = path.stat()
    return f'content="{mark_of(entry.verdict)}"' in _head(path, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=50_000)
def _head(path: Path, _modified: int, _size: int) -> str:
    with path.open(encoding="utf-8") as page:
        return page.read(400)


def _message(entry: Entry, verdict: Verdict, to: Addressee, html: str, workbook: bytes) -> bytes:
    """A draft without a date or an id of its own, so that the same verdict gives the same bytes."""
    message = EmailMessage(policy=SMTP)
    if to.email:
        message["To"] = to.email
    message["From"] = to.contact
    message["Subject"] = f"{to.operation}: {_about(entry)}: {_word(verdict)}"
    message["X-Unsent"] = "1"  # mail programs open it for editing instead of as received
    message.set_content(
        f"Dear colleagues,\n\n{verdict.summary}\n\n{_enclosed(verdict)}\n\nThank you,\n{to.contact}\n"
    )
    returned = may_be_returned(verdict)
    message.add_attachment(html, subtype="html", filename="feedback.html")
    name = "your workbook, checked.xlsx" if returned else "what was found.xlsx"
    message.add_attachment(workbook, maintype=_XLSX[0], subtype=_XLSX[1], filename=name)
    message.set_boundary(f"imu-{entry.arrival_id}")
    return message.as_bytes()


def _about(entry: Entry) -> str:
    """What the message is about; a file of no cluster is nobody's workbook of a month."""
    cluster, month = _folder(entry)[0], _folder(entry)[-1]
    return f"the file you sent, received {entry.received_at:%Y-%m-%d}" if cluster == UNROUTED else f"{cluster} {month}"


def _enclosed(verdict: Verdict) -> str:
    """What comes along and what to do, true for this verdict."""
    rules = {finding.rule.split("-", 1)[1] for finding in verdict.findings}
    if "SUBMITTER" in rules:
        return "The page attached says to whom to send it instead. Please do not send it here again."
    if "PERSONAL" in rules:
        return (
            "Your file is not sent back, because of the personal data in it. The page attached says where it stands. "
            "Please delete it there and in your copies, and send the file again."
        )
    if not may_be_returned(verdict):
        return "The page attached says why, and what to do. Please send a corrected file the same way."
    colours = "in the workbook attached the cells are coloured. Please send a corrected workbook the same way."
    return f"The page attached says what to mend first and how; {colours}"


def _word(verdict: Verdict) -> str:
    return verdict.verdict.value.replace("_", " ")
