"""From the bytes of a file somebody sent to its cells, without ever opening it in this process.

Belongs here: starting the confined child (cells.py), its limits, and why a file could not be read. Not here: what
the cells mean. The bytes travel through a pipe: no plain copy touches the disk, and the child sees no environment,
so that no key of the lake is within its reach.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from orchestration.failures import Permanent

Cell = str | int | float | bool | date | None

# What the verdict tells the sender, by the reason the child (or its end) gave.
REASONS = {
    "empty": "the file is empty",
    "encrypted": "the file is protected by a password",
    "corrupt": "the file is damaged or was cut short on its way",
    "not a table": "the file is not a spreadsheet (Excel, OpenDocument or CSV)",
    "too big": "the file unpacks to more than a workbook of this kind may hold, or a cell far away is filled",
    "too slow": "the file takes far longer to open than a workbook of this kind should",
}


@dataclass(frozen=True)
class Limits:
    """What opening one workbook may cost."""

    memory_mb: int = 1024
    cpu_seconds: int = 20
    wall_seconds: float = 40.0
    unpacked_mb: int = 400
    cells: int = 5_000_000


@dataclass(frozen=True)
class Sheet:
    """A visible sheet: its rows from the very first one, so that index + 1 is the row number people see.

    `merged` lists (first row, first column, last row, last column), counted from zero.
    """

    name: str
    rows: list[list[Cell]]
    merged: tuple[tuple[int, int, int, int], ...] = ()


@dataclass(frozen=True)
class Workbook:
    """The visible sheets of a file, in its own order. `kind`: xlsx, xlsb, xls, ods or csv.

    `hidden` sheets and `notes` (remarks beside cells) mean nothing to us; they are here to be searched for what must
    not come along.
    """

    kind: str
    sheets: tuple[Sheet, ...]
    hidden: tuple[Sheet, ...] = ()
    notes: tuple[str, ...] = ()


class UnreadableWorkbook(Permanent):
    """The file is none we can read; `reason` is a key of REASONS."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"A workbook was opened and could not be read: {REASONS[reason]}. "
            "Ask the sender for a new copy; reading the same file again does not help."
        )
        self.reason = reason


def read_workbook(content: bytes, limits: Limits | None = None) -> Workbook:
    """Return the cells of a workbook; raise UnreadableWorkbook for anything else, however it fails."""
    answer = _ask_child(content, limits or Limits())
    if "refused" in answer:
        raise UnreadableWorkbook(answer["refused"])
    found = [(_sheet(one), bool(one.get("hidden"))) for one in answer["sheets"]]
    return Workbook(
        answer["kind"],
        tuple(sheet for sheet, is_hidden in found if not is_hidden),
        tuple(sheet for sheet, is_hidden in found if is_hidden),
        tuple(answer.get("notes", ())),
    )


def _sheet(found: dict[str, Any]) -> Sheet:
    return Sheet(found["name"], found["rows"], tuple(map(tuple, found["merged"])))


def _ask_child(content: bytes, limits: Limits) -> dict[str, Any]:
    command = [sys.executable, "-I", "-S", "-X", "utf8", str(Path(__file__).with_name("cells.py"))]
    bounds = (limits.memory_mb, limits.cpu_seconds, limits.unpacked_mb, limits.cells, _library_folder())
    try:
        done = subprocess.run(
            [*command, *map(str, bounds)],
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a parser's panic message may quote a cell
            env={},
            timeout=limits.wall_seconds,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as cause:
        raise UnreadableWorkbook("too slow") from cause
    if done.returncode:
        raise UnreadableWorkbook(_end_of_child(done.returncode))
    answer: dict[str, Any] = json.loads(done.stdout, object_hook=_cell)
    return answer


def _end_of_child(code: int) -> str:
    """Tell from the child's exit status what the file did to it."""
    if code in {-signal.SIGXCPU, -signal.SIGKILL}:
        return "too slow"
    return "too big" if code == -signal.SIGABRT else "corrupt"


def _cell(found: dict[str, Any]) -> Any:
    if "date" in found:
        moment = datetime.fromisoformat(found["date"])
        return moment.date()
    return found.get("time", found)


@cache
def _library_folder() -> str:
    spec = find_spec("python_calamine")
    if spec is None or spec.origin is None:
        raise Permanent("python-calamine was looked for and is not installed. Install the locked requirements again.")
    return str(Path(spec.origin).parents[1])
