"""What the demo says when it is up: where to go and as whom."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from config.demo.people import PASSWORD, PEOPLE

# The fake Stripe takes Stripe's own test cards.
CARD: Final = "4242 4242 4242 4242, any future date, any CVC"


def text(addresses: Mapping[str, str], *, log: Path) -> str:
    """The whole message, a line a fact."""
    web = addresses["PUBLIC_URL"]
    logins = [f"    {person.email:<36} {person.what}" for person in PEOPLE]
    lines = [
        "",
        "  Hearthline runs with a simulated community: 2 substations, 12 buildings, 240 homes.",
        "",
        f"  Resident's page    {web}/",
        f"  Admin              {web}/admin/",
        f"  API docs           {web}/api/docs/",
        f"  MQTT               {addresses['MQTT_URL']}   (topics: docs/mqtt.md)",
        f"  Pay with           {CARD}",
        "",
        f"  Sign in with the password  {PASSWORD}  as",
        *logins,
        "",
        "  The season so far is being told; its bills are issued when it has arrived.",
        f"  Log: {log}   Stop: Ctrl-C",
        "",
    ]
    return "\n".join(lines)
