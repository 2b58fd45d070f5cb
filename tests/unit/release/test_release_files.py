"""Release files: the same bytes each time, safe to open, and holding exactly the rows they were given."""

from __future__ import annotations

import json
import re
import zipfile
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assets.release.content import Content, content_hash, read_content, text
from assets.release.dictionary import Column
from assets.release.files import csv_rows, read_back, safe, write_csv, write_geojson, write_parquet, write_xlsx
from orchestration.failures import Permanent

COLUMNS = (
    Column("pcode", "VARCHAR", "P-code"),
    Column("day", "DATE", "Day"),
    Column("people", "BIGINT", "People", "people"),
    Column("share", "DECIMAL(5,2)", "Share", "percent"),
    Column("note", "VARCHAR", "Note"),
    Column("urban", "BOOLEAN", "Urban"),
)
DICTIONARY = Content((Column("column", "VARCHAR", ""),), ("column",), (("pcode",),))
COVER = [("Title", "Kalvoria: people"), ("Source", "invented")]


def frame() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "pcode": ["XV02", "XV01", "XV01"],
            "day": [date(2025, 3, 31), date(2025, 3, 31), date(2025, 2, 28)],
            "people": pd.array([12, None, 0], dtype="Int64"),
            "share": [0.1, float("nan"), 12.345],
            "note": ["=1+1", 'Калворія, "північ"', None],
            "urban": [True, None, False],
        }
    )


@pytest.fixture
def content() -> Content:
    return read_content(frame(), COLUMNS, ("pcode", "day"))


def write_all(content: Content, folder: Path) -> list[bytes]:
    folder.mkdir()
    write_csv(content, folder / "a.csv")
    write_parquet(content, folder / "a.parquet")
    write_xlsx(content, COVER, DICTIONARY, date(2025, 3, 31), folder / "a.xlsx")
    return [path.read_bytes() for path in sorted(folder.iterdir())]


def test_the_same_rows_in_another_order_give_the_same_bytes(tmp_path: Path) -> None:
    first = write_all(read_content(frame(), COLUMNS, ("pcode", "day")), tmp_path / "one")
    shuffled = frame().iloc[[2, 0, 1]].reset_index(drop=True)
    assert write_all(read_content(shuffled, COLUMNS, ("pcode", "day")), tmp_path / "two") == first


def test_rows_are_typed_and_in_the_order_of_their_keys(content: Content) -> None:
    assert [row[:3] for row in content.rows] == [
        ("XV01", date(2025, 2, 28), 0),
        ("XV01", date(2025, 3, 31), None),
        ("XV02", date(2025, 3, 31), 12),
    ]
    assert [row[3] for row in content.rows] == [Decimal("12.34"), None, Decimal("0.10")]


def test_the_csv_opens_in_excel_in_every_script(content: Content, tmp_path: Path) -> None:
    write_csv(content, tmp_path / "a.csv")
    raw = (tmp_path / "a.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfpcode,day,people")
    assert "Калворія".encode() in raw
    assert b"'=1+1" in raw


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=SUM(A1)", "'=SUM(A1)"), ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"), ("-1+1", "'-1+1"),
        ("@SUM(1)", "'@SUM(1)"), ("\t=1", "'\t=1"), (" =1+1", "' =1+1"), ("\r=1", "'\r=1"),
        ("-12", "-12"), ("+3.5", "+3.5"), ("plain", "plain"), ("a=b", "a=b"), ("", ""),
    ],
)  # fmt: skip
def test_text_that_would_run_as_a_formula_does_not(value: str, shown: str) -> None:
    assert safe(value) == shown


@given(st.text())
@example("-1\n=cmd")
def test_no_text_starts_a_formula(value: str) -> None:
    shown = safe(value)
    dangerous = shown.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))
    assert not dangerous or re.fullmatch(r"[+-]\d+(\.\d+)?", shown)


def test_files_hold_the_rows_they_were_given(content: Content, tmp_path: Path) -> None:
    write_csv(content, tmp_path / "a.csv")
    write_parquet(content, tmp_path / "a.parquet")
    assert read_back(tmp_path / "a.csv") == csv_rows(content)
    assert read_back(tmp_path / "a.parquet")[1:] == [[text(v) for v in row] for row in content.rows]


