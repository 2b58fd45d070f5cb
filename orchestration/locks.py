"""Locks on folders: they end with the process that holds them, however it ends.

Belongs here: taking one. Does not belong here: what is done while it is held.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.failures import Transient

SHARED, ALONE = fcntl.LOCK_SH, fcntl.LOCK_EX
AT_ONCE = fcntl.LOCK_NB


@contextmanager
def locked(folder: Path, how: int, *, busy: str = "") -> Iterator[None]:
    """Hold a folder that exists. `AT_ONCE` does not wait: `busy` says what a person reads if somebody else holds it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, how)
        except BlockingIOError as cause:
            raise Transient(busy) from cause
        yield
    finally:
        os.close(handle)
