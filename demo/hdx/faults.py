"""The fault switch: makes a chosen call fail, before or after its work is done, or answer slowly.

Belongs here: what faults are pending and how they are described. Does not belong here: HTTP (`server.py`).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

MOMENTS = ("before", "after", "slow")


@dataclass(frozen=True)
class Fault:
    """One pending fault. `action` is a CKAN action, "download" for files, or "*"; status 0 cuts the connection."""

    action: str
    when: str = "before"
    status: int = 503
    times: int = 1
    seconds: float = 5.0


class Faults:
    """Pending faults, each used up after `times` calls."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: list[Fault] = []

    def add(self, described: Mapping[str, Any]) -> Fault:
        """Take a fault as JSON describes it; a mistake in the description is a ValueError."""
        unknown = sorted(set(described) - set(Fault.__dataclass_fields__))
        if unknown or not described.get("action"):
            raise ValueError(f"a fault needs an action and takes only {sorted(Fault.__dataclass_fields__)}")
        fault = Fault(**described)
        if fault.when not in MOMENTS:
            raise ValueError(f"when must be one of {', '.join(MOMENTS)}")
        with self._lock:
            self._pending.append(fault)
        return fault

    def take(self, action: str) -> Fault | None:
        """Return the fault that this call has to suffer, and count it down."""
        with self._lock:
            for index, fault in enumerate(self._pending):
                if fault.action in {action, "*"}:
                    left = replace(fault, times=fault.times - 1)
                    self._pending[index : index + 1] = [left] if left.times > 0 else []
                    return fault
        return None

    def clear(self) -> None:
        """Forget all pending faults."""
        with self._lock:
            self._pending.clear()

    def pending(self) -> list[dict[str, Any]]:
        """Return what is still to come, for the person who set it."""
        with self._lock:
            return [asdict(fault) for fault in self._pending]
