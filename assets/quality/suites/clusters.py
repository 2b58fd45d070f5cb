"""What cluster workbooks are held against, as one Great Expectations suite.

Belongs here: one expectation for each rule about rows, on the facts that assets/clusters/facts.py derives. Not here:
how a fact comes about, nor rules about the file as a whole (check.py). Columns the suite reads, one row per data row:

position (counted from 0; a sheet row of a matrix is several), month, place (ok, unknown, ambiguous, parent, unread),
place_name (agrees, differs), error_cells, unknown_orgs, sector, activity, status and population_group ("?" where not
in their list, null where unread or not asked for), lowest_figure, largest_fraction, text_figures, unread_dates,
start_day, end_day, sadd_sum, sadd_total, allowance, reached, people, with_disability, copy_of, figures_given (null
where not asked for), lookalike_cells, repaired_codes, old_codes, personal_cells.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from assets.quality.expectations import expect, suite_of

if TYPE_CHECKING:
    from great_expectations.core.expectation_suite import ExpectationSuite
    from great_expectations.expectations.expectation import Expectation

_EITHER_MISSING = "either_value_is_missing"


@lru_cache(maxsize=64)
def clusters_suite(months: tuple[str, ...], sectors: frozenset[str], activities: frozenset[str]) -> ExpectationSuite:
    """Return the suite for the months of one file and the sectors and activities of one cluster."""
    return suite_of(
        f"clusters {months[-1]} {'+'.join(sorted(sectors))}",
        [*_file_rules(months), *_place_rules(), *_list_rules(sectors, activities), *_figure_rules(), *_told()],
    )


def _file_rules(months: tuple[str, ...]) -> list[Expectation]:
    return [
        expect("ColumnValuesToBeInSet", "C-PERIOD", column="month", value_set=list(months)),
        expect("ColumnValuesToBeBetween", "C-PERSONAL", column="personal_cells", max_value=0),
    ]


def _place_rules() -> list[Expectation]:
    return [
        expect("ColumnValuesToNotBeInSet", "C-PLACE-UNKNOWN", column="place", value_set=["unknown"]),
        expect("ColumnValuesToNotBeInSet", "C-PLACE-AMBIGUOUS", column="place", value_set=["ambiguous"]),
        expect("ColumnValuesToNotBeInSet", "C-PLACE-PARENT", column="place", value_set=["parent"]),
        expect("ColumnValuesToBeInSet", "C-PLACE-NAME", column="place_name", value_set=["agrees"]),
    ]


def _list_rules(sectors: frozenset[str], activities: frozenset[str]) -> list[Expectation]:
    return [
        expect("ColumnValuesToBeBetween", "C-EXCEL-ERROR", column="error_cells", max_value=0),
        expect("ColumnValuesToBeBetween", "C-ORG-UNKNOWN", column="unknown_orgs", max_value=0),
        expect("ColumnValuesToBeInSet", "C-SECTOR", column="sector", value_set=sorted(sectors)),
        expect("ColumnValuesToBeInSet", "C-ACTIVITY", column="activity", value_set=sorted(activities)),
        expect("ColumnValuesToNotBeInSet", "C-VALUE", column="status", value_set=["?"]),
        expect("ColumnValuesToNotBeInSet", "C-VALUE", column="population_group", value_set=["?"]),
        expect("ColumnValuesToBeNull", "C-DUPLICATE-ROW", column="copy_of"),
    ]


def _figure_rules() -> list[Expectation]:
    at_least = {"or_equal": True, "ignore_row_if": _EITHER_MISSING}
    return [
        expect("ColumnValuesToBeBetween", "C-NEGATIVE", column="lowest_figure", min_value=0),
        expect("ColumnValuesToBeBetween", "C-DECIMAL", column="largest_fraction", max_value=0),
        expect("ColumnValuesToBeBetween", "C-NUMBER", column="text_figures", max_value=0),
        expect("ColumnValuesToBeBetween", "C-DATES", column="unread_dates", max_value=0),
        expect("ColumnPairValuesAToBeGreaterThanB", "C-DATES", column_A="end_day", column_B="start_day", **at_least),
        expect(
            "ColumnPairValuesToBeEqual", "C-SADD",
            column_A="sadd_sum", column_B="sadd_total", ignore_row_if=_EITHER_MISSING,
        ),
        expect(
            "ColumnPairValuesAToBeGreaterThanB", "C-OVER-TARGET",
            column_A="allowance", column_B="reached", **at_least,
        ),
        expect(
            "ColumnPairValuesAToBeGreaterThanB", "C-DISABILITY",
            column_A="people", column_B="with_disability", **at_least,
        ),
        expect("ColumnValuesToBeBetween", "C-NO-FIGURE", column="figures_given", min_value=1),
    ]  # fmt: skip


def _told() -> list[Expectation]:
    return [
        expect("ColumnValuesToBeBetween", "C-LOOKALIKE", column="lookalike_cells", max_value=0),
        expect("ColumnValuesToBeBetween", "C-CODE-NUMBER", column="repaired_codes", max_value=0),
        expect("ColumnValuesToBeBetween", "C-OLD-CODE", column="old_codes", max_value=0),
    ]
