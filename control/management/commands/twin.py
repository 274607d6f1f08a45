"""`manage.py twin`: a simulated community on the broker, obeying the targets it is sent."""

from __future__ import annotations

import signal
import threading
from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Utility
from control.twin import process, town
from control.twin.registry import NothingToSimulateError, read_layout


class Command(BaseCommand):
    """Reads the community from the database once, then speaks only MQTT."""

    help = "Simulate the homes, meters and stations of a utility; real timestamps, real MQTT."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which utility, how fast, from when on."""
        parser.add_argument("--utility", required=True, help="the utility's slug")
        parser.add_argument("--speed", type=_positive, default=1.0, help="quickens the homes' physics only")
        parser.add_argument("--backfill-from", type=_instant, help="ISO instant; ten days ago by default")
        parser.add_argument(
            "--backfill-rate", type=_positive, default=8000.0, help="values of the past a second"
        )
        parser.add_argument("--seed", type=int, default=1, help="another seed, other homes and people")

    def handle(self, *_args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        """Run until SIGTERM or Ctrl-C."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        now = datetime.now(UTC)
        try:
            utility = Utility.objects.get(slug=options["utility"])
            layout = read_layout(utility, now=now)
        except (Utility.DoesNotExist, NothingToSimulateError) as error:
            raise CommandError(f"There is nothing to simulate for '{options['utility']}': {error}") from error
        process.run(
            town.build(layout, seed=options["seed"]),
            options=process.Options(
                backfill_from=options["backfill_from"] or now - timedelta(days=10),
                path=settings.STATE_DIR / "twin" / f"{utility.slug}.npz",
                speed=options["speed"],
                values_per_s=options["backfill_rate"],
            ),
            stop=stop,
        )


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise ArgumentTypeError(f"{text} is not a positive number.")
    return value


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ArgumentTypeError(f"{text} has no zone; write it in UTC, with a Z.")
    return at
