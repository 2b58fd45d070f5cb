"""Budget 6: the fictional country's year, from an installed environment to its last release, in a fresh folder.

Belongs here: timing the demo as people start it. Does not belong here: whether its result is right (`demo/expected`).
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from bench.pairs import REPO, Line, environment

LIMIT = 180.0


def measure(cache: Path, scratch: Path, times: int = 1) -> list[Line]:
    """Wall time of `python -m demo`; it must end with the expected result, or nothing was measured."""
    del cache
    took = [_seconds(scratch / str(number)) for number in range(times)]
    note = "12 month-ends, generating the country included; two processors"
    return [Line("the demo's year", f"{median(took):.0f} s", "—", None, "180 s", median(took) <= LIMIT, note)]


def _seconds(folder: Path) -> float:
    began = time.perf_counter()
    run = subprocess.run(
        [sys.executable, "-m", "demo", "--folder", str(folder)],
        cwd=REPO, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if run.returncode:
        raise RuntimeError(f"the demo failed:\n{run.stdout[-2000:]}{run.stderr[-2000:]}")
    return time.perf_counter() - began
