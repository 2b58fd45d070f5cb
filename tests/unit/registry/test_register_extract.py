"""A registration extract on its way in: nothing plain on a disk, nothing personal in an error, nobody left hanging."""

from __future__ import annotations

import json
import tempfile
import threading
import traceback
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import demo_places
import duckdb
import pytest
import register_rows
from register_rows import MAP, person, read, written

from assets.registry import checks, rules
from assets.registry.unreadable import Unreadable
from demo.country import register
from demo.country.geography import build_geography
from orchestration import duck
from orchestration.failures import Permanent
from orchestration.lake import Arrival, Lake

NAME = "Somebody Invented"
MARCH = date(2025, 3, 31)


def _refused(content: bytes, **how: Any) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.rule, one.columns) for one in read(content, **how)[0].refusals]


def _people(count: int = 3) -> list[register_rows.Record]:
    return [person(record_id=f"R{n}", registration_group_id=f"G{n}") for n in range(count)]


# -- files that are no table ----------------------------------------------------------------------------------

_GOOD = written(_people())
_BROKEN = {
    "no text": b"PK\x03\x04" + bytes(range(128, 256)),
    "one column more in a row": _GOOD + b"x," * 40 + NAME.encode() + b"\n",
    "bytes of another alphabet in a later row": written([person(full_name="Ім'я Прізвище")])
    + written([person()]).split(b"\n", 1)[1].replace(b"ref", b"\xce\xeb\xff"),
    "one cell too few in a row": _GOOD + NAME.encode() + b",x" * 24 + b"\n",
    "a quote left open at the end": _GOOD + b'"' + NAME.encode() + b",x" * 25 + b"\n",
    "a quote left open in the middle": _GOOD + b'"' + NAME.encode() + b",x" * 25 + b"\n" + _GOOD.split(b"\n", 1)[1],
    "line ends of two kinds": _GOOD + _GOOD.split(b"\n", 1)[1].replace(b"\n", b"\r\n"),
    "a line that never ends": _GOOD + b'"' + NAME.encode() * 90_000,
    "old line ends": _GOOD.replace(b"\n", b"\r"),
}


@pytest.mark.parametrize("kind", sorted(_BROKEN))
@pytest.mark.parametrize("once", [True, False])
def test_a_broken_file_is_the_senders_to_mend_and_its_words_stay_in_it(kind: str, once: bool) -> None:
    content = _BROKEN[kind]
    with pytest.raises(Unreadable) as caught:
        read(iter([content]) if once else [content])
    told = "".join(traceback.format_exception(caught.value))
    assert "Invented" not in told
    assert "Some" not in told
    assert caught.value.__context__ is None or not isinstance(caught.value.__context__, duckdb.Error)


def test_an_empty_file_has_no_headings() -> None:
    assert [rule for rule, _ in _refused(b"")] == ["R-TEMPLATE"]


@pytest.mark.parametrize("content", [b"\xef\xbb\xbf" + _GOOD, _GOOD.replace(b"\n", b"\r\n"), _GOOD.rstrip(b"\n")])
def test_byte_order_marks_and_line_ends_do_not_matter(content: bytes) -> None:
    result, people = read(content)
    assert (result.refusals, result.rows) == ([], {})
    assert people == read(_GOOD)[1]


def test_headings_only_is_an_extract_of_nobody() -> None:
    result, people = read(written([]))
    assert (result.rows_total, people, result.totals) == (0, [], {"records": 0, "families": 0, "active": 0})


# -- control totals -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "counts"),
    [
        (b"extract,records,families,active\n2025-03-31,600,193,540\n", {"records": 600, "families": 193, "active": 540}),
        (b"records,600\nfamilies,193\n", {"records": 600, "families": 193}),
        (b"records,families\n600,193\n", {"records": 600, "families": 193}),
        ("\ufeffRecords , 600 \n".encode(), {"records": 600}),
        (b"", {}), (b"records\n", {}), (b"records,about 600\n", {}), (b"\xff\xfe\x00", {}), ("records,²\n".encode(), {}),
    ],
)  # fmt: skip
def test_control_totals_are_read_either_way_round(content: bytes, counts: dict[str, int]) -> None:
    assert checks.read_totals(content) == counts


@pytest.mark.parametrize(
    ("totals", "told"),
    [
        (None, []), ({"records": 3}, []), ({"records": 3, "families": 3, "active": 3, "pages": 9}, []),
        ({"records": 4}, [("R-TOTALS", ("records",))]), ({"families": 2, "active": 2}, [("R-TOTALS", ("active", "families"))]),
        ({}, [("R-TOTALS", ("none of records, families, active could be read from the control total",))]),
    ],
)  # fmt: skip
def test_an_extract_must_hold_what_its_control_total_announces(totals: dict[str, int] | None, told: list[Any]) -> None:
    assert _refused(_GOOD, expected_totals=totals) == told


def test_an_extract_cut_on_its_way_is_noticed_by_its_control_total() -> None:
    assert _refused(_GOOD[: _GOOD.rindex(b"R2")], expected_totals={"records": 3}) == [("R-TOTALS", ("records",))]


# -- nothing plain on a disk, nobody left hanging -------------------------------------------------------------


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder and a working folder of our own, to be searched."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _feeders() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.endswith("(_feed)")]


