"""A killed ingest process loses nothing that the broker has acknowledged, and stores nothing twice."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from django.conf import settings

from accounts.models import Household, Utility
from accounts.scope import across_utilities, utility_scope
from metering import topics
from metering.models import QuarantinedMessage, Reading
from tests.factories import a_household
from tests.metering.factories import NOON, a_message, a_meter, native
from tests.metering.mqtt.processes import ingest, mosquitto, publish_all, until

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

MESSAGES = 20_000
METERS = 50


@pytest.fixture(params=["embedded", pytest.param("mosquitto", marks=pytest.mark.mosquitto)])
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of the broker of the tests, or of a mosquitto."""
    if request.param == "embedded":
        yield settings.MQTT_URL
        return
    with mosquitto(tmp_path) as url:
        yield url


def stored() -> int:
    """How many readings the database holds."""
    with across_utilities("a test's count"):
        return Reading.objects.count()


def messages(utility: Utility) -> list[tuple[str, bytes]]:
    """MESSAGES readings of METERS registered meters, no two alike."""
    with utility_scope(utility):
        household = a_household()
        meters = [a_meter(household=household) for _ in range(METERS)]
    return [
        (
            topics.up(utility=utility.slug, device=meters[n % METERS].identity, channel="reading"),
            orjson.dumps(native(measured_at=NOON - timedelta(minutes=n // METERS), energy_kwh=n)),
        )
        for n in range(MESSAGES)
    ]


def test_killed_in_the_middle_and_started_again_it_stores_every_message_once(
    utility: Utility, broker: str, tmp_path: Path
) -> None:
    published = messages(utility)
    log = tmp_path / "ingest.log"
    with ingest(log, environment={"MQTT_URL": broker}) as process:
        publisher = threading.Thread(target=publish_all, args=(published,), kwargs={"url": broker})
        publisher.start()
        until(lambda: stored() > MESSAGES // 4, "a quarter is stored")
        process.send_signal(signal.SIGKILL)
        process.wait()
        at_the_kill = stored()
    publisher.join()
    assert 0 < at_the_kill < MESSAGES
    with ingest(tmp_path / "again.log", environment={"MQTT_URL": broker}):
        until(lambda: stored() == MESSAGES, "all is stored")
    assert QuarantinedMessage.objects.count() == 0


def test_told_to_stop_it_stops_at_once_and_keeps_its_session(household: Household, tmp_path: Path) -> None:
    meter = a_meter(household=household)
    with ingest(tmp_path / "first.log") as process:
        process.terminate()
        assert process.wait(timeout=30) == 0
    message = a_message(device=meter, payload=native())
    publish_all([(message.topic, message.payload)])
    assert Reading.objects.count() == 0
    with ingest(tmp_path / "second.log"):
        until(lambda: Reading.objects.count() == 1, "what came meanwhile is stored")
