"""What is marked weighs what it takes to cut, so that a run holds it however it came."""

from __future__ import annotations

import pytest

from accounts.models import Household
from metering.models import ConsumptionMark, Installation
from metering.operations.consumption import cut_in_turn
from tests.metering.cutting import HOUR, MIDNIGHT, cut_from_scratch, everything
from tests.metering.factories import NOON, a_device, a_reading

pytestmark = pytest.mark.django_db


def test_meters_hung_up_at_once_are_a_mark_each_as_heavy_as_their_history(household: Household) -> None:
    hours = [1000, 0, 50]
    devices = [a_device() for _ in hours]
    for device, last in zip(devices, hours, strict=True):
        for hour, energy_wh in ((0, 5000), (last, 5000 + last)):
            if last:
                a_reading(device=device, measured_at=MIDNIGHT + hour * HOUR, energy_wh=energy_wh)
    ConsumptionMark.objects.all().delete()

    Installation.objects.bulk_create(
        Installation(device=device, household=household, starts_at=MIDNIGHT) for device in devices
    )

    marks = ConsumptionMark.objects.order_by("pk").values_list("device_ids", "weight")
    assert list(marks) == [([device.pk], 2 + last) for device, last in zip(devices, hours, strict=True)]
    # A year of one meter is no reason to take on the next one's too.
    assert cut_in_turn(at=NOON, slice_hours=1000, most_slices=1).marks == 1
    cut_in_turn(at=NOON)
    assert everything() == cut_from_scratch()
