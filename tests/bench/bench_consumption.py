"""Cutting registers into hours, days and months, and what its marks cost; a late reading."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from django.db import connection

from accounts.models import Utility
from accounts.scope import utility_scope
from metering.models import Device, MeterConsumption
from metering.operations.batch import store_batch
from metering.operations.consumption import cut_consumption
from metering.queries.registry import Registry
from tests.bench.conftest import Measured
from tests.factories import a_building, a_household, a_utility
from tests.metering.factories import NOON, a_message, a_meter, a_reading, native

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
LISTS: Final = 200
LIST: Final = 50
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
        meters = _a_month(utility)
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

        late = [START + timedelta(days=n, minutes=57, seconds=30) for n in range(1, DAYS)]
        rows = 0
        began = time.perf_counter()
        for at, meter in zip(late, meters, strict=False):
            a_reading(device=meter, measured_at=at, energy_wh=1_000_000)
            rows += cut_consumption(at=START).rows
        late_s = time.perf_counter() - began
        assert len(late) < rows <= 8 * len(late)  # the hours it lies between, their days and months
        measured(
            Measured(
                what="late readings stored, their hours, day and month cut again, one by one",
                ours=60 * len(late) / late_s,
                beside="cutting all of it again each time",
                theirs=60 / ours_s,
                unit="readings/min",
            )
        )


@pytest.mark.django_db(transaction=True)
def bench_marks(measured: Callable[[Measured], None]) -> None:
    """Lists of a gateway stored with and without the trigger that marks them, in turns."""
    registry, spent_s = Registry(), {"ENABLE": 0.0, "DISABLE": 0.0}
    with utility_scope(a_utility()):
        meters = [a_meter(household=a_household()) for _ in range(LIST)]
        for n in range(LISTS):
            at = NOON - timedelta(minutes=5 * n)
            said = [
                a_message(device=one, payload=native(measured_at=at, energy_kwh=9000 - n)) for one in meters
            ]
            way = "ENABLE" if n % 2 else "DISABLE"
            with connection.cursor() as cursor:
                cursor.execute(f"ALTER TABLE metering_reading {way} TRIGGER metering_reading_stored")
            began = time.perf_counter()
            assert store_batch(messages=said, registry=registry).stored == LIST
            spent_s[way] += time.perf_counter() - began
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE metering_reading ENABLE TRIGGER metering_reading_stored")
    half = LISTS // 2 * LIST
    measured(
        Measured(
            what=f"readings in lists of {LIST}, stored and marked for cutting",
            ours=half / spent_s["ENABLE"],
            beside="without the mark",
            theirs=half / spent_s["DISABLE"],
            unit="readings/s",
        )
    )
