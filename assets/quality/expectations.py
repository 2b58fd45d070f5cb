"""Running a Great Expectations suite on a small table, and getting back which rows broke which rule.

Belongs here: the one ephemeral context of this process, and the result without a single value. Not here: what is
expected (suites/). Great Expectations takes four seconds and 270 MB to import, so it is imported on first use only.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from assets.quality.rules import Severity, rule
from orchestration.failures import Permanent

if TYPE_CHECKING:
    import pandas
    from great_expectations.core.expectation_suite import ExpectationSuite
    from great_expectations.expectations.expectation import Expectation

_GRAVITY = {
    Severity.REFUSE: "critical",
    Severity.QUARANTINE: "critical",
    Severity.WARN: "warning",
    Severity.INFO: "info",
}
# COMPLETE is the only format that lists all rows; the two switches keep every value out of it.
_ROWS_WITHOUT_VALUES = {
    "result_format": "COMPLETE",
    "exclude_unexpected_values": True,
    "include_unexpected_rows": False,
    "return_unexpected_index_query": False,
}


def load() -> None:
    """Have the library (four seconds) at hand before it is needed: in a parent of several processes, say."""
    _batch_definition()


def expect(kind: str, rule_id: str, **arguments: Any) -> Expectation:
    """Return one expectation that carries its rule: `expect("ColumnValuesToBeUnique", "X-ID", column="id")`."""
    import great_expectations.expectations as gxe

    expectation = getattr(gxe, f"Expect{kind}")
    severity = _GRAVITY[rule(rule_id).severity]
    built: Expectation = expectation(**arguments, severity=severity, meta={"rule": rule_id})
    return built


def suite_of(name: str, expectations: list[Expectation]) -> ExpectationSuite:
    """Bundle expectations; the suite lives in memory, it is defined by the code that calls this."""
    _batch_definition()
    from great_expectations.core.expectation_suite import ExpectationSuite

    return ExpectationSuite(name=name, expectations=expectations)


def broken_rows(suite: ExpectationSuite, table: pandas.DataFrame, *, index: str) -> dict[str, list[int]]:
    """Return for each rule the values of the index column in the rows that break it; rules kept are absent.

    The index column is a row number: nothing else of the table comes back. Yes or no costs half of what a list of
    rows costs, so the rows are only asked for where the answer was no.
    """
    if table.empty:
        return {}
    batch = _batch_definition().get_batch(batch_parameters={"dataframe": table})
    answers = batch.validate(suite, result_format="BOOLEAN_ONLY").results
    broken = [one for one, answer in zip(suite.expectations, answers, strict=True) if not _success(answer)]
    if not broken:
        return {}
    rows_wanted = {**_ROWS_WITHOUT_VALUES, "unexpected_index_column_names": [index]}
    found: dict[str, set[int]] = {}
    for answer in batch.validate(suite_of(f"{suite.name}, broken", broken), result_format=rows_wanted).results:
        _success(answer)
        rows = found.setdefault(answer.expectation_config.meta["rule"], set())
        for entry in answer.result["unexpected_index_list"]:
            # One number for rules about a column, a list of one for rules about a pair of columns.
            rows.update(map(int, entry[index] if isinstance(entry[index], list | tuple) else [entry[index]]))
    return {rule_id: sorted(rows) for rule_id, rows in sorted(found.items())}


def _success(answer: Any) -> bool:
    """Whether the expectation held; one that could not be computed is a mistake of ours and stops here."""
    info = answer.exception_info
    nested = (entry.get("raised_exception") for entry in info.values() if isinstance(entry, dict))
    if info.get("raised_exception") or any(nested):
        raise Permanent(
            f"Rule {answer.expectation_config.meta['rule']} was to be tested and could not be computed on the table "
            "of facts. This is a mistake in the suite or the facts, not in the file; trying again does not help."
        )
    return bool(answer.success)


@cache
def _batch_definition() -> Any:
    """Return the door to the one pandas data source of this process; nothing is written, nothing is sent."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    context.enable_analytics(False)
    source = context.data_sources.add_pandas("imu")
    return source.add_dataframe_asset("facts").add_batch_definition_whole_dataframe("whole")
