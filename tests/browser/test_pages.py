"""Pages in a real browser: from disk, without a network, at three widths, without a complaint on the console."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assets.quality.report import About, partner_page
from assets.quality.verdict import Finding, conclude

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
    about = About("Kalvoria", "Water, sanitation and hygiene", "2025-01", "5W.xlsx", "2025-02-03", "imu@kalvoria.example")
    path = tmp_path_factory.mktemp("pages") / "partner.html"
    path.write_text(partner_page(verdict, about), encoding="utf-8")
    return path


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_the_partner_page_needs_no_network_and_fits_its_width(browser: Any, page_file: Path, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 1000}, offline=True)
    page = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(page_file.as_uri())
    assert said == []
    assert asked == [page_file.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert "rows wait for your correction" in page.inner_text("body")
    assert page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)") >= 15
    context.close()


def test_every_part_of_the_page_can_be_told_apart_without_colours(browser: Any, page_file: Path) -> None:
    page = browser.new_page()
    page.goto(page_file.as_uri())
    assert page.locator("h1").count() == 1
    assert page.get_attribute("html", "lang") == "en"
    words = page.inner_text("body")
    assert "The row waits" in words and "Used, please check" in words
