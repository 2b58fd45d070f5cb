"""Rules about the file as a whole: sender, month, columns, personal data; and what a refusal leaves behind."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
import small_country
from small_country import HEADINGS, NAMES, activity, submission, xlsx

from assets.clusters.check import Checked
from assets.clusters.period import month_named
from assets.quality.returned import returned_workbook

Check = Callable[..., Checked]


def _found(checked: Checked) -> set[tuple[str, int | None]]:
    return {(finding.rule, finding.row) for finding in checked.verdict.findings}


@pytest.mark.parametrize(
    ("rows", "name", "expected"),
    [
        ([activity(1)], "WSH 2025-02.xlsx", {("C-PERIOD", None)}),
        ([activity(1)], "WSH February.xlsx", {("C-PERIOD", None)}),
        ([activity(1), activity(2), activity(3, reporting_month="2025-02")], "WSH.xlsx", {("C-PERIOD", 4)}),
        ([activity(1), activity(2, reporting_month="whenever")], "WSH.xlsx", {("C-PERIOD", 3)}),
        ([activity(1, reporting_month=None)], "WSH.xlsx", {("C-PERIOD", None)}),
        ([activity(1, remarks="contact: Olha Petrenko")], "WSH.xlsx", {("C-PERSONAL", 2)}),
        ([activity(1, remarks="call +380 00 000 00 00")], "WSH.xlsx", {("C-PERSONAL", 2)}),
        ([activity(1, impl_org="someone@example.org")], "WSH.xlsx", {("C-PERSONAL", 2), ("C-ORG-UNKNOWN", 2)}),
    ],
)
def test_file_that_is_refused(check: Check, rows: list[list[Any]], name: str, expected: set[Any]) -> None:
    checked = check(rows, name)
    assert _found(checked) == expected
    assert checked.verdict.verdict == "refused"
    assert checked.rows.empty
    assert checked.refused.empty
    assert (checked.verdict.rows_accepted, checked.verdict.rows_refused) == (0, len(rows))


@pytest.mark.parametrize(
    "name", ["WSH 2025-03.xlsx", "wash_march_2025 (sent 2025-04-08).xlsx", "5W березень.xlsx", "5w.xlsx"]
)
def test_file_name_that_fits(check: Check, name: str) -> None:
    assert check([activity()], name).verdict.verdict == "accepted"


@pytest.mark.parametrize(
    "remarks",
    [
        "contact: Wells for All",
        "see QZ0101001",
        "1 200 000 litres",
        "coordinated with the Local Authority",
        "2025-03-01 to 2025-03-28",
    ],
)
def test_remarks_that_name_nobody(check: Check, remarks: str) -> None:
    assert _found(check([activity(remarks=remarks)])) == set()


def test_sender_must_be_the_clusters(check: Check) -> None:
    assert _found(check([activity()], sender="ngo-direct")) == {("C-SUBMITTER", None)}
    assert _found(check([activity()], sender="hea-focal", cluster="WSH")) == {("C-SUBMITTER", None)}
    assert check([activity()], cluster="WSH").verdict.verdict == "accepted"


def test_area_of_responsibility_belongs_to_its_cluster(check: Check) -> None:
    rows = [
        activity(sector="Child protection", activity="Safe spaces"),
        activity(1, sector="PRO", activity="Safe spaces"),
    ]
    assert _found(check(rows, sender="pro-focal", name="PRO.xlsx")) == set()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut short", b"%PDF-1.7", b"<html><table></table>"])
def test_unreadable_file(check: Check, content: bytes) -> None:
    checked = check(content)
    assert _found(checked) == {("C-UNREADABLE", None)}
    assert checked.verdict.partition is None


def test_unknown_and_missing_columns_are_named(check: Check) -> None:
    headings = (*HEADINGS[:6], "Phase", *HEADINGS[7:], "HQ comment")
    checked = check(submission([[*activity(), "x"]], headings))
    assert {finding.rule for finding in checked.verdict.findings} == {"C-TEMPLATE"}
    details = [finding.detail for finding in checked.verdict.findings]
    assert details == [
        'The column "Status" is missing.',
        "The heading of column AB is not in the template.",
        "The heading of column G is not in the template.",
    ]


def test_column_twice_is_refused(check: Check) -> None:
    checked = check(submission([[*activity(), 5]], (*HEADINGS, "People targeted")))
    assert [finding.detail for finding in checked.verdict.findings] == ['The column "People targeted" is there twice.']


def test_personal_column_is_told_even_when_the_template_is_wrong(check: Check) -> None:
    checked = check(submission([[*activity(), "Olha Petrenko"]], (*HEADINGS, "Contact person")))
    assert {finding.rule for finding in checked.verdict.findings} == {"C-TEMPLATE", "C-PERSONAL"}


def test_list_of_people_sent_by_mistake(check: Check) -> None:
    rows = [["Full name", "Phone", "Date of birth"], ["A B", "+380000000001", "2001-01-01"]]
    checked = check(xlsx({"People": rows}))
    assert {finding.rule for finding in checked.verdict.findings} == {"C-TEMPLATE", "C-PERSONAL"}


@pytest.mark.parametrize("hidden", ["", "Contacts"])
def test_people_on_another_sheet_refuse_the_file_hidden_or_not(check: Check, hidden: str) -> None:
    people = [["A B", "+380000000001"], ["C D", "+380000000002"], ["E F", "e.f@kalvoria.example"]]
    checked = check(xlsx({"5W": [list(HEADINGS), activity()], "Contacts": people}, hidden=hidden))
    assert [finding.rule for finding in checked.verdict.findings] == ["C-PERSONAL"]
    assert "another sheet" in (checked.verdict.findings[0].detail or "")
    assert checked.rows.empty


def test_one_address_on_a_sheet_of_instructions_is_no_list(check: Check) -> None:
    aid = [["How to fill this in"], ["Questions: imu@kalvoria.example"]]
    assert check(xlsx({"5W": [list(HEADINGS), activity()], "How to": aid})).verdict.findings == ()


@pytest.mark.parametrize("words", ["Olha P., +380 67 123 45 67", "ask olha.p@kalvoria.example"])
def test_a_remark_beside_a_cell_is_searched_too(check: Check, words: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(submission([activity()])))
    book["5W"]["B2"].comment = openpyxl.comments.Comment(words, "somebody")
    saved = io.BytesIO()
    book.save(saved)
    assert [finding.rule for finding in check(saved.getvalue()).verdict.findings] == ["C-PERSONAL"]
    book["5W"]["B2"].comment = openpyxl.comments.Comment("as agreed in January", "somebody")
    saved = io.BytesIO()
    book.save(saved)
    assert check(saved.getvalue()).verdict.findings == ()


def test_something_else_altogether(check: Check) -> None:
    checked = check(xlsx({"Budget": [["Item", "Cost"], ["Pump", 5]]}))
    assert [(f.rule, f.detail) for f in checked.verdict.findings] == [
        ("C-TEMPLATE", "No sheet has the headings of the template.")
    ]


def test_two_sheets_with_the_table_are_not_chosen_between(check: Check) -> None:
    one, other = [list(HEADINGS), activity(1)], [list(HEADINGS), activity(2)]
    assert {f.rule for f in check(xlsx({"North": one, "South": other})).verdict.findings} == {"C-TEMPLATE"}
    assert check(xlsx({"North": one, "Example": other})).verdict.verdict == "accepted"
    assert check(xlsx({"North": one, "South": other}, hidden="South")).verdict.verdict == "accepted"


def test_same_bytes_again(check: Check) -> None:
    content = submission([activity()])
    first = check(content)
    again = check(content, known_arrivals={first.verdict.arrival_id})
    assert _found(again) == {("C-SAME-FILE", None)}
    assert again.verdict.verdict == "accepted"


def test_file_without_any_row_says_so(check: Check) -> None:
    checked = check([], "WSH 2025-03.xlsx")
    assert checked.verdict.summary == "The file was accepted; it reports no activity."
    assert checked.verdict.partition == "2025-03"
    assert _found(check([], "WSH.xlsx")) == {("C-PERIOD", None)}
    assert check([], "WSH.xlsx", month_hint="2025-03").verdict.partition == "2025-03"


def test_verdict_holds_no_value(check: Check) -> None:
    secret = "Zanzibarova"
    checked = check([activity(org=secret, remarks=f"contact: Olha {secret}", reached=f"{secret} 12", adm3_name=secret)])
    assert checked.verdict.verdict == "refused"
    assert secret not in json.dumps(checked.verdict.to_json(), ensure_ascii=False)


def test_same_file_gives_the_same_verdict(check: Check) -> None:
    rows = [activity(n, girls=n) for n in range(6)]
    content = submission(rows)  # one file: a workbook carries the second it was written
    assert check(content).verdict == check(content).verdict


def test_old_template_is_read_too(check: Check) -> None:
    names = [row["canonical"] for row in small_country.old_map_rows()]
    good = dict(zip(NAMES, activity(), strict=True))
    headings = [row["header"] for row in small_country.old_map_rows()]
    checked = check(xlsx({"Sheet1": [["5W"], [], headings, [good[name] for name in names]]}))
    assert (checked.template, checked.verdict.verdict) == ("old", "accepted")
    assert checked.rows["girls"].isna().all()
    assert list(checked.rows["row_number"]) == [4]


def test_marked_workbook_that_comes_back_is_read_like_the_first(check: Check) -> None:
    """Partners mend the very workbook we marked: the findings sheet and the comments must not get in the way."""
    first = check([activity(1, reached="many"), activity(2)])
    content = submission([activity(1, reached="many"), activity(2)])
    again = check(returned_workbook(content, first.verdict))
    assert _found(again) == _found(first) == {("C-NUMBER", 2)}
    assert list(again.rows["row_number"]) == [3]


@pytest.mark.parametrize(
    ("name", "hint", "month"),
    [
        ("WASH 5W 2025-12 pdf.xlsx", "2025-11", "2025-12"),
        ("WASH December.xlsx", "2025-02", "2024-12"),
        ("scan.pdf", "2025-02", None),
    ],
)
def test_the_month_of_a_file_that_cannot_be_read_is_the_one_in_its_name(name: str, hint: str, month: str | None) -> None:
    assert month_named(name, hint) == month
