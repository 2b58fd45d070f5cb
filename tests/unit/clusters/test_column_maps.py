"""What a column map can say, what makes one useless, and what comes of columns that nothing is made from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from small_country import HEADINGS, activity, column_map_rows, office_lists, submission, xlsx

from assets.clusters.activities import read_activities
from assets.clusters.check import Checked, Tables, check_submission
from assets.clusters.column_maps import column_map, problems
from assets.clusters.office_lists import OfficeLists
from assets.clusters.template import find_table
from assets.geography.places import Gazetteer
from assets.sheets.workbook import read_workbook
from orchestration import office_table
from orchestration.settings import REPO

Check = Callable[..., Checked]


def _line(canonical: str, header: str = "", kind: str = "text", says: str = "", required: str = "no") -> dict[str, str]:
    return {"canonical": canonical, "header": header, "required": required, "type": kind, "says": says}


PRESENCE = [_line("org", "Who"), _line("adm2_code", "Where", "code"), _line("status", says="ongoing")]


@pytest.fixture
def check_with(gazetteer: Gazetteer) -> Check:
    def run(
        lines: list[dict[str, str]], rows: list[list[Any]], name: str = "WSH 2025-03.xlsx", **options: Any
    ) -> Checked:
        maps = [column_map("presence", lines, options.pop("most_months", 1))]
        lists = OfficeLists(**office_lists(), reports_for=options.pop("reports_for", {}))
        headings = [line["header"].split("|")[0] for line in lines if line["header"]]
        content = xlsx({"3W": [*options.pop("above", []), headings, *rows]})
        tables = Tables(lists, maps)
        return check_submission(content, name, "wsh-focal", None, tables=tables, gazetteer=gazetteer, **options)

    return run


# -- the maps themselves ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(REPO.glob("**/column_maps/clusters*.csv")), ids=lambda path: path.parts[-3])
def test_maps_of_the_house_are_sound(path: Path) -> None:
    assert list(problems(office_table.read(path))) == []


@pytest.mark.parametrize(
    ("line", "where"),
    [
        (_line("actvity", "Activity"), "row 5, canonical"),
        (_line("donor", "Donor", "txt"), "row 5, type"),
        (_line("donor", "Donor", required="maybe"), "row 5, required"),
        (_line("org", "Which organisation"), "row 5, canonical"),
        (_line("activity"), "row 5, header"),
        (_line("targeted", says="5"), "row 5, header"),
        (_line("targeted", "Education", "integer", "EDU"), "row 5, says"),
        (_line("targeted", "Education", "integer", "cluster=EDU"), "row 5, says"),
        (_line("donor", "Donor", says="sector=EDU"), "row 5, says"),
        (_line("mark", "Education", "mark"), "row 5, says"),
    ],
)
def test_a_map_that_cannot_be_used_is_told(line: dict[str, str], where: str) -> None:
    assert [found[0] for found in problems([*PRESENCE, line])] == [where]


@pytest.mark.parametrize(("at", "found"), [(0, "no org"), (1, "no place"), (2, "no status")])
def test_a_map_must_say_who_where_and_how_far(at: int, found: str) -> None:
    lines = [line for number, line in enumerate(PRESENCE) if number != at]
    assert [problem[1] for problem in problems(lines)] == [found]


def test_people_reached_belong_to_a_group_of_the_plan() -> None:
    reached = _line("reached", "Reached", "integer")
    assert [found[1] for found in problems([*PRESENCE, reached])] == ["reached without population_group"]
    assert list(problems([*PRESENCE, reached, _line("population_group", says="IDP")])) == []
    wide = _line("reached", "IDPs", "integer", "population_group=IDP")
    assert list(problems([*PRESENCE, wide])) == []


# -- presence only ----------------------------------------------------------------------------------------------


def test_what_a_template_does_not_ask_is_no_fault_of_its_rows(check_with: Check) -> None:
    checked = check_with(PRESENCE, [["WFA", "QZ0101"], ["BRR", "QZ0201"]])
    assert checked.verdict.verdict == "refused"  # two headings are too few to know a table by
    checked = check_with([*PRESENCE, _line("donor", "Donor")], [["WFA", "QZ0101"], ["BRR", "QZ0201", "PF"]])
    assert [(f.rule, f.row) for f in checked.verdict.findings] == []
    rows = checked.rows[["org_id", "sector", "status", "month", "pcode"]].to_numpy().tolist()
    assert rows == [["O-1", "WSH", "ongoing", "2025-03", "QZ0101"], ["O-2", "WSH", "ongoing", "2025-03", "QZ0201"]]
    assert checked.rows[["activity_code", "reached"]].isna().all(axis=None)


def test_a_column_that_is_there_and_blank_is_still_missed(check_with: Check) -> None:
    lines = [*PRESENCE, _line("activity", "What"), _line("reached", "Reached", "integer")]
    checked = check_with(lines, [["WFA", "QZ0101", "Water trucking", 5], ["WFA", "QZ0201", None, None]])
    assert [(f.rule, f.row) for f in checked.verdict.findings] == [("C-ACTIVITY", 3), ("C-NO-FIGURE", 3)]


def test_an_office_that_sends_for_other_sectors(check_with: Check) -> None:
    lines = [*PRESENCE, _line("sector", "Sector")]
    rows = [["WFA", "QZ0101", "WASH"], ["WFA", "QZ0101", "Health"], ["WFA", "QZ0101", "Child protection"]]
    assert [f.row for f in check_with(lines, rows).verdict.findings if f.rule == "C-SECTOR"] == [3, 4]
    allowed = check_with(lines, rows, reports_for={"WSH": ["HEA", "PRO"]})
    assert list(allowed.rows["sector"]) == ["WSH", "HEA", "PRO-CPN"]


def test_rows_that_differ_in_an_unread_column_are_no_copies(check_with: Check) -> None:
    lines = [*PRESENCE, _line("project", "Project", "unread")]
    checked = check_with(lines, [["WFA", "QZ0101", "A"], ["WFA", "QZ0101", "B"], ["wfa", "QZ0101", "B"]])
    assert [(f.rule, f.row, f.detail) for f in checked.verdict.findings] == [("C-DUPLICATE-ROW", 4, "3")]


@pytest.mark.parametrize(
    ("kind", "cell", "rules"),
    [
        ("unread", "A project", set()),
        ("unread", "contact: Olha Petrenko", {"C-PERSONAL"}),
        ("unread", "35.9568965412", {"C-PERSONAL"}),
        ("unread_number", "35.9568965412", set()),
        ("unread_number", -9.03, set()),
        ("unread_number", "+380 00 000 00 00", {"C-PERSONAL"}),
        ("unread", "ET060207", {"C-PERSONAL"}),
        ("unread_code", "ET060207", set()),
        ("unread_code", "someone@example.org", {"C-PERSONAL"}),
        ("unread_code", "380000000000", {"C-PERSONAL"}),
    ],
)
def test_unread_columns_are_searched_for_personal_data(
    check_with: Check, kind: str, cell: Any, rules: set[str]
) -> None:
    checked = check_with([*PRESENCE, _line("other", "Other", kind)], [["WFA", "QZ0101", cell]])
    assert {f.rule for f in checked.verdict.findings} == rules


# -- matrices ---------------------------------------------------------------------------------------------------

MATRIX = [
    *PRESENCE,
    _line("reached", "WASH", "integer", "sector=WSH"),
    _line("reached", "Health", "integer", "sector=HEA; population_group=IDP"),
]
BOTH = {"reports_for": {"WSH": ["HEA"]}}


def test_headings_that_are_values(check_with: Check) -> None:
    checked = check_with(MATRIX, [["WFA", "QZ0101", 10, None], ["WFA", "QZ0201", 0, "1 200"]], **BOTH)
    assert [f.rule for f in checked.verdict.findings] == []
    rows = checked.rows[["row_number", "sector", "reached"]].to_numpy().tolist()
    assert rows == [[2, "WSH", 10], [3, "WSH", 0], [3, "HEA", 1200]]
    assert list(checked.rows["population_group"].dropna()) == ["IDP"]
    assert (checked.verdict.rows_total, checked.verdict.rows_accepted) == (2, 2)


def test_places_across(check_with: Check) -> None:
    lines = [
        _line("org", "Who"),
        _line("status", says="ongoing"),
        _line("sector", "Sector"),
        _line("mark", "Kamianskyi", "mark", "adm2_code=QZ0101"),
        _line("mark", "Elsewhere", "mark", "adm2_code=QZ0999"),
    ]
    assert list(problems(lines)) == []
    checked = check_with(lines, [["WFA", "WASH", "x", None], ["BRR", "WASH", 1, 0], ["BRR", "WASH", None, "yes"]])
    assert list(checked.rows["pcode"]) == ["QZ0101", "QZ0101"]
    [finding] = checked.verdict.findings
    assert (finding.rule, finding.row) == ("C-PLACE-UNKNOWN", 4)
    assert checked.verdict.columns[finding.column or ""].letter == "D"


def test_one_bad_cell_holds_its_row_and_is_pointed_at(check_with: Check) -> None:
    checked = check_with(MATRIX, [["WFA", "QZ0101", 10, "many"], ["Nobody", "QZ0201", 1, 2]], **BOTH)
    found = [(f.rule, f.row, checked.verdict.columns[f.column or ""].letter) for f in checked.verdict.findings]
    assert found == [("C-NUMBER", 2, "D"), ("C-ORG-UNKNOWN", 3, "A")]
    assert (checked.verdict.rows_refused, len(checked.rows)) == (2, 0)


# -- months -----------------------------------------------------------------------------------------------------

DATED = [*PRESENCE, _line("reporting_month", "Month", "month"), _line("reporting_year", "Year", "year")]


def _month(checked: Checked) -> tuple[str | None, list[str], list[str]]:
    return checked.verdict.partition, [f.rule for f in checked.verdict.findings], list(checked.rows["month"])


def test_a_quarter_in_one_file(check_with: Check) -> None:
    rows = [["WFA", "QZ0101", month, 2025] for month in ("January ", "February", "3")]
    assert _month(check_with(DATED, rows, "3W Q1 2025.xlsx", most_months=3)) == (
        "2025-03", [], ["2025-01", "2025-02", "2025-03"],
    )  # fmt: skip
    assert _month(check_with(DATED, rows, "3W Q1 2025.xlsx", most_months=2))[1:] == (["C-PERIOD"], [])
    assert _month(check_with(DATED, rows, "3W Q2 2025.xlsx", most_months=3))[1] == ["C-PERIOD"]


def test_each_month_of_a_quarter_has_its_own_list_of_places(check_with: Check) -> None:
    rows = [["WFA", "QZ0101", month, 2025] for month in (6, 7)]
    checked = check_with(DATED, rows, "3W.xlsx", most_months=3)
    assert list(checked.rows["cod_version"]) == ["v01", "v02"]


@pytest.mark.parametrize(
    ("name", "above", "most", "month"),
    [
        ("3W 2025-03.xlsx", [], 1, "2025-03"),
        ("3W January March 2025.xlsx", [], 3, "2025-03"),
        ("3W.xlsx", [["Operational presence, Q1 2025"], ["printed 08.04.2025"]], 3, "2025-03"),
        ("3W.xlsx", [["Оперативна присутність, березень 2025"]], 1, "2025-03"),
        ("3W february.xlsx", [["March 2025"]], 1, "2025-02"),
        ("3W december.xlsx", [], 1, "2024-12"),
    ],
)
def test_the_month_of_a_template_without_one(
    check_with: Check, name: str, above: list[list[Any]], most: int, month: str
) -> None:
    lines = [*PRESENCE, _line("donor", "Donor")]
    checked = check_with(lines, [["WFA", "QZ0101"]], name, above=above, most_months=most, month_hint="2025-03")
    assert _month(checked) == (month, [], [month])


def test_a_file_that_says_no_month_is_taken_for_the_one_before_it_came_and_told(check_with: Check) -> None:
    lines = [*PRESENCE, _line("donor", "Donor")]
    checked = check_with(lines, [["WFA", "QZ0101"]], "3W.xlsx", month_hint="2025-03")
    assert _month(checked) == ("2025-03", ["C-MONTH"], ["2025-03"])
    assert checked.verdict.verdict == "accepted"
    assert _month(check_with(lines, [["WFA", "QZ0101"]], "3W.xlsx"))[:2] == (None, ["C-PERIOD"])


def test_a_name_of_several_months_is_not_chosen_from(check_with: Check) -> None:
    lines = [*PRESENCE, _line("donor", "Donor")]
    checked = check_with(lines, [["WFA", "QZ0101"]], "3W January March 2025.xlsx")
    assert checked.verdict.findings[0].rule == "C-PERIOD"
    assert "several months" in (checked.verdict.findings[0].detail or "")


# -- hashtags ---------------------------------------------------------------------------------------------------


def test_hashtags_instead_of_headings() -> None:
    lines = [_line("org", "#org+name"), _line("adm2_code", "#adm2+code", "code"), _line("sector", "#sector")]
    content = xlsx({"3W": [["#org +name", "# adm2 +code", "#sector"], ["WFA", "QZ0101", "WASH"]]})
    table = find_table(read_workbook(content), [column_map("tagged", lines)])
    assert table is not None
    assert table.faults == 0
    assert [row.texts["org"] for row in read_activities(table).rows] == ["WFA"]


def test_totals_of_a_template_without_codes_name_no_place() -> None:
    lines = [_line("org", "Who"), _line("adm1_name", "Region"), _line("reached", "Reached", "integer")]
    rows = [["Who", "Region", "Reached"], ["Total Relief", "Zelenska", 5], ["WFA", "Zelenska", 7], ["Total", None, 12]]
    table = find_table(read_workbook(xlsx({"3W": rows})), [column_map("names", lines)])
    assert table is not None
    assert [row.number for row in read_activities(table).rows] == [2, 3]


def test_months_of_the_monthly_template_stay_one(check: Check) -> None:
    """What quarters are allowed must not loosen the templates that hold one month."""
    rows = [activity(1), activity(2, reporting_month="2025-02", start_date=date(2025, 2, 3))]
    assert {f.rule for f in check(submission(rows, HEADINGS), "WSH.xlsx").verdict.findings} == {"C-PERIOD"}
    assert column_map("new", column_map_rows()).most_months == 1
