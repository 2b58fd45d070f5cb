"""Budgets 6 and 8: the fictional country's year in a fresh folder, and one look of every sensor when it is over.

Belongs here: timing the demo as people start it, and the sensors on the lake it leaves. Does not belong here: whether its
result is right (`demo/expected`).
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

from bench.pairs import REPO, Clock, Line, environment, in_turn

LIMIT, LOOK = 180.0, 2.0


def measure(cache: Path, scratch: Path, times: int = 1) -> list[Line]:
    """Wall time of `python -m demo`; it must end with the expected result, or nothing was measured."""
    del cache
    took = [_seconds(scratch / str(number)) for number in range(times)]
    facts: Any = in_turn("year", 1, scratch / "0", ("look",))["look"].facts
    look, asked = median(facts["looks"]), facts["asked"]
    year = "12 month-ends, generating the country included; two processors"
    return [
        Line("the demo's year", f"{median(took):.0f} s", "—", None, "180 s", median(took) <= LIMIT, year),
        Line("nothing changed: every sensor looks once", f"{look:.2f} s", "—", None, "2 s, no run",
             look <= LOOK and not asked, f"{facts['sensors']} sensors on the year's lake, {asked} runs asked for"),
    ]  # fmt: skip


def look(clock: Clock, folder: Path) -> None:
    """Every sensor on the lake of a year that is over, as the daemon evaluates them."""
    from demo import year
    from demo.home import Home, enter
    from demo.servers import running

    home = Home(folder / "data_lake", folder / ".demo", 1, "country")
    with running(home) as servers:
        enter(home, servers.addresses)
        walk = year.begin(home)
        year.enter_last_day(walk, servers)
        sensors, looks, asked = list(walk.definitions.sensors or []), list[float](), 0
        for _ in range(5):
            with clock.timed("looks"):
                began = time.perf_counter()
                asked += sum(len(year.ask(walk, sensor)) for sensor in sensors)
                looks.append(time.perf_counter() - began)
    clock.facts |= {"looks": looks[1:], "asked": asked, "sensors": len(sensors)}


def _seconds(folder: Path) -> float:
    began = time.perf_counter()
    run = subprocess.run(
        [sys.executable, "-m", "demo", "--folder", str(folder)],
        cwd=REPO, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if run.returncode:
        raise RuntimeError(f"the demo failed:\n{run.stdout[-2000:]}{run.stderr[-2000:]}")
    return time.perf_counter() - began
