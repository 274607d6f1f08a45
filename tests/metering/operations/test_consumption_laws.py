"""Laws of cut consumption: sums, any order, any repetition, flags that come and go."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.scope import utility_scope
from metering.enums import PlaceSum, Quality, Resolution
from metering.models import (
    Device,
    MeterConsumption,
    PlaceConsumption,
    Reading,
    ReadingFlag,
)
from metering.operations.consumption import cut_consumption
from tests.factories import a_building, a_household, a_utility
from tests.metering.cutting import MIDNIGHT, cut_from_scratch, everything, flag, rows
from tests.metering.factories import NOON, a_device, a_meter, a_reading, an_installation

pytestmark = pytest.mark.django_db
FAST = settings(
    deadline=None,
    max_examples=12,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


# --- laws -----------------------------------------------------------------------------------------

Said = tuple[int, int, int, Quality]  # meter, minutes, rise in Wh, quality


@st.composite
def histories(draw: st.DrawFn) -> list[list[Said]]:
    """Batches of what three meters said over five days, in any order, with repetitions."""
    said = draw(
        st.lists(
            st.tuples(
                st.integers(0, 2),
                st.integers(0, 5 * 24 * 60),
                st.integers(-500, 50_000),
                st.sampled_from([Quality.MEASURED, Quality.MEASURED, Quality.ESTIMATED, Quality.SUSPECT]),
            ),
            min_size=1,
            max_size=40,
        )
    )
    shuffled = draw(st.permutations([*said, *said[:5]]))
    size = draw(st.integers(1, 20))
    return [shuffled[n : n + size] for n in range(0, len(shuffled), size)]


def three_meters() -> list[Device]:
    """Two homes and the main meter of one building; the second meter is taken down on the 4th day."""
    building = a_building()
    flats = [a_household(building=building) for _ in range(2)]
    meters = [
        a_meter(household=flats[0]),
        a_meter(household=flats[1], ends_at=MIDNIGHT + timedelta(days=3, minutes=17)),
    ]
    main = a_device()
    an_installation(device=main, building=building)
    return [*meters, main]


def store(meters: Sequence[Device], batch: Sequence[Said]) -> None:
    """Store a batch; what is there stays."""
    Reading.objects.bulk_create(
        [
            Reading(
                device=meters[meter],
                measured_at=MIDNIGHT + timedelta(minutes=minutes),
                energy_wh=1_000_000 + 37 * minutes + rise_wh % 53,
                quality=quality,
                received_at=NOON,
            )
            for meter, minutes, rise_wh, quality in batch
        ],
        ignore_conflicts=True,
    )


@FAST
@given(batches=histories())
def test_any_order_and_any_repetition_come_to_what_a_recomputation_comes_to(
    batches: list[list[Said]],
) -> None:
    with transaction.atomic(), utility_scope(a_utility(time_zone="Europe/Stockholm")):
        meters = three_meters()
        for batch in batches:
            store(meters, batch)
            cut_consumption(at=NOON)
        found = everything()

        assert found == cut_from_scratch()
        transaction.set_rollback(True)


@FAST
@given(batches=histories())
def test_the_hours_of_a_meter_add_up_to_the_difference_of_its_registers(batches: list[list[Said]]) -> None:
    with transaction.atomic(), utility_scope(a_utility(time_zone="Europe/Stockholm")):
        meters = three_meters()
        for batch in batches:
            store(meters, batch)
        # A register beyond the last hour closes it.
        for meter in (meters[0], meters[2]):
            a_reading(device=meter, measured_at=MIDNIGHT + timedelta(days=40), energy_wh=9_000_000)
        cut_consumption(at=NOON)

        for meter in (meters[0], meters[2]):
            said = Reading.objects.filter(device=meter).order_by("measured_at")
            registers = list(said.values_list("energy_wh", flat=True))
            counted = sum(energy for _at, energy, _q in rows(device=meter))
            assert counted == (registers[-1] or 0) - (registers[0] or 0)
        transaction.set_rollback(True)


@FAST
@given(batches=histories())
def test_days_are_the_sums_of_their_hours_months_of_their_days_and_places_of_their_meters(
    batches: list[list[Said]],
) -> None:
    with transaction.atomic(), utility_scope(a_utility(time_zone="Europe/Stockholm")):
        meters = three_meters()
        for batch in batches:
            store(meters, batch)
            cut_consumption(at=NOON)

        for finer, wider in pairwise((Resolution.HOUR, Resolution.DAY, Resolution.MONTH)):
            for whole in MeterConsumption.objects.filter(resolution=wider):
                parts = MeterConsumption.objects.filter(
                    resolution=finer,
                    installation_id=whole.installation_id,
                    starts_at__gte=whole.starts_at,
                    starts_at__lt=whole.ends_at,
                )
                assert whole.energy_wh == sum(part.energy_wh for part in parts)
        sums: dict[tuple[str, datetime], list[int]] = defaultdict(lambda: [0, 0])
        for row in MeterConsumption.objects.exclude(household_id=None):
            one = sums[row.resolution, row.starts_at]
            one[0], one[1] = one[0] + row.energy_wh, one[1] + 1
        stored = PlaceConsumption.objects.filter(place_sum=PlaceSum.BUILDING_HOMES)
        assert {(row.resolution, row.starts_at): [row.energy_wh, row.meters] for row in stored} == sums
        transaction.set_rollback(True)


@FAST
@given(batches=histories(), seed=st.integers(0, 1000))
def test_flags_that_come_and_go_end_where_a_recomputation_ends(batches: list[list[Said]], seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test's dice
    with transaction.atomic(), utility_scope(a_utility(time_zone="Asia/Shanghai")):
        meters = three_meters()
        for batch in batches:
            store(meters, batch)
            cut_consumption(at=NOON)
            for meter, minutes, _rise, _quality in batch[:3]:
                at = MIDNIGHT + timedelta(minutes=minutes)
                known = ReadingFlag.objects.filter(device=meters[meter], measured_at=at, withdrawn_at=None)
                if known.update(withdrawn_at=NOON) == 0:
                    flag(meters[meter], at, carry_wh=chance.choice([None, 1_000_000]))
            cut_consumption(at=NOON)
        found = everything()

        assert found == cut_from_scratch()
        transaction.set_rollback(True)
