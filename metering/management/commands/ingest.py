"""`manage.py ingest`: stores what devices say, for as long as it runs."""

from __future__ import annotations

import gc
import signal
from argparse import ArgumentParser
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand
from prometheus_client import start_http_server

from config.mqtt import broker_address
from metering import topics
from metering.mqtt.ingestor import WINDOW, Ingestor
from metering.mqtt.receiver import Receiver

CLIENT_ID: Final = "hearthline-ingest"
SHARE: Final = "$share/ingest/"


class Command(BaseCommand):
    """Receives, stores and acknowledges until SIGTERM or Ctrl-C."""

    help = "Store what devices say until told to stop; what is not stored by then stays with the broker."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which of many, where many share the subscription."""
        parser.add_argument(
            "--worker", default="", help="this process's own name; needs MQTT_SHARED_SUBSCRIPTION"
        )

    def handle(self, *_args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        """Serve until told to stop."""
        worker: str = options["worker"]
        shared = settings.MQTT_SHARED_SUBSCRIPTION
        receiver = Receiver(
            address=broker_address(settings.MQTT_URL),
            # The name of the session the broker keeps for us, so it must not change between starts.
            client_id=f"{CLIENT_ID}-{worker}" if shared and worker else CLIENT_ID,
            subscription=f"{SHARE}{topics.ALL_UP}" if shared else topics.ALL_UP,
            window=WINDOW,
        )
        ingestor = Ingestor(receiver)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ingestor.stop())
        if settings.METRICS_PORT:
            start_http_server(settings.METRICS_PORT, addr="127.0.0.1")
        # What was imported lives as long as the process; and a batch makes thousands of tuples without a
        # cycle, which the collector need not look through every seven hundred.
        gc.freeze()
        gc.set_threshold(100_000, 50, 100)
        ingestor.run()
