"""Real published files as cells: what opens, what does not, and what their codes look like.

They are read where they lie and never copied here. What is made of them: test_new_countries.py.
"""

from __future__ import annotations

import new_country
import pytest
from counted_apart import FILES, REAL

from assets.clusters.activities import Activities, read_activities
from assets.clusters.column_maps import column_map
from assets.clusters.template import find_table
from assets.geography.codes import CodeShape, readings
from assets.sheets.workbook import UnreadableWorkbook, read_workbook
from orchestration import office_table

pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason=f"no real files at {REAL} (IMU_SHARED)")


def _read(name: str) -> Activities:
    rows = office_table.read(new_country.COUNTRIES / name / "presence.csv")
    table = find_table(read_workbook(FILES[name].path.read_bytes()), [column_map(name, rows)])
    assert table is not None
    return read_activities(table)


def test_a_year_beside_the_month_completes_it() -> None:
    assert {row.month for row in _read("nigeria").rows} == {"2023-10", "2023-11", "2023-12"}


def test_codes_that_are_letters_and_digits_are_left_as_they_are() -> None:
    rows = _read("iraq").rows
    shape = CodeShape.of([str(row.codes[2]) for row in rows if 2 in row.codes], "IRQ")
    assert [reading.code for reading in readings(rows[0].codes[1], shape)] == ["IQG01"]


def test_a_file_is_no_table_of_another_template() -> None:
    rows = office_table.read(new_country.COUNTRIES / "iraq" / "presence.csv")
    assert find_table(read_workbook(FILES["ukraine"].path.read_bytes()), [column_map("iraq", rows)]) is None


def test_every_real_spreadsheet_opens_or_is_refused_with_a_reason() -> None:
    kinds = {}
    for path in sorted(REAL.iterdir()):
        try:
            kinds[path.suffix] = read_workbook(path.read_bytes()).kind
        except UnreadableWorkbook as refused:
            kinds[path.suffix] = refused.reason
    assert (kinds[".xlsx"], kinds[".csv"], kinds[".parquet"]) == ("xlsx", "csv", "not a table")
