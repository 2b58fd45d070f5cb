"""What comes due, and is not out yet?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import dagster as dg

from assets.transform import freshness
from orchestration import buttons, publications
from orchestration.calendar import Due, due_between
from orchestration.office import Office
from sensors.requests import KEY_TAG, answer, ask


def sensor(office: Office, buttons: Sequence[dg.UnresolvedAssetJobDefinition]) -> dg.SensorDefinition:
    """Asks for the release of every product that is due; what was missed while the power was out comes late."""

    @dg.sensor(
        name="releases",
        jobs=list(buttons),
        minimum_interval_seconds=300,
        description=__doc__,
    )
    def _releases(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        yield from answer(_look(context, office))

    return _releases


def _look(context: dg.SensorEvaluationContext, office: Office) -> Iterator[dg.RunRequest | dg.SkipReason]:
    office.look_again()
    if freshness.built(office) != freshness.digest(office):
        yield dg.SkipReason("The tables are being brought up to date first; releases are made from them.")
        return
    waiting = [due for due in all_due(office) if not _published(office, due) and not _passed_by(office, due)]
    if not waiting:
        yield dg.SkipReason("Everything that is due has been published.")
    for due in waiting:
        yield _ask(context, office, due)


def all_due(office: Office) -> list[Due]:
    """Everything that has come due since the period began, up to this moment."""
    first = date.fromisoformat(f"{office.operation.period.first_month}-01") - timedelta(days=1)
    months = set(office.operation.months)
    return [
        due
        for due in due_between(office.calendar, first, office.today, office.operation.zone)
        if due.cycle in months and due.at <= office.now
    ]


def _passed_by(office: Office, due: Due) -> bool:
    """A cycle that is not worth coming late: skipped by the calendar's word, or overtaken by a newer one on HDX."""
    overtaken = bool(publications.later_receipts(office.lake, due.product.replace("-", "_"), due.cycle))
    return overtaken or (due.when_late == "skip" and due.at.date() < office.today)


def _published(office: Office, due: Due) -> bool:
    return publications.receipt(office.lake, due.product.replace("-", "_"), due.cycle) is not None


def _ask(context: dg.SensorEvaluationContext, office: Office, due: Due) -> dg.RunRequest | dg.SkipReason:
    """A held product is asked for again only when the tables or the config have changed since."""
    state = hashlib.sha256(f"{freshness.built(office)}{office.config}".encode()).hexdigest()[:16]
    key = f"publish-{due.product}-{due.cycle}-{state}"
    held = publications.held(office.lake, due.product.replace("-", "_"), due.cycle)
    if held and context.instance.get_runs(filters=dg.RunsFilter(tags={KEY_TAG: key}), limit=1):
        return dg.SkipReason(f"{due.product} for {due.covers} is held: {held['reasons'][0]['reason']}")
    return ask(context.instance, key, partition=due.cycle, job=buttons.publish_name(due.product))
