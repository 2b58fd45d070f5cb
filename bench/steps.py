"""Budget 4: what the platform adds to a step: the same work as a Dagster run and as plain calls, in turn.

Ours: runs of the real jobs in a warm process with Dagster's own storage on disk. Bare: the functions those steps call.
For the models, the function is dbt's build with the export of its tables.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from bench import national
from bench.pairs import REPO, Clock, Line, in_turn

if TYPE_CHECKING:
    import dagster as dg

    from demo.country.deliveries import Delivery
    from orchestration.office import Office

LIMIT = 0.5
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def measure(cache: Path, scratch: Path, pairs: int = 10) -> list[Line]:
    """Seconds added per step: to a small check, and to the models."""
    del cache
    subprocess.run([sys.executable, "-m", "bench.national", str(scratch)], cwd=REPO, check=True)
    os.environ["IMU_BENCH_PAIRS"] = str(pairs)
    facts: Any = in_turn("steps", 1, scratch, ("both",))["both"].facts
    lines = []
    for name, steps in (("take and check one file", 2), ("build all models", 1)):
        plain, calls = (facts[name][way] for way in ("run", "calls"))
        added = median(a - b for a, b in zip(plain, calls, strict=True)) / steps
        lines.append(
            Line(
                f"a run: {name} ({steps} step{'s' * (steps > 1)})", f"{median(plain):.2f} s", f"{median(calls):.2f} s",
                median(plain) / median(calls), f"{LIMIT} s added per step", added <= LIMIT,
                f"{added:.2f} s added per step",
            )
        )  # fmt: skip
    return lines


def both(clock: Clock, folder: Path) -> None:
    """Everything in one warm process, first one way and then the other, with files of the same kind."""
    import dagster as dg

    from orchestration import definitions

    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    here = national.office(folder)
    made, instance = definitions.build(here), dg.DagsterInstance.get()
    weeks, pairs = files(), int(os.environ["IMU_BENCH_PAIRS"])

    def run(job: str, partition: str | None = None, only: dg.AssetKey | None = None) -> None:
        done = made.resolve_job_def(job).execute_in_process(
            instance=instance, partition_key=partition, run_config=QUIET, asset_selection=[only] if only else None
        )
        assert done.success  # noqa: S101 - a failed run measures nothing

    with clock.timed("all"):
        clock.facts["take and check one file"] = _small(here, weeks, pairs, run)
        clock.facts["build all models"] = _models(here, made, 3, run)


def files(*, all_of_them: bool = False) -> list[tuple[str, Delivery]]:
    """Weekly tables that pass (or all of them), each with its week, in the order of the weeks."""
    from assets.displacement.checks import week_in_name
    from demo.country import displacement
    from demo.country.geography import build_geography

    deliveries, troubles = displacement.deliver(build_geography(), 1, "country")
    troubled = set() if all_of_them else {trouble.file for trouble in troubles}
    found = {week_in_name(one.name): one for one in deliveries if one.name not in troubled}
    return [(week, one) for week, one in sorted(found.items(), key=lambda item: str(item[0])) if week]


def _small(here: Office, weeks: list[tuple[str, Delivery]], pairs: int, run: Callable[..., None]) -> dict[str, list[float]]:
    import dagster as dg

    from assets import verdicts
    from assets.displacement import assets as displacement
    from orchestration import buttons, inbox

    def as_run(week: str) -> None:
        run(buttons.TAKE, only=dg.AssetKey(["raw", "displacement"]))
        run(buttons.CHECK_JOBS["displacement"], week)

    def as_calls(week: str) -> None:
        inbox.take_all(here.lake, "displacement", here.now, lambda file: displacement.route(here, file))
        verdicts.give(here, "displacement", week, displacement._checker(here, week))
        verdicts.newest(here, "displacement", week)

    ways: list[tuple[str, Callable[[str], None]]] = [("run", as_run), ("calls", as_calls)]
    took: dict[str, list[float]] = {name: [] for name, _ in ways}
    usable = min(len(weeks) // 2, pairs + 1) * 2  # each way gets as many as the others
    for number, (week, delivery) in enumerate(weeks[:usable]):
        put(here, delivery)
        name, way = ways[number % 2]
        took[name].append(seconds(lambda way=way, week=week: way(week)))  # type: ignore[misc]
    return {name: seconds[1:] for name, seconds in took.items()}  # the first of each warms up


def put(here: Office, delivery: Delivery) -> None:
    target = here.lake.folder("inbox", "displacement", delivery.sender, delivery.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(delivery.content)
    os.utime(target, (delivery.at.timestamp(), delivery.at.timestamp()))


def _models(here: Office, made: dg.Definitions, pairs: int, run: Callable[..., None]) -> dict[str, list[float]]:
    import dagster as dg

    from assets.transform import export, sources
    from orchestration import buttons, dbt_build

    models = [key for key in made.resolve_job_def(buttons.BUILD).asset_layer.executable_asset_keys if key.path[0] != "analyst"]

    def as_run() -> None:
        made.resolve_job_def(buttons.BUILD).execute_in_process(
            instance=dg.DagsterInstance.get(), run_config=QUIET, asset_selection=models
        )

    def as_calls() -> None:
        sources.register(here.lake, here.operation, here.now)
        dbt_build.build(here.lake, ["*"])
        export.export(here.lake, export.marts(dbt_build.manifest()))

    as_run()
    took: dict[str, list[float]] = {"run": [], "calls": []}
    for _ in range(pairs):
        took["run"].append(seconds(as_run))
        took["calls"].append(seconds(as_calls))
    return took


def seconds(work: Callable[[], None]) -> float:
    import time

    began = time.perf_counter()
    work()
    return time.perf_counter() - began
