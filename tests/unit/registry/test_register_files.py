"""One register in every form in which it may come: the same rows each time; and forms that are traps."""

from __future__ import annotations

import csv
import io
import struct
import traceback
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
import register_rows
import xlsxwriter
from demo_places import demo_places
from register_rows import HEADER, MAP, person, read, written

from assets.registry import text, workbook
from assets.registry.extract import Extract
from assets.registry.unreadable import Unreadable
from demo.country import register
from demo.country.geography import build_geography

Rows = Sequence[Sequence[str]]


@cache
def _demo() -> tuple[bytes, tuple[tuple[str, ...], ...]]:
    """The fictional country's own small register, with its planted mistakes, without line breaks of Excel's."""
    sent, _ = register.deliver(build_geography(), 1, "small")
    whole = [one.content for one in sent if "2025-03-31" in one.name and "totals" not in one.name]
    content = bytes(whole[-1])  # the last correction of several
    rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    return content, tuple(tuple(row) for row in rows)


def _csv(rows: Rows, encoding: str = "utf-8", mark: str = ",", line: str = "\r\n") -> bytes:
    target = io.StringIO(newline="")
    csv.writer(target, delimiter=mark, lineterminator=line).writerows(rows)
    # Names in another alphabet become question marks: none of them is carried on.
    return target.getvalue().encode(encoding, errors="replace")


def _xlsx(rows: Rows, **kinds: Callable[[str], Any]) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(
        target, {"in_memory": True, "strings_to_numbers": False, "default_date_format": "yyyy-mm-dd"}
    )
    sheet = book.add_worksheet("extract")
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            make = kinds.get(rows[0][column]) if number else None
            sheet.write(number, column, make(cell) if make and cell else cell)
    book.close()
    return target.getvalue()


def _parquet(rows: Rows, tmp_path: Path, types: str = "") -> bytes:
    source, target = tmp_path / "rows.csv", tmp_path / "rows.parquet"
    source.write_bytes(_csv(rows))
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT * {types} FROM read_csv('{source}', all_varchar=true)) TO '{target}'")
    return target.read_bytes()


