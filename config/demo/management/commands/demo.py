"""`manage.py demo`: the whole of Hearthline with a simulated community, a history and a fake Stripe."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.demo import parts, welcome
from config.stack.ports import PortTakenError
from config.stack.servers import ServerUnavailableError
from config.stack.service import Ports, serve
from config.stack.state import AlreadyRunningError
from config.stack.supervisor import StepFailedError


class Command(BaseCommand):
    """As `manage.py up`, with the demo's own components beside the rest."""

    help = "Run everything with a simulated community; prints addresses and logins."
    # The database that checks may want to see is started by this very command.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Ports, the twin's speed, and how much to say."""
        parser.add_argument("--port", type=int, default=Ports().web, help="the web's port (8000)")
        parser.add_argument("--live-port", type=int, default=Ports().live, help="the websockets' port (8001)")
        parser.add_argument(
            "--stripe-port", type=int, default=parts.STRIPE_PORT, help="the fake Stripe's port"
        )
        parser.add_argument("--speed", type=float, default=1.0, help="quickens the homes' physics only")
        parser.add_argument("--votes", action="store_true", help="let simulated residents vote now and then")
        parser.add_argument("--verbose", action="store_true", help="show the components' own output too")

    def handle(self, *_args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        """Serve until told to stop."""
        ports = Ports(web=options["port"], live=options["live_port"])
        try:
            serve(
                directory=settings.STATE_DIR,
                ports=ports,
                extras=parts.extras(
                    settings.STATE_DIR,
                    ports=ports,
                    wishes=parts.Wishes(
                        stripe_port=options["stripe_port"], speed=options["speed"], votes=options["votes"]
                    ),
                    now=timezone.now(),
                ),
                quiet=not options["verbose"],
                on_ready=self._welcome,
            )
        except (AlreadyRunningError, PortTakenError, ServerUnavailableError, StepFailedError) as error:
            raise CommandError(str(error)) from error

    def _welcome(self, addresses: Mapping[str, str]) -> None:
        self.stdout.write(welcome.text(addresses, log=settings.STATE_DIR / "log" / "hearthline.log"))
        self.stdout.flush()
