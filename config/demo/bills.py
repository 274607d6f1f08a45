"""The season's bills so far, once its readings have come in."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Final

from accounts.models import Utility
from accounts.period import Period, local_midnight
from accounts.scope import utility_scope
from billing.models import HeatingSeason, Invoice
from billing.operations.periods import BillingRun, Step, bill_period
from metering.enums import DeviceKind
from metering.models import Installation, Reading

POLL_SECONDS: Final = 0.5


class ReadingsMissingError(RuntimeError):
    """The readings that the bills are cut at did not come in time."""


def bill_season_so_far(utility: Utility, *, now: datetime, wait_seconds: float) -> BillingRun | None:
    """Bill from the season's first day to last midnight; None where bills have been issued already.

    Raises:
        ReadingsMissingError: not all meters' readings of last midnight came within ``wait_seconds``.
    """
    today = utility.local_date(now)
    with utility_scope(utility):
        if Invoice.objects.exists():
            return None
        season = HeatingSeason.objects.filter(starts_on__lt=today).latest("starts_on")
    _wait_for_readings(utility, local_midnight(today, utility.zone), patience=wait_seconds)
    period = Period(season.starts_on, today)
    return bill_period(utility=utility, period=period, at=now, step=Step.ISSUE)


def _wait_for_readings(utility: Utility, midnight: datetime, *, patience: float) -> None:
    deadline = time.monotonic() + patience
    with utility_scope(utility):
        meters = Installation.objects.filter(device__kind=DeviceKind.HEAT_METER, ends_at=None).count()
        while (arrived := Reading.objects.filter(measured_at=midnight).count()) < meters:
            if time.monotonic() > deadline:
                raise ReadingsMissingError(
                    f"Only {arrived} of {meters} meters' readings of {midnight.isoformat()} came in."
                )
            time.sleep(POLL_SECONDS)