def test_the_plain_text_touches_no_disk_at_any_moment(temporary: Path) -> None:
    content = written(_people(4000))
    seen: list[str] = []

    def watched() -> Iterator[bytes]:
        for at in range(0, len(content), 65_536):
            yield content[at : at + 65_536]
            seen.extend(path.name for path in temporary.rglob("*") if path.is_fifo())
            assert not [path for path in temporary.rglob("*") if path.is_file() and NAME.encode() in path.read_bytes()]

    people = read(watched())[1]
    assert len(people) == 4000
    assert set(seen) == {"extract.csv"}, "the way in was never a named pipe"
    assert list(temporary.rglob("*")) == []
    assert _feeders() == []


def test_a_stream_that_fails_stops_the_reading_with_its_own_reason(temporary: Path) -> None:
    def failing() -> Iterator[bytes]:
        yield _GOOD
        raise Permanent("A sealed file is damaged or was cut at chunk 1")

    with pytest.raises(Permanent, match="cut at chunk 1") as caught:
        read(failing())
    assert not isinstance(caught.value, Unreadable), "a broken seal is not the sender's fault"
    assert "Invented" not in "".join(traceback.format_exception(caught.value))
    assert (_feeders(), list(temporary.rglob("*"))) == ([], [])


def test_a_query_that_never_opens_the_pipe_leaves_nobody_waiting(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "load_sql", lambda *_: f"SELECT no_such_function('{NAME}')")
    with pytest.raises(Permanent, match="withheld") as caught:
        read(_GOOD)
    assert NAME not in "".join(traceback.format_exception(caught.value))
    assert (_feeders(), list(temporary.rglob("*"))) == ([], [])


def test_a_reader_that_stops_early_leaves_nobody_waiting(temporary: Path) -> None:
    def endless() -> Iterator[bytes]:
        yield _GOOD
        while True:
            yield b"x," * 40 + b"\n"

    with pytest.raises(Unreadable):
        read(endless())
    assert (_feeders(), list(temporary.rglob("*"))) == ([], [])


# -- the whole way --------------------------------------------------------------------------------------------


def _settings() -> checks.Settings:
    districts = demo_places.demo_places().regions["v01"]
    return checks.Settings(
        MAP, ("fingerprint",), "v01", tuple(sorted(districts)), tuple(sorted(set(districts.values())))
    )


def _take(lake: Lake, content: bytes, name: str = "register_2025-03-31.csv") -> Arrival:
    moment = demo_places.arrival("register", name).taken_at
    return lake.take(
        "register",
        content,
        sender="unit",
        file_name=name,
        partition="2025-03-31|register",
        received_at=moment,
        taken_at=moment,
    )[0]


def _check(lake: Lake, content: bytes, totals: dict[str, int] | None = None) -> tuple[Any, Path]:
    arrival = _take(lake, content)
    target = checks.store_target(lake, arrival, "c" * 16)
    return checks.check(lake, arrival, MARCH, _settings(), totals, target), target


def test_rows_that_passed_are_sealed_and_the_verdict_holds_nothing_personal(lake: Lake) -> None:
    verdict, target = _check(lake, written([person(), person(record_id="R2", date_of_birth="2090-01-01")]))
    assert verdict.verdict == "partly_accepted"
    text = json.dumps(verdict.to_json())
    assert not [word for word in (NAME, "R1", "G1", "1990-05-17", "222") if word in text]
    lake.require_sealed(target)
    assert not [path for path in lake.root.rglob("*") if path.is_file() and NAME.encode() in path.read_bytes()]
    with duck.connect(lake.zone_key("checked")) as connection:
        assert connection.execute(f"SELECT count(*) FROM {duck.sealed_scan([target])}").fetchall() == [(1,)]


def test_a_refused_extract_leaves_no_rows(lake: Lake) -> None:
    verdict, target = _check(lake, _GOOD, {"records": 99})
    assert verdict.verdict == "refused"
    assert not target.exists()


def test_another_office_knows_the_same_people_by_other_numbers(lake: Lake) -> None:
    target = _check(lake, _GOOD)[1]
    with duck.connect(lake.zone_key("checked")) as connection:
        mine = [
            someone for (someone,) in connection.execute(f"SELECT person FROM {duck.sealed_scan([target])}").fetchall()
        ]
    assert len(set(mine)) == 3
    assert not set(mine) & {row["person"] for row in read(_GOOD)[1]}


def test_file_names_tell_the_day_and_the_kind() -> None:
    assert checks.extract_day("register_2025-03-31_v2.csv") == "2025-03-31"
    assert checks.extract_day("Extract 20250630.csv") == "2025-06-30"
    assert checks.extract_day("register.csv") is None
    assert [checks.is_totals(name) for name in ("register_2025-03-31_totals.csv", "register_2025-03-31.csv")] == [
        True,
        False,
    ]


def test_the_fictional_country_raises_what_was_planted_and_nothing_else(lake: Lake) -> None:
    sent, troubles = register.deliver(build_geography(), 1, "small")
    files = {one.name: one.content for one in sent}
    found = set()
    for name, content in files.items():
        if not checks.is_totals(name):
            totals = checks.read_totals(files[name.replace(".csv", "_totals.csv")])
            try:
                verdict = _check(lake, content, totals)[0]
            except Unreadable as problem:
                verdict = checks.unreadable(_take(lake, content, name), problem.reason)
            found |= {(name, one.rule, one.row) for one in verdict.findings if one.severity != "info"}
    planted = {(one.file, one.rule, one.row) for one in troubles if one.rule and one.rule != "R-BIRTH-MISSING"}
    assert found == planted
