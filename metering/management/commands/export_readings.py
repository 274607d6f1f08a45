"""`manage.py export_readings FILE`: stored readings as CSV or Parquet, as `import_readings` takes them."""

from __future__ import annotations

import logging
from argparse import ArgumentParser
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Utility
from accounts.period import EmptyPeriodError, Period, instants
from accounts.scope import utility_scope
from metering.queries.exports import SCHEMA, stored_readings
from metering.transfer.files import out

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """Exports the readings of one utility's local days; every export is logged."""

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
            period: Period[datetime] = instants(Period(options["first"], options["end"]), utility.zone)
            file = out(options["file"], SCHEMA)
        except (EmptyPeriodError, OSError) as error:
            raise CommandError(str(error)) from error
        rows = 0
        try:
            with utility_scope(utility):
                for portion in stored_readings(period, serials=options["meters"]):
                    file.write(portion)
                    rows += len(portion)
        finally:
            file.close()
        logger.info(
            "Exported %d readings of %s, %s to %s, to %s.",
            *(rows, utility.slug, options["first"], options["end"], options["file"]),
        )
        self.stdout.write(f"{rows} readings exported.")
