"""`manage.py replay_quarantine`: give everything that waits another chance."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from metering.enums import Reason
from metering.operations.quarantine import release_quarantined
from metering.queries.quarantine import waiting_ids


class Command(BaseCommand):
    """Releases what can be stored by now; the rest waits on with the reason of today."""

    help = "Store the waiting messages of the quarantine that can be stored by now."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which ones, if not all."""
        parser.add_argument("--reason", choices=Reason.values, default="", help="only messages kept for it")

    def handle(self, *_args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        """Release and say how many."""
        waiting = waiting_ids(reason=options["reason"])
        released = release_quarantined(message_ids=waiting, at=timezone.now())
        self.stdout.write(f"{released} of {len(waiting)} waiting messages released.")
