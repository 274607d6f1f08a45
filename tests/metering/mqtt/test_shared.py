"""Several workers share one subscription at mosquitto: each message to one of them, and none to nobody."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import orjson
import pytest

from accounts.models import Utility
from accounts.scope import across_utilities, utility_scope
from metering import topics
from metering.models import QuarantinedMessage, Reading
from tests.factories import a_household
from tests.metering.factories import NOON, a_meter, native
from tests.metering.mqtt.processes import ingest, mosquitto, publish_all, until

pytestmark = [pytest.mark.processes, pytest.mark.mosquitto, pytest.mark.django_db(transaction=True)]

MESSAGES = 4000


def stored() -> int:
    """How many readings the database holds."""
    with across_utilities("a test's count"):
        return Reading.objects.count()


def messages(utility: Utility) -> list[tuple[str, bytes]]:
    """Of one meter, no two alike."""
    with utility_scope(utility):
        meter = a_meter(household=a_household())
    topic = topics.up(utility=utility.slug, device=meter.identity, channel="reading")
    return [
        (topic, orjson.dumps(native(measured_at=NOON - timedelta(minutes=n), energy_kwh=n)))
        for n in range(MESSAGES)
    ]


def test_workers_that_are_killed_and_come_back_under_their_names_store_all_once(
    utility: Utility, tmp_path: Path
) -> None:
    published = messages(utility)
    quarter = MESSAGES // 4
    with mosquitto(tmp_path) as url, ExitStack() as running:
        one, two = (
            running.enter_context(ingest(tmp_path / name, environment={"MQTT_URL": url}, worker=name))
            for name in ("one", "two")
        )
        publish_all(published[:quarter], url=url)
        until(lambda: stored() == quarter, "both store")
        two.kill()
        two.wait()
        publish_all(published[quarter : 2 * quarter], url=url)
        one.kill()
        one.wait()
        # Nobody is there: what the sessions of both hold waits for them.
        publish_all(published[2 * quarter :], url=url)
        for name in ("one", "two"):
            log = tmp_path / f"{name}-again"
            running.enter_context(ingest(log, environment={"MQTT_URL": url}, worker=name))
            assert "session resumed" in log.read_text(encoding="utf-8")
        until(lambda: stored() == MESSAGES, "all is stored")
    assert QuarantinedMessage.objects.count() == 0
