"""Count tables as disclosure control sees them: cells, and the sums that tie cells together.

Belongs here: the rule for a table (keys, hierarchies, thresholds, what an outsider knows) and reading a DataFrame into
cells and equations. Does not belong here: choosing what to hide (`protect`) or attacking the result (`audit`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from orchestration.failures import Permanent

if TYPE_CHECKING:
    import pandas as pd

REPORTED = "reported"
NOT_REPORTED = "not_reported"
SUPPRESSED = "suppressed"
STATUSES = (REPORTED, NOT_REPORTED, "not_assessed", "no_consensus", SUPPRESSED)

Key = tuple[str, ...]


@dataclass(frozen=True)
class Hierarchy:
    """How the codes of one key column add up: each code's parent, e.g. district -> region -> country, f -> all.

    A column may have several hierarchies (five-year ages and 'minors / adults'): an outsider uses them all.
    """

    column: str
    parents: Mapping[str, str]

    def __post_init__(self) -> None:
        """Refuse a hierarchy that climbs in a circle: it has no totals."""
        for code in self.parents:
            path = {code}
            while (code := self.parents.get(code, "")) and code not in path:
                path.add(code)
            if code:
                raise Permanent(
                    f"The hierarchy of {self.column!r} goes in a circle through {code!r}: a code cannot be part of "
                    "itself. Correct the parents; a top code has none."
                )


@dataclass(frozen=True)
class Attacker:
    """What an outsider knows besides the published cells and their sums.

    Zeros are published as zeros, so whoever sees a suppressed cell knows that somebody is in it. Set
    `zeros_published` to False only for a product that hides its zeros as well.
    """

    zeros_published: bool = True

    @property
    def least(self) -> int:
        """The smallest value a suppressed cell can have in the outsider's eyes."""
        return 1 if self.zeros_published else 0


@dataclass(frozen=True)
class CountRule:
    """The disclosure rule of one count column: a cell with 0 < n < threshold is never shown, and no suppressed cell
    may be derived to within fewer than `width` people.

    `parts` are counts of the same people in the same row (women, men, children): one small part hides the row, and a
    hidden row shows none of them. `derived` columns (a change, a share) are emptied with the row.
    """

    value: str
    keys: tuple[str, ...]
    hierarchies: tuple[Hierarchy, ...]
    threshold: int = 10
    width: int = 10
    parts: tuple[str, ...] = ()
    derived: tuple[str, ...] = ()
    status: str = "value_status"
    attacker: Attacker = field(default_factory=Attacker)
    why: str = ""


@dataclass(frozen=True)
class Equation:
    """One published sum: the parent cell is the total of its children. Cells are given by position."""

    parent: int
    children: tuple[int, ...]


@dataclass(frozen=True)
class CountTable:
    """A count table with every value known: only the house sees one of these. `counted` rows carry a figure."""

    keys: tuple[Key, ...]
    values: NDArray[np.int64]
    counted: NDArray[np.bool_]
    equations: tuple[Equation, ...]


def read_table(frame: pd.DataFrame, rule: CountRule) -> CountTable:
    """Read a complete (not yet suppressed) count table. Rows that carry no figure take part in no sum."""
    require_columns(frame, rule)
    keys = read_keys(frame, rule)
    status = read_status(frame, rule)
    if SUPPRESSED in status:
        raise Permanent(
            f"Column {rule.value!r} already holds suppressed cells; disclosure control must start from the complete "
            "table, because a pattern laid over another pattern protects neither. Hand in the unsuppressed mart."
        )
    require_silence(frame, rule, status)
    counted = np.array([s == REPORTED for s in status], dtype=bool)
    values = _counts(frame, rule, counted)
    equations = tuple(find_equations(keys, counted, rule))
    _require_sums(values, equations, rule)
    return CountTable(tuple(keys), values, counted, equations)


def require_silence(frame: pd.DataFrame, rule: CountRule, status: Sequence[str]) -> None:
    """Refuse a figure in a row whose status says that there is none: it would be published and never judged."""
    empty = frame[rule.value].isna().tolist()
    wrong = sum(s != REPORTED and not e for s, e in zip(status, empty, strict=True))
    if wrong:
        raise Permanent(
            f"{wrong} rows hold a figure of {rule.value!r} although {rule.status!r} says there is none. Empty the "
            "figure or correct its status."
        )


