"""A register that a person estimates past the last reading: billed, shown as such, gone when one comes."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.utils import InternalError

from accounts.models import Household, User
from accounts.period import Period
from billing.queries.heat import Heat
from metering.enums import Quality, Resolution
from metering.models import Device, RegisterEstimate
from metering.operations.consumption import cut_consumption
from metering.operations.estimates import estimate_register, take_back
from metering.operations.validation import validate_readings
from metering.queries.consumption import consumption, metered_energy
from metering.queries.estimates import estimates
from tests.factories import a_clerk
from tests.metering.factories import an_installation
from tests.metering.operations.test_validation import DAY_OF, HOUR, LATER, MIDNIGHT, arrive, billed_wh, meter

__all__ = ["meter"]
TWO_DAYS = Period(MIDNIGHT, MIDNIGHT + 48 * HOUR)


@pytest.fixture
def clerk(meter: Device) -> User:
    """Who estimates."""
    del meter  # the utility in scope is its
    return a_clerk()


def estimated(clerk: User, meter: Device, hour: int, kwh: float | None = None) -> RegisterEstimate:
    """The register so many hours after midnight."""
    return estimate_register(
        device=meter,
        estimated_at=MIDNIGHT + hour * HOUR,
        energy_wh=None if kwh is None else round(kwh * 1000),
        reason="The battery is empty",
        made_by=clerk,
        at=LATER,
    )


def shown(home: Household) -> tuple[int, set[Quality], int]:
    """What the home's page says of two days: the sum, how far to trust it, how many hours."""
    cut_consumption(at=LATER)
    series = consumption(home.pk, TWO_DAYS, Resolution.HOUR)
    return int(series.energy_wh.sum()), set(series.quality), len(series.starts)


def fault(home: Household) -> str:
    """Why the first day cannot be billed."""
    return Heat({DAY_OF: [home.pk]}, utility=home.utility).fault(home.pk, DAY_OF)


def test_a_dead_meter_is_billed_by_an_estimate_that_says_so(
    household: Household, meter: Device, clerk: User
) -> None:
    arrive(meter, {hour: 1000 + 5 * hour for hour in range(13)})
    assert fault(household) == f"Meter {meter.serial} was not read after 2026-01-06."
    made = estimated(clerk, meter, 24, 1100)
    assert (made.energy_wh, made.made_by, made.reason) == (1_100_000, clerk, "The battery is empty")
    assert fault(household) == ""
    assert billed_wh(household) == 100_000
    assert metered_energy([household.pk], DAY_OF)[household.pk].closing.quality == Quality.ESTIMATED
    assert shown(household) == (100_000, {Quality.MEASURED, Quality.ESTIMATED}, 24)


def test_an_estimate_after_the_bills_end_is_billed_along_its_line(
    household: Household, meter: Device, clerk: User
) -> None:
    arrive(meter, {0: 1000, 12: 1060})
    estimated(clerk, meter, 36, 1108)
    assert billed_wh(household) == 84_000
    closing = metered_energy([household.pk], DAY_OF)[household.pk].closing
    assert closing.between == (
        (MIDNIGHT + 12 * HOUR, 1_060_000),
        (MIDNIGHT + 36 * HOUR, 1_108_000),
    )
    assert shown(household) == (108_000, {Quality.ESTIMATED}, 36)


def test_it_is_an_estimate_however_close_the_last_reading_is(
    household: Household, meter: Device, clerk: User
) -> None:
    arrive(meter, {0: 1000, 23: 1100})
    estimated(clerk, meter, 25, 1104)
    assert billed_wh(household) == 102_000
    assert metered_energy([household.pk], DAY_OF)[household.pk].closing.quality == Quality.ESTIMATED


def test_it_gives_way_when_a_reading_comes(household: Household, meter: Device, clerk: User) -> None:
    arrive(meter, {0: 1000, 12: 1060})
    estimated(clerk, meter, 24, 1150)
    estimated(clerk, meter, 40, 1200)
    assert shown(household) == (200_000, {Quality.ESTIMATED}, 40)
    arrive(meter, {36: 1084}, received_at=LATER)
    validate_readings(at=LATER)
    assert billed_wh(household) == 72_000
    # The later one was made beside the earlier one, and no reading has come since.
    assert [one.is_in_force for one in estimates().order_by("estimated_at")] == [False, True]
    assert shown(household) == (200_000, {Quality.ESTIMATED}, 40)
    arrive(meter, {48: 1096}, received_at=LATER)
    validate_readings(at=LATER)
    assert shown(household) == (96_000, {Quality.ESTIMATED}, 48)
    assert not estimates().filter(is_in_force=True).exists()


