"""A meter exchange loses no energy and invents none, whatever the registers of the two meters."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Household, User
from accounts.period import Period, local_midnight
from metering.enums import Finding, Quality
from metering.models import Device, Installation, MeterExchange, Reading, ReadingFlag
from metering.operations.exchange import ExchangeEffect, Slip, exchange_meter, preview_exchange, successor
from metering.operations.validation import validate_readings
from metering.queries.consumption import metered_energy
from tests.factories import a_clerk, a_household
from tests.metering.factories import a_device, a_gateway, a_meter
from tests.metering.operations.test_edits import come_in_elsewhere

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


def slip(old: Device, new: Device, *, final_wh: int, initial_wh: int, reason: str = "Battery low") -> Slip:
    """What the fitter wrote down."""
    return Slip(
        installation=Installation.objects.get(device=old),
        new_device=new,
        exchanged_at=EXCHANGED_AT,
        final_wh=final_wh,
        initial_wh=initial_wh,
        reason=reason,
        made_by=User.objects.filter(is_staff=True).first() or a_clerk(),
    )


def exchange(old: Device, new: Device, *, final_wh: int, initial_wh: int) -> ExchangeEffect:
    """The slip, entered."""
    return exchange_meter(slip=slip(old, new, final_wh=final_wh, initial_wh=initial_wh), at=AT)


@pytest.mark.parametrize("initial_wh", [0, 7_000, 56_842_170_000])
def test_the_energy_of_both_meters_is_billed_to_the_watt_hour(household: Household, initial_wh: int) -> None:
    old, new = a_meter(household=household, serial="OLD"), a_device(serial="NEW")
    arrive(old, {START: 5_000_000, START + timedelta(days=10): 5_240_000})
    exchange(old, new, final_wh=5_241_400, initial_wh=initial_wh)
    hung = Installation.objects.get(device=new)
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
    effect = exchange(old, new, final_wh=5_240_300, initial_wh=0)
    assert (effect.old_wh, effect.new_wh) == (300, 513_000)
    assert (effect.handed_over, effect.left_behind) == (513, 0)
    validate_readings(at=AT + HOUR)
    assert not ReadingFlag.objects.filter(device=new, is_unusable=True).exists()
    # 240.3 kWh of the old meter; the new one's register at midnight, 43 minutes after its 503rd hour.
    assert metered_energy([household.pk], JANUARY)[household.pk].energy_wh == 240_300 + 503_716
    assert Reading.objects.filter(device=old, measured_at__gt=EXCHANGED_AT).count() == 513


def test_the_same_slip_again_changes_nothing(household: Household) -> None:
    old, new = a_meter(household=household), a_device()
    exchange(old, new, final_wh=100, initial_wh=0)
    exchange(old, new, final_wh=100, initial_wh=0)
    assert MeterExchange.objects.count() == 1
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


def test_the_old_meter_that_goes_on_sending_gives_nothing_to_the_new_one(household: Household) -> None:
    old, new = a_meter(household=household), a_device()
    arrive(old, {START + n * HOUR: 5_000_000 + 1000 * n for n in range(241)})
    # In the fitter's van it says what it said last; in between the new one came under its name.
    van = {EXCHANGED_AT + n * HOUR: 5_240_300 for n in range(1, 40, 2)}
    arrive(old, van | {EXCHANGED_AT + n * HOUR: 9000 + 1000 * n for n in range(2, 40, 2)})
    effect = exchange(old, new, final_wh=5_240_300, initial_wh=9000)
    assert (effect.handed_over, effect.left_behind) == (19, 20)
    handed = Reading.objects.filter(device=new).order_by("measured_at").values_list("energy_wh", flat=True)
    assert list(handed) == [9000, *(9000 + 1000 * n for n in range(2, 40, 2))]


def test_a_new_meter_that_speaks_for_itself_is_handed_nothing_from_then_on(household: Household) -> None:
    old, new = a_meter(household=household), a_device()
    arrive(old, {START: 5_000_000} | {EXCHANGED_AT + n * HOUR: 1000 * n for n in (1, 2, 3)})
    arrive(new, {EXCHANGED_AT + 2 * HOUR: 2000})
    effect = exchange(old, new, final_wh=5_000_000, initial_wh=0)
    assert effect.handed_over == 1
    assert Reading.objects.filter(device=new).count() == 3


def test_a_final_register_past_a_roll_over_is_no_fall(household: Household) -> None:
    old, new = a_meter(household=household), a_device()
    arrive(old, {START + n * HOUR: (999_990_000 + 1000 * n) % 1_000_000_000 for n in range(241)})
    validate_readings(at=AT)
    assert ReadingFlag.objects.get(finding=Finding.ROLLOVER).measured_at == START + 10 * HOUR
    effect = exchange(old, new, final_wh=231_000, initial_wh=0)
    assert effect.old_wh == 1000
    arrive(new, {START + timedelta(days=31): 500_000})
    validate_readings(at=AT + HOUR)
    assert metered_energy([household.pk], JANUARY)[household.pk].energy_wh == 241_000 + 500_000


def test_the_register_may_roll_over_between_its_last_reading_and_the_exchange(household: Household) -> None:
    old, new = a_meter(household=household), a_device()
    arrive(old, {START: 999_000_000, START + timedelta(days=10): 999_999_000})
    effect = exchange(old, new, final_wh=400, initial_wh=0)
    assert effect.old_wh == 1400
    arrive(new, {START + timedelta(days=31): 500_000})
    validate_readings(at=AT + HOUR)
    assert metered_energy([household.pk], JANUARY)[household.pk].energy_wh == 1_000_400 + 500_000


def test_a_preview_says_what_would_happen_and_changes_nothing(household: Household) -> None:
    old, new = a_meter(household=household), a_device()
    arrive(old, {START: 5_000_000, EXCHANGED_AT + HOUR: 7000})
    previewed = preview_exchange(slip=slip(old, new, final_wh=5_100_000, initial_wh=2000), at=AT)
    assert (Installation.objects.count(), Reading.objects.count()) == (1, 2)
    assert not MeterExchange.objects.exists()
    assert previewed == ExchangeEffect(
        (START, 5_000_000), 100_000, (EXCHANGED_AT + HOUR, 7000), 5000, handed_over=1, left_behind=0
    )
    assert exchange(old, new, final_wh=5_100_000, initial_wh=2000) == previewed


def test_an_exchange_says_who_and_why_and_stays_as_it_is(household: Household) -> None:
    old, new = a_meter(household=household), a_device()
    exchange(old, new, final_wh=100, initial_wh=0)
    recorded = MeterExchange.objects.get()
    assert (recorded.final_wh, recorded.initial_wh, recorded.reason) == (100, 0, "Battery low")
    assert recorded.made_by.is_staff
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        MeterExchange.objects.update(final_wh=99)
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        recorded.delete()


def test_an_exchange_without_a_reason_is_refused(household: Household) -> None:
    old, new = a_meter(household=household), a_device()
    with pytest.raises(ValidationError, match="Say why"):
        exchange_meter(slip=slip(old, new, final_wh=100, initial_wh=0, reason=" "), at=AT)
    assert not MeterExchange.objects.exists()


def test_a_successor_is_found_by_its_serial_or_registered_on_the_same_gateway(household: Household) -> None:
    gateway = a_gateway()
    old = a_meter(household=household, gateway=gateway)
    known = a_device()
    assert successor(old=old, serial=known.serial) == known
    fresh = successor(old=old, serial="61000099", nominal_power_w=15_000)
    assert (fresh.gateway, fresh.kind, fresh.nominal_power_w) == (gateway, "heat_meter", 15_000)


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


@pytest.mark.django_db(transaction=True)
def test_readings_of_the_old_meter_come_in_while_its_exchange_is_not_yet_kept(household: Household) -> None:
    old, new = a_meter(household=household), a_device()
    arrive(old, {START: 5_000_000})
    with transaction.atomic():
        exchange(old, new, final_wh=5_240_300, initial_wh=0)
        come_in_elsewhere(old, hour=1)
        transaction.set_rollback(True)
    assert Reading.objects.filter(device=old).count() == 2
