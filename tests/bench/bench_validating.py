"""Validating what was stored, beside the bare pass over the same rows: read once, looked at by nobody."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import pytest
from django.db import connection

from accounts.scope import utility_scope
from metering.models import Device, Reading, ReadingFlag, WatchedMeter
from metering.operations.validation import validate_readings
from tests.bench.conftest import Measured
from tests.factories import a_household, a_utility
from tests.metering.factories import NOON, a_meter

METERS: Final = 200
HOURS: Final = 500
# A fleet that is read every hour, with two days and more behind it; one meter in a hundred is broken.
FLEET: Final = 1000
DAYS_HOURS: Final = 60
BROKEN: Final = 100
COLUMNS: Final = (
    "device_id, measured_at, received_at, energy_wh, volume_l, power_w, flow_l_h, supply_c, return_c"
)
HOUR: Final = timedelta(hours=1)


def _a_month(meters: list[Device], *, hours: range, broken: int = 1) -> None:
    """Hourly readings; of one meter in ``broken`` one in a hundred is a zero."""
    Reading.objects.bulk_create(
        [
            Reading(
                device=meter,
                measured_at=NOON + hour * HOUR,
                energy_wh=0 if n % broken == 0 and (hour + 7 * n) % 100 == 50 else 6_884_000 + 5000 * hour,
                volume_l=645_319 + 200 * hour,
                power_w=5000.0,
                supply_c=51.7,
                return_c=27.6,
                received_at=NOON + hour * HOUR,
            )
            for n, meter in enumerate(meters)
            for hour in hours
        ],
        batch_size=5000,
    )


def _bare_pass() -> float:
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {COLUMNS} FROM metering_reading ORDER BY device_id, measured_at")  # noqa: S608 - our own names
        assert len(cursor.fetchall()) == METERS * HOURS
    return time.perf_counter() - began


@pytest.mark.django_db(transaction=True)
def bench_validate_a_backlog(measured: Callable[[Measured], None]) -> None:
    with utility_scope(a_utility(slug="bench-valid")):
        meters = [a_meter(household=a_household()) for _ in range(METERS)]
        _a_month(meters, hours=range(HOURS))
        bare_s = _bare_pass()
        began = time.perf_counter()
        done = validate_readings(at=NOON + HOURS * HOUR)
        ours_s = time.perf_counter() - began
        assert done.is_done
        assert (
            ReadingFlag.objects.filter(is_unusable=True, withdrawn_at=None).count() == METERS * HOURS // 100
        )

    count = METERS * HOURS
    measured(
        Measured(
            what="validate a backlog: judged, findings stored, committed",
            ours=count / ours_s,
            beside="the bare pass over the same rows",
            theirs=count / bare_s,
            unit="readings/s",
        )
    )


@pytest.mark.django_db(transaction=True)
def bench_validate_an_hour(measured: Callable[[Measured], None]) -> None:
    """One more reading of each meter: what a run every minute looks at; one meter in a hundred is broken."""
    with utility_scope(a_utility(slug="bench-valid")):
        meters = [a_meter(household=a_household()) for _ in range(FLEET)]
        _a_month(meters, hours=range(DAYS_HOURS), broken=BROKEN)
        validate_readings(at=NOON + DAYS_HOURS * HOUR)
        ours_s = _one_more_hour(meters, hour=DAYS_HOURS)
        WatchedMeter.objects.bulk_create(
            [WatchedMeter(device=meter) for meter in meters], ignore_conflicts=True
        )
        around_s = _one_more_hour(meters, hour=DAYS_HOURS + 1)

    measured(
        Measured(
            what="validate the newest reading of each meter, nearly all at first sight",
            ours=FLEET / ours_s,
            beside="each with the readings around it",
            theirs=FLEET / around_s,
            unit="readings/s",
        )
    )


def _one_more_hour(meters: list[Device], *, hour: int) -> float:
    _a_month(meters, hours=range(hour, hour + 1), broken=BROKEN)
    began = time.perf_counter()
    done = validate_readings(at=NOON + (hour + 1) * HOUR)
    assert done.stretches == len(meters)
    return time.perf_counter() - began
