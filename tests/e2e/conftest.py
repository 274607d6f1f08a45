"""One service, one world, one browser and one line to the broker for all walks."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import paho.mqtt.client as paho
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from config.mqtt import broker_address, new_client, start
from tests.e2e import world
from tests.e2e.stack import Running, running, seed, until
from tests.factories import PASSWORD

CHROMIUM = shutil.which("chromium") or "/usr/bin/chromium"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
PHONE: ViewportSize = {"width": 390, "height": 844}
# Long for a person, short for a machine on which eight others work.
PATIENCE_MS = 60_000


class Field:
    """What stands in the field: devices that publish, and one ear for what is sent to them."""

    def __init__(self, client: paho.Client) -> None:
        """Speak and listen through ``client``."""
        self.client = client
        self.targets: list[dict[str, Any]] = []
        client.on_message = self._hear

    def say(self, device: str, channel: str, payload: object) -> None:
        """Publish as ``device`` and wait for the broker's word."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        topic = f"heat/v1/{world.SLUG}/up/{device}/{channel}"
        self.client.publish(topic, body, qos=1).wait_for_publish(30)

    def _hear(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        if message.payload:
            self.targets.append(json.loads(message.payload))


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The real processes."""
    with running(tmp_path_factory.mktemp("service")) as service:
        yield service


@pytest.fixture(scope="session")
def homes(service: Running) -> dict[str, int]:
    """The keys of the two homes in the world, "home" and "second"."""
    return seed(service)


@pytest.fixture(scope="session")
def field(service: Running, homes: dict[str, int]) -> Iterator[Field]:  # noqa: ARG001 - the world has to be there
    """The devices of the world."""
    address = broker_address(service.mqtt_url)
    client = new_client(client_id="field", address=address)
    field = Field(client)
    start(client, address)
    until(client.is_connected, "the field connects")
    client.subscribe(f"heat/v1/{world.SLUG}/down/{world.CONTROLLER}/target", qos=1)
    yield field
    client.disconnect()
    client.loop_stop()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A real browser; gone after its module, for its driver leaves an event loop running until then."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture
def faults() -> Iterator[list[str]]:
    """Whatever a page's own scripts or its policy complain about; a test fails if it is not empty."""
    heard: list[str] = []
    yield heard
    assert heard == []


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(service: Running, chromium: Browser, faults: list[str]) -> Iterator[OpenPage]:
    """Opens a phone's (or a desk's) browser as somebody, at the first page."""
    contexts: list[BrowserContext] = []

    def open_as(email: str, *, locale: str = "en") -> Page:
        context = chromium.new_context(viewport=PHONE, locale=locale, base_url=service.web)
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
        page.goto("/accounts/login/")
        page.fill("[name=login]", email)
        page.fill("[name=password]", PASSWORD)
        page.click("form[action='/accounts/login/'] button.main")
        page.wait_for_url("**/homes/**")
        return page

    yield open_as
    for context in contexts:
        context.close()


def utc(at: datetime) -> str:
    """An instant as devices write it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
