"""Real published 3W files through reading and header search. They are read where they lie and never copied here.

The folder is found by IMU_SHARED or beside the repository; without it the tests are skipped and say so.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from assets.clusters.activities import read_activities
from assets.clusters.column_maps import ColumnMap, column_map
from assets.clusters.template import Table, find_table
from assets.geography.codes import CodeShape, readings
from assets.sheets.workbook import read_workbook

_SHARED = Path(os.environ.get("IMU_SHARED") or Path(__file__).resolve().parents[4] / "shared")
REAL = _SHARED / "realdata"
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason=f"no real files at {REAL}")

NIGERIA = "operational_presence_nga_who_is_doing_what_and_where_nga_3w_oct_dec_2023.xlsx"
IRAQ = "whowhatwhere_iraq_3w_jan_to_apr_2022_longtable_20220518.xlsx"
ETHIOPIA = "3w_august_2025.csv"
AFGHANISTAN = "operational_presence_afg_afghanistan_3w_operational_presence_january_march_2024.csv"
UKRAINE = "whowhatwhere_ukr_5w_round12_2022_05_26.xlsx"


def _map(name: str, columns: dict[str, str]) -> ColumnMap:
    return column_map(
        name,
        [
            {"canonical": canonical, "header": header, "required": "yes", "type": "text"}
            for canonical, header in columns.items()
        ],
    )


MAPS = [
    _map(
        "nigeria",
        {
            "org": "Organization",
            "acronym": "Org. Acronym",
            "org_type": "Type of Organization",
            "operation": "Operation Type",
            "sector": "Project Sector",
            "activity": "Activities",
            "status": "Status",
            "adm1_name": "State",
            "adm1_code": "State Pcode",
            "adm2_name": "LGA",
            "adm2_code": "LGA PCode",
            "plan": "isHRP",
            "response": "Response Type",
            "reporting_month": "Month",
            "year": "Year",
        },
    ),
    _map(
        "iraq",
        {
            "reporting_month": "Month",
            "adm1_code": "ADM1_PCODE",
            "adm1_name": "Governorate",
            "adm2_code": "ADM2_PCODE",
            "adm2_name": "District",
            "adm3_code": "ADM3_PCODE",
            "adm3_name": "Sub-district",
            "settlement": "Location",
            "admin_level": "admin_level",
            "plan": "Plan",
            "sector": "Cluster",
            "population_group": "Beneficiary Type",
            "category": "Partner Category",
            "acronym": "Partner Acronym",
            "org": "Partner Full Name",
            "org_type": "Organisation type",
        },
    ),
    _map(
        "ethiopia",
        {
            "reporting_month": "Month",
            "status": "Activity status",
            "donor_acronym": "Donor Acronym",
            "donor": "Donor Name",
            "programme_acronym": "Program partner Acronym",
            "org": "Program Partner Name",
            "impl_acronym": "Implementing Partner Acronym",
            "impl_org": "Implementing Partner Name",
            "org_type": "Implementing Partner Type",
            "adm1_name": "Region",
            "adm2_name": "Zone",
            "adm3_name": "Woreda",
            "adm3_code": "WoredaPcod",
            "sector": "Cluster",
            "activity": "Activity",
            "lat": "Lat",
            "lon": "Long",
        },
    ),
    _map(
        "afghanistan",
        {
            "region": "REGION",
            "adm1_name": "PROVINCE",
            "adm1_code": "PROV_CODE",
            "adm2_name": "DISTRICT",
            "adm2_code": "DIST_CODE",
            "acronym": "ORG_ACRONYM",
            "org": "ORG_NAME",
            "org_type": "ORG_TYPE",
            "sector_code": "CLUSTER_SECTOR_CODE",
            "sector": "CLUSTER_SECTOR_NAME",
            "question": "Question",
        },
    ),
]


def _table(name: str) -> Table:
    table = find_table(read_workbook((REAL / name).read_bytes()), MAPS)
    assert table is not None
    return table


@pytest.mark.parametrize(
    ("file", "template", "sheet"),
    [
        (NIGERIA, "nigeria", "NGA 3Ws Data Q4 2023"),
        (IRAQ, "iraq", "3W longtable Jan-Apr 2022 "),
        (ETHIOPIA, "ethiopia", ""),
        (AFGHANISTAN, "afghanistan", ""),
    ],
)
def test_header_is_found_among_four_dialects(file: str, template: str, sheet: str) -> None:
    table = _table(file)
    assert (table.map.name, table.sheet.name, table.header_at, table.faults) == (template, sheet, 0, 0)


@pytest.mark.parametrize(
    ("file", "rows", "left_out"),
    [
        (NIGERIA, 9366, {"hashtag_rows": 1}),
        (IRAQ, 4839, {"hashtag_rows": 1}),
        (ETHIOPIA, 3122, {}),
        (AFGHANISTAN, 10902, {"hashtag_rows": 1}),
    ],
)
def test_rows_are_all_there_and_hashtags_are_not_among_them(file: str, rows: int, left_out: dict[str, int]) -> None:
    found = read_activities(_table(file), 2023)
    assert (len(found.rows), found.left_out) == (rows, left_out)
    assert found.rows[0].number == 2 + sum(left_out.values())


def test_months_of_each_dialect_are_read() -> None:
    assert {row.month for row in read_activities(_table(NIGERIA), 2023).rows} == {"2023-10", "2023-11", "2023-12"}
    assert {row.month for row in read_activities(_table(IRAQ)).rows} == {f"2022-0{n}" for n in range(1, 5)}
    assert {row.month for row in read_activities(_table(ETHIOPIA), 2025).rows} == {"2025-08"}


def test_codes_that_are_letters_and_digits_are_left_as_they_are() -> None:
    rows = read_activities(_table(IRAQ)).rows
    shape = CodeShape.of([str(row.codes[3]) for row in rows if 3 in row.codes], "IRQ")
    assert [reading.code for reading in readings(rows[0].codes[1], shape)] == ["IQG01"]


def test_wide_presence_table_is_no_list_of_activities() -> None:
    assert find_table(read_workbook((REAL / UKRAINE).read_bytes()), MAPS) is None


def test_every_real_spreadsheet_opens_or_is_refused_with_a_reason() -> None:
    from assets.sheets.workbook import UnreadableWorkbook

    kinds = {}
    for path in sorted(REAL.iterdir()):
        try:
            kinds[path.suffix] = read_workbook(path.read_bytes()).kind
        except UnreadableWorkbook as refused:
            kinds[path.suffix] = refused.reason
    assert (kinds[".xlsx"], kinds[".csv"], kinds[".parquet"]) == ("xlsx", "csv", "not a table")
