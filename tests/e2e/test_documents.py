"""A bill in the hand and its correction at the desk, in a real browser."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from billing.verify_proof import faults as faults_in_proof
from tests.billing.documents.tools import needs_pango
from tests.e2e import billed, world
from tests.e2e.conftest import PATIENCE_MS, OpenPage
from tests.e2e.stack import Running
from tests.factories import PASSWORD

pytestmark = [
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed"),
]


@pytest.fixture(scope="module")
def keys(service: Running, homes: dict[str, int]) -> dict[str, int]:
    """The keys of a billed home and its bill."""
    assert homes
    script = "from tests.e2e.billed import main; main()"
    found: dict[str, int] = json.loads(service.run("manage.py", "shell", "-v0", "-c", script))
    return found


@needs_pango
def test_a_resident_keeps_the_bill_and_recomputes_it(
    keys: dict[str, int], open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page(billed.PAYER)
    page.goto(f"/homes/{keys['home']}/bills/{keys['bill']}/")
    expect(page.locator("table.lines")).to_contain_text("500 kWh × 0.16 CNY/kWh = 80.00 CNY")

    with page.expect_download(timeout=PATIENCE_MS) as pdf:
        page.click(".files a:first-child")
    with page.expect_download(timeout=PATIENCE_MS) as proof:
        page.click(".files a:last-child")
    pdf.value.save_as(tmp_path / "bill.pdf")
    proof.value.save_as(tmp_path / "proof.json")

    assert pdf.value.suggested_filename.endswith(".pdf")
    assert (tmp_path / "bill.pdf").read_bytes().startswith(b"%PDF-")
    answer = json.loads((tmp_path / "proof.json").read_text(encoding="utf-8"))
    assert answer["holds"] is True
    assert faults_in_proof(answer["proof"]) == []


def test_a_clerk_previews_a_correction_and_issues_it(
    service: Running, keys: dict[str, int], chromium: Browser, open_page: OpenPage
) -> None:
    service.run("manage.py", "shell", "-v0", "-c", "from tests.e2e.billed import read_late; read_late()")
    desk = _desk(service, chromium)
    desk.goto(f"/admin/billing/invoice/{keys['bill']}/change/")
    desk.get_by_text("Rate anew").first.click()
    expect(desk.locator("#content")).to_contain_text("500 kWh × 0.16 CNY/kWh = 80.00 CNY")
    expect(desk.locator("#content")).to_contain_text("600 kWh × 0.16 CNY/kWh = 96.00 CNY")
    expect(desk.locator("#content")).to_contain_text("A debit note of 17.44 CNY.")

    desk.fill("#reason", "The meter of 1 January was read late.")
    desk.get_by_role("button", name="Issue the corrections").click()
    expect(desk.locator("body")).to_contain_text("1 correction is issued.")
    desk.close()

    page = open_page(billed.PAYER)
    page.goto(f"/homes/{keys['home']}/")
    page.locator("#bills a", has_text="D20").click()
    expect(page.locator("h1")).to_contain_text("Debit note")
    expect(page.locator("article")).to_contain_text("The meter of 1 January was read late.")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def _desk(service: Running, chromium: Browser) -> Page:
    page = chromium.new_page(base_url=service.web, viewport={"width": 1360, "height": 900}, locale="en")
    page.set_default_timeout(PATIENCE_MS)
    page.goto("/admin/")
    page.fill("[name=username]", world.ADMIN)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_selector("text=Readings in the last hour")
    return page
