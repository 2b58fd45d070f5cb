"""Scratch folders in the lake: private while their owner lives, swept once it has been killed.

Belongs here: making, locking and sweeping them. Does not belong here: moving finished files into place (`lake.py`).

The owner holds the kernel's lock on its folder, and the lock falls with the process however that ends. Runs, the code
server and `imu doctor` all open the same lake: a sweep that took every folder would pull another run's draft away.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4


@contextmanager
def scratch(base: Path) -> Iterator[Path]:
    """A new folder below `base`, gone afterwards whatever happens."""
    base.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        # The shared lock on `base` keeps a sweep out between making the folder and locking it.
        with _locked(base, fcntl.LOCK_SH):
            folder = base / uuid4().hex
            folder.mkdir()
            held.enter_context(_locked(folder, fcntl.LOCK_EX))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def sweep(base: Path) -> int:
    """Remove what dead processes left below `base`; returns how much that was."""
    if not base.exists():
        return 0
    with _locked(base, fcntl.LOCK_EX):
        return sum(_remove_if_left(path) for path in sorted(base.iterdir()))


def _remove_if_left(path: Path) -> bool:
    if not path.is_dir():
        path.unlink(missing_ok=True)
        return True
    try:
        with _locked(path, fcntl.LOCK_EX | fcntl.LOCK_NB):
            shutil.rmtree(path, ignore_errors=True)
    except (BlockingIOError, FileNotFoundError):
        return False  # its owner is at work, or has just cleared it away
    return True


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, how)
        yield
    finally:
        os.close(handle)
