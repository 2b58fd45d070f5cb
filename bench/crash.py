"""Not a time but a promise: the demo killed at 20 random moments and started again ends as if nothing had happened.

Belongs here: killing (whole process group, as a power cut does), looking at what lay there at that moment, comparing
the two ends. Does not belong here: how lakes are compared (`lakes.py`).
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench.pairs import REPO, Line, environment

# Loading takes some seconds, in which nothing can be lost; one kill in five still falls there.
MOMENTS = (3.0, 18.0)


def measure(cache: Path, scratch: Path, times: int = 20) -> list[Line]:
    """Lines for: the lakes are the same, nothing half-written was in sight, the catalogue is the same."""
    del cache
    chance = random.Random(2025)
    calm, cut = scratch / "calm", scratch / "cut"
    _to_the_end(calm)
    half, kills = list[str](), 0
    while kills < times:
        if _killed(cut, chance.uniform(*MOMENTS)):  # else it was faster, and there was nothing to kill any more
            kills += 1
            half += _half_written(cut)
    _to_the_end(cut)
    from bench import lakes

    differing = [*lakes.differences(_lake(calm), _lake(cut)), *_catalogue_differences(calm, cut)]
    return [
        _line(f"kill -9 at {kills} random moments: files in sight that are not whole", half),
        _line(f"kill -9 at {kills} random moments, then to the end: differences to an undisturbed run", differing),
    ]


def _line(work: str, found: list[str]) -> Line:
    return Line(work, str(len(found)), "0", None, "0", not found, "; ".join(found[:6]))


def _command(folder: Path) -> list[str]:
    return [sys.executable, "-m", "demo", "--size", "small", "--folder", str(folder)]


def _to_the_end(folder: Path) -> None:
    run = subprocess.run(_command(folder), cwd=REPO, env=environment(), capture_output=True, text=True, check=False)
    if run.returncode:
        raise RuntimeError(f"the demo failed in {folder.name}:\n{run.stdout[-2000:]}{run.stderr[-2000:]}")


def _killed(folder: Path, after: float) -> bool:
    """Start the demo and kill it with everything it started; False if it had ended by then."""
    process = subprocess.Popen(
        _command(folder), cwd=REPO, env=environment(), start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    with suppress(subprocess.TimeoutExpired):
        return process.wait(after) != 0
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return True


def _lake(folder: Path) -> Any:
    from demo.home import Home, environment
    from orchestration.lake import Lake
    from orchestration.seal import load_keys

    home = Home(folder / "data_lake", folder / ".demo", 1, "small")
    return Lake(home.lake, load_keys(environment(home)))


def _half_written(folder: Path) -> list[str]:
    from bench import lakes

    lake = _lake(folder)
    return lakes.half_written(lake) if lake.root.exists() else []


def _catalogue_differences(one: Path, other: Path) -> list[str]:
    """Each dataset once, with the same files, on the demo's HDX."""
    first, second = _catalogue(one), _catalogue(other)
    return [f"HDX: {name}" for name in sorted(first.keys() | second.keys()) if first.get(name) != second.get(name)]


def _catalogue(folder: Path) -> dict[str, list[tuple[str, str]]]:
    state = json.loads((folder / ".demo" / "hdx" / "state.json").read_text(encoding="utf-8"))
    return {
        dataset["name"]: [(file["name"], file["blob"]) for file in dataset["resources"]]
        for dataset in state["datasets"].values()
    }
