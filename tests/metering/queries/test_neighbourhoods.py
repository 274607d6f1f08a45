"""What a stretch is judged with: some readings before it, and no more at once than fit in one step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import Household
from metering.models import Device, Reading, ReadingFlag, ValidationCursor
from metering.operations.validation import ask_validation, validate_readings
from metering.queries.neighbourhoods import AROUND, BEFORE, MOST_ROWS, Neighbourhood, Stretch, neighbourhoods
from tests.metering.factories import LONG_AGO, NOON, a_meter

pytestmark = pytest.mark.usefixtures("scoped")

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
START = datetime(2025, 11, 2, tzinfo=UTC)


@pytest.fixture
def meter(household: Household) -> Device:
    """A home's heat meter."""
    return a_meter(household=household)


def read(meter: Device, *, readings: int, every: timedelta) -> None:
    """A register that rises by 10 Wh a minute."""
    Reading.objects.bulk_create(
        [
            Reading(
                device=meter,
                measured_at=START + n * every,
                energy_wh=1_000_000 + 10 * n * (every // MINUTE),
                received_at=START + n * every,
            )
            for n in range(readings)
        ],
        batch_size=10_000,
    )


def around(meter: Device, *, first_at: datetime, last_at: datetime) -> Neighbourhood:
    [found] = neighbourhoods([Stretch(meter.pk, first_at, last_at)])
    return found


def test_six_readings_before_a_stretch_are_judged_with_it_however_far_back_they_lie(meter: Device) -> None:
    read(meter, readings=12, every=7 * DAY)

    found = around(meter, first_at=START + 70 * DAY - AROUND, last_at=START + 70 * DAY + AROUND)

    # The tenth week's, the six before it; and the last usable one before those, which is only known.
    weeks = [(at - START) // (7 * DAY) for at in found.measured_at]
    assert weeks == [10 - BEFORE - 1, *range(10 - BEFORE, 11)]
    assert found.known.before == [None]
    assert found.judged.first_at == START + 7 * (10 - BEFORE) * DAY
    assert found.is_cut is False


def test_hourly_readings_are_judged_for_as_far_as_six_readings_before_the_stretch(meter: Device) -> None:
    read(meter, readings=200, every=60 * MINUTE)
    first_at = START + 100 * 60 * MINUTE

    found = around(meter, first_at=first_at, last_at=first_at)

    assert found.judged.first_at == first_at - BEFORE * 60 * MINUTE
    assert found.measured_at[-1] == first_at + AROUND


def test_a_stretch_at_the_beginning_of_a_meter_has_nothing_before_it(meter: Device) -> None:
    read(meter, readings=3, every=DAY)

    found = around(meter, first_at=LONG_AGO, last_at=START + DAY)

    assert found.known.before == []
    assert found.measured_at == [START, START + DAY, START + 2 * DAY]


def test_a_stretch_without_readings_has_no_neighbourhood(meter: Device) -> None:
    assert list(neighbourhoods([Stretch(meter.pk, START, NOON)])) == []


def test_a_longer_stretch_is_cut_and_the_rest_of_it_waits_for_the_next_step(meter: Device) -> None:
    readings = MOST_ROWS + 2000
    read(meter, readings=readings, every=MINUTE)
    fallen = [10, MOST_ROWS - 1, MOST_ROWS, readings - 100]
    Reading.objects.filter(measured_at__in=[START + n * MINUTE for n in fallen]).update(energy_wh=5)
    end = START + (readings - 1) * MINUTE

    found = around(meter, first_at=START, last_at=end)

    assert (found.is_cut, len(found.measured_at)) == (True, MOST_ROWS)
    # A tenth is kept back: it tells what the last of the judged ones mean.
    assert found.judged == Stretch(meter.pk, START, START + MOST_ROWS * 9 // 10 * MINUTE)

    ValidationCursor.objects.create(utility_id=meter.utility_id, validated_through=NOON)
    ask_validation(readings=[(meter.utility_id, meter.pk, START), (meter.utility_id, meter.pk, end)])
    assert validate_readings(at=NOON).is_done
    dips = ReadingFlag.objects.filter(finding="dip", withdrawn_at=None).order_by("measured_at")
    assert [(at - START) // MINUTE for at in dips.values_list("measured_at", flat=True)] == fallen
