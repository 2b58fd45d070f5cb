"""Whose lake it is: whether there is one where IMU_LAKE points, and whether it is this operation's.

Belongs here: telling "none yet", "keys lost", "another operation's", "no folder", "not writable" apart. Does not belong
here: opening it (`lake.py`), its format (`migrations.py`).

The operation's name stands in the key file since the first office looked at one country's figures under another's
heading. It is an addition older software passes over, so the lake's format stays the same; a lake without a name is
given one when it is next opened.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration import rotation
from orchestration.failures import ImuError, Permanent

if TYPE_CHECKING:
    from orchestration.lake import Lake

KEY_FILE = "keys.json"
LOST_KEYS = (
    f"The lake is there and its {KEY_FILE} is missing. Restore it from the backup (docs/administrator.md, 'Backup and "
    "restore'); without it the sealed data stays closed, whatever keys are at hand."
)
NONE_YET = "There is no lake here yet: where IMU_LAKE points, nothing has been taken. The first run makes it."


def is_made(root: Path) -> bool:
    """Whether there is a lake, be it one whose keys were lost."""
    require_folder(root)
    return (root / KEY_FILE).exists() or has_lost_keys(root)


def has_lost_keys(root: Path) -> bool:
    """Whether sealed data lies there and the file that opens it does not."""
    raw = root / "raw"
    return not (root / KEY_FILE).exists() and raw.is_dir() and any(raw.iterdir())


def require_folder(root: Path) -> None:
    """Refuse a path that can't be a lake."""
    if root.exists() and not root.is_dir():
        raise Permanent("IMU_LAKE names a file, and a lake is a folder. Set it to the folder of this operation's lake.")


def require_keys_file(root: Path) -> None:
    """Refuse a lake whose keys were lost: a new key file would shut what is sealed for ever."""
    require_folder(root)
    if has_lost_keys(root):
        raise Permanent(LOST_KEYS)


def require_lake(root: Path) -> None:
    """Refuse to go on where there is no lake, or one without its key file."""
    require_keys_file(root)
    if not (root / KEY_FILE).exists():
        raise Permanent("There is no lake yet where IMU_LAKE points, so no key can be tried on it. Check IMU_LAKE.")


def cannot_write(cause: OSError) -> Permanent:
    """What to say where the lake's folder takes no file: its path stays out of the words, it is somebody's."""
    said = os.strerror(cause.errno) if cause.errno else type(cause).__name__
    return Permanent(
        f"The lake cannot be written ({said}). Nothing was changed. Look at the rights of the folder IMU_LAKE names, "
        "at how its disk is mounted and at the space left (`imu doctor`)."
    )


def require_same(root: Path, operation: str | None) -> None:
    """Refuse another operation's lake. Needs no keys; a lake without a name, or with no lake there, passes."""
    require_folder(root)
    known = _name(root)
    if operation and known and known != operation:
        raise Permanent(
            f"This lake belongs to operation '{known}', and IMU_OPERATION is '{operation}'. Nothing was touched. Set "
            f"IMU_OPERATION={known}, or IMU_LAKE to the lake of '{operation}'."
        )


def give_name(lake: Lake) -> None:
    """Write the operation into the key file of a lake that has none; where the keys are in use, at a later opening."""
    if not lake.operation or _name(lake.root):
        return
    # A lake that is only read (a backup, mounted as such) stays without one.
    with suppress(ImuError), rotation.alone(lake.root):
        content = json.loads(lake.key_file.read_text(encoding="utf-8"))
        lake.write_json(lake.key_file, {**content, "operation": lake.operation})


def _name(root: Path) -> str | None:
    try:
        content = json.loads((root / KEY_FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as cause:
        raise Permanent(f"{KEY_FILE} of the lake is damaged. Restore it from the backup.") from cause
    return content.get("operation") if isinstance(content, dict) else None
