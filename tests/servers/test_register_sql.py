"""A register read by SQL, on a real PostgreSQL: nothing can be written, nothing is read twice, nothing is told."""

from __future__ import annotations

import io
import logging
import shutil
import sys
import traceback
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml

sys.path.insert(0, str(Path(__file__).parents[1] / "fixtures"))

import register_rows
from postgresql import PASSWORD, Server, running
from register_rows import HEADER, MAP, NEVER, person

from assets.registry import assets as registry
from assets.registry import checks, pull
from assets.registry.columns import OWN_COLUMN
from orchestration import doctor, duck, seal
from orchestration.chunks import Chunks
from orchestration.failures import ImuError, NotThere, Permanent, Transient
from orchestration.lake import Arrival, Lake
from orchestration.office import Office
from orchestration.registry_source import RegistrySource
from orchestration.seal import Keys
from orchestration.settings import REPO, RegisterConnection, RegisterSystem

pytestmark = pytest.mark.servers

ROWS = 50_000
NOW = datetime.fromisoformat("2025-03-31T22:00:00+02:00")
CONNECTION = RegisterConnection(table="imu.extract", key="record_id", modified="last_update", chunk_rows=5_000)
DUE = pull.Due(
    date(2025, 3, 31), RegisterSystem(name="anr", column_map="register_v1", connection=CONNECTION), CONNECTION
)
DROPPED = [name for name, how in MAP.handling.items() if how == "drop"]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as started:
        yield started


@pytest.fixture
def table(server: Server) -> Iterator[Server]:
    """A view's worth of register: 50,000 records as its owner would show them to the office."""
    columns = ", ".join(f"{name} {'timestamptz' if name == 'last_update' else 'text'}" for name in HEADER)
    server.admin(f"CREATE SCHEMA imu; CREATE TABLE imu.extract ({columns}, PRIMARY KEY (record_id))")
    given = person(registration_group_id="", family_role="", family_size_declared="")
    names = [name for name in HEADER if name not in {"record_id", "last_update"}]
    server.admin(
        f"INSERT INTO imu.extract (record_id, last_update, {', '.join(names)}) "
        f"SELECT 'R' || to_char(n, 'FM000000'), '2025-01-01', {', '.join(['%s'] * len(names))} "
        f"FROM generate_series(1, {ROWS}) AS n",
        *(given[name] for name in names),
    )
    server.admin("GRANT USAGE ON SCHEMA imu TO PUBLIC; GRANT SELECT ON imu.extract TO imu_reader, imu_writer")
    server.admin("GRANT INSERT, UPDATE, DELETE ON imu.extract TO imu_writer")
    yield server
    server.admin("DROP SCHEMA imu CASCADE")


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake", Keys(seal=b"s" * 32, pseudonym=b"p" * 32)).open()


def source(server: Server, role: str = "imu_reader", password: str | None = PASSWORD) -> RegistrySource:
    return RegistrySource(server.address(role), password, name="anr")


def fetch(server: Server, lake: Lake, now: datetime = NOW) -> Arrival:
    return pull.pull(lake, source(server), DUE, MAP, NEVER, now)


def rows_of(lake: Lake, arrival: Arrival) -> list[list[str]]:
    import csv

    return list(csv.reader(io.StringIO(lake.read_arrival(arrival).decode(), newline="")))


def meanwhile(monkeypatch: pytest.MonkeyPatch, chunk: int, happens: Callable[[], object]) -> list[int]:
    """Let something happen once, after so many chunks were kept; the list tells how many rows each chunk had."""
    keep, sizes = Chunks.add, list[int]()

    def add(self: Chunks, mark: Any, content: bytes) -> None:
        keep(self, mark, content)
        sizes.append(content.count(b"\r\n"))
        if len(sizes) == chunk:
            happens()

    monkeypatch.setattr(Chunks, "add", add)
    return sizes


# -- the whole way --------------------------------------------------------------------------------------------


