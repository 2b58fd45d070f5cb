"""Faults on demand: what networks, proxies and colleagues do to a server while somebody is reading from it.

Belongs here: keeping the orders given at `POST /demo/fault` and telling the server which one a request meets.
Does not belong here: sending bytes (`server.py`), rows and forms (`state.py`).

An order is `{"path": part of path?query, "kind": …, "times": n}` and may add `after` (let that many matching requests
pass first), `seconds` (slow), `retry_after` (429) and `which` (`first` or `last` row, for vanish and appear). `vanish`:
once the request is answered a row is deleted. `appear`: a row is missing until the request is answered, as when MongoDB
is written after PostgreSQL.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

KINDS = ("429", "500", "502html", "404", "401", "html200", "slow", "cut", "vanish", "appear")


@dataclass
class Fault:
    """One order, counted down as requests meet it."""

    path: str
    kind: str
    times: int = 1
    after: int = 0
    seconds: float = 3.0
    retry_after: int = 1
    which: str = "first"


def read_fault(order: dict[str, Any]) -> Fault:
    """Check an order; a misspelt kind would make a test pass for the wrong reason."""
    fault = Fault(**{key: order[key] for key in Fault.__dataclass_fields__ if key in order})
    unknown = set(order) - set(Fault.__dataclass_fields__)
    if unknown or fault.kind not in KINDS or fault.which not in ("first", "last") or fault.times < 1:
        raise ValueError(f"unknown fault order; kinds are {', '.join(KINDS)}")
    return fault


class Faults:
    """The orders still to be met, the oldest first."""

    def __init__(self) -> None:
        self._orders: list[Fault] = []

    def add(self, fault: Fault) -> None:
        """Take an order."""
        self._orders.append(fault)

    def clear(self) -> None:
        """Forget every order."""
        self._orders.clear()

    def meet(self, target: str) -> Fault | None:
        """The fault this request meets, if any; each order counts down on its own."""
        for fault in self._orders:
            if fault.path not in target:
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            fault.times -= 1
            if fault.times == 0:
                self._orders.remove(fault)
            return fault
        return None
