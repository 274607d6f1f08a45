"""A meter exchange loses no energy and invents none, whatever the registers of the two meters."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Household
from accounts.period import Period, local_midnight
from metering.enums import Finding, Quality
from metering.models import Device, Installation, Reading, ReadingFlag
from metering.operations.exchange import exchange_meter
from metering.operations.validation import validate_readings
from metering.queries.consumption import metered_energy
from tests.factories import a_household
from tests.metering.factories import a_device, a_meter

HOUR = timedelta(hours=1)
START = local_midnight(date(2026, 1, 1), ZoneInfo("Asia/Shanghai"))
JANUARY = Period(date(2026, 1, 1), date(2026, 2, 1))
EXCHANGED_AT = START + timedelta(days=10, minutes=17)
AT = START + timedelta(days=33)


def arrive(meter: Device, registers_wh: dict[datetime, int]) -> None:
    """Readings at their instants."""
    Reading.objects.bulk_create(
        Reading(device=meter, measured_at=at, energy_wh=wh, received_at=at) for at, wh in registers_wh.items()
    )


def exchange(old: Device, new: Device, *, final_wh: int, initial_wh: int) -> Installation:
    """The fitter's slip."""
    return exchange_meter(
        installation=Installation.objects.get(device=old),
        new_device=new,
        exchanged_at=EXCHANGED_AT,
        final_wh=final_wh,
        initial_wh=initial_wh,
        at=AT,
    )


@pytest.mark.parametrize("initial_wh", [0, 7_000, 56_842_170_000])
def test_the_energy_of_both_meters_is_billed_to_the_watt_hour(household: Household, initial_wh: int) -> None:
    old, new = a_meter(household=household, serial="OLD"), a_device(serial="NEW")
    arrive(old, {START: 5_000_000, START + timedelta(days=10): 5_240_000})
    hung = exchange(old, new, final_wh=5_241_400, initial_wh=initial_wh)
    end = START + timedelta(days=31)
    arrive(new, {EXCHANGED_AT + HOUR: initial_wh + 5_000, end: initial_wh + 500_000})
    found = metered_energy([household.pk], JANUARY)[household.pk]
    assert [(one.serial, one.energy_wh) for one in found.meters] == [("OLD", 241_400), ("NEW", 500_000)]
    assert found.energy_wh == 741_400
    assert found.meters[0].closing.quality == found.meters[1].opening.quality == Quality.MEASURED
    assert (hung.household, hung.starts_at) == (household, EXCHANGED_AT)


def test_an_exchange_entered_late_takes_the_new_meters_readings_over(household: Household) -> None:
    old, new = a_meter(household=household), a_device()
    arrive(old, {START + n * HOUR: 5_000_000 + 1000 * n for n in range(241)})
    arrive(old, {EXCHANGED_AT + n * HOUR: 1000 * n for n in range(1, 514)})
    validate_readings(at=AT)
    assert ReadingFlag.objects.filter(finding=Finding.LEVEL, withdrawn_at=None).count() == 513
    assert metered_energy([household.pk], JANUARY)[household.pk].energy_wh == 240_000
    exchange(old, new, final_wh=5_240_300, initial_wh=0)
    validate_readings(at=AT + HOUR)
    assert not ReadingFlag.objects.filter(device=new, is_unusable=True).exists()
    # 240.3 kWh of the old meter; the new one's register at midnight, 43 minutes after its 503rd hour.
    assert metered_energy([household.pk], JANUARY)[household.pk].energy_wh == 240_300 + 503_716
    assert Reading.objects.filter(device=old, measured_at__gt=EXCHANGED_AT).count() == 513


def test_the_same_slip_again_changes_nothing(household: Household) -> None:
    old, new = a_meter(household=household), a_device()
    first = exchange(old, new, final_wh=100, initial_wh=0)
    assert exchange(old, new, final_wh=100, initial_wh=0) == first
    assert (Installation.objects.count(), Reading.objects.count()) == (2, 2)


def test_a_final_register_below_what_was_read_is_refused(household: Household) -> None:
    old, new = a_meter(household=household), a_device()
    arrive(old, {START: 5_000_000})
    with pytest.raises(ValidationError, match="below its reading"):
        exchange(old, new, final_wh=4_999_999, initial_wh=0)
    assert (Installation.objects.count(), Reading.objects.count()) == (1, 1)


def test_a_new_meter_that_hangs_elsewhere_is_refused_and_nothing_is_kept(household: Household) -> None:
    old = a_meter(household=household)
    taken = a_meter(household=a_household(building=household.building))
    with pytest.raises(ValidationError):
        exchange(old, taken, final_wh=100, initial_wh=0)
    assert Installation.objects.get(device=old).ends_at is None
    assert not Reading.objects.exists()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    opening=st.integers(0, 10**12),
    before=st.integers(0, 10**7),
    initial=st.integers(0, 10**12),
    after=st.integers(0, 10**7),
)
def test_whatever_the_registers_the_bill_is_their_two_differences(
    household: Household, opening: int, before: int, initial: int, after: int
) -> None:
    home = a_household(building=household.building)
    old, new = a_meter(household=home), a_device()
    arrive(old, {START: opening})
    exchange(old, new, final_wh=opening + before, initial_wh=initial)
    arrive(new, {START + timedelta(days=31): initial + after})
    assert metered_energy([home.pk], JANUARY)[home.pk].energy_wh == before + after