def test_a_reading_that_cannot_be_used_takes_no_estimates_place(
    household: Household, meter: Device, clerk: User
) -> None:
    arrive(meter, {0: 1000, 12: 1060})
    estimated(clerk, meter, 24, 1150)
    arrive(meter, {24: 0, 25: 0}, received_at=LATER)
    validate_readings(at=LATER)
    assert billed_wh(household) == 150_000
    assert shown(household) == (150_000, {Quality.ESTIMATED}, 24)


def test_what_was_taken_back_counts_no_more(household: Household, meter: Device, clerk: User) -> None:
    arrive(meter, {0: 1000, 12: 1060})
    made = estimated(clerk, meter, 24, 1150)
    assert shown(household)[0] == 150_000
    take_back(estimate=made, made_by=clerk, at=LATER)
    take_back(estimate=made, made_by=clerk, at=LATER + HOUR)
    made.refresh_from_db()
    assert (made.withdrawn_at, made.withdrawn_by) == (LATER, clerk)
    assert fault(household)
    assert shown(household) == (60_000, {Quality.ESTIMATED}, 12)
    assert estimated(clerk, meter, 24, 1140).energy_wh == 1_140_000


def test_without_a_figure_the_register_goes_on_as_before(meter: Device, clerk: User) -> None:
    arrive(meter, {-24 * 40: 0, -24 * 20: 400, 0: 1000})
    assert estimated(clerk, meter, 24).energy_wh == 1_030_000


def test_of_a_single_reading_nothing_goes_on(meter: Device, clerk: User) -> None:
    arrive(meter, {0: 800})
    assert estimated(clerk, meter, 24).energy_wh == 800_000


def test_where_the_meter_hangs_next_ends_no_estimate(
    household: Household, meter: Device, clerk: User
) -> None:
    arrive(meter, {0: 1000, 12: 1060})
    estimated(clerk, meter, 24, 1150)
    meter.installations.update(ends_at=MIDNIGHT + 30 * HOUR)
    an_installation(device=meter, household=household, starts_at=MIDNIGHT + 36 * HOUR)
    arrive(meter, {36: 1061, 48: 1070})
    assert billed_wh(household) == 150_000
    assert [one.is_in_force for one in estimates()] == [True]


@pytest.mark.parametrize(
    ("hour", "kwh", "said"),
    [
        (12, 1060, "A reading at or after that time can be used"),
        (24, 1059.999, "The register would fall: before it stands at 1,060.000 kWh."),
        (24, 1321, "more than a meter of this size can count"),
        (49, 1100, "ahead of time"),
        (-24 * 90, 1000, "No heat meter hung here"),
        (36, 1099, "The register would fall: before it stands at 1,100.000 kWh."),
        (28, 1201, "The register would fall"),
        (30, 1150, "Another estimate stands at this instant"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(
    meter: Device, clerk: User, hour: int, kwh: float, said: str
) -> None:
    arrive(meter, {0: 1000, 12: 1060})
    if hour in {36, 28, 30}:
        estimated(clerk, meter, 30, 1100)
    before = RegisterEstimate.objects.count()
    with pytest.raises(ValidationError, match=said):
        estimated(clerk, meter, hour, kwh)
    assert RegisterEstimate.objects.count() == before


def test_a_meter_that_was_never_read_is_not_estimated(meter: Device, clerk: User) -> None:
    with pytest.raises(ValidationError, match="never read here"):
        estimated(clerk, meter, 24, 100)


def test_a_reason_is_wanted(meter: Device, clerk: User) -> None:
    arrive(meter, {0: 1000})
    with pytest.raises(ValidationError, match="Say why"):
        estimate_register(
            device=meter,
            estimated_at=MIDNIGHT + HOUR,
            energy_wh=1_001_000,
            reason=" ",
            made_by=clerk,
            at=LATER,
        )


def test_nobody_changes_an_estimate(meter: Device, clerk: User) -> None:
    arrive(meter, {0: 1000})
    made = estimated(clerk, meter, 24, 1001)
    for change in ({"energy_wh": 5}, {"reason": "other"}, {"estimated_at": LATER}):
        with pytest.raises((InternalError, IntegrityError)), transaction.atomic():
            RegisterEstimate.objects.filter(pk=made.pk).update(**change)
    with pytest.raises((InternalError, IntegrityError)), transaction.atomic():
        made.delete()
    take_back(estimate=made, made_by=clerk, at=LATER)
    with pytest.raises((InternalError, IntegrityError)), transaction.atomic():
        RegisterEstimate.objects.filter(pk=made.pk).update(withdrawn_at=None, withdrawn_by=None)
