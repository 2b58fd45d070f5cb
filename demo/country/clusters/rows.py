"""One line of a 5W workbook: what is true, what is typed, and what was planted in it.

Belongs here: the records that pass from typing (spelling.py) through planting (troubles.py, harmless.py) to layout.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from random import Random

from demo.country.clusters.activities import BRACKETS
from demo.country.clusters.sites import Gazetteer, Spot

FIGURES = ("targeted", "reached", "reached_new", *BRACKETS, "with_disability")


@dataclass(frozen=True)
class ExcelError:
    """A cell in which Excel gave up: #N/A, #REF!, #DIV/0!."""

    text: str


Cell = str | int | float | date | ExcelError | None


@dataclass(frozen=True)
class Planted:
    """What was done to a row, and the rule that must find it ("" when no rule may)."""

    kind: str
    rule: str
    note: str


@dataclass
class Row:
    """A line under the header. `clean` is what an attentive focal point would have typed, `cells` what stands there."""

    spot: Spot
    org: str
    clean: dict[str, Cell]
    cells: dict[str, Cell] = field(default_factory=dict)
    planted: Planted | None = None
    taken: bool = False  # something about this row matters to another one: plant nothing here

    def __post_init__(self) -> None:
        self.cells = self.cells or dict(self.clean)

    @property
    def free(self) -> bool:
        """Whether something may still be planted in this row."""
        return self.planted is None and not self.taken

    def number(self, column: str) -> int:
        """The whole number in a column; -1 when the cell is blank or the template lacks the column."""
        value = self.cells.get(column)
        return value if isinstance(value, int) else -1

    def blank(self, *columns: str) -> None:
        """Empty these cells, as far as the template has them."""
        for column in columns:
            if column in self.cells:
                self.cells[column] = None

    def has_brackets(self) -> bool:
        """Whether the row says how many girls, boys, women and men were reached."""
        return self.number(BRACKETS[0]) >= 0


@dataclass(frozen=True)
class Setting:
    """What a planter may know about the file it works in."""

    places: Gazetteer
    version: str
    cluster: str
    language: str
    encoding: str | None
    rng: Random

    def can_type(self, row: Row) -> bool:
        """Whether the file's encoding has every letter of the row (a workbook has all, an old CSV has not)."""
        try:
            for value in row.cells.values():
                if isinstance(value, str):
                    value.encode(self.encoding or "utf-8")
        except UnicodeEncodeError:
            return False
        return True


# Changes the row's cells and says what it did; None when this row can't bear it.
Planter = Callable[[Row, Setting], str | None]
