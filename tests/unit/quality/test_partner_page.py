"""The page a sender gets: true, short, offline, and without a cell of the file."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from assets.quality.report import About, fix_first, grouped, partner_page, ranges
from assets.quality.verdict import Column, Finding, Verdict, conclude

ABOUT = About(
    operation="Quzland", sender_name="WASH cluster", period="March 2025", file_name="WSH <2025-03>.xlsx",
    received="8 April 2025, 14:05", contact="imu@office.example", sequence=2,
)  # fmt: skip
COLUMNS = {
    "reached": Column("S", "People reached"),
    "adm3_code": Column("M", "Commune P-code"),
    "org": Column("B", "Organisation"),
}
FINDINGS = [
    *(
        Finding("C-PLACE-UNKNOWN", row, "adm3_code", suggestion="QZ0101001 Marhanets", key=f"k{row}")
        for row in (7, 9, 10, 11)
    ),
    *(Finding("C-NUMBER", row, "reached", key=f"k{row}") for row in (7, 30)),
    Finding("C-DUPLICATE-ROW", 41, None, detail="40", key="k41"),
    *(
        Finding("C-SADD", row, "reached", detail="They give less than the total.", key=f"k{row}")
        for row in range(50, 59)
    ),
    Finding("C-OLD-CODE", 60, "adm3_code", suggestion="QZ0103001", key="k60"),
]


def _verdict(*findings: Finding, rows: int = 100) -> Verdict:
    return conclude(
        source="clusters", arrival_id="0123456789abcdef", sender="wsh-focal", partition="2025-03", subject="WSH",
        rows_total=rows, findings=findings, columns=COLUMNS, template="clusters_5w_v2", sheet="5W",
        counts={"totals_rows": 1},
    )  # fmt: skip


class _Page(HTMLParser):
    """Collects what the checks need."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in {"meta", "br", "link", "img", "input"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def test_page_says_what_happened_and_where() -> None:
    page = _Page(partner_page(_verdict(*FINDINGS), ABOUT))
    assert page.open == []
    assert "94 of 100 rows were accepted; 6 rows wait for your correction." in page.text
    assert "7, 9–11 Commune P-code (column M) Is it QZ0101001 Marhanets?" in page.text
    assert "It repeats row 40." in page.text
    assert "Read as QZ0103001." in page.text
    assert "comes with this page" in page.text
    assert "totals rows (we add up ourselves): 1" in page.text
    assert "WSH <2025-03>.xlsx" in page.text


def test_fix_first_counts_the_rows_each_correction_frees() -> None:
    verdict = _verdict(*FINDINGS)
    first = [(group.rule.id, freed) for group, freed in fix_first(verdict, grouped(verdict))]
    assert first == [("C-PLACE-UNKNOWN", 3), ("C-NUMBER", 1), ("C-DUPLICATE-ROW", 1), ("C-SADD", 0)]


def test_at_most_five_come_first_and_information_never() -> None:
    rules = ["C-NUMBER", "C-NEGATIVE", "C-DATES", "C-ORG-UNKNOWN", "C-SECTOR", "C-ACTIVITY", "C-SADD"]
    verdict = _verdict(*(Finding(rule, 5 + at, "reached") for at, rule in enumerate(rules)), Finding("C-OLD-CODE", 60))
    first = fix_first(verdict, grouped(verdict))
    assert len(first) == 5
    assert all(group.rule.severity == "quarantine" for group, _ in first)


def test_progress_is_told_in_three_numbers() -> None:
    page = _Page(
        partner_page(_verdict(*FINDINGS[3:], Finding("C-DATES", 77, "reached")), ABOUT, previous=_verdict(*FINDINGS))
    )
    assert "3 fixed" in page.text
    assert "13 still open" in page.text
    assert "1 new" in page.text


def test_clean_file_gets_a_short_page() -> None:
    page = _Page(partner_page(_verdict(), ABOUT))
    assert "All 100 rows were accepted. Thank you." in page.text
    assert "Fix" not in page.text


def test_refused_file_gets_a_page_too() -> None:
    verdict = conclude(
        source="clusters", arrival_id="0" * 16, sender="x", partition=None, subject=None, rows_total=0,
        findings=[Finding("C-UNREADABLE", detail="the file is protected by a password")],
    )  # fmt: skip
    page = _Page(partner_page(verdict, ABOUT))
    assert "Not accepted" in page.text
    assert "comes with this page" not in page.text
    assert "protected by a password" in page.text


@pytest.mark.parametrize("findings", [[], FINDINGS])
def test_page_works_offline_and_for_everybody(findings: list[Finding]) -> None:
    html = partner_page(_verdict(*findings), ABOUT)
    page = _Page(html)
    assert not re.search(r"https?://|@import|url\(|<script|<link", html)
    tags = [tag for tag, _ in page.seen]
    assert (tags.count("h1"), tags.count("main")) == (1, 1)
    assert dict(page.seen)["html"]["lang"] == "en"
    levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h[1-6]", tag)]
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    ids = [attrs["id"] for _, attrs in page.seen if "id" in attrs]
    assert len(ids) == len(set(ids))
    targets = [attrs["href"][1:] for tag, attrs in page.seen if tag == "a" and attrs.get("href")]
    assert set(targets) <= set(ids)
    assert tags.count("caption") == tags.count("table")


def test_same_verdict_gives_the_same_page() -> None:
    assert partner_page(_verdict(*FINDINGS), ABOUT) == partner_page(_verdict(*reversed(FINDINGS)), ABOUT)


@pytest.mark.parametrize(
    ("rows", "text"),
    [([], ""), ([5], "5"), ([5, 6], "5–6"), ([9, 7, 10, 11, 40, 7], "7, 9–11, 40"), ([None, 3], "3")],
)
def test_row_numbers_are_written_shortly(rows: list[int | None], text: str) -> None:
    assert ranges(rows) == text


def test_very_many_rows_do_not_fill_the_page() -> None:
    assert ranges(range(0, 1000, 2)).endswith(" and 440 more")