def test_parquet_keeps_types_and_names_no_machine(content: Content, tmp_path: Path) -> None:
    write_parquet(content, tmp_path / "a.parquet")
    schema = pq.read_schema(tmp_path / "a.parquet")
    assert [str(t) for t in schema.types] == ["string", "date32[day]", "int64", "decimal128(5, 2)", "string", "bool"]
    assert schema.metadata is None


def test_the_workbook_is_plain_to_read_and_hides_nothing(content: Content, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_xlsx(content, COVER, DICTIONARY, date(2025, 3, 31), path)
    book, day = openpyxl.load_workbook(path), datetime(2025, 3, 31)
    assert book.sheetnames == ["read me", "data", "columns"]
    assert {sheet.sheet_state for sheet in book} == {"visible"}
    assert book.properties.created == day
    assert not book.properties.creator
    data = book["data"]
    assert data.freeze_panes == "C2"
    assert [cell.value for cell in data[4]][:3] == ["XV02", day, 12]
    assert data["A2"].number_format == "@"
    assert data["E4"].data_type == "s", "a formula stays text"
    assert data["C3"].value is None
    assert book["read me"]["B1"].value == "Kalvoria: people"


def test_the_workbook_carries_no_moment_of_making(content: Content, tmp_path: Path) -> None:
    write_xlsx(content, COVER, DICTIONARY, date(2025, 3, 31), tmp_path / "a.xlsx")
    with zipfile.ZipFile(tmp_path / "a.xlsx") as parts:
        core = parts.read("docProps/core.xml").decode()
        assert {info.date_time[0] for info in parts.infolist()} == {1980}
    assert set(re.findall(r"\d{4}-\d\d-\d\dT", core)) == {"2025-03-31T"}


def test_geojson_holds_geometry_and_properties(tmp_path: Path) -> None:
    columns = (Column("pcode", "VARCHAR", "P-code"), Column("people", "BIGINT", "n"), Column("shape", "VARCHAR", "g"))
    point = '{"type": "Point", "coordinates": [30.5, 50.4]}'
    rows = pd.DataFrame({"pcode": ["XV02", "XV01"], "people": [1, 2], "shape": [None, point]})
    content = read_content(rows, columns, ("pcode",))
    write_geojson(content, "shape", tmp_path / "a.geojson")
    first, second = json.loads((tmp_path / "a.geojson").read_text(encoding="utf-8"))["features"]
    assert first == {"type": "Feature", "properties": {"pcode": "XV01", "people": 2}, "geometry": json.loads(point)}
    assert second["geometry"] is None
    assert content.without("shape").names == ("pcode", "people")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"people": [1.5, 2, 3]}, "not of its declared type"),
        ({"pcode": ["XV01", "XV01", "XV01"], "day": [date(2025, 1, 1)] * 3}, "2 repeat"),
        ({"pcode": [None, "XV01", "XV02"]}, "1 rows have an empty key"),
        ({"note": [1, 2, 3]}, "not of its declared type"),
    ],
)
def test_rows_that_break_their_promise_are_refused_without_their_values(change: dict, words: str) -> None:
    with pytest.raises(Permanent, match=words) as refused:
        read_content(frame().assign(**change), COLUMNS, ("pcode", "day"))
    assert "1.5" not in str(refused.value)


def test_a_type_no_format_carries_is_refused() -> None:
    with pytest.raises(Permanent, match="no release format carries"):
        read_content(pd.DataFrame({"a": ["x"]}), (Column("a", "STRUCT(x INTEGER)", "odd"),), ("a",))


def test_the_content_hash_sees_values_and_words_and_nothing_else(content: Content) -> None:
    same = content_hash(content, {"method": "counted"})
    floats = frame().assign(people=[12.0, float("nan"), 0.0])
    assert content_hash(read_content(floats, COLUMNS, ("pcode", "day")), {"method": "counted"}) == same
    changed = frame().assign(people=[13, None, 0])
    assert content_hash(read_content(changed, COLUMNS, ("pcode", "day")), {"method": "counted"}) != same
    assert content_hash(content, {"method": "estimated"}) != same
