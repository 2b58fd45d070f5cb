"""A simulated year through Dagster: deliver what arrives, let the sensors ask, run what they ask for.

Belongs here: the demo's clock and the walk through its days. Does not belong here: any knowledge of what a run does;
everything happens because a sensor of the platform asked for it.
"""

from __future__ import annotations

import csv
import gc
import importlib
import json
import logging
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import dagster as dg

from assets.quality import expectations
from demo import side_by_side
from demo.home import Home
from demo.servers import Servers
from orchestration import dbt_build, definitions, runs
from orchestration.calendar import end_of_day, month_ends
from orchestration.office import Office
from orchestration.senders import SURVEY_SERVER

Progress = Callable[[str], None]
Asked = tuple[dg.SensorDefinition, dg.RunRequest]
MOST_ROUNDS = 12
# What is asked for side by side: once places are known, no source's verdict depends on another source's, no cluster's
# on another cluster's, no product's release on another product's. The other sources stay in order among themselves: a
# week's displacement is compared with the week before.
VERDICTS = ("verdicts_clusters", "verdicts_displacement", "verdicts_hsm", "verdicts_register")
ORDERED = VERDICTS[1:]
TOGETHER = (VERDICTS, ("releases",))
LONG = ("publish_operational_presence", "publish_displacement", "publish_population_statistics")
# What a run has to say is in Dagster's storage; the terminal is for the officer.
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass
class Year:
    """One walk through the year; `done` runs are counted for the report."""

    home: Home
    office: Office
    definitions: dg.Definitions
    instance: dg.DagsterInstance
    runs: int = 0
    failed: int = 0

    def close(self) -> None:
        """The walk is over."""
        self.instance.dispose()


def ticks(home: Home) -> list[date]:
    """The month-ends of the demo year at this size."""
    return month_ends("2025-01", "2025-12" if home.size == "country" else "2025-04")


def done(home: Home) -> list[str]:
    """The days that earlier runs completed."""
    return list(json.loads(home.ticks.read_text())) if home.ticks.exists() else []


def begin(home: Home) -> Year:
    """Load the definitions once; everything after happens in this process."""
    logging.getLogger("dagster").setLevel(logging.CRITICAL)
    office = Office()
    instance = dg.DagsterInstance.get()
    runs.end_those_cut_off(instance, patience=0)  # nobody but we starts runs here
    made = definitions.build(office)
    load()
    # Hundreds of thousands of definition objects live as long as we do: the collector need not visit them each time,
    # nor after every 700 new ones.
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)
    return Year(home, office, made, instance)


def load() -> None:
    """What every round's two processes would load again, each for itself."""
    expectations.load()
    dbt_build.manifest_path()
    dbt_build.warm()
    for library in ("hdx.data.dataset", "openpyxl", "xlsxwriter"):
        importlib.import_module(library)


def walk(year: Year, servers: Servers, tell: Progress) -> None:
    """Every month-end that is not done yet."""
    completed = done(year.home)
    for day in ticks(year.home):
        if day.isoformat() in completed:
            tell(f"{day}: already done")
            continue
        live_through(year, day, servers, tell)
        completed.append(day.isoformat())
        draft = year.home.ticks.with_suffix(".tmp")
        draft.write_text(json.dumps(completed))
        draft.replace(year.home.ticks)


def live_through(year: Year, day: date, servers: Servers, tell: Progress) -> None:
    """One simulated day: its arrivals, then sensors until none of them asks for anything more."""
    os.environ["IMU_TODAY"] = day.isoformat()
    now = end_of_day(day, year.office.operation.zone)
    servers.set_clock(now)
    arrived = deliver(year.home, year.office, now)
    tell(f"{day}: {arrived} files arrived")
    settle(year, lambda words: tell(f"{day}: {words}"))


def enter_last_day(year: Year, servers: Servers) -> None:
    """Put the clock where the year ends, so that a second look asks about the same day."""
    last = ticks(year.home)[-1]
    os.environ["IMU_TODAY"] = last.isoformat()
    servers.set_clock(end_of_day(last, year.office.operation.zone))


def deliver(home: Home, office: Office, now: datetime) -> int:
    """Put into the inbox what had been sent by now and has not reached the platform yet."""
    count = 0
    received = _received(office)
    for row in _deliveries(home):
        at = datetime.fromisoformat(row["at"])
        target = office.lake.folder("inbox", row["source"], row["sender"], row["name"])
        if at > now or (row["source"], row["sender"], row["name"], int(at.timestamp())) in received or target.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.part")
        shutil.copyfile(home.world / row["path"], draft)
        os.utime(draft, (at.timestamp(), at.timestamp()))
        draft.replace(target)
        count += 1
    return count


