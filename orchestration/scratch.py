"""Scratch folders in the lake: private while their owner lives, swept once it has been killed.

Belongs here: making, locking and sweeping them. Does not belong here: moving finished files into place (`lake.py`).

The owner holds the kernel's lock on its folder, and the lock falls with the process however that ends. Runs, the code
server and `imu doctor` all open the same lake: a sweep that took every folder would pull another run's draft away.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

from orchestration.failures import Transient
from orchestration.locks import ALONE, AT_ONCE, SHARED, locked


@contextmanager
def scratch(base: Path) -> Iterator[Path]:
    """A new folder below `base`, gone afterwards whatever happens."""
    base.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        # The shared lock on `base` keeps a sweep out between making the folder and locking it.
        with locked(base, SHARED):
            folder = base / uuid4().hex
            folder.mkdir()
            held.enter_context(locked(folder, ALONE))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def sweep(base: Path) -> int:
    """Remove what dead processes left below `base`; returns how much that was."""
    if not base.exists():
        return 0
    with locked(base, ALONE):
        return sum(_remove_if_left(path) for path in sorted(base.iterdir()))


def _remove_if_left(path: Path) -> bool:
    if not path.is_dir():
        path.unlink(missing_ok=True)
        return True
    try:
        with locked(path, ALONE | AT_ONCE):
            shutil.rmtree(path, ignore_errors=True)
    except (Transient, FileNotFoundError):
        return False  # its owner is at work, or has just cleared it away
    return True

