"""Work done in a child process that is killed at a chosen moment, as a power cut would."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def killed_at(work: Callable[[], object], fsync: int) -> bool:
    """Do the work in a child that kills itself at its so-many-th fsync; False if it ended before that."""
    child = os.fork()
    if child == 0:
        _kill_at_fsync(fsync)
        try:
            work()
        except BaseException:
            os._exit(3)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the work failed by itself"
    return os.WIFSIGNALED(status)


def _kill_at_fsync(number: int) -> None:
    calls = iter(range(number))
    real = os.fsync

    def fsync(handle: int) -> None:
        if next(calls, None) is None:
            kill_self()
        real(handle)

    os.fsync = fsync


def kill_self() -> None:
    """What a power cut does: nothing is cleaned up."""
    os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def at_work(work: Callable[[Callable[[], None]], object]) -> Iterator[int]:
    """A child that does its work up to the moment it calls what it is given, and stays there until it is killed."""
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:

        def here() -> None:
            os.write(tell, b"x")
            signal.pause()

        work(here)
        os._exit(3)
    os.read(told, 1)
    try:
        yield child
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(told)
        os.close(tell)
