"""Two hundred invented people, planted in every source, are seen nowhere outside the sealed zone and the worklist.

Not in the lake, the warehouse, Dagster's storage, dbt's target, the pages, what analysts open, what is printed; not after
a good run, and not after runs in which checks and models broke with the people's own words in the error.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import sqlite3
import sys
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
from canary_plants import PLANTED, Plant, Spoil, cells, spoilt_files, spoilt_survey, texts, words
from canary_scan import found_in, scan, unpacked
from small_year import CHECKS_ONLY, SmallYear, at_work, only_sensors, own_hdx, put_in_inbox

from assets.quality import ledger
from demo import year
from demo.kobo.project import load_project
from demo.kobo.server import KoboServer
from orchestration import buttons, dbt_build, duck
from sensors import requests as asking

FAILED = dg.RunsFilter(statuses=[dg.DagsterRunStatus.FAILURE])
# One step of each source's way in, and of the way back to the sender: where it broke, it quotes what it was given.
CHECKS = (
    "assets.clusters.check.read_activities",
    "assets.displacement.checks.figures.read",
    "assets.needs.assets.workbook.read",
    "assets.kobo.assets.read_interviews",
    "assets.registry.checks.extract.read",
    "assets.geography.checks.boundaries.read",
    "assets.geography.checks.population.read",
)
DOOR = ("assets.clusters.assets.find_table",)
ANSWER = ("assets.quality.feedback.returned_workbook",)
MODELS = ()  # nothing is patched: the rows themselves break them
BROKEN_JOBS = {*buttons.CHECK_JOBS.values(), buttons.TAKE, buttons.BUILD}


@dataclass(frozen=True)
class Aftermath:
    """What is left of the runs: the copy of the year, what was printed and logged, and how the runs ended."""

    small: SmallYear
    printed: Path
    failures: Counter[str]


@pytest.fixture(scope="module")
def aftermath(small_year: SmallYear, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aftermath]:
    """Everybody sends people; then checks and a door break over them; then all is well; then models break."""
    folder = tmp_path_factory.mktemp("canaries")
    printed = folder / "printed.txt"
    with own_hdx(small_year.copy(folder)) as copied, _printed_to(printed), _survey_with_people(copied) as small:
        plants = list(spoilt_files(small.home.world, words()))
        with at_work(small) as walk:
            with only_sensors(CHECKS_ONLY):
                _live(walk, small, "2025-05-27", plants)
                _live(walk, small, "2025-05-28", _again(small, cells), CHECKS)
                _live(
                    walk, small, "2025-05-29", [one for one in _again(small, texts) if one.source == "clusters"], DOOR
                )
                _live(walk, small, "2025-05-30", [], ANSWER)
            _live(walk, small, "2025-06-01", [])
            with only_sensors(("tables",)):
                _spoil_checked_rows(small)
                _live(walk, small, "2025-06-02", [], MODELS)
            failures = Counter(run.job_name for run in walk.instance.get_runs(filters=FAILED))
        yield Aftermath(small, printed, failures)


def _again(small: SmallYear, way: Spoil) -> list[Plant]:
    """Others stand in these: the same bytes again would be known, and judged no more."""
    return list(spoilt_files(small.home.world, islice(words(), 7, None), [way]))


def _live(
    walk: year.Year, small: SmallYear, day: str, plants: list[Plant], broken: tuple[str, ...] | None = None
) -> None:
    for number, plant in enumerate(plants):
        received = datetime.fromisoformat(f"{day}T09:00:00+03:00").timestamp() + number
        stem, _, version = plant.name.rpartition("_")
        put_in_inbox(small, plant.source, plant.sender, f"{stem}_d{day[-2:]}_{version}", plant.content, received)
    with pytest.MonkeyPatch.context() as patch:
        if broken is not None:
            patch.setattr(asking, "ATTEMPTS", 1)  # what breaks, breaks again: once is enough to see
        for place in broken or ():
            patch.setattr(place, _quoting)
        year.live_through(walk, date.fromisoformat(day), small.servers, small.told.append)


def _quoting(*given: Any, **named: Any) -> Any:
    """What a library does: the value it could not read stands in the message, here in full, and in its cause."""
    try:
        raise ValueError(f"could not convert {_all_of(given)} {_all_of(named)}")
    except ValueError as cause:
        raise TypeError(f"unreadable: {_all_of(given)}") from cause


def _all_of(value: Any) -> str:
    return bytes(value).decode("utf-8", "replace") if isinstance(value, bytes) else repr(value)


@contextmanager
def _survey_with_people(small: SmallYear) -> Iterator[SmallYear]:
    path = small.home.world / "kobo.json"
    project = json.loads(path.read_text(encoding="utf-8"))
    for day in ("2025-05-26", "2025-05-28"):
        project = spoilt_survey(project, day, words())
    path.write_text(json.dumps(project, ensure_ascii=False), encoding="utf-8")
    with KoboServer(load_project(path)) as kobo:
        small.servers = type(small.servers)(kobo.url, kobo.token(), small.servers.hdx_url, small.servers.hdx_key)
        yield small


@contextmanager
def _printed_to(path: Path) -> Iterator[None]:
    """Everything this process and its children write to their terminal, and everything anybody logs."""
    handler = logging.FileHandler(path)
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    with path.open("ab") as target:
        os.dup2(target.fileno(), 1)
        os.dup2(target.fileno(), 2)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, handle in zip((1, 2), kept, strict=True):
            os.dup2(handle, number)
            os.close(handle)
        root.removeHandler(handler)
        root.setLevel(level)
        handler.close()


def _spoil_checked_rows(small: SmallYear) -> None:
    """What no check would let through, sealed as if one had: a name where a whole number belongs, and one as a code."""
    lake = small.office("2025-06-01").lake
    newest = {one.source: one for one in ledger.in_force(ledger.entries(lake))}
    spoilt = {
        ("needs", "needs"): "* REPLACE (CASE WHEN sector = 'WSH' THEN $1 ELSE people_in_need::VARCHAR END AS people_in_need)",
        ("register", "individuals"): "* REPLACE ($1 AS sex)",
    }  # fmt: skip
    for (source, table), columns in spoilt.items():
        path = lake.root / newest[source].tables[table]
        rows = f"SELECT {columns.replace('$1', duck.quote(PLANTED[11].name))} FROM {duck.sealed_scan([path])}"
        with duck.connect(lake.zone_key("checked")) as connection:
            lake.write(path, lambda draft, rows=rows: connection.execute(duck.sealed_copy(rows, draft)))


def _everything(aftermath: Aftermath) -> list[Path]:
    """All files but the owner's worklist, and the people's own files: what was sent and not yet taken, and the world."""
    home = aftermath.small.home
    folders = [home.lake, home.dagster, home.hdx, dbt_build.TARGET, dbt_build.PROJECT / "logs"]
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()]
    own = [path for path in files if path.suffix == ".eml" and (home.lake / "outbox") in path.parents]
    inbox = [path for path in files if (home.lake / "inbox") in path.parents]
    return [path for path in [*files, aftermath.printed] if path not in {*own, *inbox}]


def test_no_planted_person_is_seen_outside_the_sealed_zone(aftermath: Aftermath) -> None:
    files = _everything(aftermath)
    kinds = {path.suffix for path in files}
    assert kinds >= {".parquet", ".duckdb", ".json", ".html", ".csv", ".xlsx", ".md", ".db", ".sealed", ".txt"}
    assert scan(files) == {}


def test_the_people_had_arrived(aftermath: Aftermath) -> None:
    """They are in the sealed originals of every source, so that there was something to leak."""
    lake = aftermath.small.office("2025-06-02").lake
    seen: dict[str, set[str]] = {}
    for source in buttons.CHECKED_BY:
        for arrival in lake.arrivals(source):
            for text in unpacked(lake.read_arrival(arrival)):
                seen.setdefault(source, set()).update(found_in(text))
    assert set(seen) == set(buttons.CHECKED_BY)
    assert {source: len(people) for source, people in seen.items() if len(people) < 100} == {}


def test_the_runs_broke_where_they_were_meant_to(aftermath: Aftermath) -> None:
    assert {job for job, times in aftermath.failures.items() if times} >= BROKEN_JOBS


def test_what_broke_says_so_without_quoting(aftermath: Aftermath) -> None:
    """An officer must still learn which step broke, and where in the code."""
    with at_work(aftermath.small) as walk:
        told = [_told(walk.instance, run) for run in walk.instance.get_runs(filters=FAILED)]
    quoting = [one for one in told if "_quoting" in one or "TypeError" in one]
    assert quoting and all("test_canaries.py" in one for one in quoting)


def _told(instance: dg.DagsterInstance, run: dg.DagsterRun) -> str:
    failures = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.STEP_FAILURE)
    return "\n".join(str(one.dagster_event.event_specific_data) for one in failures if one.dagster_event)


def _as_sqlite(path: Path, text: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE log (body BLOB)")
        connection.execute("INSERT INTO log VALUES (?)", [zlib.compress(text.encode())])


def _as_archive(path: Path, text: str) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/sharedStrings.xml", f"<t>{text}</t>")


def _as_analyst_database(path: Path, text: str) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE SCHEMA gaps; CREATE TABLE gaps.sectors (sector VARCHAR, reached BIGINT)")
        connection.execute("INSERT INTO gaps.sectors SELECT repeat($1, 2), 7 FROM range(5000)", [text])


HIDING: dict[str, Callable[[Path, str], object]] = {
    "plain.txt": lambda path, text: path.write_text(f"…{text.upper()}…", encoding="utf-8"),
    "utf16.txt": lambda path, text: path.write_text(text, encoding="utf-16"),
    "old.csv": lambda path, text: path.write_text(text, encoding="cp1251"),
    "escaped.json": lambda path, text: path.write_text(json.dumps({"error": text})),
    "base64.txt": lambda path, text: path.write_bytes(b"data:," + base64.b64encode(f"{text} is who it was".encode())),
    "mail.txt": lambda path, text: path.write_bytes(base64.encodebytes((" " * 100 + text + " " * 100).encode())),
    "runs.db": _as_sqlite,
    "book.xlsx": _as_archive,
    "table.parquet": lambda path, text: duckdb.sql(f"SELECT '{text}' AS word FROM range(9)").write_parquet(str(path)),
    "analyst.duckdb": _as_analyst_database,
    "KV {text}.txt": lambda path, text: path.with_name(f"{text}.txt").write_text("only the name of the file tells"),
}
FACTS = ("name", "name_local", "phone", "card_number", "email")


@pytest.mark.parametrize("fact", FACTS)
@pytest.mark.parametrize("hiding", HIDING)
def test_the_search_finds_one_person_wherever_they_are_hidden(tmp_path: Path, hiding: str, fact: str) -> None:
    HIDING[hiding](tmp_path / hiding, getattr(PLANTED[123], fact))
    assert len(scan(tmp_path.iterdir())) == 1


def test_the_search_finds_a_number_written_another_way(tmp_path: Path) -> None:
    phone = PLANTED[5].phone
    for number, text in enumerate((phone.replace(" ", ""), phone.replace(" ", "-"), f"00{phone[1:].replace(' ', '')}")):
        (tmp_path / f"{number}.txt").write_text(text)
    assert len(scan(tmp_path.iterdir())) == 3


def test_the_search_finds_nobody_where_nobody_is(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("The cell in row 7 holds a telephone number: +999 61 1234567, KR412345678.")
    assert scan(tmp_path.iterdir()) == {}
