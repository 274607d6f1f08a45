"""`manage.py up`: the whole of Hearthline on this machine, under one supervisor."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.stack.ports import PortTakenError
from config.stack.servers import ServerUnavailableError
from config.stack.service import Ports, serve
from config.stack.state import AlreadyRunningError
from config.stack.supervisor import StepFailedError


class Command(BaseCommand):
    """Starts servers and processes, keeps them running, stops them on Ctrl-C."""

    help = "Start PostgreSQL, Valkey and the broker (unless settings name others) and all processes."
    # The database that checks may want to see is started by this very command.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Ports, and how much to say."""
        parser.add_argument("--port", type=int, default=Ports().web, help="the web's port (8000)")
        parser.add_argument("--live-port", type=int, default=Ports().live, help="the websockets' port (8001)")
        parser.add_argument("--quiet", action="store_true", help="states only; the rest stands in the log")

    def handle(self, *_args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        """Serve until told to stop."""
        try:
            serve(
                directory=settings.STATE_DIR,
                ports=Ports(web=options["port"], live=options["live_port"]),
                quiet=options["quiet"],
                on_ready=self._say_where,
            )
        except (AlreadyRunningError, PortTakenError, ServerUnavailableError, StepFailedError) as error:
            raise CommandError(str(error)) from error

    def _say_where(self, addresses: Mapping[str, str]) -> None:
        web = addresses["PUBLIC_URL"]
        self.stdout.write(f"\nHearthline is up: {web}   admin {web}/admin/   API {web}/api/docs/")
        self.stdout.write(f"MQTT 5 at {addresses['MQTT_URL']}", ending="")
        if "MQTT_V4_URL" in addresses:
            self.stdout.write(f", MQTT 3.1.1 at {addresses['MQTT_V4_URL']}", ending="")
        self.stdout.write(f"\nLog: {settings.STATE_DIR}/log/hearthline.log   Stop: Ctrl-C\n\n")
        self.stdout.flush()
