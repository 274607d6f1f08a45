"""`manage.py import_readings FILE`: readings out of CSV or Parquet, as if the meters had sent them."""

from __future__ import annotations

import csv
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import Utility
from accounts.scope import utility_scope
from metering.management.progress import Progress
from metering.operations.imports import Wishes, import_readings
from metering.transfer.columns import HeaderError, layout
from metering.transfer.files import UnreadableFileError, header, lines
from metering.transfer.rows import Dialect, Fault


class Command(BaseCommand):
    """Imports a file; the same one again changes nothing."""

    help = "Import readings from a CSV or Parquet file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which file, whose, and how it is written."""
        parser.add_argument("file", type=Path, help="FILE.csv (UTF-8) or FILE.parquet")
        parser.add_argument("--utility", required=True, help="the utility's short name")
        parser.add_argument("--zone", default="", help="IANA zone of instants that bring none")
        parser.add_argument("--decimal-comma", action="store_true", help="numbers are written 1.234,5")
        parser.add_argument("--dry-run", action="store_true", help="look at every row, store none")
        parser.add_argument("--faults", type=Path, help="write refused rows here: line, column, reason")

    def handle(self, *_args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        """Import and say what became of the rows.

        Raises:
            CommandError: no such utility, zone or file, or not one of readings.
        """
        utility = Utility.objects.filter(slug=options["utility"]).first()
        if utility is None:
            raise CommandError(f"There is no utility '{options['utility']}'.")
        progress = Progress(sys.stderr)
        with ExitStack() as exits, utility_scope(utility):
            on_fault: Callable[[Fault], object] = self._say
            if options["faults"]:
                stream = exits.enter_context(options["faults"].open("w", encoding="utf-8", newline=""))
                table = csv.writer(stream)
                table.writerow(Fault._fields)
                on_fault = table.writerow
            try:
                wishes = Wishes(
                    layout=layout(header(options["file"])),
                    dialect=Dialect(_zone(options["zone"]), decimal_comma=options["decimal_comma"]),
                    dry_run=options["dry_run"],
                    on_fault=on_fault,
                    on_portion=lambda _so_far, share: progress(share),
                )
                done = import_readings(lines(options["file"]), wishes=wishes, at=timezone.now())
            except (HeaderError, UnreadableFileError, OSError) as error:
                raise CommandError(str(error)) from error
        progress.done()
        would = " would be" if options["dry_run"] else ""
        self.stdout.write(
            f"{done.rows} rows: {done.stored}{would} stored, {done.duplicates} known already, "
            f"{done.refused} refused."
        )

    def _say(self, fault: Fault) -> None:
        self.stderr.write(f"Line {fault.line}, {fault.column or 'row'}: {fault.reason}")


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise CommandError(f"{name} is not an IANA time zone.") from error
