"""A killed ingest process loses nothing that the broker has acknowledged, and stores nothing twice."""

from __future__ import annotations

import signal
import threading
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
from tests.metering.mqtt.processes import ingest, publish_all, until

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]

MESSAGES = 20_000
METERS = 50


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
    utility: Utility, tmp_path: Path
) -> None:
    published = messages(utility)
    log = tmp_path / "ingest.log"
    with ingest(log) as process:
        publisher = threading.Thread(target=publish_all, args=(published,))
        publisher.start()
        until(lambda: stored() > MESSAGES // 4, "a quarter is stored")
        process.send_signal(signal.SIGKILL)
        process.wait()
        at_the_kill = stored()
    publisher.join()
    assert 0 < at_the_kill < MESSAGES
    with ingest(tmp_path / "again.log"):
        until(lambda: stored() == MESSAGES, "all is stored")
    assert QuarantinedMessage.objects.count() == 0