def require_columns(frame: pd.DataFrame, rule: CountRule) -> None:
    """Refuse a frame or a rule that name different columns."""
    wanted = [*rule.keys, rule.value, *rule.parts, *rule.derived]
    missing = [c for c in wanted if c not in frame.columns]
    stray = [h.column for h in rule.hierarchies if h.column not in rule.keys]
    if missing or stray:
        raise Permanent(
            f"The disclosure rule of {rule.value!r} names columns that are not there: missing in the table {missing}, "
            f"hierarchies on columns that are no key {stray}. Correct the rule or the mart."
        )
    if min(rule.threshold, rule.width) < 1:
        raise Permanent(f"The disclosure rule of {rule.value!r} needs a threshold and a width of at least 1.")


def read_keys(frame: pd.DataFrame, rule: CountRule) -> list[Key]:
    """The keys in row order; each row must have one, and no two rows the same."""
    columns = [frame[c].astype(object).tolist() for c in rule.keys]
    keys = [tuple(str(part) for part in row) for row in zip(*columns, strict=True)]
    empty = sum(any(part in ("None", "nan", "<NA>", "NaT", "") for part in key) for key in keys)
    repeated = len(keys) - len(set(keys))
    if empty or repeated:
        raise Permanent(
            f"A count table needs one row per {', '.join(rule.keys)}: {empty} rows have an empty key and {repeated} "
            "repeat another row's key. Add the missing key column to the rule, or mend the mart's grain."
        )
    return keys


def read_status(frame: pd.DataFrame, rule: CountRule) -> list[str]:
    """The status of every row's figure; a table without a status column is taken as fully reported."""
    if rule.status not in frame.columns:
        return [REPORTED] * len(frame)
    status = [str(s) for s in frame[rule.status].astype(object)]
    unknown = sorted(set(status) - set(STATUSES))
    if unknown:
        raise Permanent(f"Column {rule.status!r} holds {len(unknown)} unknown words; known are {list(STATUSES)}.")
    return status


def integers(column: Iterable[object], where: Iterable[bool], name: str) -> NDArray[np.int64]:
    """Whole, non-negative numbers where asked for, zero elsewhere; anything else is refused without its value."""
    out, bad = [], 0
    for value, wanted in zip(column, where, strict=True):
        number = _whole(value) if wanted else 0
        bad += number is None
        out.append(number or 0)
    if bad:
        raise Permanent(
            f"{bad} reported cells of {name!r} are empty, negative or no whole number. A cell without a figure needs "
            f"a status such as 'not_reported'; a count of people is a whole number."
        )
    return np.array(out, dtype=np.int64)


def _whole(value: object) -> int | None:
    try:
        number = int(value)  # type: ignore[call-overload]
    except (TypeError, ValueError):
        return None
    return number if number == value and number >= 0 else None


def _counts(frame: pd.DataFrame, rule: CountRule, counted: NDArray[np.bool_]) -> NDArray[np.int64]:
    return integers(frame[rule.value].astype(object), counted.tolist(), rule.value)


def find_equations(keys: list[Key], counted: NDArray[np.bool_], rule: CountRule) -> Iterable[Equation]:
    """Every sum an outsider can write down: for each hierarchy, each cell counts towards its nearest ancestor shown.

    The nearest shown, not the parent: a table without region rows still ties its districts to the country row.
    """
    position = {key: i for i, key in enumerate(keys) if counted[i]}
    for hierarchy in rule.hierarchies:
        slot = rule.keys.index(hierarchy.column)
        children: dict[int, list[int]] = {}
        for key, cell in position.items():
            parent = _ancestor(key, slot, hierarchy, position)
            if parent is not None:
                children.setdefault(parent, []).append(cell)
        for parent in sorted(children):
            yield Equation(parent, tuple(children[parent]))


def _ancestor(key: Key, slot: int, hierarchy: Hierarchy, position: Mapping[Key, int]) -> int | None:
    code = key[slot]
    while (code := hierarchy.parents.get(code, "")) != "":
        found = position.get((*key[:slot], code, *key[slot + 1 :]))
        if found is not None:
            return found
    return None


def _require_sums(values: NDArray[np.int64], equations: tuple[Equation, ...], rule: CountRule) -> None:
    off = [e for e in equations if values[e.parent] != values[list(e.children)].sum()]
    if off:
        raise Permanent(
            f"{len(off)} of {len(equations)} totals of {rule.value!r} are not the sum of their parts. Suppression is "
            "safe only where the house's sums are the outsider's sums: give the rest a row of its own (such as "
            "'unknown'), or leave out the hierarchy if the figure does not add up by nature."
        )