def test_fifty_thousand_rows_come_in_chunks_as_one_arrival(
    table: Server, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = meanwhile(monkeypatch, 0, lambda: None)
    arrival = fetch(table, lake)
    assert sizes == [5_000] * 10
    assert lake.arrivals("register") == [arrival]
    assert (arrival.partition, arrival.sender, arrival.facts) == (
        "2025-03-31|anr", "sql-anr", {"rows": ROWS, "readings": 1},
    )  # fmt: skip
    heading, *rows = rows_of(lake, arrival)
    assert [row[0] for row in rows] == [f"R{n:06d}" for n in range(1, ROWS + 1)]
    assert set(heading) == set(HEADER) - set(DROPPED) | {OWN_COLUMN}  # what the map drops was not even asked for
    assert not lake.folder("state", "transfers").exists() or not list(lake.folder("state", "transfers").iterdir())


def test_what_was_read_takes_the_road_of_a_file(table: Server, lake: Lake) -> None:
    arrival = fetch(table, lake)
    given = person(registration_group_id="", family_role="", family_size_declared="")
    file = register_rows.written(given | {"record_id": f"R{n:06d}"} for n in range(1, ROWS + 1))
    sent, _ = lake.take("register", file, sender="unit", file_name="anr_2025-03-31_sent.csv", partition=DUE.partition,
                        received_at=NOW, taken_at=NOW)  # fmt: skip
    settings = checks.Settings(MAP, NEVER, "v01", register_rows.PLACES, register_rows.REGIONS, "anr")
    found = []
    for one in (arrival, sent):
        target = checks.store_target(lake, one, "c" * 16)
        verdict = checks.check(lake, one, DUE.day, settings, {"records": ROWS}, target)
        assert (verdict.verdict, verdict.rows_accepted) == ("accepted", ROWS)
        with duck.connect(lake.zone_key("checked")) as connection:
            found.append(connection.execute(f"FROM {duck.sealed_scan([target])}").fetchall())
    assert found[0] == found[1]


def test_the_same_rows_of_another_day_are_another_arrival(table: Server, lake: Lake) -> None:
    first = fetch(table, lake)
    june = pull.Due(date(2025, 6, 30), DUE.system, CONNECTION)
    second = pull.pull(lake, source(table), june, MAP, NEVER, NOW)
    assert len({first.arrival_id, second.arrival_id}) == 2
    assert second.partition == "2025-06-30|anr"


# -- one moment, cuts, going on -------------------------------------------------------------------------------


def test_a_reading_sees_one_moment_whatever_the_register_does(
    table: Server, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy() -> None:
        table.admin("UPDATE imu.extract SET sex = 'M', last_update = now() WHERE record_id > 'R040000'")
        table.admin("DELETE FROM imu.extract WHERE record_id = 'R045000'")
        table.admin("INSERT INTO imu.extract (record_id, sex) VALUES ('R000001a', 'M'), ('R049999a', 'M')")

    meanwhile(monkeypatch, 2, busy)
    heading, *rows = rows_of(lake, fetch(table, lake))
    assert [row[0] for row in rows] == [f"R{n:06d}" for n in range(1, ROWS + 1)]
    assert {row[heading.index("sex")] for row in rows} == {"F"}


def test_a_reading_that_was_cut_goes_on_after_its_last_whole_chunk(
    table: Server, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = meanwhile(monkeypatch, 3, table.cut)
    with pytest.raises(Transient, match="goes on from there"):
        fetch(table, lake)
    assert lake.arrivals("register") == []  # nothing half in sight
    assert sum(sizes) == 15_000
    table.admin("UPDATE imu.extract SET sex = 'M', last_update = now() WHERE record_id IN ('R000007', 'R020000')")
    table.admin("INSERT INTO imu.extract (record_id) VALUES ('R020000a')")
    arrival = fetch(table, lake, NOW + timedelta(hours=1))
    assert sum(sizes) == ROWS + 1  # nothing was read twice
    heading, *rows = rows_of(lake, arrival)
    keys = [row[0] for row in rows]
    assert keys == sorted(set(keys))
    assert len(keys) == ROWS + 1
    sexes = {row[0]: row[heading.index("sex")] for row in rows}
    assert (sexes["R000007"], sexes["R020000"]) == ("F", "M")  # as each part's moment had it
    assert arrival.facts == {"rows": ROWS + 1, "readings": 2, "changed_meanwhile": 1}


def test_an_extract_read_in_two_parts_says_so(table: Server, lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    meanwhile(monkeypatch, 3, table.cut)
    with pytest.raises(Transient):
        fetch(table, lake)
    arrival = fetch(table, lake)
    settings = checks.Settings(MAP, NEVER, "v01", register_rows.PLACES, register_rows.REGIONS, "anr")
    verdict = checks.check(lake, arrival, DUE.day, settings, None, checks.store_target(lake, arrival, "c" * 16))
    [finding] = [one for one in verdict.findings if one.rule == "R-SNAPSHOT"]
    assert finding.detail == "Read in 2 parts. Changed meanwhile: 0."


def test_a_transfer_of_another_day_or_of_other_columns_is_begun_anew(
    table: Server, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, 3, table.cut)
    with pytest.raises(Transient):
        fetch(table, lake)
    arrival = fetch(table, lake, NOW + timedelta(days=2))
    assert arrival.facts["readings"] == 1
    assert len(rows_of(lake, arrival)) == ROWS + 1


def test_what_is_kept_between_two_attempts_is_sealed(
    table: Server, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, 2, table.cut)
    with pytest.raises(Transient):
        fetch(table, lake)
    files = [path for path in lake.root.rglob("*") if path.is_file()]
    assert len([path for path in files if path.suffix == ".sealed"]) == 2
    assert not [path for path in files if b"R00" in path.read_bytes() or b"1990-05" in path.read_bytes()]


def test_a_key_that_does_not_name_each_row_once_is_refused(table: Server, lake: Lake) -> None:
    table.admin("ALTER TABLE imu.extract DROP CONSTRAINT extract_pkey, ALTER record_id DROP NOT NULL")
    table.admin("UPDATE imu.extract SET record_id = NULL WHERE record_id = 'R000003'")
    with pytest.raises(Permanent, match="1 empty"):
        fetch(table, lake)
    table.admin("UPDATE imu.extract SET record_id = 'R005000' WHERE record_id IS NULL OR record_id = 'R005001'")
    with pytest.raises(Permanent, match="50000 rows counted, 49999 read"):
        fetch(table, lake)
    assert lake.arrivals("register") == []


# -- nothing is written ---------------------------------------------------------------------------------------

_WRITES = (
    "INSERT INTO imu.extract (record_id) VALUES ('X')", "UPDATE imu.extract SET sex = 'M'", "DELETE FROM imu.extract",
    "TRUNCATE imu.extract", "DROP TABLE imu.extract", "CREATE TABLE imu.mine (a int)",
    "WITH gone AS (DELETE FROM imu.extract RETURNING 1) SELECT count(*) FROM gone",
    "SELECT setval('imu.numbers', 7)",
)  # fmt: skip


@pytest.mark.parametrize("role", ["imu_reader", "imu_writer"])
@pytest.mark.parametrize("statement", _WRITES)
def test_no_write_gets_through_even_for_a_role_that_could(table: Server, role: str, statement: str) -> None:
    """Past our own guard, straight to the database: its read-only transaction refuses."""
    import psycopg2

    table.admin("CREATE SEQUENCE imu.numbers; GRANT ALL ON imu.numbers TO imu_writer")
    table.admin("GRANT TRUNCATE ON imu.extract TO imu_writer; GRANT CREATE ON SCHEMA imu TO imu_writer")
    with source(table, role).reading("imu.extract", "record_id") as reading:
        cursor = reading._connection.connection.cursor()
        with pytest.raises((psycopg2.errors.ReadOnlySqlTransaction, psycopg2.errors.InsufficientPrivilege)) as caught:
            cursor.execute(statement)
        if role == "imu_writer" and not statement.startswith("DROP"):
            assert caught.value.pgcode == "25006"
    assert table.admin("SELECT count(*), count(*) FILTER (WHERE sex = 'F') FROM imu.extract") == [(ROWS, ROWS)]


@pytest.mark.parametrize("statement", _WRITES[:-2])
def test_no_statement_that_writes_is_even_sent(table: Server, statement: str) -> None:
    with source(table, "imu_writer").reading("imu.extract", "record_id") as reading:
        with pytest.raises(Permanent, match="was about to be sent"):
            reading._connection.exec_driver_sql(statement)


def test_the_doctor_sees_rights_to_write(table: Server) -> None:
    for role, rights in (("imu_reader", []), ("imu_writer", ["INSERT", "UPDATE", "DELETE"])):
        with source(table, role).reading("imu.extract", "record_id") as reading:
            assert reading.rights_to_write() == rights


# -- refusals in words, and no secret in them -----------------------------------------------------------------


def _told(ask: Callable[[], object]) -> tuple[ImuError, str]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with pytest.raises(ImuError) as caught:
            ask()
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    return caught.value, "".join(traceback.format_exception(caught.value)) + stream.getvalue() + repr(caught.value)


def _read(server: Server, role: str = "imu_reader", password: str | None = PASSWORD, **changed: str) -> None:
    with source(server, role, password).reading(
        changed.get("table", "imu.extract"), changed.get("key", "record_id")
    ) as one:
        one.count()


@pytest.mark.parametrize(
    ("changed", "kind", "words"),
    [
        ({"password": PASSWORD[::-1]}, Permanent, "does not let this account in"),
        ({"password": None}, Permanent, "does not let this account in"),
        ({"role": "imu_unheard_of"}, Permanent, "does not let this account in"),
        ({"role": "imu_nobody"}, Permanent, "may not read imu.extract"),
        ({"table": "imu.extracts"}, NotThere, "no table or view imu.extracts"),
        ({"key": "number"}, NotThere, "no column 'number' to read by"),
    ],
)  # fmt: skip
def test_each_refusal_says_what_to_do_and_holds_no_secret(
    table: Server, changed: dict[str, Any], kind: type[ImuError], words: str
) -> None:
    failure, everything = _told(lambda: _read(table, **changed))
    assert type(failure) is kind
    assert words in str(failure)
    assert PASSWORD not in everything


def test_a_server_that_is_down_is_worth_another_try(table: Server) -> None:
    gone = RegistrySource("postgresql+psycopg2://imu_reader@127.0.0.1:1/anr", PASSWORD, name="anr")
    failure, everything = _told(lambda: gone.reading("imu.extract", "record_id").__enter__())
    assert (type(failure), failure.retry_helps) == (Transient, True)
    assert PASSWORD not in everything
    unknown = RegistrySource(table.address("imu_reader", "nowhere"), PASSWORD, name="anr")
    assert "IMU_REGISTER_ANR_URL" in str(_told(lambda: unknown.reading("imu.extract", "record_id").__enter__())[0])


def test_nothing_of_a_record_is_told_when_the_line_breaks(
    table: Server, lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile(monkeypatch, 2, table.cut)
    _, everything = _told(lambda: fetch(table, lake))
    assert not [word for word in (PASSWORD, "R010000", "R009999", "1990-05-17") if word in everything]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("ADD COLUMN left_fingerprint text", "must never leave the register: left_fingerprint"),
        ("ADD COLUMN blood_group text", "the column map does not know: blood_group"),
        ("DROP COLUMN date_of_birth", "no column for: date_of_birth"),
    ],
)  # fmt: skip
def test_columns_are_refused_by_name_before_a_row_is_read(table: Server, lake: Lake, change: str, words: str) -> None:
    table.admin(f"ALTER TABLE imu.extract {change}")
    with pytest.raises(Permanent, match=words):
        fetch(table, lake)
    assert not list(lake.folder("state").rglob("*.sealed"))


# -- as an asset ----------------------------------------------------------------------------------------------


@pytest.fixture
def office(table: Server, tmp_path: Path) -> Office:
    """The demo's operation with a connection to the server, on the day of an extract."""
    shutil.copytree(REPO / "operations" / "demo", tmp_path / "operations" / "demo")
    path = tmp_path / "operations" / "demo" / "operation.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["sources"]["register_extracts"]["systems"][0]["connection"] = CONNECTION.model_dump()
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    keys = {seal.SEAL_KEY: seal.encode_key(b"s" * 32), seal.PSEUDONYM_KEY: seal.encode_key(b"p" * 32)}
    places = {"IMU_LAKE": str(tmp_path / "lake"), "IMU_OPERATIONS": str(tmp_path / "operations")}
    given = {"IMU_REGISTER_REGISTER_URL": table.address("imu_reader"), "IMU_REGISTER_REGISTER_PASSWORD": PASSWORD}
    return Office({**keys, **places, **given, "IMU_OPERATION": "demo", "IMU_TODAY": "2025-04-02"})


def _materialised(office: Office, home: Path) -> tuple[dg.ExecuteInProcessResult, list[bytes]]:
    home.mkdir(exist_ok=True)
    with dg.DagsterInstance.local_temp(str(home)) as instance:
        done = dg.materialize(
            [registry.assets(office.operation)[0]],
            resources={"office": office},
            instance=instance,
            raise_on_error=False,
        )
    return done, [path.read_bytes() for path in home.rglob("*") if path.is_file()]


def test_a_run_reads_what_is_due_once_and_keeps_the_password_to_itself(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    done, stored = _materialised(office, tmp_path / "dagster")
    assert done.success
    [arrival] = office.lake.arrivals("register")
    assert (arrival.partition, arrival.facts["rows"]) == ("2025-03-31|register", ROWS)
    assert _materialised(office, tmp_path / "dagster")[0].success
    assert office.lake.arrivals("register") == [arrival]
    told = "".join(capfd.readouterr()).encode()
    assert stored
    assert not [one for one in [*stored, told] if PASSWORD.encode() in one or b"R000001" in one]


def test_a_run_that_is_let_in_by_nobody_fails_in_words_without_the_password(
    office: Office, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    office = Office({**office.variables, "IMU_REGISTER_REGISTER_PASSWORD": f"not-{PASSWORD}"})
    done, stored = _materialised(office, tmp_path / "dagster")
    assert not done.success
    told = "".join(capfd.readouterr()).encode()
    everything = b"".join([*stored, told])
    assert b"does not let this account in" in everything
    assert PASSWORD.encode() not in everything


def test_the_doctor_warns_of_a_role_that_could_write(office: Office, table: Server) -> None:
    def answer(role: str) -> doctor.Answer:
        who = Office({**office.variables, "IMU_REGISTER_REGISTER_URL": table.address(role)})
        return next(one for one in doctor.examine(who) if one.question == "registers")

    assert answer("imu_reader").well
    warned = answer("imu_writer")
    assert not warned.well
    assert "may write to imu.extract (INSERT, UPDATE, DELETE)" in warned.words
    assert PASSWORD not in warned.words
