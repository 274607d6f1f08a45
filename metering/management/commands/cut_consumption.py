"""`manage.py cut_consumption`: do now what the task does every few seconds, or all of it anew."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import Utility
from accounts.scope import utility_scope
from metering.operations.consumption import cut_consumption, mark_everything


class Command(BaseCommand):
    """Cuts what is marked; with ``--again`` everything a utility ever measured."""

    help = "Cut registers into hours, days and months of consumption."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whose, and how much of it."""
        parser.add_argument("--utility", default="", help="the utility's short name; all of them without it")
        parser.add_argument("--again", action="store_true", help="not only what is marked: everything")

    def handle(self, *_args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        """Cut and say how much."""
        utilities = Utility.objects.order_by("slug")
        if options["utility"]:
            utilities = utilities.filter(slug=options["utility"])
            if not utilities:
                raise CommandError(f"There is no utility '{options['utility']}'.")
        for utility in utilities:
            with utility_scope(utility):
                if options["again"]:
                    mark_everything()
                done = cut_consumption(at=timezone.now())
            self.stdout.write(f"{utility.slug}: {done.rows} rows of consumption changed.")
