from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.models import Household, Utility
from accounts.period import Period, local_midnight
from accounts.scope import utility_scope
from billing.models import Invoice
from config.demo import bills, seed
from metering.enums import DeviceKind
from metering.models import Installation, Reading

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


@pytest.fixture
def seeded(db: None) -> Utility:  # noqa: ARG001 - it is the database
    """The demo's utility."""
    return seed.seed(now=NOW)


def read_all_meters(utility: Utility, at: datetime, *, energy_wh: int, leave_out: int = 0) -> None:
    with utility_scope(utility):
        hung = Installation.objects.filter(device__kind=DeviceKind.HEAT_METER).order_by("device")
        Reading.objects.bulk_create(
            Reading(device_id=each.device_id, measured_at=at, energy_wh=energy_wh, received_at=at)
            for each in hung[leave_out:]
        )


def test_once_the_readings_are_in_every_home_is_billed_up_to_last_midnight(seeded: Utility) -> None:
    first, today = date(2026, 11, 15), date(2026, 11, 22)
    read_all_meters(seeded, local_midnight(first, seeded.zone), energy_wh=5_000_000)
    read_all_meters(seeded, local_midnight(today, seeded.zone), energy_wh=5_100_000)
    run = bills.bill_season_so_far(seeded, now=NOW, wait_seconds=0)
    assert run is not None
    assert (run.bills, run.skipped) == (240, [])
    with utility_scope(seeded):
        home = Household.objects.get(customer_number="NR-00118")
        invoice = Invoice.objects.get(household=home)
    assert Period(invoice.period_start, invoice.period_end) == Period(first, today)
    # 78.60 m² at 12 yuan for 7 of 121 days, and 100 kWh at 0.16 yuan.
    assert invoice.total_minor == 5457 + 1600


def test_a_second_run_issues_nothing(seeded: Utility) -> None:
    test_once_the_readings_are_in_every_home_is_billed_up_to_last_midnight(seeded)
    assert bills.bill_season_so_far(seeded, now=NOW + timedelta(days=3), wait_seconds=0) is None
    with utility_scope(seeded):
        assert Invoice.objects.count() == 240


def test_readings_that_do_not_come_are_named_and_nothing_is_billed(seeded: Utility) -> None:
    today = date(2026, 11, 22)
    read_all_meters(seeded, local_midnight(today, seeded.zone), energy_wh=5_100_000, leave_out=1)
    with pytest.raises(bills.ReadingsMissingError, match="Only 239 of 240"):
        bills.bill_season_so_far(seeded, now=NOW, wait_seconds=0)
    with utility_scope(seeded):
        assert not Invoice.objects.exists()
