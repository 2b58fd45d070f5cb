"""`imu` as people call it: what it prints, in words and in JSON, and with which code it ends."""

from __future__ import annotations

import io
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from assets.release.assets import READY
from orchestration import cli_query, cli_run, cli_say, cli_status, doctor, lake, migrations, recovery, seal, skeleton
from orchestration.cli import app
from orchestration.failures import Permanent, Transient
from orchestration.lake import Lake

Imu = Callable[..., Result]
KEY_NAMES = (seal.SEAL_KEY, seal.PSEUDONYM_KEY)


class Keyring:
    """A keyring in memory, in place of the operating system's."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        return self.kept.get(name)

    def keep(self, environment: os._Environ[str], keys: seal.Keys) -> None:
        for name, key in zip(KEY_NAMES, (keys.seal, keys.pseudonym), strict=True):
            self.kept[seal.entry(environment, name)] = seal.encode_key(key)


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> Keyring:
    ring = Keyring()
    monkeypatch.setattr(seal, "_from_keyring", ring.get)
    monkeypatch.setattr(seal, "keep_in_keyring", ring.keep)
    return ring


@pytest.fixture
def imu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keyring: Keyring) -> Iterator[Imu]:
    """The command in a world of its own: an operation, no keys, no lake yet."""
    skeleton.write(skeleton.country("kalvoria", "XKV", "XV"), tmp_path / "operations" / "kalvoria", date(2025, 1, 1))
    for name in [name for name in os.environ if name.startswith("IMU_") or name == "DAGSTER_HOME"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("IMU_OPERATIONS", str(tmp_path / "operations"))
    monkeypatch.setenv("IMU_OPERATION", "kalvoria")
    monkeypatch.setenv("IMU_LAKE", str(tmp_path / "lake"))
    monkeypatch.setenv("IMU_TODAY", "2025-03-31")
    yield lambda *arguments, **more: CliRunner().invoke(app, list(arguments), **more)


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: seal.Keys) -> Lake:
    """The lake with one arrival, and its keys in the environment."""
    monkeypatch.setenv(seal.SEAL_KEY, seal.encode_key(keys.seal))
    monkeypatch.setenv(seal.PSEUDONYM_KEY, seal.encode_key(keys.pseudonym))
    made, at = Lake(tmp_path / "lake", keys).open(), datetime(2025, 3, 1, tzinfo=UTC)
    made.take("needs", b"bytes", sender="somebody", file_name="n", partition=None, received_at=at, taken_at=at)
    return made


def said(result: Result) -> Any:
    return json.loads(result.stdout)


# -- the frame --------------------------------------------------------------------------------------------------


def test_help_lists_every_command(imu: Imu) -> None:
    result = imu("--help")
    assert result.exit_code == 0
    for name in ("doctor", "status", "run", "query", "validate", "new-operation", "seal", "lake"):
        assert name in result.stdout


def test_help_needs_none_of_the_heavy_libraries() -> None:
    heavy = (
        "dagster",
        "duckdb",
        "pandas",
        "pydantic",
        "yaml",
        "rich.table",
        "great_expectations",
        "cryptography",
        "keyring",
    )
    code = f"import sys, orchestration.cli; print([name for name in {heavy!r} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize("arguments", [["bogus"], ["run", "--bogus"], ["new-operation", "x"], ["seal", "restore"]])
def test_wrong_use_ends_with_two(imu: Imu, arguments: list[str]) -> None:
    assert imu(*arguments).exit_code == 2


def test_what_cannot_run_is_said_on_stderr_and_ends_with_three(imu: Imu) -> None:
    result = imu("seal", "check")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "No sealing key" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("arguments", [["--json", "seal", "check"], ["seal", "check", "--json"]])
def test_a_program_gets_a_failure_as_json_too(imu: Imu, arguments: list[str]) -> None:
    result = imu(*arguments)
    assert result.exit_code == 3
    assert said(result)["trying_again_helps"] is False
    assert "No sealing key" in said(result)["error"]


def test_a_failure_that_passes_says_that_trying_again_helps(imu: Imu, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(_lake: Lake) -> list[str]:
        raise Transient("The lake is busy.")

    monkeypatch.setattr(migrations, "migrate", busy)
    assert said(imu("lake", "migrate", "--json")) == {"error": "The lake is busy.", "trying_again_helps": True}


# -- doctor and status ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("well", "code"), [(True, 0), (False, 1)])
def test_doctor_ends_with_one_if_anything_is_unwell(
    imu: Imu, monkeypatch: pytest.MonkeyPatch, well: bool, code: int
) -> None:
    answers = [doctor.Answer("keys", True, "fit"), doctor.Answer("HDX", well, "[link] words")]
    monkeypatch.setattr(doctor, "examine", lambda _office: answers)
    result = imu("doctor")
    assert result.exit_code == code
    assert "[link] words" in result.stdout
    assert said(imu("doctor", "--json"))["well"] is well


def test_doctor_with_a_wrong_key_and_hdx_not_set_up_says_which(
    imu: Imu, opened: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(seal.SEAL_KEY, seal.encode_key(b"w" * 32))
    result = imu("doctor", "--json")
    assert result.exit_code == 1
    assert [one["question"] for one in said(result)["answers"] if not one["well"]] == ["lake", "HDX"]


def test_status_needs_no_keys_and_makes_no_lake(imu: Imu, tmp_path: Path) -> None:
    result = imu("status")
    assert result.exit_code == 1
    assert "Kalvoria, as of 2025-03-31" in result.stdout
    assert "There is no lake here yet" in result.stdout
    assert "wsh-focal@clusters.example" not in result.stdout
    assert "2025-04-08 10:00" in result.stdout
    assert not (tmp_path / "lake").exists()


def test_status_says_who_owes_what_and_how_they_are_reached(imu: Imu, opened: Lake, monkeypatch: Any) -> None:
    for name in KEY_NAMES:
        monkeypatch.delenv(name)
    assert "wsh-focal@clusters.example" in imu("status").stdout


def test_status_for_programs(imu: Imu, opened: Lake) -> None:
    found = said(imu("--json", "status"))
    assert found["as_of"] == "2025-03-31"
    assert [one["cluster"] for one in found["owing"]] == ["WSH", "HEA", "PRO"] * 2
    assert {one["state"] for one in found["releases"]} == {"due"}
    assert found["problems"] == len(found["owing"]) + len(found["releases"])
    assert found["strangers"] == [{"source": "needs", "sender": "somebody", "files": 1}]
    assert [one["what"] for one in found["coming_up"]] == ["IM working group", "cluster workbooks are due"]
    assert found["due_for_review"] == []


def test_status_names_what_was_kept_for_as_long_as_agreed(
    imu: Imu, opened: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMU_TODAY", "2027-02-28")
    assert said(imu("status", "--json"))["due_for_review"] == []
    monkeypatch.setenv("IMU_TODAY", "2027-03-01")
    due = said(imu("status", "--json"))["due_for_review"]
    assert due == [{"room": "raw", "count": 1, "oldest": "2025-03-01", "months": 24}]


def test_status_ends_with_zero_where_nothing_waits(imu: Imu, opened: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    found = cli_status.gather(cli_status.FrontDesk())
    calm = replace(found, overview=replace(found.overview, owing=(), releases=(), waiting=()))
    monkeypatch.setattr(cli_status, "gather", lambda _office: calm)
    result = imu("status")
    assert result.exit_code == 0
    assert "Nothing waits for anybody." in result.stdout


# -- run --------------------------------------------------------------------------------------------------------


class Desk:
    """Buttons without Dagster's definitions behind them."""

    def __init__(self, _office: object) -> None:
        self._all = [
            cli_run.Button("build_tables", "Build.", ()),
            cli_run.Button("check_week", "Check.", ("2025-W01",)),
        ]

    def buttons(self) -> list[cli_run.Button]:
        return self._all

    def find(self, name: str, partition: str | None) -> cli_run.Button:
        button = next(one for one in self._all if one.name == name)
        cli_run._require_partition(button, partition)
        return button

    def press(self, button: cli_run.Button, partition: str | None) -> cli_run.Outcome:
        failed = ({"step": "a", "why": "because"},) if partition else ()
        return cli_run.Outcome("r1", not failed, ({"asset": "a/b", "partition": partition, "rows": 3},), failed)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "dagster").mkdir()
    (tmp_path / "dagster" / "dagster.yaml").write_text("", encoding="utf-8")
    monkeypatch.setattr(cli_run, "Desk", Desk)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "dagster"))