def _zip(members: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def _pieces(content: bytes, size: int = 4097) -> Iterator[bytes]:
    return (content[at : at + size] for at in range(0, len(content), size))


def _read(content: bytes) -> tuple[Extract, list[dict[str, Any]]]:
    places = demo_places()
    return read(
        _pieces(content), date(2025, 3, 31), known_places=sorted(places.regions["v01"]), recoded={},
        known_regions=sorted(set(places.regions["v01"].values())),
    )  # fmt: skip


# -- the same rows --------------------------------------------------------------------------------------------

_ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1251", "cp1252", "latin-1")


@pytest.fixture(scope="module")
def expected() -> tuple[Extract, list[dict[str, Any]]]:
    result, people = _read(_demo()[0])
    assert len(people) > 300
    return result, people


def _same(content: bytes, expected: tuple[Extract, list[dict[str, Any]]]) -> None:
    result, people = _read(content)
    assert result == expected[0]
    assert people == expected[1]


@pytest.mark.parametrize("encoding", _ENCODINGS)
def test_every_encoding_gives_the_same_rows(encoding: str, expected: Any) -> None:
    _same(_csv(_demo()[1], encoding), expected)


@pytest.mark.parametrize("mark", text.DELIMITERS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1251"])
def test_every_delimiter_gives_the_same_rows(mark: str, encoding: str, expected: Any) -> None:
    _same(_csv(_demo()[1], encoding, mark, "\n"), expected)


def test_a_workbook_gives_the_same_rows(expected: Any) -> None:
    _same(_xlsx(_demo()[1]), expected)


def test_a_workbook_with_real_dates_and_numbers_gives_the_same_rows(expected: Any) -> None:
    def day(cell: str) -> Any:
        try:
            return date.fromisoformat(cell) if cell >= "1900-03-01" else cell
        except ValueError:
            return cell

    def number(cell: str) -> Any:
        return int(cell) if cell.isdecimal() else cell

    dates = dict.fromkeys(("date_of_birth", "registration_date", "card_issue", "card_expiry"), day)
    _same(_xlsx(_demo()[1], family_size_declared=number, **dates), expected)


def test_parquet_gives_the_same_rows_as_text_and_as_dates(tmp_path: Path, expected: Any) -> None:
    _same(_parquet(_demo()[1], tmp_path), expected)
    typed = "REPLACE (try_cast(registration_date AS DATE) AS registration_date, try_cast(card_issue AS TIMESTAMP) AS card_issue)"
    _same(_parquet(_demo()[1], tmp_path, typed), expected)


def test_an_archive_of_any_of_them_gives_the_same_rows(tmp_path: Path, expected: Any) -> None:
    rows = _demo()[1]
    for name, content in (
        ("a.csv", _csv(rows, "cp1251", ";")),
        ("a.xlsx", _xlsx(rows)),
        ("a.parquet", _parquet(rows, tmp_path)),
    ):
        _same(_zip({name: content}), expected)
    _same(_zip({"folder/extract.csv": _csv(rows), "__MACOSX/x": b"1", ".DS_Store": b"2"}), expected)


def test_a_workbook_whose_rows_end_in_formatting_has_no_records_there() -> None:
    rows = [list(HEADER), *([one[name] for name in HEADER] for one in (person(), person(record_id="R2")))]
    blank = [[""] * len(HEADER)] * 3
    result, _ = read(_pieces(_xlsx([*rows[:2], *blank, rows[2], *blank, [" "] * len(HEADER)])))
    assert result.rows_total == 5  # those between count, and are told with their numbers
    assert result.rows["R-ID-MISSING"] == [3, 4, 5]


def test_a_letter_cut_in_two_by_a_piece_is_one_letter() -> None:
    rows = [list(HEADER), *([one[name] for name in HEADER] for one in [person(full_name="Прізвище" * 40)] * 3)]
    for encoding in ("utf-8", "utf-16"):
        content = _csv(rows, encoding)
        for size in (1, 2, 3, 7):
            assert b"".join(text.utf8(_pieces(content, size))).decode().lstrip("\ufeff") == _csv(rows).decode()


def test_the_alphabet_is_told_by_how_its_letters_stand() -> None:
    for words, encoding in (
        ("Прізвище Ім'я, Ґанок", "cp1251"),
        ("José Müller, Zoë Nuñez", "cp1252"),
        ("élève à Orléans", "latin-1"),
    ):
        assert b"".join(text.utf8(iter([b"a,b\n", words.encode(encoding)]))).decode() == f"a,b\n{words}"


# -- columns, whatever the form -------------------------------------------------------------------------------


def test_columns_are_refused_by_name_in_every_form(tmp_path: Path) -> None:
    rows = [[*HEADER[1:], "iris_code"], ["x"] * len(HEADER)]
    for content in (_csv(rows, "utf-16", ";"), _xlsx(rows), _parquet(rows, tmp_path), _zip({"a.csv": _csv(rows)})):
        told = [(one.rule, one.columns) for one in read(_pieces(content))[0].refusals]
        assert told == [("R-FORBIDDEN", (f"iris (column {len(HEADER)})",)), ("R-TEMPLATE", ("record_id",))]


# -- traps ----------------------------------------------------------------------------------------------------

NAME = "Quandorf Axbryth"
_SMALL = written([person(full_name=NAME)])


def _bomb() -> bytes:
    return _zip({"a.csv": _SMALL + b"x" * 50_000_000})


def _workbook_bomb() -> bytes:
    target = io.BytesIO(_xlsx([HEADER]))
    with (
        zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/media/a.bin", "w", force_zip64=True) as entry,
    ):
        for _ in range(50):
            entry.write(bytes(1 << 20))
    return target.getvalue()


def _locked() -> bytes:
    content = bytearray(_zip({"a.csv": _SMALL}))
    content[6] |= 1
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    return bytes(content)


def _two_sheets() -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    for name in ("a", "b"):
        book.add_worksheet(name).write(0, 0, NAME)
    book.close()
    return target.getvalue()


_TRAPS: dict[str, tuple[Callable[[], bytes], str]] = {
    "a bomb": (_bomb, "far more than a register"),
    "a workbook that is a bomb": (_workbook_bomb, "unpacks to more"),
    "a path out of the archive": (lambda: _zip({"../a.csv": _SMALL}), "points outside"),
    "an absolute path": (lambda: _zip({"/etc.csv": _SMALL}), "points outside"),
    "two files": (lambda: _zip({"a.csv": _SMALL, "b.csv": _SMALL}), "holds 2 files"),
    "no file": (lambda: _zip({".hidden": b""}), "holds 0 files"),
    "an archive in an archive": (lambda: _zip({"a.zip": _zip({"a.csv": _SMALL})}), "archive within an archive"),
    "a locked archive": (_locked, "protected by a password"),
    "a locked workbook": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "protected by a password"),
    "an archive cut short": (lambda: _zip({"a.csv": _SMALL * 40})[:-60], "damaged archive"),
    "an archive with a wrong byte": (lambda: _broken(_zip({"a.csv": _SMALL * 40})), "archive is damaged"),
    "a workbook cut in its middle": (lambda: _workbook_without_sheet(), "damaged workbook"),
    "a workbook of two sheets": (_two_sheets, "exactly one visible sheet"),
    "an empty workbook": (lambda: _xlsx([]), "exactly one visible sheet"),
    "Parquet cut short": (lambda: b"PAR1" + b"x" * 100, "damaged Parquet"),
    "UTF-16 cut in a letter": (lambda: _csv([HEADER] * 40, "utf-16")[:-1], "breaks off within a letter"),
}  # fmt: skip


def _broken(content: bytes) -> bytes:
    changed = bytearray(content)
    changed[80:84] = struct.pack("<I", 0xDEADBEEF)
    return bytes(changed)


def _workbook_without_sheet() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(_xlsx([HEADER]))) as source, zipfile.ZipFile(target, "w") as changed:
        for entry in source.infolist():
            content = source.read(entry)
            changed.writestr(entry, content[:-40] if "sheet1" in entry.filename else content)
    return target.getvalue()


@pytest.mark.parametrize("kind", sorted(_TRAPS))
def test_a_trap_is_refused_in_words_and_nothing_of_it_is_told(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "_UNPACKED_MB", 40)
    make, words = _TRAPS[kind]
    with pytest.raises(Unreadable) as caught:
        read(_pieces(make(), 1 << 16))
    assert words in caught.value.reason
    assert NAME not in "".join(traceback.format_exception(caught.value))


def test_what_is_told_of_the_form_is_in_the_map_of_the_demo() -> None:
    assert MAP.required <= set(_demo()[1][0])


def test_no_child_is_left_behind_by_a_workbook_whose_columns_are_refused() -> None:
    import subprocess

    seen: list[subprocess.Popen[bytes]] = []
    start = subprocess.Popen.__init__

    def noted(self: Any, *args: Any, **kwargs: Any) -> None:
        start(self, *args, **kwargs)
        seen.append(self)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(subprocess.Popen, "__init__", noted)
        rows = [["iris", *HEADER], *([["x"] * (len(HEADER) + 1)] * 20_000)]
        assert read(_pieces(_xlsx(rows), 1 << 16))[0].refusals
    assert [child.returncode is not None for child in seen] == [True]
    assert register_rows.read(_SMALL)[0].rows_total == 1
