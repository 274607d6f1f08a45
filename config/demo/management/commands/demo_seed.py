"""`manage.py demo_seed`: put the demo's community on the map, once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from config.demo import seed


class Command(BaseCommand):
    """Idempotent: a second run finds everything there."""

    help = "Seed the demo's utility, homes, devices, people, tariff and control."
    requires_system_checks: list[str] = []

    def handle(self, *_args: Any, **_options: Any) -> None:  # noqa: ANN401 - Django's signature
        """Seed what is not there."""
        utility = seed.seed(now=timezone.now())
        self.stdout.write(f"{utility.name} ({utility.slug}) is on the map")
