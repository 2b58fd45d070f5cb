"""Who may send what: the accounts an operation names for each of its sources.

Belongs here: looking them up, and finding arrivals of anybody else. Does not belong here: what becomes of a stranger's
file; that is each source's check.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from orchestration import records
from orchestration.buttons import file_sources
from orchestration.lake import Lake
from orchestration.settings import Operation

# As whom the pull of survey answers stands in the lake.
SURVEY_SERVER = "survey-server"


@dataclass(frozen=True)
class Stranger:
    """An account that sent for a source without being named for it."""

    source: str
    sender: str
    files: int


def allowed(operation: Operation, source: str) -> frozenset[str] | None:
    """The accounts that may send for a source; None where accounts don't decide."""
    given = operation.sources
    if source == "clusters":
        return frozenset(one for cluster in operation.clusters for one in cluster.submitters)
    if source == "hsm":
        # Answers are fetched by ourselves; what is sent are files about them.
        return frozenset([SURVEY_SERVER, *given.hsm.senders]) if given.hsm else None
    if source == "register" and given.register_extracts:
        systems = given.register_extracts.systems
        return frozenset(one for system in systems for one in (*system.senders, system.account))
    settings = {
        "displacement": given.displacement,
        "boundaries": given.cods,
        "population": given.cods,
        "needs": given.needs,
    }.get(source)
    return frozenset(settings.senders) if settings else None


def at_the_inbox(operation: Operation, source: str) -> frozenset[str] | None:
    """The accounts whose files are taken at all. Workbooks of strangers are taken, refused and answered: they are told
    to send to their cluster. A register's connection has no folder there.
    """
    if source == "clusters":
        return None
    accounts = allowed(operation, source)
    return accounts - _fetched(operation) if accounts is not None else None


def _fetched(operation: Operation) -> frozenset[str]:
    """The names under which what we fetch ourselves stands in the lake."""
    register = operation.sources.register_extracts
    return frozenset([SURVEY_SERVER, *(system.account for system in (register.systems if register else ()))])


def by_address(operation: Operation) -> dict[str, list[tuple[str, str]]]:
    """For which source and account a mail from an address counts. Without a line in `mail`, a cluster's own address
    stands for the first of its accounts.
    """
    addresses = {cluster.submitters[0]: [cluster.email] for cluster in operation.clusters} | operation.mail
    found: dict[str, list[tuple[str, str]]] = {}
    for source in file_sources(operation):
        accounts = at_the_inbox(operation, source)
        accounts = allowed(operation, source) if accounts is None else accounts
        for account in sorted(set(addresses) & (accounts or frozenset())):
            for address in addresses[account]:
                found.setdefault(address.lower(), []).append((source, account))
    return found


def strangers(lake: Lake, operation: Operation) -> list[Stranger]:
    """Arrivals of accounts nobody named, by source and account; read from manifests, without keys."""
    found: Counter[tuple[str, str]] = Counter()
    for path in records.sound(lake.root, "raw/*/*/manifest.json"):
        arrival = lake.arrival(path.parts[-3], path.parts[-2])
        names = allowed(operation, arrival.source)
        if names is not None and arrival.sender not in names:
            found[arrival.source, arrival.sender] += 1
    return [Stranger(source, sender, count) for (source, sender), count in sorted(found.items())]
