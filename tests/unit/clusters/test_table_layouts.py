"""Where the table is and which rows are data: titles, two header rows, hashtags, merged cells, totals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from small_country import HEADINGS, NAMES, activity, submission, xlsx

from assets.clusters.check import Checked
from assets.clusters.template import letter
from orchestration.failures import Permanent

Check = Callable[..., Checked]


def _rows(checked: Checked) -> list[int]:
    assert [finding.rule for finding in checked.verdict.findings] == []
    return list(checked.rows["row_number"])


def test_titles_above_the_table(check: Check) -> None:
    above = [["WASH cluster, 5W"], [], ["Focal point: Somebody Here, focal@clusters.example"], []]
    assert _rows(check(submission([activity(1), activity(2)], above=above))) == [6, 7]


@pytest.mark.parametrize(
    "change",
    [
        str.upper,
        lambda text: text.replace(" ", "\n"),
        lambda text: f" {text} *",
        lambda text: text.replace("(", "( "),
        lambda text: text.split(" / ")[-1],
        lambda text: text.replace("-", "\u2011"),
    ],
)
def test_headings_however_they_are_typed(check: Check, change: Callable[[str], str]) -> None:
    assert _rows(check(submission([activity()], tuple(map(change, HEADINGS))))) == [2]


def test_heading_with_lookalikes_is_read_and_told(check: Check) -> None:
    headings = tuple(text.replace("Organisation", "Оrganisаtion") for text in HEADINGS)
    checked = check(submission([activity()], headings))
    assert [(f.rule, f.row, f.column) for f in checked.verdict.findings] == [("C-LOOKALIKE", 1, "org")]
    assert len(checked.rows) == 1


def test_columns_in_any_order_and_optional_ones_left_out(check: Check) -> None:
    order = [at for at in reversed(range(len(NAMES))) if NAMES[at] not in {"impl_org", "remarks", "settlement"}]
    row, headings = activity(), tuple(HEADINGS[at] for at in order)
    assert _rows(check(submission([[row[at] for at in order]], headings))) == [2]


def test_two_languages_in_two_header_rows(check: Check) -> None:
    above = [[text.split(" / ")[0] for text in HEADINGS]]
    below = tuple("Організація" if text == "Organisation" else text.split(" / ")[-1] for text in HEADINGS)
    assert _rows(check(submission([activity(1), activity(2)], below, above))) == [3, 4]


def test_groups_merged_above_the_columns(check: Check) -> None:
    below = list(HEADINGS)
    first = NAMES.index("reached")
    below[first : first + 7] = ["total", "girls", "boys", "women", "men", "older women", "older men"]
    above: list[Any] = ["WHO WHAT WHERE", *[None] * (first - 1), "People reached"]
    content = xlsx({"5W": [above, below, activity(1)]}, merged={"5W": [f"{letter(first)}1:{letter(first + 6)}1"]})
    assert _rows(check(content)) == [3]


def test_heading_merged_downwards(check: Check) -> None:
    first = NAMES.index("reached")
    above: list[Any] = [*HEADINGS[:first], "People reached", *[None] * 6, *HEADINGS[first + 7 :]]
    below: list[Any] = [None] * len(HEADINGS)
    below[first : first + 7] = ["total", "girls", "boys", "women", "men", "older women", "older men"]
    spans = [f"{letter(at)}1:{letter(at)}2" for at in range(first)] + [f"{letter(first)}1:{letter(first + 6)}1"]
    assert _rows(check(xlsx({"5W": [above, below, activity(1)]}, merged={"5W": spans}))) == [3]


def test_hashtag_row_is_no_data(check: Check) -> None:
    tags = ["#date+reported", "#org", None, None, "#sector", "#activity", *[None] * 12, "#reached"]
    checked = check(submission([tags, activity(1)]))
    assert _rows(checked) == [3]
    assert checked.verdict.counts == {"hashtag_rows": 1}


@pytest.mark.parametrize("word", ["TOTAL", "Grand total", "Всього", "Total WASH:"])
def test_totals_row_is_left_out_and_counted(check: Check, word: str) -> None:
    total = [None] * len(NAMES)
    total[1], total[NAMES.index("reached")] = word, 201
    checked = check([activity(0), activity(1), total])
    assert _rows(checked) == [2, 3]
    assert checked.verdict.counts == {"totals_rows": 1}
    assert checked.verdict.rows_total == 2


def test_totals_row_without_a_word_is_known_by_its_sums(check: Check) -> None:
    figures = range(NAMES.index("targeted"), NAMES.index("with_disability") + 1)
    one, two = activity(0), activity(1)
    total = [one[at] + two[at] if at in figures else None for at in range(len(NAMES))]
    assert check([one, two, total]).verdict.counts == {"totals_rows": 1}
    total[NAMES.index("reached")] += 1
    assert check([one, two, total]).verdict.rows_refused == 1


def test_organisation_called_total_is_no_totals_row(check: Check) -> None:
    checked = check([activity(0), activity(1, org="Total Relief")])
    assert [(f.rule, f.row) for f in checked.verdict.findings] == [("C-ORG-UNKNOWN", 3)]


def test_blank_rows_and_repeated_headings_are_counted(check: Check) -> None:
    checked = check([activity(0), [], list(HEADINGS), ["  "], activity(1)])
    assert _rows(checked) == [2, 6]
    assert checked.verdict.counts == {"blank_rows": 2, "repeated_headers": 1}


def test_merged_text_counts_for_each_row_but_a_merged_figure_only_once(check: Check) -> None:
    org, disability = letter(NAMES.index("org")), letter(NAMES.index("with_disability"))
    two = activity(1, org=None, with_disability=None)
    content = xlsx(
        {"5W": [list(HEADINGS), activity(0), two]}, merged={"5W": [f"{org}2:{org}3", f"{disability}2:{disability}3"]}
    )
    checked = check(content)
    assert list(checked.rows["org_id"]) == ["O-1", "O-1"]
    assert checked.rows["with_disability"].isna().tolist() == [False, True]


def test_used_column_without_heading_is_refused_and_a_stray_note_is_not(check: Check) -> None:
    checked = check([[*activity(n), "note"] for n in range(3)])
    assert [f.detail for f in checked.verdict.findings] == ["Column AB has no heading but holds cells."]
    assert _rows(check([[*activity(0), "ok"], activity(1)])) == [2, 3]


def test_csv_with_semicolons_and_decimal_commas(check: Check) -> None:
    def text(cell: Any) -> str:
        return "" if cell is None else str(cell)

    lines = [
        ";".join(HEADINGS),
        ";".join(map(text, activity(1))),
        "",
        ";".join(map(text, activity(2, reached="102,5"))),
    ]
    checked = check("\r\n".join(lines).encode("cp1251"), "wsh_2025-03.csv")
    assert [(f.rule, f.row) for f in checked.verdict.findings] == [("C-DECIMAL", 4)]
    assert list(checked.rows["row_number"]) == [2]


def test_dates_written_month_first_are_known_by_one_of_them(check: Check) -> None:
    rows = [activity(n, start_date=f"03/{day:02d}/2025", end_date=None) for n, day in enumerate((4, 25))]
    assert [day.isoformat() for day in check(rows).rows["start_date"]] == ["2025-03-04", "2025-03-25"]
    rows = [activity(n, start_date=f"{day:02d}/03/2025", end_date=None) for n, day in enumerate((4, 25))]
    assert [day.isoformat() for day in check(rows).rows["start_date"]] == ["2025-03-04", "2025-03-25"]


def test_columns_are_named_as_the_sender_sees_them(check: Check) -> None:
    columns = check([activity()]).verdict.columns
    assert (columns["reached"].letter, columns["reached"].heading) == ("S", "People reached (total)")


def test_map_that_contradicts_itself_is_refused() -> None:
    from assets.clusters.column_maps import column_map

    rows = [
        {"canonical": "org", "header": "Name", "required": "yes", "type": "text"},
        {"canonical": "donor", "header": "NAME*", "required": "no", "type": "text"},
    ]
    with pytest.raises(Permanent, match="org and donor"):
        column_map("broken", rows)


@pytest.mark.parametrize(
    ("index", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (701, "ZZ"), (702, "AAA")]
)
def test_column_letters(index: int, name: str) -> None:
    assert letter(index) == name
