"""A stream of plain bytes under a path, without a disk: a named pipe, fed by a thread.

Belongs here: the pipe and its end, whichever side lets go first. Does not belong here: what flows through it.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import RawIOBase
from pathlib import Path


@contextmanager
def as_pipe(stream: Iterator[bytes]) -> Iterator[Path]:
    """Offer decrypted bytes under a path without writing them to a disk: a named pipe, fed by a thread."""
    failures: list[BaseException] = []
    stopped = threading.Event()
    with tempfile.TemporaryDirectory(prefix="imu-") as folder:
        path = Path(folder) / "extract.csv"
        os.mkfifo(path, 0o600)
        feeder = threading.Thread(target=_feed, args=(path, stream, stopped, failures), daemon=True)
        feeder.start()
        try:
            yield path
        finally:
            stopped.set()
            _let_go(path, feeder)
            if failures:
                raise failures[0] from None  # a broken seal explains whatever the reader made of it


def _let_go(path: Path, feeder: threading.Thread) -> None:
    """A feeder may still wait for a reader, or for one to go on: it gets one that takes what is left and forgets it."""
    last_reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    while feeder.is_alive():
        with suppress(BlockingIOError):
            os.read(last_reader, 1 << 20)
        feeder.join(0.01)
    os.close(last_reader)


def _feed(path: Path, stream: Iterator[bytes], stopped: threading.Event, failures: list[BaseException]) -> None:
    try:
        with path.open("wb", buffering=0) as pipe:
            for chunk in stream:
                if stopped.is_set():
                    return
                _write(pipe, chunk)
    except BrokenPipeError:
        pass  # DuckDB stopped reading early; it says why itself
    except Exception as failure:  # noqa: BLE001 - handed to the reading thread, raised there
        failures.append(failure)


def _write(pipe: RawIOBase, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[pipe.write(rest) :]
