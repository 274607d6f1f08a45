"""`manage.py demo_bills`: issue the demo's bills for the season so far, once its readings are in."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.demo import bills, seed


class Command(BaseCommand):
    """Idempotent: where bills have been issued, it does nothing."""

    help = "Wait for the back-fill, then bill the season so far."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How long to wait for the readings."""
        parser.add_argument("--wait", type=float, default=900.0, help="seconds")

    def handle(self, *_args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        """Wait and bill."""
        utility = seed.find()
        if utility is None:
            raise CommandError("The demo has not been seeded: run manage.py demo.")
        try:
            run = bills.bill_season_so_far(utility, now=timezone.now(), wait_seconds=options["wait"])
        except bills.ReadingsMissingError as error:
            raise CommandError(str(error)) from error
        if run is None:
            self.stdout.write("bills have been issued before")
        else:
            self.stdout.write(
                f"{run.bills} bills issued, {len(run.skipped)} homes skipped {dict(run.reasons)}"
            )
