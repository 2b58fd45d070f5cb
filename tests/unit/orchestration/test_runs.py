"""Runs whose process is gone are told from runs that are at work, without asking how long either takes."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import dagster as dg
import pytest

from orchestration import definitions, history, runs
from orchestration.office import Office
from orchestration.settings import REPO

Status = dg.DagsterRunStatus


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    (tmp_path / "dagster.yaml").write_bytes((REPO / "dagster.yaml").read_bytes())
    with dg.DagsterInstance.get() as opened:
        yield opened
    history.close()


def _run(instance: dg.DagsterInstance, status: dg.DagsterRunStatus) -> str:
    run = dg.DagsterRun(job_name="job", run_id=str(uuid4()), status=status)
    instance.add_run(run)
    return run.run_id


def _status(instance: dg.DagsterInstance, run_id: str) -> dg.DagsterRunStatus:
    run = instance.get_run_by_id(run_id)
    assert run is not None
    return run.status


def test_runs_that_nobody_holds_are_ended_and_marked(instance: dg.DagsterInstance) -> None:
    begun = [_run(instance, status) for status in (Status.STARTED, Status.STARTING)]
    others = {_run(instance, status): status for status in (Status.SUCCESS, Status.FAILURE)}
    assert runs.end_those_cut_off(instance) == 0  # a moment ago: they may not have taken their lock yet
    assert runs.end_those_cut_off(instance, patience=0) == 2
    assert {_status(instance, one) for one in begun} == {Status.CANCELED}
    assert all(runs.CUT_OFF in instance.get_run_by_id(one).tags for one in begun)  # type: ignore[union-attr]
    assert {one: _status(instance, one) for one in others} == others


def test_a_run_at_work_is_left_alone_and_a_killed_one_is_not(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    run_id = _run(instance, Status.STARTED)
    code = (
        "import sys\n"
        "import dagster as dg\n"
        "from orchestration import runs\n"
        "with dg.DagsterInstance.get() as instance, runs.at_work(instance, sys.argv[1]):\n"
        "    print('at work', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    worker = subprocess.Popen(
        [sys.executable, "-c", code, run_id], cwd=REPO, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ}
    )
    try:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"at work\n"
        assert runs.end_those_cut_off(instance, patience=0) == 0
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.communicate()
    assert runs.end_those_cut_off(instance, patience=0) == 1
    assert _status(instance, run_id) == Status.CANCELED
    assert list((tmp_path / "at_work").iterdir()) == []


def test_every_run_of_the_platform_holds_its_lock(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    seen: list[tuple[int, list[str]]] = []

    @dg.asset
    def something(context: dg.AssetExecutionContext, office: dg.ResourceParam[Office]) -> None:
        held = [path.name for path in (tmp_path / "at_work").iterdir()]
        seen.append((runs.end_those_cut_off(instance, patience=0), held))
        assert held == [context.run_id]

    made = dg.materialize([something], resources={"office": definitions.opened(Office())}, instance=instance)
    assert made.success
    assert seen == [(0, [made.run_id])]
    assert list((tmp_path / "at_work").iterdir()) == []
