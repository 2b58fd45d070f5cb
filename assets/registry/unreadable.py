"""The one failure of a file that is its sender's to mend.

Belongs here: that failure. Does not belong here: raising it (`files.py`, `workbook.py`, `extract.py`).
"""

from __future__ import annotations

from orchestration.failures import Permanent


class Unreadable(Permanent):
    """The file is no table: what its sender has to mend, unlike a broken seal or a computer short of memory.

    `reason` is told to the sender; it never holds a part of the file.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The extract is no table that can be read: {reason}. Export it again (CSV UTF-8 is the surest form); "
            f"trying again with the same file changes nothing."
        )
        self.reason = reason
