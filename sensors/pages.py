"""Does the officer's page still say what is true?"""

from __future__ import annotations

import dagster as dg

from assets.portal import overview
from orchestration import buttons
from orchestration.office import Office
from sensors.requests import ask


def sensor(office: Office) -> dg.SensorDefinition:
    """Has the page made anew once tables, releases or holds have changed."""

    @dg.sensor(name="pages", job_name=buttons.PAGES, minimum_interval_seconds=120, description=__doc__)
    def _pages(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        office.look_again()
        current = overview.digest(office)
        if overview.shown(office) == current:
            return dg.SkipReason("The officer's page is up to date.")
        return ask(context.instance, f"pages-{current[:24]}")

    return _pages
