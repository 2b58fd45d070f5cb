"""Were verdicts given since the tables were built?"""

from __future__ import annotations

import dagster as dg

from assets.quality import ledger
from assets.transform import freshness
from orchestration import buttons
from orchestration.office import Office
from sensors.requests import ask
from sensors.verdicts import unjudged_partitions


def sensor(office: Office) -> dg.SensorDefinition:
    """Has the tables built once everything that arrived has its verdict."""

    @dg.sensor(name="tables", job_name=buttons.BUILD, minimum_interval_seconds=120, description=__doc__)
    def _tables(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        office.look_again()
        if not ledger.in_force(ledger.entries(office.lake, "boundaries", office.now)):
            return dg.SkipReason("No boundaries have been accepted yet: tables need places first.")
        waiting = [s for s in buttons.sources_of(office.operation) if unjudged_partitions(office, s)]
        if waiting:
            return dg.SkipReason(f"Arrivals of {', '.join(waiting)} still wait for their verdict; tables come after.")
        current = freshness.digest(office)
        if freshness.built(office) == current:
            return dg.SkipReason("The tables hold everything that has its verdict today.")
        return ask(context.instance, f"tables-{current[:24]}")

    return _tables
