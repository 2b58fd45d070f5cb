"""Runs that a power cut ended without a word: Dagster still shows them as under way, and would wait for them for ever.

Belongs here: telling such runs by the moment this computer started, and ending them. Does not belong here: asking for
their work again; the sensors do that as soon as nothing is under way.
"""

from __future__ import annotations

import time
from pathlib import Path

import dagster as dg

CUT_OFF = "imu/cut_off"
_BEGUN = [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED,
          dg.DagsterRunStatus.CANCELING]  # fmt: skip


def started_at() -> float:
    """When this computer started, in seconds since 1970."""
    return time.time() - float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])


def end_those_cut_off(instance: dg.DagsterInstance, since: float | None = None) -> int:
    """End runs that began before this computer started (or before `since`): none of them can be at work any more."""
    moment = started_at() if since is None else since
    begun = instance.get_run_records(filters=dg.RunsFilter(statuses=_BEGUN))
    cut_off = [one.dagster_run for one in begun if one.update_timestamp.timestamp() < moment]
    for run in cut_off:
        # Marked: it is not the work's fault, and three power cuts are no reason to give it up.
        instance.add_run_tags(run.run_id, {CUT_OFF: "yes"})
        instance.report_run_canceled(run, message="The computer was switched off while this run was at work.")
    return len(cut_off)
