"""What cannot be stored is kept whole, and worked off by a person at the desk."""

from __future__ import annotations

import shutil
from datetime import datetime

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.e2e import world
from tests.e2e.conftest import PATIENCE_MS, Field, OpenPage, utc
from tests.e2e.stack import Running, until
from tests.e2e.test_the_loop import ZONE, a_telegram
from tests.factories import PASSWORD

pytestmark = [
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed"),
]
DESK: ViewportSize = {"width": 1280, "height": 900}


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


def open_message(desk: Page, reason: str) -> None:
    """Open the newest waiting message of that reason, once it is there."""
    waiting = "/admin/metering/quarantinedmessage/?state__exact=waiting"

    def listed() -> bool:
        desk.goto(waiting)
        return desk.locator("#result_list tr", has_text=reason).count() > 0

    until(listed, f"a message waits as '{reason}'")
    desk.locator("#result_list tr", has_text=reason).first.locator("a").first.click()
    desk.wait_for_load_state()


def test_a_broken_message_is_kept_whole_with_its_reason(field: Field, desk: Page) -> None:
    field.say(world.GATEWAY, "reading", b'{"meter": "sharky774", "total_energy_')

    open_message(desk, "Malformed")

    expect(desk.locator("pre")).to_have_text('{"meter": "sharky774", "total_energy_')
    expect(desk.locator("#content")).to_contain_text(f"heat/v1/{world.SLUG}/up/{world.GATEWAY}/reading")


def test_an_unknown_meter_is_registered_and_released_from_the_desk(
    homes: dict[str, int], field: Field, desk: Page, open_page: OpenPage
) -> None:
    now = datetime.now(tz=ZONE)
    telegram = a_telegram(meter=world.UNKNOWN_METER, kwh=1234.5, at=now)
    field.say(world.GATEWAY, "reading", telegram)

    open_message(desk, "Unknown meter")
    expect(desk.locator("pre")).to_contain_text(world.UNKNOWN_METER)
    desk.get_by_text("Register the device and release").first.click()
    desk.fill("input[name=household]", world.SECOND_HOME)
    desk.locator("form:has(input[name=household]) [type=submit]").last.click()

    expect(desk.locator("body")).to_contain_text("is registered.", timeout=PATIENCE_MS)
    expect(desk.locator("#content")).to_contain_text("Released")
    page = open_page(world.LANDLORD)
    page.goto(f"/homes/{homes['second']}/")
    expect(page.locator("[data-value=energy_wh]")).to_have_text("1,234.5")

    # From now on the meter is heard without anybody's help.
    expect(page.locator(".link-state")).to_have_attribute("data-state", "live")
    later = {**telegram, "total_energy_consumption_kwh": 1236.0, "timestamp": utc(datetime.now(tz=ZONE))}
    field.say(world.GATEWAY, "reading", later)
    expect(page.locator("[data-value=energy_wh]")).to_have_text("1,236.0")
