"""A workbook's rows as a stream of CSV, read by a child process that may take only so much.

Belongs here: starting and ending the child (`workbook_rows.py`), its limits, what its end means. Does not belong here:
what the rows mean. Bytes go in and out through pipes; the child sees no environment and can write no file.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import IO

from assets.registry.unreadable import Unreadable
from orchestration.failures import Permanent

# 100,000 rows of 26 columns take 0.27 GB and 3 s (measured); Excel itself ends at 1,048,576 rows.
_MEMORY_MB, _SECONDS, _UNPACKED_MB = 3072, 300, 2048
_PIECE = 1 << 20
_ENDS = {
    10: "it is protected by a password",
    11: "it is a damaged workbook, or was cut short on its way",
    12: "the workbook unpacks to more than a register's may",
    13: "the workbook must have exactly one visible sheet with something in it",
    -signal.SIGXCPU: "the workbook takes far longer to open than it should",
    -signal.SIGKILL: "the workbook takes far longer to open than it should",
    -signal.SIGABRT: "the workbook unpacks to more than a register's may",
}


@contextmanager
def rows(content: bytes) -> Iterator[Iterator[bytes]]:
    """The rows of the workbook's only sheet as CSV, UTF-8 with commas."""
    command = [sys.executable, "-I", "-S", "-X", "utf8", str(Path(__file__).with_name("workbook_rows.py"))]
    child = subprocess.Popen(
        [*command, *map(str, (_MEMORY_MB, _SECONDS, _UNPACKED_MB, _library_folder()))],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env={},
    )  # fmt: skip
    assert child.stdin is not None and child.stdout is not None  # noqa: S101 - both are pipes
    giver = threading.Thread(target=_give, args=(child.stdin, content), daemon=True)
    giver.start()
    try:
        yield _rows(child, child.stdout)
    finally:
        child.kill()  # whoever stopped reading early must not leave it behind
        child.wait()
        giver.join()
        child.stdout.close()


def _give(pipe: IO[bytes], content: bytes) -> None:
    with suppress(BrokenPipeError), pipe:
        pipe.write(content)


def _rows(child: subprocess.Popen[bytes], source: IO[bytes]) -> Iterator[bytes]:
    while piece := source.read(_PIECE):
        yield piece
    if code := child.wait():
        raise Unreadable(_ENDS.get(code, _ENDS[11]))


@cache
def _library_folder() -> str:
    spec = find_spec("python_calamine")
    if spec is None or spec.origin is None:
        raise Permanent("python-calamine was looked for and is not installed. Install the locked requirements again.")
    return str(Path(spec.origin).parents[1])
