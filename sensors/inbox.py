"""Does a file lie ready in the inbox?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from assets.quality import feedback, ledger
from orchestration import buttons, inbox, mail, runs, senders
from orchestration.office import Office
from sensors.requests import answer, ask


def sensor(office: Office) -> dg.SensorDefinition:
    """Looks into every source's inbox and has ready files taken."""

    @dg.sensor(name="inbox", job_name=buttons.TAKE, minimum_interval_seconds=60, description=__doc__)
    def _inbox(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        yield from answer(_look(context, office))

    return _inbox


def _look(context: dg.SensorEvaluationContext, office: Office) -> Iterator[dg.RunRequest | dg.SkipReason]:
    office.look_again()
    runs.end_those_cut_off(context.instance)
    sources, asked = buttons.file_sources(office.operation), False
    mails, unclear = mail.look(office.lake, senders.by_address(office.operation))
    waiting = len(inbox.misplaced(office.lake, sources)) + len(unclear)
    for source in sources:
        ready, held = inbox.look(office.lake, source, office.now, senders.at_the_inbox(office.operation, source))
        waiting += len(held)
        left = _left_at_the_door(office, source)
        posted = [one.path for one in mails if one.source == source]
        if ready or posted or left:
            asked = True
            key = _key(source, [*(file.path for file in ready), *posted], left)
            yield ask(context.instance, key, selection=[dg.AssetKey(["raw", source])])
    if not asked:
        rest = f"; {waiting} file(s) wait, `imu status` says why" if waiting else ""
        yield dg.SkipReason(f"The inbox holds nothing that is ready{rest}.")


def _left_at_the_door(office: Office, source: str) -> list[str]:
    """Arrivals of no partition that a crash left without a verdict or an answer: only taking judges them."""
    unplaced = [one.arrival_id for one in office.lake.arrivals(source, office.now) if one.partition is None]
    entries = {one: ledger.entry(office.lake, source, one) for one in unplaced}
    return [
        one
        for one, entry in entries.items()
        if entry is None or (source in feedback.ANSWERED and not feedback.is_written(office.lake, entry))
    ]


def _key(source: str, ready: list[Path], left: list[str]) -> str:
    """With the moment the file was laid there: the same file may be laid there again, its own time unchanged."""
    names = "|".join([*(f"{path.parent.name}/{path.name}@{path.stat().st_ctime_ns}" for path in ready), *left])
    return f"take-{source}-{hashlib.sha256(names.encode()).hexdigest()[:16]}"
