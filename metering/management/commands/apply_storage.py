"""`manage.py apply_storage`: compress as the rules say, now, and set how long chunks are."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from metering.operations.policies import apply_policies


class Command(BaseCommand):
    """Applies the utilities' storage rules to TimescaleDB's policies."""

    help = "Let TimescaleDB compress what was measured as the storage rules say."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """How long chunks are."""
        parser.add_argument("--chunk-days", type=int, help="length of the chunks made from now on, in days")

    def handle(self, *_args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        """Apply and say what changed."""
        days = options["chunk_days"]
        if days is not None and not 1 <= days <= 366:  # noqa: PLR2004 - a day to a year
            raise CommandError("A chunk is 1 to 366 days long.")
        changed = apply_policies(chunk_days=days)
        self.stdout.write(f"Compression policies changed: {', '.join(changed) or 'none'}.")