def test_run_lists_the_buttons(imu: Imu, desk: None) -> None:
    assert "check_week" in imu("run").stdout
    assert [one["name"] for one in said(imu("run", "--json"))] == ["build_tables", "check_week"]


def test_run_ends_with_what_came_of_it(imu: Imu, desk: None) -> None:
    result = imu("run", "build_tables")
    assert (result.exit_code, "a/b" in result.stdout, "run r1" in result.stdout) == (0, True, True)
    result = imu("run", "check_week", "--partition", "2025-W01")
    assert (result.exit_code, "because" in result.stdout) == (1, True)
    assert said(imu("run", "build_tables", "--json"))["made"][0]["rows"] == 3


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["build_tables", "--partition", "2025-01"], "takes no --partition"),
        (["check_week"], "needs --partition; for example: 2025-W01"),
        (["check_week", "--partition", "2025-W02"], "has no partition '2025-W02'; for example: 2025-W01"),
    ],
)
def test_a_button_pressed_the_wrong_way_ends_with_two(imu: Imu, desk: None, arguments: list[str], words: str) -> None:
    result = imu("run", *arguments)
    assert result.exit_code == 2
    assert words in result.stderr


def test_run_says_where_runs_are_recorded_before_it_loads_anything(
    imu: Imu, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    result = imu("run", "models")
    assert (result.exit_code, "DAGSTER_HOME" in result.stderr) == (3, True)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    assert "no dagster.yaml" in imu("run", "models").stderr


def test_models_is_another_word_for_the_tables_and_a_slip_gets_a_suggestion() -> None:
    class Definitions:
        jobs = (type("Job", (), {"name": "build_tables"}),)

        def resolve_job_def(self, name: str) -> Any:
            return type("Job", (), {"name": name, "description": "Build.", "partitions_def": None})

    real = cli_run.Desk.__new__(cli_run.Desk)
    real._definitions = Definitions()  # type: ignore[assignment]
    assert real.find("models", None).name == "build_tables"
    with pytest.raises(cli_run.WrongButtonError, match="Did you mean build_tables"):
        real.find("build_table", None)


def test_only_our_own_failures_are_shown_with_their_words() -> None:
    def error(kind: str, message: str, cause: object = None) -> Any:
        return type("Error", (), {"cls_name": kind, "message": message, "cause": cause})

    ours = error("Permanent", "orchestration.failures.Permanent: HDX is not set up: two variables are missing.\n")
    assert cli_run._words(ours) == "HDX is not set up: two variables are missing."
    foreign = error("ValueError", "ValueError: could not convert 'Somebody Invented'")
    assert "Invented" not in cli_run._words(foreign)


def a_run(*assets: dg.AssetsDefinition) -> cli_run.Outcome:
    job = dg.Definitions(list(assets)).resolve_implicit_global_asset_job_def()
    return cli_run.outcome(job.execute_in_process(raise_on_error=False))


def test_failures_are_failures_and_holds_are_holds(imu: Imu) -> None:
    @dg.asset(
        key=["release", "one"],
        check_specs=[dg.AssetCheckSpec(READY, asset=["release", "one"], blocking=True)],
        output_required=False,
    )
    def release() -> Iterator[Any]:
        yield dg.AssetCheckResult(check_name=READY, passed=False, description="A table has not come. (statistics)")

    @dg.asset(
        key=["cod", "population"], check_specs=[dg.AssetCheckSpec("unique", asset=["cod", "population"], blocking=True)]
    )
    def population() -> Iterator[Any]:
        yield dg.AssetCheckResult(check_name="unique", passed=False, metadata={"failing_rows": 3})
        raise dg.Failure(description="1 models or tests failed: population (Constraint Error).")

    held = a_run(release)
    assert (held.failed, held.held) == ((), ({"asset": "release/one", "why": "A table has not come. (statistics)"},))
    both = a_run(release, population)
    assert both.held == held.held
    assert [one["why"] for one in both.failed] == [
        "1 models or tests failed: population (Constraint Error).",
        "the check unique failed in 3 row(s)",
    ]
    terminal = Console(file=io.StringIO(), width=200)
    cli_run.show(both, terminal)
    assert "Failed; run" in terminal.file.getvalue()  # type: ignore[attr-defined]


# -- query ------------------------------------------------------------------------------------------------------


@pytest.fixture
def analyst(tmp_path: Path) -> Path:
    path = tmp_path / "lake" / "analyst.duckdb"
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "CREATE SCHEMA presence; CREATE TABLE presence.reached (month TEXT, people BIGINT, share DECIMAL(4,2))"
        )
        connection.execute("INSERT INTO presence.reached VALUES ('2025-01', 12, 0.5), ('2025-02', NULL, 0.25)")
        connection.execute("COMMENT ON TABLE presence.reached IS 'People reached.'")
    path.chmod(0o444)
    return path


