"""Dagster's memory on files that stay open: written by one process, seen by another."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import dagster as dg
import pytest

from orchestration import history
from orchestration.settings import REPO


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    (tmp_path / "dagster.yaml").write_bytes((REPO / "dagster.yaml").read_bytes())
    with dg.DagsterInstance.get() as opened:
        yield opened
    history.close()


@dg.asset
def something() -> None:
    pass


def _run(instance: dg.DagsterInstance, status: dg.DagsterRunStatus) -> str:
    run = dg.DagsterRun(job_name="job", run_id=str(uuid4()), status=status)
    instance.add_run(run)
    return run.run_id


def test_the_three_stores_are_ours_and_lie_in_dagsters_home(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    stores = (instance.event_log_storage, instance.run_storage, instance.schedule_storage)
    assert [type(store) for store in stores] == [history.Events, history.Runs, history.Ticks]
    assert dg.materialize([something], instance=instance).success
    assert (tmp_path / "history" / "event_log.db").exists() and (tmp_path / "history" / "runs.db").exists()


def test_one_engine_serves_all_statements(instance: dg.DagsterInstance) -> None:
    assert dg.materialize([something], instance=instance).success
    engines = dict(history._engines)
    assert dg.materialize([something], instance=instance).success
    assert dict(history._engines) == engines


def test_a_run_is_watched_while_another_process_writes(instance: dg.DagsterInstance) -> None:
    run_id = _run(instance, dg.DagsterRunStatus.STARTED)
    seen: list[str] = []
    instance.watch_event_logs(run_id, None, lambda entry, _cursor: seen.append(entry.user_message))
    code = (
        "import sys, dagster as dg\n"
        "with dg.DagsterInstance.get() as instance:\n"
        "    run = instance.get_run_by_id(sys.argv[1])\n"
        "    for number in range(5): instance.report_engine_event(f'event {number}', run)\n"
        "    sys.stdin.read()\n"  # and stays, with its files open
    )
    writer = subprocess.Popen([sys.executable, "-c", code, run_id], cwd=REPO, stdin=subprocess.PIPE, env={**os.environ})
    try:
        for _ in range(600):
            if len(seen) == 5:
                break
            time.sleep(0.1)
    finally:
        writer.communicate(b"")
        instance.end_watch_event_logs(run_id, None)
    assert len(seen) == 5


def test_a_fork_does_not_carry_open_files_along(instance: dg.DagsterInstance) -> None:
    assert dg.materialize([something], instance=instance).success
    assert history._engines
    child = os.fork()
    if child == 0:
        os._exit(len(history._engines))
    assert os.waitpid(child, 0)[1] == 0
