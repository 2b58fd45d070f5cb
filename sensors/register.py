"""Is an extract due that has not been taken?"""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from assets.registry import pull
from orchestration import buttons
from orchestration.office import Office
from orchestration.settings import register_access, register_variable
from sensors.requests import answer, ask


def sensor(office: Office) -> dg.SensorDefinition:
    """Has each register read on the day of its extract; asks the calendar and the lake, never the database."""

    @dg.sensor(name="register", job_name=buttons.READ, minimum_interval_seconds=900, description=__doc__)
    def _register(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        yield from answer(_look(context, office))

    return _register


def _look(context: dg.SensorEvaluationContext, office: Office) -> Iterator[dg.RunRequest | dg.SkipReason]:
    office.look_again()
    source = office.operation.sources.register_extracts
    if source is None:
        yield dg.SkipReason("This operation has no register.")
        return
    wanted, missed = pull.due(office, source)
    for words in missed:
        yield dg.SkipReason(words)
    if not wanted and not missed:
        yield dg.SkipReason("Every register that can be read was read on its last day; no other extract is due yet.")
    for one in wanted:
        if not register_access(office.variables, one.system.name)[0]:
            yield dg.SkipReason(
                f"The extract of {one.system.name} for {one.day} is due, and {register_variable(one.system.name)}_URL "
                f"is not set: see .env.example."
            )
            continue
        # Once a day anew: a database that was down for three attempts may be up tomorrow.
        yield ask(context.instance, f"register-{one.partition}-{office.today}-{office.config}")
