"""Pages in a real browser: from disk, without a network, at three widths, without a complaint on the console."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "release"))

from release_samples import DICTIONARY, release_spec, small_population

from assets.portal import overview, page
from assets.quality import ledger
from assets.quality.ledger import Outcome
from assets.quality.report import About, partner_page
from assets.quality.verdict import Finding, conclude
from assets.release.disclosure import protect_table
from assets.release.folder import build_release
from orchestration import seal
from orchestration.office import Office

pytestmark = pytest.mark.browser
CHROMIUM = shutil.which("chromium")
WIDTHS = {"desktop": 1200, "phone": 390, "a4": 794}
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed: apt install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def today_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The officer's page on a day on which one workbook was refused and nothing else came."""
    folder = tmp_path_factory.mktemp("today")
    keys = {seal.SEAL_KEY: seal.encode_key(b"s" * 32), seal.PSEUDONYM_KEY: seal.encode_key(b"p" * 32)}
    office = Office({**keys, "IMU_OPERATION": "demo", "IMU_LAKE": str(folder / "lake"), "IMU_TODAY": "2025-03-31"})
    arrival, _ = office.lake.take(
        "clusters", b"no workbook", sender="wsh-focal", file_name="5W <script>.xlsx", partition="WSH|2025-02",
        received_at=office.now, taken_at=office.now,
    )  # fmt: skip
    verdict = conclude(
        source="clusters", arrival_id=arrival.arrival_id, sender="wsh-focal", partition="2025-02", subject="WSH",
        rows_total=0, findings=[Finding("C-UNREADABLE", detail="it is damaged")],
    )  # fmt: skip
    ledger.store(office.lake, arrival, "WSH|2025-02", office.config, Outcome(verdict))
    path = folder / "today.html"
    path.write_text(page.today(office, overview.gather(office)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def certificate_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    frame, rule = small_population()
    folder = tmp_path_factory.mktemp("release") / "v1"
    build_release(release_spec(rule), protect_table(frame, rule).published, DICTIONARY, None, folder)
    return folder / "certificate.html"


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = [
        Finding("C-PLACE-UNKNOWN", 12, "adm3_code"),
        Finding("C-EXCEL-ERROR", 14, "reached"),
        Finding("C-SADD", 15, "reached"),
        *(Finding("C-ORG-UNKNOWN", row, "org") for row in range(20, 60)),
    ]
    verdict = conclude(
        source="clusters", arrival_id="0" * 16, sender="wsh-focal", partition="WSH|2025-01", subject="5W.xlsx",
        rows_total=80, findings=found,
    )  # fmt: skip
    about = About(
        "Kalvoria", "Water, sanitation and hygiene", "2025-01", "5W.xlsx", "2025-02-03", "imu@kalvoria.example"
    )
    path = tmp_path_factory.mktemp("pages") / "partner.html"
    path.write_text(partner_page(verdict, about), encoding="utf-8")
    return path


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("page_file", "rows wait for your correction"),
        ("today_file", "wsh-focal"),
        ("certificate_file", "does not cover"),
    ],
    ids=["partner", "today", "certificate"],
)
def test_a_page_needs_no_network_and_fits_its_width(
    browser: Any, request: pytest.FixtureRequest, name: str, says: str, width: int
) -> None:
    path: Path = request.getfixturevalue(name)
    context = browser.new_context(viewport={"width": width, "height": 1000}, offline=True)
    shown = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    shown.on("console", lambda message: said.append(message.text))
    shown.on("request", lambda request: asked.append(request.url))
    shown.goto(path.as_uri())
    assert (said, asked) == ([], [path.as_uri()])
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    assert shown.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") >= 15
    assert shown.get_attribute("html", "lang") == "en"
    assert says in shown.inner_text("body")
    context.close()


def test_every_part_of_the_page_can_be_told_apart_without_colours(browser: Any, page_file: Path) -> None:
    page = browser.new_page()
    page.goto(page_file.as_uri())
    assert page.locator("h1").count() == 1
    assert page.get_attribute("html", "lang") == "en"
    words = page.inner_text("body")
    assert "The row waits" in words and "Used, please check" in words
