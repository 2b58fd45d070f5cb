"""Suites on tables of facts: the right rows, no values, mistakes of ours told as such."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from assets.quality.expectations import broken_rows, expect, suite_of
from assets.quality.rules import rules_of
from assets.quality.suites.clusters import clusters_suite
from orchestration.failures import Permanent

GOOD: dict[str, Any] = {
    "row_number": 0,
    "month": "2025-03",
    "place": "ok",
    "place_name": "agrees",
    "error_cells": 0,
    "unknown_orgs": 0,
    "sector": "WSH",
    "activity": "WSH-01",
    "status": "ongoing",
    "population_group": "IDP",
    "lowest_figure": 0.0,
    "largest_fraction": None,
    "text_figures": 0,
    "unread_dates": 0,
    "start_day": 5.0,
    "end_day": 5.0,
    "sadd_sum": 10.0,
    "sadd_total": 10.0,
    "allowance": 12.0,
    "reached": 12.0,
    "people": 10.0,
    "with_disability": 10.0,
    "copy_of": None,
    "figures_given": 2,
    "lookalike_cells": 0,
    "repaired_codes": 0,
    "old_codes": 0,
    "personal_cells": 0,
}
NUMBERS = [name for name, value in GOOD.items() if isinstance(value, float) or name in {"copy_of", "largest_fraction"}]
FILE_RULES = {"C-UNREADABLE", "C-SUBMITTER", "C-TEMPLATE", "C-SAME-FILE", "C-MONTH"}


def _facts(*changes: dict[str, Any]) -> pd.DataFrame:
    rows = [{**GOOD, **change, "row_number": 10 + at} for at, change in enumerate(({}, *changes, {}))]
    return pd.DataFrame(rows).astype(dict.fromkeys(NUMBERS, "float64"))


def _broken(table: pd.DataFrame) -> dict[str, list[int]]:
    return broken_rows(
        clusters_suite(("2025-03",), frozenset({"WSH"}), frozenset({"WSH-01"})), table, index="row_number"
    )


def test_good_rows_break_nothing() -> None:
    assert _broken(_facts()) == {}
    assert _broken(_facts().head(0)) == {}


BREAKS = [
    ({"month": "2025-02"}, "C-PERIOD"),
    ({"month": "?"}, "C-PERIOD"),
    ({"personal_cells": 1}, "C-PERSONAL"),
    ({"place": "unknown"}, "C-PLACE-UNKNOWN"),
    ({"place": "ambiguous"}, "C-PLACE-AMBIGUOUS"),
    ({"place": "parent"}, "C-PLACE-PARENT"),
    ({"place_name": "differs"}, "C-PLACE-NAME"),
    ({"error_cells": 2}, "C-EXCEL-ERROR"),
    ({"unknown_orgs": 1}, "C-ORG-UNKNOWN"),
    ({"sector": "HEA"}, "C-SECTOR"),
    ({"sector": "?"}, "C-SECTOR"),
    ({"activity": "?"}, "C-ACTIVITY"),
    ({"status": "?"}, "C-VALUE"),
    ({"population_group": "?"}, "C-VALUE"),
    ({"copy_of": 4}, "C-DUPLICATE-ROW"),
    ({"lowest_figure": -1}, "C-NEGATIVE"),
    ({"largest_fraction": 0.5}, "C-DECIMAL"),
    ({"text_figures": 1}, "C-NUMBER"),
    ({"unread_dates": 1}, "C-DATES"),
    ({"end_day": 4}, "C-DATES"),
    ({"sadd_sum": 9}, "C-SADD"),
    ({"reached": 13}, "C-OVER-TARGET"),
    ({"with_disability": 11}, "C-DISABILITY"),
    ({"figures_given": 0}, "C-NO-FIGURE"),
    ({"lookalike_cells": 1}, "C-LOOKALIKE"),
    ({"repaired_codes": 1}, "C-CODE-NUMBER"),
    ({"old_codes": 1}, "C-OLD-CODE"),
]


@pytest.mark.parametrize(("change", "rule"), BREAKS)
def test_each_expectation_can_fail(change: dict[str, Any], rule: str) -> None:
    assert _broken(_facts(change)) == {rule: [11]}


def test_every_rule_about_rows_has_its_expectation() -> None:
    assert {rule for _, rule in BREAKS} == set(rules_of("clusters")) - FILE_RULES


@pytest.mark.parametrize(
    "change",
    [
        {"month": None},
        {"sector": None, "activity": None},
        {"status": None},
        {"end_day": None},
        {"sadd_sum": None, "sadd_total": None},
        {"allowance": None},
        {"reached": None},
        {"people": None},
        {"lowest_figure": None},
        {"place": "unread"},
    ],
)
def test_what_could_not_be_read_is_not_judged_twice(change: dict[str, Any]) -> None:
    assert _broken(_facts(change)) == {}


def test_several_rules_and_rows_at_once() -> None:
    table = _facts({"place": "unknown", "sadd_sum": 1}, {"end_day": 1, "sadd_sum": 2}, {"place": "unknown"})
    assert _broken(table) == {"C-DATES": [12], "C-PLACE-UNKNOWN": [11, 13], "C-SADD": [11, 12]}


def test_result_of_the_library_holds_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library's own default lists the values it did not expect; that list must not even be made."""
    from great_expectations.datasource.fluent.interfaces import Batch

    results: list[Any] = []
    original = Batch.validate

    def spy(batch: Any, *arguments: Any, **options: Any) -> Any:
        results.append(original(batch, *arguments, **options))
        return results[-1]

    monkeypatch.setattr(Batch, "validate", spy)
    secret = "Zanzibarova"
    table = pd.DataFrame({"row_number": [5, 6], "name": [secret, "x"], "a": [8675309.0, 0], "b": [1.0, 1.0]})
    suite = suite_of(
        "canary",
        [
            expect("ColumnValuesToBeInSet", "C-VALUE", column="name", value_set=["x"]),
            expect("ColumnPairValuesToBeEqual", "C-SADD", column_A="a", column_B="b"),
        ],
    )
    assert broken_rows(suite, table, index="row_number") == {"C-SADD": [5, 6], "C-VALUE": [5]}
    told = "".join(str(result.to_json_dict()) for result in results)
    assert len(results) == 2
    assert secret not in told
    assert "8675309" not in told


def test_suite_that_does_not_fit_the_facts_is_our_mistake() -> None:
    suite = suite_of("wrong", [expect("ColumnValuesToBeBetween", "C-NEGATIVE", column="no_such_column", min_value=0)])
    with pytest.raises(Permanent, match="C-NEGATIVE") as caught:
        broken_rows(suite, _facts(), index="row_number")
    assert "mistake in the suite" in str(caught.value)


def test_expectations_carry_rule_and_gravity() -> None:
    suite = clusters_suite(("2025-03",), frozenset({"WSH"}), frozenset({"WSH-01"}))
    severities = {e.meta["rule"]: e.severity for e in suite.expectations}
    assert (severities["C-NUMBER"], severities["C-SADD"], severities["C-LOOKALIKE"]) == ("critical", "warning", "info")
