"""The two loops of Hearthline, walked through real processes and a real browser."""

from __future__ import annotations

import json
import shutil
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Page, expect

from accounts.period import local_midnight
from tests.e2e import world
from tests.e2e.conftest import PATIENCE_MS, Field, OpenPage, utc
from tests.e2e.stack import Running, until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.processes,
    pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed"),
]
ZONE = ZoneInfo("Asia/Shanghai")


def a_telegram(*, meter: str, kwh: float, at: datetime) -> dict[str, object]:
    """What wmbusmeters prints for a SHARKY 774."""
    return {
        "_": "telegram",
        "media": "heat",
        "meter": "sharky774",
        "name": "Heato",
        "id": meter,
        "total_energy_consumption_kwh": kwh,
        "total_volume_m3": 645.319,
        "volume_flow_m3h": 0.104,
        "power_kw": 2.4,
        "flow_temperature_c": 44.7,
        "return_temperature_c": 33.6,
        "timestamp": utc(at),
    }


def frames_of(page: Page) -> list[dict[str, Any]]:
    """The live frames the page receives from now on."""
    frames: list[dict[str, Any]] = []
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda frame: frames.append(json.loads(frame))),
    )
    return frames


def pay_by_card(page: Page) -> None:
    """Fill the hosted page as a customer would."""
    page.fill("#cardNumber", "4242 4242 4242 4242")
    page.click("#pay")


def test_a_telegram_becomes_a_bill_that_is_paid(
    service: Running, homes: dict[str, int], field: Field, open_page: OpenPage
) -> None:
    now = datetime.now(tz=ZONE)
    first_day = now.date() - timedelta(days=3)
    home = f"/homes/{homes['home']}/"

    # Telegram, reading: what the gateway says is in the API, once, however often it is said.
    page = open_page(world.RESIDENT)
    registers = {first_day: 6884, first_day + timedelta(days=1): 6934}
    for midnight, kwh in registers.items():
        telegram = a_telegram(meter=world.METER, kwh=kwh, at=local_midnight(midnight, ZONE))
        for _ in range(2):
            field.say(world.GATEWAY, "reading", telegram)
    period = f"from={first_day}T00:00:00%2B08:00&to={first_day + timedelta(days=1)}T00:00:00%2B08:00"
    consumption = f"/api/v1/households/{homes['home']}/consumption?{period}&resolution=day"

    def measured() -> bool:
        return bool(page.request.get(consumption).json().get("points"))

    until(measured, "the telegrams are readings")

    # Frame: a newer telegram reaches the open page by itself.
    frames = frames_of(page)
    page.goto(home)
    expect(page.locator(".link-state")).to_have_attribute("data-state", "live")
    expect(page.locator("[data-value=energy_wh]")).to_have_text("6,934.0")
    field.say(world.GATEWAY, "reading", a_telegram(meter=world.METER, kwh=6990.4, at=now))
    expect(page.locator("[data-value=energy_wh]")).to_have_text("6,990.4")
    updates = [frame["values"] for frame in frames if frame["type"] == "update" and frame["kind"] == "meter"]
    assert [values["energy_wh"] for values in updates] == [6_990_400]

    # Bill: 80 m² x 12 / 120 d x 1 d = 8.00, 50 kWh x 0.16 = 8.00, 9 % tax on each.
    billing = ("--from", str(first_day), "--to", str(first_day + timedelta(days=1)), "--issue")
    assert "1 invoices issued" in service.run("manage.py", "bill", "--utility", world.SLUG, *billing)
    page.reload()
    expect(page.locator("#due .amount")).to_have_text("¥17.44")

    # Paid: on the provider's page; only its signed word makes it so.
    page.click("#due button")
    page.wait_for_selector("#pay")
    assert page.url.startswith(service.environment["STRIPE_API_BASE"])
    pay_by_card(page)
    page.wait_for_url("**/pay/return**")
    expect(page.locator("#payment .tag.paid")).to_be_visible()
    page.goto(home)
    expect(page.locator("#due")).to_contain_text("Nothing to pay.")
    expect(page.locator("#bills .tag.paid")).to_have_text("Paid")


def test_a_vote_moves_the_water_and_the_resident_sees_why(
    homes: dict[str, int], field: Field, open_page: OpenPage
) -> None:
    now = datetime.now(tz=ZONE)
    field.say(world.SENSOR, "temperature", {"measured_at": utc(now), "temperature_c": 20.4})
    points = {"outdoor_c": -2.0, "secondary_supply_c": 45.0, "secondary_return_c": 36.0}
    field.say(world.CONTROLLER, "telemetry", {"measured_at": utc(now), "points": points})
    until(lambda: bool(field.targets), "the station is told its first target")
    page = open_page(world.RESIDENT)
    page.goto(f"/homes/{homes['home']}/")
    expect(page.locator(".room .value")).to_have_text("20.4")
    told, before = len(field.targets), field.targets[-1]

    # Vote, changed target: the station's own ear hears it. Water moves slowly, so it may take a few steps.
    page.click("button.cold")
    expect(page.locator("[data-step=heard].done")).to_be_visible()
    until(
        lambda: field.targets[-1]["secondary_supply_c"] > before["secondary_supply_c"],
        "the vote makes the water warmer",
    )
    after = field.targets[told:]
    assert {target["reason"].split(":")[0] for target in after} == {"comfort"}

    # Acknowledged, shown with its reason; the page asks by itself.
    expect(page.locator("[data-step=applied].next")).to_be_visible(timeout=PATIENCE_MS)
    for target in after:
        answer = {"command": target["command"], "state": "applied", "at": utc(datetime.now(tz=ZONE))}
        field.say(world.CONTROLLER, "ack", answer)
    expect(page.locator("[data-step=applied].done")).to_be_visible(timeout=PATIENCE_MS)
    assert "Your votes ask for" in page.inner_text("[data-reason=home]")
    assert "1 of 2 homes in your building" in page.inner_text("[data-reason=pool]")
    expect(page.locator(".answer").first).to_have_class("answer applied")


def test_a_room_warms_up_before_the_residents_eyes(
    homes: dict[str, int], field: Field, open_page: OpenPage
) -> None:
    page = open_page(world.RESIDENT)
    page.goto(f"/homes/{homes['home']}/")
    expect(page.locator(".link-state")).to_have_attribute("data-state", "live")
    at = datetime.now(tz=ZONE)

    field.say(world.SENSOR, "temperature", {"measured_at": utc(at), "temperature_c": 22.7})

    expect(page.locator(".room .value")).to_have_text("22.7")
    expect(page.locator(".room time")).to_have_attribute("datetime", utc(at))
