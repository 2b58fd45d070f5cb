"""How a sensor asks for a run: once while it is under way, again after a crash, not for ever after a failure.

Belongs here: the manners of asking. Does not belong here: any question a sensor answers.

Dagster's own run keys ask exactly once: a run that died with the power would never be asked for again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import dagster as dg

from orchestration.runs import CUT_OFF

KEY_TAG = "imu/asked_for"
ATTEMPTS = 3
_UNDER_WAY = (
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
)


def ask(
    instance: dg.DagsterInstance,
    key: str,
    *,
    partition: str | None = None,
    selection: Sequence[dg.AssetKey] | None = None,
    job: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> dg.RunRequest | dg.SkipReason:
    """A request for the work named by `key`, or why it is not asked for now."""
    runs = instance.get_runs(filters=dg.RunsFilter(tags={KEY_TAG: key}))
    if any(run.status in _UNDER_WAY for run in runs):
        return dg.SkipReason("It is already under way.")
    ended = [run for run in runs if CUT_OFF not in run.tags]
    failed = sum(run.status in (dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED) for run in ended)
    if failed >= ATTEMPTS:
        return dg.SkipReason(
            f"It failed {failed} times and is not tried again by itself: open its last run (Runs, tag {KEY_TAG} = "
            f"{key}), mend what it says, then press the button."
        )
    if len(ended) - failed >= ATTEMPTS:
        return dg.SkipReason(
            f"It ran {len(ended) - failed} times, and what it was asked for is still not done: open its last run "
            f"(Runs, tag {KEY_TAG} = {key}), mend what it says, then press the button."
        )
    return dg.RunRequest(
        # Dagster never starts a key twice, and the same question may come again after a run that answered it.
        run_key=f"{key}#{len(runs)}",
        partition_key=partition,
        asset_selection=list(selection) if selection else None,
        job_name=job,
        tags={KEY_TAG: key, **(tags or {})},
    )


def answer(found: Iterable[dg.RunRequest | dg.SkipReason]) -> list[dg.RunRequest | dg.SkipReason]:
    """A tick's answer: the requests, or in one sentence after the other why there are none (Dagster takes no mix)."""
    answers = list(found)
    requests = [one for one in answers if isinstance(one, dg.RunRequest)]
    if requests:
        return list(requests)
    words = dict.fromkeys(str(one.skip_message) for one in answers if isinstance(one, dg.SkipReason))
    return [dg.SkipReason(" ".join(words))]
