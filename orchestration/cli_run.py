"""`imu run`: the buttons of the Dagster page, pressed from a terminal and recorded in the same place.

Belongs here: finding a button, its partition, pressing it, and saying what came of it. Does not belong here: what a
button does (`jobs.py`).
"""

from __future__ import annotations

import difflib
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.release.assets import READY
from orchestration import buttons, definitions, failures
from orchestration.cli_say import table
from orchestration.failures import Permanent
from orchestration.office import Office
from orchestration.records import Damaged

if TYPE_CHECKING:
    from rich.console import Console

MODELS = "models"
# What a step has to say is in Dagster's storage; the terminal is for the officer.
_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
_CHECK_FAILED = "DagsterAssetCheckFailedError"
_KINDS = (failures.Permanent, failures.Transient, failures.WrongKey, failures.NotSealed, Damaged)
_OURS = {kind.__name__ for kind in _KINDS}


class WrongButtonError(Exception):
    """No such button, or it needs another partition; the words say which there are."""


@dataclass(frozen=True)
class Button:
    """One job, as an officer sees it."""

    name: str
    what: str
    partitions: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What came of a run."""

    run_id: str
    success: bool
    made: tuple[dict[str, Any], ...]
    failed: tuple[dict[str, str], ...]
    held: tuple[dict[str, str], ...] = ()


class Desk:
    """The operation's buttons."""

    def __init__(self, office: Office) -> None:
        self._definitions = definitions.build(office)

    def buttons(self) -> list[Button]:
        """All of them, in the order of the work."""
        return [self._button(job.name) for job in self._definitions.jobs or []]

    def _button(self, name: str) -> Button:
        job = self._definitions.resolve_job_def(name)
        keys = job.partitions_def.get_partition_keys() if job.partitions_def else []
        return Button(name, job.description or "", tuple(map(str, keys)))

    def find(self, name: str, partition: str | None) -> Button:
        """The button of this name, if it can be pressed with this partition."""
        wanted = buttons.BUILD if name == MODELS else name
        names = [job.name for job in self._definitions.jobs or []]
        if wanted not in names:
            near = difflib.get_close_matches(wanted, names, 1)
            raise WrongButtonError(
                f"No button '{name}'." + (f" Did you mean {near[0]}?" if near else "") + " `imu run` lists them."
            )
        button = self._button(wanted)
        _require_partition(button, partition)
        return button

    def press(self, button: Button, partition: str | None) -> Outcome:
        """Run it in this process, recorded in Dagster's storage."""
        logging.getLogger("dagster").setLevel(logging.CRITICAL)
        job = self._definitions.resolve_job_def(button.name)
        with dg.DagsterInstance.get() as instance:
            result = job.execute_in_process(
                instance=instance,
                partition_key=_key(job, partition),
                run_config=_QUIET,
                raise_on_error=False,
            )
            return outcome(result)


def _require_partition(button: Button, partition: str | None) -> None:
    if not button.partitions and partition:
        raise WrongButtonError(f"{button.name} takes no --partition.")
    if button.partitions and partition not in button.partitions:
        said = f"has no partition {partition!r}" if partition else "needs --partition"
        near = difflib.get_close_matches(partition or "", button.partitions, 3, 0.3) or [*button.partitions[:3], "…"]
        raise WrongButtonError(f"{button.name} {said}; for example: {', '.join(near)}.")


def _key(job: dg.JobDefinition, partition: str | None) -> str | None:
    if partition and isinstance(job.partitions_def, dg.MultiPartitionsDefinition):
        return job.partitions_def.get_partition_key_from_str(partition)
    return partition


def require_home() -> None:
    """Dagster's storage must be where the Dagster page looks, or the run would be recorded nowhere."""
    home = os.environ.get("DAGSTER_HOME")
    if not home or not (Path(home) / "dagster.yaml").exists():
        found = "it is not set" if not home else f"there is no dagster.yaml in {Path(home).name}/"
        raise Permanent(
            f"DAGSTER_HOME must name the folder in which runs are recorded: {found}. Make a folder, copy dagster.yaml "
            "into it, and set DAGSTER_HOME to its full path (docs/administrator.md, 'Install')."
        )


def outcome(result: dg.ExecuteInProcessResult) -> Outcome:
    """What came of a run, failures and holds apart."""
    failed = (*_failed(result), *_failed_checks(result))
    return Outcome(result.run_id, result.success, tuple(_made(result)), failed, tuple(_held(result)))


def _made(result: dg.ExecuteInProcessResult) -> Iterator[dict[str, Any]]:
    for event in result.get_asset_materialization_events():
        made = event.step_materialization_data.materialization
        facts = {name: getattr(value, "value", value) for name, value in made.metadata.items()}
        yield {"asset": made.asset_key.to_user_string(), "partition": made.partition, **_rows(facts)}


def _rows(facts: dict[str, Any]) -> dict[str, Any]:
    return {"rows": facts["dagster/row_count"]} if "dagster/row_count" in facts else {}


def _held(result: dg.ExecuteInProcessResult) -> Iterator[dict[str, str]]:
    """A release that may not go out yet is no failure of anything: its check says why, and who can act."""
    for check in result.get_asset_check_evaluations():
        if check.check_name == READY and not check.passed:
            yield {"asset": check.asset_key.to_user_string(), "why": str(check.description or "")}


def _failed_checks(result: dg.ExecuteInProcessResult) -> Iterator[dict[str, str]]:
    """Checks of ours that a table broke: named, with the number of rows, never with one of them."""
    for check in result.get_asset_check_evaluations():
        if check.blocking and not check.passed and check.check_name != READY:
            rows = getattr(check.metadata.get("failing_rows"), "value", None)
            counted = f" in {rows} row(s)" if rows else ""
            yield {"step": check.asset_key.to_user_string(), "why": f"the check {check.check_name} failed{counted}"}


def _failed(result: dg.ExecuteInProcessResult) -> Iterator[dict[str, str]]:
    for event in result.get_step_failure_events():
        said = event.step_failure_data.user_failure_data
        if said and said.description:  # a failure that a step of ours put into words
            yield {"step": str(event.step_key), "why": str(said.description)}
            continue
        error = event.step_failure_data.error
        if error is not None and error.cls_name == _CHECK_FAILED:
            continue  # Dagster's way to stop what comes after a failed check, which is told by itself
        while error is not None and error.cls_name not in _OURS and error.cause is not None:
            error = error.cause
        yield {"step": str(event.step_key), "why": _words(error)}


def _words(error: Any) -> str:
    """Our own failures hold no values and are shown; any other is named by its kind, its text stays in the run."""
    if error is None:
        return "unknown"
    if error.cls_name in _OURS:
        return str(error.message).split(": ", 1)[-1].strip()
    return f"{error.cls_name}; the run's page in Dagster says more"


def show(outcome: Outcome, console: Console) -> None:
    """What came of it, for people."""
    if outcome.made:
        rows = [(one["asset"], one["partition"], one.get("rows")) for one in outcome.made]
        console.print(table("Made", ("what", "partition", "rows"), rows))
    if outcome.failed:
        console.print(table("Failed", ("step", "why"), [(one["step"], one["why"]) for one in outcome.failed]))
    for one in outcome.held:
        console.print(f"{one['asset']} is held: {one['why']}", soft_wrap=True, markup=False)
    ended = "Done" if outcome.success else "Failed" if outcome.failed or not outcome.held else "Held"
    console.print(f"{ended}; run {outcome.run_id} in the Dagster page.")
