"""A thin, quiet hold on HiGHS: one model, many objectives, always the same answer.

Belongs here: building a model from arrays, solving it again with another objective, whole-number solving of the same
model. Does not belong here: anything that knows what a cell or a table is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from highspy import HighsLp

Floats = NDArray[np.float64]

# A search for whole numbers that needs more nodes than this is given up, by count and not by the clock, so that a
# slow machine reaches the same verdict as a fast one.
MOST_NODES = 5_000


@dataclass(frozen=True)
class Answer:
    """What the solver found: `solved` only when it is proven best; `values` is None when it has nothing to show."""

    solved: bool
    status: str
    objective: float
    values: Floats | None


class LinearModel:
    """Linear rows over bounded columns; the last basis is kept, so a changed objective costs few steps."""

    def __init__(
        self,
        lower: Floats,
        upper: Floats,
        rows: Sequence[dict[int, float]],
        row_lower: Floats,
        row_upper: Floats,
        primal: bool = False,
    ) -> None:
        """`primal` suits a model whose objective alone changes: the last answer is then a place to start from."""
        import highspy

        self._solver = highspy.Highs()  # type: ignore[no-untyped-call]
        self._solver.setOptionValue("simplex_strategy", 4 if primal else 1)
        for option, value in _OPTIONS.items():
            self._solver.setOptionValue(option, value)
        self._solver.passModel(_as_lp(lower, upper, rows, row_lower, row_upper))
        self._aim = 0
        self.solved_count = 0

    def set_costs(self, columns: Iterable[int], costs: Iterable[float]) -> None:
        """Change the price of some columns and leave the others as they are."""
        cols = np.fromiter(columns, dtype=np.int32)
        self._solver.changeColsCost(len(cols), cols, np.fromiter(costs, dtype=np.float64))

    def aim(self, column: int, cost: float) -> None:
        """Make this column the whole objective; for models whose objective is always one column."""
        # One call each: HiGHS takes a list that names a column twice, and keeps either price.
        self._solver.changeColCost(self._aim, 0.0)
        self._solver.changeColCost(column, cost)
        self._aim = column

    def set_bounds(self, column: int, lower: float, upper: float) -> None:
        """Change the range of one column."""
        self._solver.changeColBounds(column, lower, upper)

    def set_coefficient(self, row: int, column: int, value: float) -> None:
        """Change one coefficient."""
        self._solver.changeCoeff(row, column, value)

    def set_row(self, row: int, lower: float, upper: float) -> None:
        """Change the range of one row."""
        self._solver.changeRowBounds(row, lower, upper)

    def solve(self) -> Answer:
        """Minimise the costs set so far."""
        import highspy

        self._solver.run()
        self.solved_count += 1
        status = self._solver.getModelStatus()
        info = self._solver.getInfo()
        shown = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        values = np.array(self._solver.getSolution().col_value) if shown else None
        name = self._solver.modelStatusToString(status)
        solved = status == highspy.HighsModelStatus.kOptimal
        return Answer(solved, name, float(info.objective_function_value), values)

    def whole_numbers(self, columns: int, wanted: bool) -> None:
        """Ask for whole numbers in all columns, or stop asking."""
        import highspy

        kind = highspy.HighsVarType.kInteger if wanted else highspy.HighsVarType.kContinuous
        self._solver.changeColsIntegrality(columns, np.arange(columns, dtype=np.int32), np.array([kind] * columns))


# Presolve throws the last basis away, and one thread is what makes two runs take the same path.
_OPTIONS: dict[str, bool | int | str] = {
    "output_flag": False,
    "presolve": "off",
    "threads": 1,
    "mip_max_nodes": MOST_NODES,
}


def _as_lp(
    lower: Floats, upper: Floats, rows: Sequence[dict[int, float]], row_lower: Floats, row_upper: Floats
) -> HighsLp:
    import highspy

    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(lower), len(rows)
    lp.col_cost_ = np.zeros(len(lower))
    lp.col_lower_, lp.col_upper_ = lower, upper
    lp.row_lower_, lp.row_upper_ = row_lower, row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.cumsum([0, *(len(row) for row in rows)], dtype=np.int32)
    lp.a_matrix_.index_ = np.array([c for row in rows for c in row], dtype=np.int32)
    lp.a_matrix_.value_ = np.array([v for row in rows for v in row.values()], dtype=np.float64)
    return lp


def solver_name() -> str:
    """The solver and its version, as a certificate names it."""
    return f"HiGHS {version('highspy')}"
