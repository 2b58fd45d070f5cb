"""Runs that ended without a word (power cut, killed): Dagster still shows them as under way, and would wait for ever.

Belongs here: telling such runs by the lock a run's process holds while it works, and ending them. Does not belong here:
asking for their work again; the sensors do that as soon as nothing is under way.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from orchestration import locks
from orchestration.failures import Transient

CUT_OFF = "imu/cut_off"
_FOLDER = "at_work"
# How long a run may be without its lock: until its process has loaded the code, and then until it has taken the lock.
_GRACE = {
    dg.DagsterRunStatus.NOT_STARTED: 300,
    dg.DagsterRunStatus.STARTING: 300,
    dg.DagsterRunStatus.STARTED: 60,
    dg.DagsterRunStatus.CANCELING: 60,
}


@contextlib.contextmanager
def at_work(instance: dg.DagsterInstance, run_id: str) -> Iterator[None]:
    """Hold this run's lock: it ends with the process, however the process ends."""
    folder = _place(instance, run_id)
    folder.mkdir(parents=True, exist_ok=True)
    with locks.locked(folder, locks.ALONE):
        yield
    with contextlib.suppress(OSError):
        folder.rmdir()


def end_those_cut_off(instance: dg.DagsterInstance, *, patience: float = 1.0) -> int:
    """End runs that nobody holds any more. Without patience where it is known that nobody is just starting one."""
    begun = instance.get_run_records(filters=dg.RunsFilter(statuses=list(_GRACE)))
    now = time.time()
    cut_off = [
        one.dagster_run
        for one in begun
        if now - one.update_timestamp.timestamp() >= patience * _GRACE[one.dagster_run.status]
        and not _is_held(_place(instance, one.dagster_run.run_id))
    ]
    for run in cut_off:
        # Marked: it is not the work's fault, and three power cuts are no reason to give it up.
        instance.add_run_tags(run.run_id, {CUT_OFF: "yes"})
        instance.report_run_canceled(run, message="The process of this run ended without a word (power cut, killed).")
        with contextlib.suppress(OSError):
            _place(instance, run.run_id).rmdir()
    return len(cut_off)


def _place(instance: dg.DagsterInstance, run_id: str) -> Path:
    return Path(instance.root_directory) / _FOLDER / run_id


def _is_held(folder: Path) -> bool:
    try:
        with locks.locked(folder, locks.ALONE | locks.AT_ONCE):
            return False
    except FileNotFoundError:
        return False
    except Transient:
        return True
