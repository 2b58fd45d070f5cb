"""Which arrivals of a source have no verdict yet?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

import dagster as dg

from assets.quality import feedback, ledger
from orchestration import buttons
from orchestration.lake import Arrival
from orchestration.office import Office
from orchestration.partitions import cluster_month_key, extract_key
from sensors.requests import answer, ask

NEEDS_PLACES = ("population", "needs", "clusters", "displacement", "hsm", "register")


def sensor(office: Office, source: str) -> dg.SensorDefinition:
    """One sensor a source, so that a broken source stops only its own."""

    @dg.sensor(
        name=f"verdicts_{source}",
        job_name=buttons.CHECK_JOBS[source],
        minimum_interval_seconds=60,
        description=f"{__doc__} ({source})",
    )
    def _verdicts(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        yield from answer(_ask(context, office, source))

    return _verdicts


def _ask(context: dg.SensorEvaluationContext, office: Office, source: str) -> Iterator[dg.RunRequest | dg.SkipReason]:
    office.look_again()
    partitions = waiting_partitions(office, source)
    if not partitions:
        yield dg.SkipReason(f"Everything that arrived for '{source}' has its verdict.")
    elif source in NEEDS_PLACES and not ledger.in_force(ledger.entries(office.lake, "boundaries", office.now)):
        yield dg.SkipReason("No boundaries have been accepted yet, and places can't be matched without them.")
    else:
        for partition, ids in sorted(partitions.items()):
            digest = hashlib.sha256("-".join([*ids, office.config]).encode()).hexdigest()[:16]
            yield ask(context.instance, f"check-{source}-{partition}-{digest}", partition=_key(source, partition))


def waiting_partitions(office: Office, source: str) -> dict[str, list[str]]:
    """Arrivals without a verdict, or with one their sender was not told (a crash came between), by partition; what has
    no partition was refused at the door.
    """
    return _by_partition([*ledger.pending(office.lake, source, office.config, office.now), *_untold(office, source)])


def unjudged_partitions(office: Office, source: str) -> dict[str, list[str]]:
    """Arrivals without a verdict alone: tables need no answer to anybody."""
    return _by_partition(ledger.pending(office.lake, source, office.config, office.now))


def _by_partition(arrivals: Iterable[Arrival]) -> dict[str, list[str]]:
    partitions: dict[str, list[str]] = {}
    for arrival in arrivals:
        if arrival.partition:
            partitions.setdefault(arrival.partition, []).append(arrival.arrival_id)
    return partitions


def _untold(office: Office, source: str) -> list[Arrival]:
    given = ledger.entries(office.lake, source, office.now) if source in feedback.ANSWERED else []
    untold = [one for one in given if one.config == office.config and not feedback.is_written(office.lake, one)]
    return [office.lake.arrival(source, one.arrival_id) for one in untold]


def _key(source: str, partition: str) -> str:
    keys = {"clusters": cluster_month_key, "register": extract_key}
    return keys[source](*partition.split("|")) if source in keys else partition
