"""Partitions the way officers think: cluster by month, week, survey round, extract, COD version, release cycle.

Keys come from the operation's own calendar, not from Dagster's clock, so that a simulated year works and a grid
ends where the operation's period ends.
"""

from __future__ import annotations

from datetime import date

import dagster as dg

from orchestration.calendar import month_ends, weeks_between
from orchestration.settings import Operation

CLUSTER, MONTH = "cluster", "month"
EXTRACT, SYSTEM = "extract", "system"


def months(operation: Operation) -> dg.StaticPartitionsDefinition:
    """One partition a month: also the cycle of a release."""
    return dg.StaticPartitionsDefinition(operation.months)


def cluster_months(operation: Operation) -> dg.MultiPartitionsDefinition:
    """The grid that answers 'who has reported?'."""
    codes = [cluster.code for cluster in operation.clusters] or ["none"]
    return dg.MultiPartitionsDefinition({CLUSTER: dg.StaticPartitionsDefinition(codes), MONTH: months(operation)})


def weeks(operation: Operation) -> dg.StaticPartitionsDefinition:
    """ISO weeks of the period."""
    first = date.fromisoformat(f"{operation.period.first_month}-01")
    last = month_ends(operation.period.last_month, operation.period.last_month)[0]
    return dg.StaticPartitionsDefinition(weeks_between(first, last))


def rounds(operation: Operation) -> dg.StaticPartitionsDefinition:
    """Survey rounds, in the order of the operation's forms."""
    source = operation.sources.hsm
    keys = [key for asset in source.assets for key in asset.rounds] if source else ["none"]
    return dg.StaticPartitionsDefinition(keys)


def extracts(operation: Operation) -> dg.MultiPartitionsDefinition:
    """Register extracts by their date and the register they come from."""
    source = operation.sources.register_extracts
    days = [day.isoformat() for day in operation.period.extracts] or ["none"]
    systems = [system.name for system in source.systems] if source else ["none"]
    return dg.MultiPartitionsDefinition(
        {EXTRACT: dg.StaticPartitionsDefinition(days), SYSTEM: dg.StaticPartitionsDefinition(systems)}
    )


def cod_versions(operation: Operation) -> dg.StaticPartitionsDefinition:
    """Versions of the common operational datasets."""
    return dg.StaticPartitionsDefinition([version.version for version in operation.cod_versions])


def plan_years(operation: Operation) -> dg.StaticPartitionsDefinition:
    """Response plans."""
    return dg.StaticPartitionsDefinition([str(operation.plan.year)])


def cluster_month_key(cluster: str, month: str) -> dg.MultiPartitionKey:
    """The key of one cell of the grid."""
    return dg.MultiPartitionKey({CLUSTER: cluster, MONTH: month})


def extract_key(day: str, system: str) -> dg.MultiPartitionKey:
    """The key of one register's extract of one day; as text `2025-03-31|anr`."""
    return dg.MultiPartitionKey({EXTRACT: day, SYSTEM: system})
