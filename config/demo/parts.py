"""What the demo runs beside the stack, and the settings that lead there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from accounts.period import local_midnight
from billing.fakestripe.keys import DEMO_KEY, DEMO_WEBHOOK_SECRET
from config.demo import plan
from config.demo.season import season
from config.stack.component import Component
from config.stack.ports import HOST
from config.stack.service import Ports, manage

STRIPE_PORT: Final = 8002
# A vote should move the plant while its giver still looks at the screen.
TICK_SECONDS: Final = 20


def components(
    directory: Path, *, ports: Ports, stripe_port: int, speed: float, now: datetime
) -> list[Component]:
    """The seeding, the twin, the fake Stripe, and the bills that nobody waits for."""
    zone = ZoneInfo(plan.TIME_ZONE)
    heated_since = local_midnight(season(now.astimezone(zone).date()).start, zone)
    webhook = f"http://{HOST}:{ports.web}/api/v1/payments/stripe/webhook"
    return [
        Component(name="seed", command=manage("demo_seed"), after=("migrate",), once=True),
        Component(
            name="twin",
            command=manage(
                "twin",
                f"--utility={plan.SLUG}",
                f"--speed={speed:g}",
                f"--backfill-from={heated_since.isoformat()}",
            ),
            after=("seed", "ingest"),
        ),
        Component(
            name="fakestripe",
            command=manage(
                "fakestripe",
                f"--port={stripe_port}",
                f"--webhook={webhook}",
                f"--merchant={plan.NAME}",
                f"--state={directory / 'fakestripe.json'}",
            ),
            address=f"tcp://{HOST}:{stripe_port}",
        ),
        Component(name="bills", command=manage("demo_bills"), after=("seed",), once=True, awaited=False),
    ]


def addresses(*, stripe_port: int) -> Mapping[str, str]:
    """Settings of the demo: its payment provider, its weather, its hurry."""
    return {
        "STRIPE_API_BASE": f"http://{HOST}:{stripe_port}",
        "STRIPE_SECRET_KEY": DEMO_KEY,
        "STRIPE_WEBHOOK_SECRETS": DEMO_WEBHOOK_SECRET,
        "WEATHER_PROVIDER": "climate",
        "CONTROL_TICK_SECONDS": str(TICK_SECONDS),
    }
