"""Two versions of a file: what was fixed, what is still open, what is new."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from assets.quality.progress import compare
from assets.quality.verdict import Finding, Verdict, conclude


def _verdict(*findings: Finding) -> Verdict:
    return conclude(
        source="clusters",
        arrival_id="a" * 16,
        sender="s",
        partition="2025-03",
        subject="WSH",
        rows_total=50,
        findings=findings,
    )


def _counts(before: list[Finding], now: list[Finding]) -> tuple[int, int, int]:
    progress = compare(_verdict(*before), _verdict(*now))
    return len(progress.fixed), len(progress.still_open), len(progress.new)


TWELVE = [Finding("C-NUMBER", row, "reached", key=f"k{row}") for row in range(2, 10)] + [
    Finding("C-SADD", row, "reached", key=f"k{row}") for row in range(20, 24)
]


def test_seven_fixed_five_open_two_new() -> None:
    second = [*TWELVE[7:], Finding("C-DATES", 30, "end_date", key="k30"), Finding("C-NUMBER", 31, "boys", key="k31")]
    assert _counts(TWELVE, second) == (7, 5, 2)


def test_rows_that_moved_are_recognised() -> None:
    moved = [Finding(f.rule, (f.row or 0) - 1, f.column, key=f.key) for f in TWELVE]
    assert _counts(TWELVE, moved) == (0, 12, 0)


def test_row_whose_place_or_organisation_was_corrected_is_recognised_by_its_number() -> None:
    changed = [Finding(f.rule, f.row, f.column, key=f"other{f.row}") for f in TWELVE]
    assert _counts(TWELVE, changed) == (0, 12, 0)


def test_information_is_not_counted() -> None:
    assert _counts([Finding("C-OLD-CODE", 2, "adm3_code")], [Finding("C-LOOKALIKE", 3, "org")]) == (0, 0, 0)


def test_version_refused_as_a_whole_cannot_be_compared_row_by_row() -> None:
    refused = _verdict(Finding("C-TEMPLATE", detail="The column is missing."))
    progress = compare(refused, _verdict(*TWELVE))
    assert (len(progress.fixed), len(progress.new), progress.comparable) == (1, 12, False)
    assert compare(_verdict(*TWELVE), refused).comparable


_findings = st.lists(
    st.builds(
        Finding,
        rule=st.sampled_from(["C-NUMBER", "C-SADD", "C-PERIOD"]),
        row=st.integers(1, 4),
        column=st.sampled_from(["reached", None]),
        key=st.sampled_from([None, "a", "b"]),
    ),
    max_size=8,
)


@given(_findings, _findings)
def test_every_finding_is_told_once(before: list[Finding], now: list[Finding]) -> None:
    progress = compare(_verdict(*before), _verdict(*now))
    assert len(progress.fixed) + len(progress.still_open) == len(before)
    assert len(progress.new) + len(progress.still_open) == len(now)


@given(_findings)
def test_the_same_file_again_fixes_nothing(findings: list[Finding]) -> None:
    assert _counts(findings, findings) == (0, len(findings), 0)
