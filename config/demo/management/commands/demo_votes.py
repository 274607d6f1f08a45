"""`manage.py demo_votes`: simulated residents vote now and then, until told to stop."""

from __future__ import annotations

import signal
import threading
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.demo import seed, voters

EVERY_S: Final = 60.0


class Command(BaseCommand):
    """Once a minute, whoever feels like it."""

    help = "Let the demo's residents vote by the temperature of their rooms."

    def handle(self, *_args: Any, **_options: Any) -> None:  # noqa: ANN401 - Django's signature
        """Run until SIGTERM or Ctrl-C."""
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        utility = seed.find()
        if utility is None:
            raise CommandError("The demo has not been seeded: run manage.py demo.")
        self.stdout.write("residents listen to themselves")
        while not stop.wait(EVERY_S):
            spoken = voters.cast(utility, at=timezone.now(), minutes=EVERY_S / 60)
            self.stdout.write(f"{spoken} residents voted")
