"""Stored readings are validated as they arrive, and what is found decides what a home is billed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from accounts.models import Household
from accounts.period import Period
from accounts.scope import utility_scope
from metering.enums import Finding, Resolution
from metering.models import (
    Device,
    Installation,
    Reading,
    ReadingFlag,
    ValidationCursor,
    ValidationRequest,
)
from metering.operations.consumption import cut_consumption
from metering.operations.validation import Validated, ask_validation, validate_readings, validate_requested
from metering.queries.consumption import consumption, metered_energy
from metering.queries.neighbourhoods import AROUND, steps, touched, widened
from metering.tasks import validate_readings_task
from tests.factories import a_household, a_utility
from tests.metering.factories import a_meter

HOUR = timedelta(hours=1)
MIDNIGHT = datetime(2026, 1, 4, 16, tzinfo=UTC)  # of 5 January in Beijing
DAY_OF = Period(date(2026, 1, 5), date(2026, 1, 6))
LATER = MIDNIGHT + 48 * HOUR


def arrive(meter: Device, kwh: Mapping[int, float], *, received_at: datetime | None = None) -> None:
    """Readings by the hour after midnight."""
    Reading.objects.bulk_create(
        Reading(
            device=meter,
            measured_at=MIDNIGHT + hour * HOUR,
            energy_wh=round(value * 1000),
            received_at=received_at or MIDNIGHT + hour * HOUR,
        )
        for hour, value in kwh.items()
    )


def standing() -> list[tuple[int, str]]:
    """The findings that stand, by the hour."""
    rows = ReadingFlag.objects.filter(withdrawn_at=None).order_by("measured_at", "finding")
    return [((row.measured_at - MIDNIGHT) // HOUR, row.finding) for row in rows]


def billed_wh(home: Household) -> int:
    return metered_energy([home.pk], DAY_OF)[home.pk].energy_wh


@pytest.fixture
def meter(household: Household) -> Device:
    """A home's heat meter of 10 kW."""
    device = a_meter(household=household)
    device.nominal_power_w = 10_000
    device.save(update_fields=["nominal_power_w"])
    return device


def test_a_dip_is_flagged_and_neither_billed_nor_shown(household: Household, meter: Device) -> None:
    arrive(meter, {hour: 1000 + 5 * hour for hour in range(30)} | {10: 0})
    assert validate_readings(at=LATER) == Validated(stretches=1, found=1, withdrawn=0)
    assert standing() == [(10, Finding.DIP)]
    cut_consumption(at=LATER)
    series = consumption(household.pk, Period(MIDNIGHT, MIDNIGHT + 24 * HOUR), Resolution.HOUR)
    assert series.energy_wh.tolist() == [5000] * 24
    raw = consumption(household.pk, Period(MIDNIGHT, MIDNIGHT + 24 * HOUR), Resolution.RAW)
    assert MIDNIGHT + 10 * HOUR not in raw.starts
    assert billed_wh(household) == 120_000
    assert Reading.objects.get(device=meter, measured_at=MIDNIGHT + 10 * HOUR).energy_wh == 0


def test_a_bill_does_not_end_on_a_register_that_cannot_be_used(household: Household, meter: Device) -> None:
    arrive(meter, {0: 1000, 23: 1115, 24: 9_000_000, 25: 1125})
    validate_readings(at=LATER)
    assert standing() == [(24, Finding.SPIKE)]
    assert billed_wh(household) == 120_000


def test_a_roll_over_is_carried_on(household: Household, meter: Device) -> None:
    arrive(meter, {hour: (999_990 + 5 * hour) % 1_000_000 for hour in range(30)})
    validate_readings(at=LATER)
    assert standing() == [(2, Finding.ROLLOVER)]
    assert billed_wh(household) == 120_000


