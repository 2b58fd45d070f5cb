"""What an officer wants to know today, gathered as plain data: arrivals, verdicts, releases, holds, who owes what, what
comes up.

Belongs here: gathering, for the page and for `imu status` alike. Does not belong here: how it looks, what lies ahead
(`ahead.py`).

A damaged record is named and left out; whoever builds on it (a release, the tables) stops at it instead.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from assets.portal import ahead
from assets.quality import ledger
from orchestration import buttons, identity, inbox, mail, publications, records, senders
from orchestration.calendar import Due, deadline, due_between
from orchestration.office import Office

OUT = ("published", "published late")
VERDICT_WORDS = {
    "accepted": "accepted",
    "accepted_with_warnings": "accepted, to be looked at",
    "partly_accepted": "partly accepted",
    "refused": "refused",
}


@dataclass(frozen=True)
class SourceLine:
    """One source: how much arrived, and what became of it."""

    source: str
    arrivals: int
    verdicts: dict[str, int]
    rows_accepted: int
    rows_refused: int


@dataclass(frozen=True)
class ReleaseLine:
    """One product in one cycle: published, or held and why."""

    product: str
    cycle: str
    covers: str
    state: str
    rows: int | None
    proof: str
    words: str
    who: str = ""

    @property
    def is_out(self) -> bool:
        """Whether HDX shows it."""
        return self.state in OUT


@dataclass(frozen=True)
class Overview:
    """The whole picture as of a day."""

    operation: str
    as_of: str
    sources: tuple[SourceLine, ...]
    waiting: tuple[dict[str, str], ...]
    releases: tuple[ReleaseLine, ...]
    owing: tuple[dict[str, str], ...]
    grid: dict[str, dict[str, str]]
    strangers: tuple[senders.Stranger, ...]
    coming_up: tuple[dict[str, str], ...]
    remarks: tuple[str, ...]
    damaged: tuple[str, ...]

    @property
    def problems(self) -> int:
        """How many things wait for somebody to act."""
        held = sum(not line.is_out for line in self.releases)
        return held + len(self.waiting) + len(self.owing) + len(self.damaged) + len(self.remarks)

    def to_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


def gather(office: Office) -> Overview:
    """Everything as of today."""
    view = _glance(office)
    if not view.sources:
        return view
    strangers = tuple(senders.strangers(office.lake, office.operation))
    return replace(view, strangers=strangers, damaged=tuple(records.damaged(office.lake.root)))


def _glance(office: Office) -> Overview:
    """What a sensor looks at again and again. Strangers and damaged records are looked for when the page is written:
    neither comes without something else changing, and looking costs more than all the rest.
    """
    if not identity.is_made(office.lake.root):
        return _without_a_lake(office)
    identity.require_same(office.lake.root, office.environment.operation)
    entries = ledger.readable(office.lake, until=office.now)
    return Overview(
        operation=office.operation.title,
        as_of=str(office.today),
        sources=tuple(_source(name, entries) for name in buttons.sources_of(office.operation)),
        waiting=tuple(_waiting(office)),
        releases=tuple(_releases(office)),
        owing=tuple(_owing(office, entries)),
        grid=_grid(office, entries),
        strangers=(),
        coming_up=tuple(ahead.coming_up(office)),
        remarks=tuple(_remarks(office)),
        damaged=(),
    )


def _without_a_lake(office: Office) -> Overview:
    """Zeros would look like a count, and a year's debts like somebody's fault: there is nothing to count yet."""
    return Overview(
        operation=office.operation.title,
        as_of=str(office.today),
        sources=(),
        waiting=(),
        releases=(),
        owing=(),
        grid={},
        strangers=(),
        coming_up=tuple(ahead.coming_up(office)),
        remarks=(identity.NONE_YET,),
        damaged=(),
    )


def _remarks(office: Office) -> Iterator[str]:
    if identity.has_lost_keys(office.lake.root):
        yield identity.LOST_KEYS
    if ends := ahead.period_ends(office):
        yield ends


def digest(office: Office) -> str:
    """Moves with everything the page says."""
    return _digest(_glance(office))


def _digest(view: Overview) -> str:
    view = replace(view, strangers=(), damaged=())
    return hashlib.sha256(json.dumps(view.to_json(), sort_keys=True, default=str).encode()).hexdigest()


def shown(office: Office) -> str | None:
    """The digest of the page as it stands."""
    path = office.lake.folder("state", "pages.json")
    return str(json.loads(path.read_text(encoding="utf-8"))["digest"]) if path.exists() else None


def remember(office: Office, view: Overview) -> None:
    """Called once the page is written."""
    office.lake.write_json(office.lake.folder("state", "pages.json"), {"digest": _digest(view)})


def _source(name: str, entries: Sequence[ledger.Entry]) -> SourceLine:
    own = [one for one in entries if one.source == name]
    return SourceLine(
        source=name,
        arrivals=len(own),
        verdicts=dict(sorted(Counter(str(one.verdict["verdict"]) for one in own).items())),
        rows_accepted=sum(int(one.verdict["rows_accepted"]) for one in own),
        rows_refused=sum(int(one.verdict["rows_refused"]) for one in own),
    )


def _waiting(office: Office) -> list[dict[str, str]]:
    sources = buttons.file_sources(office.operation)
    found = [
        one
        for source in sources
        for one in inbox.look(office.lake, source, office.now, senders.at_the_inbox(office.operation, source))[1]
    ]
    found += inbox.misplaced(office.lake, sources)
    mails, unclear = mail.look(office.lake, senders.by_address(office.operation))
    unclear += [mail.Unclear(one.path, "no source has its folder") for one in mails if one.source not in sources]
    found += [inbox.Waiting("mail", "", inbox.shown_name(one.path), one.reason) for one in unclear]
    return [{"source": one.source, "sender": one.sender, "file": one.file_name, "why": one.reason} for one in found]


def _releases(office: Office) -> list[ReleaseLine]:
    first = date.fromisoformat(f"{office.operation.period.first_month}-01")
    events = due_between(office.calendar, first, office.today, office.operation.zone)
    lines = [_release(office, due) for due in events if due.cycle in office.operation.months]
    return sorted(lines, key=lambda line: (line.cycle, line.product))


def _release(office: Office, due: Due) -> ReleaseLine:
    try:
        return _known(office, due)
    except records.Damaged as fault:
        # Neither out nor held: whoever looks must not take one for the other.
        return ReleaseLine(due.product, due.cycle, due.covers, "not known", None, "", str(fault), "administrator")


def _known(office: Office, due: Due) -> ReleaseLine:
    stem = due.product.replace("-", "_")
    receipt, held = (read(office.lake, stem, due.cycle) for read in (publications.receipt, publications.held))
    if receipt:
        state = "published late" if receipt["late"] else "published"
        rows, proof = _facts(office, stem, due.cycle)
        return ReleaseLine(
            due.product, due.cycle, due.covers, state, rows, proof, f"{len(receipt['files'])} files on HDX"
        )
    if held:
        reasons = " ".join(str(reason["reason"]) for reason in held["reasons"])
        who = "; ".join(dict.fromkeys(str(reason.get("who", "")) for reason in held["reasons"]))
        return ReleaseLine(due.product, due.cycle, due.covers, "held", None, "", reasons, who)
    if publications.is_released(office.lake, stem, due.cycle):
        return ReleaseLine(due.product, due.cycle, due.covers, "built", None, "", "not on HDX yet")
    return ReleaseLine(due.product, due.cycle, due.covers, "due", None, "", "not built yet")


def _facts(office: Office, stem: str, cycle: str) -> tuple[int | None, str]:
    """What a release that is out consists of; a file that was lost since changes nothing about its being out."""
    folder = publications.release_folder(office.lake, stem, cycle)
    return _read_facts(folder, stem, folder.stat().st_mtime_ns if folder.exists() else 0)


@lru_cache(maxsize=10_000)
def _read_facts(folder: Path, stem: str, _changed: int) -> tuple[int | None, str]:
    """A release never changes once it is out; a file that is lost or put back changes its folder."""
    import pyarrow
    import pyarrow.parquet

    fault = records.fault_of(folder / "certificate.json")
    proof = "unreadable" if fault else str(records.read(folder / "certificate.json")["verdict"])
    try:
        return int(pyarrow.parquet.read_metadata(folder / f"{stem}.parquet").num_rows), proof
    except (OSError, pyarrow.ArrowInvalid):
        return None, proof


def _owing(office: Office, entries: Sequence[ledger.Entry]) -> list[dict[str, str]]:
    """Clusters whose workbook of the last due month has not come, and how they are reached."""
    source = office.operation.sources.clusters
    if source is None:
        return []
    usable = {one.partition for one in entries if one.source == "clusters" and one.tables}
    found = []
    for month in office.operation.months:
        if deadline(month, source.due_day, office.operation.zone) > office.now:
            break
        for cluster in office.operation.clusters:
            if f"{cluster.code}|{month}" not in usable:
                found.append({"cluster": cluster.code, "name": cluster.name, "month": month, "reach": cluster.email})
    return found


def _grid(office: Office, entries: Sequence[ledger.Entry]) -> dict[str, dict[str, str]]:
    """Cluster by month: the verdict on what counts, else the newest. A refused file replaces nothing."""
    grid: dict[str, dict[str, str]] = {}
    for one in entries:
        if one.source == "clusters" and "|" in one.partition:
            cluster, month = one.partition.split("|")
            months, word = grid.setdefault(cluster, {}), str(one.verdict["verdict"])
            months[month] = months.get(month, word) if word == "refused" else word
    return dict(sorted(grid.items()))
