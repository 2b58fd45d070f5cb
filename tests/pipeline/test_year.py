"""A small year through Dagster: everything that arrived is judged, what should be published is, and once only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import dagster as dg
import pytest
from small_year import (
    CHECKS_ONLY,
    HELD,
    SmallYear,
    at_work,
    live,
    live_on,
    only_sensors,
    own_hdx,
    put_in_inbox,
    survey_server_only,
    untold,
)

from assets.quality import ledger
from assets.release.assets import due_of
from assets.release.certificate import verify_certificate
from assets.release.products import load_products
from assets.release.publish import publish
from demo import year
from demo.country import displacement
from demo.country.geography import build_geography
from demo.score import score
from orchestration import buttons, locks, publications
from orchestration.calendar import Due, due_between, end_of_day, month_ends
from orchestration.cli_run import Desk
from orchestration.failures import Transient
from sensors.verdicts import waiting_partitions

VERDICTS = {"accepted", "accepted_with_warnings", "partly_accepted", "refused"}
PUBLISHED = {
    "administrative-boundaries": ["2025-01"],
    "displacement": ["2025-01", "2025-02", "2025-03"],
    "needs-and-gaps": ["2025-02", "2025-03", "2025-04"],
    "operational-presence": ["2025-02", "2025-03", "2025-04"],
    "registered-population": ["2025-04"],
    "situation-monitoring": ["2025-01", "2025-02", "2025-03"],
}
# The small year's weeks and rounds end in March: in April nothing came that could be released.
NOTHING_CAME = {"displacement": "2025-04", "situation-monitoring": "2025-04"}
RELEASES = [(product, cycle) for product, cycles in PUBLISHED.items() for cycle in cycles]


def stem(product: str) -> str:
    return product.replace("-", "_")


def test_every_source_arrived_and_everything_has_its_verdict(small_year: SmallYear) -> None:
    office = small_year.office(small_year.last_day)
    for source in buttons.sources_of(office.operation):
        given = {one.arrival_id: one.verdict["verdict"] for one in ledger.entries(office.lake, source)}
        assert set(given) == {one.arrival_id for one in office.lake.arrivals(source)}
        assert given and set(given.values()) <= VERDICTS
        assert waiting_partitions(office, source) == {}


def test_every_source_let_rows_through_and_keeps_them_sealed(small_year: SmallYear) -> None:
    lake = small_year.lake
    through = {one.source for one in ledger.entries(lake) if one.tables and one.verdict["rows_accepted"]}
    assert through == set(buttons.CHECKED_BY)
    files = sorted((small_year.home.lake / "checked").rglob("*.parquet"))
    assert files
    for path in files:
        lake.require_sealed(path)


def test_nothing_is_left_lying_about(small_year: SmallYear) -> None:
    root = small_year.home.lake
    assert [path for path in (root / "inbox").rglob("*") if path.is_file()] == []
    assert list((root / ".tmp").iterdir()) == []


def test_every_run_did_its_work_once(small_year: SmallYear) -> None:
    """A hold shows as a failed check, and so as a failed run: no other run may look like that."""
    with at_work(small_year) as walk:
        runs = walk.instance.get_runs()
    broken = {run.job_name for run in runs if run.status is not dg.DagsterRunStatus.SUCCESS}
    assert broken == {buttons.publish_name(product) for product in (HELD, *NOTHING_CAME)}
    asked = [run.tags["imu/asked_for"] for run in runs]
    assert len(set(asked)) == len(asked) > 60


@pytest.fixture(scope="module")
def another_seed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallYear]:
    """Seed 2, which nobody looked at while writing the rules: taken and checked only, nothing built or published."""
    home, operations = untold(tmp_path_factory.mktemp("second"), seed=2)
    with survey_server_only(home) as running:
        small = SmallYear(home, operations, running)
        with only_sensors(CHECKS_ONLY):
            live(small)
        yield small


@pytest.mark.parametrize("which", ["small_year", "another_seed"])
def test_every_planted_trouble_was_found_and_none_invented(which: str, request: pytest.FixtureRequest) -> None:
    small: SmallYear = request.getfixturevalue(which)
    marks = score(small.home.world, small.lake)
    assert (marks.missed_spots, marks.false_spots) == ([], [])
    assert sum(marks.found.values()) > 100 and len(marks.found) > 60


def test_what_is_published_is_what_was_due(small_year: SmallYear) -> None:
    found = {
        product: [due.cycle for due in _due(small_year, product) if _receipt(small_year, product, due.cycle)]
        for product in [*PUBLISHED, HELD]
    }
    assert found == {**PUBLISHED, HELD: []}


def _due(small: SmallYear, product: str) -> list[Due]:
    office = small.office(small.last_day)
    first = month_ends("2024-12", "2024-12")[0]
    return [due for due in due_between(office.calendar, first, office.today, office.operation.zone)
            if due.product == product]  # fmt: skip


def _receipt(small: SmallYear, product: str, cycle: str) -> dict[str, Any] | None:
    return publications.receipt(small.lake, stem(product), cycle)


@pytest.mark.parametrize(("product", "cycle"), RELEASES)
def test_a_release_is_whole_proven_and_on_time(small_year: SmallYear, product: str, cycle: str) -> None:
    folder = publications.release_folder(small_year.lake, stem(product), cycle)
    verify_certificate(folder)
    certificate = json.loads((folder / "certificate.json").read_text(encoding="utf-8"))
    receipt = _receipt(small_year, product, cycle)
    assert certificate["verdict"] == "pass" and receipt
    sums = {hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
    assert receipt["files"] and {file["sha256"] for file in receipt["files"]} <= sums
    assert not receipt["late"]


@pytest.mark.parametrize(("product", "cycle"), RELEASES)
def test_a_release_is_made_only_of_what_had_arrived_by_its_day(small_year: SmallYear, product: str, cycle: str) -> None:
    lineage = json.loads((_folder(small_year, product, cycle) / "lineage.json").read_text(encoding="utf-8"))
    taken = {one.arrival_id: one.taken_at for one in ledger.entries(small_year.lake)}
    day = month_ends(cycle, cycle)[0]
    until = end_of_day(day, small_year.office(day.isoformat()).operation.zone)
    assert lineage["as_of"] == day.isoformat()
    assert lineage["arrivals"] and all(taken[arrival] <= until for arrival in lineage["arrivals"])


def _folder(small: SmallYear, product: str, cycle: str) -> Path:
    return publications.release_folder(small.lake, stem(product), cycle)


@pytest.mark.parametrize("product", sorted(PUBLISHED))
def test_hdx_shows_the_newest_release_byte_for_byte(small_year: SmallYear, product: str) -> None:
    newest = _folder(small_year, product, PUBLISHED[product][-1])
    shown = _hdx(small_year, f"xkv-{product}")
    data = next(one for one in shown["resources"] if one["name"] == f"{stem(product)}.csv")
    with urlopen(data["url"], timeout=10) as answer:  # noqa: S310 - our own server on loopback
        assert answer.read() == (newest / f"{stem(product)}.csv").read_bytes()


def _hdx(small: SmallYear, name: str) -> dict[str, Any]:
    with urlopen(f"{small.servers.hdx_url}/api/action/package_show?id={name}", timeout=10) as answer:  # noqa: S310
        found: dict[str, Any] = json.loads(answer.read())["result"]
    return found


def test_a_held_product_says_why_and_who_can_act(small_year: SmallYear) -> None:
    held = publications.held(small_year.lake, stem(HELD), "2025-01")
    assert held is not None
    assert [reason["code"] for reason in held["reasons"]] == ["sensitivity"]
    assert "Nobody has decided how finely population" in held["reasons"][0]["reason"]
    assert held["reasons"][0]["who"] == "data protection focal point"
    assert not _folder(small_year, HELD, "2025-01").exists()


@pytest.mark.parametrize(("product", "cycle"), NOTHING_CAME.items())
def test_where_nothing_came_for_the_period_nothing_goes_out(small_year: SmallYear, product: str, cycle: str) -> None:
    held = publications.held(small_year.lake, stem(product), cycle)
    assert held is not None
    assert "input" in [reason["code"] for reason in held["reasons"]]
    assert not _folder(small_year, product, cycle).exists()


def test_the_button_of_a_held_product_says_why_and_not_that_something_failed(
    small_year: SmallYear, tmp_path: Path
) -> None:
    with at_work(small_year.copy(tmp_path)) as walk:
        desk = Desk(walk.office)
        outcome = desk.press(desk.find("publish_population_statistics", "2025-01"), "2025-01")
    assert (outcome.success, outcome.failed, len(outcome.held)) == (False, (), 1)
    assert "Nobody has decided how finely population" in outcome.held[0]["why"]


def test_the_officers_page_shows_how_the_last_day_ended(small_year: SmallYear) -> None:
    page = (small_year.home.lake / "site" / "today.html").read_text(encoding="utf-8")
    assert small_year.last_day in page and "Nobody has decided how finely population" in page
    assert "not built yet" not in page and "not on HDX yet" not in page


def test_a_second_walk_asks_for_nothing_and_publishes_nothing(small_year: SmallYear) -> None:
    before = _state(small_year)
    said: list[str] = []
    with at_work(small_year) as walk:
        year.walk(walk, small_year.servers, said.append)
        year.enter_last_day(walk, small_year.servers)
        assert year.settle(walk, said.append) == 0
    assert said == [f"{day}: already done" for day in year.ticks(small_year.home)]
    assert _state(small_year) == before


def test_one_product_is_published_by_one_process_at_a_time(small_year: SmallYear) -> None:
    office = small_year.office(small_year.last_day)
    product = next(
        one for one in load_products(office.operation.folder / "products.yml") if one.name == "displacement"
    )
    before = _hdx(small_year, "xkv-displacement")
    with (
        locks.locked(office.lake.folder("hdx", "displacement"), locks.ALONE),  # as another process would
        pytest.raises(Transient, match="by another process"),
    ):
        publish(office, product, due_of(office, product, "2025-04"))
    assert _hdx(small_year, "xkv-displacement") == before


def _state(small: SmallYear) -> tuple[dict[str, int], dict[str, str]]:
    """When each file of the lake was last written, and each dataset last changed."""
    files = {str(path): path.stat().st_mtime_ns for path in small.home.lake.rglob("*") if path.is_file()}
    return files, {product: _hdx(small, f"xkv-{product}")["metadata_modified"] for product in PUBLISHED}


@pytest.fixture(scope="module")
def after_the_cut(small_year: SmallYear, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallYear]:
    """The machine was off over the end of May; what was due then comes at the next start, in June."""
    with own_hdx(small_year.copy(tmp_path_factory.mktemp("power-cut"))) as small:
        weeks = displacement.deliver(build_geography(), 1, "country")[0]
        for one in (one for one in weeks if "2025-05-05" <= one.at.date().isoformat() <= "2025-06-30"):
            put_in_inbox(small, one.source, one.sender, one.name, one.content, one.at.timestamp())
        yield live_on(small, "2025-06-30")


def test_what_a_power_cut_delayed_comes_once_and_is_called_late(after_the_cut: SmallYear) -> None:
    receipts = {cycle: _receipt(after_the_cut, "displacement", cycle) for cycle in ("2025-03", "2025-05", "2025-06")}
    assert {cycle: receipt["late"] for cycle, receipt in receipts.items() if receipt} == {
        "2025-03": False, "2025-05": True, "2025-06": False,
    }  # fmt: skip
    with at_work(after_the_cut) as walk, pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMU_TODAY", "2025-06-30")
        assert year.settle(walk, after_the_cut.told.append) == 0


def test_a_month_for_which_nobody_reported_is_held_and_those_who_owe_are_named(after_the_cut: SmallYear) -> None:
    held = publications.held(after_the_cut.lake, "operational_presence", "2025-05")
    assert held is not None
    reason = held["reasons"][0]
    assert reason["code"] == "completeness" and "0 of 4" in reason["reason"]
    assert reason["who"] == "fsc-focal, hea-focal, pro-focal, wsh-focal"
