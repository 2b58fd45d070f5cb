"""Has the survey server anything new?"""

from __future__ import annotations

import dagster as dg

from assets.kobo import collect
from orchestration import buttons
from orchestration.failures import ImuError
from orchestration.office import Office
from sensors.requests import ask


def sensor(office: Office) -> dg.SensorDefinition:
    """Asks for each form's counters only; the pull itself finds edits and deletions."""

    @dg.sensor(name="kobo", job_name=buttons.PULL, minimum_interval_seconds=900, description=__doc__)
    def _kobo(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        if not office.environment.kobo_url:
            return dg.SkipReason("No survey server is set up (IMU_KOBO_URL).")
        try:
            mark = collect.mark(office)
        except ImuError as problem:
            return dg.SkipReason(f"The survey server could not be asked: {problem}")
        if collect.last_mark(office) == mark:
            return dg.SkipReason("The survey server shows nothing new since the last look.")
        return ask(context.instance, f"kobo-{mark}-{office.today}")

    return _kobo
