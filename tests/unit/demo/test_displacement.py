"""The weekly displacement files: their rhythm, their sums, and each planted trouble where the key says."""

import csv
import io
from collections import Counter
from datetime import timedelta

import pytest
from python_calamine import CalamineError, load_workbook

from demo.country import displacement
from demo.country.deliveries import Delivery, Trouble
from demo.country.displacement_files import HEADER, TITLE_ROWS, WORDS
from demo.country.displacement_stocks import build_stocks
from demo.country.geography import Geography, build_geography

Year = tuple[dict[str, Delivery], list[Trouble]]
Rows = list[list[str]]


@pytest.fixture(scope="module")
def geo() -> Geography:
    return build_geography()


@pytest.fixture(scope="module", params=[(size, seed) for size in ("country", "small") for seed in range(1, 5)])
def year(geo: Geography, request: pytest.FixtureRequest) -> Year:
    size, seed = request.param
    sent, troubles = displacement.deliver(geo, seed, size)
    return {delivery.name: delivery for delivery in sent}, troubles


def rows(delivery: Delivery) -> Rows:
    """The rows as the reader of the file counts them, title rows and all."""
    if delivery.name.endswith(".xlsx"):
        sheet = load_workbook(io.BytesIO(delivery.content)).get_sheet_by_index(0)
        lines = [
            [str(int(cell)) if isinstance(cell, float) else str(cell) for cell in line] for line in sheet.to_python()
        ]
        return [[""] * len(HEADER)] * (sheet.start[0] if sheet.start else 0) + lines
    old_windows = delivery.content.startswith("Код".encode("cp1251"))
    text = delivery.content.decode("cp1251" if old_windows else "utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";" if ";" in text[:40] else ","))


def body(delivery: Delivery) -> Rows:
    return rows(delivery)[TITLE_ROWS + 1 if delivery.name.endswith(".xlsx") else 1 :]


def row_of(year: Year, trouble: Trouble) -> list[str]:
    assert trouble.row is not None
    return rows(year[0][trouble.file])[trouble.row - 1]


def of_kind(year: Year, kind: str) -> list[Trouble]:
    found = [trouble for trouble in year[1] if trouble.kind == kind]
    assert found
    return found


def test_every_week_but_one_comes_and_most_on_tuesday_at_eleven(year: Year) -> None:
    weeks = Counter(name[4:12] for name in year[0])
    assert len(weeks) in (12, 51)
    usual = [d for d in year[0].values() if (d.at.isoweekday(), d.at.hour) == (2, 11)]
    assert len(usual) > len(weeks) - 5
    assert all(delivery.sender == "statistics-office" for delivery in year[0].values())


def test_row_troubles_stand_where_the_key_says(year: Year, geo: Geography) -> None:
    codes = {place.pcode for version in ("v01", "v02") for place in geo.places(version, 2)}
    for trouble in of_kind(year, "negative"):
        assert int(row_of(year, trouble)[4]) < 0
    for trouble in of_kind(year, "parts"):
        row = row_of(year, trouble)
        assert int(row[5]) + int(row[6]) + int(row[7]) > int(row[3])
    for trouble in of_kind(year, "decimal_comma"):
        assert row_of(year, trouble)[3].endswith(",0") and "\u00a0" in row_of(year, trouble)[3]
    for trouble in of_kind(year, "not_a_number"):
        assert row_of(year, trouble)[3].startswith("бл.")
    for trouble in of_kind(year, "place_unknown"):
        assert row_of(year, trouble)[0] not in codes
    for trouble in of_kind(year, "code_as_number"):
        assert f"XV{int(row_of(year, trouble)[0]):04d}" in codes
    for trouble in of_kind(year, "no_households"):
        assert row_of(year, trouble)[4] == ""


def test_misspelled_names_keep_a_code_that_decides(year: Year, geo: Geography) -> None:
    for kind in ("lookalike", "other_spelling"):
        for trouble in of_kind(year, kind):
            row = row_of(year, trouble)
            known = geo.by_pcode("v01") | geo.by_pcode("v02")
            assert row[0] in known and row[1] != known[row[0]].name_local


def test_rows_without_trouble_add_up_and_name_their_district(year: Year, geo: Geography) -> None:
    """Everything the key doesn't name is right, so that any other finding is the platform's mistake."""
    troubled = {(trouble.file, trouble.row) for trouble in year[1]}
    whole = {trouble.file for trouble in year[1] if trouble.kind in ("unreadable", "template")}
    for name, delivery in year[0].items():
        if name in whole:
            continue
        known = geo.by_pcode("v01" if name[9:12] < "W27" else "v02")
        first = len(rows(delivery)) - len(body(delivery)) + 1
        for number, row in enumerate(body(delivery), start=first):
            if (name, number) not in troubled:
                assert int(row[3]) == int(row[5]) + int(row[6]) + int(row[7])
                assert known[row[0]].level == 2 and known[row[0]].name_local == row[1]
                assert row[2] in WORDS.values()


def test_a_dropped_district_lacks_both_rows_and_no_other_is_lacking(year: Year, geo: Geography) -> None:
    short = {trouble.file for trouble in of_kind(year, "missing_district")}
    unreadable = {trouble.file for trouble in of_kind(year, "unreadable")}
    for name, delivery in year[0].items():
        if name not in unreadable:
            version = "v01" if name[9:12] < "W27" else "v02"
            known = {place.pcode for place in geo.places(version, 2)}
            found = {code if code.startswith("XV") else f"XV{int(code):04d}" for code, *_ in body(delivery)}
            assert len(known - found) == (1 if name in short else 0)


def test_the_repeated_week_has_new_bytes_and_old_figures(year: Year) -> None:
    (trouble,) = of_kind(year, "repeated")
    week = int(trouble.file[10:12])
    before = next(d for name, d in year[0].items() if name.startswith(f"vpo_2025-W{week - 1:02d}."))
    assert [row[:8] for row in body(before)] == [row[:8] for row in body(year[0][trouble.file])]
    assert before.content != year[0][trouble.file].content


def test_the_same_bytes_come_again_two_days_later(year: Year) -> None:
    (trouble,) = of_kind(year, "same_file")
    again, first = year[0][trouble.file], year[0][trouble.file.replace(" (1)", "")]
    assert again.content == first.content
    assert again.at - first.at == timedelta(days=2)


def test_half_a_workbook_cannot_be_read_and_a_wrong_header_differs(year: Year) -> None:
    (broken,) = of_kind(year, "unreadable")
    with pytest.raises(CalamineError):
        load_workbook(io.BytesIO(year[0][broken.file].content))
    (template,) = of_kind(year, "template")
    assert set(rows(year[0][template.file])[0]) ^ set(HEADER) == {"ВПО осіб", "Отримали допомогу"}
    assert year[0][template.file.replace(".csv", "_v2.csv")]


def test_the_correction_differs_from_the_first_file_in_three_rows(year: Year) -> None:
    (trouble,) = of_kind(year, "corrected")
    first = body(year[0][trouble.file.replace("_corrected", "")])
    second = body(year[0][trouble.file])
    assert sum(old != new for old, new in zip(first, second, strict=True)) == 3


def test_dialects(year: Year) -> None:
    content = {kind: year[0][of_kind(year, kind)[0].file].content for kind in ("bom", "cp1251", "semicolon")}
    assert content["bom"].startswith(b"\xef\xbb\xbf")
    assert content["semicolon"].startswith("Код;Район".encode())
    with pytest.raises(UnicodeDecodeError):
        content["cp1251"].decode()
    assert content["cp1251"].decode("cp1251").startswith("Код,Район")


def test_only_the_planted_jump_jumps(year: Year) -> None:
    """More than half and more than 500 people against the last week that came with the same codes."""
    (planted,) = of_kind(year, "jump")
    skipped = {t.file for t in year[1] if t.kind in ("unreadable", "template", "same_file", "corrected")}
    jumps: set[tuple[str, int]] = set()
    last: dict[tuple[str, str], int] = {}
    for name in sorted(year[0]):
        if name in skipped:
            continue
        first = len(rows(year[0][name])) - len(body(year[0][name])) + 1
        for number, row in enumerate(body(year[0][name]), start=first):
            if row[3].isdigit() and row[0].startswith("XV"):
                key, people = (row[0], row[2]), int(row[3])
                before = last.get(key, people)
                if abs(people - before) > 500 and abs(people - before) > before / 2:
                    jumps.add((name, number))
                last[key] = people
    assert jumps == {(planted.file, planted.row)}


def test_the_offensive_moves_people_and_summer_takes_some_home(geo: Geography) -> None:
    stocks = build_stocks(geo, 1)
    total = {week: sum(stocks.of(week, "v01").values()) for week in (0, 9, 13, 34, 52)}
    assert total[9] * 1.08 < total[13]
    assert total[34] < total[13] * 0.95
    assert sum(stocks.of(27, "v01").values()) == sum(stocks.of(27, "v02").values())
    small = [people for people in stocks.of(1, "v01").values() if 0 < people < 10]
    assert small and 0 in stocks.of(1, "v01").values()