def test_query_answers_in_three_forms(imu: Imu, analyst: Path) -> None:
    sql = "FROM presence.reached ORDER BY month"
    assert "2 row(s)" in imu("query", sql).stdout
    assert imu("query", sql, "--csv").stdout == "month,people,share\n2025-01,12,0.50\n2025-02,,0.25\n"
    assert said(imu("query", sql, "--json"))[1] == {"month": "2025-02", "people": None, "share": 0.25}


def test_query_lists_the_tables_with_their_words(imu: Imu, analyst: Path) -> None:
    assert said(imu("query", "tables", "--json")) == [
        {"table": "presence.reached", "rows": 2, "comment": "People reached."}
    ]


def test_a_question_with_a_slip_ends_with_two_and_the_reason(imu: Imu, analyst: Path) -> None:
    result = imu("query", "SELECT nothing FROM presence.reached")
    assert result.exit_code == 2
    assert "nothing" in result.stderr


def test_query_writes_nothing(imu: Imu, analyst: Path) -> None:
    before = analyst.read_bytes()
    result = imu("query", "DELETE FROM presence.reached")
    assert (result.exit_code, "read-only" in result.stderr) == (2, True)
    assert analyst.read_bytes() == before


def test_query_without_tables_says_how_they_are_built(imu: Imu) -> None:
    result = imu("query", "SELECT 1")
    assert (result.exit_code, "imu run models" in result.stderr) == (3, True)


