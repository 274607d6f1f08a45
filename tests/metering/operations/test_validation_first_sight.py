"""Judged at first sight or with all that is around: the same findings, whatever comes in whatever order."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from accounts.models import Household
from accounts.scope import utility_scope
from metering.models import Device, Reading, ReadingFlag, WatchedMeter
from metering.operations.validation import OVERLAP, ask_validation, validate_readings
from tests.factories import a_building, a_household, a_utility
from tests.metering.factories import a_meter
from tests.metering.operations.test_validation import HOUR, LATER, MIDNIGHT, arrive

DICE = Random(6)  # noqa: S311 - a test's; the reading of hour 60 came before the run of hour 62, stored after it
pytestmark = pytest.mark.django_db


@pytest.fixture
def meter(household: Household) -> Device:
    """A home's heat meter of unknown size."""
    return a_meter(household=household)


def findings(meter: Device) -> list[tuple[object, str, int | None]]:
    rows = ReadingFlag.objects.filter(device=meter, withdrawn_at=None)
    return sorted(rows.values_list("measured_at", "finding", "carry_wh"))


@st.composite
def registers(draw: st.DrawFn) -> list[int]:
    """Steps of a register: mostly well, with every kind of break."""
    steps = st.sampled_from([0, 0, 1000, 1000, 1000, 2000, 5000, 5000, -4000, 300_000, 10_000])
    return draw(st.lists(steps, min_size=4, max_size=30))


def stored(meters: list[Device], random: Random, *, n: int, hours: int, wh: int, seen: datetime) -> None:
    """Store reading ``n`` of these meters, on time or late, after a run that saw all up to ``seen``.

    What was received before that, by more than the next run looks back, is asked for, as `store_batch` does.
    """
    measured_at = MIDNIGHT + n * hours * HOUR
    late = timedelta(minutes=0 if random.random() < 0.9 else 90)
    behind = timedelta(seconds=random.choice([0, 30, 7200]))
    power_w = 0.0 if random.random() < 0.5 else 1500.0
    received_at = max(measured_at + late, seen - behind)
    Reading.objects.bulk_create(
        Reading(device=meter, measured_at=measured_at, energy_wh=wh, power_w=power_w, received_at=received_at)
        for meter in meters
    )
    if received_at <= seen - OVERLAP:
        ask_validation(readings=[(meter.utility_id, meter.pk, measured_at) for meter in meters])


# A fall that waited until the cursor had passed it, and the reading after it goes on from it.
@example(walks=[[300_000, 0, -4000, 0]], random=DICE, size=2, hours=30)
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(registers(), min_size=4, max_size=4),
    st.randoms(use_true_random=False),
    st.integers(1, 8),
    st.sampled_from([1, 4, 30]),
)
def test_first_sight_finds_what_the_neighbourhood_finds(
    walks: list[list[int]], random: Random, size: int, hours: int
) -> None:
    """Pairs of meters say the same; the second of each is looked at with its neighbourhood every time."""
    # A utility for each example: its clock begins anew, and nothing is withdrawn before it was found.
    with utility_scope(a_utility()):
        building = a_building()
        pairs = [[a_meter(household=a_household(building=building)) for _ in range(2)] for _ in walks]
        seen = MIDNIGHT
        for begin in range(0, max(map(len, walks)), size):
            for walk, pair in zip(walks, pairs, strict=True):
                for n in range(begin, min(begin + size, len(walk))):
                    wh = max(0, 1_000_000 + sum(walk[: n + 1]))
                    stored(pair, random, n=n, hours=hours, wh=wh, seen=seen)
            WatchedMeter.objects.bulk_create(
                [WatchedMeter(device=pair[1]) for pair in pairs], ignore_conflicts=True
            )
            seen = MIDNIGHT + (begin + size) * hours * HOUR + 2 * HOUR
            validate_readings(at=seen)
        for pair in pairs:
            assert findings(pair[0]) == findings(pair[1])


def test_a_meter_is_watched_from_its_first_fault_until_nothing_is_left_of_it(meter: Device) -> None:
    arrive(meter, {hour: 1000 + 5 * hour for hour in range(24)})
    validate_readings(at=MIDNIGHT + 24 * HOUR)
    assert not WatchedMeter.objects.exists()
    arrive(meter, {24: 0})
    validate_readings(at=MIDNIGHT + 25 * HOUR)
    assert WatchedMeter.objects.get().device_id == meter.pk
    arrive(meter, {hour: 1000 + 5 * hour for hour in range(25, 80)})
    validate_readings(at=MIDNIGHT + 80 * HOUR)
    assert WatchedMeter.objects.exists()  # the fault lies among the readings around
    arrive(meter, {hour: 1000 + 5 * hour for hour in range(80, 90)})
    validate_readings(at=MIDNIGHT + 90 * HOUR)
    assert not WatchedMeter.objects.exists()


def test_a_fault_asked_for_far_back_is_watched_until_the_newest_reading_was_judged(meter: Device) -> None:
    arrive(meter, {hour: 1000 + hour for hour in range(0, 24 * 30, 6)})
    validate_readings(at=MIDNIGHT + 24 * 30 * HOUR)
    WatchedMeter.objects.create(device=meter)
    ask_validation(readings=[(meter.utility_id, meter.pk, MIDNIGHT)])
    validate_readings(at=LATER + 24 * 30 * HOUR)
    assert WatchedMeter.objects.exists()
    ask_validation(readings=[(meter.utility_id, meter.pk, MIDNIGHT + 24 * 30 * HOUR)])
    validate_readings(at=LATER + 24 * 30 * HOUR)
    assert not WatchedMeter.objects.exists()
