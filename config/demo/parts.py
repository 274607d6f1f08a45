"""What the demo runs beside the stack, and the settings that lead there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
from config.stack.service import Extras, Ports, manage

STRIPE_PORT: Final = 8002
# A vote should move the plant while its giver still looks at the screen.
TICK_SECONDS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What was asked of the demo."""

    stripe_port: int = STRIPE_PORT
    speed: float = 1.0
    votes: bool = False


def extras(directory: Path, *, ports: Ports, wishes: Wishes, now: datetime) -> Extras:
    """The seeding with the migration, the twin, the fake Stripe, and the bills that nobody waits for."""
    stripe_port = wishes.stripe_port
    voters = [Component(name="voters", command=manage("demo_votes"), after=("twin",), ready_line="listen")]
    return Extras(
        components=[
            *(voters if wishes.votes else []),
            _twin(speed=wishes.speed, now=now),
            _fake_stripe(directory, port=stripe_port, web_port=ports.web),
            Component(name="bills", command=manage("demo_bills"), after=("twin",), once=True, awaited=False),
        ],
        addresses=_addresses(stripe_port=stripe_port),
        # In one process, because starting one takes a second.
        prepare=manage("demo_seed", "--migrate"),
    )


def _twin(*, speed: float, now: datetime) -> Component:
    """The community; it speaks once the ingestion listens."""
    zone = ZoneInfo(plan.TIME_ZONE)
    heated_since = local_midnight(season(now.astimezone(zone).date()).start, zone)
    options = (f"--utility={plan.SLUG}", f"--speed={speed:g}", f"--backfill-from={heated_since.isoformat()}")
    return Component(
        name="twin", command=manage("twin", *options), after=("migrate", "ingest"), ready_line="on line"
    )


def _fake_stripe(directory: Path, *, port: int, web_port: int) -> Component:
    options = (
        f"--port={port}",
        f"--webhook=http://{HOST}:{web_port}/api/v1/payments/stripe/webhook",
        f"--merchant={plan.NAME}",
        f"--state={directory / 'fakestripe.json'}",
    )
    return Component(
        name="fakestripe",
        command=manage("fakestripe", *options),
        after=("twin",),
        address=f"tcp://{HOST}:{port}",
    )


def _addresses(*, stripe_port: int) -> Mapping[str, str]:
    """Settings of the demo: its payment provider, its weather, its hurry."""
    return {
        "STRIPE_API_BASE": f"http://{HOST}:{stripe_port}",
        "STRIPE_SECRET_KEY": DEMO_KEY,
        "STRIPE_WEBHOOK_SECRETS": DEMO_WEBHOOK_SECRET,
        "WEATHER_PROVIDER": "climate",
        "CONTROL_TICK_SECONDS": str(TICK_SECONDS),
    }