def dropped(home: Home, office: Office) -> dict[str, int]:
    """How many files of each source somebody gave to the demo besides those of the invented year."""
    invented = {(row["source"], row["sender"], row["name"]) for row in _deliveries(home)}
    more = [one for one in _received(office) if one[:3] not in invented and one[1] != SURVEY_SERVER]
    return dict(sorted(Counter(one[0] for one in more).items()))


def _deliveries(home: Home) -> Iterator[dict[str, str]]:
    with (home.world / "deliveries.csv").open(encoding="utf-8", newline="") as source:
        yield from csv.DictReader(source)


def _received(office: Office) -> set[tuple[str, str, str, int]]:
    """What the lake already took, first or again, by source, sender, name and time."""
    found: set[tuple[str, str, str, int]] = set()
    for manifest in office.lake.folder("raw").glob("*/*/manifest.json"):
        found.add(_identity(manifest, manifest.parts[-3]))
    for note in office.lake.folder("quality").glob("*/again/*.json"):
        found.add(_identity(note, note.parts[-3]))
    return found


def _identity(path: Path, source: str) -> tuple[str, str, str, int]:
    content = json.loads(path.read_text(encoding="utf-8"))
    at = datetime.fromisoformat(content["received_at"])
    return source, content["sender"], content["file_name"], int(at.timestamp())


def settle(year: Year, tell: Progress) -> int:
    """Evaluate sensors in turn until a whole round asks for nothing; returns the runs it took."""
    before = year.runs
    for _ in range(MOST_ROUNDS):
        asked = 0
        for sensors in _batches(year):
            wanted = [(sensor, request) for sensor in sensors for request in ask(year, sensor)]
            asked += len(wanted)
            if len(wanted) > 1 and any(sensors[0].name in names for names in TOGETHER):
                _side_by_side(year, wanted, tell)
            else:
                for sensor, request in wanted:
                    run(year, sensor, request, tell)
        if not asked:
            return year.runs - before
    raise RuntimeError(
        f"the sensors still ask for runs after {MOST_ROUNDS} rounds; see the last runs in the Dagster UI"
    )


def _batches(year: Year) -> list[list[dg.SensorDefinition]]:
    """The sensors in order; those whose runs don't depend on each other are asked together."""
    batches: list[list[dg.SensorDefinition]] = []
    for sensor in _sensors(year):
        before = batches[-1][0].name if batches else ""
        if any(sensor.name in names and before in names for names in TOGETHER):
            batches[-1].append(sensor)
        else:
            batches.append([sensor])
    return batches


def _side_by_side(year: Year, wanted: Sequence[Asked], tell: Progress) -> None:
    """Both processors; what must stay in order stays in one group."""
    tell(f"{len(wanted)} x {_words(wanted[0][0].name, None)}")
    groups: dict[str, list[Asked]] = {}
    for sensor, request in wanted:
        own = request.job_name or str(request.partition_key)
        groups.setdefault(sensor.name if sensor.name in ORDERED else own, []).append((sensor, request))

    def job(share: Iterator[Asked]) -> tuple[int, int]:
        mine = Year(year.home, year.office, year.definitions, dg.DagsterInstance.get())
        for sensor, request in share:
            run(mine, sensor, request, lambda _: None)
        return mine.runs, mine.failed

    # The long ones first, so that none of them is begun when everything else is done.
    longest = sorted(groups.values(), key=lambda group: (-len(group), group[0][1].job_name not in LONG))
    made, failed = side_by_side.work(longest, job)
    year.runs, year.failed = year.runs + made, year.failed + failed


def _sensors(year: Year) -> Sequence[dg.SensorDefinition]:
    return list(year.definitions.sensors or [])


def ask(year: Year, sensor: dg.SensorDefinition) -> list[dg.RunRequest]:
    """One evaluation of one sensor, as Dagster's daemon does it."""
    context = dg.build_sensor_context(instance=year.instance, sensor_name=sensor.name, definitions=year.definitions)
    return list(sensor.evaluate_tick(context).run_requests or [])


def run(year: Year, sensor: dg.SensorDefinition, request: dg.RunRequest, tell: Progress) -> None:
    """Run one request in this process, recorded in the same storage the Dagster UI shows."""
    name = request.job_name or sensor.job_name or ""
    tell(_words(name, request.partition_key))
    result = year.definitions.resolve_job_def(name).execute_in_process(
        instance=year.instance,
        partition_key=request.partition_key,
        run_config=QUIET,
        tags=dict(request.tags),
        asset_selection=list(request.asset_selection) if request.asset_selection else None,
        raise_on_error=False,
    )
    year.runs += 1
    year.failed += not result.success


def _words(job: str, partition: str | None) -> str:
    return f"{job.replace('_', ' ')}{f' {partition}' if partition else ''}"
