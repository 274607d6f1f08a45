"""`manage.py import_bank`: a bank's statement from a terminal or a cron job."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import Utility
from accounts.scope import utility_scope
from billing.operations.bank import import_statement
from billing.payments.bank_files import UnreadableStatementError


class Command(BaseCommand):
    """Import CAMT.053 or CSV files of one utility's bank account; lines known before are left alone."""

    help = "Import bank statements (CAMT.053 or CSV) and match what is sure."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--utility", required=True, help="the utility's slug")
        parser.add_argument("--dry-run", action="store_true", help="say what would be done, keep nothing")
        parser.add_argument("files", nargs="+", type=Path)

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        """Import each file; the rows that could not be read are named."""
        utility = Utility.objects.filter(slug=options["utility"]).first()
        if utility is None:
            raise CommandError(f"No utility is called {options['utility']}.")
        for file in options["files"]:
            with utility_scope(utility):
                self._import(file, dry_run=options["dry_run"])

    def _import(self, file: Path, *, dry_run: bool) -> None:
        try:
            done = import_statement(
                content=file.read_bytes(), file_name=file.name, by=None, at=timezone.now(), dry_run=dry_run
            )
        except (UnreadableStatementError, OSError) as error:
            raise CommandError(f"{file}: {error}") from error
        tried = " (only tried)" if dry_run else ""
        self.stdout.write(
            f"{file.name}: {done.new} new, {done.known} known, {done.matched} matched, "
            f"{done.to_match} to match, {done.outgoing} outgoing{tried}"
        )
        for row, reason in done.errors:
            self.stderr.write(f"{file.name} row {row}: {reason}")