def test_a_conversation_goes_on_after_a_slip_and_ends_at_exit(imu: Imu, analyst: Path) -> None:
    asked = "SELECT sum(people) AS total\n FROM presence.reached;\nSELEC 1;\ntables;\nexit\nSELECT 'never asked';\n"
    result = imu("query", input=asked)
    assert result.exit_code == 0
    for words in ("total", "12", "syntax error", "People reached."):
        assert words in result.stdout
    assert "never asked" not in result.stdout


def test_a_long_answer_is_shown_in_part_and_says_so(analyst: Path) -> None:
    terminal = Console(file=io.StringIO(), width=80)
    cli_query.Rows(["n"], [(number,) for number in range(150)]).show(terminal)
    assert "150 row(s), the first 100 shown; --csv gives all" in terminal.file.getvalue()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("COPY (SELECT 1) TO '{}/x.csv'", "disabled by configuration"),
        ("FROM read_csv('/etc/passwd')", "disabled by configuration"),
        ("ATTACH '{}/other.duckdb'", "disabled by configuration"),
        ("SET enable_external_access = true", "locked"),
        ("", "There is no question"),
        (" ; ", "There is no question"),
    ],
)
def test_a_question_reaches_no_other_file(imu: Imu, analyst: Path, tmp_path: Path, statement: str, reason: str) -> None:
    before = sorted(tmp_path.rglob("*"))
    result = imu("query", statement.format(tmp_path))
    assert (result.exit_code, reason in result.stderr) == (2, True), result.output
    assert sorted(tmp_path.rglob("*")) == before


def test_a_comment_is_answered_with_nothing(imu: Imu, analyst: Path) -> None:
    result = imu("query", "/* nothing */")
    assert (result.exit_code, "0 row(s)" in result.stdout, "Traceback" in result.output) == (0, True, False)


def test_values_are_shown_as_they_are(imu: Imu, analyst: Path) -> None:
    assert ":warning: [bold]x[/bold]" in imu("query", "SELECT ':warning: [bold]x[/bold]' AS value").stdout


def test_a_database_that_is_none_is_not_said_to_be_busy(imu: Imu, analyst: Path) -> None:
    analyst.chmod(0o644)
    analyst.write_bytes(b"garbage" * 1000)
    result = imu("query", "SELECT 1")
    assert (result.exit_code, "damaged" in result.stderr, "Try again" in result.stderr) == (3, True, False)


