"""The lake's format and the steps from one format to the next.

Belongs here: the table of migrations and running it. Does not belong here: what lies where today (`lake.py`).

A migration writes what is new beside what is old, may be run again after a crash, and never touches sealed bytes; the
format number in the key file is raised last, after a copy of the key file was put beside it. There is only one format
so far, so the table is empty: the first change of layout adds its line here and raises `lake.FORMAT`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from orchestration import identity, rotation
from orchestration.failures import Permanent
from orchestration.lake import FORMAT, Lake


@dataclass(frozen=True)
class Migration:
    """The step away from one format: what it does, in words, and the doing."""

    words: str
    run: Callable[[Lake], None]


# from this format (to the next one up) -> how
MIGRATIONS: Mapping[int, Migration] = {}


def found_format(lake: Lake) -> int:
    """The format of a lake on disk."""
    identity.require_keys_file(lake.root)
    if not lake.key_file.exists():
        raise Permanent(
            f"There is no lake yet where IMU_LAKE points: {lake.key_file.name} is not there. The first run makes one; "
            "if there should be one, check IMU_LAKE."
        )
    return int(json.loads(lake.key_file.read_text(encoding="utf-8"))["format"])


def migrate(lake: Lake, table: Mapping[int, Migration] = MIGRATIONS, wanted: int = FORMAT) -> list[str]:
    """Bring a lake to the wanted format, step by step; returns what was done, in words."""
    found, done = found_format(lake), []
    if found > wanted:
        raise Permanent(
            f"This lake has format {found}, made by a newer version of the software; this one works with {wanted}. "
            "Install the newer version: a lake is never taken back a step."
        )
    with rotation.alone(lake.root):
        for step in range(found, wanted):
            done.append(_step(lake, step, table))
    return done


def _step(lake: Lake, step: int, table: Mapping[int, Migration]) -> str:
    if step not in table:
        raise Permanent(f"No migration leads away from format {step}: this version of the software is too new for it.")
    lake.write_json(lake.root / f"keys.format-{step}.json", _content(lake))
    table[step].run(lake)
    lake.write_json(lake.key_file, {**_content(lake), "format": step + 1})
    return f"format {step} to {step + 1}: {table[step].words}"


def _content(lake: Lake) -> dict[str, object]:
    content: dict[str, object] = json.loads(lake.key_file.read_text(encoding="utf-8"))
    return content
