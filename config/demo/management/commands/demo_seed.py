"""`manage.py demo_seed`: put the demo's community on the map, once."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone

from config.demo import seed


class Command(BaseCommand):
    """Idempotent: a second run finds everything there."""

    help = "Seed the demo's utility, homes, devices, people, tariff and control."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whether to migrate first."""
        parser.add_argument("--migrate", action="store_true", help="apply the migrations first")

    def handle(self, *_args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        """Seed what is not there."""
        if options["migrate"]:
            call_command("migrate", interactive=False)
        utility = seed.seed(now=timezone.now())
        self.stdout.write(f"{utility.name} ({utility.slug}) is on the map")
