"""`manage.py fakestripe`: the stand-in for Stripe, for the demo."""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path

from django.core.management.base import BaseCommand

from billing.fakestripe.keys import DEMO_KEY, DEMO_WEBHOOK_SECRET
from billing.fakestripe.server import FakeStripe


class Command(BaseCommand):
    """Serves until told to stop."""

    help = "Serve a fake Stripe on 127.0.0.1: API, hosted checkout page, signed webhooks."
    # It needs no database, so it may start before one is up.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """The port, where webhooks go, what the merchant is called, where the state is kept."""
        parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
        parser.add_argument("--webhook", default="", help="address that gets every event")
        parser.add_argument("--webhook-secret", default=DEMO_WEBHOOK_SECRET)
        parser.add_argument("--key", default=DEMO_KEY, help="the secret API key to accept")
        parser.add_argument("--merchant", default="Hearthline", help="the name on the hosted page")
        parser.add_argument(
            "--state", type=Path, default=None, help="file that keeps sessions over a restart"
        )

    def handle(self, **options: object) -> None:
        """Serve until SIGINT or SIGTERM."""
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        state = options["state"]
        fake = FakeStripe(
            port=int(str(options["port"])),
            secret_key=str(options["key"]),
            merchant=str(options["merchant"]),
            webhook_url=str(options["webhook"]),
            webhook_secret=str(options["webhook_secret"]),
            state_file=state if isinstance(state, Path) else None,
        )
        with fake:
            self.stdout.write(f"fake Stripe at {fake.base_url}")
            self.stdout.flush()
            stop.wait()
