"""Cutting registers into hours, days and months, beside the bare copy of the same rows."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import pytest
from django.db import connection

from accounts.models import Utility
from accounts.scope import utility_scope
from metering.models import Device, MeterConsumption
from metering.operations.consumption import cut_consumption
from tests.bench.conftest import Measured
from tests.factories import a_building, a_household, a_utility
from tests.metering.factories import a_meter

METERS: Final = 200
DAYS: Final = 31
START: Final = datetime(2025, 12, 31, 15, 40, tzinfo=UTC)  # never on the hour, as meters do
FILL: Final = """
INSERT INTO metering_reading (device_id, measured_at, utility_id, energy_wh, status, quality, received_at)
SELECT device_id, %s + n * interval '1 hour' + device_id %% 50 * interval '1 minute', %s,
       1000000 + n * (1000 + device_id %% 700), '', 'measured', now()
FROM unnest(%s::bigint[]) AS device_id CROSS JOIN generate_series(0, %s) AS n
ORDER BY n, device_id
"""
BARE: Final = "INSERT INTO bare SELECT * FROM metering_meterconsumption"


def _a_month(utility: Utility) -> list[Device]:
    """A month of hourly readings of two hundred homes in five buildings."""
    buildings = [a_building() for _ in range(5)]
    meters = [a_meter(household=a_household(building=buildings[n % 5])) for n in range(METERS)]
    with connection.cursor() as cursor:
        cursor.execute(FILL, [START, utility.pk, [meter.pk for meter in meters], DAYS * 24 + 2])
        cursor.execute("ANALYZE")
    return meters


@pytest.mark.django_db(transaction=True)
def bench_cut_consumption(measured: Callable[[Measured], None]) -> None:
    utility = a_utility()
    with utility_scope(utility):
        _a_month(utility)
        began = time.perf_counter()
        done = cut_consumption(at=START)
        ours_s = time.perf_counter() - began
        assert done.rows == MeterConsumption.objects.count() > METERS * DAYS * 24

        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE bare (LIKE metering_meterconsumption INCLUDING ALL)")
            began = time.perf_counter()
            cursor.execute(BARE)
            bare_s = time.perf_counter() - began
        measured(
            Measured(
                what=f"hours, days and months of {METERS} meters cut and added up by place",
                ours=done.rows / ours_s,
                beside="the bare INSERT ... SELECT of the same rows",
                theirs=done.rows / bare_s,
                unit="rows/s",
            )
        )
