"""Measuring two ways of doing the same work in turn: A B A B, each in a process of its own.

Belongs here: starting sides, medians, ratios, the lines of the table. Does not belong here: any work that is measured.

Machines are shared and noisy: an absolute time says little, but what disturbs one side of a pair disturbs the other
as well. This process imports nothing heavy: a child inherits its parent's peak memory as its own lower bound.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

REPO = Path(__file__).resolve().parents[1]
CACHE_VARIABLE = "IMU_BENCH_CACHE"


@dataclass
class Clock:
    """What a side measures of itself: the work without its preparation, part by part, and what came out of it."""

    seconds: float = 0.0
    megabytes: int = 0
    parts: dict[str, float] = field(default_factory=dict)
    facts: dict[str, object] = field(default_factory=dict)

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Add what happens inside to the measured time."""
        began = time.perf_counter()
        try:
            yield
        finally:
            took = time.perf_counter() - began
            # Now, and not when the process ends: comparing the results takes memory of its own.
            self.megabytes = peak_megabytes()
            self.seconds += took
            self.parts[part] = self.parts.get(part, 0.0) + took


Side = Callable[[Clock, Path], None]


@dataclass(frozen=True)
class Result:
    """The runs of one side."""

    seconds: tuple[float, ...]
    megabytes: tuple[int, ...]
    parts: Mapping[str, float]
    facts: Mapping[str, object]

    @property
    def time(self) -> float:
        """The median time."""
        return median(self.seconds)

    @property
    def peak(self) -> float:
        """The median peak memory of the whole process, interpreter and libraries included."""
        return median(self.megabytes)


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    work: str
    ours: str
    bare: str
    ratio: float | None
    budget: str
    met: bool
    note: str = ""


def in_turn(module: str, pairs: int, folder: Path, sides: tuple[str, ...] = ("ours", "bare")) -> dict[str, Result]:
    """Run the sides of a module one after the other, several times; each run is a fresh process."""
    said: dict[str, list[dict[str, object]]] = {side: [] for side in sides}
    for number in range(pairs):
        # The order is turned each time: whoever comes second finds the file in the system's cache.
        for side in sides if number % 2 == 0 else reversed(sides):
            said[side].append(_child(module, side, folder))
    return {side: _result(runs) for side, runs in said.items()}


def _child(module: str, side: str, folder: Path) -> dict[str, object]:
    run = subprocess.run(
        [sys.executable, "-m", "bench.side", module, side, str(folder)],
        cwd=REPO, capture_output=True, text=True, check=False, env=environment(),
    )  # fmt: skip
    if run.returncode:
        raise RuntimeError(f"bench {module} {side} failed:\n{run.stderr[-2000:]}")
    answer: dict[str, object] = json.loads(run.stdout.splitlines()[-1])
    return answer


def _result(runs: list[dict[str, object]]) -> Result:
    fastest = min(runs, key=lambda run: float(str(run["seconds"])))
    return Result(
        seconds=tuple(float(str(run["seconds"])) for run in runs),
        megabytes=tuple(int(str(run["megabytes"])) for run in runs),
        parts=dict(fastest["parts"]),  # type: ignore[call-overload]
        facts=dict(runs[-1]["facts"]),  # type: ignore[call-overload]
    )


def pair_ratio(ours: Result, bare: Result) -> float:
    """The median of the ratios pair by pair."""
    return median(a / b for a, b in zip(ours.seconds, bare.seconds, strict=True))


def peak_megabytes() -> int:
    """The most memory this process has had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def cache_folder() -> Path:
    """Where what is made once is kept: `.demo/bench` in this checkout, or where IMU_BENCH_CACHE says."""
    folder = Path(os.environ.get(CACHE_VARIABLE) or REPO / ".demo" / "bench")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def environment() -> dict[str, str]:
    """For every process that is measured: compiled modules are kept, as in any installed environment. Where that is
    switched off (many a container does), loading compiles 1,500 modules each time and takes twice as long.
    """
    compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(cache_folder() / "compiled")}
    return {**os.environ, **compiled, "PYTHONPATH": str(REPO)}


def machine() -> str:
    """On what was measured, and how busy it was."""
    import duckdb

    busy = ", ".join(f"{load:.1f}" for load in os.getloadavg())
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    return (
        f"{os.cpu_count()} cores ({_processor()}), {memory:.0f} GB, {platform.system()}, Python "
        f"{platform.python_version()}, duckdb {duckdb.__version__}; load {busy} (1, 5, 15 min); "
        f"{datetime.now(UTC).date()}"
    )


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()
