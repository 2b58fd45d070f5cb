"""Budget 7: what the 25th arrival costs against the first.

Ours: a week's displacement table as officers see it: a run that takes it, a run that checks it. Bare: the same for the
first weeks. All tables are built anew from everything at each build; what that costs is told beside it.
"""

from __future__ import annotations

import logging
from pathlib import Path
from statistics import median
from typing import Any

from bench import national
from bench.pairs import Clock, Line, in_turn
from bench.steps import QUIET, files, put, seconds

WEEKS = 25
LIMIT = 1.2


def measure(cache: Path, scratch: Path, times: int = 1) -> list[Line]:
    """The ratio of late to early weeks."""
    del cache, times
    facts: Any = in_turn("growth", 1, scratch, ("weeks",))["weeks"].facts
    early, late = median(facts["weeks"][:5]), median(facts["weeks"][-5:])
    first, last = facts["built"]
    return [
        _line(f"take and check week {WEEKS - 4} to {WEEKS}, against week 1 to 5", late, early, ""),
        _line(f"all tables after week {WEEKS}, against after week 1", last, first, "a build reads everything there is"),
    ]


def _line(work: str, late: float, early: float, note: str) -> Line:
    return Line(work, f"{late:.2f} s", f"{early:.2f} s", late / early, str(LIMIT), late / early <= LIMIT, note)


def weeks(clock: Clock, folder: Path) -> None:
    """One warm process: the boundaries, then week after week."""
    import dagster as dg

    from orchestration import buttons, definitions

    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    national.know_places(folder)
    here = national.office(folder)
    made, instance = definitions.build(here), dg.DagsterInstance.get()

    def run(job: str, partition: str | None = None, only: dg.AssetKey | None = None) -> None:
        done = made.resolve_job_def(job).execute_in_process(
            instance=instance, partition_key=partition, run_config=QUIET, asset_selection=[only] if only else None
        )
        assert done.success  # noqa: S101 - a failed run measures nothing

    def arrive(week: str) -> None:
        run(buttons.TAKE, only=dg.AssetKey(["raw", "displacement"]))
        run(buttons.CHECK_JOBS["displacement"], week)

    took, built = list[float](), list[float]()
    run(buttons.BUILD)  # warms up
    with clock.timed("all"):
        for number, (week, delivery) in enumerate(files(all_of_them=True)[: WEEKS + 1]):
            put(here, delivery)
            took.append(seconds(lambda week=week: arrive(week)))  # type: ignore[misc]
            if number in (1, WEEKS):
                built.append(min(seconds(lambda: run(buttons.BUILD)) for _ in range(3)))
    clock.facts |= {"weeks": took[1:], "built": built}
