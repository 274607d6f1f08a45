"""The home in which a meter hangs, for somebody who reads both its numbers off."""

from __future__ import annotations

from datetime import datetime

from accounts.models import Household
from accounts.period import at_instant
from accounts.scope import across_utilities
from metering.enums import DeviceKind
from metering.models import Installation


def home_of_meter(*, customer_number: str, serial: str, at: datetime) -> Household | None:
    """The one home with this customer number in which a heat meter with this serial hangs at ``at``."""
    with across_utilities("a person without a home belongs to no utility yet"):
        hung = Installation.objects.filter(
            at_instant(at),
            device__kind=DeviceKind.HEAT_METER,
            device__serial__iexact=serial,
            household__customer_number__iexact=customer_number,
        )
        homes = [row.household for row in hung.select_related("household__utility")[:2]]
    # Two utilities may have given out the same numbers; then neither home is opened by them.
    return homes[0] if len(homes) == 1 else None
