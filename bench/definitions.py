"""Budget 5: how long a fresh process takes until everything Dagster sees is loaded.

Ours: the definitions of the demo operation, dbt's manifest parsed before. Bare: importing dagster and dagster-dbt.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from bench.pairs import REPO, Line, environment

LIMIT = 3.0
_LOAD = (
    "import os, sys; from pathlib import Path; from demo.home import Home, enter; "
    "folder = Path(sys.argv[1]); (folder / 'data_lake').mkdir(exist_ok=True); "
    "enter(Home(folder / 'data_lake', folder / '.demo')); os.environ['IMU_TODAY'] = '2025-12-31'; "
    "from orchestration.definitions import defs; defs().resolve_all_job_defs()"
)
_IMPORT = "import dagster, dagster_dbt"


def measure(cache: Path, scratch: Path, pairs: int = 5) -> list[Line]:
    """Wall time of whole processes, interpreter start included, in turn."""
    del cache
    _seconds(_LOAD, scratch)  # parses the manifest if a model changed; the second finds every module compiled
    _seconds(_LOAD, scratch)
    ours, bare = [], []
    for _ in range(pairs):
        ours.append(_seconds(_LOAD, scratch))
        bare.append(_seconds(_IMPORT, scratch))
    ratio = median(a / b for a, b in zip(ours, bare, strict=True))
    note = "fresh process, from its start; bare is the import of dagster and dagster-dbt alone"
    return [
        Line("definitions load", f"{median(ours):.1f} s", f"{median(bare):.1f} s", ratio, "3 s", median(ours) <= LIMIT, note)
    ]


def _seconds(code: str, scratch: Path) -> float:
    began = time.perf_counter()
    run = subprocess.run(
        [sys.executable, "-c", code, str(scratch)], cwd=REPO, env=environment(),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if run.returncode:
        raise RuntimeError(f"loading failed:\n{run.stderr[-2000:]}")
    return time.perf_counter() - began
