"""Room 2: how every source's arrivals get their verdict. The flow is the same; the check is each source's own.

Belongs here: going through what waits, storing outcomes, what a materialisation tells an officer, and the asset
check that shows a verdict. Does not belong here: any rule.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import dagster as dg

from assets.quality import ledger
from assets.quality.ledger import Entry, Outcome
from assets.quality.verdict import Finding, conclude
from assets.unquoted import unquoted
from orchestration.lake import Arrival
from orchestration.office import Office

ROOM = "2_check"
OUTSIDE = "outside"
Check = Callable[[Arrival], Outcome]
# Given the office and a partition, how each of its arrivals is checked; made anew for every run.
Checker = Callable[[Office, str], Check]


def checked_asset(
    table: str,
    source: str,
    partitions: dg.PartitionsDefinition[Any],
    checker: Checker,
    description: str,
    *,
    owner: str,
    after: Sequence[str] = (),
) -> dg.AssetsDefinition:
    """The asset `checked/<table>`: every waiting arrival of a partition gets its verdict, and the rows that passed
    are sealed.
    """
    key = dg.AssetKey(["checked", table])

    @dg.asset(
        key=key,
        group_name=ROOM,
        description=description,
        owners=[f"team:{owner}"],
        kinds={"parquet"},
        tags={"source": source, "sealed": "yes"},
        partitions_def=partitions,
        deps=[
            dg.AssetDep(["raw", source]),
            # Places are those of every COD version, whatever partition is checked.
            *(dg.AssetDep(["checked", other], partition_mapping=dg.AllPartitionMapping()) for other in after),
        ],
        check_specs=[dg.AssetCheckSpec("verdict", asset=key, description="Was the newest submission accepted?")],
        pool="lake",
    )
    def _checked(context: dg.AssetExecutionContext, office: dg.ResourceParam[Office]) -> Iterator[Any]:
        partition = partition_name(context.partition_key)
        with unquoted(f"Preparing the check of {source} {partition}"):
            check = checker(office, partition)
        given = give(office, source, partition, check)
        last = newest(office, source, partition)
        yield verdict_check(last)
        yield dg.MaterializeResult(metadata=metadata(given, last))

    return _checked


def partition_name(key: str | dg.MultiPartitionKey) -> str:
    """A partition as the lake writes it: dagster's own text, `WSH|2025-03` for two dimensions."""
    return str(key)


def give(office: Office, source: str, partition: str, check: Check) -> list[Entry]:
    """Check waiting arrivals one by one, oldest first; each is safely stored before the next begins."""
    given = []
    for arrival in waiting_for(office, source, partition):
        with unquoted(f"The check of arrival {arrival.arrival_id} ({source} {partition})"):
            given.append(ledger.store(office.lake, arrival, partition, office.config, check(arrival)))
    return given


def refuse_at_the_door(office: Office, arrival: Arrival, finding: Finding) -> None:
    """The verdict on a file that belongs to no partition: refused as a whole, told, and never read further."""
    if ledger.entry(office.lake, arrival.source, arrival.arrival_id):
        return
    verdict = conclude(
        source=arrival.source, arrival_id=arrival.arrival_id, sender=arrival.sender, partition=None,
        subject=arrival.file_name, rows_total=0, findings=[finding],
    )  # fmt: skip
    ledger.store(office.lake, arrival, OUTSIDE, office.config, Outcome(verdict))


def waiting_for(office: Office, source: str, partition: str) -> Iterator[Arrival]:
    """Arrivals of a partition that have no verdict yet, as of today."""
    for arrival in ledger.pending(office.lake, source, office.config, office.now):
        if arrival.partition == partition:
            yield arrival


def newest(office: Office, source: str, partition: str) -> Entry | None:
    """The last verdict of a partition: the one an officer asks for."""
    found = [one for one in ledger.entries(office.lake, source, office.now) if one.partition == partition]
    return found[-1] if found else None


def metadata(entries: Sequence[Entry], last: Entry | None) -> dict[str, Any]:
    """What a materialisation shows: counts, verdict, rule ids; never a value."""
    if last is None:
        return {"verdict": "nothing has arrived", "dagster/row_count": 0}
    verdict = last.verdict
    return {
        "verdict": verdict["verdict"],
        "dagster/row_count": verdict["rows_accepted"],
        "rows_refused": verdict["rows_refused"],
        "submissions_checked": len(entries),
        "file": last.file_name,
        "in_words": verdict["summary"],
        "rules": sorted({finding["rule"] for finding in verdict["findings"]}),
    }


def verdict_check(last: Entry | None) -> dg.AssetCheckResult:
    """The verdict as an asset check. It warns and never blocks: one bad file must not hold the others."""
    if last is None:
        return dg.AssetCheckResult(check_name="verdict", passed=True, metadata={"verdict": "nothing has arrived"})
    verdict = last.verdict
    return dg.AssetCheckResult(
        check_name="verdict",
        passed=verdict["verdict"] in {"accepted", "accepted_with_warnings"},
        severity=dg.AssetCheckSeverity.WARN,
        description=verdict["summary"],
        metadata={"verdict": verdict["verdict"], "rows_refused": verdict["rows_refused"]},
    )
