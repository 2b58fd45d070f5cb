"""Errors on other people's data leave without their words: a library's message may quote the cell it stumbled over.

Belongs here: turning any such error into one of ours, which says where it broke and not over what. Does not belong
here: errors we write ourselves (`orchestration.failures`); they hold no value and pass as they are.

Dagster keeps an error's message and those of its causes: all of them would lie in the clear in its storage.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orchestration.failures import ImuError, Permanent, Transient

_OURS = Path(__file__).resolve().parents[1]


@contextmanager
def unquoted(what: str) -> Iterator[None]:
    """Do something with people's data; `what` names it for the officer, as in "The check of arrival 3f…"."""
    try:
        yield
    except ImuError as known:
        # Its own words are safe; those of its cause are not.
        raise known from None
    except FileNotFoundError as problem:
        raise Permanent(
            f"{what} looked for a file that is not there, at {_place(problem)}. Nothing was lost. `imu doctor` names "
            "damaged records; tables that are missing are built by `imu run models`."
        ) from None
    except OSError as problem:
        # The file's name in its text is the sender's; the system's own word for what happened is not.
        raise Transient(
            f"{what} was stopped by the machine: {os.strerror(problem.errno) if problem.errno else 'input or output'} "
            f"at {_place(problem)}. Nothing was lost. Look at the disk (`imu doctor`), then try again."
        ) from None
    except Exception as problem:  # noqa: BLE001 - whatever it is, its text may quote a cell
        raise Permanent(
            f"{what} broke: {type(problem).__name__} at {_place(problem)}. Its words are withheld, because they may "
            f"quote data. Nothing was lost, and trying again changes nothing: please report this line."
        ) from None


def _place(problem: BaseException) -> str:
    """The innermost line of ours, else the innermost line."""
    frames = traceback.extract_tb(problem.__traceback__)
    ours = [frame for frame in frames if _OURS in Path(frame.filename).parents and ".venv" not in frame.filename]
    last = (ours or frames)[-1]
    path = Path(last.filename)
    return f"{path.relative_to(_OURS) if _OURS in path.parents else path.name}:{last.lineno} ({last.name})"
