"""Two things at once: independent runs of one round, each half in a process of its own.

Belongs here: forking and waiting. Does not belong here: which runs are independent (`year.py`).

A fork takes the warm models, gazetteer and expectations along; a fresh process would need ten seconds to load them.
What must not be shared across a fork (database connections) is opened anew in the child.
"""

from __future__ import annotations

import os
import struct
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

Item = TypeVar("Item")
WORKERS = 2
_COUNTS = struct.Struct("<ii")


def work(groups: Sequence[Sequence[Item]], job: Callable[[Iterator[Item]], tuple[int, int]]) -> tuple[int, int]:
    """Do each group in order, the groups in two processes; returns runs made and runs failed.

    Whoever is free takes the next group. A child that dies counts as failed: whatever it left undone is asked for
    again in the next round.
    """
    waiting, filling = os.pipe()
    os.write(filling, bytes(range(len(groups))))
    os.close(filling)
    children = [_start(waiting, groups, job) for _ in range(min(WORKERS, len(groups)))]
    os.close(waiting)
    results = [_wait(*child) for child in children]
    return sum(made for made, _ in results), sum(failed for _, failed in results)


def _start(
    waiting: int, groups: Sequence[Sequence[Item]], job: Callable[[Iterator[Item]], tuple[int, int]]
) -> tuple[int, int]:
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    status = 1
    try:
        os.close(reading)
        taken = (groups[number[0]] for number in iter(lambda: os.read(waiting, 1), b""))
        os.write(writing, _COUNTS.pack(*job(item for group in taken for item in group)))
        status = 0
    except BaseException as broken:
        # Where and of what kind; the words of an error may quote data, even if only of people who do not exist.
        place = traceback.extract_tb(broken.__traceback__)[-1]
        print(f"{type(broken).__name__} at {Path(place.filename).name}:{place.lineno}", file=sys.stderr)  # noqa: T201
        raise
    finally:
        os._exit(status)  # without the parent's exit handlers: its servers and progress bar are not ours


def _wait(child: int, reading: int) -> tuple[int, int]:
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return _COUNTS.unpack(answer) if len(answer) == _COUNTS.size else (0, 1)