def shown(columns: list[str], rows: list[tuple[object, ...]], width: int) -> str:
    terminal = Console(file=io.StringIO(), width=width)
    terminal.print(cli_say.table("Title", columns, rows))
    return terminal.file.getvalue()  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_no_window_is_so_narrow_that_words_are_cut(width: int) -> None:
    columns = [f"column_{number}" for number in range(9)]
    rows = [tuple(f"boundaries-{row}-{number}" for number in range(9)) for row in range(4)]
    text = shown(columns, rows, width)
    assert all(len(line) <= width for line in text.splitlines())
    for row in rows:
        assert all(str(cell) in text for cell in row)
    assert "column_3: boundaries-2-3" in text


def test_a_table_that_fits_is_a_table_and_only_sentences_take_more_lines() -> None:
    why = "Only 7 of 14 expected deliveries can be used, and more are needed before it says anything about the whole."
    text = shown(["product", "month", "why"], [("operational-presence", "2025-03", why)], 80)
    assert "operational-presence 2025-03 Only 7" in " ".join(text.split())
    assert "product:" not in text
    assert all(len(line) <= 80 for line in text.splitlines())
    months = [f"{month:02}" for month in range(1, 13)]
    grid = shown(["cluster", *months], [("unrouted", *["part"] * 12)], 80)
    assert "unrouted" in grid and "cluster:" not in grid


# -- validate and new-operation ---------------------------------------------------------------------------------


def test_validate_ends_with_one_and_tells_the_problems(imu: Imu, tmp_path: Path) -> None:
    assert imu("validate").stdout == "kalvoria: all is well\n"
    (tmp_path / "operations" / "kalvoria" / "areas.csv").unlink()
    result = imu("validate", "kalvoria")
    assert result.exit_code == 1
    assert "1 problem(s) in kalvoria" in result.stdout
    assert said(imu("validate", "--json"))["problems"][0]["file"] == "areas.csv"


def test_validate_of_a_name_that_is_none_ends_with_two(imu: Imu) -> None:
    result = imu("validate", "atlantis")
    assert (result.exit_code, "There are: kalvoria" in result.stderr) == (2, True)


def test_a_new_operation_is_written_once(imu: Imu, tmp_path: Path) -> None:
    result = imu("new-operation", "myanmar", "--iso3", "MMR", "--json")
    assert result.exit_code == 0
    assert "operation.yml" in said(result)["files"]
    assert imu("validate", "myanmar").exit_code == 0
    assert imu("new-operation", "myanmar", "--iso3", "MMR").exit_code == 3
    assert imu("new-operation", "other", "--iso3", "XKV").exit_code == 2
    assert not (tmp_path / "operations" / "other").exists()
    assert "first_month: 2025-03" in (tmp_path / "operations" / "myanmar" / "operation.yml").read_text(encoding="utf-8")


# -- seal -------------------------------------------------------------------------------------------------------


def test_new_keys_are_printed_as_lines_for_the_environment(imu: Imu, keyring: Keyring) -> None:
    result = imu("seal", "new")
    lines = dict(line.split("=", 1) for line in result.stdout.splitlines())
    assert list(lines) == list(KEY_NAMES)
    assert seal.load_keys(lines) != seal.load_keys(
        dict(line.split("=", 1) for line in imu("seal", "new").stdout.splitlines())
    )
    assert keyring.kept == {}


def test_keys_for_the_keyring_are_not_shown_and_never_overwritten(imu: Imu, keyring: Keyring) -> None:
    result = imu("seal", "new", "--keyring")
    assert result.exit_code == 0
    assert list(keyring.kept) == [f"kalvoria/{name}" for name in KEY_NAMES]
    assert not any(text in result.output for text in keyring.kept.values())
    before = dict(keyring.kept)
    result = imu("seal", "new", "--keyring")
    assert (result.exit_code, keyring.kept) == (3, before)
    assert "holds keys of this operation already" in result.stderr


