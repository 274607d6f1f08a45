"""`manage.py control`: the process that steers the substations."""

from __future__ import annotations

import signal
from datetime import timedelta
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from control.mqtt.link import ControlLink
from control.mqtt.process import ControlProcess
from control.weather import ClimateModel, OpenMeteo, Provider

PROVIDERS: Final = ("climate", "open-meteo")


class Command(BaseCommand):
    """Reads, decides, sends and listens until told to stop."""

    help = "Steer the substations: decide targets, publish them, record the stations' answers."

    def handle(self, *_args: Any, **_options: Any) -> None:  # noqa: ANN401 - Django's signature
        """Run until SIGTERM or SIGINT."""
        weather = _provider(settings.WEATHER_PROVIDER)
        process = ControlProcess(
            link=ControlLink(),
            weather=weather,
            tick_every=timedelta(seconds=settings.CONTROL_TICK_SECONDS),
        )

        def stop(*_signal: object) -> None:
            process.stop.set()
            process.link.wake.set()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        self.stdout.write(f"control: every {settings.CONTROL_TICK_SECONDS:g} s, weather {weather.source}")
        process.run()
        self.stdout.write("control: stopped")


def _provider(name: str) -> Provider:
    if name not in PROVIDERS:
        raise CommandError(f"WEATHER_PROVIDER is '{name}'; it must be one of {', '.join(PROVIDERS)}.")
    return ClimateModel() if name == "climate" else OpenMeteo(url=settings.OPEN_METEO_URL)