def test_a_meter_that_counts_in_tens_of_kilowatt_hours_is_not_frozen(meter: Device) -> None:
    arrive(meter, {hour: 1000 + 10 * (5 * hour // 10) for hour in range(12)})
    Reading.objects.update(power_w=5000)
    assert validate_readings(at=LATER).stretches == 1
    assert [hour for hour, finding in standing() if finding == Finding.FROZEN] == []


def test_a_second_run_finds_nothing_new(meter: Device) -> None:
    arrive(meter, {0: 1000, 1: 0, 2: 1010})
    validate_readings(at=LATER)
    assert validate_readings(at=LATER) == Validated(stretches=0, found=0, withdrawn=0)
    assert ValidationCursor.objects.get().validated_through == LATER
    ValidationCursor.objects.update(validated_through=MIDNIGHT)
    assert validate_readings(at=LATER) == Validated(stretches=1, found=0, withdrawn=0)


def test_a_late_reading_reopens_its_neighbourhood(household: Household, meter: Device) -> None:
    arrive(meter, {0: 1000, 1: 1005, 2: 0})
    validate_readings(at=MIDNIGHT + 3 * HOUR)
    assert standing() == [(2, Finding.DECREASE)]
    arrive(meter, {3: 1015, 25: 1125})
    assert validate_readings(at=LATER) == Validated(stretches=1, found=1, withdrawn=1)
    assert standing() == [(2, Finding.DIP)]
    withdrawn = ReadingFlag.objects.get(finding=Finding.DECREASE)
    assert (withdrawn.found_at, withdrawn.withdrawn_at) == (MIDNIGHT + 3 * HOUR, LATER)
    assert billed_wh(household) == 120_000


def test_a_run_whose_clock_is_behind_withdraws_when_it_was_found(meter: Device) -> None:
    arrive(meter, {0: 1000, 1: 1005, 2: 0})
    validate_readings(at=MIDNIGHT + 3 * HOUR)
    arrive(meter, {3: 1015})
    ask_validation(readings=[(meter.utility_id, meter.pk, MIDNIGHT)])
    validate_requested(at=MIDNIGHT + 2 * HOUR)
    assert standing() == [(2, Finding.DIP)]
    withdrawn = ReadingFlag.objects.get(finding=Finding.DECREASE)
    assert (withdrawn.found_at, withdrawn.withdrawn_at) == (MIDNIGHT + 3 * HOUR, MIDNIGHT + 3 * HOUR)


def test_an_estimate_gives_way_to_a_late_reading(household: Household, meter: Device) -> None:
    arrive(meter, {0: 1000, 24: 1120})
    gap = Period(MIDNIGHT, MIDNIGHT + 24 * HOUR)
    cut_consumption(at=LATER)
    before = consumption(household.pk, gap, Resolution.HOUR)
    arrive(meter, {12: 1100}, received_at=LATER)
    validate_readings(at=LATER)
    cut_consumption(at=LATER)
    after = consumption(household.pk, gap, Resolution.HOUR)
    assert before.energy_wh.tolist() == [5000] * 24
    assert after.energy_wh[:12].sum() == 100_000
    assert after.energy_wh.sum() == before.energy_wh.sum() == 120_000


def test_an_unrecorded_exchange_stays_known_however_far_back_it_was(meter: Device) -> None:
    arrive(meter, {0: 5000, 1: 5005} | {hour: float(hour) for hour in range(2, 8)})
    validate_readings(at=MIDNIGHT + 8 * HOUR)
    assert [finding for _hour, finding in standing()] == [Finding.LEVEL] * 6
    arrive(meter, {hour: float(hour) for hour in range(200, 206)})
    validate_readings(at=MIDNIGHT + 206 * HOUR)
    assert standing()[6:] == [(hour, Finding.LEVEL) for hour in range(200, 206)]


@pytest.mark.parametrize("count", [1, 3])
def test_the_statements_do_not_grow_with_the_meters(
    household: Household, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        arrive(a_meter(household=a_household(building=household.building)), {0: 10, 1: 0, 2: 20})
    validate_readings(at=MIDNIGHT)
    with django_assert_num_queries(20):
        assert validate_readings(at=LATER).stretches == count


def test_another_utilitys_readings_are_its_own_business(meter: Device) -> None:
    arrive(meter, {0: 1000, 1: 0, 2: 1010})
    with utility_scope(a_utility()):
        assert validate_readings(at=LATER) == Validated(stretches=0, found=0, withdrawn=0)
    assert standing() == []


def test_the_task_validates_every_utility(meter: Device) -> None:
    arrive(meter, {0: 1000, 1: 0, 2: 1010})
    validate_readings_task()
    assert standing() == [(1, Finding.DIP)]


@pytest.mark.parametrize("change", [{"finding": Finding.SPIKE}, {"detail": "other"}])
def test_a_finding_is_never_changed(meter: Device, change: dict[str, str]) -> None:
    arrive(meter, {0: 1000, 1: 0, 2: 1010})
    validate_readings(at=LATER)
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        ReadingFlag.objects.update(**change)
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        ReadingFlag.objects.all().delete()
    assert standing() == [(1, Finding.DIP)]


def resize(meter: Device, nominal_power_w: int | None) -> None:
    meter.nominal_power_w = nominal_power_w
    meter.save(update_fields=["nominal_power_w"])


def test_a_level_stays_open_for_a_season_and_bills_nothing(household: Household, meter: Device) -> None:
    arrive(meter, {0: 4000, 1: 4005} | {hour: 5.0 * hour for hour in range(2, 24 * 60, 6)})
    validate_readings(at=MIDNIGHT + 24 * HOUR)
    for day in range(2, 70, 7):
        validate_readings(at=MIDNIGHT + 24 * day * HOUR)
    levels = [hour for hour, finding in standing() if finding == Finding.LEVEL]
    assert levels == list(range(2, 24 * 60, 6))
    assert billed_wh(household) == 5000


def test_a_level_read_once_a_week_stays_open(meter: Device) -> None:
    arrive(meter, {0: 4000, 168: 4100} | {168 * week: 20.0 * week for week in range(2, 30)})
    for week in range(1, 31):
        validate_readings(at=MIDNIGHT + 168 * week * HOUR)
    assert [finding for _hour, finding in standing()] == [Finding.LEVEL] * 28


def test_a_frozen_register_is_noticed_for_as_long_as_it_stands(meter: Device) -> None:
    arrive(meter, {0: 1000, 1: 1005} | dict.fromkeys(range(2, 24 * 10), 1005.0))
    Reading.objects.filter(measured_at__lt=MIDNIGHT + 24 * HOUR).update(power_w=5000)
    Reading.objects.filter(measured_at__gte=MIDNIGHT + 24 * HOUR).update(power_w=20)
    for day in range(1, 12):
        validate_readings(at=MIDNIGHT + 24 * day * HOUR)
    assert [hour for hour, finding in standing() if finding == Finding.FROZEN] == list(range(4, 24 * 10))


def test_a_meter_of_unknown_size_is_judged_by_its_place(household: Household, meter: Device) -> None:
    resize(meter, None)
    arrive(meter, {hour: 1000 + 5 * hour for hour in range(30)} | {5: 15_000})
    validate_readings(at=LATER)
    assert standing() == [(5, Finding.SPIKE)]
    assert billed_wh(household) == 120_000


def test_another_size_judges_all_readings_anew(meter: Device) -> None:
    arrive(meter, {0: 1000, 1: 1005} | {hour: 1200 + 5 * hour for hour in range(2, 24 * 20)})
    validate_readings(at=MIDNIGHT + 24 * 30 * HOUR)
    assert len(standing()) == 24 * 20 - 2
    resize(meter, 200_000)
    done = validate_readings(at=MIDNIGHT + 24 * 30 * HOUR)
    assert (done.found, done.withdrawn) == (0, 24 * 20 - 2)
    assert not ValidationRequest.objects.exists()
    resize(meter, 10_000)
    validate_readings(at=MIDNIGHT + 24 * 30 * HOUR)
    assert len(standing()) == 24 * 20 - 2


def test_a_modulus_written_down_judges_anew(meter: Device) -> None:
    arrive(meter, {hour: float((49_990 + 5 * hour) % 50_000) for hour in range(24)})
    validate_readings(at=LATER)
    assert {finding for _hour, finding in standing()} == {Finding.LEVEL}
    meter.modulus_wh = 50_000_000
    meter.save(update_fields=["modulus_wh"])
    validate_readings(at=LATER)
    assert standing() == [(2, Finding.ROLLOVER)]


def test_another_installation_judges_anew(meter: Device) -> None:
    arrive(meter, {hour: 1000 + 5 * hour for hour in range(24 * 6)})
    validate_readings(at=LATER)
    assert standing() == []
    hung = Installation.objects.get(device=meter)
    hung.ends_at = MIDNIGHT + 24 * HOUR
    hung.save(update_fields=["ends_at"])
    validate_readings(at=LATER)
    assert standing() == [(hour, Finding.NOT_INSTALLED) for hour in range(25, 24 * 6)]
    hung.ends_at = MIDNIGHT + 24 * 5 * HOUR
    hung.save(update_fields=["ends_at"])
    validate_readings(at=LATER)
    assert standing() == [(hour, Finding.NOT_INSTALLED) for hour in range(24 * 5 + 1, 24 * 6)]


def test_a_change_that_judges_nothing_asks_for_nothing(meter: Device) -> None:
    arrive(meter, {0: 1000, 1: 1005})
    meter.model_name = "Sharky 774"
    meter.save()
    Installation.objects.get(device=meter).save()
    a_meter(household=a_household())
    assert not ValidationRequest.objects.exists()


def test_a_late_reading_far_back_is_followed_to_where_nothing_changes(meter: Device) -> None:
    falls = (
        {hour: 970_000.0 + hour for hour in range(-3, 1)}
        | {1: 1.0}
        | {24 * day: 30.0 * day for day in range(1, 60)}
    )
    arrive(meter, falls)
    validate_readings(at=MIDNIGHT + 24 * 60 * HOUR)
    assert {finding for _hour, finding in standing()} == {Finding.LEVEL}
    meter_end = Reading(
        device=meter,
        measured_at=MIDNIGHT + HOUR / 2,
        energy_wh=999_999_000,
        received_at=MIDNIGHT + 24 * 61 * HOUR,
    )
    resize(meter, 100_000_000)
    Reading.objects.bulk_create([meter_end])
    validate_readings(at=MIDNIGHT + 24 * 62 * HOUR)
    assert [row for row in standing() if row[1] != Finding.LATE] == [(1, Finding.ROLLOVER)]


def test_readings_that_came_together_reopen_only_what_is_around_each(meter: Device) -> None:
    arrive(meter, {0: 1000, 24 * 90: 9000}, received_at=LATER)
    stretches = [widened(one) for one in touched(after=MIDNIGHT, until=LATER)]
    assert [(one.first_at, one.last_at) for one in stretches] == [
        (MIDNIGHT - AROUND, MIDNIGHT + AROUND),
        (MIDNIGHT + 24 * 90 * HOUR - AROUND, MIDNIGHT + 24 * 90 * HOUR + AROUND),
    ]


def test_a_run_goes_in_steps_and_leaves_the_rest_to_the_next(meter: Device) -> None:
    arrive(meter, {hour: 1000 + 5 * hour for hour in range(100)} | {50: 0})
    ends = steps(after=MIDNIGHT - HOUR, until=LATER, size=20)
    assert len(ends) == 3  # 49 readings until then
    assert ends[-1] == LATER
    assert steps(after=MIDNIGHT - HOUR, until=LATER, size=1000) == [LATER]
    assert validate_readings(at=LATER, most_steps=0).is_done is False


def test_what_is_validated_in_steps_is_what_is_validated_at_once(household: Household, meter: Device) -> None:
    other = a_meter(household=a_household(building=household.building))
    resize(other, 10_000)
    registers = {hour: 1000 + 5 * hour for hour in range(200)}
    broken = registers | {50: 0, 51: 0, 90: 80_000} | {hour: 5 * hour for hour in range(120, 200)}
    for one in (meter, other):
        arrive(one, broken)
    for hour in range(0, 201, 7):
        validate_readings(at=MIDNIGHT + hour * HOUR)
    validate_readings(at=MIDNIGHT + 201 * HOUR)
    at_once = dict(standing())
    ReadingFlag.objects.filter(withdrawn_at=None).update(withdrawn_at=MIDNIGHT + 201 * HOUR)
    ValidationCursor.objects.all().delete()
    validate_readings(at=MIDNIGHT + 202 * HOUR)
    assert dict(standing()) == at_once
    assert at_once[50] == Finding.DIP
    assert at_once[90] == Finding.SPIKE
    assert at_once[199] == Finding.LEVEL


def test_a_first_register_of_the_very_instant_the_meter_was_hung_up_counts_to_the_second(
    household: Household,
) -> None:
    hung_at = MIDNIGHT + timedelta(milliseconds=700)
    device = a_meter(household=household, starts_at=hung_at, ends_at=hung_at + 5 * HOUR)
    Reading.objects.bulk_create(
        Reading(device=device, measured_at=at, energy_wh=5000 * n, received_at=at)
        for n, at in enumerate(hung_at + n * HOUR for n in range(6))
    )
    validate_readings(at=LATER)
    assert standing() == []
