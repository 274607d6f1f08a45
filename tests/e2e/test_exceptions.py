"""A meter was exchanged in mid-season and nobody told: a clerk finds it in the queue and works it."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e import world
from tests.e2e.conftest import PATIENCE_MS, Field, utc
from tests.e2e.stack import Running, until
from tests.e2e.test_quarantine import DESK
from tests.e2e.test_the_loop import ZONE
from tests.factories import PASSWORD

pytestmark = [
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed"),
]
HOUR = timedelta(hours=1)
QUEUE = "/admin/metering/readingflag/"


@pytest.fixture
def desk(service: Running, chromium: Browser, homes: dict[str, int]) -> Page:  # noqa: ARG001 - the world has to be there
    """The desk, opened by who runs the whole service."""
    page = chromium.new_page(base_url=service.web, viewport=DESK, locale="en")
    page.set_default_timeout(PATIENCE_MS)
    page.goto("/admin/")
    page.fill("[name=username]", world.ADMIN)
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_selector("text=Readings in the last hour")
    return page


def telegrams(kwh: dict[datetime, float]) -> list[dict[str, object]]:
    """What the home's meter says at each instant."""
    return [
        {"id": world.FAULTY_METER, "measured_at": utc(at), "energy_kwh": value} for at, value in kwh.items()
    ]


def open_exception(desk: Page, finding: str) -> None:
    """Open it, once beat has had the readings validated."""

    def listed() -> bool:
        desk.goto(QUEUE)
        return desk.locator("#result_list tr", has_text=finding).count() > 0

    until(listed, f"'{finding}' stands in the queue")
    desk.locator("#result_list tr", has_text=finding).first.locator("a").first.click()
    desk.wait_for_load_state()


def test_a_dip_is_rejected_and_an_exchange_is_declared(field: Field, desk: Page) -> None:
    now = datetime.now(tz=UTC).replace(minute=0, second=0, microsecond=0)
    start = now - 40 * HOUR
    # 5 kWh an hour; a zero after ten hours; after twenty another meter under the same name, from 3 kWh on.
    old = {start + n * HOUR: 8000.0 + 5 * n for n in range(20)} | {start + 10 * HOUR: 0.5}
    new = {start + n * HOUR: 3.0 + 5 * (n - 20) for n in range(20, 40)}
    field.say(world.GATEWAY, "reading", telegrams(old | new))

    open_exception(desk, "The register fell and recovered")
    expect(desk.locator("[data-sentence]")).to_contain_text(f"1 reading of meter {world.FAULTY_METER}")
    expect(desk.locator("svg[role=img] polyline")).to_have_count(1)
    desk.get_by_text("Reject", exact=True).first.click()
    desk.fill("textarea[name=reason]", "The radio was disturbed")
    desk.locator("form:has(textarea[name=reason]) [type=submit]").last.click()
    expect(desk.locator("body")).to_contain_text("1 reading is decided.", timeout=PATIENCE_MS)

    open_exception(desk, "The register stays on another level")
    expect(desk.locator("[data-sentence]")).to_contain_text("20 readings")
    desk.get_by_text("Declare an exchange", exact=True).first.click()
    exchanged = (start + 19 * HOUR + HOUR / 2).astimezone(ZONE).strftime("%Y-%m-%dT%H:%M")
    desk.fill("[name=exchanged_at]", exchanged)
    desk.fill("[name=final_kwh]", "8097.5")
    desk.fill("[name=serial]", "61000077")
    desk.fill("[name=initial_kwh]", "0.5")
    desk.fill("textarea[name=reason]", "Slip 4711 of the fitter")
    desk.locator("form:has([name=final_kwh]) [type=submit]").last.click()
    # Half an hour of the old one, nineteen and a half of the new one: nothing lost, nothing invented.
    preview = desk.locator("#dialog-form")
    expect(preview).to_contain_text("The old meter is billed 2.5 kWh more", timeout=PATIENCE_MS)
    expect(preview).to_contain_text("one 97.5 kWh since")
    expect(preview).to_contain_text("20 readings go over to the new meter, 0 stay behind")
    desk.check("[name=seen]")
    desk.locator("form:has([name=final_kwh]) [type=submit]").last.click()
    expect(desk.locator("body")).to_contain_text("The exchange is recorded.", timeout=PATIENCE_MS)
    expect(desk.locator("#result_list tr", has_text="another level")).to_have_count(0)

    desk.goto("/admin/metering/meterexchange/")
    expect(desk.locator("#result_list")).to_contain_text("Slip 4711 of the fitter")
    expect(desk.locator("#result_list")).to_contain_text("8097500")
