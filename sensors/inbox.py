"""Does a file lie ready in the inbox?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import dagster as dg

from orchestration import buttons, inbox, senders
from orchestration.office import Office
from sensors.requests import answer, ask


def sensor(office: Office) -> dg.SensorDefinition:
    """Looks into every source's inbox and has ready files taken."""

    @dg.sensor(name="inbox", job_name=buttons.TAKE, minimum_interval_seconds=60, description=__doc__)
    def _inbox(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        yield from answer(_look(context, office))

    return _inbox


def _look(context: dg.SensorEvaluationContext, office: Office) -> Iterator[dg.RunRequest | dg.SkipReason]:
    waiting, asked = 0, False
    for source in buttons.file_sources(office.operation):
        ready, held = inbox.look(office.lake, source, office.now, senders.at_the_inbox(office.operation, source))
        waiting += len(held)
        if ready:
            asked = True
            yield ask(context.instance, _key(source, ready), selection=[dg.AssetKey(["raw", source])])
    if not asked:
        rest = f"; {waiting} file(s) wait, `imu status` says why" if waiting else ""
        yield dg.SkipReason(f"The inbox holds nothing that is ready{rest}.")


def _key(source: str, ready: list[inbox.Ready]) -> str:
    """With the moment the file was laid there: the same file may be laid there again, its own time unchanged."""
    names = "|".join(f"{file.sender}/{file.path.name}@{file.path.stat().st_ctime_ns}" for file in ready)
    return f"take-{source}-{hashlib.sha256(names.encode()).hexdigest()[:16]}"