def test_two_operations_have_two_pairs_in_one_keyring(
    imu: Imu, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    imu("seal", "new", "--keyring")
    monkeypatch.setenv("IMU_OPERATION", "another")
    assert imu("seal", "new", "--keyring").exit_code == 0
    assert len(set(keyring.kept.values())) == 4


def test_a_computer_without_a_keyring_says_so(imu: Imu, monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring as library
    from keyring.backends import fail

    monkeypatch.undo()
    monkeypatch.setattr(library.core, "_keyring_backend", fail.Keyring())
    with pytest.raises(Permanent, match="no keyring that can keep the keys"):
        seal.keep_in_keyring({"IMU_OPERATION": "kalvoria"}, seal.Keys(b"a" * 32, b"b" * 32))


def test_the_sheet_is_readable_by_its_owner_only_and_opens_the_lake(imu: Imu, opened: Lake, tmp_path: Path) -> None:
    file = tmp_path / "sheet.txt"
    assert imu("seal", "recovery", str(file)).exit_code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert recovery.read(file.read_text(encoding="utf-8")) == opened.keys
    result = imu("seal", "check", "--sheet", str(file), "--json")
    assert said(result) == {
        "opens": True,
        "zones": 2,
        "arrivals": 1,
        "seal": seal.fingerprint(b"s" * 32),
        "pseudonym": seal.fingerprint(b"p" * 32),
    }
    assert imu("seal", "check", "--sheet", "-", input=file.read_text(encoding="utf-8")).exit_code == 0


def test_a_sheet_is_never_overwritten(imu: Imu, opened: Lake, tmp_path: Path) -> None:
    file = tmp_path / "sheet.txt"
    file.write_text("an older sheet", encoding="utf-8")
    result = imu("seal", "recovery", str(file))
    assert (result.exit_code, file.read_text(encoding="utf-8")) == (3, "an older sheet")
    assert "may be the only sheet" in result.stderr


def test_a_sheet_does_not_go_into_the_project_or_the_lake(imu: Imu, opened: Lake, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(opened.root)
    for place in (lake.__file__ and Path(lake.__file__).parent, opened.root, opened.root / "raw", link):
        result = imu("seal", "recovery", str(Path(place) / "sheet.txt"))
        assert (result.exit_code, "would be copied along" in result.stderr) == (3, True)
        assert not (Path(place) / "sheet.txt").exists()


def test_no_sheet_is_written_of_keys_that_do_not_open_the_lake(
    imu: Imu, opened: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(seal.SEAL_KEY, seal.encode_key(b"w" * 32))
    assert imu("seal", "recovery", str(tmp_path / "sheet.txt")).exit_code == 3
    assert not (tmp_path / "sheet.txt").exists()


def test_a_sheet_that_does_not_fit_ends_with_one(imu: Imu, opened: Lake, tmp_path: Path) -> None:
    file = tmp_path / "sheet.txt"
    file.write_text(recovery.write("kalvoria", seal.Keys(b"w" * 32, b"p" * 32)).text, encoding="utf-8")
    result = imu("seal", "check", "--sheet", str(file), "--json")
    assert (result.exit_code, said(result)["opens"]) == (1, False)
    file.write_text(recovery.write("kalvoria", seal.Keys(b"s" * 32, b"w" * 32)).text, encoding="utf-8")
    assert imu("seal", "check", "--sheet", str(file)).exit_code == 1


def test_check_makes_no_lake(imu: Imu, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keys: seal.Keys) -> None:
    monkeypatch.setenv(seal.SEAL_KEY, seal.encode_key(keys.seal))
    monkeypatch.setenv(seal.PSEUDONYM_KEY, seal.encode_key(keys.pseudonym))
    result = imu("seal", "check")
    assert (result.exit_code, "Check IMU_LAKE" in result.stderr) == (3, True)
    assert not (tmp_path / "lake").exists()


def test_check_says_that_the_key_file_was_lost_and_not_the_lake(imu: Imu, opened: Lake) -> None:
    opened.key_file.unlink()
    result = imu("seal", "check")
    assert (result.exit_code, "keys.json is missing. Restore it" in result.stderr) == (3, True)


def test_check_says_what_it_read_and_a_deep_one_finds_a_byte_too_many(imu: Imu, opened: Lake) -> None:
    assert "All 1 arrivals were read to their end" in imu("seal", "check", "--deep").stdout
    path = next(opened.root.glob("raw/*/*/content.sealed"))
    with path.open("ab") as sealed:
        sealed.write(b"x")
    result = imu("seal", "check")
    assert (result.exit_code, "was not read" in result.stdout) == (0, True)
    result = imu("seal", "check", "--deep")
    assert (result.exit_code, str(path.relative_to(opened.root)) in result.stdout) == (1, True)
    assert len(said(imu("seal", "check", "--deep", "--json"))["damaged"]) == 1


def test_a_deep_check_knows_what_an_office_may_not_keep(imu: Imu, opened: Lake) -> None:
    at = datetime(2025, 3, 1, tzinfo=UTC)
    given = {"sender": "s", "file_name": "n", "partition": None, "received_at": at, "taken_at": at}
    opened.take("register", b"people", keep=False, **given)
    assert imu("seal", "check", "--deep").exit_code == 0


def test_another_operations_lake_is_refused(imu: Imu, opened: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    assert imu("seal", "check").exit_code == 0  # gives a lake without a name its own
    monkeypatch.setenv("IMU_OPERATION", "atlantis")
    result = imu("seal", "check")
    assert (result.exit_code, "belongs to operation 'kalvoria'" in result.stderr) == (3, True)


def test_keys_come_back_from_the_sheet_into_the_keyring(
    imu: Imu, opened: Lake, tmp_path: Path, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "sheet.txt"
    imu("seal", "recovery", str(file))
    for name in KEY_NAMES:
        monkeypatch.delenv(name)
    assert imu("seal", "check").exit_code == 3
    assert imu("seal", "restore", "--sheet", str(file)).exit_code == 0
    assert imu("seal", "check").exit_code == 0
    lines = imu("seal", "restore", "--sheet", str(file), "--environment").stdout.splitlines()
    assert dict(line.split("=", 1) for line in lines) == {name: keyring.kept[f"kalvoria/{name}"] for name in KEY_NAMES}


def test_keys_that_do_not_open_the_lake_are_not_restored(
    imu: Imu, opened: Lake, tmp_path: Path, keyring: Keyring
) -> None:
    file = tmp_path / "sheet.txt"
    file.write_text(recovery.write("kalvoria", seal.Keys(b"w" * 32, b"p" * 32)).text, encoding="utf-8")
    assert imu("seal", "restore", "--sheet", str(file)).exit_code == 3
    assert keyring.kept == {}


def test_an_old_key_in_the_environment_is_told_after_a_restore(
    imu: Imu, opened: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "sheet.txt"
    imu("seal", "recovery", str(file))
    monkeypatch.setenv(seal.SEAL_KEY, "something old")
    assert f"Take {seal.SEAL_KEY} out of the environment" in imu("seal", "restore", "--sheet", str(file)).stdout


def test_a_renewed_key_is_on_the_new_sheet_and_the_old_one_is_done(
    imu: Imu, opened: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = tmp_path / "old.txt", tmp_path / "new.txt"
    imu("seal", "recovery", str(old))
    result = imu("seal", "rotate", "--sheet", str(new))
    assert result.exit_code == 0
    assert imu("seal", "check", "--sheet", str(new)).exit_code == 0
    assert imu("seal", "check", "--sheet", str(old)).exit_code == 1
    assert imu("seal", "check").exit_code == 1
    monkeypatch.setenv(*result.stdout.strip().split("=", 1))
    assert imu("seal", "check").exit_code == 0


def test_a_key_renewed_into_the_keyring_is_not_shown(
    imu: Imu, opened: Lake, tmp_path: Path, keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = imu("seal", "rotate", "--sheet", str(tmp_path / "new.txt"), "--keyring", "--json")
    assert said(result)["arrivals"] == 1
    assert not any(text in result.output for text in keyring.kept.values())
    for name in KEY_NAMES:
        monkeypatch.delenv(name)
    assert imu("seal", "check").exit_code == 0


def test_a_renewal_that_cannot_begin_leaves_no_sheet(imu: Imu, opened: Lake, tmp_path: Path) -> None:
    from orchestration import rotation

    with rotation.among_others(opened):
        result = imu("seal", "rotate", "--sheet", str(tmp_path / "new.txt"), "--json")
    assert (result.exit_code, said(result)["trying_again_helps"]) == (3, True)
    assert not (tmp_path / "new.txt").exists()
    assert imu("seal", "check").exit_code == 0


# -- lake -------------------------------------------------------------------------------------------------------


def test_migrate_has_nothing_to_do_today(imu: Imu, opened: Lake) -> None:
    assert "Nothing to do" in imu("lake", "migrate").stdout
    assert said(imu("lake", "migrate", "--json")) == {"format": lake.FORMAT, "done": []}


def test_migrate_without_a_lake_ends_with_three(imu: Imu, tmp_path: Path) -> None:
    assert imu("lake", "migrate").exit_code == 3
    assert not (tmp_path / "lake").exists()
