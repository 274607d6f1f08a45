"""`manage.py export_readings FILE`: stored readings as CSV or Parquet, as `import_readings` takes them."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import Utility
from accounts.period import EmptyPeriodError, Period
from accounts.scope import utility_scope
from metering.operations.exports import export_readings


class Command(BaseCommand):
    """Exports the readings of one utility's local days; every export is on record."""

    help = "Export readings to a CSV or Parquet file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to, whose, and which."""
        parser.add_argument("file", type=Path, help="FILE.csv or FILE.parquet")
        parser.add_argument("--utility", required=True, help="the utility's short name")
        parser.add_argument("--from", dest="first", type=date.fromisoformat, required=True, help="first day")
        parser.add_argument(
            "--to", dest="end", type=date.fromisoformat, required=True, help="day after the last"
        )
        parser.add_argument("--meters", nargs="*", default=[], help="serial numbers; all meters without")

    def handle(self, *_args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        """Export and say how many.

        Raises:
            CommandError: no such utility, an empty period, or a file that cannot be written.
        """
        utility = Utility.objects.filter(slug=options["utility"]).first()
        if utility is None:
            raise CommandError(f"There is no utility '{options['utility']}'.")
        try:
            days = Period(options["first"], options["end"])
            with utility_scope(utility):
                done = export_readings(
                    path=options["file"],
                    days=days,
                    serials=set(options["meters"]),
                    by=None,
                    at=timezone.now(),
                )
        except (EmptyPeriodError, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{done.rows} readings exported.")
